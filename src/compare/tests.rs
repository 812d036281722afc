//! Groups whose ratios are known, and such that cannot be compared.

use std::path::{Path, PathBuf};

use serde_json::{Map, json};

use super::*;
use crate::store::{ArraySpec, Codec, ElementKind, Fill, GroupSpec, ResultStore, Start, Values};

#[derive(Clone)]
enum Data {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    C128(Vec<[f64; 2]>),
    Text(Vec<String>),
}

/// An array that a test writes: name, dimensions, lengths, values, units.
type Array = (&'static str, &'static str, Vec<u64>, Data, &'static str);

fn write(path: &Path, arrays: &[Array]) -> PathBuf {
    let spec = |(name, dimensions, shape, data, units): &Array| {
        let (kind, fill) = match data {
            Data::F64(_) => (ElementKind::F64, Fill::Nan),
            Data::F32(_) => (ElementKind::F32, Fill::Nan),
            Data::I64(_) => (ElementKind::I64, Fill::Zero),
            Data::C128(_) => (ElementKind::C128, Fill::Nan),
            Data::Text(_) => (ElementKind::Text, Fill::Empty),
        };
        ArraySpec {
            name: (*name).to_owned(),
            dimensions: dimensions.split_whitespace().map(str::to_owned).collect(),
            shape: shape.clone(),
            chunk: shape.clone(),
            inner: None,
            kind,
            fill,
            attributes: if units.is_empty() {
                Map::new()
            } else {
                Map::from_iter([("units".to_owned(), json!(units)), ("coordinates".to_owned(), json!("XC"))])
            },
            keep_bits: None,
        }
    };
    let group = GroupSpec { arrays: arrays.iter().map(spec).collect(), attributes: Map::new(), codec: Codec::Zstd(1) };
    let store = ResultStore::create(path, group, Start::Overwrite).unwrap();
    for (name, _, shape, data, _) in arrays {
        let values = match data {
            Data::F64(values) => Values::F64(values),
            Data::F32(values) => Values::F32(values),
            Data::I64(values) => Values::I64(values),
            Data::C128(values) => Values::C128(values),
            Data::Text(values) => Values::Text(values),
        };
        store.write_chunk(name, &vec![0; shape.len()], values).unwrap();
    }
    let files = store.files_written();
    store.finish(files).unwrap();
    path.to_owned()
}

fn text(words: &[&str]) -> Data {
    Data::Text(words.iter().map(|word| (*word).to_owned()).collect())
}

/// Of `band_ke` in A: whole numbers, whose sums do not round.
fn value(band: &str, j: i64, i: i64) -> f64 {
    (if band == "low" { 1 } else { 1000 } * (100 + 10 * j + i)) as f64
}

/// A group on rows `j`, columns 0 to 4 and these bands, dimensions as named; `at` gives the values.
fn on_grid(
    path: &Path,
    dimensions: &'static str,
    j: &[i64],
    bands: &[&'static str],
    at: impl Fn(&str, i64, i64) -> f64,
) -> PathBuf {
    let i: Vec<i64> = (0..5).collect();
    let lengths = |name: &str| match name {
        "band" => bands.len(),
        "j" => j.len(),
        _ => i.len(),
    };
    let mut values = vec![];
    let named: Vec<&str> = dimensions.split_whitespace().collect();
    let shape: Vec<usize> = named.iter().map(|name| lengths(name)).collect();
    for n in 0..shape.iter().product() {
        let (mut rest, mut band, mut row, mut column) = (n, 0, 0, 0);
        for (name, length) in named.iter().zip(&shape).rev() {
            *(match *name {
                "band" => &mut band,
                "j" => &mut row,
                _ => &mut column,
            }) = rest % length;
            rest /= length;
        }
        values.push(at(bands[band], j[row], i[column]));
    }
    let longitudes = j.iter().flat_map(|j| i.iter().map(move |i| (1000 * j + i) as f64)).collect();
    write(
        path,
        &[
            ("band", "band", vec![bands.len() as u64], text(bands), ""),
            ("j", "j", vec![j.len() as u64], Data::I64(j.to_vec()), ""),
            ("i", "i", vec![5], Data::I64(i.clone()), ""),
            ("XC", "j i", vec![j.len() as u64, 5], Data::F64(longitudes), ""),
            ("band_ke", dimensions, shape.iter().map(|&n| n as u64).collect(), Data::F64(values), "m2 s-2"),
        ],
    )
}

fn all(group: &Path, name: &str) -> Vec<f64> {
    StoredGroup::open(group).unwrap().array(name).unwrap().read_all_f64().unwrap()
}

/// Other order of dimensions, rows and bands; land on either side; a 0 to divide by: in chunks of any size.
#[test]
fn values_meet_by_their_coordinates() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let of_a = |band: &str, j, i| if (j, i) == (4, 1) { f64::NAN } else { value(band, j, i) };
    let a = on_grid(&at("a.zarr"), "band j i", &[2, 3, 4, 5], &["low", "high"], of_a);
    let of_b = |band: &str, j, i| match (j, i) {
        (3, 2) => f64::NAN,
        (5, 4) => 0.0,
        (3, 0) if band == "low" => value(band, j, i) / 2.0 - 64.0,
        _ => value(band, j, i) / 2.0,
    };
    let b = on_grid(&at("b.zarr"), "i band j", &[9, 5, 4, 3], &["more", "high", "low"], of_b);
    let mut shown = vec![];
    for chunk_elements in [1, 4, 17, 1 << 19] {
        let output = at("ratios.zarr");
        let options = Options { output: Some(&output), overwrite: true, ..Options::default() };
        let found = compare_in_chunks(&a, &b, options, chunk_elements).unwrap();
        shown.push(format!("{found:?}\n{found}\n{}", found.to_json()));
        let [array] = &found.arrays[..] else { panic!("{found}") };
        assert_eq!(array.name, "band_ke");
        let common = [("band", 2), ("j", 3), ("i", 5)].map(|(name, length)| (name.to_owned(), length));
        assert_eq!(array.dimensions, common);
        assert_eq!((array.values, array.one_sided, array.ratios), (26, 4, 24));
        let mean: f64 = ["low", "high"]
            .iter()
            .flat_map(|band| (3..6).flat_map(move |j| (0..5).map(move |i| (j, i, value(band, j, i)))))
            .filter(|(j, i, _)| ![(4, 1), (3, 2)].contains(&(*j, *i)))
            .map(|(_, _, value)| value)
            .sum::<f64>()
            / 26.0;
        assert_eq!(array.mean_a, Some(mean));
        assert_eq!(array.ratio_quantiles.map(|all| all[1]), Some(2.0));
        let largest = array.largest.clone().unwrap();
        assert_eq!(largest.difference, value("high", 5, 4), "B is 0 there");
        assert_eq!(largest.place.to_string(), "high, j 5, i 4");

        // A's order of dimensions and rows, and what is common of A's map of longitudes.
        let [ratio, difference] = ["band_ke_ratio", "band_ke_difference"].map(|name| all(&output, name));
        let header = StoredGroup::open(&output).unwrap().headers()["band_ke_ratio"].clone();
        assert_eq!((header.dimensions, header.shape), (["band", "j", "i"].map(str::to_owned).to_vec(), vec![2, 3, 5]));
        assert_eq!((&header.attributes["units"], &header.attributes["coordinates"]), (&json!("1"), &json!("XC")));
        assert_eq!(all(&output, "j"), [3.0, 4.0, 5.0]);
        assert_eq!(all(&output, "XC")[5..10], [4000.0, 4001.0, 4002.0, 4003.0, 4004.0]);
        let mut n = 0;
        for band in ["low", "high"] {
            for j in 3..6 {
                for i in 0..5 {
                    let (a, b) = (of_a(band, j, i), of_b(band, j, i));
                    let expected = if b == 0.0 { f64::NAN } else { a / b };
                    assert!(ratio[n] == expected || (ratio[n].is_nan() && expected.is_nan()), "{band} {j} {i}");
                    assert!(difference[n] == a - b || (difference[n].is_nan() && (a - b).is_nan()), "{band} {j} {i}");
                    n += 1;
                }
            }
        }
    }
    assert!(shown.iter().all(|one| *one == shown[0]), "{shown:#?}");
    assert!(!at("ratios.zarr.partial").exists());
}

/// A model's bins in float64 with those of drifters in float32; half a bin beside each other is not the same place.
#[test]
fn bins_are_matched_by_latitude_and_longitude() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let lat: Vec<f64> = (0..8).map(|n| -35.05 + 0.1 * f64::from(n)).collect();
    let bins = |name: &str, lat: Data, len: u64, values: Data| {
        write(
            &at(name),
            &[
                ("lat", "lat", vec![len], lat, ""),
                ("region", "region", vec![1], text(&["all"]), ""),
                ("ke", "lat region", vec![len, 1], values, "m2 s-2"),
            ],
        )
    };
    let model = bins("model.zarr", Data::F64(lat.clone()), 8, Data::F64((1..9).map(f64::from).collect()));
    let single = lat[2..].iter().map(|&x| x as f32).collect();
    let drifters = bins("drifters.zarr", Data::F32(single), 6, Data::F32((1..7).map(|n| n as f32).collect()));
    let found = compare(&model, &drifters, Options::default()).unwrap();
    let [array] = &found.arrays[..] else { panic!("{found}") };
    assert_eq!((array.values, array.largest.as_ref().unwrap().difference), (6, 2.0));
    assert!((array.ratio_quantiles.unwrap()[1] - (5.0 / 3.0 + 6.0 / 4.0) / 2.0).abs() < 1e-15);
    let beside: Vec<f64> = lat.iter().map(|x| x + 0.05).collect();
    let beside = bins("beside.zarr", Data::F64(beside), 8, Data::F64(vec![1.0; 8]));
    let error = compare(&model, &beside, Options::default()).unwrap_err();
    assert!(matches!(&error, CompareError::NoneInCommon { dimension, .. } if dimension == "lat"), "{error}");
    assert!(error.to_string().contains("8 from -35.05 to"), "{error}");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let j = || ("j", "j", vec![2], Data::I64(vec![0, 1]), "");
    let pair = || Data::F64(vec![1.0, 2.0]);
    let a = write(&at("a.zarr"), &[j(), ("x", "j", vec![2], pair(), "m"), ("y", "j", vec![2], pair(), "m")]);
    let tell = |arrays: &[Array], asked: Option<&[&str]>| {
        let b = write(&at("b.zarr"), arrays);
        let output = at("ratios.zarr");
        let asked: Option<Vec<String>> = asked.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let options = Options { arrays: asked.as_deref(), output: Some(&output), overwrite: false };
        let error = compare(&a, &b, options).unwrap_err();
        assert!(!output.exists() && !at("ratios.zarr.partial").exists(), "{error}");
        error
    };
    let x = |units| ("x", "j", vec![2], pair(), units);
    let error = tell(&[j(), x("km")], None);
    assert_eq!(
        error.to_string(),
        "`x` is in \"m\" in A and in \"km\" in B; `--arrays` names those that are to be compared"
    );
    assert!(matches!(tell(&[j(), x("")], None), CompareError::Units { b, .. } if b == "no units"));
    let two = ("x", "k j", vec![1, 2], pair(), "m");
    assert!(matches!(tell(&[j(), two], None), CompareError::Dimensions { a, b, .. } if a == "j" && b == "k, j"));
    assert!(matches!(tell(&[x("m")], None), CompareError::NoCoordinate { group: 'B', .. }));
    let names = ("j", "j", vec![2], text(&["0", "1"]), "");
    assert!(matches!(tell(&[names, x("m")], None), CompareError::Kinds { .. }));
    let others = ("j", "j", vec![2], Data::I64(vec![2, 3]), "");
    assert!(matches!(tell(&[others, x("m")], None), CompareError::NoneInCommon { .. }));
    let land = ("x", "j", vec![2], Data::F64(vec![f64::NAN; 2]), "m");
    assert!(matches!(tell(&[j(), land], None), CompareError::NoValueInCommon { .. }));
    assert!(matches!(tell(&[j()], None), CompareError::NoArrayInCommon { .. }));
    assert!(matches!(tell(&[j(), x("m")], Some(&["y"])), CompareError::NotThere { array, .. } if array == "y"));
    assert!(matches!(tell(&[j(), x("m")], Some(&["j"])), CompareError::NotNumbers { .. }));
    let cross = || ("S_uv", "j", vec![2], Data::C128(vec![[1.0, 2.0]; 2]), "m");
    let complex = write(&at("c.zarr"), &[j(), x("m"), cross()]);
    let asked = ["S_uv".to_owned()];
    let error = compare(&complex, &complex, Options { arrays: Some(&asked), ..Options::default() }).unwrap_err();
    assert_eq!(error.to_string(), "--arrays: `S_uv` has complex numbers, and cannot be compared");
    let found = compare(&complex, &complex, Options::default()).unwrap();
    assert_eq!(found.arrays.iter().map(|array| &*array.name).collect::<Vec<_>>(), ["x"]);
    // What is not asked for is not in the way.
    let b = write(&at("b.zarr"), &[j(), x("km"), ("y", "j", vec![2], pair(), "m")]);
    let only = ["y".to_owned()];
    let found = compare(&a, &b, Options { arrays: Some(&only), ..Options::default() }).unwrap();
    assert_eq!(found.arrays.iter().map(|array| &*array.name).collect::<Vec<_>>(), ["y"]);
}

