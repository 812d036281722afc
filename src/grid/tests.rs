//! Masks, the survey and selections, on grids in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;

/// Grid fields in memory: by field its levels, each [face, j, i].
struct MemoryFiles {
    extent: Extent,
    fields: HashMap<GridField, Vec<f64>>,
    reads: AtomicUsize,
}

/// A grid that does not wrap; where nothing depends on how faces are joined there may be several.
fn extent(faces: usize, nj: usize, ni: usize) -> Extent {
    Extent { faces, ..Extent::plain(nj, ni, NEITHER) }
}

impl MemoryFiles {
    /// A latitude-longitude grid of quarter degrees, without a mask.
    fn new(extent: Extent) -> Self {
        let files = MemoryFiles { extent, fields: HashMap::new(), reads: AtomicUsize::new(0) };
        files
            .with(GridField::Xc, |_, _, i| -30.0 + 0.25 * i as f64)
            .with(GridField::Yc, |face, j, _| -40.0 + 30.0 * face as f64 + 0.25 * j as f64)
    }

    /// With a field of one level more.
    fn with(mut self, field: GridField, value: impl Fn(usize, usize, usize) -> f64) -> Self {
        let Extent { faces, nj, ni, .. } = self.extent;
        let values = self.fields.entry(field).or_default();
        for at in 0..faces * nj * ni {
            values.push(value(at / (nj * ni), at / ni % nj, at % ni));
        }
        self
    }

    fn without(mut self, field: GridField) -> Self {
        self.fields.remove(&field);
        self
    }

    fn survey(&self, level: usize, centre: bool, rotate: bool) -> Result<Grid, GridError> {
        survey(
            &Masks::new(self, self.extent),
            &SurveyRequest { level, centre, rotate, lacks_first: [false; 2], lacks_last: [false; 2] },
        )
    }
}

impl GridFiles for MemoryFiles {
    fn has(&self, name: GridField) -> bool {
        self.fields.contains_key(&name)
    }

    fn place(&self, name: GridField) -> String {
        format!("memory/{}", name.name())
    }

    fn levels(&self, name: GridField) -> Result<usize, GridError> {
        Ok(self.fields.get(&name).map_or(0, |values| values.len() / self.extent.points()))
    }

    fn read(&self, name: GridField, level: usize, window: &Window) -> Result<Vec<f64>, GridError> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let values = self.fields.get(&name).ok_or_else(|| GridError::Unreadable {
            name: name.name(),
            place: self.place(name),
            reason: "not there".into(),
        })?;
        let Extent { faces, nj, ni, .. } = self.extent;
        assert!(window.face < faces && window.j.end <= nj && window.i.end <= ni, "{window:?}");
        let at = |j: usize, i: usize| values[(((level - 1) * faces + window.face) * nj + j) * ni + i];
        Ok(window.j.clone().flat_map(|j| window.i.clone().map(move |i| at(j, i))).collect())
    }
}

const NEITHER: Periodic = Periodic { i: false, j: false };

/// Land or water that looks random, the same for the same point.
fn wet(face: usize, j: usize, i: usize) -> bool {
    (face * 7 + j * 131 + i * 37 + j * i) % 5 > 1
}

fn open(is_open: bool) -> f64 {
    if is_open { 0.3 } else { 0.0 }
}

fn all(extent: Extent) -> impl Iterator<Item = (usize, usize, usize)> {
    let Extent { faces, nj, ni, .. } = extent;
    (0..faces * nj * ni).map(move |at| (at / (nj * ni), at / ni % nj, at % ni))
}

