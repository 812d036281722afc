//! Reading a source whose values come in chunks: every chunk is decoded once in a round, and given back after its last use.
//!
//! The work is cut along time where a chunk begins, and there into the strips of the pass. Workers take it in its order, so that
//! those who need the same chunk come to it at about the same time, and the chunks of one time are all that is in memory.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::fields::{Fields, Points};
use super::piece::Piece;
use super::read::PassReader;
use super::rows::Scratch;
use super::setup::Setup;
use crate::Error;
use crate::exchange::Round;
use crate::grid::{Extent, Lattice, Window};
use crate::plan::Strip;
use crate::source::gridded::{ChunkKey, GriddedCatalog};
use crate::terms::Sample;

/// So long strips are looked through for a snapshot that is bad earlier than the one that was found.
const PATIENCE: Duration = Duration::from_secs(2);

/// A stretch of steps in which no chunk begins or ends, and a strip of the pass.
struct Item<'a> {
    /// Place in the order of the work.
    at: usize,
    steps: Range<usize>,
    strip: &'a Strip,
    keys: Arc<Vec<ChunkKey>>,
}

/// The work of a round, whose chunks are looked up shortly before they are needed.
struct Work<'a> {
    reader: &'a PassReader<'a>,
    catalog: &'a GriddedCatalog,
    stretches: Vec<Range<usize>>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    /// Place of the next item.
    next: usize,
    /// Stretch of the first of `keys`.
    first: usize,
    /// Of a few stretches, each strip's chunks, which the cache expects.
    keys: VecDeque<Vec<Arc<Vec<ChunkKey>>>>,
}

impl<'a> Work<'a> {
    fn next(&self) -> Option<Item<'a>> {
        let strips = &self.reader.strips;
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let at = taken.next;
        let stretch = at.checked_div(strips.len()).filter(|stretch| *stretch < self.stretches.len())?;
        taken.next += 1;
        while taken.first < stretch && taken.keys.pop_front().is_some() {
            taken.first += 1;
        }
        // The stretch after this one is told of before this one is over: what goes on from one to the other is kept.
        for later in taken.first + taken.keys.len()..(stretch + 2).min(self.stretches.len()) {
            let of_strip = |strip| Arc::new(self.reader.keys(self.catalog, &self.stretches[later], strip));
            let keys: Vec<Arc<Vec<ChunkKey>>> = strips.iter().map(of_strip).collect();
            self.catalog.cache.expect(keys.iter().flat_map(|keys| keys.iter().copied()));
            taken.keys.push_back(keys);
        }
        let strip = at % strips.len();
        let keys = Arc::clone(&taken.keys[stretch - taken.first][strip]);
        Some(Item { at, steps: self.stretches[stretch].clone(), strip: &strips[strip], keys })
    }
}

/// An error of an item.
struct Failure {
    at: usize,
    steps: Range<usize>,
    error: Error,
    /// Whether it is of a chunk, which has no step of its own.
    of_chunk: bool,
}

/// Calls `each` with the windows that reading a strip takes of each field.
pub(super) fn windows(
    (extent, lattice): (&Extent, &Lattice),
    (fields, centre): (&Fields, bool),
    strip: &Strip,
    mut each: impl FnMut(usize, &Window),
) {
    let rows: Vec<Range<usize>> = match lattice.j.step {
        1 => vec![strip.j.clone()],
        _ => strip.j.clone().map(|row| row..row + 1).collect(),
    };
    for rows in rows {
        let piece = Piece::new(extent, lattice, strip, rows);
        for (field, points) in fields.points() {
            let reach = match points {
                Points::West if centre => piece.with_east(extent),
                Points::South if centre => {
                    each(field, &piece.south());
                    piece.with_north(extent)
                }
                _ => {
                    each(field, &piece.own());
                    continue;
                }
            };
            each(field, &reach.window);
            if let Some(seam) = &reach.beyond {
                each(fields.of_side(seam.side), &seam.window);
            }
        }
    }
}

