//! Grid fields as MITgcm writes them: `XC.data`, `XC.meta`.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Endian, Meta, Number};
use crate::grid::{Extent, GridError, GridField, GridFiles, Window};

/// Whole rows are read in pieces of about this size.
const PIECE_BYTES: usize = 1 << 20;

/// A folder of grid files; each is opened, and its `.meta` read, once.
#[derive(Clone, Debug)]
pub struct MdsGridFiles {
    folder: PathBuf,
    extent: Extent,
    endian: Endian,
    value_bytes: usize,
    open: Arc<Mutex<HashMap<GridField, Arc<OpenField>>>>,
}

/// An open file whose length and shape are right.
#[derive(Debug)]
struct OpenField {
    path: PathBuf,
    file: File,
    number: Number,
    levels: u64,
}

impl MdsGridFiles {
    /// Grid files in `folder` for data of `extent`; `value_bytes` holds where there is no `.meta`.
    pub fn new(folder: &Path, extent: Extent, endian: Endian, value_bytes: usize) -> Self {
        MdsGridFiles { folder: folder.to_owned(), extent, endian, value_bytes, open: Arc::default() }
    }

    fn path(&self, field: GridField) -> PathBuf {
        let file = |name: &str| self.folder.join(format!("{name}.data"));
        std::iter::once(field.name())
            .chain(field.aliases().iter().copied())
            .map(file)
            .find(|path| path.is_file())
            .unwrap_or_else(|| file(field.name()))
    }

    /// The field's file, opened at the first call.
    fn open(&self, field: GridField) -> Result<Arc<OpenField>, GridError> {
        // What a panic elsewhere left behind is whole: entries are put in by one call.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = open.get(&field) {
            return Ok(Arc::clone(found));
        }
        let opened = Arc::new(self.open_and_check(field)?);
        open.insert(field, Arc::clone(&opened));
        Ok(opened)
    }

    fn open_and_check(&self, field: GridField) -> Result<OpenField, GridError> {
        let path = self.path(field);
        let unreadable = |reason: String| unreadable(field, &path, reason);
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
        if levels != 1 && !field.has_levels() {
            return Err(shape(format!("{length} bytes, {levels} levels")));
        }
        let number = if value_bytes == 8 { Number::Float64(self.endian) } else { Number::Float32(self.endian) };
        Ok(OpenField { path, file, number, levels })
    }
}

fn unreadable(field: GridField, path: &Path, reason: String) -> GridError {
    GridError::Unreadable { name: field.name(), place: path.display().to_string(), reason }
}

impl GridFiles for MdsGridFiles {
    fn has(&self, field: GridField) -> bool {
        self.path(field).is_file()
    }

    fn place(&self, field: GridField) -> String {
        self.path(field).display().to_string()
    }

    fn read(&self, field: GridField, level: usize, window: &Window) -> Result<Vec<f64>, GridError> {
        let OpenField { path, file, number, levels } = &*self.open(field)?;
        if level as u64 > *levels {
            let reason = format!("has {levels} level(s), [input] level = {level} was asked for");
            return Err(unreadable(field, path, reason));
        }
        let columns = window.i.len();
        let row_bytes = columns * number.bytes();
        let rows_at_once = if columns == self.extent.ni {
            (PIECE_BYTES / row_bytes.max(1)).clamp(1, window.j.len().max(1))
        } else {
            1
        };
        let mut values = vec![0.0; window.points()];
        let mut raw = vec![0; rows_at_once * row_bytes];
        let pieces = window.j.clone().step_by(rows_at_once).zip(values.chunks_mut((rows_at_once * columns).max(1)));
        for (row, values) in pieces {
            let raw = &mut raw[..values.len() * number.bytes()];
            let value = (level - 1) * self.extent.points()
                + (window.face * self.extent.nj + row) * self.extent.ni
                + window.i.start;
            let at = value as u64 * number.bytes() as u64;
            file.read_exact_at(raw, at).map_err(|error| unreadable(field, path, error.to_string()))?;
            number.decode(raw, values);
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{MdsHeader, write_data};

    #[test]
    fn any_window_of_any_level_is_read_and_the_file_is_opened_once() {
        let folder = tempfile::tempdir().unwrap();
        let extent = Extent { faces: 2, nj: 300, ni: 7, has_faces: true };
        let value = |level: usize, row: usize, i: usize| (level * 10_000 + row * 10 + i) as f32;
        let bytes: Vec<u8> = (0..3)
            .flat_map(|level| (0..600).flat_map(move |j| (0..7).flat_map(move |i| value(level, j, i).to_be_bytes())))
            .collect();
        let path = folder.path().join("hFacC.data");
        std::fs::write(&path, &bytes).unwrap();
        let files = MdsGridFiles::new(folder.path(), extent, Endian::Big, 4);
        for (level, face, j, i) in [
            (1, 0, 0..300, 0..7),
            (3, 1, 299..300, 0..7),
            (2, 1, 17..200, 3..5),
            (2, 0, 5..5, 0..7),
            (1, 1, 0..1, 6..7),
        ] {
            let window = Window { face, j: j.clone(), i: i.clone() };
            let expected: Vec<f64> =
                j.flat_map(|j| i.clone().map(move |i| f64::from(value(level - 1, face * 300 + j, i)))).collect();
            assert_eq!(files.read(GridField::HFacC, level, &window).unwrap(), expected, "{window:?}");
            // Later reads do not need the name any more.
            let _ = std::fs::remove_file(&path);
        }
        let window = Window { face: 0, j: 0..1, i: 0..1 };
        let error = files.read(GridField::HFacC, 4, &window).unwrap_err().to_string();
        assert!(error.contains("3 level(s)") && error.contains("level = 4"), "{error}");
    }

    #[test]
    fn other_shapes_and_lengths_are_told_and_aliases_found() {
        let folder = tempfile::tempdir().unwrap();
        let extent = Extent { faces: 1, nj: 3, ni: 4, has_faces: false };
        let files = MdsGridFiles::new(folder.path(), extent, Endian::Big, 4);
        let window = Window { face: 0, j: 0..3, i: 0..4 };
        assert!(!files.has(GridField::Ra));
        let error = files.read(GridField::Ra, 1, &window).unwrap_err();
        assert!(matches!(error, GridError::Unreadable { name: "RAC", .. }), "{error}");
        std::fs::write(folder.path().join("rA.data"), [0; 47]).unwrap();
        assert!(files.has(GridField::Ra) && files.place(GridField::Ra).ends_with("rA.data"));
        let error = files.read(GridField::Ra, 1, &window).unwrap_err();
        assert!(matches!(&error, GridError::Shape { got, .. } if got.contains("47 bytes")), "{error}");
        let turned = MdsHeader { dims: vec![3, 4], fields: vec!["XC".into()], ..MdsHeader::default() };
        write_data(&folder.path().join("XC.data"), &[0.0; 12], Some(&turned)).unwrap();
        let error = files.read(GridField::Xc, 1, &window).unwrap_err().to_string();
        assert!(error.contains("has 3 x 4") && error.contains("have 4 x 3"), "{error}");
    }
}
