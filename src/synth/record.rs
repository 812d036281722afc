//! Computes the snapshots, block of time by block of time, and writes them.
//!
//! A row of the grid carries its noise from block to block, so the memory is that of one block and of two float32
//! per point and AR(1) process, whatever the length of the record.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use num_complex::Complex64;
use rayon::prelude::*;

use super::lat_lon_grid::LatLonGrid;
use super::line::{RotaryLine, lines};
use super::mds_writer::{MdsHeader, append_big_endian, write_bytes};
use super::normal::step_row;
use super::spec::BAD_VALUE;
use super::threefry::stream_key;
use super::times::Times;
use super::{NoiseModel, SynthError, SynthSpec};

/// Memory of a block of snapshots, if more than one fits.
const BLOCK_BYTES: usize = 64 << 20;
/// Most snapshots in a block.
const BLOCK_SNAPSHOTS: usize = 1024;

/// The two velocity components: file name and field name.
const COMPONENTS: [(&str, &str); 2] = [("U", "UVEL"), ("V", "VVEL")];

/// How the state of one AR(1) process moves on.
struct Recursion {
    key: [u32; 2],
    carry: f32,
    /// Of the deviate: at the first snapshot, where the state is drawn from its stationary distribution, and after.
    first_gain: f32,
    gain: f32,
}

/// A line as the rows need it.
struct LineTables {
    line: RotaryLine,
    ellipse: [Complex64; 2],
    /// exp(i k (x - west)) at the U and the V points of a row, `[i]`.
    along_row: [Vec<Complex64>; 2],
}

/// What a row of the grid remembers. Arrays of two are for U and V.
struct Row {
    j: usize,
    /// `[process]`, each `[i]`.
    noise: Vec<[Vec<f32>; 2]>,
    /// `[i]`
    wet: [Vec<bool>; 2],
}

/// The signals of a specification on a grid.
pub(super) struct Record<'a> {
    spec: &'a SynthSpec,
    times: Times,
    grid: &'a LatLonGrid,
    lines: Vec<LineTables>,
    recursions: Vec<Recursion>,
}