#[test]
fn what_is_compared_is_never_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let group = [("j", "j", vec![1], Data::I64(vec![0]), ""), ("x", "j", vec![1], Data::F64(vec![1.0]), "m")];
    let [a, b] = ["a.zarr", "b.zarr"].map(|name| write(&at(name), &group));
    std::os::unix::fs::symlink(&b, at("link")).unwrap();
    for output in [a.clone(), b.clone(), at("./a.zarr"), at("link"), b.join("x"), b.join("ratios.zarr")] {
        let options = Options { output: Some(&output), overwrite: true, ..Options::default() };
        let error = compare(&a, &b, options).unwrap_err();
        assert!(matches!(error, CompareError::OutputIsInput { .. }), "{}: {error}", output.display());
    }
    assert_eq!((all(&a, "x"), all(&b, "x")), (vec![1.0], vec![1.0]));
    let older = write(&at("older.zarr"), &group);
    let options = Options { output: Some(&older), ..Options::default() };
    let error = compare(&a, &b, options).unwrap_err();
    assert!(matches!(error, CompareError::Store(_)) && error.to_string().contains("--output"), "{error}");
    compare(&a, &b, Options { overwrite: true, ..options }).unwrap();
    assert_eq!(all(&older, "x_ratio"), [1.0]);
}
