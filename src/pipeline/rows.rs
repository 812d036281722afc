//! Rows of a block of snapshots: read, decoded, checked, brought to cell centres, packed.
//!
//! Rows of v that centring needs twice are kept, not read again.

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::bad_values::{BadValue, is_needed};
use super::data_error::{DataError, advice};
use super::fields::Points;
use super::piece::{Piece, Reach, span};
use super::read::PassReader;
use crate::Error;
use crate::config::Missing;
use crate::exchange::Round;
use crate::grid::{Cell, Seam, Side, Window};
use crate::prepare::{centre_along_i, centre_along_j, clear_dry_faces, first_bad, reject_bad};
use crate::source::Block;
use crate::terms::Sample;

/// What a worker spent on the files themselves.
#[derive(Default)]
pub(super) struct Fetched {
    pub(super) time: Duration,
    pub(super) bytes: u64,
}

impl Fetched {
    pub(super) fn time<R>(&mut self, fetch: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = fetch();
        self.time += started.elapsed();
        result
    }
}

/// A worker's buffers.
#[derive(Default)]
pub(super) struct Scratch<T> {
    /// Bytes of the rows in hand as stored, [step, row, column].
    stored: Vec<u8>,
    /// Bytes of what lies beyond the facet's edge, as stored.
    stored_beyond: Vec<u8>,
    /// Values of one row, [step, column].
    row: Vec<T>,
    /// v of the row below, [step, column].
    south: Vec<T>,
    /// What lies beyond the facet's edge, [step, cell of the edge].
    beyond: Vec<T>,
    /// Values of one row at the selected points of one face, [step, column].
    selected: Vec<T>,
    pub(super) fetched: Fetched,
}

/// Reads rows of some steps.
pub(super) struct RowReader<'r, 'a, T: Sample> {
    pub(super) reader: &'r PassReader<'a>,
    pub(super) round: &'r Round<'r, T>,
    pub(super) steps: &'r Range<usize>,
    /// By field.
    pub(super) blocks: Vec<Arc<Block>>,
    pub(super) scratch: &'r mut Scratch<T>,
}

/// The place of a part of a piece in its rows: first native column from the piece's first, and how many.
fn columns(piece: &Piece<'_>, reader: &PassReader<'_>, part: &crate::plan::Part) -> Range<usize> {
    let lattice = &reader.setup.lattice;
    let [_, origin] = piece.facet.origin(lattice.faces[part.face]);
    let native = span(&lattice.i, &part.i);
    origin + native.start - piece.i.start..origin + native.end - piece.i.start
}

impl<T: Sample> RowReader<'_, '_, T> {
    /// Reads all fields of a piece; `before` is what was read before it.
    pub(super) fn read(&mut self, piece: &Piece<'_>, before: Option<&Piece<'_>>) -> Result<(), Error> {
        let setup = self.reader.setup;
        for (field, points) in setup.fields.points() {
            match points {
                Points::West if self.reader.prepare.centre => self.centred_u(field, piece)?,
                Points::South if self.reader.prepare.centre => self.centred_v(field, piece, before)?,
                _ => self.as_stored(field, piece)?,
            }
        }
        Ok(())
    }

    fn stride(&self) -> usize {
        self.reader.setup.lattice.i.step
    }

    /// Packs a field at its own points.
    fn as_stored(&mut self, field: usize, piece: &Piece<'_>) -> Result<(), Error> {
        let window = piece.own();
        self.fetch(field, &window)?;
        let (stride, width) = (self.stride(), window.i.len());
        for (k, selected_row) in piece.rows.clone().enumerate() {
            self.decode_row(field, &window, k)?;
            for part in &piece.strip.parts {
                let columns = columns(piece, self.reader, part);
                let Scratch { row, selected, .. } = &mut *self.scratch;
                selected.resize(self.steps.len() * part.i.len(), T::zero());
                for (values, selected) in row.chunks_exact(width).zip(selected.chunks_exact_mut(part.i.len())) {
                    thin(&values[columns.clone()], stride, selected);
                }
                self.reader.packer.pack(self.round, part, selected_row, field, self.steps, selected);
            }
        }
        Ok(())
    }

