//! Computes the snapshots and writes them, whole or shrunk.
//!
//! A snapshot is a function of its time alone, so each is the work of one thread. Memory: 64 bytes for each wet face and
//! 24 for each wet cell (with `Eta`), and one snapshot for each thread.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use num_complex::Complex64;
use rayon::prelude::*;

use super::LlcSpec;
use super::currents::{Currents, SeaLevel, Signal};
use super::geometry::LlcGrid;
use super::layout::{Axis, Cell, FACES};
use crate::synth::mds_writer::{MdsHeader, write_bytes};
use crate::synth::times::Times;
use crate::synth::{BAD_VALUE, SynthError};

/// Speed of a level over that of the one above; of two, so that nothing is rounded.
pub(super) const LEVEL_FACTOR: f32 = 0.5;

/// What a field is a sample of, at the wet points of its uppermost level in compact order.
enum Samples {
    Velocity(Currents, Vec<Signal>),
    SeaLevel(SeaLevel, Vec<(f64, Complex64)>),
}

/// A field to be written.
struct Field<'a> {
    /// Of the files, and in the `.meta`.
    names: [&'static str; 2],
    /// Its mask, levels outermost; as many levels as the field has.
    mask: &'a [f32],
    samples: Samples,
    /// Snapshots that are spoilt.
    bad: &'a [usize],
}

/// The signals of a specification on a grid.
pub(super) struct Record<'a> {
    spec: &'a LlcSpec,
    times: Times,
    /// Cells of a level.
    cells: usize,
    fields: Vec<Field<'a>>,
}

impl<'a> Record<'a> {
    pub(super) fn new(spec: &'a LlcSpec, grid: &'a LlcGrid) -> Record<'a> {
        let (layout, cells) = (grid.layout, grid.layout.cell_count());
        let wet = |mask: &'a [f32]| -> Vec<Cell> {
            layout.cells().zip(mask).filter(|(_, share)| **share > 0.0).map(|(cell, _)| cell).collect()
        };
        let currents = Currents::of(spec);
        let velocity = |axis: Axis, names, mask: &'a [f32], bad| {
            let signal = |&cell: &Cell| {
                let place = layout.low_face(axis, cell);
                let [along_i, along_j] = place.axes();
                currents.signal(&place, if axis == Axis::I { along_i } else { along_j })
            };
            let samples = Samples::Velocity(currents.clone(), wet(mask).par_iter().map(signal).collect());
            Field { names, mask, samples, bad }
        };
        let mut fields = vec![
            velocity(Axis::I, ["U", "UVEL"], &grid.open.west, &spec.bad_snapshots[..]),
            velocity(Axis::J, ["V", "VVEL"], &grid.open.south, &[]),
        ];
        if spec.scalar {
            let (sea, mask) = (SeaLevel::usual(), &grid.open.centre[..cells]);
            let signals = wet(mask).into_iter().map(|cell| sea.signal(&layout.centre(cell))).collect();
            fields.push(Field { names: ["Eta", "ETAN"], mask, samples: Samples::SeaLevel(sea, signals), bad: &[] });
        }
        Record { spec, times: spec.times(), cells, fields }
    }

    /// Writes all snapshots into `folder` and returns how many bytes of values; `progress` takes snapshots done and all.
    pub(super) fn write(&self, folder: &Path, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<u64, SynthError> {
        let (nt, done) = (self.spec.nt, AtomicU64::new(0));
        (0..nt)
            .into_par_iter()
            .map_init(
                || (Vec::new(), Vec::new()),
                |(values, bytes), step| {
                    let mut written = 0;
                    for field in &self.fields {
                        field.fill(step, self.times.seconds(step), values);
                        self.pack(field, values, bytes);
                        self.write_snapshot(folder, field, step, bytes)?;
                        written += bytes.len() as u64;
                    }
                    progress(1 + done.fetch_add(1, Ordering::Relaxed), nt as u64);
                    Ok(written)
                },
            )
            .sum()
    }

    /// The bytes of a file from the values at the wet points of the uppermost level; a point that is wet below is wet there.
    fn pack(&self, field: &Field<'_>, values: &[f32], bytes: &mut Vec<u8>) {
        bytes.clear();
        let surface = &field.mask[..self.cells];
        let mut factor = 1.0;
        for level in field.mask.chunks(self.cells) {
            let mut wet = values.iter();
            for (above, here) in surface.iter().zip(level) {
                let value = if *above > 0.0 { wet.next().copied().unwrap_or_default() } else { 0.0 };
                if *here > 0.0 {
                    bytes.extend_from_slice(&(factor * value).to_be_bytes());
                } else if !self.spec.shrunk {
                    bytes.extend_from_slice(&0f32.to_be_bytes());
                }
            }
            factor *= LEVEL_FACTOR;
        }
    }

    fn write_snapshot(&self, folder: &Path, field: &Field<'_>, step: usize, bytes: &[u8]) -> Result<(), SynthError> {
        let stamp = self.times.stamp(step);
        let [name, long_name] = field.names;
        let ending = if self.spec.shrunk { "data.shrunk" } else { "data" };
        let mut dims = vec![self.spec.nx, FACES * self.spec.nx];
        let levels = field.mask.len() / self.cells;
        if levels > 1 {
            dims.push(levels);
        }
        let header = (self.spec.meta && !self.spec.shrunk).then(|| MdsHeader::of_snapshot(&dims, long_name, stamp));
        write_bytes(&folder.join(format!("{name}.{:010}.{ending}", stamp.iteration)), bytes, header.as_ref())
    }
}

impl Field<'_> {
    /// The values of snapshot `step`, `seconds` after the phases' reference, at the wet points of the uppermost level.
    fn fill(&self, step: usize, seconds: f64, values: &mut Vec<f32>) {
        values.clear();
        match &self.samples {
            Samples::Velocity(_, signals) if self.bad.contains(&step) => values.resize(signals.len(), BAD_VALUE),
            Samples::Velocity(currents, signals) => {
                let instant = currents.instant(seconds);
                values.extend(signals.iter().map(|signal| signal.at(&instant) as f32));
            }
            Samples::SeaLevel(sea, signals) => {
                let turn = sea.turn(seconds);
                values.extend(signals.iter().map(|(steady, z)| (steady + z.re * turn.re - z.im * turn.im) as f32));
            }
        }
    }
}