impl PassReader<'_> {
    fn keys(&self, catalog: &GriddedCatalog, steps: &Range<usize>, strip: &Strip) -> Vec<ChunkKey> {
        let Setup { grid, lattice, fields, .. } = self.setup;
        let mut keys = BTreeSet::new();
        windows((&grid.extent, lattice), (fields, self.prepare.centre), strip, |field, window| {
            catalog.keys(field, steps, window, &mut keys);
        });
        keys.into_iter().collect()
    }

    /// Reads this rank's steps of a round; of errors that were met the first in time wins.
    pub(super) fn read_chunks<T: Sample>(
        &self,
        catalog: &GriddedCatalog,
        round: &Round<'_, T>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Error> {
        let stretches = self.cuts().within(&round.steps());
        let work = Work { reader: self, catalog, stretches, taken: Mutex::default() };
        let failure: Mutex<Option<Failure>> = Mutex::new(None);
        let failed = || failure.lock().unwrap_or_else(PoisonError::into_inner);
        rayon::broadcast(|_| {
            let mut scratch = Scratch::default();
            while failed().is_none() {
                let Some(item) = work.next() else { break };
                let read = self.timed(&mut scratch, |scratch| self.read_item(catalog, round, &item, scratch));
                // Of all strips of a stretch one is enough to tell how far it has come.
                progress(if std::ptr::eq(item.strip, &self.strips[0]) { item.steps.len() as u64 } else { 0 });
                if let Err((error, of_chunk)) = read {
                    let mut failure = failed();
                    if failure.as_ref().is_none_or(|other| item.at < other.at) {
                        *failure = Some(Failure { at: item.at, steps: item.steps, error, of_chunk });
                    }
                }
            }
        });
        let Some(failure) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) else { return Ok(()) };
        catalog.cache.clear();
        if failure.of_chunk {
            return Err(failure.error);
        }
        let first = self.first_error(catalog, round, &failure);
        catalog.cache.clear();
        Err(first.unwrap_or(failure.error))
    }

    /// Reads an item, with chunks that are held as long as it takes; of an error also whether it is of a chunk.
    fn read_item<T: Sample>(
        &self,
        catalog: &GriddedCatalog,
        round: &Round<'_, T>,
        item: &Item<'_>,
        scratch: &mut Scratch<T>,
    ) -> Result<(), (Error, bool)> {
        let bytes = scratch.fetched.time(|| catalog.hold(&item.keys)).map_err(|error| (error.into(), true))?;
        scratch.fetched.bytes += bytes;
        let read = self.read_blocks(round, &item.steps, item.strip, scratch);
        catalog.cache.release(&item.keys);
        read.map_err(|(_, error)| (error, false))
    }

    /// Reads some steps of a strip; of an error also the steps that it is among.
    fn read_blocks<T: Sample>(
        &self,
        round: &Round<'_, T>,
        steps: &Range<usize>,
        strip: &Strip,
        scratch: &mut Scratch<T>,
    ) -> Result<(), (Range<usize>, Error)> {
        for start in steps.clone().step_by(self.steps_per_block()) {
            let block = start..(start + self.steps_per_block()).min(steps.end);
            let read = self.read_strips(round, &block, std::slice::from_ref(strip), scratch);
            read.map_err(|error| (block, error))?;
        }
        Ok(())
    }

    /// A stretch is read strip by strip: an earlier snapshot may fail in a later one. Those before the first failure were read
    /// whole, as work is taken in its order; later ones are looked through for as long as that takes no time to speak of.
    fn first_error<T: Sample>(
        &self,
        catalog: &GriddedCatalog,
        round: &Round<'_, T>,
        failure: &Failure,
    ) -> Option<Error> {
        let mut scratch = Scratch::default();
        let mut first: Option<(usize, Error)> = None;
        let started = Instant::now();
        for strip in &self.strips[failure.at % self.strips.len()..] {
            if first.is_some() && started.elapsed() > PATIENCE {
                break;
            }
            let steps = failure.steps.start..first.as_ref().map_or(failure.steps.end, |(step, _)| *step);
            let keys = self.keys(catalog, &steps, strip);
            catalog.cache.expect(keys.iter().copied());
            if catalog.hold(&keys).is_err() {
                break;
            }
            if let Err((block, _)) = self.read_blocks(round, &steps, strip, &mut scratch) {
                let read = |step: usize| {
                    let read = self.read_strips(round, &(step..step + 1), std::slice::from_ref(strip), &mut scratch);
                    read.err().map(|error| (step, error))
                };
                first = block.into_iter().find_map(read).or(first);
            }
            catalog.cache.release(&keys);
        }
        first.map(|(_, error)| error)
    }
}
