//! One field of a grid on disk: `XC.data`, or its tiles `XC.001.001.data`.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::layout::{Assumed, Layout};
use super::listing::meta_path;
use super::mosaic::{Mosaic, Tile};
use super::plane::{Plane, tile_bytes, tile_path};
use super::{Endian, Meta};
use crate::config::{TileNumber, with_tile, without_tile};
use crate::grid::{Extent, LLC_FACES, Window};

/// A folder of grid files. It is listed only if a file is not there as a whole, and then once.
#[derive(Clone, Debug)]
pub(super) struct GridFolder {
    path: PathBuf,
    tiles: Arc<OnceLock<HashMap<String, Vec<TileNumber>>>>,
}

impl GridFolder {
    pub(super) fn new(path: &Path) -> Self {
        GridFolder { path: path.to_owned(), tiles: Arc::default() }
    }

    /// The path that a file of the whole field has.
    pub(super) fn whole(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.data"))
    }

    /// Whether the field is there, as one file or in tiles.
    pub(super) fn has(&self, name: &str) -> bool {
        self.whole(name).is_file() || !self.tiles_of(name).is_empty()
    }

    /// The files of a field, if it is there.
    pub(super) fn files(&self, name: &str) -> Vec<PathBuf> {
        let whole = self.whole(name);
        if whole.is_file() {
            return vec![whole];
        }
        let text = whole.to_string_lossy();
        self.tiles_of(name).iter().filter_map(|&number| with_tile(&text, number).map(PathBuf::from)).collect()
    }

    /// Numbers of the tiles; none where there are no tiles, or the folder cannot be listed.
    fn tiles_of(&self, name: &str) -> &[TileNumber] {
        let all = self.tiles.get_or_init(|| {
            let mut all: HashMap<String, Vec<TileNumber>> = HashMap::new();
            let entries = std::fs::read_dir(&self.path).into_iter().flatten().flatten();
            for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
                if let Some((whole, number)) = without_tile(&name) {
                    all.entry(whole).or_default().push(number);
                }
            }
            all.values_mut().for_each(|numbers| numbers.sort_unstable());
            all
        });
        all.get(&format!("{name}.data")).map_or(&[], Vec::as_slice)
    }
}

/// Rows and columns of the grid in a folder, by the `.meta` of its `XC`.
pub fn grid_shape(folder: &Path) -> Option<[usize; 2]> {
    let meta = ["XC.meta", "XC.001.001.meta"].iter().find_map(|name| Meta::read(&folder.join(name)).ok())?;
    let size = |at: usize| usize::try_from(*meta.dimensions.get(at)?).ok();
    Some([size(1)?, size(0)?])
}

/// Columns of a face, if the grid in a folder is lat-lon-cap by the length of its `XC`, 13 times a square at so many bytes a
/// value. Rectangles can have that length too.
pub fn llc_columns(folder: &Path, value_bytes: usize) -> Option<usize> {
    let bytes = std::fs::metadata(folder.join("XC.data")).ok()?.len();
    let nx = (bytes as f64 / (LLC_FACES * value_bytes) as f64).sqrt().round() as usize;
    let whole = (LLC_FACES * value_bytes * nx) as u64 * nx as u64;
    (whole == bytes && nx > 0).then_some(nx)
}

/// An open grid field whose files have the lengths and places that they should.
#[derive(Debug)]
pub struct GridFile {
    whole: PathBuf,
    layout: Layout,
    mosaic: Mosaic,
    /// The file of the whole; tiles are opened when they are read.
    file: Option<Arc<File>>,
}

/// Why a grid field cannot be read.
#[derive(Debug)]
pub enum GridFileFault {
    /// A file cannot be read, or is not what it should be.
    Unreadable(String),
    /// A file has another length than its shape says.
    Length(String),
}

impl GridFile {
    /// Opens the field `name` of `folder`; `shape`, [nj, ni], and `value_bytes` hold where there is no `.meta`.
    ///
    /// # Errors
    /// When a file cannot be read, its `.meta` or length is wrong, or tiles do not make up the domain.
    pub fn open(
        folder: &Path,
        name: &str,
        (endian, value_bytes): (Endian, usize),
        shape: [usize; 2],
    ) -> Result<Self, GridFileFault> {
        Self::open_in(&GridFolder::new(folder), name, (endian, value_bytes), shape)
    }

    pub(super) fn open_in(
        folder: &GridFolder,
        name: &str,
        (endian, value_bytes): (Endian, usize),
        shape: [usize; 2],
    ) -> Result<Self, GridFileFault> {
        let assumed = Assumed { endian, value_bytes: value_bytes as u64, shape: None };
        let whole = folder.whole(name);
        let tiles = if whole.is_file() { &[] } else { folder.tiles_of(name) };
        if tiles.is_empty() {
            Self::open_whole(whole, &assumed, shape)
        } else {
            Self::open_tiles(whole, &assumed, tiles)
        }
    }

