//! Reading a window of one plane [j, i] from a file or from its tiles.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Number;
use super::mosaic::{Mosaic, Tile};
use crate::config::with_tile;
use crate::grid::{Extent, Window};

/// Rows that lie together are read in pieces of about this size.
pub(super) const PIECE_BYTES: usize = 1 << 20;

/// One plane of a field: the same place in the file of every time, or in every tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane<'a> {
    pub(super) mosaic: &'a Mosaic,
    pub(super) number: Number,
    /// 0-based place among the planes of a file.
    pub(super) at: u64,
}

/// The file that holds a tile; `whole` is the name that a file of the whole would have.
pub(super) fn tile_path(whole: &Path, tile: &Tile) -> PathBuf {
    let Some(number) = tile.number else { return whole.to_owned() };
    with_tile(&whole.to_string_lossy(), number).map_or_else(|| whole.to_owned(), PathBuf::from)
}

/// Length of a tile's file of `planes` planes.
pub(super) fn tile_bytes(tile: &Tile, planes: u64, number: Number) -> u64 {
    tile.points() as u64 * planes * number.bytes() as u64
}

/// A rectangle whose rows lie one after the other in a file.
struct Rows<'a> {
    file: &'a File,
    /// Values of the file before its first.
    values_before: u64,
    /// Its place.
    j: Range<usize>,
    i: Range<usize>,
}

