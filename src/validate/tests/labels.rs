//! Arrays along latitudes, regions, bins, segments of time and ratios to the inertial frequency.

use super::*;

/// A result with all of them, segments of time by number.
fn areas() -> Grid {
    Grid {
        j: vec![10, 11, 12],
        i: vec![3, 4],
        frequency: frequencies(),
        band: vec!["low", "high"],
        numbers: vec![
            ("lat", vec![-1.25, -0.75, -0.25]),
            ("f_ratio", vec![-1.5, -0.5, 0.5, 1.5]),
            ("bin_lat", vec![-1.0, 1.0]),
            ("bin_lon", vec![60.5, 61.5, 62.5]),
            ("time_segment", vec![3600.0, 7200.0, 10800.0]),
        ],
        names: vec![("region", vec!["Gulf", "the open sea", "shelf"])],
        edges: 2,
        chunk: 2,
        ..Grid::default()
    }
}

/// Other sizes at each place, band and segment.
fn value(at: At) -> f64 {
    let size = 3.0 + at.all_numbers() + 10.0 * at.j as f64 + at.i as f64;
    size * (if at.band == "high" { 1e3 } else { 1.0 }) / (1.0 + 30.0 * at.frequency.abs())
}

/// Name, dimensions, and how many values it has in `areas()`.
const ARRAYS: [(&str, &str, u64); 11] = [
    ("band_ke_segments", "time_segment band j i", 3 * 2 * 6),
    ("bin_band_ke", "band bin_lat bin_lon", 2 * 6),
    ("bin_spectrogram", "time_segment bin_lat bin_lon freq_time", 3 * 6 * 8),
    ("lat_bounds", "lat edges", 3 * 2),
    ("region_area", "region", 3),
    ("region_psd", "region freq_time", 3 * 8),
    ("spectrogram", "time_segment j i freq_time", 3 * 6 * 8),
    ("time_segment_bounds", "time_segment edges", 3 * 2),
    ("zonal_psd", "lat freq_time", 3 * 8),
    ("zonal_psd_scaled", "lat f_ratio", 3 * 4),
    ("zonal_spectrogram", "time_segment lat freq_time", 3 * 3 * 8),
];

fn fields<'a>(value: &'a dyn Fn(At) -> f64) -> Vec<Field<'a>> {
    ARRAYS.iter().map(|&(name, dims, _)| (name, dims, value)).collect()
}

#[test]
fn every_array_is_compared() {
    let folder = Folder::new();
    let report = folder.compare((&areas(), &fields(&value)), (&areas(), &fields(&value))).unwrap();
    assert!(report.passed(), "{report}");
    let counts: Vec<_> = report.arrays.iter().map(|array| (&*array.name, array.values)).collect();
    assert_eq!(counts, ARRAYS.map(|(name, _, values)| (name, values)));
    let points = |name| (line(&report, name).points, line(&report, name).reference_points);
    assert_eq!([points("lat_bounds"), points("zonal_spectrogram"), points("region_psd")], [(3, 3); 3]);
    assert_eq!([points("bin_band_ke"), points("spectrogram")], [(6, 6); 2]);

    let report = folder.compare((&areas(), &fields(&|at| value(at) * 1.01)), (&areas(), &fields(&value))).unwrap();
    assert!(report.arrays.iter().all(|array| !array.passed(1e-6)), "{report}");
}

#[test]
fn labels_meet_in_any_order() {
    let mut other = areas();
    for (_, numbers) in &mut other.numbers {
        numbers.reverse();
        numbers.pop();
    }
    other.names[0].1.rotate_left(1);
    other.frequency.reverse();
    other.band.reverse();
    other.chunk = 3;
    let turned: Vec<Field> = ARRAYS
        .iter()
        .zip([
            "i j time_segment band",
            "bin_lon band bin_lat",
            "freq_time bin_lat time_segment bin_lon",
            "edges lat",
            "region",
            "freq_time region",
            "freq_time j time_segment i",
            "edges time_segment",
            "freq_time lat",
            "f_ratio lat",
            "lat freq_time time_segment",
        ])
        .map(|(&(name, ..), dims)| (name, dims, &value as &dyn Fn(At) -> f64))
        .collect();
    let report = Folder::new().compare((&areas(), &fields(&value)), (&other, &turned)).unwrap();
    assert!(report.passed(), "{report}");
    assert_eq!(line(&report, "zonal_psd_scaled").values, 2 * 3);
    assert_eq!(line(&report, "bin_band_ke").values, 2 * 2);
    assert_eq!(line(&report, "region_psd").values, 3 * 8);

    // The same values under other labels are other values.
    other.names[0].1 = vec!["Gulf", "shelf", "the open sea"];
    let by_place = |at: At| if at.name == "shelf" { 2.0 } else { 1.0 };
    let wrong = |at: At| if at.name == "the open sea" { 2.0 } else { 1.0 };
    let (ours, theirs): (&[Field], &[Field]) = (&[("x", "region", &by_place)], &[("x", "region", &wrong)]);
    assert!(!Folder::new().compare((&areas(), ours), (&other, theirs)).unwrap().passed());
}

