//! One round's reading on one rank: snapshots of the pass's tiles, checked, centred, packed.
//!
//! A worker takes a block of consecutive steps, opens their files once and goes through the pass in file
//! order, a few rows at a time. Rows of v that centring needs twice are kept, not read again.

use std::ops::Range;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::bad_values::{BadValue, BadValues, Component, is_needed};
use super::data_error::DataError;
use super::open_files::OpenFiles;
use super::pack::Packer;
use super::setup::Setup;
use crate::Error;
use crate::config::{Missing, Prepare};
use crate::exchange::Round;
use crate::fault;
use crate::grid::{Halo, Window};
use crate::plan::{Pass, Plan, Strip, strips};
use crate::prepare::{centre_along_i, centre_along_j, clear_dry_faces, first_bad, reject_bad};
use crate::report::{Phase, Timings};
use crate::source::Block;
use crate::terms::Sample;

/// Reads for one pass.
pub(super) struct PassReader<'a> {
    setup: &'a Setup,
    plan: &'a Plan,
    strips: Vec<Strip>,
    packer: Packer<'a>,
    centre: bool,
    /// Of the velocity, and of scalars.
    valid_ranges: [Option<[f64; 2]>; 2],
    velocity: bool,
    missing: Missing,
    rows_per_piece: usize,
    files: &'a OpenFiles<'a>,
    bad: &'a BadValues,
    timings: &'a Timings,
}

/// What a worker spent on the files themselves.
#[derive(Default)]
struct Fetched {
    time: Duration,
    bytes: u64,
}

impl Fetched {
    fn time<R>(&mut self, fetch: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = fetch();
        self.time += started.elapsed();
        result
    }
}

/// A worker's buffers.
#[derive(Default)]
struct Scratch<T> {
    /// Bytes of the rows in hand as stored, [step, row, column].
    stored: Vec<u8>,
    /// Bytes of what lies beyond a wrapping edge, as stored.
    stored_beyond: Vec<u8>,
    /// Values of one row, [step, column].
    row: Vec<T>,
    /// v of the row below, [step, column].
    south: Vec<T>,
    /// u beyond a wrapping edge, [step].
    beyond: Vec<T>,
    /// Values of one row at the selected points, [step, column].
    selected: Vec<T>,
    fetched: Fetched,
}

/// Rows in hand: a strip and some of its selected rows.
#[derive(Clone)]
struct Piece<'a> {
    strip: &'a Strip,
    rows: Range<usize>,
    face: usize,
    native_rows: Range<usize>,
    columns: Range<usize>,
}

impl<'a> PassReader<'a> {
    pub(super) fn new(
        setup: &'a Setup,
        plan: &'a Plan,
        pass: &Pass,
        (prepare, velocity): (&Prepare, bool),
        files: &'a OpenFiles<'a>,
        bad: &'a BadValues,
        timings: &'a Timings,
    ) -> Self {
        PassReader {
            setup,
            plan,
            strips: strips(&plan.tiles, pass.tiles.clone()),
            packer: Packer::new(setup, plan, pass),
            centre: prepare.centre,
            valid_ranges: [true, false].map(|velocity| prepare.valid_range_of(velocity)),
            velocity,
            missing: prepare.missing,
            rows_per_piece: if setup.lattice.j.step == 1 { plan.rows_per_piece } else { 1 },
            files,
            bad,
            timings,
        }
    }

    /// Reads this rank's steps of a round; the first error in time wins. Bad values that are not errors go to `bad`.
    /// `progress` is told of steps that are done.
    pub(super) fn read<T: Sample>(&self, round: &Round<'_, T>, progress: &(dyn Fn(u64) + Sync)) -> Result<(), Error> {
        let steps = round.steps();
        let blocks: Vec<Range<usize>> = steps
            .clone()
            .step_by(self.plan.steps_per_block)
            .map(|start| start..(start + self.plan.steps_per_block).min(steps.end))
            .collect();
        let results: Vec<Result<(), Error>> = blocks
            .into_par_iter()
            .map_init(Scratch::default, |scratch, block| {
                let started = Instant::now();
                let mut read = self.read_block(round, block.clone(), scratch);
                if read.is_err() {
                    // A block is read place by place: step by step, an earlier snapshot may fail at a later place.
                    read = block.clone().try_for_each(|step| self.read_block(round, step..step + 1, scratch)).and(read);
                }
                self.account(started.elapsed(), std::mem::take(&mut scratch.fetched));
                progress(block.len() as u64);
                read
            })
            .collect();
        results.into_iter().collect()
    }

    /// Counts a block: what was not spent on files was spent on preparing what they hold.
    fn account(&self, whole: Duration, fetched: Fetched) {
        let Fetched { time, bytes } = fetched;
        for (phase, time) in [(Phase::Read, time), (Phase::Prepare, whole.saturating_sub(time))] {
            self.timings.add(phase, time, self.plan.machine.threads);
            self.timings.add_bytes(phase, bytes);
        }
    }

