//! `oceanspec compare` on runs of the regional sample: a result with itself, with one scaled by hand, and centred with
//! native velocities, against the same numbers computed here from sorted values.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::Value;
use support::compare::files;
use support::program::{Outcome, Program};
use support::result::ResultArrays;
use support::samples::regional_run;

/// Results of the sample: velocities brought to cell centres, and as they are stored.
fn results() -> &'static [PathBuf; 2] {
    static RESULTS: OnceLock<[PathBuf; 2]> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let run = regional_run().set("bands=[{ preset = \"literature\" }]");
        let centred = run.to(folder.join("centred.zarr"));
        let native = run.set("prepare.centre=false").to(folder.join("native.zarr"));
        [centred, native]
    })
}

fn compare(a: &Path, b: &Path) -> Program {
    Program::alone().arg("compare").arg(a).arg(b)
}

fn line<'a>(found: &'a Value, name: &str) -> &'a Value {
    let arrays = found["arrays"].as_array().unwrap();
    arrays.iter().find(|array| array["name"] == name).unwrap_or_else(|| panic!("no {name}: {found}"))
}

fn names(found: &Value) -> Vec<&str> {
    found["arrays"].as_array().unwrap().iter().map(|array| array["name"].as_str().unwrap()).collect()
}

#[track_caller]
fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap();
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found}, expected {expected}");
}

/// As numpy: linear between the sorted values.
fn quantile(values: &[f64], quantile: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let rank = quantile * (values.len() - 1) as f64;
    let (low, high) = (values[rank.floor() as usize], values[rank.ceil() as usize]);
    low + (high - low) * rank.fract()
}

/// What both results have in common of floating point, XC and YC aside, which are coordinates.
const ALL: [&str; 14] = [
    "Depth",
    "band_ke",
    "band_ke_ccw",
    "band_ke_cw",
    "confidence_lower",
    "confidence_upper",
    "dof",
    "f0",
    "rA",
    "rotary_psd",
    "u_mean",
    "u_variance",
    "v_mean",
    "v_variance",
];
/// Of these what has nothing to do with where velocities are.
const SAME: [&str; 6] = ["Depth", "confidence_lower", "confidence_upper", "dof", "f0", "rA"];

#[test]
fn a_result_is_itself() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("ratios.zarr");
    let [result, _] = results();
    let found = compare(result, result).arg("--output").arg(&output).arg("--json").run().succeeded().json();
    assert_eq!(names(&found), ALL);
    assert_eq!((&found["only_in_a"], &found["notes"]), (&Value::Array(vec![]), &Value::Array(vec![])));
    let (own, ratios) = (ResultArrays::open(result), ResultArrays::open(&output));
    for name in ALL {
        let array = line(&found, name);
        for key in ["ratio_p05", "ratio_median", "ratio_p95"] {
            assert_eq!(array[key], 1.0, "{name} {key}");
        }
        assert_eq!((&array["rms_difference"], &array["largest"]["difference"]), (&0.0.into(), &0.0.into()), "{name}");
        assert_eq!(array["one_sided"], 0);
        let values = own.values(name);
        let [ratio, difference] = ["ratio", "difference"].map(|what| ratios.values(&format!("{name}_{what}")));
        assert_eq!((&ratio.dimensions, &ratio.shape), (&values.dimensions, &values.shape));
        let wet = values.data.iter().filter(|value| value.is_finite()).count();
        assert_eq!((array["values"].as_u64(), wet > 1000), (Some(wet as u64), true));
        for ((value, ratio), difference) in values.data.iter().zip(&ratio.data).zip(&difference.data) {
            // Land has no depth to divide by.
            let expected = [value.is_finite() && *value != 0.0, value.is_finite()];
            let expected = [expected[0].then_some(1.0), expected[1].then_some(0.0)];
            assert_eq!([ratio, difference].map(|x| (!x.is_nan()).then_some(*x)), expected, "{name}: {value}");
        }
        assert_eq!(ratios.data_type(&format!("{name}_ratio")), own.data_type(name));
    }
    for name in ["j", "i", "freq_time", "XC", "YC"] {
        assert_eq!(ratios.values(name), own.values(name), "{name}");
        assert_eq!(ratios.data_type(name), own.data_type(name), "{name}");
        assert_eq!(ratios.attributes_of(name)[1], own.attributes_of(name)[0], "{name}");
    }
    assert_eq!(ratios.text("band"), ["low", "diurnal", "semidiurnal", "near_inertial", "supertidal"]);
    let attributes = ratios.attributes_of("band_ke_difference")[1].clone();
    assert_eq!((&attributes["units"], &attributes["coordinates"]), (&"m2 s-2".into(), &"XC YC".into()));
}

