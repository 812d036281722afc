//! Whole folders, read back from the files: sizes, masks, determinism, and the signals against `truth.json`.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::path::Path;

use num_complex::Complex64;
use serde_json::Value;

use super::normal::step_row;
use super::threefry::stream_key;
use super::*;
use crate::terms::Seconds;

fn make(spec: &SynthSpec) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    synthesise(folder.path(), spec, &|_, _| {}).unwrap();
    folder
}

fn read_field(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap();
    assert_eq!(bytes.len() % 4, 0);
    bytes.chunks_exact(4).map(|b| f64::from(f32::from_be_bytes(b.try_into().unwrap()))).collect()
}

/// `[time][point]` of a component.
fn read_record(dir: &Path, name: &str, spec: &SynthSpec) -> Vec<Vec<f64>> {
    (0..spec.nt).map(|n| read_field(&dir.join(format!("mds/{name}.{:010}.data", spec.times().iteration(n))))).collect()
}

fn read_truth(dir: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(dir.join("truth.json")).unwrap()).unwrap()
}

fn all_files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["", "mds", "grid"] {
        for entry in std::fs::read_dir(dir.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn files_have_the_layout_and_land_is_zero() {
    let spec = SynthSpec { nx: 23, ny: 17, nt: 5, ..SynthSpec::default() };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new/data");
    let seen = std::sync::Mutex::new(Vec::new());
    let summary = synthesise(&dir, &spec, &|done, total| seen.lock().unwrap().push((done, total))).unwrap();
    let mut seen = seen.into_inner().unwrap();
    seen.sort_unstable();
    assert_eq!(seen, (1..=5).map(|n| (n, 5)).collect::<Vec<_>>());
    assert_eq!(summary.iterations, [10_368, 10_368 + 4 * 144]);
    assert_eq!(summary.bytes.0, (16 + 10) * 23 * 17 * 4);
    assert_eq!(summary.config, dir.join("run.toml"));
    assert_eq!(all_files(&dir).len(), 2 + 2 * 16 + 2 * 10);

    let meta = std::fs::read_to_string(dir.join("mds/V.0000010512.meta")).unwrap();
    let expected = concat!(
        " nDims = [   2 ];\n dimList = [\n    23,    1,   23,\n    17,    1,   17\n ];\n",
        " dataprec = [ 'float32' ];\n nrecords = [          1 ];\n timeStepNumber = [      10512 ];\n",
        " timeInterval = [  2.628000000000E+05 ];\n missingValue = [ -9.99000000000000E+02 ];\n",
        " nFlds = [    1 ];\n fldList = {\n 'VVEL    '\n };\n",
    );
    assert_eq!(meta, expected);

    let cells = read_field(&dir.join("grid/hFacC.data"));
    let wet = cells.iter().filter(|&&wet| wet > 0.0).count() as u64;
    assert!(summary.wet_cells == wet && wet * 100 >= 55 * summary.cells && wet < summary.cells);
    for (name, mask) in [("U", "hFacW"), ("V", "hFacS")] {
        let mask = read_field(&dir.join(format!("grid/{mask}.data")));
        for snapshot in read_record(&dir, name, &spec) {
            assert_eq!(snapshot.len(), 23 * 17);
            for (velocity, wet) in snapshot.iter().zip(&mask) {
                assert_eq!(*velocity != 0.0, *wet > 0.0);
                assert!(velocity.is_sign_positive() || *wet > 0.0, "land is +0");
            }
        }
    }
}

#[test]
fn files_are_the_same_for_any_number_of_threads_and_runs() {
    let spec = SynthSpec { nx: 19, ny: 11, nt: 30, slope: -1.0, ..SynthSpec::default() };
    let with_threads = |threads: usize, spec: &SynthSpec| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        all_files(pool.install(|| make(spec)).path())
    };
    let one = with_threads(1, &spec);
    assert!(one == with_threads(2, &spec));
    assert!(one == with_threads(3, &spec));
    assert!(one == with_threads(1, &spec));
    let other = with_threads(2, &SynthSpec { seed: 1, ..spec });
    assert_ne!(one["mds/U.0000010368.data"], other["mds/U.0000010368.data"]);
}

/// Every value against a plain recomputation of its point from the formula and the recursion, over more snapshots
/// than a block holds.
#[test]
fn values_are_the_formula_and_the_recursion_at_each_point() {
    let spec = SynthSpec { nx: 3, ny: 4, nt: 1100, slope: -1.0, seed: 5, meta: false, ..SynthSpec::default() };
    let folder = make(&spec);
    let truth = Truth::of(&spec);
    assert!(truth.noise.model.processes.len() > 2);
    for (component, name) in ["U", "V"].into_iter().enumerate() {
        let record = read_record(folder.path(), name, &spec);
        for point in 0..12u32 {
            let (j, i) = (f64::from(point / 3), f64::from(point % 3));
            let shift = [[0.0, 0.5], [0.5, 0.0]][component];
            let (east, north) = ((i + shift[0]) * spec.spacing_degrees, (j + shift[1]) * spec.spacing_degrees);
            let mut states = vec![0.0f64; truth.noise.model.processes.len()];
            for (n, snapshot) in record.iter().enumerate() {
                let mut expected = Complex64::new(truth.mean[0], truth.mean[1]);
                for LineTruth { line, .. } in &truth.lines {
                    let days = (n as f64 - 550.0) / 24.0;
                    let turn = TAU * line.frequency_at(spec.south + north) * days
                        + line.wavenumber[0] * east
                        + line.wavenumber[1] * north;
                    expected += Complex64::from_polar(line.ccw, turn + line.phase_ccw);
                    expected += Complex64::from_polar(line.cw, -(turn + line.phase_cw));
                }
                let mut expected = [expected.re, expected.im][component];
                for ((stream, process), state) in (0..).zip(&truth.noise.model.processes).zip(&mut states) {
                    let (mut u, mut v) = ([0f32], [0f32]);
                    step_row(stream_key(5, stream), n as u32, point, [0.0, 1.0], &mut u, &mut v);
                    let deviate = f64::from([u[0], v[0]][component]) * process.variance.sqrt();
                    let gain = (1.0 - process.phi * process.phi).sqrt();
                    *state = if n == 0 { deviate } else { process.phi * *state + gain * deviate };
                    expected += *state;
                }
                let got = snapshot[point as usize];
                // Rounding of float32 states, summed over the memory of the slowest process.
                assert!((got - expected).abs() < 1e-6, "{name} point {point} snapshot {n}: {got} {expected}");
            }
        }
    }
}

fn noise_only(slope: f64, nt: usize) -> SynthSpec {
    SynthSpec {
        nx: 8,
        ny: 8,
        nt,
        slope,
        inertial_amplitude: 0.0,
        m2_amplitude: 0.0,
        k1_amplitude: 0.0,
        mean_flow: 0.0,
        land: false,
        meta: false,
        ..SynthSpec::default()
    }
}

/// Hann periodograms of w at 64 points by direct DFT, native and centred, against the table of `truth.json`. A bin's
/// mean over M independent points is χ² of 2M degrees of freedom: standard deviation 1/sqrt(M) of its expectation.
#[test]
fn noise_has_the_stated_spectrum_and_variance() {
    let nt = 2048usize;
    for slope in [-2.0, -1.0, 0.0] {
        let spec = noise_only(slope, nt);
        let folder = make(&spec);
        let truth = read_truth(folder.path());
        let table = |name: &str| -> Vec<f64> {
            truth["noise"]["spectrum"][name].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let [frequencies, native, centred] = ["freq_cpd", "s_ww", "s_ww_centred"].map(table);
        let [u, v] = ["U", "V"].map(|name| read_record(folder.path(), name, &spec));
        let window: Vec<f64> = (0..nt).map(|n| 0.5 - 0.5 * (TAU * n as f64 / nt as f64).cos()).collect();
        let circle: Vec<Complex64> = (0..nt).map(|n| Complex64::cis(-TAU * n as f64 / nt as f64)).collect();
        let scale = 24.0 * window.iter().map(|w| w * w).sum::<f64>();
        let periodogram = |series: &[Complex64], k: i64| {
            let mut sum = Complex64::ZERO;
            for (n, (w, x)) in window.iter().zip(series).enumerate() {
                sum += *w * x * circle[(k * n as i64).rem_euclid(nt as i64) as usize];
            }
            sum.norm_sqr() / scale
        };
        let native_series =
            |point: usize| -> Vec<Complex64> { (0..nt).map(|n| Complex64::new(u[n][point], v[n][point])).collect() };
        // Cells apart, so that no face is in two of them.
        let centred_series = |point: usize| -> Vec<Complex64> {
            (0..nt)
                .map(|n| {
                    let half_sum = |x: &[f64], step: usize| 0.5 * (x[point] + x[point + step]);
                    Complex64::new(half_sum(&u[n], 1), half_sum(&v[n], 8))
                })
                .collect()
        };
        let apart = (0..4).flat_map(|j| (0..4).map(move |i| 16 * j + 2 * i));
        let cases: [(Vec<Vec<Complex64>>, &[f64]); 2] =
            [((0..64).map(native_series).collect(), &native), (apart.map(centred_series).collect(), &centred)];
        for (series, table) in cases {
            let points = series.len() as f64;
            let (mut worst, mut sum, mut count) = (0.0f64, 0.0, 0.0);
            // From 20 cycles per record, where Hann's smoothing of a power law no longer biases, to Nyquist.
            for k in (20..1024).step_by(11).flat_map(|k| [k, -k]) {
                let at = (2048 + 2 * k) as usize;
                assert!((frequencies[at] - k as f64 * 24.0 / nt as f64).abs() < 1e-12);
                let mean = series.iter().map(|series| periodogram(series, k)).sum::<f64>() / points;
                let standard = (mean / table[at] - 1.0) * points.sqrt();
                worst = worst.max(standard.abs());
                sum += standard;
                count += 1.0;
            }
            // χ² of 32 degrees of freedom passes 6 standard deviations once in 200 000 bins.
            assert!(worst < 6.0, "slope {slope}: {worst} standard deviations");
            let drift: f64 = sum / f64::sqrt(count);
            assert!(drift.abs() < 3.5, "slope {slope}: all bins off by {drift} standard deviations");
        }

        let model = Truth::of(&spec).noise.model;
        assert_eq!(truth["noise"]["variance_component"].as_f64().unwrap(), model.variance());
        let covariance =
            |lag: usize| -> f64 { model.processes.iter().map(|p| p.variance * p.phi.powi(lag as i32)).sum() };
        // Variance of the mean square of one Gaussian series: 2/N² Σ (N - |lag|) R².
        let n = nt as f64;
        let spread: f64 = (0..nt)
            .map(|lag| (if lag == 0 { 2.0 } else { 4.0 }) * (n - lag as f64) * covariance(lag).powi(2))
            .sum::<f64>()
            / (n * n);
        let mean_of = |product: &dyn Fn(usize, usize) -> f64| {
            (0..nt).map(|n| (0..64).map(|p| product(n, p)).sum::<f64>()).sum::<f64>() / (64.0 * n)
        };
        for record in [&u, &v] {
            let error = mean_of(&|n, p| record[n][p] * record[n][p]) - model.variance();
            assert!(error.abs() < 4.0 * (spread / 64.0).sqrt(), "slope {slope}: variance off by {error}");
        }
        // Products of independent series have half that variance.
        for cross in [mean_of(&|n, p| u[n][p] * v[n][p]), mean_of(&|n, p| u[n][p] * u[n][(p + 1) % 64])] {
            assert!(cross.abs() < 4.0 * (spread / 128.0).sqrt(), "slope {slope}: correlated, {cross}");
        }
    }
}

/// Least squares of a constant and of cos, sin of each frequency [cpd] about `reference` [s]: the constant, and for
/// each frequency c with cos part Re c and sin part Im c.
fn fit(series: &[f64], frequencies: &[f64], reference: f64) -> (f64, Vec<Complex64>) {
    let unknowns = 1 + 2 * frequencies.len();
    let mut normal = vec![vec![0.0f64; unknowns + 1]; unknowns];
    for (n, value) in series.iter().enumerate() {
        let mut row = vec![1.0];
        for frequency in frequencies {
            let (sine, cosine) = (TAU * frequency * (n as f64 * 3600.0 - reference) / 86_400.0).sin_cos();
            row.extend([cosine, sine]);
        }
        row.push(*value);
        for a in 0..unknowns {
            for b in 0..=unknowns {
                normal[a][b] += row[a] * row[b];
            }
        }
    }
    for pivot in 0..unknowns {
        let pivot_row = normal[pivot].clone();
        for (a, row) in normal.iter_mut().enumerate().filter(|(a, _)| *a != pivot) {
            let factor = row[pivot] / pivot_row[pivot];
            assert!(factor.is_finite(), "row {a}");
            row.iter_mut().zip(&pivot_row).for_each(|(x, p)| *x -= factor * p);
        }
    }
    let solution: Vec<f64> = (0..unknowns).map(|a| normal[a][unknowns] / normal[a][a]).collect();
    (solution[0], solution[1..].chunks(2).map(|c| Complex64::new(c[0], c[1])).collect())
}

/// Fits u and v on their own at points of both hemispheres and compares with what `truth.json` alone says.
#[test]
fn lines_have_the_stated_amplitude_frequency_phase_and_rotation() {
    for south in [36.0, -36.1] {
        let spec = SynthSpec { nx: 2, ny: 3, nt: 960, south, noise_rms: 0.0, meta: false, ..SynthSpec::default() };
        let folder = make(&spec);
        let truth = read_truth(folder.path());
        let reference = truth["phase_reference_seconds"].as_f64().unwrap();
        let [u, v] = ["U", "V"].map(|name| read_record(folder.path(), name, &spec));
        let [xc, yc, xg, yg] =
            ["XC", "YC", "XG", "YG"].map(|n| read_field(&folder.path().join(format!("grid/{n}.data"))));
        let lines = truth["lines"].as_array().unwrap();
        assert_eq!(lines.len(), 3);
        for point in 0..6 {
            let at_point =
                |record: &[Vec<f64>]| -> Vec<f64> { record.iter().map(|snapshot| snapshot[point]).collect() };
            let f0 = |latitude: f64| 2.0 * (86_400.0 / 86_164.0) * latitude.to_radians().sin();
            let mut fitted = Vec::new();
            for (series, x, y) in [(at_point(&u), xg[point], yc[point]), (at_point(&v), xc[point], yg[point])] {
                let frequencies: Vec<f64> =
                    lines.iter().map(|line| line["frequency"]["fixed"].as_f64().unwrap_or(f0(y))).collect();
                fitted.push((fit(&series, &frequencies, reference), x, y));
            }
            let [((u_mean, u_lines), x_u, y_u), ((v_mean, v_lines), x_v, y_v)] = &fitted[..] else { unreachable!() };
            assert!((u_mean - 0.05).abs() < 1e-8 && (v_mean + 0.025).abs() < 1e-8, "{u_mean} {v_mean}");
            for (n, line) in lines.iter().enumerate() {
                let number = |key: &str| line[key].as_f64().unwrap();
                let plane = |x: f64, y: f64| {
                    line["wavenumber"][0].as_f64().unwrap() * (x - spec.west)
                        + line["wavenumber"][1].as_f64().unwrap() * (y - spec.south)
                };
                let (cw, ccw) = (number("cw"), number("ccw"));
                // A cos(T + φ) has the coefficient A exp(-iφ) of cos T and sin T; A sin(T + φ) has iA exp(-iφ).
                let wave = |amplitude: f64, phase: f64| Complex64::from_polar(amplitude, -phase);
                let phase = plane(*x_u, *y_u);
                let expected_u = wave(ccw, phase + number("phase_ccw")) + wave(cw, phase + number("phase_cw"));
                let phase = plane(*x_v, *y_v);
                let expected_v =
                    Complex64::I * (wave(ccw, phase + number("phase_ccw")) - wave(cw, phase + number("phase_cw")));
                // Coordinates are float32, which moves phases by 1e-6.
                assert!((u_lines[n] - expected_u).norm() < 3e-7, "{line}: {} {expected_u}", u_lines[n]);
                assert!((v_lines[n] - expected_v).norm() < 3e-7, "{line}: {} {expected_v}", v_lines[n]);
            }
            // The sense, by what is measured alone: clockwise is u = cos, v = -sin of the frequency without its sign.
            let circle = |series: &[f64], latitude: f64| {
                let frequencies = [f0(latitude).abs(), 1.932_273_6, 1.002_737_9];
                fit(series, &frequencies, reference).1[0]
            };
            let turn = (circle(&at_point(&v), *y_v) / circle(&at_point(&u), *y_u)).arg().to_degrees();
            assert!((turn.abs() - 90.0).abs() < 1.0, "{turn}");
            assert_eq!(turn < 0.0, south > 0.0, "clockwise in the north only, at {south}: {turn}");
        }
    }
}

/// M2 of 1 m/s after 10 000 hours, against integer arithmetic on its frequency of 19322736e-7 cpd.
#[test]
fn phases_hold_over_ten_thousand_snapshots() {
    let spec = SynthSpec {
        nx: 1,
        ny: 1,
        nt: 10_001,
        noise_rms: 0.0,
        inertial_amplitude: 0.0,
        k1_amplitude: 0.0,
        mean_flow: 0.0,
        m2_amplitude: 1.0,
        meta: false,
        ..SynthSpec::default()
    };
    let folder = make(&spec);
    let line = &Truth::of(&spec).lines[0].line;
    let mut matched = Complex64::ZERO;
    for n in 9_000..=10_000usize {
        let turns = (19_322_736i128 * (n as i128 - 5_000) % 240_000_000) as f64 / 240e6;
        let phase = TAU * turns + line.wavenumber[1] * 0.5 * spec.spacing_degrees;
        let expected = 0.3 * (phase + line.phase_ccw).cos() + 0.7 * (phase + line.phase_cw).cos();
        let got = read_field(&folder.path().join(format!("mds/U.{:010}.data", spec.times().iteration(n))))[0];
        assert!((got - expected).abs() < 6e-8, "{n}: {got} {expected}");
        // A phase error e would leave e times the derivative.
        let derivative = -0.3 * (phase + line.phase_ccw).sin() - 0.7 * (phase + line.phase_cw).sin();
        matched += Complex64::new((got - expected) * derivative, derivative * derivative);
    }
    // The rounding of float32 itself leaves 1e-9.
    let error = matched.re / matched.im;
    assert!(error.abs() < 4e-9, "{error} rad");
}

#[test]
fn a_folder_that_holds_something_is_refused() {
    let spec = SynthSpec { nx: 2, ny: 2, nt: 2, ..SynthSpec::default() };
    let folder = make(&spec);
    let before = all_files(folder.path());
    let error = synthesise(folder.path(), &spec, &|_, _| {}).unwrap_err();
    assert!(matches!(error, SynthError::NotEmpty { .. }), "{error}");
    assert!(before == all_files(folder.path()));
    let file = folder.path().join("run.toml");
    assert!(matches!(synthesise(&file, &spec, &|_, _| {}), Err(SynthError::Io { .. })));
    let nothing = folder.path().join("unmade");
    assert!(synthesise(&nothing, &SynthSpec { nx: 0, ..spec }, &|_, _| {}).is_err());
    assert!(!nothing.exists(), "a wrong specification makes nothing");
}

/// One file differs, at its open faces; the noise goes on as if it did not.
#[test]
fn a_bad_snapshot_is_one_file() {
    let spec = SynthSpec { nx: 23, ny: 17, nt: 6, ..SynthSpec::default() };
    let bad = SynthSpec { bad_snapshots: vec![3], ..spec.clone() };
    let (clean, spoilt) = (make(&spec), make(&bad));
    let name = format!("mds/U.{:010}.data", spec.times().iteration(3));
    let (clean_files, spoilt_files) = (all_files(clean.path()), all_files(spoilt.path()));
    assert_eq!(clean_files.len(), spoilt_files.len());
    for (path, bytes) in &clean_files {
        assert_eq!(bytes != &spoilt_files[path], *path == name || path == "truth.json", "{path}");
    }
    let (before, after) = (read_field(&clean.path().join(&name)), read_field(&spoilt.path().join(&name)));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(*after, if *before == 0.0 { 0.0 } else { f64::from(BAD_VALUE) });
    }
    assert!(before.contains(&0.0) && after.contains(&f64::from(BAD_VALUE)));
    assert_eq!(read_truth(spoilt.path())["spec"]["bad_snapshots"], serde_json::json!([3]));
}

#[test]
fn tiny_grids_are_made_and_all_wet() {
    for (nx, ny, nt) in [(1, 1, 2), (1, 7, 3), (3, 2, 2), (7, 1, 10)] {
        let spec = SynthSpec { nx, ny, nt, interval: Seconds(1800.0), ..SynthSpec::default() };
        let folder = tempfile::tempdir().unwrap();
        let summary = synthesise(folder.path(), &spec, &|_, _| {}).unwrap();
        assert_eq!(summary.wet_cells, summary.cells);
        for name in ["U", "V"] {
            let record = read_record(folder.path(), name, &spec);
            assert!(record.iter().all(|s| s.len() == nx * ny && s.iter().all(|x| *x != 0.0 && x.abs() < 2.0)));
        }
        let config: toml::Table = std::fs::read_to_string(summary.config).unwrap().parse().unwrap();
        assert_eq!(config["input"]["timestep"].as_str(), Some("25 s"));
    }
}