    /// Packs u at cell centres.
    fn centred_u(&mut self, field: usize, piece: &Piece<'_>) -> Result<(), Error> {
        let Reach { window, beyond } = piece.with_east(&self.reader.setup.grid.extent);
        self.fetch(field, &window)?;
        if let Some(seam) = &beyond {
            self.read_seam(seam)?;
        }
        let (stride, width, rows) = (self.stride(), window.i.len(), window.j.len());
        for (k, selected_row) in piece.rows.clone().enumerate() {
            self.decode_row(field, &window, k)?;
            for part in &piece.strip.parts {
                let columns = columns(piece, self.reader, part);
                // Up to the last cell's east face, if it is in the row.
                let end = (columns.end + 1).min(width);
                let at_seam = beyond.is_some() && columns.end == width;
                let Scratch { row, beyond, selected, .. } = &mut *self.scratch;
                selected.resize(self.steps.len() * part.i.len(), T::zero());
                let by_step = row.chunks_exact(width).zip(selected.chunks_exact_mut(part.i.len()));
                for (step, (faces, centres)) in by_step.enumerate() {
                    let beyond = at_seam.then(|| beyond[step * rows + k]);
                    centre_along_i(&faces[columns.start..end], beyond, stride, centres);
                }
                self.reader.packer.pack(self.round, part, selected_row, field, self.steps, selected);
            }
        }
        Ok(())
    }

    /// Packs v at cell centres.
    fn centred_v(&mut self, field: usize, piece: &Piece<'_>, before: Option<&Piece<'_>>) -> Result<(), Error> {
        if !before.is_some_and(|before| piece.follows(before)) {
            let south = piece.south();
            self.fetch(field, &south)?;
            self.decode_row(field, &south, 0)?;
            std::mem::swap(&mut self.scratch.south, &mut self.scratch.row);
        }
        let Reach { window, beyond } = piece.with_north(&self.reader.setup.grid.extent);
        self.fetch(field, &window)?;
        if let Some(seam) = &beyond {
            self.read_seam(seam)?;
        }
        let (stride, width) = (self.stride(), window.i.len());
        for (k, selected_row) in piece.rows.clone().enumerate() {
            let has_north = k < window.j.len() || beyond.is_some();
            if k < window.j.len() {
                self.decode_row(field, &window, k)?;
            } else if beyond.is_some() {
                std::mem::swap(&mut self.scratch.row, &mut self.scratch.beyond);
            }
            for part in &piece.strip.parts {
                let columns = columns(piece, self.reader, part);
                let Scratch { row, south, selected, .. } = &mut *self.scratch;
                selected.resize(self.steps.len() * part.i.len(), T::zero());
                for (step, centres) in selected.chunks_exact_mut(part.i.len()).enumerate() {
                    let of_step = step * width + columns.start..step * width + columns.end;
                    let north = has_north.then(|| &row[of_step.clone()]);
                    centre_along_j(&south[of_step], north, stride, centres);
                }
                self.reader.packer.pack(self.round, part, selected_row, field, self.steps, selected);
            }
            std::mem::swap(&mut self.scratch.south, &mut self.scratch.row);
        }
        Ok(())
    }

    /// Reads a window of all steps, as stored.
    fn fetch(&mut self, field: usize, window: &Window) -> Result<(), Error> {
        let Scratch { stored, fetched, .. } = &mut *self.scratch;
        fetched.bytes += fetched.time(|| self.blocks[field].read(window, stored))?;
        Ok(())
    }

    /// Decodes row `k` of a window that was fetched into `row`.
    fn decode_row(&mut self, field: usize, window: &Window, k: usize) -> Result<(), Error> {
        let mut row = std::mem::take(&mut self.scratch.row);
        row.resize(self.steps.len() * window.i.len(), T::zero());
        self.blocks[field].decode_row(&self.scratch.stored, window, k, &mut row);
        let checked = self.check_row(field, window, k, &mut row);
        self.scratch.row = row;
        checked
    }

