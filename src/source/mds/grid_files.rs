//! Grid fields as MITgcm writes them: `XC.data`, `XC.meta`.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::{Endian, Meta, Number};
use crate::grid::{Extent, GridError, GridField, GridFiles, Window};

/// A folder of grid files.
#[derive(Clone, Debug)]
pub struct MdsGridFiles {
    folder: PathBuf,
    extent: Extent,
    endian: Endian,
    value_bytes: usize,
}

impl MdsGridFiles {
    /// Grid files in `folder` for data of `extent`; `value_bytes` holds where there is no `.meta`.
    pub fn new(folder: &Path, extent: Extent, endian: Endian, value_bytes: usize) -> Self {
        MdsGridFiles { folder: folder.to_owned(), extent, endian, value_bytes }
    }

    fn path(&self, field: GridField) -> PathBuf {
        let file = |name: &str| self.folder.join(format!("{name}.data"));
        std::iter::once(field.name())
            .chain(field.aliases().iter().copied())
            .map(file)
            .find(|path| path.is_file())
            .unwrap_or_else(|| file(field.name()))
    }
}

impl GridFiles for MdsGridFiles {
    fn has(&self, field: GridField) -> bool {
        self.path(field).is_file()
    }

    fn place(&self, field: GridField) -> String {
        self.path(field).display().to_string()
    }

    fn read(&self, field: GridField, level: usize, window: &Window) -> Result<Vec<f64>, GridError> {
        let path = self.path(field);
        let unreadable =
            |reason: String| GridError::Unreadable { name: field.name(), place: path.display().to_string(), reason };
        let shape = |got: String| GridError::Shape {
            name: field.name(),
            place: path.display().to_string(),
            got,
            expected: format!("{} x {} (ni x nj)", self.extent.ni, self.extent.nj * self.extent.faces),
        };
        let file = File::open(&path).map_err(|error| unreadable(error.to_string()))?;
        let length = file.metadata().map_err(|error| unreadable(error.to_string()))?.len();
        let plane = (self.extent.points()) as u64;
        let meta_path = path.with_extension("meta");
        let (value_bytes, levels) = if meta_path.is_file() {
            let meta = Meta::read(&meta_path).map_err(|error| unreadable(error.to_string()))?;
            let (ni, nj) = (meta.dimensions[0], meta.dimensions[1]);
            if (ni, nj) != (self.extent.ni as u64, (self.extent.nj * self.extent.faces) as u64) {
                return Err(shape(format!("{ni} x {nj}")));
            }
            let bytes = if meta.data_precision.as_deref() == Some("float64") { 8 } else { 4 };
            (bytes, meta.dimensions.get(2).copied().unwrap_or(1))
        } else {
            (self.value_bytes, (length / (plane * self.value_bytes as u64)).max(1))
        };
        let expected = plane * levels * value_bytes as u64;
        if length != expected {
            return Err(shape(format!("{length} bytes where {levels} level(s) need {expected}")));
        }
        if level as u64 > levels {
            return Err(unreadable(format!("has {levels} level(s), [input] level = {level} was asked for")));
        }
        let number = if value_bytes == 8 { Number::Float64(self.endian) } else { Number::Float32(self.endian) };
        let mut values = vec![0.0; window.points()];
        let columns = window.i.len();
        let mut raw = vec![0; columns * value_bytes];
        for (row, values) in window.j.clone().zip(values.chunks_exact_mut(columns)) {
            let value = ((level - 1) as u64 * plane)
                + ((window.face * self.extent.nj + row) * self.extent.ni + window.i.start) as u64;
            file.read_exact_at(&mut raw, value * value_bytes as u64).map_err(|error| unreadable(error.to_string()))?;
            number.decode(&raw, values);
        }
        Ok(values)
    }
}
