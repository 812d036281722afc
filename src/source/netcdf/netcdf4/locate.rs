//! Where the values of a netCDF-4 variable are in the file.

use std::path::Path;
use std::sync::Arc;

use super::super::super::SourceError;
use super::super::super::dataset::{ArrayInfo, Direct, Storage};
use super::super::{ByLibrary, ChunkTable, Hdf5Chunks, check_unchanged, not_there};
use super::access::{Access, OpenFile, check_length};
use super::chunk_table::{Grid, chunk_table};
use super::describe::{array as described, cannot_be_read};
use super::library::{failed, with_library};
use super::raw::{DatasetHeader, Layout, Odd, UNDEFINED};

/// Finds where the values of an array are.
pub(in super::super) fn locate(path: &Path, array: &ArrayInfo) -> Result<Storage, SourceError> {
    check_length(path)?;
    with_library(path, || {
        let file = netcdf::open(path).map_err(|error| failed(path, "opening it as netCDF-4", error))?;
        let open = OpenFile::open(path)?;
        let variable = file.variable(&array.name);
        let now = variable.and_then(|variable| described(&open, &array.name, &variable));
        let (now, access) = now.ok_or_else(|| not_there(path, array))?;
        check_unchanged(path, array, &now)?;
        storage(path, array, &open, access)
    })
}

/// Where the values of an array of an open file are.
pub(super) fn storage(path: &Path, array: &ArrayInfo, open: &OpenFile, access: Access) -> Result<Storage, SourceError> {
    let wrong = |Odd(reason)| SourceError::Dataset { path: path.to_owned(), reason };
    match access {
        Access::Library(reason) => Ok(Storage::Library(ByLibrary { path: path.to_owned(), reason })),
        Access::Filtered(_, codec) => Err(cannot_be_read(path, &array.name, &codec)),
        Access::Header(header) => by_header(path, array, open, header).map_err(wrong),
    }
}

fn by_header(path: &Path, array: &ArrayInfo, open: &OpenFile, header: DatasetHeader) -> Result<Storage, Odd> {
    let table = match &header.layout {
        Layout::Contiguous { address, .. } if *address != UNDEFINED => {
            return direct(path, array, *address, open.length).map(Storage::Direct);
        }
        Layout::Chunked { chunk, index, .. } => {
            let grid = Grid::new(array, chunk, open.length)?;
            let filtered = !header.filters.is_empty();
            chunk_table(&grid, filtered, open, index)?
        }
        // Nothing was written.
        _ => ChunkTable::default(),
    };
    let (filters, extent) = (header.filters, header.extent);
    Ok(Storage::Hdf5(Hdf5Chunks { path: path.to_owned(), filters, extent, table: Arc::new(table) }))
}

fn direct(path: &Path, array: &ArrayInfo, offset: u64, length: u64) -> Result<Direct, Odd> {
    let mut strides = Vec::with_capacity(array.shape.len());
    let mut stride = Some(array.element.bytes() as u64);
    for length in array.shape.iter().rev() {
        strides.push(stride.unwrap_or(0));
        stride = stride.and_then(|stride| stride.checked_mul(*length));
    }
    strides.reverse();
    let end = stride.and_then(|bytes| offset.checked_add(bytes));
    if end.is_none_or(|end| end > length) {
        return Err(Odd(format!(
            "{} of {:?} values from byte {offset} on does not fit in the file's {length} bytes",
            array.name, array.shape
        )));
    }
    Ok(Direct { path: path.to_owned(), offset, strides })
}