proptest! {
    #[test]
    fn bits_are_what_was_set(
        faces in 1_usize..4, nj in 1_usize..9, ni in 1_usize..200,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..200),
    ) {
        let extent = extent(faces, nj, ni);
        let mut bits = Bits::zero(&extent);
        let mut plain = vec![false; extent.points()];
        for (at, value) in changes {
            let at = at.index(plain.len());
            plain[at] = value;
            bits.set(at / (nj * ni), at / ni % nj, at % ni, value);
        }
        for ((face, j, i), &value) in all(extent).zip(&plain) {
            prop_assert_eq!(bits.get(face, j, i), value);
            prop_assert_eq!(bits.row(face, j)[i / 64] >> (i % 64) & 1 == 1, value);
        }
        prop_assert_eq!(bits.count(), plain.iter().filter(|&&value| value).count() as u64);
        prop_assert_eq!(Bits::from_words(&extent, bits.words().to_vec()), Some(bits.clone()));
        let mut longer = bits.words().to_vec();
        longer.push(0);
        prop_assert_eq!(Bits::from_words(&extent, longer), None);
    }

    #[test]
    fn masks_are_those_of_the_level(
        nj in 1_usize..80, ni in 1_usize..80,
        level in 1_usize..3, centre: bool, i_wraps: bool, j_wraps: bool,
    ) {
        let extent = Extent::plain(nj, ni, Periodic { i: i_wraps, j: j_wraps });
        let files = MemoryFiles::new(extent)
            .with(GridField::HFacC, |face, j, i| open(wet(face, j, i)))
            .with(GridField::HFacC, |face, j, i| open(wet(face, i, j)))
            .with(GridField::HFacW, |_, j, i| open((i + j) % 3 > 0))
            .with(GridField::HFacW, |_, j, i| open((i + j) % 4 > 0))
            .with(GridField::HFacS, |_, j, i| open((i * j) % 3 > 0))
            .with(GridField::HFacS, |_, j, i| open((i * j) % 4 > 0));
        let grid = files.survey(level, centre, false).unwrap();
        for (face, j, i) in all(extent) {
            let is_wet = if level == 1 { wet(face, j, i) } else { wet(face, i, j) };
            prop_assert_eq!(grid.wet.get(face, j, i), is_wet);
            prop_assert_eq!(grid.open_west.get(face, j, i), (i + j) % (level + 2) > 0);
            prop_assert_eq!(grid.open_south.get(face, j, i), (i * j) % (level + 2) > 0);
            let has_east = i + 1 < ni || i_wraps;
            let has_north = j + 1 < nj || j_wraps;
            prop_assert_eq!(grid.analysed.get(face, j, i), is_wet && (!centre || (has_east && has_north)));
        }
        prop_assert_eq!(grid.edge_points(), grid.wet.count() - grid.analysed.count());
        prop_assert!(!grid.has_depth && !grid.has_area);
    }

    #[test]
    fn faces_without_their_own_mask_are_open_between_wet_cells(
        nj in 1_usize..20, ni in 1_usize..80, i_wraps: bool, j_wraps: bool,
    ) {
        let extent = Extent::plain(nj, ni, Periodic { i: i_wraps, j: j_wraps });
        let files = MemoryFiles::new(extent).with(GridField::Depth, |face, j, i| 100.0 * open(wet(face, j, i)));
        let grid = files.survey(7, true, true).unwrap();
        prop_assert!(grid.has_depth);
        for (face, j, i) in all(extent) {
            prop_assert_eq!(grid.wet.get(face, j, i), wet(face, j, i), "from Depth, whatever the level");
            let west = if i > 0 { wet(face, j, i - 1) } else { !i_wraps || wet(face, j, ni - 1) };
            let south = if j > 0 { wet(face, j - 1, i) } else { !j_wraps || wet(face, nj - 1, i) };
            prop_assert_eq!(grid.open_west.get(face, j, i), wet(face, j, i) && west);
            prop_assert_eq!(grid.open_south.get(face, j, i), wet(face, j, i) && south);
        }
    }

    #[test]
    fn a_box_is_the_smallest_rectangle_around_its_points(
        faces in 1_usize..4, nj in 1_usize..90, ni in 1_usize..90, stride in 1_usize..7,
        west in -200.0_f64..200.0, width in 0.0_f64..370.0, south in -60.0_f64..60.0, height in 0.0_f64..90.0,
        (by_lon, by_lat) in any::<(bool, bool)>(), turn in -30.0_f64..30.0,
    ) {
        let extent = extent(faces, nj, ni);
        // Slanted, and over the date line.
        let lon = |face: usize, j: usize, i: usize| 150.0 + 2.0 * i as f64 + 0.3 * j as f64 - turn * face as f64;
        let lat = |face: usize, j: usize, i: usize| -30.0 + 0.7 * j as f64 - 0.2 * i as f64 + 8.0 * face as f64;
        let files = MemoryFiles::new(extent).without(GridField::Xc).without(GridField::Yc)
            .with(GridField::Xc, |face, j, i| lon(face, j, i) - if lon(face, j, i) > 180.0 { 360.0 } else { 0.0 })
            .with(GridField::Yc, lat);
        let east = west + width;
        let request = SelectionRequest {
            lon: by_lon.then_some([west, east]),
            lat: by_lat.then_some([south, south + height]),
            stride,
            ..SelectionRequest::default()
        };
        let inside: Vec<_> = all(extent)
            .filter(|&(face, j, i)| {
                let lon = lon(face, j, i);
                let in_lon = width >= 360.0 || (-2..=2).any(|turns| {
                    let lon = lon + 360.0 * f64::from(turns);
                    west <= lon && lon <= east
                });
                let lat = lat(face, j, i);
                (!by_lon || in_lon) && (!by_lat || (south <= lat && lat <= south + height))
            })
            .collect();
        match lattice(&request, &extent, &files) {
            Err(error) => {
                prop_assert!(inside.is_empty(), "{error}");
                let key = if by_lon { "lon" } else { "lat" };
                prop_assert!(matches!(&error, GridError::EmptySelection { key: named, .. } if *named == key), "{error}");
            }
            Ok(found) => {
                let span = |of: fn(&(usize, usize, usize)) -> usize| {
                    [inside.iter().map(of).min().unwrap(), inside.iter().map(of).max().unwrap()]
                };
                let ([j0, j1], [i0, i1]) = (span(|point| point.1), span(|point| point.2));
                let mut holding: Vec<usize> = inside.iter().map(|point| point.0).collect();
                holding.dedup();
                prop_assert_eq!(&found.faces, &holding);
                prop_assert_eq!(found.j.indices().collect::<Vec<_>>(), (j0..=j1).step_by(stride).collect::<Vec<_>>());
                prop_assert_eq!(found.i.indices().collect::<Vec<_>>(), (i0..=i1).step_by(stride).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn selected_points_are_read_in_order(
        faces in 1_usize..4, nj in 1_usize..40, ni in 1_usize..40, stride in 1_usize..6,
        cuts in prop::array::uniform4(any::<prop::sample::Index>()),
    ) {
        let extent = extent(faces, nj, ni);
        let files = MemoryFiles::new(extent).with(GridField::Ra, |face, j, i| (face * 10_000 + j * 100 + i) as f64);
        let request = SelectionRequest {
            faces: (faces > 1).then(|| vec![faces - 1, 0]),
            i: Some([ni / 3, ni]),
            j: Some([nj / 2, nj]),
            stride,
            ..SelectionRequest::default()
        };
        let lattice = lattice(&request, &extent, &files).unwrap();
        let part = |len: usize, a: &prop::sample::Index, b: &prop::sample::Index| {
            let (a, b) = (a.index(len + 1), b.index(len + 1));
            a.min(b)..a.max(b)
        };
        let (j, i) = (part(lattice.j.len, &cuts[0], &cuts[1]), part(lattice.i.len, &cuts[2], &cuts[3]));
        for face in 0..lattice.faces.len() {
            let values = lattice.read(&files, GridField::Ra, face, &j, &i).unwrap();
            let native = |j: usize, i: usize| (lattice.faces[face] * 10_000 + lattice.j.native(j) * 100 + lattice.i.native(i)) as f64;
            let expected: Vec<f64> = j.clone().flat_map(|j| i.clone().map(move |i| native(j, i))).collect();
            prop_assert_eq!(values, expected);
        }
    }
}

#[test]
fn a_mask_of_land_is_needed_and_no_number_is_no_water() {
    let extent = extent(1, 3, 3);
    let message = MemoryFiles::new(extent).survey(1, true, true).unwrap_err().to_string();
    assert!(message.contains("hFacC") && message.contains("Depth"), "{message}");
    let files = MemoryFiles::new(extent).with(GridField::HFacC, |_, j, _| [f64::NAN, -1.0, 1.0][j]);
    assert_eq!(files.survey(1, false, true).unwrap().wet.count(), 3);
}

#[test]
fn places_are_needed() {
    for field in [GridField::Xc, GridField::Yc] {
        let files = MemoryFiles::new(extent(1, 3, 3)).with(GridField::HFacC, |_, _, _| 1.0).without(field);
        let error = files.survey(1, true, false).unwrap_err();
        assert!(matches!(error, GridError::Missing { name, .. } if name == field.name()), "{error}");
    }
}

#[test]
fn angles_come_in_pairs() {
    let files = || MemoryFiles::new(extent(1, 3, 3)).with(GridField::HFacC, |_, _, _| 1.0);
    let with = |cosine: bool, sine: bool| {
        let files = if cosine { files().with(GridField::AngleCs, |_, _, _| 1.0) } else { files() };
        if sine { files.with(GridField::AngleSn, |_, _, _| 0.0) } else { files }
    };
    assert_eq!(with(true, true).survey(1, true, true).unwrap().rotation, Rotation::Angles);
    assert_eq!(with(true, true).survey(1, true, false).unwrap().rotation, Rotation::None);
    assert_eq!(with(false, false).survey(1, true, true).unwrap().rotation, Rotation::None);
    for (cosine, name) in [(true, "AngleSN"), (false, "AngleCS")] {
        let error = with(cosine, !cosine).survey(1, true, true).unwrap_err();
        assert!(matches!(error, GridError::Missing { name: missing, .. } if missing == name), "{error}");
        assert!(with(cosine, !cosine).survey(1, true, false).is_ok(), "not asked to rotate");
    }
}

#[test]
fn a_curvilinear_grid_without_angles_is_refused() {
    // 150 rows, so that the change comes in a later block of rows than the first.
    let plain = || MemoryFiles::new(extent(1, 150, 5)).with(GridField::HFacC, |_, _, _| 1.0);
    let xc = |late: f64| {
        plain().without(GridField::Xc).with(GridField::Xc, move |_, j, i| i as f64 + if j == 149 { late } else { 0.0 })
    };
    let yc = |late: f64| {
        plain()
            .without(GridField::Yc)
            .with(GridField::Yc, move |_, j, i| j as f64 + if (j, i) == (149, 4) { late } else { 0.0 })
    };
    let check = |files: &MemoryFiles| files.survey(1, true, true);
    for (files, name, axis) in [(xc(0.002), "XC", "j"), (yc(-0.002), "YC", "i")] {
        match check(&files).unwrap_err() {
            GridError::NoAngles { field, along, change, .. } => {
                assert_eq!((field, along), (name, axis));
                assert!((change - 0.002).abs() < 1e-9);
            }
            other => panic!("{other}"),
        }
        assert!(files.survey(1, true, false).is_ok(), "not asked to rotate");
    }
    for files in [xc(0.0005), xc(360.0), xc(-720.0), yc(0.0005)] {
        assert_eq!(check(&files).unwrap().rotation, Rotation::None);
    }
}

#[test]
fn blank_tiles_do_not_make_a_grid_curvilinear() {
    let blank = |j: usize, i: usize| j < 70 && i < 3 || j == 100;
    let files = MemoryFiles::new(extent(1, 150, 9))
        .without(GridField::Xc)
        .without(GridField::Yc)
        .with(GridField::Xc, |_, j, i| if blank(j, i) { 0.0 } else { 20.0 + i as f64 })
        .with(GridField::Yc, |_, j, i| if blank(j, i) { 0.0 } else { 30.0 + 0.1 * j as f64 })
        .with(GridField::HFacC, |_, j, i| open(!blank(j, i)));
    assert_eq!(files.survey(1, true, true).unwrap().rotation, Rotation::None);
}

#[test]
fn wrong_indices_are_named_with_what_there_is() {
    let extent = extent(2, 10, 20);
    let files = MemoryFiles::new(extent);
    let base = SelectionRequest { stride: 1, ..SelectionRequest::default() };
    for (request, key, part) in [
        (SelectionRequest { faces: Some(vec![0, 2]), ..base.clone() }, "faces", "0 to 1"),
        (SelectionRequest { i: Some([3, 21]), ..base.clone() }, "i", "0 to 20"),
        (SelectionRequest { i: Some([3, 3]), ..base.clone() }, "i", "[3, 3]"),
        (SelectionRequest { j: Some([9, 2]), ..base.clone() }, "j", "0 to 10"),
        (SelectionRequest { lat: Some([80.0, 85.0]), ..base.clone() }, "lat", "no point"),
    ] {
        match lattice(&request, &extent, &files).unwrap_err() {
            GridError::EmptySelection { key: named, reason } => {
                assert_eq!(named, key);
                assert!(reason.contains(part), "{reason}");
            }
            other => panic!("{other}"),
        }
    }
    let all = lattice(&SelectionRequest { stride: 0, ..base }, &extent, &files).unwrap();
    assert_eq!((all.faces, all.j.len, all.i.len), (vec![0, 1], 10, 20));
}

#[test]
fn a_grid_is_read_in_few_blocks() {
    let extent = extent(1, 1000, 3);
    let files = MemoryFiles::new(extent).with(GridField::HFacC, |_, _, _| 1.0);
    files.survey(1, true, true).unwrap();
    let request = SelectionRequest {
        lon: Some([-180.0, 180.0]),
        lat: Some([-90.0, 90.0]),
        stride: 1,
        ..SelectionRequest::default()
    };
    lattice(&request, &extent, &files).unwrap();
    // Three fields for the survey, two for the box, 16 blocks each.
    assert_eq!(files.reads.load(Ordering::Relaxed), 5 * 16);
}

/// Land may hold anything; what is wet and selected may not. With a stride, and on several faces.
#[test]
fn values_are_checked_where_they_are_used() {
    let extent = Extent::llc(12);
    let is_land = |face: usize, j: usize, i: usize| (face, j, i) == (1, 4, 6);
    let sea = |spoiled: &'static [(GridField, f64)], at: (usize, usize, usize)| {
        let value = move |field, good: f64, here| match spoiled.iter().find(|(name, _)| *name == field) {
            Some((_, value)) if here == at => *value,
            _ => good,
        };
        let files = MemoryFiles { extent, fields: HashMap::new(), reads: AtomicUsize::new(0) };
        let angle = 0.3_f64;
        files
            .with(GridField::Xc, move |face, j, i| value(GridField::Xc, -30.0 + 0.25 * i as f64, (face, j, i)))
            .with(GridField::Yc, move |face, j, i| {
                value(GridField::Yc, 5.0 * face as f64 + 0.25 * j as f64, (face, j, i))
            })
            .with(GridField::Ra, move |face, j, i| value(GridField::Ra, 7e8, (face, j, i)))
            .with(GridField::AngleCs, move |face, j, i| value(GridField::AngleCs, angle.cos(), (face, j, i)))
            .with(GridField::AngleSn, move |_, _, _| angle.sin())
            .with(GridField::Depth, move |face, j, i| if is_land(face, j, i) { 0.0 } else { 4000.0 })
    };
    let checked = |files: &MemoryFiles, stride| {
        let grid = files.survey(1, true, true).unwrap();
        let all = lattice(&SelectionRequest { stride, ..SelectionRequest::default() }, &extent, files).unwrap();
        check_values(files, &grid, &all)
    };
    for (spoiled, part) in [
        (&[(GridField::Yc, f64::NAN)][..], "YC"),
        (&[(GridField::Yc, -90.1)], "-90.1"),
        (&[(GridField::Xc, 1e5)], "100000"),
        (&[(GridField::Ra, 0.0)], "RAC"),
        (&[(GridField::AngleCs, f64::NAN)], "NaN, AngleSN 0.2955202"),
        (&[(GridField::AngleCs, 1.0)], "is 1, AngleSN"),
    ] {
        for stride in [1, 2] {
            let error = checked(&sea(spoiled, (1, 4, 8)), stride).unwrap_err();
            assert!(matches!(&error, GridError::Value { point, .. } if point == "face = 1, j = 4, i = 8"), "{error}");
            assert!(error.to_string().contains(part), "{error}");
            checked(&sea(spoiled, (1, 4, 6)), stride).unwrap();
        }
        // Not selected.
        checked(&sea(spoiled, (1, 4, 7)), 2).unwrap();
    }
    for (x, y, area) in [(1.0, 1.0_f64.to_radians(), 1.0), (1.0, 1.0, 1e-6), (0.0, 1.0, 1.0)] {
        let files = MemoryFiles { extent, fields: HashMap::new(), reads: AtomicUsize::new(0) }
            .with(GridField::Xc, |_, _, i| x * (0.25 * i as f64))
            .with(GridField::Yc, |_, j, _| y * (10.0 + 0.25 * j as f64))
            .with(GridField::Ra, |_, _, _| 7.6e8 * area)
            .with(GridField::Depth, |_, _, _| 4000.0);
        for stride in [1, 3] {
            let error = checked(&files, stride).unwrap_err().to_string();
            assert!(error.contains("times what XC and YC span"), "{error}");
        }
    }
}

#[test]
fn masks_hold_what_masks_can() {
    let extent = extent(1, 3, 4);
    let mask = |field, value: f64| {
        let files = MemoryFiles::new(extent).with(GridField::HFacC, |_, _, _| 1.0).without(field);
        files.with(field, move |_, j, i| if (j, i) == (1, 2) { value } else { 1.0 })
    };
    for (value, is_wet) in [(0.0, false), (-999.0, false), (f64::NAN, false), (0.05, true), (1.5, true)] {
        let grid = mask(GridField::HFacC, value).survey(1, false, false).unwrap();
        assert_eq!(grid.wet.get(0, 1, 2), is_wet, "{value}");
    }
    for value in [4.6e-41, 100.0, 1e30, f64::INFINITY] {
        for field in [GridField::HFacC, GridField::HFacW] {
            let error = mask(field, value).survey(1, false, false).unwrap_err().to_string();
            assert!(error.contains(field.name()) && error.contains("j = 1, i = 2"), "{error}");
        }
    }
    let deep = mask(GridField::Depth, 6e3).without(GridField::HFacC);
    assert!(deep.survey(1, false, false).is_ok());
    let wrong = mask(GridField::Depth, 4e-41).without(GridField::HFacC);
    assert!(wrong.survey(1, false, false).unwrap_err().to_string().contains("100000 m"));
}

#[test]
fn the_masks_of_a_lat_lon_cap_grid_go_across_its_seams() {
    let extent = Extent::llc(6);
    let files = MemoryFiles::new(extent).with(GridField::HFacC, |face, j, i| open(wet(face, j, i)));
    let grid = files.survey(1, true, false).unwrap();
    for (face, j, i) in all(extent) {
        let is_wet = |[face, j, i]: Cell| wet(face, j, i);
        for (side, open) in [(Side::West, &grid.open_west), (Side::South, &grid.open_south)] {
            let both = wet(face, j, i) && extent.behind(side, [face, j, i]).is_none_or(is_wet);
            assert_eq!(open.get(face, j, i), both, "{side:?} of {face} {j} {i}");
        }
        let at_antarctica = [9, 12].contains(&face) && i == 5;
        assert_eq!(grid.analysed.get(face, j, i), wet(face, j, i) && !at_antarctica);
    }
    assert!(grid.edge_points() > 0 && grid.edge_points() <= 12);
}

/// Latitude-longitude facets whose columns go once round, rows 30 degrees apart in latitude; the cap is a square around the
/// pole.
fn llc_places(nx: usize) -> MemoryFiles {
    let extent = Extent::llc(nx);
    let step = 90.0 / nx as f64;
    let place = move |face: usize, j: usize, i: usize| -> [f64; 2] {
        let facet = extent.facet_of(face);
        let [j0, i0] = facet.origin(face);
        let (j, i) = ((j0 + j) as f64 + 0.5, (i0 + i) as f64 + 0.5);
        let top = 67.0;
        match facet.number {
            0 => [-38.0 + step * i, -70.0 + (top + 70.0) * j / (3 * nx) as f64],
            1 => [52.0 + step * i, -70.0 + (top + 70.0) * j / (3 * nx) as f64],
            2 => {
                let (x, y) = (2.0 * i / nx as f64 - 1.0, 2.0 * j / nx as f64 - 1.0);
                let radius = x.abs().max(y.abs()) * (90.0 - top);
                [97.0 + y.atan2(x).to_degrees() + 90.0, 90.0 - radius]
            }
            3 => [142.0 + step * j, top - (top + 70.0) * i / (3 * nx) as f64],
            _ => [-128.0 + step * j, top - (top + 70.0) * i / (3 * nx) as f64],
        }
    };
    MemoryFiles::new(extent)
        .without(GridField::Xc)
        .without(GridField::Yc)
        .with(GridField::Xc, |face, j, i| place(face, j, i)[0])
        .with(GridField::Yc, |face, j, i| place(face, j, i)[1])
}

#[test]
fn faces_that_join_lie_side_by_side_and_others_do_not() {
    let files = llc_places(24);
    let ratio = distance_across_seams(&files, &files.extent).unwrap().unwrap();
    assert!((0.5..1.5).contains(&ratio), "{ratio}");
    // A rectangle of 13 times as many rows as columns.
    let plain = MemoryFiles::new(Extent::llc(24));
    let ratio = distance_across_seams(&plain, &plain.extent).unwrap().unwrap();
    assert!(ratio > 5.0, "{ratio}");
    // Blank tiles say nothing.
    let blank = MemoryFiles::new(Extent::llc(4)).without(GridField::Xc).without(GridField::Yc);
    let blank = blank.with(GridField::Xc, |_, _, _| 0.0).with(GridField::Yc, |_, _, _| 0.0);
    assert_eq!(distance_across_seams(&blank, &blank.extent).unwrap(), None);
}
