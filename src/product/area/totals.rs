//! Totals over all tiles, and the means that they give.

use super::Quantity;

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
    use crate::product::area::{AreaSums, Areas, Cell, Divisions, Members, Source, Work};
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
            let work = [Work { members: &members, quantity, first, source: Source::Spectra(&rows) }];
            let sums = AreaSums::of(&members, length, &work);
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
        let source = Source::<f32>::Maps(&[1.0, f64::NAN, 5.0, 2.0]);
        let sums =
            AreaSums::of(&members, quantity.numbers(), &[Work { members: &members, quantity, first: 0, source }]);
        let mut totals = AreaTotals::zero(5, quantity.numbers());
        totals.add(&sums.areas, &sums.numbers);
        let last = totals.records(quantity, 0).last().unwrap();
        let means: Vec<f64> = last.means(0).collect();
        assert!(means[0] == 4.0 && means[1].is_nan());
        assert_eq!((last.area(0), last.count(0)), (4.0, 2.0));
    }
}
