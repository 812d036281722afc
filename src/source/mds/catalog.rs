//! What every rank knows of the files.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::{LostSnapshots, SourceError, TimeAxis};
use super::block::Stored;
use super::listing::meta_path;
use super::mosaic::Mosaic;
use super::plane::tile_path;
use super::shrunk::{Shrunk, ShrunkIndex};
use super::{MdsBlock, Number};
use crate::grid::{Bits, Extent, GridField, Window};

/// Files and their layout, as rank 0 found them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MdsCatalog {
    /// Size of the native grid.
    pub extent: Extent,
    /// Stored type.
    pub number: Number,
    /// Levels of a field in its file.
    pub levels: u64,
    /// Analysed times.
    pub time: TimeAxis,
    /// Folder that the names are relative to.
    pub folder: PathBuf,
    /// Fields in the order of the configuration.
    pub fields: Vec<MdsCatalogField>,
    /// Snapshots of the analysed times that are not there or cannot be used.
    pub lost: LostSnapshots,
    /// What the log should say of the files.
    pub notes: Vec<String>,
}

/// One field of the catalog.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MdsCatalogField {
    /// Name in the configuration.
    pub name: String,
    /// File of each time, by the name that a file of the whole has; none where there is nothing to read.
    pub files: Vec<Option<PathBuf>>,
    /// Place of the chosen level and record among the planes of a file.
    pub plane: u64,
    /// Planes of a file.
    pub planes: u64,
    /// The file's part of the domain: all of it, or tiles.
    pub mosaic: Mosaic,
    /// Of files that hold the wet words alone, how many.
    pub shrunk: Option<Shrunk>,
    /// Where those words belong; each rank makes it from the mask.
    #[serde(skip)]
    pub index: Option<Arc<ShrunkIndex>>,
}

impl MdsCatalog {
    /// The file of a snapshot, or the name of its time where there is none to read.
    pub fn place(&self, field: usize, step: usize) -> String {
        let layout = &self.fields[field];
        match &layout.files[step] {
            Some(file) if layout.mosaic.is_whole() => self.folder.join(file).display().to_string(),
            Some(file) => format!("{} (in tiles)", self.folder.join(file).display()),
            None => format!("{} at {} (no file)", layout.name, self.time.date(step)),
        }
    }

    /// All files that may be read, with the `.meta` that they may have.
    pub fn paths(&self) -> Vec<PathBuf> {
        let mut paths = Vec::new();
        for field in &self.fields {
            for file in field.files.iter().flatten() {
                let whole = self.folder.join(file);
                let tiles = field.mosaic.tiles().iter().map(|tile| tile_path(&whole, tile));
                paths.extend(tiles.flat_map(|data| [meta_path(&data), data]));
            }
        }
        paths
    }

    /// Opens the files of a run of steps; those of tiles are opened when they are read.
    ///
    /// # Errors
    /// When one cannot be opened, or its length is no longer that of the first look.
    pub fn open_block(&self, field: usize, steps: Range<usize>) -> Result<MdsBlock, SourceError> {
        let layout = &self.fields[field];
        let files = layout.files[steps].iter().map(|file| file.as_ref().map(|file| self.folder.join(file))).collect();
        let stored = match (&layout.shrunk, &layout.index) {
            (Some(shrunk), Some(index)) => Stored::Shrunk(Arc::clone(index), shrunk.words),
            _ => Stored::Planes(layout.plane, layout.planes),
        };
        MdsBlock::new(self.extent, (layout.mosaic.clone(), self.number), stored, files)
    }

    /// Makes the indices of shrunk files from the masks of the level that is read.
    pub fn set_masks(&mut self, mask: impl Fn(GridField) -> Arc<Bits>) {
        let mut known: Vec<(Shrunk, Arc<ShrunkIndex>)> = Vec::new();
        for field in &mut self.fields {
            let Some(shrunk) = field.shrunk else { continue };
            let index =
                match known.iter().find(|(of, _)| of.mask == shrunk.mask && of.words_before == shrunk.words_before) {
                    Some((_, index)) => Arc::clone(index),
                    None => Arc::new(ShrunkIndex::new(self.extent, mask(shrunk.mask), shrunk.words_before)),
                };
            known.push((shrunk, Arc::clone(&index)));
            field.index = Some(index);
        }
    }

    /// Stored values of a window of a snapshot of a field.
    pub fn stored_values(&self, field: usize, window: &Window) -> u64 {
        self.fields[field].index.as_ref().map_or(window.points() as u64, |index| index.words(window))
    }
}
