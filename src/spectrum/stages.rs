//! The stages of the Welch kernel one by one, so that `benches/kernels.rs` can time each: no part of the library's
//! interface. The transform itself is rustfft's, which anybody can call.

use rustfft::num_complex::Complex;

use super::moments::{Record, RecordSums, RunSums};
use super::power::AddPower;
use super::transform::{SegmentInput, SegmentRows, SegmentTransform};
use super::turn::Trend;
use super::{Rotation, Segmentation, SpectrumError};
use crate::terms::{Detrend, InstructionSet, LANES, Line, Sample, Window};

/// The turn of segments of one length: detrended, rotated and windowed on the way.
pub struct TurnStage<T: Sample> {
    transform: SegmentTransform<T>,
    rows: SegmentRows<T>,
    trend: Trend,
}

impl<T: Sample> TurnStage<T> {
    /// Plans for segments of `length` samples; `level` [m s-1] and, if `detrend` is linear, `slope` [m s-1 a sample]
    /// are what it takes from u and from v.
    ///
    /// # Errors
    /// A window or length that cannot be.
    pub fn new(
        window: Window,
        length: usize,
        detrend: Detrend,
        (level, slope): (f64, f64),
    ) -> Result<Self, SpectrumError> {
        let (transform, _) = SegmentTransform::new(window, length, detrend, InstructionSet::detect())?;
        let slope = if detrend == Detrend::Linear { slope } else { 0.0 };
        let trend = Trend { level: [level; LANES], slope: [slope; LANES] };
        Ok(TurnStage { rows: transform.scratch(), transform, trend })
    }

    /// Turns one segment u, v [time][lane] into 16 rows, which lie some way apart; they stay until the next turn.
    pub fn run(&mut self, u: &[Line<T>], v: &[Line<T>], rotation: &Rotation<T>) -> &[Complex<T>] {
        let segment = SegmentInput { u, v, u_trend: self.trend, v_trend: self.trend, rotation };
        // No lane is asked for: all are turned, none is transformed.
        self.transform.transform(&segment, 0, &mut self.rows, |_, _| {});
        &self.rows.rows
    }
}

/// The sums over records of one length and over the runs between the edges of their segments.
pub struct SumsStage {
    edges: Vec<usize>,
    with_time: bool,
    runs: Vec<RunSums>,
    instructions: InstructionSet,
}

impl SumsStage {
    /// Plans for records of `steps` samples, cut into segments of `length` that overlap by half.
    ///
    /// # Errors
    /// A segment that does not fit.
    pub fn new(steps: usize, length: usize, detrend: Detrend) -> Result<Self, SpectrumError> {
        let edges = Segmentation::new(steps, length, 0.5)?.run_edges();
        let runs = vec![RunSums::default(); edges.len() - 1];
        let instructions = InstructionSet::detect();
        Ok(SumsStage { edges, with_time: detrend == Detrend::Linear, runs, instructions })
    }

    /// Sums one record u, v [time][lane]; returns the means of its first lane.
    pub fn run<T: Sample>(&mut self, u: &[Line<T>], v: &[Line<T>]) -> (f64, f64) {
        let record = Record { u, v, edges: &self.edges, with_time: self.with_time };
        RecordSums::of(&record, u16::MAX, self.instructions, &mut self.runs).means(0)
    }
}

/// Adds |X|² to `power`, value by value.
pub fn add_power<T: Sample>(transform: &[Complex<T>], power: &mut [f64]) {
    InstructionSet::detect().run(AddPower { transform, power });
}

#[cfg(test)]
mod tests {
    use super::super::window_coefficients;
    use super::*;

    /// What is timed is the whole work of the stage.
    #[test]
    fn each_stage_does_its_work() {
        let component = |scale: f32| -> Vec<Line<f32>> {
            (0..90).map(|n| Line(std::array::from_fn(|lane| scale * (n * 17 % 23 + lane) as f32))).collect()
        };
        let (u, v) = (component(0.1), component(-0.07));
        let rotation = Rotation { cos: Line([0.8; LANES]), sin: Line([0.6; LANES]) };
        let window = window_coefficients(Window::Hann, 90).unwrap();
        for (detrend, slope) in [(Detrend::Constant, 0.0), (Detrend::Linear, 0.01)] {
            let mut stage = TurnStage::<f32>::new(Window::Hann, 90, detrend, (0.5, 0.01)).unwrap();
            stage.rows.rows.fill(Complex::new(f32::NAN, f32::NAN));
            let rows = stage.run(&u, &v, &rotation);
            let stride = rows.len() / LANES;
            for lane in 0..LANES {
                for n in 0..90 {
                    let trend = 0.5 + slope * (n as f64 - 44.5);
                    let rest = |x: &[Line<f32>]| f64::from(x[n].0[lane]) - trend;
                    let (east, north) = (0.8 * rest(&u) - 0.6 * rest(&v), 0.6 * rest(&u) + 0.8 * rest(&v));
                    let got = rows[lane * stride + n];
                    let off =
                        (f64::from(got.re) - window[n] * east).abs().max((f64::from(got.im) - window[n] * north).abs());
                    assert!(off < 1e-5, "{detrend}: lane {lane}, sample {n} is off by {off}");
                }
            }
        }

        let (u_mean, v_mean) = SumsStage::new(90, 30, Detrend::Linear).unwrap().run(&u, &v);
        let mean = |x: &[Line<f32>]| x.iter().map(|line| f64::from(line.0[0])).sum::<f64>() / 90.0;
        assert!((u_mean - mean(&u)).abs() < 1e-12 && (v_mean - mean(&v)).abs() < 1e-12);

        let mut power = [1.0, 2.0];
        add_power(&[Complex::new(3.0_f32, 4.0), Complex::new(0.0, -2.0)], &mut power);
        assert_eq!(power, [26.0, 6.0]);
    }
}
