//! Red noise with an exactly known spectrum: a sum of independent AR(1) processes.
//!
//! x_n = φ x_{n-1} + ε_n with variance σ² has, in discrete time of step Δ, the two-sided spectral density
//! Δ σ² (1 - φ²) / |1 - φ exp(-2πi f Δ)|² (Percival & Walden 1993, eq. 392b with p = 1). Processes whose time scales
//! are spread evenly in the logarithm add up to a power law between the longest and the shortest scale, as for the
//! superposition of relaxation processes in 1/f noise (van der Ziel 1950).

use serde::Serialize;

use super::SynthSpec;
use crate::terms::{SECONDS_PER_DAY, Seconds};

/// One AR(1) process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ar1 {
    /// Correlation from one snapshot to the next.
    pub phi: f64,
    /// Variance [m2 s-2].
    pub variance: f64,
}

/// The noise of one velocity component at one point; all components and points share it and are independent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoiseModel {
    /// The processes that add up, from the slowest to the fastest; none without noise.
    pub processes: Vec<Ar1>,
    /// Time between samples.
    pub interval: Seconds,
}

/// Most AR(1) processes with memory; white noise may join them.
const MOST_PROCESSES: usize = 6;
/// Frequencies, evenly spaced in the logarithm, at which the sum is fitted to the power law.
const FIT_FREQUENCIES: usize = 64;
/// Rounds of the multiplicative update; the fit no longer changes visibly after a few hundred.
const FIT_ROUNDS: usize = 4000;

impl NoiseModel {
    /// The noise of a specification: the density follows f^slope from about 3 to nt / 4 cycles per record.
    ///
    /// The slowest process has its corner at 2 cycles per record, below which the spectrum flattens, and sampling
    /// flattens it near Nyquist: the exact spectrum is [`density`](Self::density), not the power law.
    pub fn of(spec: &SynthSpec) -> NoiseModel {
        let record_days = spec.nt as f64 * spec.interval.0 / SECONDS_PER_DAY;
        let nyquist = SECONDS_PER_DAY / (2.0 * spec.interval.0);
        let corners = [2.0 / record_days, nyquist / 2.0];
        let mut model = NoiseModel { processes: Vec::new(), interval: spec.interval };
        if spec.noise_rms == 0.0 {
            return model;
        }
        if spec.slope < 0.0 && corners[1] > 2.0 * corners[0] {
            let count = ((2.0 * (corners[1] / corners[0]).log10()).round() as usize).clamp(2, MOST_PROCESSES);
            let step_days = spec.interval.0 / SECONDS_PER_DAY;
            for corner in spread(corners, count) {
                // As float32, because the recursion runs in float32 and the truth must be what was run.
                let phi = (-2.0 * std::f64::consts::PI * corner * step_days).exp() as f32;
                model.processes.push(Ar1 { phi: f64::from(phi), variance: 1.0 });
            }
        }
        model.processes.push(Ar1 { phi: 0.0, variance: 1.0 });
        model.fit_power_law(spec.slope, [1.5 * corners[0], corners[1].max(1.5 * corners[0])]);
        let scale = spec.noise_rms * spec.noise_rms / model.variance();
        model.processes.iter_mut().for_each(|process| process.variance *= scale);
        model
    }

    /// Two-sided spectral density of one velocity component at `frequency` [cpd], in m2 s-2 d.
    pub fn density(&self, frequency: f64) -> f64 {
        self.processes.iter().map(|process| self.density_of(process, frequency)).sum()
    }

    /// Variance of one velocity component [m2 s-2].
    pub fn variance(&self) -> f64 {
        self.processes.iter().map(|process| process.variance).sum()
    }

    fn density_of(&self, process: &Ar1, frequency: f64) -> f64 {
        let step_days = self.interval.0 / SECONDS_PER_DAY;
        let (phi, angle) = (process.phi, 2.0 * std::f64::consts::PI * frequency * step_days);
        // |1 - φ e^-iω|² = (1 - φ)² + 4 φ sin²(ω/2), without the cancellation of 1 + φ² - 2 φ cos ω.
        let half_sine = (0.5 * angle).sin();
        step_days * process.variance * (1.0 - phi * phi)
            / ((1.0 - phi) * (1.0 - phi) + 4.0 * phi * half_sine * half_sine)
    }

