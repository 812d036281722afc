//! Lengths, areas and angles of the cells, and the grid's files.

use std::path::Path;

use rayon::prelude::*;

use super::LlcSpec;
use super::continents::Continents;
use super::layout::{Axis, Cell, FACES, Layout};
use super::open_share::OpenShare;
use super::projection::Place;
use super::sphere::{angle, quadrilateral};
use crate::synth::SynthError;
use crate::synth::mds_writer::{MdsHeader, write_data};

/// MITgcm's default `rSphere` [m].
const EARTH_RADIUS: f64 = 6_370_000.0;

/// A grid with its land.
pub(super) struct LlcGrid {
    pub(super) layout: Layout,
    pub(super) open: OpenShare,
    levels: usize,
    /// All in compact order.
    cells: Vec<Cell>,
    /// [m], 0 on land
    depths: Vec<f32>,
    /// [m2]
    areas: Vec<f64>,
}

impl Layout {
    pub(super) fn centre(&self, Cell { facet, j, i }: Cell) -> Place {
        self.place(facet, j as f64 + 0.5, i as f64 + 0.5)
    }

    /// The cell's south-west corner.
    pub(super) fn corner(&self, Cell { facet, j, i }: Cell) -> Place {
        self.place(facet, j as f64, i as f64)
    }

    /// The middle of the cell's low face across an axis.
    pub(super) fn low_face(&self, axis: Axis, Cell { facet, j, i }: Cell) -> Place {
        match axis {
            Axis::I => self.place(facet, j as f64 + 0.5, i as f64),
            Axis::J => self.place(facet, j as f64, i as f64 + 0.5),
        }
    }

    /// The corners of a cell, counter-clockwise from its south-west.
    fn corners(&self, Cell { facet, j, i }: Cell) -> [Place; 4] {
        let (j, i) = (j as f64, i as f64);
        [(j, i), (j, i + 1.0), (j + 1.0, i + 1.0), (j + 1.0, i)].map(|(j, i)| self.place(facet, j, i))
    }
}

impl LlcGrid {
    pub(super) fn of(spec: &LlcSpec) -> LlcGrid {
        let layout = Layout { nx: spec.nx };
        let cells: Vec<Cell> = layout.cells().collect();
        let continents = Continents::new(spec.seed, spec.land);
        let depth = |&cell: &Cell| continents.depth(layout.centre(cell).position()) as f32;
        let depths: Vec<f32> = cells.par_iter().map(depth).collect();
        let area = |&cell: &Cell| {
            let corners = layout.corners(cell).map(|corner| corner.position());
            quadrilateral(corners) * EARTH_RADIUS * EARTH_RADIUS
        };
        let areas = cells.par_iter().map(area).collect();
        let open = OpenShare::new(layout, &depths, spec.levels);
        LlcGrid { layout, open, levels: spec.levels, cells, depths, areas }
    }

    /// Cells whose uppermost level is open.
    pub(super) fn wet_cells(&self) -> u64 {
        self.depths.iter().filter(|&&depth| depth > 0.0).count() as u64
    }

    /// From the cell's centre to that of the cell behind its low face across an axis [m]; at Antarctica, to where it
    /// would be.
    fn across(&self, axis: Axis, cell: Cell) -> f64 {
        let Cell { facet, j, i } = cell;
        let other = match self.layout.behind(axis, cell) {
            Some((_, behind)) => self.layout.centre(behind),
            None => self.layout.place(facet, j as f64 - 0.5, i as f64 + 0.5),
        };
        EARTH_RADIUS * angle(self.layout.centre(cell).position(), other.position())
    }

    /// Length of the cell's side along an axis that starts in its south-west corner [m].
    fn side(&self, axis: Axis, cell: Cell) -> f64 {
        let [south_west, south_east, _, north_west] = self.layout.corners(cell).map(|corner| corner.position());
        EARTH_RADIUS * angle(south_west, if axis == Axis::I { south_east } else { north_west })
    }

    fn area(&self, cell: Cell) -> f64 {
        self.areas[self.layout.index(cell)]
    }

    /// Area about the middle of a low face: half of the cells at it [m2].
    fn area_of_face(&self, axis: Axis, cell: Cell) -> f64 {
        let behind = self.layout.behind(axis, cell).map_or(cell, |(_, behind)| behind);
        0.5 * (self.area(cell) + self.area(behind))
    }

    /// Area about the south-west corner: a quarter of each cell there [m2]; at Antarctica as if there were four.
    fn area_of_corner(&self, cell: Cell) -> f64 {
        let (mut sum, mut count) = (0.0, 0);
        for other in self.layout.around_corner(cell) {
            sum += self.area(other);
            count += 1;
        }
        if count == 2 { 0.5 * sum } else { 0.25 * sum }
    }

    /// Writes the grid files into `folder` and returns how many bytes they hold.
    pub(super) fn write(&self, folder: &Path, meta: bool) -> Result<u64, SynthError> {
        let layout = self.layout;
        type Field<'a> = (&'static str, &'a (dyn Fn(Cell) -> f64 + Sync));
        let fields: [Field<'_>; 15] = [
            ("XC", &|cell| layout.centre(cell).longitude),
            ("YC", &|cell| layout.centre(cell).latitude),
            ("XG", &|cell| layout.corner(cell).longitude),
            ("YG", &|cell| layout.corner(cell).latitude),
            ("DXC", &|cell| self.across(Axis::I, cell)),
            ("DYC", &|cell| self.across(Axis::J, cell)),
            ("DXG", &|cell| self.side(Axis::I, cell)),
            ("DYG", &|cell| self.side(Axis::J, cell)),
            ("RAC", &|cell| self.area(cell)),
            ("RAW", &|cell| self.area_of_face(Axis::I, cell)),
            ("RAS", &|cell| self.area_of_face(Axis::J, cell)),
            ("RAZ", &|cell| self.area_of_corner(cell)),
            ("AngleCS", &|cell| layout.centre(cell).axis[0]),
            ("AngleSN", &|cell| layout.centre(cell).axis[1]),
            ("Depth", &|cell| f64::from(self.depths[layout.index(cell)])),
        ];
        let mut bytes = 0;
        let mut write = |name: &str, values: &[f32], levels: &[usize]| {
            bytes += size_of_val(values) as u64;
            let header = meta.then(|| MdsHeader::of(&[&[layout.nx, FACES * layout.nx], levels].concat()));
            write_data(&folder.join(format!("{name}.data")), values, header.as_ref())
        };
        for (name, value) in fields {
            let values: Vec<f32> = self.cells.par_iter().map(|&cell| value(cell) as f32).collect();
            write(name, &values, &[])?;
        }
        for (name, values) in [("hFacC", &self.open.centre), ("hFacW", &self.open.west), ("hFacS", &self.open.south)] {
            write(name, values, &[self.levels])?;
        }
        Ok(bytes)
    }
}
