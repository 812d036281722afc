//! Points in and out of outlines: known places, another algorithm, and globes cut into pieces, of which every point has one.

use std::f64::consts::PI;

use proptest::prelude::*;

use super::*;

type Ring = Vec<[f64; 2]>;

fn polygon(rings: &[Ring]) -> Polygon {
    Polygon::new(rings).unwrap_or_else(|(number, why)| panic!("ring {number} {why}"))
}

/// Corners of a box, closed.
fn rectangle([west, east]: [f64; 2], [south, north]: [f64; 2]) -> Ring {
    vec![[west, south], [east, south], [east, north], [west, north], [west, south]]
}

/// The same longitude in another convention, by the number of the convention.
fn written(lon: f64, convention: u32) -> f64 {
    match convention {
        0 if lon < 0.0 => lon + 360.0,
        1 if lon > 0.0 => lon - 360.0,
        _ => lon,
    }
}

#[test]
fn of_a_rectangle_the_south_and_the_west_are_within() {
    let outlines = [
        Outline::Box { lon: [-80.0, -40.0], lat: [30.0, 45.0] },
        Outline::Box { lon: [280.0, -40.0], lat: [30.0, 45.0] },
        Outline::Polygons(Polygons::new(vec![polygon(&[rectangle([-80.0, -40.0], [30.0, 45.0])])])),
        Outline::Polygons(Polygons::new(vec![polygon(&[rectangle([280.0, 320.0], [30.0, 45.0])])])),
    ];
    for outline in &outlines {
        for ([lon, lat], within) in [
            ([-60.0, 40.0], true),
            ([-80.0, 30.0], true),
            ([-80.0, 44.9], true),
            ([-40.0, 40.0], false),
            ([(-40.0_f64).next_up(), 40.0], false),
            ([(-80.0_f64).next_down(), 40.0], false),
            ([-60.0, 45.0], false),
            ([-60.0, 45.0_f64.next_down()], true),
            ([-60.0, 30.0_f64.next_down()], false),
            ([120.0, 40.0], false),
            ([f64::NAN, 40.0], false),
            ([-60.0, f64::NAN], false),
            ([f64::INFINITY, 40.0], false),
        ] {
            for convention in 0..3 {
                // A sum that is rounded is another longitude.
                if convention == 2 || lon.fract() == 0.0 {
                    let lon = written(lon, convention);
                    assert_eq!(outline.contains(lon, lat), within, "{outline:?} {lon} {lat}");
                }
            }
        }
    }
    assert!(outlines[2].bytes() > 100 && outlines[0].bytes() == 0);
}

#[test]
fn boxes_go_eastward_and_round() {
    let lat = [-90.0, 90.0];
    for (lon, within, beyond) in [
        ([170.0, -170.0], [170.0, 179.0, 180.0, -180.0, -175.0, 185.0], [-170.0, 169.0, 0.0]),
        ([-10.0, 20.0], [-10.0, 0.0, 359.0, 360.0, 19.0, 350.0], [20.0, 340.0, 180.0]),
        ([350.0, 20.0], [-10.0, 0.0, 359.0, 360.0, 19.0, 350.0], [20.0, 340.0, 180.0]),
        ([20.0, -10.0], [20.0, 100.0, 180.0, -180.0, 349.0, -11.0], [-10.0, 0.0, 19.0]),
        ([-180.0, 180.0], [-180.0, 180.0, 0.0, 360.0, 12.0, -360.0], [f64::NAN, f64::INFINITY, f64::NAN]),
        ([0.0, 360.0], [-180.0, 180.0, 0.0, 360.0, 12.0, -360.0], [f64::NAN, f64::INFINITY, f64::NAN]),
    ] {
        let outline = Outline::Box { lon, lat };
        assert!(within.iter().all(|lon| outline.contains(*lon, 12.0)), "{lon:?}");
        assert!(beyond.iter().all(|lon| !outline.contains(*lon, 12.0)), "{lon:?}");
        assert!(outline.contains(within[0], 90.0) && outline.contains(within[0], -90.0));
    }
    assert!(!Outline::Box { lon: [0.0, 9.0], lat: [0.0, 80.0] }.contains(3.0, 80.0));
}