impl<'a> Record<'a> {
    pub(super) fn new(spec: &'a SynthSpec, grid: &'a LatLonGrid) -> Record<'a> {
        let table = |line: RotaryLine| {
            let along = |at: usize| (0..grid.nx).map(|i| line.along_row(grid.east_of_edge(i)[at])).collect();
            LineTables { along_row: [along(0), along(1)], ellipse: line.ellipse(), line }
        };
        let recursion = |(stream, process): (u32, &super::Ar1)| Recursion {
            key: stream_key(spec.seed, stream),
            carry: process.phi as f32,
            first_gain: process.variance.sqrt() as f32,
            gain: (process.variance * (1.0 - process.phi * process.phi)).sqrt() as f32,
        };
        let processes = NoiseModel::of(spec).processes;
        let recursions = (0..).zip(&processes).map(recursion).collect();
        Record { spec, times: spec.times(), grid, lines: lines(spec).into_iter().map(table).collect(), recursions }
    }

    /// Writes all snapshots into `folder` and returns how many bytes of values; `progress` takes snapshots done and all.
    pub(super) fn write(&self, folder: &Path, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<u64, SynthError> {
        let (nx, ny, nt) = (self.grid.nx, self.grid.ny, self.spec.nt);
        let step_bytes = 2 * nx * ny * size_of::<f32>();
        let block = (BLOCK_BYTES / step_bytes).clamp(1, BLOCK_SNAPSHOTS).min(nt);
        let mut rows: Vec<Row> = (0..ny).map(|j| self.row(j)).collect();
        // [j][step][component][i]: a row writes its part alone.
        let mut block_values = vec![0f32; ny * block * 2 * nx];
        let done = AtomicU64::new(0);
        for first in (0..nt).step_by(block) {
            let steps = first..(first + block).min(nt);
            let row_len = steps.len() * 2 * nx;
            let values = &mut block_values[..ny * row_len];
            values.par_chunks_mut(row_len).zip(&mut rows).for_each_init(
                || vec![0f64; nx],
                |scratch, (out, row)| {
                    for (step, out) in steps.clone().zip(out.chunks_mut(2 * nx)) {
                        let (u, v) = out.split_at_mut(nx);
                        self.fill_row(row, step, [u, v], scratch);
                    }
                },
            );
            let values = &*values;
            steps.clone().into_par_iter().try_for_each_init(Vec::new, |bytes, step| {
                for (component, &(name, field)) in COMPONENTS.iter().enumerate() {
                    bytes.clear();
                    let start = ((step - first) * 2 + component) * nx;
                    for row in values.chunks(row_len) {
                        append_big_endian(bytes, &row[start..start + nx]);
                    }
                    self.write_snapshot(folder, step, name, field, bytes)?;
                }
                progress(1 + done.fetch_add(1, Ordering::Relaxed), nt as u64);
                Ok(())
            })?;
        }
        Ok((nt * step_bytes) as u64)
    }

    fn row(&self, j: usize) -> Row {
        let nx = self.grid.nx;
        Row {
            j,
            noise: self.recursions.iter().map(|_| [vec![0.0; nx], vec![0.0; nx]]).collect(),
            wet: [
                (0..nx).map(|i| self.grid.west_face_wet(j, i)).collect(),
                (0..nx).map(|i| self.grid.south_face_wet(j, i)).collect(),
            ],
        }
    }

    /// Moves a row on to snapshot `step`, the one after the row's last, and gives its u and v [m s-1], 0 on land.
    fn fill_row(&self, row: &mut Row, step: usize, velocity: [&mut [f32]; 2], scratch: &mut [f64]) {
        let first_point = (row.j * self.grid.nx) as u32;
        for (recursion, [u, v]) in self.recursions.iter().zip(&mut row.noise) {
            let factors = if step == 0 { [0.0, recursion.first_gain] } else { [recursion.carry, recursion.gain] };
            step_row(recursion.key, step as u32, first_point, factors, u, v);
        }
        let seconds = self.times.seconds(step);
        let (latitudes, norths) = (self.grid.latitudes(row.j), self.grid.north_of_edge(row.j));
        for (component, out) in velocity.into_iter().enumerate() {
            scratch.fill(self.spec.mean()[component]);
            for tables in &self.lines {
                let phasor = tables.line.phasor(latitudes[component], norths[component], seconds);
                let z = phasor * tables.ellipse[component];
                // Re(z p) or Im(z p), p the factor of the column.
                let [of_re, of_im] = if component == 0 { [z.re, -z.im] } else { [z.im, z.re] };
                for (sum, p) in scratch.iter_mut().zip(&tables.along_row[component]) {
                    *sum += of_re * p.re + of_im * p.im;
                }
            }
            for noise in &row.noise {
                for (sum, &noise) in scratch.iter_mut().zip(&noise[component]) {
                    *sum += f64::from(noise);
                }
            }
            let bad = component == 0 && self.spec.bad_snapshots.contains(&step);
            for ((out, &sum), &wet) in out.iter_mut().zip(&*scratch).zip(&row.wet[component]) {
                *out = match (wet, bad) {
                    (false, _) => 0.0,
                    (true, false) => sum as f32,
                    (true, true) => BAD_VALUE,
                };
            }
        }
    }

    fn write_snapshot(
        &self,
        folder: &Path,
        step: usize,
        name: &str,
        field: &str,
        bytes: &[u8],
    ) -> Result<(), SynthError> {
        let stamp = self.times.stamp(step);
        let header = self.spec.meta.then(|| MdsHeader::of_snapshot(&[self.grid.nx, self.grid.ny], field, stamp));
        write_bytes(&folder.join(format!("{name}.{:010}.data", stamp.iteration)), bytes, header.as_ref())
    }
}
