//! What every rank knows of the files.

use std::fs::File;
use std::ops::Range;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::{SourceError, TimeAxis};
use super::{MdsBlock, Number};
use crate::grid::Extent;

/// Files and their layout, as rank 0 found them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MdsCatalog {
    /// Size of the native grid.
    pub extent: Extent,
    /// Stored type.
    pub number: Number,
    /// Analysed times.
    pub time: TimeAxis,
    /// Folder that the names are relative to.
    pub folder: PathBuf,
    /// Fields in the order of the configuration.
    pub fields: Vec<MdsCatalogField>,
}

/// One field of the catalog.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MdsCatalogField {
    /// Name in the configuration.
    pub name: String,
    /// File of each time; none where missing.
    pub files: Vec<Option<PathBuf>>,
    /// First byte of the chosen level and record.
    pub offset_bytes: u64,
    /// Length of every file.
    pub length_bytes: u64,
}

impl MdsCatalog {
    /// The file of a snapshot, or the name of its time where it is missing.
    pub fn place(&self, field: usize, step: usize) -> String {
        match &self.fields[field].files[step] {
            Some(file) => self.folder.join(file).display().to_string(),
            None => format!("{} at {} (no file)", self.fields[field].name, self.time.date(step)),
        }
    }

    /// Opens the files of a run of steps.
    ///
    /// # Errors
    /// When one cannot be opened, or its length is no longer that of the first look.
    pub fn open_block(&self, field: usize, steps: Range<usize>) -> Result<MdsBlock, SourceError> {
        let layout = &self.fields[field];
        let files = layout.files[steps]
            .iter()
            .map(|file| {
                let Some(file) = file else { return Ok(None) };
                let path = self.folder.join(file);
                let handle = File::open(&path).map_err(|error| SourceError::io(&path, &error))?;
                let got = handle.metadata().map_err(|error| SourceError::io(&path, &error))?.len();
                if got != layout.length_bytes {
                    return Err(SourceError::Length {
                        path,
                        got,
                        expected: layout.length_bytes,
                        why: "its length when the run started".into(),
                        more: String::new(),
                    });
                }
                Ok(Some((path, handle)))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(MdsBlock::new(files, self.extent, self.number, layout.offset_bytes))
    }
}
