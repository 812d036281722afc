//! What is in the data, for comparison with what an analysis finds.

use num_complex::Complex64;
use serde::Serialize;

use super::line::{LineFrequency, RotaryLine, lines};
use super::{NoiseModel, SynthSpec};
use crate::terms::SECONDS_PER_DAY;

/// The content of `truth.json`. Speeds in m s-1, frequencies in cycles per day, densities two-sided in m2 s-2 d.
///
/// "Native" is u and v as stored, taken as if at one point (`centre = false`); "centred" is after
/// u_c = (U(i) + U(i+1)) / 2, v_c = (V(j) + V(j+1)) / 2 where all four faces are wet.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Truth {
    /// Version of the program that made the data.
    pub oceanspec_version: &'static str,
    /// The specification.
    pub spec: SynthSpec,
    /// Ω [rad s-1] behind f0.
    pub omega: f64,
    /// Steady flow, east and north; centring leaves it.
    pub mean: [f64; 2],
    /// t_ref of the lines' phases, in seconds after the first snapshot.
    pub phase_reference_seconds: f64,
    /// w of a line, in words.
    pub line_formula: &'static str,
    /// The lines.
    pub lines: Vec<LineTruth>,
    /// The noise.
    pub noise: NoiseTruth,
    /// Variance of w, u and v together, from noise and lines over whole cycles, native [m2 s-2].
    pub variance_native: f64,
}

/// A line and what it adds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LineTruth {
    /// Name, frequency, amplitudes, phases.
    #[serde(flatten)]
    pub line: RotaryLine,
    /// Variance of w that it adds over whole cycles, cw² + ccw² [m2 s-2]; half of it is kinetic energy.
    pub variance: f64,
    /// After centring; none for the inertial line, see `note`.
    pub centred: Option<CentredLine>,
    /// What else there is to know.
    pub note: &'static str,
}

/// A line of one frequency after centring.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CentredLine {
    /// cos(k d / 2), the factor of u, with d the spacing of the grid.
    pub u_factor: f64,
    /// cos(l d / 2), the factor of v.
    pub v_factor: f64,
    /// Radius of the clockwise circle.
    pub cw: f64,
    /// Radius of the counter-clockwise circle.
    pub ccw: f64,
    /// Variance of w, cw² + ccw².
    pub variance: f64,
}

/// The noise and its exact spectrum.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoiseTruth {
    /// The processes of one component at one velocity point.
    pub model: NoiseModel,
    /// Variance of one component at one velocity point.
    pub variance_component: f64,
    /// S_ww in words.
    pub formula: &'static str,
    /// What centring does.
    pub centring: &'static str,
    /// Factor of S_ww by centring, where all four faces are wet.
    pub centred_factor: f64,
    /// S_ww of the noise alone.
    pub spectrum: SpectrumTable,
}

/// S_ww over frequencies from -Nyquist to Nyquist, both included.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SpectrumTable {
    /// Frequencies, ascending.
    pub freq_cpd: Vec<f64>,
    /// Native density.
    pub s_ww: Vec<f64>,
    /// Centred density.
    pub s_ww_centred: Vec<f64>,
}

/// S_ww of the mean of two independent equals, over that of one.
const CENTRED_FACTOR: f64 = 0.5;

impl Truth {
    /// The truth about the data that [`synthesise`](super::synthesise) makes of a specification.
    pub fn of(spec: &SynthSpec) -> Truth {
        let model = NoiseModel::of(spec);
        let lines: Vec<LineTruth> = lines(spec).into_iter().map(|line| LineTruth::of(line, spec)).collect();
        Truth {
            oceanspec_version: env!("CARGO_PKG_VERSION"),
            spec: spec.clone(),
            omega: crate::terms::OMEGA,
            mean: spec.mean(),
            phase_reference_seconds: spec.times().phase_reference_seconds(),
            line_formula: "w = ccw exp(i (T + phase_ccw)) + cw exp(-i (T + phase_cw)), \
                           T = 2 pi F (t - t_ref) + k (lon - west) + l (lat - south), wavenumber = [k, l] in rad per \
                           degree; u = Re w at U points (XG, YC), v = Im w at V points (XC, YG); F = frequency, or \
                           the signed f0 of the velocity point's latitude for the inertial line",
            variance_native: 2.0 * model.variance() + lines.iter().map(|line| line.variance).sum::<f64>(),
            lines,
            noise: NoiseTruth::of(model, spec),
        }
    }
}

impl LineTruth {
    fn of(line: RotaryLine, spec: &SynthSpec) -> LineTruth {
        let (centred, note) = match line.frequency {
            LineFrequency::Fixed(_) => (
                Some(CentredLine::of(&line, spec.spacing_degrees)),
                "positive frequencies turn counter-clockwise; cw is at minus the frequency",
            ),
            LineFrequency::Inertial => (
                None,
                "cw turns clockwise at f0 > 0 and counter-clockwise at f0 < 0. Centred, u keeps its frequency and is \
                 multiplied by cos(k d / 2); v is the mean of two sines at the f0 of the faces j and j + 1, which \
                 agree in phase at t_ref (but for l) and drift apart by 2 pi (f0(j+1) - f0(j)) (t - t_ref)",
            ),
        };
        LineTruth { variance: line.cw * line.cw + line.ccw * line.ccw, line, centred, note }
    }
}

