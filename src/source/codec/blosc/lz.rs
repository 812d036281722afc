//! The two Lempel-Ziv formats that nothing but blosc brings along here: BloscLZ and raw Snappy. Each decoder fills `out`
//! exactly, or says no: nothing is read or written beyond the two slices, whatever the bytes are.

/// The farthest that the short form of a BloscLZ match reaches.
const BLOSCLZ_NEAR: usize = 8191;

/// Bytes that are taken one after the other.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(*first))
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(first)
    }

    /// A whole number of up to four bytes, the least significant first.
    fn number(&mut self, bytes: usize) -> Option<usize> {
        Some(self.bytes(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }
}

/// What is decoded so far.
struct Output<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Output<'_> {
    fn literals(&mut self, literals: &[u8]) -> Option<()> {
        let end = self.at.checked_add(literals.len())?;
        self.out.get_mut(self.at..end)?.copy_from_slice(literals);
        self.at = end;
        Some(())
    }

    /// Repeats what stands `distance` bytes before the end; it may run into what it writes.
    fn repeat(&mut self, distance: usize, length: usize) -> Option<()> {
        let from = self.at.checked_sub(distance)?;
        let end = self.at.checked_add(length)?;
        if distance == 0 || end > self.out.len() {
            return None;
        }
        if distance == 1 {
            let byte = self.out[from];
            self.out[self.at..end].fill(byte);
            self.at = end;
        }
        while self.at < end {
            // The repeated piece grows with what it has given.
            let piece = (end - self.at).min(self.at - from);
            self.out.copy_within(from..from + piece, self.at);
            self.at += piece;
        }
        Some(())
    }

    fn is_full(&self) -> bool {
        self.at == self.out.len()
    }
}

/// Decodes BloscLZ (blosclz.c of c-blosc 1.21): a control byte below 32 begins a run of literals, any other a match, whose
/// length stands in its top three bits and whose distance begins in its others.
pub(super) fn blosclz(input: &[u8], out: &mut [u8]) -> Option<()> {
    let mut input = Input(input);
    let mut out = Output { out, at: 0 };
    // The top bits of the first byte are no length.
    let mut control = input.byte()? & 31;
    loop {
        if control < 32 {
            out.literals(input.bytes(control + 1)?)?;
        } else {
            let mut length = (control >> 5) + 2;
            if length == 9 {
                loop {
                    let more = input.byte()?;
                    length += more;
                    if more != 255 {
                        break;
                    }
                }
            }
            let near = (control & 31) << 8 | input.byte()?;
            let distance = if near == BLOSCLZ_NEAR {
                let (high, low) = (input.byte()?, input.byte()?);
                near + (high << 8 | low) + 1
            } else {
                near + 1
            };
            out.repeat(distance, length)?;
        }
        match input.byte() {
            Some(next) => control = next,
            None => return out.is_full().then_some(()),
        }
    }
}

/// Decodes raw Snappy (format_description.txt of Google's snappy): the decoded length, then elements whose lowest two
/// bits tell literals and three forms of copies apart.
pub(super) fn snappy(input: &[u8], out: &mut [u8]) -> Option<()> {
    let mut input = Input(input);
    let (mut length, mut shift) = (0, 0);
    loop {
        let byte = input.byte()?;
        length |= (byte & 127) << shift;
        shift += 7;
        if byte < 128 {
            break;
        }
        if shift > 28 {
            return None;
        }
    }
    if length != out.len() {
        return None;
    }
    let mut out = Output { out, at: 0 };
    while let Some(tag) = input.byte() {
        let high = tag >> 2;
        match tag & 3 {
            0 => {
                let length = if high < 60 { high } else { input.number(high - 59)? };
                out.literals(input.bytes(length + 1)?)?;
            }
            1 => {
                let distance = (tag >> 5) << 8 | input.byte()?;
                out.repeat(distance, (high & 7) + 4)?;
            }
            form => {
                let distance = input.number(if form == 2 { 2 } else { 4 })?;
                out.repeat(distance, high + 1)?;
            }
        }
    }
    out.is_full().then_some(())
}
