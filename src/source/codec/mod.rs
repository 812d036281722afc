//! What chunks of netCDF-4 and of Zarr are compressed and shuffled with, undone: bytes come in, and fill what goes out.

mod blosc;
mod inflate;
mod shuffle;

pub(super) use blosc::Header as BloscHeader;
pub(super) use inflate::{Inflate, lz4};
pub(super) use shuffle::unshuffle;

/// Gives a buffer a length; what it held may be lost.
///
/// # Errors
/// When there is no memory for it.
pub(super) fn resize(buffer: &mut Vec<u8>, length: usize) -> Result<(), String> {
    if buffer.capacity() < length {
        // Nothing of the old values is to be moved.
        buffer.clear();
        buffer.try_reserve_exact(length).map_err(|_| format!("there is no memory for {length} bytes"))?;
    }
    buffer.resize(length, 0);
    Ok(())
}
