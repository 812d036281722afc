//! Lists where the chunks of a dataset are.

use super::super::super::dataset::ArrayInfo;
use super::super::ChunkTable;
use super::access::OpenFile;
use super::raw::{ChunkIndex, FoundChunk, Odd, walk};

/// The grid of chunks of an array.
pub(super) struct Grid<'a> {
    name: &'a str,
    chunk: &'a [u64],
    /// Chunks along each dimension.
    counts: Vec<u64>,
    /// Chunks in all.
    count: usize,
    /// Bytes of a whole chunk.
    chunk_bytes: u64,
    file_bytes: u64,
}

/// Most chunks of a table: 1.6 GB of places.
const MOST_CHUNKS: u64 = 1 << 27;
/// A table of so many chunks, 12 MB, is made for any file.
const SMALL_TABLE: u64 = 1 << 20;

impl<'a> Grid<'a> {
    /// Counts the chunks, which has to fit a file of so many bytes: the index of a stored chunk takes more than 8.
    pub(super) fn new(array: &'a ArrayInfo, chunk: &'a [u64], file_bytes: u64) -> Result<Self, Odd> {
        let name = &array.name;
        let counts: Vec<u64> =
            array.shape.iter().zip(chunk).map(|(length, chunk)| length.div_ceil((*chunk).max(1))).collect();
        let count = counts.iter().try_fold(1_u64, |product, count| product.checked_mul(*count));
        let most = MOST_CHUNKS.min(SMALL_TABLE.max(file_bytes / 8));
        let Some(count) = count.filter(|count| *count <= most) else {
            return Err(Odd(format!(
                "{name} of {:?} values in chunks of {chunk:?} has more chunks than the {most} that can be believed of a \
                 file of {file_bytes} bytes",
                array.shape
            )));
        };
        let chunk_bytes = chunk.iter().product::<u64>() * array.element.bytes() as u64;
        Ok(Grid { name, chunk, counts, count: count as usize, chunk_bytes, file_bytes })
    }

    /// Place of a chunk in the order of the grid.
    fn place(&self, found: &FoundChunk) -> Result<usize, Odd> {
        let mut place = 0;
        for ((start, chunk), count) in found.start.iter().zip(self.chunk).zip(&self.counts) {
            if start % chunk != 0 || start / chunk >= *count {
                return Err(Odd(format!(
                    "{} has a chunk at {:?}, which is no place of the grid of {:?} chunks of {:?} values",
                    self.name, found.start, self.counts, self.chunk
                )));
            }
            place = place * count + start / chunk;
        }
        Ok(place as usize)
    }
}

/// Collects the places of chunks.
struct Table<'a> {
    grid: &'a Grid<'a>,
    filtered: bool,
    addresses: Vec<u64>,
    sizes: Vec<u32>,
    masks: Vec<(u64, u32)>,
}

impl<'a> Table<'a> {
    fn new(grid: &'a Grid<'a>, filtered: bool) -> Self {
        let sizes = if filtered { vec![0; grid.count] } else { Vec::new() };
        Table { grid, filtered, addresses: vec![ChunkTable::NOT_THERE; grid.count], sizes, masks: Vec::new() }
    }

    fn insert(&mut self, found: FoundChunk) -> Result<(), Odd> {
        let Grid { name, chunk_bytes, file_bytes, .. } = *self.grid;
        let FoundChunk { start, address, bytes, mask } = &found;
        let place = self.grid.place(&found)?;
        if self.addresses[place] != ChunkTable::NOT_THERE {
            return Err(Odd(format!("{name} has two chunks at {start:?}")));
        }
        if address.checked_add(*bytes).is_none_or(|end| end > file_bytes) {
            return Err(Odd(format!(
                "the chunk of {name} at {start:?} would have {bytes} bytes from byte {address} on, but the file has \
                 {file_bytes}"
            )));
        }
        if !self.filtered && *bytes != chunk_bytes {
            return Err(Odd(format!(
                "the chunk of {name} at {start:?} has {bytes} bytes, expected {chunk_bytes} since there are no filters"
            )));
        }
        self.addresses[place] = *address;
        if self.filtered {
            self.sizes[place] = u32::try_from(*bytes)
                .map_err(|_| Odd(format!("the chunk of {name} at {start:?} would have {bytes} bytes")))?;
        }
        if *mask != 0 {
            self.masks.push((place as u64, *mask));
        }
        Ok(())
    }

    fn finish(mut self) -> ChunkTable {
        self.masks.sort_unstable();
        ChunkTable { addresses: self.addresses, sizes: self.sizes, masks: self.masks }
    }
}

/// Most chunks that the library is asked for: it looks through all of them for each one.
pub(super) const MOST_BY_LIBRARY: usize = 1 << 13;

