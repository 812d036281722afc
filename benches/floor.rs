//! What a run cannot do without, at this machine's own rates: `floor INPUT SEGMENT POINTS OUTPUT`.
//!
//! INPUT is a folder of snapshot files, POINTS the points with a spectrum; OUTPUT is a file to write and remove. On as
//! many threads as there are cores, and each at its best of several: every byte of the input read once (from the page
//! cache, into one small buffer), one copy of the input in memory, the transforms of half-overlapping segments at
//! rustfft's rate in cache, and the bytes of the spectra written once. Prints seconds as JSON.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::exit, clippy::unwrap_used, missing_docs)]

use std::fs::File;
use std::hint::black_box;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rayon::prelude::*;
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

const TIMES: usize = 5;
const BUFFER_BYTES: usize = 1 << 20;

fn best(mut work: impl FnMut()) -> f64 {
    let seconds = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    (0..TIMES).map(|_| seconds(&mut work)).fold(f64::INFINITY, f64::min)
}

fn read(files: &[PathBuf]) {
    files.par_iter().for_each_init(
        || vec![0_u8; BUFFER_BYTES],
        |buffer, path| {
            let mut file = File::open(path).unwrap();
            while file.read(buffer).unwrap() > 0 {
                black_box(&buffer);
            }
        },
    );
}

/// Copies `bytes` through buffers that are far larger than the caches.
fn copy(bytes: usize) -> f64 {
    let len = (256 << 20).min(bytes);
    let from = vec![1_u8; len];
    let mut to = vec![2_u8; len];
    let once = best(|| {
        to.par_chunks_mut(BUFFER_BYTES)
            .zip(from.par_chunks(BUFFER_BYTES))
            .for_each(|(to, from)| to.copy_from_slice(from));
        black_box(&to);
    });
    once * bytes as f64 / len as f64
}

fn transforms(count: usize, segment: usize) -> f64 {
    let fft = FftPlanner::<f32>::new().plan_fft_forward(segment);
    let share = count.min(1 << 16);
    let once = best(|| {
        (0..share.div_ceil(16)).into_par_iter().for_each_init(
            || {
                (
                    vec![Complex::new(0.0_f32, 0.0); 16 * segment],
                    vec![Complex::new(0.0, 0.0); fft.get_inplace_scratch_len()],
                )
            },
            |(rows, scratch), _| fft.process_with_scratch(black_box(rows), scratch),
        );
    });
    once * count as f64 / share as f64
}

fn write(path: &Path, bytes: usize) {
    let file = File::create(path).unwrap();
    let piece = vec![1_u8; BUFFER_BYTES];
    (0..bytes.div_ceil(BUFFER_BYTES)).into_par_iter().for_each(|number| {
        let at = number * BUFFER_BYTES;
        file.write_all_at(&piece[..BUFFER_BYTES.min(bytes - at)], at as u64).unwrap();
    });
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, segment, points, output] = arguments.as_slice() else {
        eprintln!("floor INPUT SEGMENT POINTS OUTPUT");
        std::process::exit(2);
    };
    let (segment, points): (usize, usize) = (segment.parse().unwrap(), points.parse().unwrap());
    let files: Vec<PathBuf> = std::fs::read_dir(input).unwrap().map(|entry| entry.unwrap().path()).collect();
    let lengths = || files.iter().map(|path| std::fs::metadata(path).unwrap().len() as usize);
    let (bytes, longest) = (lengths().sum::<usize>(), lengths().max().unwrap());
    let steps = lengths().filter(|&length| length == longest).count() / 2;
    let segments = (steps - segment) / (segment - segment / 2) + 1;
    let output = Path::new(output);
    let output_bytes = points * segment * 4;
    let seconds = [
        ("read", best(|| read(&files))),
        ("copy", copy(bytes)),
        ("transform", transforms(points * segments, segment)),
        ("write", best(|| write(output, output_bytes))),
    ];
    std::fs::remove_file(output).unwrap();
    let parts: Vec<String> = seconds.iter().map(|(name, seconds)| format!("\"{name}\": {seconds:.4}")).collect();
    let total: f64 = seconds.iter().map(|(_, seconds)| seconds).sum();
    println!(
        "{{{}, \"total\": {total:.4}, \"input_bytes\": {bytes}, \"output_bytes\": {output_bytes}}}",
        parts.join(", ")
    );
}
