//! Maps, gathered from their owners and written by one rank a file.

use rayon::ThreadPool;

use super::contents::{Contents, TimeSegmentAxis};
use super::finished::FinishedTiles;
use super::groups::tile_groups;
use super::layout::TIME_SEGMENT_BOUNDS;
use super::setup::Setup;
use crate::Error;
use crate::config::Config;
use crate::exchange::{World, agree};
use crate::fault;
use crate::grid::GridField;
use crate::plan::{Plan, Tile};
use crate::product::{GeometryMap, Leading, LeadingLengths, MapArray, MapKind, geometry_maps};
use crate::report::{Phase, Timings};
use crate::source::StepStatus;
use crate::store::{ResultStore, Values};
use crate::terms::{Averaging, LANES, Precision, inertial_frequency};

/// One file of a map: rows of a face.
#[derive(Clone)]
struct MapBlock {
    face: usize,
    row: usize,
    rows: std::ops::Range<usize>,
}

impl MapBlock {
    fn holds(&self, tile: &Tile) -> bool {
        tile.face == self.face && self.rows.contains(&tile.j.start)
    }
}

/// Writes maps; every file has its writer among the ranks.
pub(super) struct MapWriter<'a> {
    pub(super) config: &'a Config,
    pub(super) setup: &'a Setup,
    pub(super) plan: &'a Plan,
    pub(super) store: &'a ResultStore,
    pub(super) pool: &'a ThreadPool,
    pub(super) timings: &'a Timings,
}

