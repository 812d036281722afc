//! All filters of a chunk, undone in reverse order.

use super::{BLOSC, DEFLATE, FLETCHER32, LZ4, SHUFFLE, ZSTD, fletcher32, lz4, words};
use crate::source::codec::{BloscHeader, Inflate, unshuffle};
use crate::source::netcdf::Filter;

/// What a thread keeps from chunk to chunk.
#[derive(Default)]
pub(in super::super) struct Scratch {
    /// Stored bytes, and then what filters in between give; as long as the longest was.
    pub from: Vec<u8>,
    to: Vec<u8>,
    inflate: Inflate,
    /// A block of blosc that is still shuffled.
    shuffled: Vec<u8>,
}

/// The filters whose bits are not in `mask`.
fn active(filters: &[Filter], mask: u32) -> impl DoubleEndedIterator<Item = &Filter> {
    let kept = move |at: usize| at >= 32 || mask >> at & 1 == 0;
    filters.iter().enumerate().filter(move |(at, _)| kept(*at)).map(|(_, filter)| filter)
}

/// The most that so many stored bytes can become.
pub(in super::super) fn most_bytes(filters: &[Filter], mask: u32, stored: u64) -> u64 {
    active(filters, mask).rev().fold(stored, |bytes, filter| match filter.id {
        SHUFFLE | FLETCHER32 => bytes,
        // A match of 258 bytes takes 2 bits at least.
        DEFLATE => bytes.saturating_mul(1032),
        LZ4 => bytes.saturating_mul(255),
        _ => u64::MAX,
    })
}

/// Undoes the filters on the first `stored` bytes of `scratch.from`, but for those whose bits are in `mask`, into
/// `block`, whose length is what is expected in the end.
///
/// # Errors
/// What went wrong, with both numbers.
pub(in super::super) fn undo(
    filters: &[Filter],
    mask: u32,
    scratch: &mut Scratch,
    mut stored: usize,
    block: &mut [u8],
) -> Result<(), String> {
    let Scratch { from, to, inflate, shuffled } = scratch;
    let active: Vec<&Filter> = active(filters, mask).collect();
    for (place, filter) in active.iter().enumerate().rev() {
        if filter.id == FLETCHER32 {
            stored = fletcher32::verified(&from[..stored])?.len();
            continue;
        }
        if place == 0 {
            one(filter, &from[..stored], (block, true), (inflate, shuffled))?;
            return Ok(());
        }
        let (bytes, exact) = bytes_before(&active[..place], block.len());
        if to.len() < bytes {
            to.resize(bytes, 0);
        }
        stored = one(filter, &from[..stored], (&mut to[..bytes], exact), (inflate, shuffled))?;
        std::mem::swap(from, to);
    }
    if stored != block.len() {
        return Err(format!("it has {stored} bytes, expected {}", block.len()));
    }
    block.copy_from_slice(&from[..stored]);
    Ok(())
}

/// Bytes that a chunk has after some filters, and whether that is known; else it is the most.
fn bytes_before(filters: &[&Filter], chunk_bytes: usize) -> (usize, bool) {
    let sums = 4 * filters.iter().filter(|filter| filter.id == FLETCHER32).count();
    if filters.iter().all(|filter| [FLETCHER32, SHUFFLE].contains(&filter.id)) {
        return (chunk_bytes + sums, true);
    }
    // What cannot be compressed grows a little by each filter.
    (chunk_bytes + chunk_bytes / 16 * filters.len() + (1 << 16), false)
}

/// Undoes one filter; returns the bytes that it gave. If `exact`, these have to be all of `out`.
fn one(
    filter: &Filter,
    from: &[u8],
    (out, exact): (&mut [u8], bool),
    (inflate, shuffled): (&mut Inflate, &mut Vec<u8>),
) -> Result<usize, String> {
    let most = out.len();
    let expected = move |bytes: usize| {
        if bytes == most || (!exact && bytes < most) {
            return Ok(bytes);
        }
        let word = if exact { "" } else { "at most " };
        Err(format!("{} gives {bytes} bytes, expected {word}{most}", words(filter)))
    };
    let failed = |error: &dyn std::fmt::Display| format!("{} of {} bytes: {error}", words(filter), from.len());
    match filter.id {
        SHUFFLE => {
            let bytes = expected(from.len())?;
            let value_bytes = filter.values.first().map_or(1, |bytes| *bytes as usize);
            unshuffle(value_bytes, from, &mut out[..bytes]);
            Ok(bytes)
        }
        DEFLATE => expected(inflate.zlib_at_most(from, out).map_err(|error| failed(&error))?),
        ZSTD => expected(inflate.zstd_at_most(from, out).map_err(|error| failed(&error))?),
        LZ4 => {
            let bytes = expected(lz4::total(from)?)?;
            lz4::decompress(from, &mut out[..bytes])?;
            Ok(bytes)
        }
        BLOSC => {
            let header = BloscHeader::read(from).map_err(|error| failed(&error))?;
            let bytes = expected(header.decoded_bytes)?;
            header.decode(from, &mut out[..bytes], inflate, shuffled).map_err(|error| failed(&error))?;
            Ok(bytes)
        }
        _ => Err(format!("{} cannot be undone", words(filter))),
    }
}
