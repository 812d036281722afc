//! One round's reading on one rank: snapshots of the pass's tiles, checked, centred, packed.
//!
//! A worker takes a block of consecutive steps, opens their files once and goes through the pass in the order of the
//! source, a few rows at a time. Where a round has fewer blocks than there are workers, each takes a section of the pass.

use std::ops::Range;
use std::time::Instant;

use rayon::prelude::*;

use super::bad_values::BadValues;
use super::open_files::OpenFiles;
use super::pack::Packer;
use super::piece::Piece;
use super::rows::{Fetched, RowReader, Scratch};
use super::setup::Setup;
use crate::Error;
use crate::config::Prepare;
use crate::exchange::Round;
use crate::fault;
use crate::plan::{Cuts, Pass, Plan, Strip};
use crate::report::{Phase, Timings};
use crate::terms::Sample;

/// Reads for one pass.
pub(super) struct PassReader<'a> {
    pub(super) setup: &'a Setup,
    plan: &'a Plan,
    sections: Vec<Vec<Strip>>,
    /// Of a source in chunks, what this rank reads.
    pub(super) strips: Vec<Strip>,
    pub(super) packer: Packer<'a>,
    pub(super) prepare: &'a Prepare,
    rows_per_piece: usize,
    files: &'a OpenFiles<'a>,
    pub(super) bad: &'a BadValues,
    timings: &'a Timings,
}

impl<'a> PassReader<'a> {
    pub(super) fn new(
        setup: &'a Setup,
        plan: &'a Plan,
        (pass, rank): (&Pass, usize),
        prepare: &'a Prepare,
        files: &'a OpenFiles<'a>,
        bad: &'a BadValues,
        timings: &'a Timings,
    ) -> Self {
        PassReader {
            setup,
            plan,
            sections: plan.sections(pass),
            strips: plan.strips(pass, rank),
            packer: Packer::new(setup, plan, pass),
            prepare,
            rows_per_piece: if setup.lattice.j.step == 1 { plan.rows_per_piece } else { 1 },
            files,
            bad,
            timings,
        }
    }

    /// Reads this rank's steps of a round; the first error in time wins. Bad values that are not errors go to `bad`.
    /// `progress` is told of steps that are done.
    pub(super) fn read<T: Sample>(&self, round: &Round<'_, T>, progress: &(dyn Fn(u64) + Sync)) -> Result<(), Error> {
        if let Some(catalog) = self.setup.catalog.chunked() {
            return self.read_chunks(catalog, round, progress);
        }
        let steps = round.steps();
        let blocks = steps
            .clone()
            .step_by(self.plan.steps_per_block)
            .map(|start| start..(start + self.plan.steps_per_block).min(steps.end));
        let work: Vec<(Range<usize>, usize)> =
            blocks.flat_map(|block| (0..self.sections.len()).map(move |section| (block.clone(), section))).collect();
        let results: Vec<Result<(), (Range<usize>, Error)>> = work
            .into_par_iter()
            .map_init(Scratch::default, |scratch, (block, section)| {
                let strips = &self.sections[section];
                let read = self.timed(scratch, |scratch| self.read_strips(round, &block, strips, scratch));
                // Of all sections of a block one is enough to tell how far it has come.
                progress(if section == 0 { block.len() as u64 } else { 0 });
                read.map_err(|error| (block, error))
            })
            .collect();
        let Err((block, error)) = results.into_iter().collect::<Result<(), _>>() else { return Ok(()) };
        // A block is read place by place: step by step, an earlier snapshot may fail at a later place.
        let mut scratch = Scratch::default();
        for step in block {
            for strips in &self.sections {
                self.read_strips(round, &(step..step + 1), strips, &mut scratch)?;
            }
        }
        Err(error)
    }

    pub(super) fn cuts(&self) -> &Cuts {
        &self.plan.shares.cuts
    }

    pub(super) fn steps_per_block(&self) -> usize {
        self.plan.steps_per_block
    }

    /// Does a worker's work and counts it: what was not spent on files was spent on preparing what they hold.
    pub(super) fn timed<T, R>(&self, scratch: &mut Scratch<T>, work: impl FnOnce(&mut Scratch<T>) -> R) -> R {
        let started = Instant::now();
        let result = work(scratch);
        let whole = started.elapsed();
        let Fetched { time, bytes } = std::mem::take(&mut scratch.fetched);
        for (phase, time) in [(Phase::Read, time), (Phase::Prepare, whole.saturating_sub(time))] {
            self.timings.add(phase, time, self.plan.machine.threads);
            self.timings.add_bytes(phase, bytes);
        }
        result
    }

    pub(super) fn read_strips<T: Sample>(
        &self,
        round: &Round<'_, T>,
        steps: &Range<usize>,
        strips: &[Strip],
        scratch: &mut Scratch<T>,
    ) -> Result<(), Error> {
        fault::at("read")?;
        let fields = 0..self.setup.fields.count();
        let open = || fields.map(|field| self.files.block(field, steps)).collect::<Result<Vec<_>, _>>();
        let blocks = scratch.fetched.time(open)?;
        let mut rows = RowReader { reader: self, round, steps, blocks, scratch };
        let mut before: Option<Piece<'_>> = None;
        for strip in strips {
            for start in strip.j.clone().step_by(self.rows_per_piece) {
                let selected = start..(start + self.rows_per_piece).min(strip.j.end);
                let piece = Piece::new(&self.setup.grid.extent, &self.setup.lattice, strip, selected);
                rows.read(&piece, before.as_ref())?;
                before = Some(piece);
            }
        }
        Ok(())
    }
}