impl CentredLine {
    fn of(line: &RotaryLine, spacing: f64) -> CentredLine {
        let [u_factor, v_factor] = line.wavenumber.map(|k| (0.5 * k * spacing).cos());
        let [u, v] = line.ellipse();
        let (u, v) = (u * u_factor, v * v_factor);
        let radius = |z: Complex64| 0.5 * z.norm();
        let (ccw, cw) = (radius(u + v), radius(u - v));
        CentredLine { u_factor, v_factor, cw, ccw, variance: cw * cw + ccw * ccw }
    }
}

impl NoiseTruth {
    fn of(model: NoiseModel, spec: &SynthSpec) -> NoiseTruth {
        NoiseTruth {
            variance_component: model.variance(),
            formula: "S_ww(f) = 2 d sum_k variance_k (1 - phi_k^2) / |1 - phi_k exp(-2 pi i f d)|^2, d the interval in \
                      days; S_uu = S_vv = S_ww / 2; even in f",
            centring: "the noise is independent from point to point, so the mean of two neighbours has half the \
                       variance and half the density of one; a dry face counts as 0, so a component with one dry face \
                       has a quarter",
            centred_factor: CENTRED_FACTOR,
            spectrum: SpectrumTable::of(&model, spec),
            model,
        }
    }
}

impl SpectrumTable {
    /// At least two frequencies per cycle of the record, within 257 to 16 385 of them.
    fn of(model: &NoiseModel, spec: &SynthSpec) -> SpectrumTable {
        let intervals = (2 * spec.nt).next_power_of_two().clamp(256, 16_384);
        let nyquist = SECONDS_PER_DAY / (2.0 * spec.interval.0);
        let freq_cpd: Vec<f64> = (0..=intervals).map(|n| nyquist * (2.0 * n as f64 / intervals as f64 - 1.0)).collect();
        let s_ww: Vec<f64> = freq_cpd.iter().map(|&f| 2.0 * model.density(f)).collect();
        let s_ww_centred = s_ww.iter().map(|s| CENTRED_FACTOR * s).collect();
        SpectrumTable { freq_cpd, s_ww, s_ww_centred }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_integrates_to_the_variance() {
        let truth = Truth::of(&SynthSpec { slope: -1.0, ..SynthSpec::default() });
        let table = &truth.noise.spectrum;
        assert_eq!(table.freq_cpd.len(), 4097);
        let step = table.freq_cpd[1] - table.freq_cpd[0];
        // Over a full period the first and the last frequency are the same.
        let integral: f64 = table.s_ww[1..].iter().sum::<f64>() * step;
        assert!((integral / 0.02 - 1.0).abs() < 1e-6, "{integral}");
        let centred: f64 = table.s_ww_centred[1..].iter().sum::<f64>() * step;
        assert!((centred / 0.01 - 1.0).abs() < 1e-6, "{centred}");
    }

    /// Centring by hand: the mean of the formula at the two faces against the stated circles.
    #[test]
    fn centred_lines_are_the_mean_of_the_faces() {
        let spec = SynthSpec { spacing_degrees: 2.0, nx: 4, ny: 4, south: 0.0, ..SynthSpec::default() };
        let truth = Truth::of(&spec);
        let m2 = &truth.lines[1];
        let (line, centred) = (&m2.line, m2.centred.unwrap());
        let frequency = line.frequency_at(0.0);
        let [k, l] = line.wavenumber;
        let w = |x: f64, y: f64, days: f64| {
            let turn = std::f64::consts::TAU * frequency * days + k * x + l * y;
            Complex64::from_polar(line.ccw, turn + line.phase_ccw)
                + Complex64::from_polar(line.cw, -(turn + line.phase_cw))
        };
        // Project one cycle on exp(±2πift).
        let count = 64;
        let (mut plus, mut minus) = (Complex64::ZERO, Complex64::ZERO);
        for n in 0..count {
            let cycles = f64::from(n) / f64::from(count);
            let days = cycles / frequency;
            let (x, y) = (3.0, 5.0);
            let u = 0.5 * (w(x - 1.0, y, days).re + w(x + 1.0, y, days).re);
            let v = 0.5 * (w(x, y - 1.0, days).im + w(x, y + 1.0, days).im);
            let turn = std::f64::consts::TAU * cycles;
            plus += Complex64::new(u, v) * Complex64::cis(-turn) / f64::from(count);
            minus += Complex64::new(u, v) * Complex64::cis(turn) / f64::from(count);
        }
        assert!((plus.norm() - centred.ccw).abs() < 1e-12, "{} {}", plus.norm(), centred.ccw);
        assert!((minus.norm() - centred.cw).abs() < 1e-12, "{} {}", minus.norm(), centred.cw);
        assert!(centred.u_factor < 0.99 && centred.u_factor > 0.98, "{}", centred.u_factor);
    }

    #[test]
    fn the_inertial_line_and_the_variance_are_described() {
        let truth = Truth::of(&SynthSpec::default());
        let json = serde_json::to_value(&truth).unwrap();
        assert_eq!(json["lines"][0]["frequency"], "inertial");
        assert_eq!(json["lines"][1]["frequency"]["fixed"], 1.932_273_6);
        assert_eq!(json["lines"][0]["centred"], serde_json::Value::Null);
        assert_eq!(json["noise"]["centred_factor"], 0.5);
        let expected = 2.0 * 0.01
            + 0.15f64.powi(2)
            + (0.056f64.powi(2) + 0.024f64.powi(2))
            + (0.016f64.powi(2) + 0.024f64.powi(2));
        assert!((truth.variance_native - expected).abs() < 1e-14);
    }
}
