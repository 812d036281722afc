//! Time of the Welch kernel on one core: `cargo bench --bench kernels`.
//!
//! Prints, for records of 2160 hourly samples, the rate at which input (u and v) is eaten, and the share that the
//! same number of bare FFTs takes. Groups cycle through more memory than the caches hold.
#![allow(clippy::print_stdout, clippy::expect_used, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use oceanspec::spectrum::{Rotation, Welch, WelchSpec};
use oceanspec::terms::{Detrend, LANES, Line, Sample, Seconds, Window};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

const STEPS: usize = 2160;
const GROUPS: usize = 64;

fn noise<T: Sample>(lines: usize, mut state: u64) -> Vec<Line<T>> {
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        T::rounded((state >> 40) as f64 / (1_u64 << 24) as f64 - 0.4)
    };
    (0..lines).map(|_| Line(std::array::from_fn(|_| next()))).collect()
}

/// Time of one call in the quickest of many passes over all groups, the one least disturbed by other work.
fn time_of(mut work: impl FnMut(usize)) -> Duration {
    let mut quickest = Duration::MAX;
    for _ in 0..60 {
        let start = Instant::now();
        (0..GROUPS).for_each(&mut work);
        quickest = quickest.min(start.elapsed() / GROUPS as u32);
    }
    quickest
}

fn measure<T: Sample>(name: &str, segment: usize, window: Window, detrend: Detrend) {
    let spec = WelchSpec {
        steps: STEPS,
        segment,
        overlap: 0.5,
        window,
        detrend,
        sampling_interval: Seconds(3600.0),
        longest_gap: 0,
    };
    let welch = Welch::<T>::new(&spec).expect("the plan of the benchmark");
    let (u, v) = (noise::<T>(STEPS * GROUPS, 1), noise::<T>(STEPS * GROUPS, 2));
    let rotation = Rotation { cos: Line([T::rounded(0.8); LANES]), sin: Line([T::rounded(0.6); LANES]) };
    let mut scratch = welch.scratch();
    let mut psd = vec![T::zero(); LANES * segment];
    let kernel = time_of(|group| {
        let at = group * STEPS..(group + 1) * STEPS;
        let summary = welch.rotary(&u[at.clone()], &v[at], Some(&rotation), u16::MAX, &mut scratch, &mut psd);
        black_box((&psd, summary));
    });

    let fft = FftPlanner::<T>::new().plan_fft_forward(segment);
    let mut rows = vec![Complex::new(T::one(), T::zero()); LANES * segment];
    let mut space = vec![Complex::new(T::zero(), T::zero()); fft.get_inplace_scratch_len()];
    let transforms = time_of(|_| {
        for _ in 0..welch.segmentation().count {
            // Zeros, so that repeated transforms do not grow beyond all numbers.
            rows.fill(Complex::new(T::zero(), T::zero()));
            fft.process_with_scratch(black_box(&mut rows), &mut space);
        }
    });
    let input_bytes = (2 * STEPS * LANES * T::BYTES) as f64;
    println!(
        "{name} N = {segment:4} {window:10} {detrend:8}  {:6.1} us a group  {:5.2} GB/s  FFT alone {:4.1} us, {:2.0} %",
        kernel.as_secs_f64() * 1e6,
        input_bytes / kernel.as_secs_f64() / 1e9,
        transforms.as_secs_f64() * 1e6,
        100.0 * transforms.as_secs_f64() / kernel.as_secs_f64(),
        window = window.to_string(),
        detrend = detrend.to_string(),
    );
}

fn main() {
    for detrend in [Detrend::Constant, Detrend::Linear, Detrend::None] {
        measure::<f32>("f32", 720, Window::Hann, detrend);
    }
    measure::<f32>("f32", 2160, Window::Boxcar, Detrend::Constant);
    measure::<f32>("f32", 512, Window::Hann, Detrend::Constant);
    measure::<f64>("f64", 720, Window::Hann, Detrend::Constant);
}