/// The three ways in which files write what crosses 180.
#[test]
fn a_polygon_across_180_is_one_in_every_way_of_writing() {
    let whole = |lon: [f64; 2]| Outline::Polygons(Polygons::new(vec![polygon(&[rectangle(lon, [-20.0, 10.0])])]));
    let cut = [[170.0, 180.0], [-180.0, -170.0]].map(|lon| polygon(&[rectangle(lon, [-20.0, 10.0])]));
    let ways = [
        whole([170.0, -170.0]),
        whole([170.0, 190.0]),
        whole([-190.0, -170.0]),
        Outline::Polygons(Polygons::new(cut.to_vec())),
        Outline::Box { lon: [170.0, -170.0], lat: [-20.0, 10.0] },
    ];
    for step in -1440..1440 {
        let lon = f64::from(step) / 4.0;
        let expected = (170.0..190.0).contains(&lon.rem_euclid(360.0));
        for way in &ways {
            assert_eq!(way.contains(lon, 3.0), expected, "{way:?} {lon}");
            assert!(!way.contains(lon, 10.0));
        }
    }
    // Across 0, where longitudes are 0 to 360.
    let across_0 = whole([350.0, 10.0]);
    assert!(across_0.contains(0.0, 0.0) && across_0.contains(355.0, 0.0) && across_0.contains(-5.0, 0.0));
    assert!(!across_0.contains(180.0, 0.0) && !across_0.contains(20.0, 0.0));
}

#[test]
fn holes_are_left_out_wherever_they_are_written() {
    for hole in [[172.0, 178.0], [-188.0, -182.0]] {
        let polygon = polygon(&[rectangle([160.0, 200.0], [0.0, 30.0]), rectangle(hole, [10.0, 20.0])]);
        for (lon, lat, within) in [
            (175.0, 5.0, true),
            (175.0, 15.0, false),
            (172.0, 10.0, false),
            (178.0, 15.0, true),
            (-170.0, 15.0, true),
            (175.0, 20.0, true),
            (-185.0, 12.0, false),
        ] {
            assert_eq!(polygon.contains(lon, lat), within, "{hole:?}: {lon} {lat}");
        }
    }
}

/// A wavy line round the globe, closed at its first position.
fn wavy(lat: f64, count: u32, eastward: bool) -> Ring {
    let at = |step: u32| {
        let lon = f64::from(step) * 360.0 / f64::from(count) - 170.0;
        [if lon >= 180.0 { lon - 360.0 } else { lon }, lat + 2.0 * (lon * PI / 60.0).sin()]
    };
    let mut ring: Ring = (0..count).chain([0]).map(at).collect();
    if !eastward {
        ring.reverse();
    }
    ring
}

#[test]
fn a_ring_round_the_globe_holds_the_pole_of_its_hemisphere() {
    for eastward in [true, false] {
        for sign in [1.0, -1.0] {
            let cap = polygon(&[wavy(60.0 * sign, 72, eastward)]);
            let belt = polygon(&[wavy(60.0 * sign, 72, eastward), wavy(80.0 * sign, 72, !eastward)]);
            for step in 0..720 {
                let lon = f64::from(step) / 2.0 - 180.0;
                let within = |polygon: &Polygon, lat: f64| polygon.contains(lon, lat * sign);
                assert_eq!(
                    [90.0, 85.0, 63.0, 57.0, 0.0, -85.0].map(|lat| within(&cap, lat)),
                    [true, true, true, false, false, false],
                    "{lon}"
                );
                assert_eq!(
                    [90.0, 85.0, 77.0, 63.0, 57.0].map(|lat| within(&belt, lat)),
                    [false, false, true, true, false],
                    "{lon}"
                );
            }
        }
    }
    // Closed by the corners of the map, as files do that are cut at 180.
    let mut antarctica: Ring = (0..=72_u32).map(|step| [180.0 - 5.0 * f64::from(step), -70.0]).collect();
    antarctica.extend([[-180.0, -90.0], [180.0, -90.0], [180.0, -70.0]]);
    let antarctica = polygon(&[antarctica]);
    for lon in [-180.0, -90.0, 0.0, 179.5, 180.0] {
        assert!(antarctica.contains(lon, -90.0) && antarctica.contains(lon, -71.0) && !antarctica.contains(lon, -70.0));
    }
    // A belt by four corners.
    let belt = polygon(&[rectangle([-180.0, 180.0], [-60.0, -40.0])]);
    let other = polygon(&[rectangle([0.0, 360.0], [-60.0, -40.0])]);
    for lon in [-180.0, -0.5, 0.0, 179.5, 180.0, 360.0] {
        assert!(belt.contains(lon, -50.0) && other.contains(lon, -50.0) && !belt.contains(lon, -30.0));
    }
}

