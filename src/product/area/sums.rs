//! Sums over the areas that a tile touches, and their totals.

use std::ops::Range;

use rayon::prelude::*;

use super::weighted::AddWeighted;
use super::{Members, Quantity, RatioAxis};
use crate::terms::{CyclesPerDay, InstructionSet, Sample};

/// Values of a part that one thread sums at a time: sums of some areas stay in the nearest cache.
const BLOCK: usize = 256;
/// Scaled bins that one thread sums at a time: a point's spectrum is then in the cache for all of them.
const PARTS: usize = 31;

/// Where the values of a quantity stand, for the points of a tile.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a, T> {
    /// Spectra, for each part [point][value]; a point whose first value of a part is not a number has none there.
    Spectra(&'a [&'a [T]]),
    /// Maps of one part, [point][value]; what is not a number makes the mean so.
    Maps(&'a [f64]),
    /// Spectra [point][frequency] that are scaled; one value a part.
    Scaled {
        /// The spectra.
        psd: &'a [T],
        /// Bins that they are scaled to, each a part.
        axis: RatioAxis,
        /// Distance of frequencies.
        step: CyclesPerDay,
        /// Signed inertial frequency by point [cpd].
        inertial_frequency: &'a [f64],
    },
}

/// Sums of one tile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AreaSums {
    /// Areas that the tile touches, ascending.
    pub areas: Vec<u32>,
    /// For each of them, for each quantity its numbers.
    pub numbers: Vec<f64>,
}

impl AreaSums {
    /// Begins the sums over the areas of `members`, `numbers` for each.
    pub fn zero(members: &Members, numbers: usize) -> Self {
        AreaSums { areas: members.areas.clone(), numbers: vec![0.0; members.areas.len() * numbers] }
    }

    /// Sums one quantity, whose numbers begin at `first`, over the cells of `members`, one after the other: the same bits
    /// for any number of threads. Runs on the rayon pool of the caller.
    pub fn add<T: Sample>(&mut self, members: &Members, quantity: Quantity, first: usize, source: Source<'_, T>) {
        let areas = self.areas.len();
        if areas == 0 || members.cells.is_empty() {
            return;
        }
        let length = self.numbers.len() / areas;
        let Quantity { values, parts } = quantity;
        let summed: Vec<Block> = match source {
            Source::Scaled { psd, axis, step, inertial_frequency } => {
                let frequencies = psd.len() / inertial_frequency.len();
                let density = |place: usize, part: usize| {
                    let row = &psd[place * frequencies..][..frequencies];
                    axis.density(row, step, CyclesPerDay(inertial_frequency[place]), part)
                };
                let blocks: Vec<usize> = (0..parts).step_by(PARTS).collect();
                let sum = |&from: &usize| Block::of_parts(members, from..(from + PARTS).min(parts), &density);
                blocks.par_iter().flat_map_iter(sum).collect()
            }
            Source::Spectra(_) | Source::Maps(_) => {
                let instructions = InstructionSet::detect();
                let blocks: Vec<(usize, usize)> =
                    (0..parts).flat_map(|part| (0..values).step_by(BLOCK).map(move |from| (part, from))).collect();
                let sum = |&(part, from): &(usize, usize)| {
                    let range = from..(from + BLOCK).min(values);
                    let mut block = Block::zero(part, range.clone(), areas);
                    for &(place, area, weight) in &members.cells {
                        let start = place as usize * values;
                        let range = start + range.start..start + range.end;
                        let sums = block.of_area(area);
                        match source {
                            Source::Spectra(rows) if rows[part][start].as_f64().is_nan() => continue,
                            Source::Spectra(rows) => {
                                let values = &rows[part][range];
                                instructions.run(AddWeighted { weight, values, sums: &mut *sums });
                            }
                            Source::Maps(maps) => {
                                let values = &maps[range];
                                instructions.run(AddWeighted { weight, values, sums: &mut *sums });
                            }
                            Source::Scaled { .. } => {}
                        }
                        count(sums, weight);
                    }
                    block
                };
                blocks.par_iter().map(sum).collect()
            }
        };
        for block in summed {
            let (part, width) = (block.part, block.values.len());
            for (numbers, sums) in self.numbers.chunks_exact_mut(length).zip(block.sums.chunks_exact(width + 2)) {
                let numbers = &mut numbers[first..first + quantity.numbers()];
                numbers[part * values + block.values.start..][..width].copy_from_slice(&sums[..width]);
                // Every block of a part has counted the same.
                numbers[parts * values + part] = sums[width];
                numbers[parts * (values + 1) + part] = sums[width + 1];
            }
        }
    }
}

