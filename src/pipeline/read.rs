//! One round's reading on one rank: snapshots of the pass's tiles, checked, centred, packed.
//!
//! A worker takes a block of consecutive steps, opens their files once and goes through the pass in file
//! order, a few rows at a time. Rows of v that centring needs twice are kept, not read again.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::bad_values::{BadValue, BadValues, Component, is_needed};
use super::data_error::DataError;
use super::pack::Packer;
use super::setup::Setup;
use crate::Error;
use crate::config::Missing;
use crate::exchange::Round;
use crate::fault;
use crate::grid::{Halo, Window};
use crate::plan::{Pass, Plan, Strip, strips};
use crate::prepare::{centre_along_i, centre_along_j, clear_dry_faces, first_bad, reject_bad};
use crate::report::Observer;
use crate::source::Block;
use crate::terms::Sample;

/// Reads for one pass.
pub(super) struct PassReader<'a> {
    setup: &'a Setup,
    plan: &'a Plan,
    strips: Vec<Strip>,
    packer: Packer<'a>,
    centre: bool,
    valid_range: Option<[f64; 2]>,
    missing: Missing,
    rows_per_piece: usize,
    /// Bytes read so far.
    pub(super) bytes: AtomicU64,
    bad: &'a BadValues,
}

/// A worker's buffers; all [step, row, column].
#[derive(Default)]
struct Scratch<T> {
    raw: Vec<u8>,
    /// Stored values of the rows in hand.
    stored: Vec<T>,
    /// v of the row below the rows in hand.
    south: Vec<T>,
    /// What lies beyond a wrapping edge.
    beyond: Vec<T>,
    /// Centred values of the selected points.
    centred: Vec<T>,
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
        centre: bool,
        valid_range: Option<[f64; 2]>,
        missing: Missing,
        bad: &'a BadValues,
    ) -> Self {
        PassReader {
            setup,
            plan,
            strips: strips(&plan.tiles, pass.tiles.clone()),
            packer: Packer::new(setup, plan, pass),
            centre,
            valid_range,
            missing,
            rows_per_piece: if setup.lattice.j.step == 1 { plan.rows_per_piece } else { 1 },
            bytes: AtomicU64::new(0),
            bad,
        }
    }

    /// Reads this rank's steps of a round; the first error in time wins. Bad values that are not errors go to `bad`.
    pub(super) fn read<T: Sample>(&self, round: &Round<'_, T>, observer: &dyn Observer) -> Result<(), Error> {
        let steps = round.steps();
        let blocks: Vec<Range<usize>> = steps
            .clone()
            .step_by(self.plan.steps_per_block)
            .map(|start| start..(start + self.plan.steps_per_block).min(steps.end))
            .collect();
        let results: Vec<Result<(), Error>> = blocks
            .into_par_iter()
            .map_init(Scratch::default, |scratch, block| {
                let mut read = self.read_block(round, block.clone(), scratch);
                if read.is_err() {
                    // A block is read place by place: step by step, an earlier snapshot may fail at a later place.
                    read = block.clone().try_for_each(|step| self.read_block(round, step..step + 1, scratch)).and(read);
                }
                observer.advance(block.len() as u64);
                read
            })
            .collect();
        results.into_iter().collect()
    }

    fn read_block<T: Sample>(
        &self,
        round: &Round<'_, T>,
        steps: Range<usize>,
        scratch: &mut Scratch<T>,
    ) -> Result<(), Error> {
        fault::at("read")?;
        let u = self.setup.catalog.open_block(Component::U as usize, steps.clone())?;
        let v = self.setup.catalog.open_block(Component::V as usize, steps.clone())?;
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
                self.read_row_wise(&u, (Component::U, self.centre), &piece, &steps, scratch)?;
                self.packer.pack(round, piece.strip, &piece.rows, Component::U as usize, &steps, &scratch.centred);
                if self.centre {
                    let south = (piece.face, piece.native_rows.start, piece.columns.clone());
                    if kept.as_ref() != Some(&south) {
                        let row = piece.native_rows.start..piece.native_rows.start + 1;
                        let mut buffer = std::mem::take(&mut scratch.south);
                        self.fetch(
                            &v,
                            Component::V,
                            &piece,
                            row,
                            piece.columns.clone(),
                            &steps,
                            &mut scratch.raw,
                            &mut buffer,
                        )?;
                        scratch.south = buffer;
                    }
                    kept = self.read_v_centred(&v, &piece, &steps, scratch)?;
                } else {
                    self.read_row_wise(&v, (Component::V, false), &piece, &steps, scratch)?;
                }
                self.packer.pack(round, piece.strip, &piece.rows, Component::V as usize, &steps, &scratch.centred);
            }
        }
        Ok(())
    }

    /// Reads native rows and columns of a component, sets dry faces to 0 and checks the rest.
    #[expect(clippy::too_many_arguments, reason = "buffers of one worker, lent apart from each other")]
    fn fetch<T: Sample>(
        &self,
        block: &Block,
        component: Component,
        piece: &Piece<'_>,
        rows: Range<usize>,
        columns: Range<usize>,
        steps: &Range<usize>,
        raw: &mut Vec<u8>,
        out: &mut Vec<T>,
    ) -> Result<(), Error> {
        let window = Window { face: piece.face, j: rows, i: columns };
        out.resize(steps.len() * window.points(), T::zero());
        let bytes = block.read(&window, raw, out)?;
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let open = match component {
            Component::U => &self.setup.grid.open_west,
            Component::V => &self.setup.grid.open_south,
        };
        for (step, values) in steps.clone().zip(out.chunks_exact_mut(window.points().max(1))) {
            for (j, values) in window.j.clone().zip(values.chunks_exact_mut(window.i.len())) {
                let open = open.row(piece.face, j);
                if self.setup.catalog.has(component as usize, step) {
                    self.check(values, open, component, (step, piece.face, j, window.i.start))?;
                }
                clear_dry_faces(values, open, window.i.start);
            }
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
        let found = match self.missing {
            Missing::Fail => first_bad(values, open, first, self.valid_range, matters),
            Missing::Reject | Missing::Interpolate(_) => reject_bad(values, open, first, self.valid_range, matters),
        };
        let Some(found) = found else { return Ok(()) };
        let bad = BadValue { component, at: [face, j, first + found.at], value: found.value };
        if self.missing != Missing::Fail {
            self.bad.add(step, bad);
            return Ok(());
        }
        let [low, high] = self.valid_range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        Err(DataError::OutOfRange {
            file: self.setup.catalog.place(component as usize, step),
            field: component.name(),
            value: bad.value,
            place: bad.place(self.setup),
            date: self.setup.catalog.time().date(step),
            low,
            high,
        }
        .into())
    }

    /// A component at the piece's selected points into `centred`: u at cell centres if `centre`, else as stored.
    fn read_row_wise<T: Sample>(
        &self,
        block: &Block,
        (component, centre): (Component, bool),
        piece: &Piece<'_>,
        steps: &Range<usize>,
        scratch: &mut Scratch<T>,
    ) -> Result<(), Error> {
        let grid = &self.setup.grid;
        let stride = self.setup.lattice.i.step;
        let columns = &piece.columns;
        let at_edge = columns.end == grid.extent.ni;
        let read = columns.start..columns.end + usize::from(centre && !at_edge);
        let rows = piece.native_rows.clone();
        self.fetch(block, component, piece, rows.clone(), read.clone(), steps, &mut scratch.raw, &mut scratch.stored)?;
        let wraps = centre && at_edge && grid.periodic.east() == Halo::Wrap;
        if wraps {
            self.fetch(block, component, piece, rows, 0..1, steps, &mut scratch.raw, &mut scratch.beyond)?;
        }
        let selected = piece.strip.i.len();
        scratch.centred.resize(steps.len() * piece.rows.len() * selected, T::zero());
        let rows = scratch.stored.chunks_exact(read.len()).zip(scratch.centred.chunks_exact_mut(selected));
        for (row, (stored, centred)) in rows.enumerate() {
            if centre {
                centre_along_i(stored, wraps.then(|| scratch.beyond[row]), stride, centred);
            } else {
                thin(stored, stride, centred);
            }
        }
        Ok(())
    }

    /// v of the piece's selected points into `centred`; `south` holds its first row of faces, and afterwards
    /// the row that is returned.
    fn read_v_centred<T: Sample>(
        &self,
        block: &Block,
        piece: &Piece<'_>,
        steps: &Range<usize>,
        scratch: &mut Scratch<T>,
    ) -> Result<Option<(usize, usize, Range<usize>)>, Error> {
        let grid = &self.setup.grid;
        let columns = &piece.columns;
        let width = columns.len();
        let last = piece.native_rows.end;
        let at_edge = last == grid.extent.nj;
        let read = piece.native_rows.start + 1..last + usize::from(!at_edge);
        let read_rows = read.len();
        self.fetch(block, Component::V, piece, read, columns.clone(), steps, &mut scratch.raw, &mut scratch.stored)?;
        let wraps = at_edge && grid.periodic.north() == Halo::Wrap;
        if wraps {
            self.fetch(
                block,
                Component::V,
                piece,
                0..1,
                columns.clone(),
                steps,
                &mut scratch.raw,
                &mut scratch.beyond,
            )?;
        }
        let selected = piece.strip.i.len();
        let rows = piece.rows.len();
        scratch.centred.resize(steps.len() * rows * selected, T::zero());
        for step in 0..steps.len() {
            let stored = |row: usize| {
                let start = (step * read_rows + row) * width;
                &scratch.stored[start..start + width]
            };
            let of_step = |buffer: &'_ [T]| -> Range<usize> {
                debug_assert!(buffer.len() >= (step + 1) * width);
                step * width..(step + 1) * width
            };
            for row in 0..rows {
                let south = if row == 0 { &scratch.south[of_step(&scratch.south)] } else { stored(row - 1) };
                let north = if row < read_rows {
                    Some(stored(row))
                } else if wraps {
                    Some(&scratch.beyond[of_step(&scratch.beyond)])
                } else {
                    None
                };
                let start = (step * rows + row) * selected;
                let centred = &mut scratch.centred[start..start + selected];
                centre_along_j(south, north, self.setup.lattice.i.step, centred);
            }
        }
        if at_edge {
            return Ok(None);
        }
        for step in 0..steps.len() {
            let from = (step * read_rows + read_rows - 1) * width;
            scratch.south[step * width..(step + 1) * width].copy_from_slice(&scratch.stored[from..from + width]);
        }
        Ok(Some((piece.face, last, columns.clone())))
    }
}

/// Every `stride`-th value.
fn thin<T: Sample>(stored: &[T], stride: usize, selected: &mut [T]) {
    if stride == 1 {
        selected.copy_from_slice(stored);
    } else {
        for (value, stored) in selected.iter_mut().zip(stored.iter().step_by(stride)) {
            *value = *stored;
        }
    }
}