impl Plane<'_> {
    /// Reads the stored bytes of a window of a grid of `extent` into `stored`, [j, i]; 0 where no tile lies. Returns bytes
    /// read.
    ///
    /// `open` gives the file of a tile, by its place among the mosaic's; `failed` makes an error of one that cannot be
    /// read. Whole rows of a tile or facet are read together, parts of rows row by row.
    pub(super) fn read<E>(
        &self,
        extent: &Extent,
        window: &Window,
        stored: &mut [u8],
        mut open: impl FnMut(usize) -> Result<Arc<File>, E>,
        failed: impl Fn(usize, io::Error) -> E,
    ) -> Result<u64, E> {
        let facet = extent.facet_of(window.face);
        let (j, i) = facet.place(window);
        if extent.has_faces() {
            let file = open(0)?;
            let plane = self.at * extent.points() as u64;
            let values_before = plane + extent.values_before(&facet) as u64;
            let rows = Rows { file: &file, values_before, j: 0..facet.nj, i: 0..facet.ni };
            return self.read_rows(&rows, (&j, &i), stored).map_err(|error| failed(0, error));
        }
        if !self.mosaic.blank().is_empty() {
            stored.fill(0);
        }
        let mut bytes = 0;
        for (at, tile) in self.mosaic.touching(&j, &i) {
            let file = open(at)?;
            let values_before = self.at * tile.points() as u64;
            let rows = Rows { file: &file, values_before, j: tile.j.clone(), i: tile.i.clone() };
            bytes += self.read_rows(&rows, (&j, &i), stored).map_err(|error| failed(at, error))?;
        }
        Ok(bytes)
    }

    /// Reads what a rectangle has of rows `j` and columns `i`.
    fn read_rows(&self, of: &Rows<'_>, (j, i): (&Range<usize>, &Range<usize>), stored: &mut [u8]) -> io::Result<u64> {
        let value_bytes = self.number.bytes();
        let rows = j.start.max(of.j.start)..j.end.min(of.j.end);
        let columns = i.start.max(of.i.start)..i.end.min(of.i.end);
        let row_bytes = columns.len() * value_bytes;
        let whole = columns.len() == of.i.len();
        let rows_at_once = if whole { (PIECE_BYTES / row_bytes.max(1)).clamp(1, rows.len()) } else { 1 };
        let mut buffer = Vec::new();
        let mut bytes = 0;
        for first in rows.clone().step_by(rows_at_once) {
            let piece = first..(first + rows_at_once).min(rows.end);
            let value = of.values_before + ((first - of.j.start) * of.i.len() + columns.start - of.i.start) as u64;
            let place = |row: usize| ((row - j.start) * i.len() + columns.start - i.start) * value_bytes;
            let mut read = |to: &mut [u8]| {
                bytes += to.len() as u64;
                of.file.read_exact_at(to, value * value_bytes as u64)
            };
            if columns.len() == i.len() || piece.len() == 1 {
                // They lie in the window as they lie in the file.
                let start = place(first);
                read(&mut stored[start..start + piece.len() * row_bytes])?;
                continue;
            }
            buffer.resize(piece.len() * row_bytes, 0);
            read(&mut buffer)?;
            for (row, values) in piece.zip(buffer.chunks_exact(row_bytes)) {
                stored[place(row)..place(row) + row_bytes].copy_from_slice(values);
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Endian;
    use super::super::mosaic::tests::tile;
    use super::*;
    use crate::grid::Periodic;

    /// Every window of a domain of uneven tiles, one of which is blank, in two planes of two.
    #[test]
    fn any_window_is_read_from_any_tiles() {
        let folder = tempfile::tempdir().unwrap();
        let (nj, ni) = (5, 7);
        let extent = Extent::plain(nj, ni, Periodic::default());
        let value = |plane: usize, j: usize, i: usize| (plane * 100 + j * 10 + i + 1) as f32;
        let tiles = vec![tile([1, 1], 0..2, 0..3), tile([2, 1], 0..2, 3..7), tile([1, 2], 2..5, 0..6)];
        for (mosaic, blank) in
            [(Mosaic::new(nj, ni, tiles).unwrap(), (2..5, 6..7)), (Mosaic::whole(nj, ni), (0..0, 0..0))]
        {
            let whole = folder.path().join("U.0000000001.data");
            let files: Vec<Arc<File>> = mosaic
                .tiles()
                .iter()
                .map(|tile| {
                    let points = (0..2).flat_map(|plane| {
                        let row = move |j| tile.i.clone().map(move |i| value(plane, j, i));
                        tile.j.clone().flat_map(row)
                    });
                    let bytes: Vec<u8> = points.flat_map(f32::to_be_bytes).collect();
                    let path = tile_path(&whole, tile);
                    assert_eq!(bytes.len() as u64, tile_bytes(tile, 2, Number::Float32(Endian::Big)));
                    std::fs::write(&path, bytes).unwrap();
                    Arc::new(File::open(&path).unwrap())
                })
                .collect();
            for at in 0..2 {
                let plane = Plane { mosaic: &mosaic, number: Number::Float32(Endian::Big), at: at as u64 };
                for (j0, j1) in (0..nj).flat_map(|j0| (j0..=nj).map(move |j1| (j0, j1))) {
                    for (i0, i1) in (0..ni).flat_map(|i0| (i0..=ni).map(move |i1| (i0, i1))) {
                        let (j, i) = (j0..j1, i0..i1);
                        let mut stored = vec![7; j.len() * i.len() * 4];
                        let open = |at: usize| Ok::<_, io::Error>(Arc::clone(&files[at]));
                        let bytes = plane
                            .read(
                                &extent,
                                &Window { face: 0, j: j.clone(), i: i.clone() },
                                &mut stored,
                                open,
                                |_, error| error,
                            )
                            .unwrap();
                        let mut out = vec![f64::NAN; j.len() * i.len()];
                        plane.number.decode(&stored, &mut out);
                        let is_blank = |j: usize, i: usize| blank.0.contains(&j) && blank.1.contains(&i);
                        let points = || j.clone().flat_map(|j| i.clone().map(move |i| (j, i)));
                        let expected: Vec<f64> = points()
                            .map(|(j, i)| if is_blank(j, i) { 0.0 } else { f64::from(value(at, j, i)) })
                            .collect();
                        assert_eq!(out, expected, "{j:?} {i:?}");
                        assert_eq!(bytes, 4 * points().filter(|&(j, i)| !is_blank(j, i)).count() as u64);
                    }
                }
            }
        }
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 4, "{names:?}");
        assert!(names.iter().any(|name| name == "U.0000000001.002.001.data"));
    }

    #[test]
    fn many_rows_are_read_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let (nj, ni) = (5, 100_000);
        let extent = Extent::plain(nj, ni, Periodic::default());
        let bytes: Vec<u8> = (0..nj * ni).flat_map(|at| (at as f32).to_le_bytes()).collect();
        std::fs::write(&path, bytes).unwrap();
        let file = Arc::new(File::open(&path).unwrap());
        let mosaic = Mosaic::whole(nj, ni);
        let plane = Plane { mosaic: &mosaic, number: Number::Float32(Endian::Little), at: 0 };
        let (mut stored, mut out) = (vec![0; nj * ni * 4], vec![0.0_f32; nj * ni]);
        let open = |_| Ok::<_, io::Error>(Arc::clone(&file));
        plane.read(&extent, &Window { face: 0, j: 0..nj, i: 0..ni }, &mut stored, open, |_, error| error).unwrap();
        plane.number.decode(&stored, &mut out);
        assert!(out.iter().enumerate().all(|(at, &value)| value == at as f32));
    }
}
