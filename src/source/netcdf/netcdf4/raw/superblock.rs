//! The superblock (II.A), with which a file begins.

use super::super::super::SIGNATURE;
use super::bytes::{Bytes, Cursor, Odd};

/// What the superblock tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Superblock {
    /// Bytes that the file has when whole.
    pub end_of_file: u64,
    /// Whether addresses count from the first byte in numbers of 64 bits, as they are read here.
    pub usual: bool,
}

/// Reads the superblock; none where it does not stand at the first byte, behind a user block.
pub(in super::super) fn superblock(file: &(impl Bytes + ?Sized)) -> Result<Option<Superblock>, Odd> {
    let bytes = file.read(0, file.length().min(64), "superblock")?;
    let mut cursor = Cursor::new(&bytes, "superblock");
    if cursor.take(8)? != SIGNATURE {
        return Ok(None);
    }
    let version = cursor.u8()?;
    let (address_bytes, length_bytes) = match version {
        0 | 1 => {
            cursor.skip(4)?;
            (cursor.u8()?, cursor.u8()?)
        }
        2 | 3 => (cursor.u8()?, cursor.u8()?),
        _ => return Err(Odd(format!("superblock of version {version}"))),
    };
    cursor.skip(match version {
        0 => 9,
        1 => 13,
        _ => 1,
    })?;
    let base = cursor.sized(address_bytes)?;
    cursor.sized(address_bytes)?;
    let end_of_file = cursor.sized(address_bytes)?;
    Ok(Some(Superblock { end_of_file, usual: (address_bytes, length_bytes, base) == (8, 8, 0) }))
}
