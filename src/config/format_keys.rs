//! Keys of `[input]` that a format of snapshots has no use for.

use super::document::Document;
use super::input::Format;
use super::raw::RawInput;

/// Whether `key` stands in the file while the format, or the path that tells it, comes from a `--set`: what the file says of
/// another format is then not meant.
pub(super) fn is_overlaid(document: &Document, key: &str) -> bool {
    ["input.format", "input.path"].iter().any(|key| document.is_set(key)) && !document.is_set(key)
}

/// The first key that the format has no use for, and why; of a file whose format a `--set` changes they are left out.
pub(super) fn of_no_use(document: &Document, format: Format, raw: &mut RawInput) -> Option<(String, &'static str)> {
    fn is_there<T>(document: &Document, name: &str, value: &mut Option<T>) -> Option<String> {
        let key = format!("input.{name}");
        if is_overlaid(document, &key) {
            *value = None;
        }
        value.is_some().then_some(key)
    }
    if format == Format::Mds {
        let keys = [
            is_there(document, "u_face", &mut raw.u_face),
            is_there(document, "v_face", &mut raw.v_face),
            is_there(document, "missing_chunks", &mut raw.missing_chunks),
            is_there(document, "dimensions", &mut raw.dimensions),
            is_there(document, "grid_names", &mut raw.grid_names),
        ];
        let why = "is for netCDF and Zarr, and the snapshots are MDS files ([input] format, or the ending of path): leave \
                   it out";
        return keys.into_iter().flatten().next().map(|key| (key, why));
    }
    let keys = [
        is_there(document, "pattern", &mut raw.pattern),
        is_there(document, "record", &mut raw.record),
        is_there(document, "timestep", &mut raw.timestep),
        is_there(document, "shrunk_mask", &mut raw.shrunk_mask),
    ];
    if let Some(key) = keys.into_iter().flatten().next() {
        let why = "is for MDS files, and the snapshots are netCDF or Zarr ([input] format, or the ending of path): leave it \
                   out";
        return Some((key, why));
    }
    if raw.grid.is_some() {
        return None;
    }
    let keys = [
        is_there(document, "layout", &mut raw.layout),
        is_there(document, "endian", &mut raw.endian),
        is_there(document, "dtype", &mut raw.dtype),
        is_there(document, "shape", &mut raw.shape),
    ];
    let why = "is for MDS files, and neither the snapshots nor the grid ([input] grid) are such: leave it out";
    keys.into_iter().flatten().next().map(|key| (key, why))
}