    /// Shares out the variance so that the density is f^slope, in the sense of least relative squares over
    /// `limits` [cpd], and drops what contributes less than 1 % everywhere.
    ///
    /// Non-negative least squares by the multiplicative update of Lee & Seung (1999): few lines, never negative.
    fn fit_power_law(&mut self, slope: f64, limits: [f64; 2]) {
        let frequencies = spread(limits, FIT_FREQUENCIES);
        let relative: Vec<Vec<f64>> = frequencies
            .iter()
            .map(|&f| self.processes.iter().map(|p| self.density_of(p, f) / (f / limits[0]).powf(slope)).collect())
            .collect();
        let mut weights = vec![1.0; self.processes.len()];
        let fitted = |row: &[f64], weights: &[f64]| row.iter().zip(weights).map(|(a, w)| a * w).sum::<f64>();
        for _ in 0..FIT_ROUNDS {
            let sums: Vec<f64> = relative.iter().map(|row| fitted(row, &weights)).collect();
            for (k, weight) in weights.iter_mut().enumerate() {
                let wanted: f64 = relative.iter().map(|row| row[k]).sum();
                let got: f64 = relative.iter().zip(&sums).map(|(row, sum)| row[k] * sum).sum();
                *weight *= wanted / got;
            }
        }
        let matters = |k: usize| relative.iter().any(|row| row[k] * weights[k] > 0.01 * fitted(row, &weights));
        self.processes = (0..weights.len())
            .filter(|&k| matters(k))
            .map(|k| Ar1 { phi: self.processes[k].phi, variance: weights[k] * self.processes[k].variance })
            .collect();
    }
}

/// `count` numbers from the first limit to the second, evenly spaced in the logarithm.
fn spread(limits: [f64; 2], count: usize) -> Vec<f64> {
    let [low, high] = limits.map(f64::ln);
    (0..count).map(|n| (low + (high - low) * n as f64 / (count - 1).max(1) as f64).exp()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(slope: f64, nt: usize) -> NoiseModel {
        NoiseModel::of(&SynthSpec { slope, nt, ..SynthSpec::default() })
    }

    #[test]
    fn the_density_integrates_to_the_variance() {
        for (slope, nt) in [(-2.0, 1440), (-1.0, 5000), (-0.3, 300), (0.0, 48), (-2.0, 1), (-1.5, 7)] {
            let model = model(slope, nt);
            assert!((model.variance() - 0.01).abs() < 1e-15);
            // The midpoint rule over a whole period converges exponentially.
            let count = 1 << 16;
            let integral: f64 =
                (0..count).map(|n| model.density(-12.0 + 24.0 * (f64::from(n) + 0.5) / f64::from(count))).sum::<f64>()
                    * 24.0
                    / f64::from(count);
            assert!((integral / 0.01 - 1.0).abs() < 1e-9, "slope {slope}: {integral}");
        }
    }

    #[test]
    fn the_density_follows_the_power_law() {
        for (slope, tolerance) in [(-2.0, 0.35), (-1.5, 0.15), (-1.0, 0.08), (-0.5, 0.08), (0.0, 1e-12)] {
            let model = model(slope, 2160);
            // Record of 90 days: from 4 cycles per record to a third of Nyquist.
            let frequencies = spread([4.0 / 90.0, 4.0], 50);
            let ratios: Vec<f64> = frequencies.iter().map(|f| model.density(*f) / f.powf(slope)).collect();
            let middle = (ratios.iter().map(|r| r.ln()).sum::<f64>() / 50.0).exp();
            for (frequency, ratio) in frequencies.iter().zip(&ratios) {
                let off = (ratio / middle).ln().abs();
                assert!(off < tolerance, "slope {slope}: {off} at {frequency} cpd, {:?}", model.processes);
            }
        }
    }

    #[test]
    fn white_noise_is_one_process_and_no_noise_none() {
        assert_eq!(model(0.0, 1440).processes, [Ar1 { phi: 0.0, variance: 0.1 * 0.1 }]);
        assert!(NoiseModel::of(&SynthSpec { noise_rms: 0.0, ..SynthSpec::default() }).processes.is_empty());
    }
}