    fn read_block<T: Sample>(
        &self,
        round: &Round<'_, T>,
        steps: Range<usize>,
        scratch: &mut Scratch<T>,
    ) -> Result<(), Error> {
        fault::at("read")?;
        let open = |field: usize| self.files.block(field, &steps);
        let fields: Result<Vec<_>, _> = scratch.fetched.time(|| (0..self.plan.problem.fields).map(open).collect());
        let fields = fields?;
        let (velocity, scalars) = fields.split_at(if self.velocity { 2 } else { 0 });
        let lattice = &self.setup.lattice;
        // Which row of which columns `scratch.south` holds.
        let mut kept: Option<(usize, usize, Range<usize>)> = None;
        for strip in &self.strips {
            for start in strip.j.clone().step_by(self.rows_per_piece) {
                let rows = start..(start + self.rows_per_piece).min(strip.j.end);
                let piece = Piece {
                    strip,
                    face: lattice.faces[strip.face],
                    native_rows: lattice.j.native(rows.start)..lattice.j.native(rows.end - 1) + 1,
                    columns: lattice.i.native(strip.i.start)..lattice.i.native(strip.i.end - 1) + 1,
                    rows,
                };
                for (at, block) in scalars.iter().enumerate() {
                    let component = Component::Scalar(velocity.len() + at);
                    self.pack_rows(round, block, (component, false), &piece, &steps, scratch)?;
                }
                let [u, v] = velocity else { continue };
                self.pack_rows(round, u, (Component::U, self.centre), &piece, &steps, scratch)?;
                if self.centre {
                    let south = (piece.face, piece.native_rows.start, piece.columns.clone());
                    if kept.as_ref() != Some(&south) {
                        self.read_south(v, &piece, &steps, scratch)?;
                    }
                    kept = self.pack_centred_v(round, v, &piece, &steps, scratch)?;
                } else {
                    self.pack_rows(round, v, (Component::V, false), &piece, &steps, scratch)?;
                }
            }
        }
        Ok(())
    }

    /// Reads native rows and columns of all steps of a block, as stored.
    fn fetch(
        &self,
        block: &Block,
        face: usize,
        (rows, columns): (Range<usize>, Range<usize>),
        (stored, fetched): (&mut Vec<u8>, &mut Fetched),
    ) -> Result<Window, Error> {
        let window = Window { face, j: rows, i: columns };
        fetched.bytes += fetched.time(|| block.read(&window, stored))?;
        Ok(window)
    }

    /// Decodes row `j` of a window that was fetched, [step, column]; sets dry faces to 0 and checks the rest.
    fn decode<T: Sample>(
        &self,
        (block, component): (&Block, Component),
        (window, stored): (&Window, &[u8]),
        j: usize,
        steps: &Range<usize>,
        row: &mut Vec<T>,
    ) -> Result<(), Error> {
        let width = window.i.len();
        row.resize(steps.len() * width, T::zero());
        block.decode_row(stored, (j - window.j.start, width), row);
        let open = match component {
            Component::U => &self.setup.grid.open_west,
            Component::V => &self.setup.grid.open_south,
            Component::Scalar(_) => &self.setup.grid.wet,
        };
        let open = open.row(window.face, j);
        for (step, values) in steps.clone().zip(row.chunks_exact_mut(width)) {
            if self.setup.catalog.has(component.field(), step) {
                self.check(values, open, component, (step, window.face, j, window.i.start))?;
            }
            clear_dry_faces(values, open, window.i.start);
        }
        Ok(())
    }

    fn check<T: Sample>(
        &self,
        values: &mut [T],
        open: &[u64],
        component: Component,
        (step, face, j, first): (usize, usize, usize, usize),
    ) -> Result<(), Error> {
        let matters = |at: usize| is_needed(self.setup, self.centre, component, [face, j, first + at]);
        let range = self.valid_ranges[usize::from(matches!(component, Component::Scalar(_)))];
        let found = match self.missing {
            Missing::Fail => first_bad(values, open, first, range, matters),
            Missing::Reject | Missing::Interpolate(_) => reject_bad(values, open, first, range, matters),
        };
        let Some(found) = found else { return Ok(()) };
        let bad = BadValue { component, at: [face, j, first + found.at], value: found.value };
        if self.missing != Missing::Fail {
            self.bad.add(step, bad);
            return Ok(());
        }
        let [low, high] = range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        Err(DataError::OutOfRange {
            file: self.setup.catalog.place(component.field(), step),
            field: component.name(self.setup),
            value: bad.value,
            place: bad.place(self.setup),
            date: self.setup.catalog.time().date(step),
            low,
            high,
        }
        .into())
    }

