//! Reading a source whose values come in chunks: every chunk is decoded once in a round, and given back after its last use.
//!
//! The work is cut along time where no chunk is, and into the strips of the pass. Workers take it in its order, so that those
//! who need the same chunk come to it at about the same time.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

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

/// A run of steps and a strip of the pass.
struct Item<'a> {
    steps: Range<usize>,
    strip: &'a Strip,
    keys: Vec<ChunkKey>,
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
            catalog.chunks(field, steps, window, &mut keys);
        });
        keys.into_iter().collect()
    }

    /// Reads this rank's steps of a round; the first error in time wins.
    pub(super) fn read_chunks<T: Sample>(
        &self,
        catalog: &GriddedCatalog,
        round: &Round<'_, T>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Error> {
        let runs = self.cuts().within(&round.steps());
        let items: Vec<Item<'_>> = runs
            .iter()
            .flat_map(|steps| self.strips.iter().map(move |strip| (steps, strip)))
            .map(|(steps, strip)| Item { steps: steps.clone(), strip, keys: self.keys(catalog, steps, strip) })
            .collect();
        catalog.cache.expect(items.iter().flat_map(|item| item.keys.iter().copied()));
        let next = AtomicUsize::new(0);
        let failure: Mutex<Option<(usize, Error)>> = Mutex::new(None);
        let failed = || failure.lock().unwrap_or_else(PoisonError::into_inner);
        rayon::broadcast(|_| {
            let mut scratch = Scratch::default();
            while failed().is_none() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(item) = items.get(at) else { break };
                let read = self.timed(&mut scratch, |scratch| self.read_item(catalog, round, item, scratch));
                // Of all strips of a run one is enough to tell how far it has come.
                progress(if std::ptr::eq(item.strip, &self.strips[0]) { item.steps.len() as u64 } else { 0 });
                if let Err(error) = read {
                    let mut failure = failed();
                    if failure.as_ref().is_none_or(|(other, _)| at < *other) {
                        *failure = Some((at, error));
                    }
                }
            }
        });
        let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        let Some((at, error)) = failure else { return Ok(()) };
        let first = self.first_error(catalog, round, &items, at);
        catalog.cache.clear();
        Err(first.unwrap_or(error))
    }

    fn read_item<T: Sample>(
        &self,
        catalog: &GriddedCatalog,
        round: &Round<'_, T>,
        item: &Item<'_>,
        scratch: &mut Scratch<T>,
    ) -> Result<(), Error> {
        let bytes = scratch.fetched.time(|| catalog.hold(&item.keys))?;
        scratch.fetched.bytes += bytes;
        let strips = std::slice::from_ref(item.strip);
        let mut read = Ok(());
        for start in item.steps.clone().step_by(self.steps_per_block()) {
            let steps = start..(start + self.steps_per_block()).min(item.steps.end);
            read = read.and_then(|()| self.read_strips(round, &steps, strips, scratch));
        }
        catalog.cache.release(&item.keys);
        read
    }

    /// A run is read place by place: in the run of the first error, an earlier snapshot may fail at a later place.
    fn first_error<T: Sample>(
        &self,
        catalog: &GriddedCatalog,
        round: &Round<'_, T>,
        items: &[Item<'_>],
        at: usize,
    ) -> Option<Error> {
        let run = &items[at].steps;
        let mut scratch = Scratch::default();
        let mut first: Option<(usize, Error)> = None;
        for item in items.iter().filter(|item| item.steps == *run) {
            catalog.cache.expect(item.keys.iter().copied());
            if let Err(error) = catalog.hold(&item.keys) {
                return Some(error.into());
            }
            let before = first.as_ref().map_or(run.end, |(step, _)| *step);
            for step in run.start..before {
                let read = self.read_strips(round, &(step..step + 1), std::slice::from_ref(item.strip), &mut scratch);
                if let Err(error) = read {
                    first = Some((step, error));
                    break;
                }
            }
        }
        first.map(|(_, error)| error)
    }
}