#[test]
fn names_of_time_segments_meet_as_text() {
    let seasons = |names: &[&'static str]| {
        let mut grid = areas();
        grid.numbers.pop();
        grid.names = vec![("time_segment", names.to_vec())];
        grid
    };
    let field: &[Field] = &[("spectrogram_area", "time_segment lat", &value)];
    let (all, some) = (seasons(&["DJF", "March to May", "summer"]), seasons(&["summer", "DJF"]));
    let report = Folder::new().compare((&all, field), (&some, field)).unwrap();
    assert!(report.passed() && report.arrays[0].values == 2 * 3, "{report}");
    let report = Folder::new().compare((&some, field), (&all, field)).unwrap();
    let first = "March to May".to_owned();
    let missing = Problem::MissingLabels { dimension: "time_segment", count: 1, total: 3, first };
    assert_eq!(report.arrays[0].problems, [missing]);
    assert_eq!(report.arrays[0].values, 2 * 3);

    let ours: &[Field] = &[field[0], ("zonal_area", "lat", &value)];
    let report = Folder::new().compare((&all, ours), (&areas(), ours)).unwrap();
    let problems = &line(&report, "spectrogram_area").problems;
    assert_eq!(*problems, [Problem::LabelKinds { dimension: "time_segment" }]);
    assert!(!report.passed());
}

#[test]
fn labels_that_the_result_lacks_are_told() {
    let mut less = areas();
    less.numbers[0].1.remove(1);
    less.names[0].1.drain(..2);
    let report = Folder::new().compare((&less, &fields(&value)), (&areas(), &fields(&value))).unwrap();
    let missing =
        |dimension, count, first: &str| Problem::MissingLabels { dimension, count, total: 3, first: first.to_owned() };
    for name in ["zonal_psd", "zonal_psd_scaled", "zonal_spectrogram", "lat_bounds"] {
        assert_eq!(line(&report, name).problems, [missing("lat", 1, "-0.75")]);
        assert_eq!((line(&report, name).points, line(&report, name).reference_points), (2, 3));
    }
    assert_eq!(line(&report, "region_psd").problems, [missing("region", 2, "Gulf")]);
    assert!(line(&report, "bin_band_ke").passed(1e-6));
    let shown = report.to_string();
    assert!(shown.contains("lacks 2 of 3 labels of the reference along `region`, first Gulf"), "{shown}");
    assert!(Folder::new().compare((&areas(), &fields(&value)), (&less, &fields(&value))).unwrap().passed());

    // Numbers match to 1e-9 of their distance.
    for (shift, passes) in [(0.9e-9, true), (1.1e-9, false)] {
        let mut shifted = areas();
        shifted.numbers[4].1[1] += shift * 3600.0;
        let one: &[Field] = &[("x", "time_segment j i", &|at| at.j as f64)];
        assert_eq!(Folder::new().compare((&shifted, one), (&areas(), one)).unwrap().passed(), passes, "{shift}");
    }

    // Edges are matched by place, and need their label's dimension only.
    let more = Grid { edges: 3, ..areas() };
    let report = Folder::new().compare((&areas(), &fields(&value)), (&more, &fields(&value))).unwrap();
    let lengths = Problem::Lengths { dimension: "edges", result: 2, reference: 3 };
    assert_eq!(line(&report, "lat_bounds").problems, [lengths]);
    let mut bare = areas();
    bare.names.clear();
    let report = Folder::new().compare((&bare, &fields(&value)), (&areas(), &fields(&value))).unwrap();
    let expected = Problem::NoCoordinate { side: Side::Result, name: "region", dimension: "region".into() };
    assert_eq!(line(&report, "region_area").problems, [expected]);
}

#[test]
fn a_difference_is_relative_to_its_own_sheet_or_spectrum() {
    // Of a latitude's scaled spectrum, a segment's map, a segment's spectrum, one edge: the largest of it alone.
    let large = |at: At| at.number("lat") == -0.25 || at.number("time_segment") == 7200.0 || at.edge == 1;
    let before = move |at: At| if large(at) { 1e9 } else { 2.0 };
    type Chosen = fn(At) -> bool;
    let cases: [(&str, Chosen, &str); 5] = [
        ("lat f_ratio", |at| at.number("lat") == -0.75 && at.number("f_ratio") == 0.5, "lat -0.75, f_ratio 0.5"),
        (
            "time_segment bin_lat",
            |at| at.number("time_segment") == 10800.0 && at.number("bin_lat") == 1.0,
            "time_segment 10800, bin_lat 1",
        ),
        (
            "time_segment band j i",
            |at| at.number("time_segment") == 3600.0 && at.band == "high" && at.j == 12 && at.i == 4,
            "high, time_segment 3600, j 12, i 4",
        ),
        (
            "time_segment region freq_time",
            |at| at.number("time_segment") == 3600.0 && at.name == "Gulf" && at.frequency == 0.0,
            "time_segment 3600, region Gulf, 0 cpd",
        ),
        ("bin_lon edges", |at| at.number("bin_lon") == 62.5 && at.edge == 0, "bin_lon 62.5, edges 0"),
    ];
    for (dims, here, place) in cases {
        let after = move |at: At| before(at) + if here(at) { 1e-3 } else { 0.0 };
        let (ours, theirs): (&[Field], &[Field]) = (&[("x", dims, &after)], &[("x", dims, &before)]);
        let report = Folder::new().compare((&areas(), ours), (&areas(), theirs)).unwrap();
        let worst = line(&report, "x").worst.clone().unwrap();
        assert!((worst.difference / 0.5e-3 - 1.0).abs() < 1e-9, "{dims}: {worst:?}");
        assert_eq!(worst.place.to_string(), place);
    }
    // Latitudes and regions together are one map.
    for dims in ["lat", "region lat", "band bin_lon lat"] {
        let after = move |at: At| before(at) + if at.number("lat") == -0.75 { 1e-3 } else { 0.0 };
        let (ours, theirs): (&[Field], &[Field]) = (&[("x", dims, &after)], &[("x", dims, &before)]);
        let report = Folder::new().compare((&areas(), ours), (&areas(), theirs)).unwrap();
        assert!(report.passed(), "{dims}: {report}");
        assert!(line(&report, "x").worst.clone().unwrap().difference > 0.9e-12);
    }
}
