//! One small ocean, in all the ways in which MDS files can hold it: the result is the same to the bit. The first test
//! compares that result with the definition of the spectrum, computed here from the currents that were put in.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use oceanspec::synth::{MdsHeader, write_data};
use support::direct;
use support::mds::{Component, Number, Waters, file_name, noise};
use support::result::{ResultArrays, Values, assert_same_arrays};
use support::run::Run;

const SEGMENT: usize = 10;

/// 21 columns: a whole lane group and a part of one; 9 rows; some land, at the edges too.
fn waters() -> Waters {
    let land =
        |j: usize, i: usize| [(0, 4), (3, 0), (3, 1), (4, 12), (4, 13), (5, 12), (8, 20), (2, 20)].contains(&(j, i));
    Waters { nx: 21, ny: 9, nt: 26, periodic: [false, false], land }
}

/// A folder of input and the results made from it.
struct Case {
    waters: Waters,
    folder: tempfile::TempDir,
}

impl Case {
    fn new(waters: Waters) -> Case {
        let folder = tempfile::tempdir().unwrap();
        waters.write(folder.path());
        Case { waters, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self) -> Run {
        Run::of(self.path("run.toml"))
    }

    /// Result of the input as it is now.
    fn result(&self, name: &str, sets: &[&str]) -> PathBuf {
        self.run().set_all(sets).to(self.path(name))
    }

    /// Writes every snapshot anew, after removing the old ones.
    fn rewrite(&self, write: impl Fn(Component, usize, &Path)) {
        fs::remove_dir_all(self.path("mds")).unwrap();
        fs::create_dir(self.path("mds")).unwrap();
        for t in 0..self.waters.nt {
            for component in Component::BOTH {
                write(component, t, &self.path("mds"));
            }
        }
    }

    fn snapshot(&self, component: Component, t: usize) -> Vec<f32> {
        self.waters.snapshot(component, t, 0.0)
    }

    fn file(&self, folder: &Path, component: Component, t: usize) -> PathBuf {
        folder.join(file_name(component, self.waters.iteration(t)))
    }

    fn remove_meta(&self, folder: &str) {
        for entry in fs::read_dir(self.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().unwrap() == "meta" {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

/// Compares spectra, means, variances and masks of a result with the definition; returns how many points have values.
fn check_directly(waters: &Waters, result: &Path, centred: bool, tolerance: f64) -> usize {
    let result = ResultArrays::open(result);
    let psd = result.values("rotary_psd");
    let maps = ["u_mean", "v_mean", "u_variance", "v_variance", "segments_used", "mask", "XC", "band_ke"];
    let [u_mean, v_mean, u_variance, v_variance, segments, mask, xc, band] = maps.map(|name| result.values(name));
    assert_eq!(psd.shape, [waters.ny, waters.nx, SEGMENT]);
    let mut with_values = 0;
    for j in 0..waters.ny {
        for i in 0..waters.nx {
            let at = format!("j = {j}, i = {i}");
            assert_eq!(mask.at(&[j, i]), f64::from(u8::from(waters.wet(j, i))), "{at}");
            assert_eq!(xc.at(&[j, i]), 10.5 + i as f64, "{at}");
            let series = Component::BOTH.map(|component| waters.series(component, j, i, centred));
            let ours = psd.row(&[j, i]);
            let [Some(u), Some(v)] = series.map(|series| series.filter(|_| waters.wet(j, i))) else {
                assert!(ours.iter().all(|value| value.is_nan()), "{at}: {ours:?}");
                let maps = [&u_mean, &v_mean, &u_variance, &v_variance].map(|map: &Values| map.at(&[j, i]));
                assert!(maps.iter().all(|value| value.is_nan()), "{at}: {maps:?}");
                assert!(band.at(&[0, j, i]).is_nan(), "{at}");
                assert_eq!(segments.at(&[j, i]), 0.0, "{at}");
                continue;
            };
            with_values += 1;
            let expected = direct::rotary_psd(&u, &v, SEGMENT);
            if u.iter().chain(&v).all(|value| *value == 0.0) {
                // Both its faces are dry.
                assert!(ours.iter().all(|value| *value == 0.0), "{at}: {ours:?}");
            } else {
                let difference = direct::relative_difference(ours, &expected);
                assert!(difference < tolerance, "{at}: spectrum off by {difference:e}");
            }
            for (series, mean, variance) in [(&u, &u_mean, &u_variance), (&v, &v_mean, &v_variance)] {
                let expected = direct::mean(series);
                let square = direct::mean(&series.iter().map(|x| (x - expected).powi(2)).collect::<Vec<_>>());
                let (mean, variance) = (mean.at(&[j, i]), variance.at(&[j, i]));
                assert!((mean - expected).abs() < tolerance, "{at}: mean {mean}, expected {expected}");
                assert!(
                    (variance - square).abs() <= tolerance * square,
                    "{at}: variance {variance}, expected {square}"
                );
            }
            assert_eq!(segments.at(&[j, i]), 4.0, "{at}");
        }
    }
    with_values
}

/// Fails unless the changed input gives the result of the plain one.
fn check_same(change: impl FnOnce(&Case), sets: &[&str]) {
    let case = Case::new(waters());
    let expected = case.result("plain.zarr", &[]);
    change(&case);
    let ours = case.result("changed.zarr", sets);
    assert_same_arrays(&ours, &expected, &format!("{sets:?}"));
}

#[test]
fn the_result_is_that_of_the_definition() {
    let case = Case::new(waters());
    // 189 cells, 8 of them land; centring loses the last row and column, of which two cells are land.
    assert_eq!(check_directly(&case.waters, &case.result("centred.zarr", &[]), true, 2e-6), 189 - 8 - 29 + 2);
    let native = case.result("native.zarr", &["prepare.centre=false"]);
    assert_eq!(check_directly(&case.waters, &native, false, 2e-6), 189 - 8);
    let double = case.result("double.zarr", &["spectrum.precision=f64"]);
    check_directly(&case.waters, &double, true, 1e-13);
}

#[test]
fn without_meta_files_the_configuration_says_the_shape() {
    let shape = "input.shape=[9, 21]";
    check_same(|case| case.remove_meta("mds"), &[shape]);
    check_same(
        |case| {
            case.remove_meta("mds");
            case.remove_meta("grid");
        },
        &[shape, "input.dtype=float32", "input.endian=big"],
    );
    let case = Case::new(waters());
    case.remove_meta("mds");
    case.run().fails(3, &["U.0000000144.data", ".meta", "shape = [nj, ni]"]);
    case.run().set("input.shape=[9, 20]").fails(3, &["U.0000000144.data", "756 bytes", "[9, 20]"]);
}

#[test]
fn little_endian_files() {
    for meta in [true, false] {
        let change = |case: &Case| {
            case.rewrite(|component, t, folder| {
                let header = meta.then(|| case.waters.header(t));
                let path = case.file(folder, component, t);
                Number::LittleFloat32.write(&path, &wide(&case.snapshot(component, t)), header.as_ref());
            });
            for name in ["XC", "YC", "Depth", "RAC", "hFacC", "hFacW", "hFacS"] {
                let path = case.path("grid").join(name).with_extension("data");
                Number::LittleFloat32.write(&path, &wide(&case.waters.grid_field(name)), None);
            }
        };
        check_same(change, &["input.endian=little", "input.shape=[9, 21]"]);
    }
}

#[test]
fn float64_files() {
    let write = |case: &Case, number: Number, meta: bool| {
        case.rewrite(|component, t, folder| {
            let header = meta.then(|| case.waters.header(t));
            number.write(&case.file(folder, component, t), &wide(&case.snapshot(component, t)), header.as_ref());
        });
    };
    // The type stands in the .meta files; the grid stays float32.
    check_same(|case| write(case, Number::BigFloat64, true), &[]);
    // The type is said, for the grid too, which has .meta files that say otherwise of themselves.
    check_same(|case| write(case, Number::BigFloat64, false), &["input.dtype=float64", "input.shape=[9, 21]"]);
    check_same(
        |case| {
            write(case, Number::LittleFloat64, false);
            case.remove_meta("grid");
            for name in ["XC", "YC", "Depth", "RAC", "hFacC", "hFacW", "hFacS"] {
                let path = case.path("grid").join(name).with_extension("data");
                Number::LittleFloat64.write(&path, &wide(&case.waters.grid_field(name)), None);
            }
        },
        &["input.dtype=float64", "input.shape=[9, 21]", "input.endian=little"],
    );
}

/// Numbers that float32 cannot hold reach the spectra of a float64 run.
#[test]
fn float64_files_are_not_rounded() {
    let case = Case::new(waters());
    let fine = |component, t, at: usize| 1e-9 * f64::from(noise(&[9, component as usize, t, at]));
    case.rewrite(|component, t, folder| {
        let mut values = wide(&case.snapshot(component, t));
        values.iter_mut().enumerate().for_each(|(at, value)| *value += fine(component, t, at));
        Number::BigFloat64.write(&case.file(folder, component, t), &values, Some(&case.waters.header(t)));
    });
    let sets = ["spectrum.precision=f64", "prepare.centre=false"];
    let result = ResultArrays::open(&case.result("fine.zarr", &sets));
    let (j, i) = (6, 17);
    let [u, v] = Component::BOTH.map(|component| {
        let series = case.waters.series(component, j, i, false).unwrap();
        series.iter().enumerate().map(|(t, value)| value + fine(component, t, j * 21 + i)).collect::<Vec<_>>()
    });
    let psd = result.values("rotary_psd");
    let difference = direct::relative_difference(psd.row(&[j, i]), &direct::rotary_psd(&u, &v, SEGMENT));
    assert!(difference < 1e-13, "off by {difference:e}");
}

#[test]
fn a_level_of_three_dimensional_files() {
    let change = |case: &Case| {
        case.rewrite(|component, t, folder| {
            // Other levels hold what no level should see.
            let mut values = vec![7e7; 21 * 9];
            values.extend(case.snapshot(component, t));
            values.extend(vec![-7e7; 21 * 9]);
            let header = MdsHeader { dims: vec![21, 9, 3], ..case.waters.header(t) };
            write_data(&case.file(folder, component, t), &values, Some(&header)).unwrap();
        });
        // Land everywhere at level 1.
        case.waters.write_grid(&case.path("grid"), 2);
    };
    check_same(change, &["input.level=2"]);
    check_same(
        |case| {
            change(case);
            case.remove_meta("mds");
            case.remove_meta("grid");
        },
        &["input.level=2", "input.shape=[9, 21]"],
    );
    let case = Case::new(waters());
    change(&case);
    case.run().set("input.level=4").fails(3, &["[input] level = 4", "3 level(s)"]);
    case.run().set("input.level=3").fails(3, &["hFacC", "2 level(s)", "level = 3"]);
    case.run().fails(2, &["no wet point"]);
}

#[test]
fn a_record_by_number_and_by_name() {
    let change = |levels: usize| {
        move |case: &Case| {
            case.rewrite(|component, t, folder| {
                let plane = case.snapshot(component, t);
                let mut values = vec![5e5; 2 * levels * plane.len()];
                values.extend((1..levels).flat_map(|_| vec![-5e5; plane.len()]));
                values.extend(plane);
                let fields = ["SALT", "THETA", "SPEED"].map(str::to_owned).to_vec();
                let mut dims = vec![21, 9];
                dims.extend((levels > 1).then_some(levels));
                let header = MdsHeader { dims, records: 3, fields, ..case.waters.header(t) };
                write_data(&case.file(folder, component, t), &values, Some(&header)).unwrap();
            });
            case.waters.write_grid(&case.path("grid"), levels);
        }
    };
    check_same(change(1), &["input.record=3"]);
    check_same(change(1), &["input.record=SPEED"]);
    check_same(change(2), &["input.record=\"SPEED\"", "input.level=2"]);
    let case = Case::new(waters());
    change(1)(&case);
    case.run().set("input.record=4").fails(3, &["[input] record = 4", "3 record(s)"]);
    case.run().set("input.record=UVEL").fails(3, &["\"UVEL\"", "SALT, THETA, SPEED"]);
}

#[test]
fn other_file_names_and_nested_folders() {
    for (pattern, name) in [
        (
            "{iter:010}/{name}.{iter:010}.data",
            (|name, at| format!("{at:010}/{name}.{at:010}.data")) as fn(&str, u64) -> String,
        ),
        ("{name}/surface/{iter}.bin", |name, at| format!("{name}/surface/{at}.bin")),
        ("out_{iter:08}_{name}.data.shrunk", |name, at| format!("out_{at:08}_{name}.data.shrunk")),
    ] {
        let change = |case: &Case| {
            case.rewrite(|component, t, folder| {
                let path = folder.join(name(component.name(), case.waters.iteration(t)));
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                write_data(&path, &case.snapshot(component, t), None).unwrap();
            });
        };
        check_same(change, &[&format!("input.pattern=\"{pattern}\""), "input.shape=[9, 21]"]);
    }
    let case = Case::new(waters());
    case.run()
        .set("input.pattern=\"{name}_{iter}.data\"")
        .fails(3, &["no snapshot of U", "U_0.data", "[input] pattern"]);
}

#[test]
fn meta_files_of_other_makes() {
    let texts: [fn(u64) -> String; 3] = [
        |at| {
            format!(
                "nDims=[2];dimList=[21,1,21,9,1,9];dataprec=['float32'];nrecords=[1];timeStepNumber=[{at}];fldList={{'U'}};"
            )
        },
        |at| {
            format!(
                " simulation = {{ 'a run; of = [some] year' }};\r\n nDims = [   2 ];\r\n dimList = [\r\n         21,          1,         \
                 21,\r\n          9,          1,          9\r\n ];\r\n format = [ 'float32' ];\r\n nrecords = [     1 ];\r\n \
                 timeStepNumber = [ {at:10} ];\r\n"
            )
        },
        // The oldest say neither type nor records nor time.
        |_| "\n\n nDims = [ 2 ];\n dimList = [ 21 1 21\n 9 1 9 ];\n\n".to_owned(),
    ];
    for text in texts {
        let change = |case: &Case| {
            for t in 0..case.waters.nt {
                for component in Component::BOTH {
                    let path = case.file(&case.path("mds"), component, t).with_extension("meta");
                    assert!(path.is_file());
                    fs::write(path, text(case.waters.iteration(t))).unwrap();
                }
            }
        };
        check_same(change, &[]);
    }
    let case = Case::new(waters());
    let path = case.file(&case.path("mds"), Component::V, 7).with_extension("meta");
    fs::write(&path, case.waters.header(8).text()).unwrap();
    case.run().fails(3, &[path.to_str().unwrap(), "1296", "1152"]);
}

/// What the files hold on land is of no account, even where it is no number.
#[test]
fn land_of_any_value() {
    for value in [-999.0, f32::NAN, f32::INFINITY, 1e35] {
        let change = |case: &Case| {
            case.rewrite(|component, t, folder| {
                let values = case.waters.snapshot(component, t, value);
                assert!(values.iter().filter(|v| v.to_bits() == value.to_bits()).count() > 8);
                write_data(&case.file(folder, component, t), &values, Some(&case.waters.header(t))).unwrap();
            });
        };
        for sets in [
            &["prepare.valid_range=[-2.0, 2.0]"][..],
            &["prepare.valid_range=[-2.0, 2.0]", "prepare.missing=reject"],
            &[],
        ] {
            check_same(change, sets);
        }
    }
}

#[test]
fn dry_faces_without_their_masks() {
    let remove = |names: &'static [&'static str]| {
        move |case: &Case| {
            for name in names {
                for extension in ["data", "meta"] {
                    fs::remove_file(case.path("grid").join(name).with_extension(extension)).unwrap();
                }
            }
            // Between wet and dry cells there is no flow, whatever the files say.
            case.rewrite(|component, t, folder| {
                let values = case.waters.snapshot(component, t, -999.0);
                write_data(&case.file(folder, component, t), &values, Some(&case.waters.header(t))).unwrap();
            });
        }
    };
    for names in [&["hFacW"][..], &["hFacS"], &["hFacW", "hFacS"], &["hFacC"], &["hFacC", "hFacW", "hFacS"]] {
        check_same(remove(names), &[]);
    }
    let case = Case::new(waters());
    remove(&["hFacC", "Depth"])(&case);
    case.run().fails(3, &["hFacC", "Depth", "[input] grid"]);
    let case = Case::new(waters());
    remove(&["YC"])(&case);
    case.run().fails(3, &["YC.data", "does not exist"]);
}

/// Past the domain's edge there is nothing, unless it wraps: then the first row and column.
#[test]
fn the_domains_edge() {
    for (periodic, set, lost) in [
        ([false, false], "input.periodic=[]", 29 - 2),
        ([true, false], "input.periodic=[\"i\"]", 21 - 1),
        ([false, true], "input.periodic=[\"j\"]", 9 - 2),
        ([true, true], "input.periodic=[\"j\", \"i\"]", 0),
    ] {
        let case = Case::new(Waters { periodic, ..waters() });
        let result = case.result("centred.zarr", &[set]);
        assert_eq!(check_directly(&case.waters, &result, true, 2e-6), 189 - 8 - lost, "{set}");
        let native = case.result("native.zarr", &[set, "prepare.centre=false"]);
        assert_eq!(check_directly(&case.waters, &native, false, 2e-6), 189 - 8, "{set}");
        // The faces between the last and the first cells are found from the cells too.
        for name in ["hFacW", "hFacS"] {
            fs::remove_file(case.path("grid").join(name).with_extension("data")).unwrap();
        }
        assert_same_arrays(&case.result("no-masks.zarr", &[set]), &result, set);
    }
}

/// A grid that is turned against east by one angle everywhere.
#[test]
fn angles_turn_means_and_leave_spectra() {
    let case = Case::new(waters());
    let plain = ResultArrays::open(&case.result("plain.zarr", &[]));
    for (number, degrees) in [37.123_f64, -151.7, 90.0].into_iter().enumerate() {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (cos, sin) = (cos as f32, sin as f32);
        for (name, value) in [("AngleCS", cos), ("AngleSN", sin)] {
            let path = case.path("grid").join(name).with_extension("data");
            write_data(&path, &[value; 21 * 9], Some(&MdsHeader::of(&[21, 9]))).unwrap();
        }
        let turned = ResultArrays::open(&case.result(&format!("turned-{number}.zarr"), &[]));
        let (cos, sin) = (f64::from(cos), f64::from(sin));
        let means = |result: &ResultArrays| ["u_mean", "v_mean"].map(|name| result.values(name));
        let ([u, v], [east, north]) = (means(&plain), means(&turned));
        let (psd, psd_turned) = (plain.values("rotary_psd"), turned.values("rotary_psd"));
        let mut compared = 0;
        for j in 0..9 {
            for i in 0..21 {
                let [u, v, east, north] = [&u, &v, &east, &north].map(|map| map.at(&[j, i]));
                assert_eq!(u.is_nan(), east.is_nan());
                if u.is_nan() {
                    continue;
                }
                compared += 1;
                assert!((east - (cos * u - sin * v)).abs() < 1e-6, "{degrees} at {j}, {i}: {east}");
                assert!((north - (sin * u + cos * v)).abs() < 1e-6, "{degrees} at {j}, {i}: {north}");
                let difference = direct::relative_difference(psd_turned.row(&[j, i]), psd.row(&[j, i]));
                assert!(difference < 1e-6, "{degrees} at {j}, {i}: spectrum off by {difference:e}");
            }
        }
        assert_eq!(compared, 189 - 8 - 27);
        // As the grid lies, for those who say so.
        let same = case.result(&format!("not-turned-{number}.zarr"), &["prepare.rotate=false"]);
        let unturned = ResultArrays::open(&same);
        for name in ["rotary_psd", "u_mean", "v_mean", "v_variance"] {
            support::result::assert_same_bits(&unturned.values(name).data, &plain.values(name).data, name);
        }
    }
    fs::remove_file(case.path("grid/AngleSN.data")).unwrap();
    case.run().fails(3, &["AngleSN", "rotate"]);
}

/// A grid whose coordinates bend, without angles: nobody knows where east is.
#[test]
fn a_curvilinear_grid_needs_angles() {
    let case = Case::new(waters());
    let bent: Vec<f32> = (0..9 * 21).map(|at| 30.5 + (at / 21) as f32 + 0.01 * (at % 21) as f32).collect();
    write_data(&case.path("grid/YC.data"), &bent, Some(&MdsHeader::of(&[21, 9]))).unwrap();
    case.run().fails(3, &["not latitude-longitude", "AngleCS", "[prepare] rotate = false"]);
    case.result("as-it-lies.zarr", &["prepare.rotate=false"]);
}