/// Counts a cell behind the sums of its area.
fn count(sums: &mut [f64], weight: f64) {
    if let [.., area, cells] = sums {
        *area += weight;
        *cells += 1.0;
    }
}

/// Some values of a part, summed: for each area the sums, the area and the count.
struct Block {
    part: usize,
    values: Range<usize>,
    sums: Vec<f64>,
}

impl Block {
    fn zero(part: usize, values: Range<usize>, areas: usize) -> Self {
        Block { part, sums: vec![0.0; areas * (values.len() + 2)], values }
    }

    /// Sums of an area, its area and its count.
    fn of_area(&mut self, area: u32) -> &mut [f64] {
        let length = self.values.len() + 2;
        &mut self.sums[area as usize * length..][..length]
    }

    /// One block for each of some parts of one value, from the `value` of a place and a part.
    fn of_parts(members: &Members, parts: Range<usize>, value: &impl Fn(usize, usize) -> Option<f64>) -> Vec<Block> {
        let mut blocks: Vec<Block> = parts.map(|part| Block::zero(part, 0..1, members.areas.len())).collect();
        for &(place, area, weight) in &members.cells {
            for block in &mut blocks {
                if let Some(value) = value(place as usize, block.part).filter(|value| !value.is_nan()) {
                    let sums = block.of_area(area);
                    sums[0] += weight * value;
                    count(sums, weight);
                }
            }
        }
        blocks
    }
}

/// Sums over all tiles.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaTotals {
    length: usize,
    numbers: Vec<f64>,
}

/// The numbers of one quantity over one area.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    quantity: Quantity,
    numbers: &'a [f64],
}

impl AreaTotals {
    /// Nothing yet, for so many areas with so many numbers each.
    pub fn zero(areas: usize, length: usize) -> Self {
        AreaTotals { length, numbers: vec![0.0; areas * length] }
    }

    /// Adds the sums of a tile; the order in which tiles come is that of the plan.
    pub fn add(&mut self, areas: &[u32], numbers: &[f64]) {
        for (&area, numbers) in areas.iter().zip(numbers.chunks_exact(self.length)) {
            let totals = &mut self.numbers[area as usize * self.length..][..self.length];
            totals.iter_mut().zip(numbers).for_each(|(total, number)| *total += number);
        }
    }

    /// Those of a quantity, whose numbers begin at `first`, by area.
    pub fn records(&self, quantity: Quantity, first: usize) -> impl Iterator<Item = Record<'_>> {
        let range = first..first + quantity.numbers();
        self.numbers.chunks_exact(self.length).map(move |numbers| Record { quantity, numbers: &numbers[range.clone()] })
    }
}

