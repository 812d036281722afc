//! Parts of the sea that means are taken over, and which of them hold a place.

use super::Divisions;
use crate::terms::{Depths, Region};

/// A cell with a spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Longitude of its centre [degrees east], in any turn.
    pub longitude: f64,
    /// Latitude of its centre [degrees north].
    pub latitude: f64,
    /// Depth of the sea floor [m]; not a number where the grid has none.
    pub depth: f64,
    /// Its area [m2].
    pub area: f64,
}

/// A set of parts of the sea; they may overlap and need not cover it.
#[derive(Clone, Debug)]
pub enum Areas {
    /// Bins of latitude within depths.
    Zonal {
        /// The bins.
        latitudes: Divisions,
        /// Where the sea floor is.
        depths: Depths,
    },
    /// Named regions, each with depths of its own.
    Regions(Vec<Region>),
    /// Bins of latitude and longitude within depths, those of one latitude after each other.
    Bins {
        /// Rows of bins.
        latitudes: Divisions,
        /// Bins of a row.
        longitudes: Divisions,
        /// Where the sea floor is.
        depths: Depths,
    },
}

/// The cells of a tile that lie in some part, in the order of the tile.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Parts that are touched, ascending.
    pub areas: Vec<u32>,
    /// Cells: place in the tile, place in `areas`, weight.
    pub cells: Vec<(u32, u32, f64)>,
}

impl Members {
    /// Those of which `keep` is true of the place in the tile; the parts stay the same.
    pub fn filtered(&self, keep: impl Fn(usize) -> bool) -> Members {
        let cells = self.cells.iter().filter(|(place, ..)| keep(*place as usize)).copied().collect();
        Members { areas: self.areas.clone(), cells }
    }
}

/// Longitude from -180 up to, and without, 180.
pub(super) fn wrapped(longitude: f64) -> f64 {
    (longitude + 180.0).rem_euclid(360.0) - 180.0
}

impl Areas {
    /// What the names of its arrays begin with.
    pub fn prefix(&self) -> &'static str {
        match self {
            Areas::Zonal { .. } => "zonal",
            Areas::Regions(_) => "region",
            Areas::Bins { .. } => "bin",
        }
    }

    /// Names of its dimensions in the result.
    pub fn dimensions(&self) -> &'static [&'static str] {
        match self {
            Areas::Zonal { .. } => &["lat"],
            Areas::Regions(_) => &["region"],
            Areas::Bins { .. } => &["bin_lat", "bin_lon"],
        }
    }

    /// Lengths of its dimensions.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Areas::Zonal { latitudes, .. } => vec![latitudes.len()],
            Areas::Regions(regions) => vec![regions.len()],
            Areas::Bins { latitudes, longitudes, .. } => vec![latitudes.len(), longitudes.len()],
        }
    }

    /// How many parts there are.
    pub fn count(&self) -> usize {
        self.shape().iter().product()
    }

    /// Whether depths are asked for.
    pub fn asks_for_depth(&self) -> bool {
        match self {
            Areas::Zonal { depths, .. } | Areas::Bins { depths, .. } => *depths != Depths::ALL,
            Areas::Regions(regions) => regions.iter().any(|region| region.depths != Depths::ALL),
        }
    }

    fn each(&self, cell: &Cell, mut found: impl FnMut(usize)) {
        match self {
            Areas::Zonal { latitudes, depths } => {
                let place = latitudes.place(cell.latitude).filter(|_| depths.contain(cell.depth));
                place.into_iter().for_each(found);
            }
            Areas::Regions(regions) => {
                for (at, region) in regions.iter().enumerate() {
                    if region.depths.contain(cell.depth) && region.outline.contains(cell.longitude, cell.latitude) {
                        found(at);
                    }
                }
            }
            Areas::Bins { latitudes, longitudes, depths } => {
                let row = latitudes.place(cell.latitude).filter(|_| depths.contain(cell.depth));
                let column = longitudes.place(wrapped(cell.longitude));
                if let (Some(row), Some(column)) = (row, column) {
                    found(row * longitudes.len() + column);
                }
            }
        }
    }

    /// The parts in which the cells of a tile lie; `cells` are place in the tile and cell, ascending.
    pub fn members(&self, cells: impl Iterator<Item = (usize, Cell)>) -> Members {
        let mut found: Vec<(u32, u32, f64)> = Vec::new();
        for (place, cell) in cells {
            self.each(&cell, |area| found.push((place as u32, area as u32, cell.area)));
        }
        let mut areas: Vec<u32> = found.iter().map(|(_, area, _)| *area).collect();
        areas.sort_unstable();
        areas.dedup();
        for (_, area, _) in &mut found {
            *area = areas.partition_point(|touched| touched < area) as u32;
        }
        Members { areas, cells: found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(longitude: f64, latitude: f64, depth: f64) -> Cell {
        Cell { longitude, latitude, depth, area: 2.0 }
    }

    #[test]
    fn cells_are_found_by_latitude_and_depth() {
        let areas = Areas::Zonal {
            latitudes: Divisions::of_latitude(10.0, [-90.0, 90.0]),
            depths: Depths { from: 200.0, to: f64::INFINITY },
        };
        let cells = [cell(0.0, 45.0, 1000.0), cell(0.0, -5.0, 200.0), cell(0.0, 45.0, 199.0), cell(9.0, 41.0, 4000.0)];
        let members = areas.members(cells.into_iter().enumerate());
        assert_eq!(members.areas, [8, 13]);
        assert_eq!(members.cells, [(0, 1, 2.0), (1, 0, 2.0), (3, 1, 2.0)]);
        assert_eq!(members.filtered(|place| place != 0).cells, [(1, 0, 2.0), (3, 1, 2.0)]);
        assert!(areas.asks_for_depth());
    }

    #[test]
    fn longitudes_of_any_turn_are_the_same() {
        let areas = Areas::Bins {
            latitudes: Divisions::of_latitude(30.0, [0.0, 60.0]),
            longitudes: Divisions::of_longitude(60.0, [-180.0, 180.0]),
            depths: Depths::ALL,
        };
        for (longitude, column) in [(190.0, 0), (-170.0, 0), (550.0, 0), (-180.0, 0), (180.0, 0), (359.0, 2), (0.0, 3)]
        {
            let members = areas.members(std::iter::once((7, cell(longitude, 31.0, f64::NAN))));
            assert_eq!(members.areas, [6 + column], "{longitude}");
        }
    }
}