/// Values of a map of one kind, from float64.
fn with_values<R>(kind: MapKind, precision: Precision, values: &[f64], write: impl FnOnce(Values<'_>) -> R) -> R {
    match (kind, precision) {
        (MapKind::Real, Precision::F64) => write(Values::F64(values)),
        (MapKind::Real, Precision::F32) | (MapKind::Float32, _) => {
            write(Values::F32(&values.iter().map(|&value| value as f32).collect::<Vec<_>>()))
        }
        (MapKind::Int32, _) => write(Values::I32(&values.iter().map(|&value| value as i32).collect::<Vec<_>>())),
        (MapKind::UInt8, _) => write(Values::U8(&values.iter().map(|&value| value as u8).collect::<Vec<_>>())),
    }
}

impl MapWriter<'_> {
    fn blocks(&self) -> Vec<MapBlock> {
        let tiling = &self.plan.tiling;
        (0..tiling.faces)
            .flat_map(|face| {
                (0..tiling.map_blocks_per_face()).map(move |row| MapBlock {
                    face,
                    row,
                    rows: row * tiling.map_nj..((row + 1) * tiling.map_nj).min(tiling.nj),
                })
            })
            .collect()
    }

    /// Collective: gathers and writes the maps of all products.
    ///
    /// # Errors
    /// When the journal cannot be read or a file cannot be written. The ranks agree on it whenever each has written a file.
    pub(super) fn write_products(
        &self,
        world: &dyn World,
        contents: &Contents,
        finished: &FinishedTiles<'_>,
    ) -> Result<(), Error> {
        let planes =
            contents.maps.iter().flat_map(|(map, planes)| planes.clone().map(move |at| (at, (map, at - planes.start))));
        let planes: Vec<(usize, (&MapArray, usize))> = planes.collect();
        let mut result = Ok(());
        let mut turn = 0;
        for block in self.blocks() {
            for (at, (map, plane)) in &planes {
                let writer = turn % world.size();
                turn += 1;
                let mine = self.writing(|| finished.plane(*at, |tile| block.holds(tile))).unwrap_or_else(|error| {
                    result = Err(error);
                    Vec::new()
                });
                let parts = world.gather(writer, bytemuck::cast_slice(&mine));
                if world.rank() == writer {
                    let written = self.writing(|| match self.assemble(&block, finished, &parts, map.kind) {
                        Some(values) => self.write((map, *plane), &contents.lengths, &block, &values),
                        None => Ok(()),
                    });
                    result = result.and(written);
                }
                if turn.is_multiple_of(world.size()) {
                    agree(world, std::mem::replace(&mut result, Ok(())), Error::exit_code)?;
                }
            }
        }
        agree(world, result, Error::exit_code)
    }

    /// One plane of a block, [j, i], from the lanes that those who read it sent; none where a rank has less than it should,
    /// and brings an error.
    fn assemble(
        &self,
        block: &MapBlock,
        finished: &FinishedTiles<'_>,
        parts: &[Vec<u8>],
        kind: MapKind,
    ) -> Option<Vec<f64>> {
        let nothing = kind.nothing();
        let width = self.plan.tiling.ni;
        let mut values = vec![nothing; block.rows.len() * width];
        let mut next = vec![0; parts.len()];
        for (tile, holder) in finished.holders(|tile| block.holds(tile)) {
            for group in tile_groups(&self.setup.grid.analysed, &self.setup.lattice, tile) {
                let bytes = parts[holder].get(next[holder]..next[holder] + LANES * 8)?;
                next[holder] += LANES * 8;
                let row = tile.j.start + group.row as usize - block.rows.start;
                let first = row * width + tile.i.start + group.column as usize;
                for (lane, bytes) in
                    bytes.as_chunks::<8>().0.iter().enumerate().filter(|(lane, _)| group.active >> lane & 1 == 1)
                {
                    values[first + lane] = f64::from_ne_bytes(*bytes);
                }
            }
        }
        Some(values)
    }

    /// Writes one plane of a map, by its number in the order of what stands before the grid's dimensions.
    fn write(
        &self,
        (map, plane): (&MapArray, usize),
        lengths: &LeadingLengths,
        block: &MapBlock,
        values: &[f64],
    ) -> Result<(), Error> {
        fault::at("maps")?;
        let face = self.setup.grid.extent.has_faces().then_some(block.face as u64);
        let mut rest = plane;
        let mut index = vec![0, block.row as u64];
        index.extend(face);
        for &dimension in map.over.iter().rev() {
            index.push((rest % lengths.of(dimension)) as u64);
            rest /= lengths.of(dimension);
        }
        index.reverse();
        with_values(map.kind, self.config.spectrum.precision, values, |values| {
            self.write_chunk(&map.name, &index, values)
        })
    }

    fn write_chunk(&self, array: &str, index: &[u64], values: Values<'_>) -> Result<(), Error> {
        let bytes = self.pool.install(|| self.store.write_chunk(array, index, values))?;
        self.timings.add_bytes(Phase::Write, bytes);
        Ok(())
    }

    /// Writes an array of one chunk with so many dimensions.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(super) fn write_whole(&self, array: &str, dimensions: usize, values: Values<'_>) -> Result<(), Error> {
        self.write_chunk(array, &vec![0; dimensions], values)
    }

    /// Does what this rank does alone and counts its time.
    fn writing<R>(&self, work: impl FnOnce() -> R) -> R {
        self.timings.time(Phase::Write, 1, work)
    }

    /// Writes the maps of the grid that fall to this rank.
    ///
    /// # Errors
    /// When the grid cannot be read or a file cannot be written.
    pub(super) fn write_geometry(&self, world: &dyn World) -> Result<(), Error> {
        let blocks = self.blocks();
        let all = geometry_maps(&self.setup.grid);
        let work = blocks.iter().flat_map(|block| all.iter().map(move |(what, map)| (block, what, map)));
        for (block, what, map) in work.skip(world.rank()).step_by(world.size()) {
            let values = self.geometry(*what, block)?;
            self.write((map, 0), &LeadingLengths::default(), block, &values)?;
        }
        Ok(())
    }

    fn geometry(&self, what: GeometryMap, block: &MapBlock) -> Result<Vec<f64>, Error> {
        let lattice = &self.setup.lattice;
        let field = match what {
            GeometryMap::Mask => {
                let face = lattice.faces[block.face];
                let wet = |j, i| f64::from(u8::from(self.setup.grid.wet.get(face, lattice.j.native(j), i)));
                return Ok(block.rows.clone().flat_map(|j| lattice.i.indices().map(move |i| wet(j, i))).collect());
            }
            GeometryMap::Field(field) => field,
            GeometryMap::InertialFrequency => GridField::Yc,
        };
        let mut values = lattice.read(self.setup.grid_files(), field, block.face, &block.rows, &(0..lattice.i.len))?;
        if what == GeometryMap::InertialFrequency {
            values.iter_mut().for_each(|value| *value = inertial_frequency(*value).0);
        }
        Ok(values)
    }

    /// Rank 0: the axes, with the status of every time.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(super) fn write_axes(
        &self,
        frequencies: &[(&str, Vec<f64>)],
        segments: Option<&TimeSegmentAxis>,
        status: &[StepStatus],
    ) -> Result<(), Error> {
        let lattice = &self.setup.lattice;
        let write = |name: &str, values: Values<'_>| self.write_whole(name, 1, values);
        let whole = |values: &mut dyn Iterator<Item = usize>| values.map(|value| value as i64).collect::<Vec<_>>();
        if self.setup.grid.extent.has_faces() {
            write("face", Values::I64(&whole(&mut lattice.faces.iter().copied())))?;
        }
        write("j", Values::I64(&whole(&mut lattice.j.indices())))?;
        write("i", Values::I64(&whole(&mut lattice.i.indices())))?;
        for (name, values) in frequencies {
            write(name, Values::F64(values))?;
        }
        let time = self.setup.catalog.time();
        if let Some(TimeSegmentAxis { average, labels, bounds }) = segments {
            let name = Leading::TimeSegment.name();
            if *average == Averaging::Segment {
                // As the times of the snapshots are.
                let since = |seconds: f64| seconds - time.epoch_seconds as f64;
                let middles: Vec<f64> = bounds.iter().map(|[from, to]| since(0.5 * (from + to))).collect();
                let edges: Vec<f64> = bounds.iter().flatten().map(|&edge| since(edge)).collect();
                write(name, Values::F64(&middles))?;
                self.write_whole(TIME_SEGMENT_BOUNDS, 2, Values::F64(&edges))?;
            } else {
                write(name, Values::Text(labels))?;
            }
        }
        write("time", Values::F64(&(0..time.len()).map(|step| time.seconds(step)).collect::<Vec<_>>()))?;
        let status: Vec<u8> = status.iter().map(|&status| status as u8).collect();
        write("time_status", Values::U8(&status))?;
        if !self.config.bands.is_empty() {
            let names: Vec<String> = self.config.bands.iter().map(|band| band.name.clone()).collect();
            let limits: Vec<String> =
                self.config.bands.iter().map(|band| format!("{} to {}", band.written[0], band.written[1])).collect();
            write("band", Values::Text(&names))?;
            write("band_limits", Values::Text(&limits))?;
        }
        Ok(())
    }
}