#[test]
fn what_is_no_ring_is_told_with_its_number() {
    let good = || rectangle([0.0, 10.0], [0.0, 10.0]);
    for (ring, part) in [
        (vec![], "has 0 positions; a ring has at least 4"),
        (vec![[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]], "has 3 positions"),
        (good()[..4].to_vec(), "begins at [0, 0] and ends at [0, 10]"),
        (rectangle([0.0, 10.0], [0.0, 91.0]), "has the position [10, 91]; positions are [longitude, latitude]"),
        (rectangle([0.0, 370.0], [0.0, 10.0]), "has the position [370, 0]"),
        (rectangle([0.0, f64::NAN], [0.0, 10.0]), "has the position [NaN, 0]"),
        (rectangle([180.0, -170.0], [0.0, 10.0]), "goes from [180, 0] to [-170, 0], 350 degrees of longitude in one"),
        (rectangle([-180.0, 100.0], [0.0, 10.0]), "280 degrees of longitude in one edge"),
        (rectangle([0.0, 200.0], [0.0, 10.0]), "200 degrees of longitude in one edge"),
        (rectangle([-200.0, 300.0], [0.0, 10.0]), "500 degrees of longitude"),
        (wavy(1.0, 36, true), "goes round the globe, between the latitudes -1 and 3; which pole"),
        (
            vec![[-180.0, 50.0], [0.0, 60.0], [180.0, 50.0], [-180.0, 50.0]],
            "goes from [180, 50] to [-180, 50], 360 deg",
        ),
        (vec![[-350.0, 0.0], [-180.0, 5.0], [0.0, 0.0], [150.0, 5.0], [0.0, 9.0], [-180.0, 9.0], [-350.0, 0.0]], "500"),
        (
            vec![
                [-120.0, 50.0],
                [0.0, 50.0],
                [120.0, 50.0],
                [-119.0, 51.0],
                [1.0, 51.0],
                [121.0, 51.0],
                [-120.0, 50.0],
            ],
            "spans",
        ),
    ] {
        let (number, why) = Polygon::new(&[good(), ring.clone()]).unwrap_err();
        assert_eq!(number, 1);
        assert!(why.to_string().contains(part), "{why}\n{ring:?}");
    }
}

/// Whether a point is within by the angle that the ring turns round it.
fn turned_round(ring: &[[f64; 2]], lon: f64, lat: f64) -> bool {
    let angle: f64 = ring
        .windows(2)
        .map(|edge| {
            let [a, b] = [edge[0], edge[1]].map(|[x, y]| (y - lat).atan2(x - lon));
            (b - a + 3.0 * PI).rem_euclid(2.0 * PI) - PI
        })
        .sum();
    angle.abs() > PI
}

