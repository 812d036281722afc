//! HDF5's filters, undone: what comes in are the stored bytes of a chunk, what goes out are its values' bytes.
//!
//! Numbers of filters are those registered with The HDF Group.

mod fletcher32;
mod lz4;
mod pipeline;

pub(super) use pipeline::{Scratch, most_bytes, undo};

use super::Filter;

const DEFLATE: u16 = 1;
const SHUFFLE: u16 = 2;
const FLETCHER32: u16 = 3;
const BLOSC: u16 = 32001;
const LZ4: u16 = 32004;
const ZSTD: u16 = 32015;

/// Whether a filter is undone here.
pub(super) fn is_known(id: u16) -> bool {
    [DEFLATE, SHUFFLE, FLETCHER32, BLOSC, LZ4, ZSTD].contains(&id)
}

/// Filters in words, in the order of writing.
pub(super) fn all_words(filters: &[Filter]) -> String {
    filters.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// A filter in words, with its number where it is none of HDF5's own.
pub(super) fn words(filter: &Filter) -> String {
    let value = |at: usize| filter.values.get(at).copied();
    let known = match filter.id {
        DEFLATE => return value(0).map_or_else(|| "deflate".into(), |level| format!("deflate {level}")),
        SHUFFLE => return "shuffle".into(),
        FLETCHER32 => return "fletcher32".into(),
        ZSTD => return value(0).map_or_else(|| "zstd".into(), |level| format!("zstd {}", level.cast_signed())),
        LZ4 => return "lz4".into(),
        BLOSC => return blosc_words(filter),
        4 => "szip",
        5 => "nbit",
        6 => "scaleoffset",
        307 => "bzip2",
        32000 => "lzf",
        32008 => "bitshuffle",
        32013 => "zfp",
        32017 => "sz",
        32026 => "blosc2",
        32028 => "granular bitround",
        _ => filter.name.as_str(),
    };
    format!("{} (filter {})", known.escape_debug(), filter.id).trim_start().to_owned()
}

fn blosc_words(filter: &Filter) -> String {
    // Four values are Blosc's own; then come level, shuffle and compressor.
    let value = |at: usize| filter.values.get(at).map(|value| *value as usize);
    let compressor = value(6).and_then(|at| ["blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"].get(at));
    let shuffle = value(5).and_then(|at| ["no shuffle", "shuffle", "bit shuffle"].get(at));
    match (compressor, value(4), shuffle) {
        (Some(compressor), Some(level), Some(shuffle)) => format!("blosc ({compressor} {level}, {shuffle})"),
        _ => "blosc".into(),
    }
}