/// Lists the chunks: by the file's own tree, and where that is not as expected, by the library.
pub(super) fn chunk_table(grid: &Grid, filtered: bool, open: &OpenFile, index: &ChunkIndex) -> Result<ChunkTable, Odd> {
    let ChunkIndex::Btree(root) = index else {
        return by_library(grid, filtered, open);
    };
    by_tree(grid, filtered, open, *root).or_else(|error| by_library(grid, filtered, open).map_err(|_| error))
}

pub(super) fn by_tree(grid: &Grid, filtered: bool, open: &OpenFile, root: u64) -> Result<ChunkTable, Odd> {
    let mut table = Table::new(grid, filtered);
    walk(&open.bytes(), root, grid.chunk.len(), &mut |found| table.insert(found))?;
    Ok(table.finish())
}

pub(super) fn by_library(grid: &Grid, filtered: bool, open: &OpenFile) -> Result<ChunkTable, Odd> {
    let missed = |what: &str| Odd(format!("the HDF5 library does not find the {what} of {}", grid.name));
    let dataset = open.dataset(grid.name).ok_or_else(|| missed("dataset"))?;
    let count = dataset.num_chunks().ok_or_else(|| missed("chunks"))?;
    if count > MOST_BY_LIBRARY {
        return Err(Odd(format!("{} has {count} chunks, too many to ask the HDF5 library for each", grid.name)));
    }
    let mut table = Table::new(grid, filtered);
    for chunk in 0..count {
        let info = dataset.chunk_info(chunk).ok_or_else(|| missed(&format!("chunk {chunk} of {count}")))?;
        table.insert(FoundChunk {
            start: info.offset,
            address: info.addr,
            bytes: info.size,
            mask: info.filter_mask,
        })?;
    }
    Ok(table.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::netcdf::netcdf4::library::with_library;
    use crate::source::netcdf::netcdf4::raw::Layout;

    /// The tree and the library list the same chunks, also where some are missing or stored without filters.
    #[test]
    fn the_tree_is_what_the_library_tells() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("tree.nc");
        let file = hdf5::File::with_options().with_fcpl(|p| p.istore_k(3)).create(&made).unwrap();
        let dataset = file.new_dataset::<i16>().chunk((2, 3)).deflate(1).shape((40, 41)).create("deep").unwrap();
        dataset.write_raw(&(0..1640).collect::<Vec<i16>>()).unwrap();
        let plain = file.new_dataset::<i16>().chunk((2, 3)).shape((40, 41)).create("plain").unwrap();
        plain.write_raw(&(0..1640).collect::<Vec<i16>>()).unwrap();
        drop((file, dataset, plain));
        let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/netcdf");
        let mut compared = 0;
        for path in [made, fixtures.join("masks.nc"), fixtures.join("layouts.nc"), fixtures.join("model.nc")] {
            let described = crate::source::netcdf::describe(&path).unwrap();
            with_library(&path, || {
                let open = OpenFile::open(&path)?;
                for array in &described.arrays {
                    let Ok(header) = open.header(&array.name) else { continue };
                    let Layout::Chunked { chunk, index: ChunkIndex::Btree(root), .. } = &header.layout else {
                        continue;
                    };
                    let (grid, filtered) = (Grid::new(array, chunk, open.length).unwrap(), !header.filters.is_empty());
                    let tree = by_tree(&grid, filtered, &open, *root).unwrap();
                    assert_eq!(tree, by_library(&grid, filtered, &open).unwrap(), "{}", array.name);
                    assert_eq!(tree.addresses.len(), grid.count);
                    compared += 1;
                }
                Ok(())
            })
            .unwrap();
        }
        assert!(compared >= 8, "{compared}");
    }

    #[test]
    fn chunks_that_cannot_be_are_refused() {
        let described = crate::source::netcdf::describe(
            &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/netcdf/masks.nc"),
        );
        let array = described.unwrap().arrays.remove(0);
        let grid = Grid::new(&array, &[3, 4, 5], 1000).unwrap();
        let chunk = |start: [u64; 3], address, bytes| FoundChunk { start: start.into(), address, bytes, mask: 0 };
        let mut table = Table::new(&grid, true);
        table.insert(chunk([3, 4, 5], 900, 100)).unwrap();
        let mut refused = |found, part: &str| {
            let Odd(text) = table.insert(found).unwrap_err();
            assert!(text.contains(part), "{text}");
        };
        refused(chunk([3, 4, 5], 0, 10), "two chunks at [3, 4, 5]");
        refused(chunk([0, 0, 0], 901, 100), "100 bytes from byte 901 on, but the file has 1000");
        refused(chunk([0, 0, 0], u64::MAX - 3, 100), "the file has 1000");
        refused(chunk([0, 0, 1], 0, 10), "no place of the grid of [3, 3, 2] chunks of [3, 4, 5]");
        refused(chunk([9, 0, 0], 0, 10), "no place");
        let Odd(text) = Table::new(&grid, false).insert(chunk([0, 0, 0], 0, 10)).unwrap_err();
        assert!(text.contains("has 10 bytes, expected 240"), "{text}");
    }
}
