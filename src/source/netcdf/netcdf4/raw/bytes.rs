//! Bytes of a file, and numbers in them.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Why a structure cannot be used: what was found, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Odd(pub String);

/// Most bytes that one structure can have.
pub(in super::super) const LARGEST_READ: u64 = 1 << 25;

/// Something that is read at any place.
pub(in super::super) trait Bytes {
    /// Bytes in all.
    fn length(&self) -> u64;

    /// Fills `into` with what begins at byte `at`.
    fn fill(&self, at: u64, into: &mut [u8]) -> Result<(), Odd>;

    /// Reads a structure, after a check that the file holds it.
    fn read(&self, at: u64, count: u64, of: &str) -> Result<Vec<u8>, Odd> {
        let end = at.checked_add(count).filter(|end| *end <= self.length() && count <= LARGEST_READ);
        if end.is_none() {
            return Err(Odd(format!("{of} of {count} bytes at byte {at} of a file of {} bytes", self.length())));
        }
        let mut bytes = vec![0; count as usize];
        self.fill(at, &mut bytes)?;
        Ok(bytes)
    }
}

impl Bytes for (&File, u64) {
    fn length(&self) -> u64 {
        self.1
    }

    fn fill(&self, at: u64, into: &mut [u8]) -> Result<(), Odd> {
        self.0.read_exact_at(into, at).map_err(|error| Odd(format!("{error} at byte {at}")))
    }
}

impl Bytes for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn fill(&self, at: u64, into: &mut [u8]) -> Result<(), Odd> {
        let from = usize::try_from(at).ok().and_then(|at| self.get(at..)?.get(..into.len()));
        into.copy_from_slice(from.ok_or_else(|| Odd(format!("no byte {at}")))?);
        Ok(())
    }
}

/// Takes little-endian numbers one after the other.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    of: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8], of: &'a str) -> Self {
        Cursor { bytes, of }
    }

    pub(super) fn left(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Odd> {
        let (taken, rest) =
            self.bytes.split_at_checked(count).ok_or_else(|| Odd(format!("{} that ends early", self.of)))?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(super) fn skip(&mut self, count: usize) -> Result<(), Odd> {
        self.take(count).map(|_| ())
    }

    fn number(&mut self, count: usize) -> Result<u64, Odd> {
        Ok(self.take(count)?.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    pub(super) fn u8(&mut self) -> Result<u8, Odd> {
        self.number(1).map(|value| value as u8)
    }

    pub(super) fn u16(&mut self) -> Result<u16, Odd> {
        self.number(2).map(|value| value as u16)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Odd> {
        self.number(4).map(|value| value as u32)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Odd> {
        self.number(8)
    }

    /// A number of `count` bytes, 8 at most.
    pub(super) fn sized(&mut self, count: u8) -> Result<u64, Odd> {
        if (1..=8).contains(&count) {
            self.number(usize::from(count))
        } else {
            Err(Odd(format!("{} with a number of {count} bytes", self.of)))
        }
    }
}
