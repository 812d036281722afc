//! The framing of HDF5's LZ4 filter (32004): all bytes (64 bits) and bytes of a block (32 bits), most significant first,
//! then each block behind the number of its stored bytes (32 bits); a block that did not shrink is stored as it is.

/// Bytes that a chunk says it has without the filter.
pub(super) fn total(stored: &[u8]) -> Result<usize, String> {
    let (total, _) = stored.split_first_chunk::<8>().ok_or_else(|| cut(stored))?;
    usize::try_from(u64::from_be_bytes(*total)).map_err(|error| format!("lz4: {error}"))
}

fn cut(stored: &[u8]) -> String {
    format!("lz4: its {} bytes end within a block", stored.len())
}

/// Undoes the filter; `out` has the length that [`total`] tells.
pub(super) fn decompress(stored: &[u8], out: &mut [u8]) -> Result<(), String> {
    let cut = || cut(stored);
    let (_, rest) = stored.split_first_chunk::<8>().ok_or_else(cut)?;
    let (block, mut rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let block = u32::from_be_bytes(*block) as usize;
    if block == 0 && !out.is_empty() {
        return Err("lz4: its blocks have 0 bytes".into());
    }
    for out in out.chunks_mut(block.max(1)) {
        let (size, after) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let (data, after) = after.split_at_checked(u32::from_be_bytes(*size) as usize).ok_or_else(cut)?;
        rest = after;
        if data.len() == out.len() {
            out.copy_from_slice(data);
            continue;
        }
        crate::source::codec::lz4(data, out)?;
    }
    Ok(())
}