/// Corners `[row][column]` of a net round the globe, moved by up to a fifth of a cell from an even one.
fn net(rows: usize, columns: usize) -> impl Strategy<Value = Vec<Vec<[f64; 2]>>> {
    let shifts = proptest::collection::vec((-20..=20_i32, -20..=20_i32), (rows + 1) * columns);
    (shifts, -180.0..180.0_f64).prop_map(move |(shifts, first)| {
        let [width, height] = [360.0 / columns as f64, 140.0 / rows as f64];
        let at = |number: usize| {
            let (shift_lon, shift_lat) = shifts[number];
            let [column, row] = [(number % columns) as f64, (number / columns) as f64];
            let lon = first + (column + f64::from(shift_lon) / 100.0) * width;
            let lat = -70.0 + (row + f64::from(shift_lat) / 100.0) * height;
            let lon = (lon + 180.0).rem_euclid(360.0) - 180.0;
            // Halves of degrees, so that many points lie on corners and edges.
            [(lon * 2.0).round() / 2.0, (lat * 2.0).round() / 2.0]
        };
        (0..=rows).map(|row| (0..columns).map(|column| at(row * columns + column)).collect()).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Cells of a net, halved or not, and the two caps beyond it: each point is in one, those on edges and corners too.
    #[test]
    fn a_globe_in_pieces_holds_each_point_once(
        corners in net(5, 7),
        writing in proptest::collection::vec((0..3_u32, any::<bool>(), 0..4_usize, any::<bool>()), 35),
        points in proptest::collection::vec((-180.0..180.0_f64, -90.0..=90.0_f64), 40),
    ) {
        let mut pieces: Vec<Ring> = Vec::new();
        for (cell, &(_, halved, _, _)) in writing.iter().enumerate() {
            let (row, column) = (cell / 7, cell % 7);
            let next = (column + 1) % 7;
            let [a, b] = [corners[row][column], corners[row][next]];
            let [c, d] = [corners[row + 1][next], corners[row + 1][column]];
            if halved { pieces.extend([vec![a, b, c], vec![a, c, d]]) } else { pieces.push(vec![a, b, c, d]) }
        }
        pieces.extend([corners[0].clone(), corners[5].clone()]);
        let mut polygons = Vec::new();
        for (piece, (convention, _, start, backward)) in pieces.iter().zip(writing.iter().cycle()) {
            let mut ring = piece.clone();
            ring.rotate_left(start % piece.len());
            if *backward {
                ring.reverse();
            }
            ring.push(ring[0]);
            for position in &mut ring {
                position[0] = written(position[0], *convention);
            }
            match Polygon::new(&[ring]) {
                Ok(polygon) => polygons.push(polygon),
                // A net with an edge along 180.
                Err((_, RingError::Ambiguous { .. })) => return Err(TestCaseError::reject("ambiguous")),
                Err((_, why)) => return Err(TestCaseError::fail(format!("{piece:?} {why}"))),
            }
        }
        let middles = pieces.iter().flat_map(|piece| piece.windows(2).map(|edge| {
            let eastward = (edge[1][0] - edge[0][0] + 540.0).rem_euclid(360.0) - 180.0;
            (edge[0][0] + eastward / 2.0, (edge[0][1] + edge[1][1]) / 2.0)
        }));
        let ends = pieces.iter().flatten().map(|[lon, lat]| (*lon, *lat));
        let level = pieces.iter().flatten().zip(&points).map(|([_, lat], (lon, _))| (*lon, *lat));
        let plumb = pieces.iter().flatten().zip(&points).map(|([lon, _], (_, lat))| (*lon, *lat));
        for (lon, lat) in points.iter().copied().chain(middles).chain(ends).chain(level).chain(plumb).chain([(7.0, 90.0), (7.0, -90.0)]) {
            let holders = polygons.iter().filter(|polygon| polygon.contains(lon, lat)).count();
            prop_assert_eq!(holders, 1, "{} {}", lon, lat);
            let all = Polygons::new(polygons.clone());
            prop_assert!(all.contain(lon + 360.0, lat));
        }
    }

    /// Stars with many corners, beside another algorithm.
    #[test]
    fn the_same_is_within_as_by_the_angle_turned(
        radii in proptest::collection::vec(1.0..40.0_f64, 3..200),
        centre in (-180.0..180.0_f64, -40.0..40.0_f64),
        points in proptest::collection::vec((-60.0..60.0_f64, -49.0..49.0_f64), 30),
    ) {
        let corner = |(at, radius): (usize, &f64)| {
            let angle = 2.0 * PI * at as f64 / radii.len() as f64;
            [centre.0 + radius * angle.cos(), centre.1 + radius * angle.sin()]
        };
        let mut ring: Ring = radii.iter().enumerate().map(corner).collect();
        ring.push(ring[0]);
        let polygon = polygon(std::slice::from_ref(&ring));
        for (east, north) in points {
            let (lon, lat) = (centre.0 + east, centre.1 + north);
            prop_assert_eq!(polygon.contains(lon, lat), turned_round(&ring, lon, lat), "{} {}", lon, lat);
        }
    }

    #[test]
    fn no_ring_makes_it_panic(
        rings in proptest::collection::vec(proptest::collection::vec((any::<f64>(), -100.0..100.0_f64), 0..6), 0..4),
        halves in proptest::collection::vec((-720..=720_i32, -180..=180_i32), 3..8),
        point in (any::<f64>(), any::<f64>()),
    ) {
        let of_any = rings.iter().map(|ring| ring.iter().map(|(lon, lat)| [*lon, *lat]).collect()).collect::<Vec<Ring>>();
        let mut closed: Ring = halves.iter().map(|(lon, lat)| [f64::from(*lon) / 2.0, f64::from(*lat) / 2.0]).collect();
        closed.push(closed[0]);
        for rings in [of_any, vec![closed]] {
            if let Ok(polygon) = Polygon::new(&rings) {
                polygon.contains(point.0, point.1);
                for step in 0..40 {
                    polygon.contains(f64::from(step) * 9.0 - 180.0, f64::from(step) * 4.5 - 90.0);
                }
            }
        }
    }
}