/// Every number of the table, and every value of the group, from the two results.
#[test]
fn centred_and_native_velocities() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("ratios.zarr");
    let [a, b] = results();
    let outcome = compare(a, b).arg("--output").arg(&output).arg("--json").run().succeeded();
    let found = outcome.json();
    let [in_a, in_b] = [a, b].map(|path| ResultArrays::open(path));
    let ratios = ResultArrays::open(&output);
    for name in ALL {
        let array = line(&found, name);
        let [of_a, of_b] = [&in_a, &in_b].map(|result| result.values(name).data);
        let written = ratios.values(&format!("{name}_ratio")).data;
        let differences = ratios.values(&format!("{name}_difference")).data;
        let (mut all_a, mut all_b, mut all_ratios, mut squares, mut largest, mut one_sided) =
            (vec![], vec![], vec![], 0.0, (-1.0, 0), 0);
        for (n, (&x, &y)) in of_a.iter().zip(&of_b).enumerate() {
            if !(x.is_finite() && y.is_finite()) {
                one_sided += u64::from(x.is_finite() != y.is_finite());
                assert!(written[n].is_nan() && differences[n].is_nan());
                continue;
            }
            all_a.push(x);
            all_b.push(y);
            squares += (x - y) * (x - y);
            if (x - y).abs() > largest.0 {
                largest = ((x - y).abs(), n);
            }
            assert_eq!(differences[n], f64::from((x - y) as f32), "{name} {n}");
            if y != 0.0 {
                all_ratios.push(x / y);
                assert_eq!(written[n], f64::from((x / y) as f32), "{name} {n}");
            }
        }
        let count = all_a.len() as f64;
        assert!(count > 1000.0 && (largest.0 > 0.0) != SAME.contains(&name), "{name}: {largest:?}");
        assert_eq!(
            (array["values"].as_u64(), array["ratios"].as_u64()),
            (Some(count as u64), Some(all_ratios.len() as u64))
        );
        assert_eq!(array["one_sided"].as_u64(), Some(one_sided));
        near(&array["mean_a"], all_a.iter().sum::<f64>() / count);
        near(&array["mean_b"], all_b.iter().sum::<f64>() / count);
        near(&array["rms_difference"], (squares / count).sqrt());
        for (key, q) in [("ratio_p05", 0.05), ("ratio_median", 0.5), ("ratio_p95", 0.95)] {
            near(&array[key], quantile(&all_ratios, q));
        }
        let at = &array["largest"];
        near(&at["a"], of_a[largest.1]);
        near(&at["b"], of_b[largest.1]);
        assert!((at["difference"].as_f64().unwrap().abs() - largest.0).abs() <= 1e-15 * largest.0);
        let [j, i] = ["j", "i"].map(|axis| at["at"][axis].as_f64().unwrap() as usize);
        let values = in_a.values(name);
        match &values.dimensions.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["j", "i"] => assert_eq!(largest.1, j * 48 + i, "{name}"),
            ["band", "j", "i"] => {
                let bands = in_a.text("band");
                let band = bands.iter().position(|band| at["at"]["band"] == band.as_str()).unwrap();
                assert_eq!(largest.1, (band * 40 + j) * 48 + i, "{name}");
            }
            ["j", "i", "freq_time"] => {
                near(&at["at"]["freq_time"], in_a.values("freq_time").data[largest.1 % values.shape[2]]);
                assert_eq!(largest.1 / values.shape[2], j * 48 + i);
            }
            other => panic!("{other:?}"),
        }
    }

    let table = compare(a, b).args(["--arrays", "rotary_psd,band_ke"]).run().succeeded().stdout;
    let rows: Vec<&str> = table.lines().collect();
    assert!(
        rows[2].starts_with("array") && rows[3].starts_with("rotary_psd") && rows[4].starts_with("band_ke"),
        "{table}"
    );
    let median = line(&found, "rotary_psd")["ratio_median"].as_f64().unwrap();
    assert!(rows[3].contains(&format!("{median:.4}")) && rows[3].ends_with("cpd"), "{table}");
}

