//! Grid fields as MITgcm writes them: `XC.data`, `XC.meta`, or in tiles.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Endian;
use super::grid_file::{GridFile, GridFileFault, GridFolder};
use super::listing::meta_path;
use crate::grid::{Extent, GridError, GridField, GridFiles, Window};

/// A folder of grid files; each is opened, and its `.meta` read, once.
#[derive(Clone, Debug)]
pub struct MdsGridFiles {
    folder: GridFolder,
    extent: Extent,
    endian: Endian,
    value_bytes: usize,
    open: Arc<Mutex<HashMap<GridField, Arc<GridFile>>>>,
}

impl MdsGridFiles {
    /// Grid files in `folder` for data of `extent`; `value_bytes` holds where there is no `.meta`.
    pub fn new(folder: &Path, extent: Extent, endian: Endian, value_bytes: usize) -> Self {
        MdsGridFiles { folder: GridFolder::new(folder), extent, endian, value_bytes, open: Arc::default() }
    }

    /// The name under which the field is there; if it is not, its first.
    fn name(&self, field: GridField) -> &'static str {
        let names = || std::iter::once(field.name()).chain(field.aliases().iter().copied());
        // Tiles are asked for last: that lists the folder.
        let whole = names().find(|name| self.folder.whole(name).is_file());
        whole.or_else(|| names().find(|name| self.folder.has(name))).unwrap_or_else(|| field.name())
    }

    fn path(&self, field: GridField) -> PathBuf {
        self.folder.whole(self.name(field))
    }

    /// All files of the fields that a run may read, with the `.meta` that they may have.
    pub fn paths(&self) -> Vec<PathBuf> {
        let files = GridField::ALL.into_iter().flat_map(|field| self.folder.files(self.name(field)));
        files.flat_map(|data| [meta_path(&data), data]).collect()
    }

    /// The field, opened at the first call.
    fn open(&self, field: GridField) -> Result<Arc<GridFile>, GridError> {
        // What a panic elsewhere left behind is whole: entries are put in by one call.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = open.get(&field) {
            return Ok(Arc::clone(found));
        }
        let opened = Arc::new(self.open_and_check(field)?);
        open.insert(field, Arc::clone(&opened));
        Ok(opened)
    }

    fn open_and_check(&self, field: GridField) -> Result<GridFile, GridError> {
        let rows = self.extent.nj * self.extent.faces;
        let shape = |got: String| GridError::Shape {
            name: field.name(),
            place: self.path(field).display().to_string(),
            got,
            expected: format!("{} x {} (ni x nj)", self.extent.ni, rows),
        };
        let stored = (self.endian, self.value_bytes);
        let file = GridFile::open_in(&self.folder, self.name(field), stored, [rows, self.extent.ni]);
        let file = file.map_err(|fault| match fault {
            GridFileFault::Unreadable(reason) => self.unreadable(field, reason),
            GridFileFault::Length(got) => shape(got),
        })?;
        let [levels, nj, ni] = file.shape();
        if (nj, ni) != (rows, self.extent.ni) {
            return Err(shape(format!("{ni} x {nj}")));
        }
        if levels != 1 && !field.has_levels() {
            return Err(shape(format!("{levels} levels")));
        }
        Ok(file)
    }

    fn unreadable(&self, field: GridField, reason: String) -> GridError {
        GridError::Unreadable { name: field.name(), place: self.path(field).display().to_string(), reason }
    }
}

impl GridFiles for MdsGridFiles {
    fn has(&self, field: GridField) -> bool {
        self.folder.has(self.name(field))
    }

    fn place(&self, field: GridField) -> String {
        self.path(field).display().to_string()
    }

    fn levels(&self, field: GridField) -> Result<usize, GridError> {
        Ok(self.open(field)?.shape()[0])
    }

    fn read(&self, field: GridField, level: usize, window: &Window) -> Result<Vec<f64>, GridError> {
        self.open(field)?.read(&self.extent, level, window).map_err(|reason| self.unreadable(field, reason))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Periodic;
    use crate::synth::{MdsHeader, write_data};

    #[test]
    fn any_window_of_any_level_is_read_and_the_file_is_opened_once() {
        let folder = tempfile::tempdir().unwrap();
        let extent = Extent { faces: 2, ..Extent::plain(300, 7, Periodic::default()) };
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
    fn tiled_fields_are_found_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let extent = Extent::plain(4, 6, Periodic::default());
        let files = || MdsGridFiles::new(folder.path(), extent, Endian::Big, 4);
        let value = |level: usize, j: usize, i: usize| (level * 100 + j * 10 + i) as f32;
        let write = |name: &str, tile: [usize; 2]| {
            let (j0, i0) = (2 * (tile[1] - 1), 3 * (tile[0] - 1));
            let bytes: Vec<u8> = (1..3)
                .flat_map(|level| (j0..j0 + 2).flat_map(move |j| (i0..i0 + 3).map(move |i| (level, j, i))))
                .flat_map(|(level, j, i)| value(level, j, i).to_be_bytes())
                .collect();
            let path = folder.path().join(format!("{name}.{:03}.{:03}", tile[0], tile[1]));
            std::fs::write(path.with_extension(format!("{:03}.data", tile[1])), bytes).unwrap();
            let range = format!("6,{},{}, 4,{},{}, 2,1,2", i0 + 1, i0 + 3, j0 + 1, j0 + 2);
            let meta = format!("dimList = [ {range} ]; dataprec = [ 'float32' ];");
            std::fs::write(path.with_extension(format!("{:03}.meta", tile[1])), meta).unwrap();
        };
        for tile in [[1, 1], [2, 1], [1, 2], [2, 2]] {
            write("hFacS", tile);
        }
        assert!(files().has(GridField::HFacS) && !files().has(GridField::HFacW));
        assert_eq!(files().levels(GridField::HFacS).unwrap(), 2);
        let window = Window { face: 0, j: 1..4, i: 2..5 };
        let expected: Vec<f64> = (1..4).flat_map(|j| (2..5).map(move |i| f64::from(value(2, j, i)))).collect();
        assert_eq!(files().read(GridField::HFacS, 2, &window).unwrap(), expected);
        // Without one tile its part is 0; a tile that is cut, or has no .meta, is an error.
        let gone = folder.path().join("hFacS.002.002.data");
        let bytes = std::fs::read(&gone).unwrap();
        std::fs::remove_file(&gone).unwrap();
        let values = files().read(GridField::HFacS, 2, &window).unwrap();
        assert_eq!(values[3..], [expected[3], 0.0, 0.0, expected[6], 0.0, 0.0]);
        std::fs::write(&gone, &bytes[1..]).unwrap();
        let error = files().read(GridField::HFacS, 2, &window).unwrap_err().to_string();
        assert!(error.contains("47 bytes of tile 002.002") && error.contains("need 48"), "{error}");
        std::fs::remove_file(folder.path().join("hFacS.001.001.meta")).unwrap();
        let error = files().read(GridField::HFacS, 2, &window).unwrap_err().to_string();
        assert!(error.contains("hFacS.001.001.meta: cannot be read"), "{error}");
    }

    #[test]
    fn other_shapes_and_lengths_are_told_and_aliases_found() {
        let folder = tempfile::tempdir().unwrap();
        let extent = Extent::plain(3, 4, Periodic::default());
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
