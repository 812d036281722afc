//! Lines: motions of one frequency, as two circles that turn against each other.
//!
//! At longitude x, latitude y [degrees] and time t
//!
//! w = A_ccw exp(i (Θ + φ_ccw)) + A_cw exp(-i (Θ + φ_cw)),  Θ = 2π F (t - t_ref) + k (x - west) + l (y - south).
//!
//! Real part at U points, imaginary part at V points. F is the line's frequency, or the signed f0 of the point's own
//! latitude: with A_ccw = 0 that is clockwise in the north and counter-clockwise in the south, as it should be.
//! The phases are a plane wave because that makes a row of the grid one complex factor and a table, and because the
//! mean of two neighbours is then known exactly.

use std::f64::consts::TAU;

use num_complex::Complex64;
use serde::Serialize;

use super::SynthSpec;
use crate::terms::{CyclesPerDay, SECONDS_PER_DAY, inertial_frequency};

/// Frequency of a line.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineFrequency {
    /// The same everywhere.
    Fixed(CyclesPerDay),
    /// f0 of the latitude of each velocity point (U points: YC, V points: YG).
    Inertial,
}

/// A line of the currents.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RotaryLine {
    /// inertial, M2, K1.
    pub name: &'static str,
    /// Its frequency.
    pub frequency: LineFrequency,
    /// Radius of the clockwise circle [m s-1]; of the inertial line in the northern hemisphere.
    pub cw: f64,
    /// Radius of the counter-clockwise circle [m s-1].
    pub ccw: f64,
    /// φ_cw [rad].
    pub phase_cw: f64,
    /// φ_ccw [rad].
    pub phase_ccw: f64,
    /// k, l: growth of the phase eastward and northward [rad per degree].
    pub wavenumber: [f64; 2],
}

/// The lines of a specification, without those of amplitude 0.
pub(super) fn lines(spec: &SynthSpec) -> Vec<RotaryLine> {
    let all = [
        RotaryLine {
            name: "inertial",
            frequency: LineFrequency::Inertial,
            cw: spec.inertial_amplitude,
            ccw: 0.0,
            phase_cw: 0.4,
            phase_ccw: 0.0,
            wavenumber: [TAU / 24.0, -TAU / 30.0],
        },
        RotaryLine {
            name: "M2",
            frequency: LineFrequency::Fixed(CyclesPerDay(1.932_273_6)),
            cw: 0.7 * spec.m2_amplitude,
            ccw: 0.3 * spec.m2_amplitude,
            phase_cw: 1.1,
            phase_ccw: -0.7,
            wavenumber: [-TAU / 40.0, TAU / 36.0],
        },
        RotaryLine {
            name: "K1",
            frequency: LineFrequency::Fixed(CyclesPerDay(1.002_737_9)),
            cw: 0.4 * spec.k1_amplitude,
            ccw: 0.6 * spec.k1_amplitude,
            phase_cw: -2.0,
            phase_ccw: 0.9,
            wavenumber: [TAU / 60.0, TAU / 48.0],
        },
    ];
    all.into_iter().filter(|line| line.cw > 0.0 || line.ccw > 0.0).collect()
}

impl RotaryLine {
    /// F at a latitude [cpd].
    pub fn frequency_at(&self, latitude: f64) -> f64 {
        match self.frequency {
            LineFrequency::Fixed(frequency) => frequency.0,
            LineFrequency::Inertial => inertial_frequency(latitude).0,
        }
    }

    /// Factors of exp(iΘ) whose real part is u and whose imaginary part is v.
    pub(super) fn ellipse(&self) -> [Complex64; 2] {
        let ccw = Complex64::from_polar(self.ccw, self.phase_ccw);
        let cw = Complex64::from_polar(self.cw, self.phase_cw);
        [ccw + cw, ccw - cw]
    }

    /// exp(i(2πF t + l (y - south))) at a latitude, `north` degrees from the southern edge, `seconds` after t_ref.
    ///
    /// Whole turns are taken off before the angle is formed, so that the error of the phase is that of the count of
    /// cycles, some 1e-16 of it, after any number of steps.
    pub(super) fn phasor(&self, latitude: f64, north: f64, seconds: f64) -> Complex64 {
        let cycles = self.frequency_at(latitude) * seconds / SECONDS_PER_DAY;
        Complex64::cis(TAU * cycles.fract() + self.wavenumber[1] * north)
    }

    /// exp(i k (x - west)) for points `east` degrees from the western edge.
    pub(super) fn along_row(&self, east: f64) -> Complex64 {
        Complex64::cis(self.wavenumber[0] * east)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The phase of M2 (19322736e-7 cpd) against integer arithmetic, after 10 000 and 10 000 000 hourly steps.
    #[test]
    fn phases_stay_exact() {
        let spec = SynthSpec::default();
        let m2 = lines(&spec).into_iter().find(|line| line.name == "M2").unwrap();
        for steps in [1i128, 9_999, 10_000, 10_000_000] {
            let denominator: i128 = 10_000_000 * 24;
            let turns = (19_322_736 * steps % denominator) as f64 / denominator as f64;
            let exact = Complex64::cis(TAU * turns);
            let got = m2.phasor(10.0, 0.0, 3600.0 * steps as f64);
            let error = (got * exact.conj()).arg().abs();
            let allowed = if steps <= 10_000 { 1e-11 } else { 1e-8 };
            assert!(error < allowed, "{error} rad after {steps} steps");
        }
    }

    #[test]
    fn inertial_motion_turns_with_the_hemisphere() {
        let inertial = lines(&SynthSpec::default()).into_iter().find(|line| line.name == "inertial").unwrap();
        let [u, v] = inertial.ellipse();
        let velocity = |latitude: f64, seconds: f64| {
            let phasor = inertial.phasor(latitude, 0.0, seconds);
            Complex64::new((u * phasor).re, (v * phasor).im)
        };
        for (latitude, sense) in [(35.0, -1.0), (-35.0, 1.0)] {
            let turned = (velocity(latitude, 600.0) / velocity(latitude, 0.0)).arg();
            let expected = sense * TAU * inertial_frequency(35.0).0 * 600.0 / SECONDS_PER_DAY;
            assert!((turned - expected).abs() < 1e-12, "{turned} {expected}");
            assert!((velocity(latitude, 0.0).norm() - 0.15).abs() < 1e-15);
        }
    }

    #[test]
    fn lines_of_no_amplitude_are_left_out() {
        let spec = SynthSpec { k1_amplitude: 0.0, inertial_amplitude: 0.0, ..SynthSpec::default() };
        assert_eq!(lines(&spec).iter().map(|line| line.name).collect::<Vec<_>>(), ["M2"]);
    }
}