    /// Reads and decodes what lies beyond a facet's edge, in the order of the edge's own cells.
    fn read_seam(&mut self, seam: &Seam) -> Result<(), Error> {
        let field = self.reader.setup.fields.of_side(seam.side);
        let window = &seam.window;
        let Scratch { stored_beyond, fetched, .. } = &mut *self.scratch;
        fetched.bytes += fetched.time(|| self.blocks[field].read(window, stored_beyond))?;
        let (steps, cells) = (self.steps.len(), window.points());
        let mut beyond = std::mem::take(&mut self.scratch.beyond);
        beyond.resize(steps * cells, T::zero());
        let mut checked = Ok(());
        match seam.side {
            Side::South => {
                self.blocks[field].decode_row(&self.scratch.stored_beyond, window, 0, &mut beyond);
                checked = self.check_row(field, window, 0, &mut beyond);
            }
            Side::West => {
                let mut cell = vec![T::zero(); steps];
                for k in 0..cells {
                    self.blocks[field].decode_row(&self.scratch.stored_beyond, window, k, &mut cell);
                    checked = checked.and(self.check_row(field, window, k, &mut cell));
                    cell.iter().enumerate().for_each(|(step, value)| beyond[step * cells + k] = *value);
                }
            }
        }
        if seam.reversed {
            beyond.chunks_exact_mut(cells).for_each(<[T]>::reverse);
        }
        self.scratch.beyond = beyond;
        checked
    }

    /// Checks row `k` of a window, [step, column], and sets dry faces to 0.
    fn check_row(&self, field: usize, window: &Window, k: usize, row: &mut [T]) -> Result<(), Error> {
        let setup = self.reader.setup;
        let facet = setup.grid.extent.facet_of(window.face);
        let (j, i) = facet.place(window);
        let mask = setup.fields.points_of(field).mask(&setup.grid);
        for (step, values) in self.steps.clone().zip(row.chunks_exact_mut(i.len())) {
            let mut rest = values;
            let mut column = i.start;
            while column < i.end {
                let cell @ [face, row, first] = facet.cell(j.start + k, column);
                let here = (setup.grid.extent.ni - first).min(i.end - column);
                let (values, after) = rest.split_at_mut(here);
                let open = mask.row(face, row);
                if setup.catalog.has(field, step) {
                    self.check(values, open, field, (step, cell))?;
                }
                clear_dry_faces(values, open, first);
                rest = after;
                column += here;
            }
        }
        Ok(())
    }

    fn check(
        &self,
        values: &mut [T],
        open: &[u64],
        field: usize,
        (step, [face, j, first]): (usize, Cell),
    ) -> Result<(), Error> {
        let PassReader { setup, prepare, bad, .. } = self.reader;
        let points = setup.fields.points_of(field);
        let range = prepare.valid_range_of(points != Points::Centre);
        let matters = |at: usize| is_needed(setup, prepare.centre, points, [face, j, first + at]);
        let found = match prepare.missing {
            Missing::Fail => first_bad(values, open, first, range, matters),
            Missing::Reject | Missing::Interpolate(_) => reject_bad(values, open, first, range, matters),
        };
        let Some(found) = found else { return Ok(()) };
        let value = BadValue { field, at: [face, j, first + found.at], value: found.value };
        if prepare.missing != Missing::Fail {
            bad.add(step, value);
            return Ok(());
        }
        let [low, high] = range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        let unstored = setup.catalog.unstored_chunk(field, step, value.at);
        Err(DataError::OutOfRange {
            file: setup.catalog.place(field, step),
            field: setup.fields.name(field).to_owned(),
            value: value.value,
            place: value.place(setup),
            date: setup.catalog.time().date(step),
            low,
            high,
            advice: advice(value.value, setup.catalog.describes_itself(), unstored.as_deref()),
        }
        .into())
    }
}

/// Every `stride`-th value.
fn thin<T: Sample>(values: &[T], stride: usize, selected: &mut [T]) {
    if stride == 1 {
        selected.copy_from_slice(values);
        return;
    }
    for (selected, value) in selected.iter_mut().zip(values.iter().step_by(stride)) {
        *selected = *value;
    }
}