/// Puts others in place of the values of a float32 array, which is stored without compression; a checksum ends each chunk.
fn rewrite(result: &Path, array: &str, mut each: impl FnMut(f32) -> f32) {
    for (name, bytes) in files(&result.join(array)) {
        if name.ends_with("zarr.json") {
            continue;
        }
        let (stored, checksum) = bytes.split_last_chunk::<4>().unwrap();
        assert_eq!(u32::from_le_bytes(*checksum), crc32c::crc32c(stored), "{array} is stored in another way");
        let (values, rest) = stored.as_chunks::<4>();
        assert!(rest.is_empty());
        let mut written: Vec<u8> =
            values.iter().flat_map(|value| each(f32::from_le_bytes(*value)).to_le_bytes()).collect();
        written.extend(crc32c::crc32c(&written).to_le_bytes());
        fs::write(result.join(array).join(name), written).unwrap();
    }
}

#[test]
fn what_was_scaled_by_hand_has_the_ratio() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let run =
        regional_run().set("bands=[{ preset = \"literature\" }]").set("output.codec=none").set("output.spectrum=false");
    let plain = run.to(at("plain.zarr"));
    let scaled = run.to(at("scaled.zarr"));
    rewrite(&scaled, "band_ke", |value| 4.0 * value);
    let mut lost = false;
    rewrite(&scaled, "u_variance", |value| {
        if value.is_finite() && !std::mem::replace(&mut lost, true) { f32::NAN } else { value }
    });
    let json =
        |a: &Path, b: &Path| compare(a, b).args(["--arrays", "band_ke,u_variance", "--json"]).run().succeeded().json();
    for (a, b, ratio) in [(&scaled, &plain, 4.0), (&plain, &scaled, 0.25)] {
        let found = json(a, b);
        let array = line(&found, "band_ke");
        for key in ["ratio_p05", "ratio_median", "ratio_p95"] {
            assert_eq!(array[key], ratio, "{found}");
        }
        near(&array["mean_a"], ratio * array["mean_b"].as_f64().unwrap());
        let variance = line(&found, "u_variance");
        assert_eq!((&variance["ratio_median"], &variance["one_sided"]), (&1.0.into(), &1.into()));
        assert_eq!(array["one_sided"], 0);
    }
    // Of a part, what is in both is compared; a band of one name with other limits is told of.
    let part = run
        .set("select.i=[5, 30]")
        .set("select.stride=3")
        .set("bands=[{ name = \"supertidal\", limits = [2.1, \"nyquist\"] }, { name = \"low\", limits = [0, 0.4] }]")
        .to(at("part.zarr"));
    let found = json(&scaled, &part);
    let array = line(&found, "band_ke");
    assert_eq!(array["common"], serde_json::json!({ "band": 2, "j": 14, "i": 9 }));
    let told = found["notes"].to_string();
    assert!(told.contains("the band low is 0 to 0.5 in A, 0 to 0.4 in B") && !told.contains("supertidal"), "{told}");
    assert_eq!(array["ratio_p05"], 4.0, "supertidal is the same but for the scale, low is less: {found}");
}

#[test]
fn nothing_is_left_of_what_failed() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("ratios.zarr");
    let [a, b] = results();
    let with_output = |more: &[&str]| -> Outcome { compare(a, b).arg("--output").arg(&output).args(more).run() };
    with_output(&["--arrays", "u_mean,nonesuch"]).failed(2, &["--arrays", "nonesuch"]);
    with_output(&["--arrays", "band"]).failed(2, &["`band`"]);
    assert!(fs::read_dir(folder.path()).unwrap().next().is_none());
    with_output(&["--arrays", "u_mean"]).succeeded();
    let before = files(&output);
    with_output(&["--arrays", "v_mean"]).failed(4, &["--overwrite", "--output"]);
    assert!(files(&output) == before);
    with_output(&["--arrays", "v_mean", "--overwrite"]).succeeded();
    assert!(ResultArrays::open(&output).has("v_mean_ratio") && !ResultArrays::open(&output).has("u_mean_ratio"));
    compare(a, b).arg("--overwrite").run().failed(2, &["--output"]);
}