    /// Reads a component and packs it at the piece's selected points: u at cell centres if `centre`, else as stored.
    fn pack_rows<T: Sample>(
        &self,
        round: &Round<'_, T>,
        block: &Block,
        (component, centre): (Component, bool),
        piece: &Piece<'_>,
        steps: &Range<usize>,
        scratch: &mut Scratch<T>,
    ) -> Result<(), Error> {
        let Scratch { stored, stored_beyond, row, beyond, selected, fetched, .. } = scratch;
        let grid = &self.setup.grid;
        let stride = self.setup.lattice.i.step;
        let (rows, columns) = (piece.native_rows.clone(), piece.columns.clone());
        let at_edge = columns.end == grid.extent.ni;
        let read = columns.start..columns.end + usize::from(centre && !at_edge);
        let width = read.len();
        let window = self.fetch(block, piece.face, (rows.clone(), read), (stored, fetched))?;
        let wrapped = if centre && at_edge && grid.periodic.east() == Halo::Wrap {
            Some(self.fetch(block, piece.face, (rows.clone(), 0..1), (stored_beyond, fetched))?)
        } else {
            None
        };
        selected.resize(steps.len() * piece.strip.i.len(), T::zero());
        for (j, selected_row) in rows.zip(piece.rows.clone()) {
            self.decode((block, component), (&window, stored), j, steps, row)?;
            if let Some(wrapped) = &wrapped {
                self.decode((block, component), (wrapped, stored_beyond), j, steps, beyond)?;
            }
            let by_step = row.chunks_exact(width).zip(selected.chunks_exact_mut(piece.strip.i.len()));
            let packed = if centre {
                by_step.enumerate().for_each(|(step, (faces, centres))| {
                    centre_along_i(faces, wrapped.is_some().then(|| beyond[step]), stride, centres);
                });
                &*selected
            } else if stride > 1 {
                by_step.for_each(|(values, selected)| thin(values, stride, selected));
                &*selected
            } else {
                &*row
            };
            self.packer.pack(round, piece.strip, selected_row, component.field(), steps, packed);
        }
        Ok(())
    }

    /// Reads v of the piece's first row of faces into `south`.
    fn read_south<T: Sample>(
        &self,
        block: &Block,
        piece: &Piece<'_>,
        steps: &Range<usize>,
        scratch: &mut Scratch<T>,
    ) -> Result<(), Error> {
        let Scratch { stored, south, fetched, .. } = scratch;
        let j = piece.native_rows.start;
        let window = self.fetch(block, piece.face, (j..j + 1, piece.columns.clone()), (stored, fetched))?;
        self.decode((block, Component::V), (&window, stored), j, steps, south)
    }

    /// Reads v and packs it at the centres of the piece's selected points; `south` holds its first row of faces, and afterwards the
    /// row that is returned.
    fn pack_centred_v<T: Sample>(
        &self,
        round: &Round<'_, T>,
        block: &Block,
        piece: &Piece<'_>,
        steps: &Range<usize>,
        scratch: &mut Scratch<T>,
    ) -> Result<Option<(usize, usize, Range<usize>)>, Error> {
        let Scratch { stored, stored_beyond, row, south, selected, fetched, .. } = scratch;
        let grid = &self.setup.grid;
        let columns = &piece.columns;
        let last = piece.native_rows.end;
        let at_edge = last == grid.extent.nj;
        let read = piece.native_rows.start + 1..last + usize::from(!at_edge);
        let window = self.fetch(block, piece.face, (read, columns.clone()), (stored, fetched))?;
        let wrapped = if at_edge && grid.periodic.north() == Halo::Wrap {
            Some(self.fetch(block, piece.face, (0..1, columns.clone()), (stored_beyond, fetched))?)
        } else {
            None
        };
        let (width, selected_width) = (columns.len(), piece.strip.i.len());
        selected.resize(steps.len() * selected_width, T::zero());
        for (j, selected_row) in piece.native_rows.clone().zip(piece.rows.clone()) {
            let north = if window.j.contains(&(j + 1)) {
                self.decode((block, Component::V), (&window, stored), j + 1, steps, row)?;
                true
            } else if let Some(wrapped) = &wrapped {
                self.decode((block, Component::V), (wrapped, stored_beyond), 0, steps, row)?;
                true
            } else {
                false
            };
            for (step, centres) in selected.chunks_exact_mut(selected_width).enumerate() {
                let of_step = step * width..(step + 1) * width;
                let north = north.then(|| &row[of_step.clone()]);
                centre_along_j(&south[of_step], north, self.setup.lattice.i.step, centres);
            }
            self.packer.pack(round, piece.strip, selected_row, Component::V.field(), steps, selected);
            std::mem::swap(south, row);
        }
        Ok((!at_edge).then(|| (piece.face, last, columns.clone())))
    }
}

/// Every `stride`-th value.
fn thin<T: Sample>(values: &[T], stride: usize, selected: &mut [T]) {
    for (selected, value) in selected.iter_mut().zip(values.iter().step_by(stride)) {
        *selected = *value;
    }
}
