//! Sums over the areas that a tile touches.

use std::ops::Range;

use rayon::prelude::*;

use super::weighted::AddWeighted;
use super::{Members, Quantity, RatioAxis, Scaling};
use crate::terms::{CyclesPerDay, InstructionSet, Sample};

/// Values of a part that one thread sums at a time: sums of some areas stay in the nearest cache.
const BLOCK: usize = 128;
/// Scaled bins that one thread sums at a time.
const PARTS: usize = 61;

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

/// What is summed of a tile.
#[derive(Clone, Copy, Debug)]
pub struct Work<'a, T> {
    /// Over which cells.
    pub members: &'a Members,
    /// What.
    pub quantity: Quantity,
    /// Where its numbers begin among those of an area.
    pub first: usize,
    /// From where.
    pub source: Source<'a, T>,
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
    /// Sums over the areas of `members`, `length` numbers for each, of which the `work` fills some. The cells of an area are
    /// added one after the other: the same bits for any number of threads. Runs on the rayon pool of the caller.
    pub fn of<T: Sample>(members: &Members, length: usize, work: &[Work<'_, T>]) -> Self {
        let areas = members.areas.len();
        let mut sums = AreaSums { areas: members.areas.clone(), numbers: vec![0.0; areas * length] };
        if areas == 0 {
            return sums;
        }
        let blocks: Vec<(usize, Block)> = (work.iter().enumerate())
            .flat_map(|(number, work)| Block::all(work, areas).into_iter().map(move |block| (number, block)))
            .collect();
        let instructions = InstructionSet::detect();
        let fill = |(number, mut block): (usize, Block)| {
            block.fill(&work[number], instructions);
            (number, block)
        };
        let blocks: Vec<(usize, Block)> = blocks.into_par_iter().map(fill).collect();
        for (number, block) in blocks {
            let Work { quantity, first, .. } = work[number];
            for (area, numbers) in sums.numbers.chunks_exact_mut(length).enumerate() {
                block.put(area, quantity, &mut numbers[first..first + quantity.numbers()]);
            }
        }
        sums
    }
}

/// Some values of some parts of a quantity: one part, or one value. For each area the sums, part after part, then the areas
/// of the parts, then their counts.
struct Block {
    parts: Range<usize>,
    values: Range<usize>,
    sums: Vec<f64>,
}

impl Block {
    fn zero(parts: Range<usize>, values: Range<usize>, areas: usize) -> Self {
        let sums = vec![0.0; areas * parts.len() * (values.len() + 2)];
        Block { parts, values, sums }
    }

    /// The blocks of a quantity, empty.
    fn all<T>(work: &Work<'_, T>, areas: usize) -> Vec<Block> {
        let Quantity { values, parts } = work.quantity;
        let cut = |length: usize, step: usize| (0..length).step_by(step).map(move |at| at..(at + step).min(length));
        match work.source {
            Source::Scaled { .. } => cut(parts, PARTS).map(|parts| Block::zero(parts, 0..1, areas)).collect(),
            Source::Spectra(_) | Source::Maps(_) => (0..parts)
                .flat_map(|part| cut(values, BLOCK).map(move |values| Block::zero(part..part + 1, values, areas)))
                .collect(),
        }
    }

    /// Sums of an area, areas of its parts, counts of them.
    fn of_area(&mut self, area: u32) -> (&mut [f64], &mut [f64], &mut [f64]) {
        let (parts, values) = (self.parts.len(), self.values.len());
        let numbers = &mut self.sums[area as usize * parts * (values + 2)..][..parts * (values + 2)];
        let (sums, rest) = numbers.split_at_mut(parts * values);
        let (areas, counts) = rest.split_at_mut(parts);
        (sums, areas, counts)
    }

    fn fill<T: Sample>(&mut self, work: &Work<'_, T>, instructions: InstructionSet) {
        let values = work.quantity.values;
        match work.source {
            Source::Scaled { psd, axis, step, inertial_frequency } => {
                let frequencies = psd.len() / inertial_frequency.len().max(1);
                let mut scaling = Scaling::new(axis, self.parts.clone(), step);
                for &(place, area, weight) in &work.members.cells {
                    let place = place as usize;
                    let row = &psd[place * frequencies..][..frequencies];
                    let (known, densities) = scaling.densities(row, CyclesPerDay(inertial_frequency[place]));
                    let (sums, areas, counts) = self.of_area(area);
                    instructions.run(AddWeighted { weight, values: densities, sums: &mut sums[known.clone()] });
                    areas[known.clone()].iter_mut().for_each(|area| *area += weight);
                    counts[known].iter_mut().for_each(|count| *count += 1.0);
                }
            }
            Source::Spectra(rows) => {
                let rows = rows[self.parts.start];
                self.add_rows(work.members, (rows, values), instructions, |first| !first.as_f64().is_nan());
            }
            Source::Maps(maps) => self.add_rows(work.members, (maps, values), instructions, |_| true),
        }
    }

    /// Rows [point][value] of one part, where the first value of a point lets them.
    fn add_rows<T: Sample>(
        &mut self,
        members: &Members,
        (rows, length): (&[T], usize),
        instructions: InstructionSet,
        there: impl Fn(T) -> bool,
    ) {
        let range = self.values.clone();
        for &(place, area, weight) in &members.cells {
            let start = place as usize * length;
            if there(rows[start]) {
                let (sums, areas, counts) = self.of_area(area);
                let values = &rows[start + range.start..start + range.end];
                instructions.run(AddWeighted { weight, values, sums });
                areas[0] += weight;
                counts[0] += 1.0;
            }
        }
    }

    /// Puts the numbers of one area where they belong among those of the quantity.
    fn put(&self, area: usize, quantity: Quantity, numbers: &mut [f64]) {
        let Quantity { values, parts } = quantity;
        let (own_parts, own_values) = (self.parts.len(), self.values.len());
        let mine = &self.sums[area * own_parts * (own_values + 2)..][..own_parts * (own_values + 2)];
        for (at, part) in self.parts.clone().enumerate() {
            numbers[part * values..][self.values.clone()].copy_from_slice(&mine[at * own_values..][..own_values]);
            // Every block of a part has the same areas and counts.
            numbers[parts * values + part] = mine[own_parts * own_values + at];
            numbers[parts * (values + 1) + part] = mine[own_parts * (own_values + 1) + at];
        }
    }
}
