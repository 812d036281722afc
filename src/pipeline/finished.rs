//! A finished tile as the journal keeps it, and reading its parts back.
//!
//! Payload: values, [plane][group][lane] in float64, so that one map of a tile is read in one piece; then the sums over
//! areas, of each table how many areas there are, which, and the numbers of each, with the bytes of all of it before; then
//! the times with gaps, three numbers each.

use std::cell::RefCell;
use std::ops::Range;

use bytemuck::Zeroable;

use super::compute::TileMaps;
use crate::Error;
use crate::exchange::World;
use crate::plan::{Plan, Tile};
use crate::spectrum::GapCounts;
use crate::store::{Journal, JournalReader, TileRecord};
use crate::terms::LANES;

/// One map of one group.
type Lanes = [f64; LANES];

/// The place by which a journal knows a tile.
pub(super) fn place(tile: &Tile) -> [u32; 3] {
    [tile.face, tile.row, tile.column].map(|index| index as u32)
}

/// What the journal keeps of a tile with so many maps.
pub(super) fn payload(maps: &TileMaps, planes: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of_val(&maps.values[..]) + size_of_val(&maps.gaps[..]));
    for plane in 0..planes {
        for lanes in maps.values.iter().skip(plane).step_by(planes) {
            bytes.extend_from_slice(bytemuck::bytes_of(lanes));
        }
    }
    let mut areas = Vec::new();
    for sums in &maps.areas {
        areas.extend_from_slice(&(sums.areas.len() as u64).to_ne_bytes());
        sums.areas.iter().for_each(|&area| areas.extend_from_slice(&u64::from(area).to_ne_bytes()));
        areas.extend_from_slice(bytemuck::cast_slice(&sums.numbers));
    }
    bytes.extend_from_slice(&(areas.len() as u64).to_ne_bytes());
    bytes.append(&mut areas);
    bytes.extend_from_slice(bytemuck::cast_slice(&maps.gaps));
    bytes
}

/// A tile with the rank that reads its maps, and, on that rank, where they are.
struct Kept<'a> {
    tile: &'a Tile,
    holder: usize,
    record: Option<TileRecord>,
}

/// All tiles of the result when all are finished.
pub(super) struct FinishedTiles<'a> {
    planes: usize,
    /// In file order.
    tiles: Vec<Kept<'a>>,
    reader: RefCell<JournalReader>,
}

impl<'a> FinishedTiles<'a> {
    /// Those of this session, which their owners read again, and those `before` it, which go round.
    pub(super) fn new(
        plan: &'a Plan,
        planes: usize,
        journal: &Journal,
        before: &[TileRecord],
        world: &dyn World,
    ) -> Self {
        let (rank, ranks) = (world.rank(), world.size());
        let mut own = journal.records();
        own.sort_unstable_by_key(|record| record.tile);
        let record_of = |tile: &Tile, records: &[TileRecord]| {
            let at = records.binary_search_by_key(&place(tile), |record| record.tile).ok()?;
            Some(records[at])
        };
        let mut tiles: Vec<Kept<'a>> = Vec::with_capacity(plan.tiles.len() + plan.finished.len());
        for pass in &plan.passes {
            for (at, &holder) in pass.tiles.clone().zip(&pass.owners) {
                let tile = &plan.tiles[at];
                let record = (holder == rank).then(|| record_of(tile, &own)).flatten();
                tiles.push(Kept { tile, holder, record });
            }
        }
        for (turn, tile) in plan.finished.iter().enumerate() {
            let holder = turn % ranks;
            let record = (holder == rank).then(|| record_of(tile, before)).flatten();
            tiles.push(Kept { tile, holder, record });
        }
        tiles.sort_by_key(|kept| place(kept.tile));
        FinishedTiles { planes, tiles, reader: RefCell::new(journal.reader()) }
    }

    /// The tiles of which `wanted` is true, in file order, with the rank that reads each.
    pub(super) fn holders(&self, wanted: impl Fn(&Tile) -> bool) -> impl Iterator<Item = (&'a Tile, usize)> {
        self.tiles.iter().filter(move |kept| wanted(kept.tile)).map(|kept| (kept.tile, kept.holder))
    }

    /// One map of all tiles that this rank reads and of which `wanted` is true, tile after tile, [group][lane].
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(super) fn plane(&self, plane: usize, wanted: impl Fn(&Tile) -> bool) -> Result<Vec<Lanes>, Error> {
        let mut all = Vec::new();
        for kept in self.tiles.iter().filter(|kept| wanted(kept.tile)) {
            let Some(record) = &kept.record else { continue };
            let groups = kept.tile.occupancy.groups as usize;
            let first = all.len();
            all.resize(first + groups, Lanes::zeroed());
            let start = (plane * groups * size_of::<Lanes>()) as u64;
            self.reader.borrow_mut().read(record, start, bytemuck::cast_slice_mut(&mut all[first..]))?;
        }
        Ok(all)
    }

    /// Where the sums over areas of a tile stand in its payload, and how many bytes they are.
    fn areas_of(&self, kept: &Kept<'_>, record: &TileRecord) -> Result<(u64, u64), Error> {
        let values = kept.tile.occupancy.groups * (self.planes * size_of::<Lanes>()) as u64;
        let mut length = [0; 8];
        self.reader.borrow_mut().read(record, values, &mut length)?;
        Ok((values + 8, u64::from_ne_bytes(length).min(record.payload_bytes.saturating_sub(values + 8))))
    }

    /// How many tiles there are.
    pub(super) fn count(&self) -> usize {
        self.tiles.len()
    }

    /// Of some tiles in file order, the rank that reads each.
    pub(super) fn holders_of(&self, tiles: Range<usize>) -> impl Iterator<Item = usize> {
        self.tiles[tiles].iter().map(|kept| kept.holder)
    }

    /// The sums over areas of those of some tiles that this rank reads, tile after tile.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(super) fn areas(&self, tiles: Range<usize>) -> Result<Vec<u8>, Error> {
        let mut all = Vec::new();
        for kept in &self.tiles[tiles] {
            let Some(record) = &kept.record else { continue };
            let (start, length) = self.areas_of(kept, record)?;
            let first = all.len();
            all.resize(first + length as usize, 0);
            self.reader.borrow_mut().read(record, start, &mut all[first..])?;
        }
        Ok(all)
    }

    /// Samples filled and left out by time, at the points of all tiles that this rank reads.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub(super) fn gaps(&self, steps: usize) -> Result<GapCounts, Error> {
        let mut gaps = GapCounts::none(steps);
        for kept in &self.tiles {
            let Some(record) = &kept.record else { continue };
            let (start, length) = self.areas_of(kept, record)?;
            let before = start + length;
            let mut taken = vec![[0_u32; 3]; (record.payload_bytes.saturating_sub(before) / 12) as usize];
            if !taken.is_empty() {
                self.reader.borrow_mut().read(record, before, bytemuck::cast_slice_mut(&mut taken))?;
                gaps.add(&taken);
            }
        }
        Ok(gaps)
    }
}