impl Record<'_> {
    /// Mean of each value of a part; not a number where there is none.
    pub fn means(&self, part: usize) -> impl Iterator<Item = f64> + '_ {
        let Quantity { values, .. } = self.quantity;
        let area = self.area(part);
        self.numbers[part * values..(part + 1) * values]
            .iter()
            .map(move |sum| if area > 0.0 { sum / area } else { f64::NAN })
    }

    /// Area of the cells that have a value in a part [m2].
    pub fn area(&self, part: usize) -> f64 {
        self.numbers[self.quantity.values * self.quantity.parts + part]
    }

    /// Number of the cells that have a value in a part.
    pub fn count(&self, part: usize) -> f64 {
        self.numbers[(self.quantity.values + 1) * self.quantity.parts + part]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::area::{Areas, Cell, Divisions};
    use crate::terms::Depths;

    /// Sums of several tiles are the means that are computed at once, point by point.
    #[test]
    fn means_are_weighted_by_area_over_what_is_there() {
        let areas = Areas::Zonal { latitudes: Divisions::of_latitude(1.0, [0.0, 3.0]), depths: Depths::ALL };
        let (values, parts) = (700, 2);
        let quantity = Quantity { values, parts };
        let (first, length) = (3, 3 + quantity.numbers() + 1);
        let mut totals = AreaTotals::zero(areas.count(), length);
        let value = |tile: usize, part: usize, place: usize, at: usize| {
            ((tile * 31 + part * 17 + place * 7 + at) % 97) as f32 * 0.37 - 11.0
        };
        let weight = |tile: usize, place: usize| 1.0 + ((tile + place) % 5) as f64;
        let latitude = |tile: usize, place: usize| (tile as f64 * 0.9 + place as f64 * 0.05) % 3.0;
        let missing = |tile: usize, part: usize, place: usize| (tile + place + part).is_multiple_of(6);
        for tile in 0..4 {
            let cells = (0..20).map(|place| {
                let latitude = latitude(tile, place);
                (place, Cell { longitude: 0.0, latitude, depth: f64::NAN, area: weight(tile, place) })
            });
            let members = areas.members(cells);
            let rows: Vec<Vec<f32>> = (0..parts)
                .map(|part| {
                    let row = |place: usize| {
                        (0..values).map(move |at| match missing(tile, part, place) {
                            true => f32::NAN,
                            false => value(tile, part, place, at),
                        })
                    };
                    (0..20).flat_map(row).collect()
                })
                .collect();
            let rows: Vec<&[f32]> = rows.iter().map(Vec::as_slice).collect();
            let mut sums = AreaSums::zero(&members, length);
            sums.add(&members, quantity, first, Source::Spectra(&rows));
            totals.add(&sums.areas, &sums.numbers);
        }
        for (area, record) in totals.records(quantity, first).enumerate() {
            for part in 0..parts {
                let there: Vec<(usize, usize)> = (0..4)
                    .flat_map(|tile| (0..20).map(move |place| (tile, place)))
                    .filter(|&(tile, place)| {
                        latitude(tile, place).floor() as usize == area && !missing(tile, part, place)
                    })
                    .collect();
                let whole: f64 = there.iter().map(|&(tile, place)| weight(tile, place)).sum();
                assert_eq!(record.count(part), there.len() as f64);
                assert!(area == 3 || record.count(part) > 0.0, "a part of the sea without a cell tells nothing");
                assert!((record.area(part) - whole).abs() < 1e-12 * whole.max(1.0));
                for (at, mean) in record.means(part).enumerate() {
                    let sum: f64 = there
                        .iter()
                        .map(|&(tile, place)| weight(tile, place) * f64::from(value(tile, part, place, at)))
                        .sum();
                    assert!(
                        (mean - sum / whole).abs() < 1e-11 || there.is_empty() && mean.is_nan(),
                        "{area} {part} {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_not_known_somewhere_is_not_known_of_the_mean() {
        let members = Members { areas: vec![4], cells: vec![(0, 0, 1.0), (1, 0, 3.0)] };
        let quantity = Quantity::whole(2);
        let mut sums = AreaSums::zero(&members, quantity.numbers());
        sums.add::<f32>(&members, quantity, 0, Source::Maps(&[1.0, f64::NAN, 5.0, 2.0]));
        let mut totals = AreaTotals::zero(5, quantity.numbers());
        totals.add(&sums.areas, &sums.numbers);
        let last = totals.records(quantity, 0).last().unwrap();
        let means: Vec<f64> = last.means(0).collect();
        assert!(means[0] == 4.0 && means[1].is_nan());
        assert_eq!((last.area(0), last.count(0)), (4.0, 2.0));
    }
}
