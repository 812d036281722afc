//! Sums over areas of one tile, from what is held of it.

use super::areas::{AreaTable, What};
use super::compute::Estimator;
use super::groups::Group;
use super::spectra::Spectrum;
use crate::Error;
use crate::grid::GridField;
use crate::plan::Tile;
use crate::product::area::{AreaSums, Cell, Members, Source, Work};
use crate::spectrum::frequency_step;
use crate::terms::{LANES, Sample, Seconds, inertial_frequency};

/// A tile when all of its groups are estimated.
pub(super) struct WholeTile<'t, T> {
    pub(super) place: &'t Tile,
    pub(super) groups: &'t [Group],
    /// What is held of each spectrum, array after array, sheet after sheet [j, i, value].
    pub(super) held: &'t [T],
    /// Maps, [group][plane][lane].
    pub(super) maps: &'t [[f64; LANES]],
    pub(super) planes: usize,
}

/// Of each array that is held of a spectrum, the sheets [j, i, value].
type HeldArrays<'t, T> = Vec<Vec<&'t [T]>>;

impl<T> WholeTile<'_, T> {
    /// Points with a spectrum, in the order of the tile: place, group and lane.
    fn points(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let width = self.place.i.len();
        self.groups.iter().enumerate().flat_map(move |(number, group)| {
            let first = group.row as usize * width + group.column as usize;
            let active = group.active;
            (0..LANES).filter(move |lane| active >> lane & 1 == 1).map(move |lane| (first + lane, number, lane))
        })
    }

    /// Some maps by point, [point][plane].
    fn maps_by_point(&self, planes: &[usize]) -> Vec<f64> {
        let mut values = vec![f64::NAN; self.place.points() as usize * planes.len()];
        for (place, group, lane) in self.points() {
            for (value, plane) in values[place * planes.len()..].iter_mut().zip(planes) {
                *value = self.maps[group * self.planes + plane][lane];
            }
        }
        values
    }
}

impl<T: Sample> Estimator<'_, T> {
    /// Sums over the areas of every table.
    ///
    /// # Errors
    /// When the grid's files cannot be read.
    pub(super) fn area_sums(&self, tile: &WholeTile<'_, T>) -> Result<Vec<AreaSums>, Error> {
        let place = tile.place;
        let lattice = &self.setup.lattice;
        let files = self.setup.grid_files();
        let read = |field| lattice.read(files, field, place.face, &place.j, &place.i);
        let [longitude, latitude, area] = [read(GridField::Xc)?, read(GridField::Yc)?, read(GridField::Ra)?];
        let deep = self.tables.iter().any(|table| table.areas.asks_for_depth());
        let depth = if deep { read(GridField::Depth)? } else { Vec::new() };
        let inertial: Vec<f64> = latitude.iter().map(|&latitude| inertial_frequency(latitude).0).collect();
        let cells = || {
            tile.points().map(|(at, ..)| {
                let depth = depth.get(at).copied().unwrap_or(f64::NAN);
                (at, Cell { longitude: longitude[at], latitude: latitude[at], depth, area: area[at] })
            })
        };
        let held = self.held_arrays(tile);
        let sums = self.tables.iter().map(|table| {
            let members = table.areas.members(cells());
            self.table_sums(table, &members, tile, (&held, &inertial))
        });
        Ok(sums.collect())
    }

    /// The sheets of each array of each spectrum.
    fn held_arrays<'t>(&self, tile: &WholeTile<'t, T>) -> Vec<HeldArrays<'t, T>> {
        let points = tile.place.points() as usize;
        let mut rest = tile.held;
        let mut of_spectrum = |spectrum: &Spectrum<T>| {
            let arrays = spectrum.points.iter().map(|array| {
                let (sheets, after) = rest.split_at(array.numbers(points));
                rest = after;
                sheets.chunks_exact(points * array.values).collect()
            });
            arrays.collect::<Vec<_>>()
        };
        self.spectra.iter().map(&mut of_spectrum).collect()
    }

    /// Sums all that is averaged over the areas of a table; of each spectrum, its own sheet is the first that is held.
    fn table_sums(
        &self,
        table: &AreaTable,
        members: &Members,
        tile: &WholeTile<'_, T>,
        (held, inertial_frequency): (&[HeldArrays<'_, T>], &[f64]),
    ) -> AreaSums {
        // Where gaps left no segment there is nothing to average.
        let with_spectrum: Vec<Members> = (self.spectra.iter().zip(held))
            .map(|(spectrum, held)| {
                members.filtered(|place| !held[0][0][place * spectrum.array.frequencies].as_f64().is_nan())
            })
            .collect();
        let maps: Vec<Vec<f64>> = (table.quantities.iter())
            .map(|placed| match &placed.what {
                What::Maps(_, planes) => tile.maps_by_point(planes),
                _ => Vec::new(),
            })
            .collect();
        let interval = Seconds(self.setup.catalog.time().interval());
        let step = frequency_step(self.plan.problem.segment, interval);
        let work: Vec<Work<'_, T>> = (table.quantities.iter().zip(&maps))
            .map(|(placed, maps)| {
                let (of, source) = match placed.what {
                    What::Psd(of) => (of, Source::Spectra(&held[of][0])),
                    What::Scaled(of, axis) => {
                        (of, Source::Scaled { psd: held[of][0][0], axis, step, inertial_frequency })
                    }
                    What::Maps(of, _) => (of, Source::Maps(maps)),
                    What::Spectrogram(of, array) => (of, Source::Spectra(&held[of][array])),
                };
                Work { members: &with_spectrum[of], quantity: placed.quantity, first: placed.first, source }
            })
            .collect();
        AreaSums::of(members, table.length, &work)
    }
}