    fn open_whole(whole: PathBuf, assumed: &Assumed, [nj, ni]: [usize; 2]) -> Result<Self, GridFileFault> {
        let (file, length) = open(&whole)?;
        let meta_path = meta_path(&whole);
        let layout = if meta_path.is_file() {
            Layout::from_meta(&read_meta(&meta_path)?, assumed).map_err(|reason| unreadable(&meta_path, &reason))?
        } else {
            Layout::from_length(length, [nj, ni], assumed)
                .map_err(|plane| GridFileFault::Length(format!("{length} bytes where {} level(s) need {plane}", 1)))?
        };
        // Layouts hold no more bytes than an i64 counts.
        let mosaic = Mosaic::whole(layout.nj as usize, layout.ni as usize);
        check_length(&layout, &mosaic.tiles()[0], length)?;
        Ok(GridFile { whole, layout, mosaic, file: Some(Arc::new(file)) })
    }

    fn open_tiles(whole: PathBuf, assumed: &Assumed, numbers: &[TileNumber]) -> Result<Self, GridFileFault> {
        let mut common: Option<Layout> = None;
        let mut tiles = Vec::new();
        for &number in numbers {
            let path = tile_path(&whole, &Tile { number: Some(number), j: 0..0, i: 0..0 });
            let meta_path = meta_path(&path);
            let meta = read_meta(&meta_path)?;
            let layout = Layout::from_meta(&meta, assumed).map_err(|reason| unreadable(&meta_path, &reason))?;
            let tile = Tile::of_meta(Some(number), &meta).ok_or_else(|| unreadable(&meta_path, "gives no range"))?;
            if let Some(other) = common.as_ref().filter(|other| **other != layout) {
                let (here, there) = (layout.describe(), other.describe());
                return Err(unreadable(&meta_path, &format!("describes {here}, other tiles {there}")));
            }
            let length = std::fs::metadata(&path).map_err(|error| unreadable(&path, &error.to_string()))?.len();
            check_length(&layout, &tile, length)?;
            common = Some(layout);
            tiles.push(tile);
        }
        let layout = common.ok_or_else(|| unreadable(&whole, "does not exist"))?;
        let mosaic = Mosaic::new(layout.nj as usize, layout.ni as usize, tiles);
        let mosaic = mosaic.map_err(|reason| unreadable(&whole, &format!("in tiles: {reason}")))?;
        Ok(GridFile { whole, layout, mosaic, file: None })
    }

    /// Levels, rows and columns.
    pub fn shape(&self) -> [usize; 3] {
        [self.layout.planes() as usize, self.layout.nj as usize, self.layout.ni as usize]
    }

    /// Whether it is in tiles.
    pub fn is_tiled(&self) -> bool {
        !self.mosaic.is_whole()
    }

    /// Values of a window of a grid of `extent`, which has this file's points, at a level, 1-based, [j, i]; 0 where no tile
    /// lies.
    ///
    /// # Errors
    /// When a file cannot be read, or the window or the level is not in it: the reason.
    pub fn read(&self, extent: &Extent, level: usize, window: &Window) -> Result<Vec<f64>, String> {
        let [levels, nj, ni] = self.shape();
        if level < 1 || level > levels {
            return Err(format!("has {levels} level(s), [input] level = {level} was asked for"));
        }
        let facet = extent.facet_of(window.face);
        let (j, i) = facet.place(window);
        if extent.points() > nj * ni || j.end > facet.nj || i.end > facet.ni {
            return Err(format!("has {nj} rows and {ni} columns, {j:?} and {i:?} were asked for"));
        }
        let mut stored = vec![0; window.points() * self.layout.number.bytes()];
        let plane = Plane { mosaic: &self.mosaic, number: self.layout.number, at: level as u64 - 1 };
        let open_tile = |at: usize| match &self.file {
            Some(file) => Ok(Arc::clone(file)),
            None => {
                let path = tile_path(&self.whole, &self.mosaic.tiles()[at]);
                File::open(&path).map(Arc::new).map_err(|error| format!("{}: {error}", path.display()))
            }
        };
        plane.read(extent, window, &mut stored, open_tile, |_, error| error.to_string())?;
        let mut values = vec![0.0; window.points()];
        self.layout.number.decode(&stored, &mut values);
        Ok(values)
    }
}

fn unreadable(path: &Path, reason: &str) -> GridFileFault {
    GridFileFault::Unreadable(format!("{}: {reason}", path.display()))
}

fn read_meta(path: &Path) -> Result<Meta, GridFileFault> {
    Meta::read(path).map_err(|reason| unreadable(path, &reason))
}

fn open(path: &Path) -> Result<(File, u64), GridFileFault> {
    let file = File::open(path).map_err(|error| GridFileFault::Unreadable(error.to_string()))?;
    let length = file.metadata().map_err(|error| GridFileFault::Unreadable(error.to_string()))?.len();
    Ok((file, length))
}

fn check_length(layout: &Layout, tile: &Tile, length: u64) -> Result<(), GridFileFault> {
    let expected = tile_bytes(tile, layout.planes(), layout.number);
    if length == expected {
        return Ok(());
    }
    let of_tile = if tile.number.is_some() { format!(" of tile {}", tile.describe()) } else { String::new() };
    let need = format!("{length} bytes{of_tile} where {} level(s) need {expected}", layout.planes());
    Err(GridFileFault::Length(need))
}
