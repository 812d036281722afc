//! Means over areas, from the sums of all tiles.

use super::areas::AreaTable;
use super::finished::FinishedTiles;
use super::maps::MapWriter;
use crate::Error;
use crate::exchange::{World, agree};
use crate::plan::AREA_BATCH_BYTES;
use crate::product::area::{AreaTotals, Coordinates, Statistic};
use crate::store::Values;

/// Takes numbers of eight bytes one after the other.
struct Words<'a> {
    rest: &'a [u8],
}

impl Words<'_> {
    fn next(&mut self) -> Option<[u8; 8]> {
        let (word, rest) = self.rest.split_first_chunk::<8>()?;
        self.rest = rest;
        Some(*word)
    }

    fn whole(&mut self) -> Option<u64> {
        self.next().map(u64::from_ne_bytes)
    }
}

/// Collective: the sums of all tiles, added on rank 0 in file order, whatever the ranks; none on the others.
///
/// # Errors
/// When the journal cannot be read; agreed on.
fn totals(
    tables: &[AreaTable],
    world: &dyn World,
    finished: &FinishedTiles<'_>,
    bytes_of_tile: u64,
) -> Result<Vec<AreaTotals>, Error> {
    let mut totals: Vec<AreaTotals> =
        tables.iter().map(|table| AreaTotals::zero(table.areas.count(), table.length)).collect();
    let batch = (AREA_BATCH_BYTES / bytes_of_tile.max(1)).max(1) as usize;
    let mut added = Ok(());
    for first in (0..finished.count()).step_by(batch) {
        let tiles = first..(first + batch).min(finished.count());
        let read = added.and_then(|()| finished.areas(tiles.clone()));
        let parts = world.gather(0, &agree(world, read, Error::exit_code)?);
        let mut parts: Vec<Words<'_>> = parts.iter().map(|part| Words { rest: part }).collect();
        // The others get nothing and have nothing to add.
        added = finished.holders_of(tiles).filter(|_| world.rank() == 0).try_for_each(|holder| {
            let lacks = || Error::Internal { what: "a tile of the journal lacks its sums over areas".into() };
            add(tables, &mut parts[holder], &mut totals).ok_or_else(lacks)
        });
    }
    agree(world, added, Error::exit_code).map(|()| totals)
}

/// Adds the sums of one tile; none where something is missing.
fn add(tables: &[AreaTable], words: &mut Words<'_>, totals: &mut [AreaTotals]) -> Option<()> {
    for (table, totals) in tables.iter().zip(totals) {
        let count = words.whole()? as usize;
        let areas = (0..count).map(|_| words.whole()).collect::<Option<Vec<u64>>>()?;
        for area in areas {
            let numbers =
                (0..table.length).map(|_| words.next().map(f64::from_ne_bytes)).collect::<Option<Vec<_>>>()?;
            totals.add(&[u32::try_from(area).ok()?], &numbers);
        }
    }
    Some(())
}

/// Collective: adds the sums of all tiles; rank 0 writes the means.
///
/// # Errors
/// When the journal cannot be read or a file cannot be written; agreed on.
pub(super) fn write_area_means(
    writer: &MapWriter<'_>,
    tables: &[AreaTable],
    world: &dyn World,
    finished: &FinishedTiles<'_>,
) -> Result<(), Error> {
    if tables.is_empty() {
        return Ok(());
    }
    let totals = totals(tables, world, finished, writer.plan.problem.area_bytes_of_tile())?;
    let write = || {
        if world.rank() > 0 {
            return Ok(());
        }
        for (table, totals) in tables.iter().zip(&totals) {
            for axis in table.axes() {
                let values = match &axis.values {
                    Coordinates::Numbers(numbers) => Values::F64(numbers),
                    Coordinates::Names(names) => Values::Text(names),
                };
                writer.write_whole(axis.name, axis.dimensions.len(), values)?;
            }
            for array in &table.arrays {
                let placed = &table.quantities[array.quantity];
                let dimensions = array.dimensions(&table.areas, placed.quantity).len();
                let values = array.take(totals, placed.quantity, placed.first);
                if array.statistic == Statistic::Count {
                    let counts: Vec<i64> = values.iter().map(|&count| count as i64).collect();
                    writer.write_whole(&array.name, dimensions, Values::I64(&counts))?;
                } else {
                    writer.write_whole(&array.name, dimensions, Values::F64(&values))?;
                }
            }
        }
        Ok(())
    };
    agree(world, write(), Error::exit_code)
}
