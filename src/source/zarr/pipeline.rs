//! Undoing the steps of a chunk: what comes in is what was read, what goes out are the bytes of the chunk's values.
//!
//! Every length is known, or bounded, before anything is decoded, so that no header makes more memory be taken than the
//! chunk itself needs.

use super::super::codec::{BloscHeader, Inflate, lz4, resize, unshuffle};
use super::super::dataset::Element;
use super::codec::Codec;
use super::filter;
use super::scratch::Scratch;
use super::transposition;

/// Bytes at a point between two steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Length {
    /// So many.
    Exactly(u64),
    /// No compressor makes more of what comes before it.
    AtMost(u64),
}

impl Length {
    /// Checks a number of bytes.
    pub(super) fn check(self, got: u64) -> Result<(), String> {
        match self {
            Length::Exactly(expected) if got != expected => Err(format!("it has {got} bytes, expected {expected}")),
            Length::AtMost(most) if got > most => {
                Err(format!("it has {got} bytes, which is more than the {most} that can be expected"))
            }
            _ => Ok(()),
        }
    }

    fn map(self, change: impl Fn(u64) -> u64) -> Length {
        match self {
            Length::Exactly(bytes) => Length::Exactly(change(bytes)),
            Length::AtMost(bytes) => Length::AtMost(change(bytes)),
        }
    }

    fn most(self) -> u64 {
        match self {
            Length::Exactly(bytes) | Length::AtMost(bytes) => bytes,
        }
    }
}

#[derive(Clone, Debug)]
struct Step {
    codec: Codec,
    /// Of what comes out when it is undone.
    decoded: Length,
    /// Lengths of the axes of what comes out.
    shape: Vec<u64>,
}

/// The steps of one array's chunks.
#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    /// In the order of writing.
    steps: Vec<Step>,
    stored: Length,
    element: Element,
}

impl Pipeline {
    /// Of chunks of `chunk` values, `chunk_bytes` in all.
    pub(super) fn new(codecs: &[Codec], chunk: &[u64], chunk_bytes: u64, element: Element) -> Self {
        let mut length = Length::Exactly(chunk_bytes);
        let mut shape = chunk.to_vec();
        let mut steps = Vec::new();
        for codec in codecs {
            steps.push(Step { codec: codec.clone(), decoded: length, shape: shape.clone() });
            if let Codec::Transposition(order) = codec {
                shape = order.iter().map(|axis| shape[*axis]).collect();
            }
            length = match codec {
                Codec::Transposition(_) | Codec::Delta | Codec::Shuffle(_) => length,
                Codec::ScaleOffset { stored, .. } => {
                    length.map(|bytes| (bytes / element.bytes() as u64).saturating_mul(stored.bytes() as u64))
                }
                Codec::Crc32c => length.map(|bytes| bytes.saturating_add(4)),
                // What cannot be compressed grows: by the places and lengths of blosc's smallest blocks most.
                Codec::Blosc | Codec::Zstd | Codec::Gzip | Codec::Zlib | Codec::Lz4 => {
                    Length::AtMost(length.most().saturating_add(length.most() / 8).saturating_add(1 << 16))
                }
            };
        }
        Pipeline { steps, stored: length, element }
    }

    /// Bytes of a chunk as stored.
    pub(super) fn stored(&self) -> Length {
        self.stored
    }

    /// Whether bytes that are read are values at once.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Decodes the first `length` bytes of `scratch.encoded` into `block`.
    ///
    /// # Errors
    /// What is wrong, with both numbers.
    pub(super) fn decode(&self, scratch: &mut Scratch, length: usize, block: &mut Vec<u8>) -> Result<(), String> {
        let Scratch { encoded, between, shuffled, inflate } = scratch;
        let mut length = length;
        // The last that moves bytes does so into `block`; of those after it nothing but checksums are taken away.
        let last = self.steps.iter().position(|step| step.codec != Codec::Crc32c);
        for (at, step) in self.steps.iter().enumerate().rev() {
            let Step { codec, decoded, .. } = step;
            if *codec == Codec::Crc32c {
                let moved = last.is_some_and(|last| at < last);
                length = without_checksum(if moved { block } else { &encoded[..length] })?;
                decoded.check(length as u64)?;
                if moved {
                    block.truncate(length);
                }
                continue;
            }
            let input = &encoded[..length];
            let out = if Some(at) == last { &mut *block } else { &mut *between };
            let whole = decoded_length(codec, *decoded, input, self.element)?;
            resize(out, whole)?;
            self.undo(step, input, out, inflate, shuffled)?;
            if Some(at) != last {
                std::mem::swap(encoded, between);
            }
            length = whole;
        }
        if last.is_none() {
            encoded.truncate(length);
            std::mem::swap(encoded, block);
        }
        Ok(())
    }

    fn undo(
        &self,
        step: &Step,
        input: &[u8],
        out: &mut [u8],
        inflate: &mut Inflate,
        shuffled: &mut Vec<u8>,
    ) -> Result<(), String> {
        match &step.codec {
            Codec::Transposition(order) => {
                transposition::restore(input, &step.shape, order, self.element.bytes(), out);
            }
            Codec::Delta => {
                out.copy_from_slice(input);
                filter::sum_up(self.element, out);
            }
            Codec::ScaleOffset { scale, offset, stored } => {
                filter::unscale(*stored, self.element, (*scale, *offset), input, out);
            }
            Codec::Shuffle(bytes) => unshuffle(*bytes, input, out),
            Codec::Blosc => BloscHeader::read(input)?.decode(input, out, inflate, shuffled)?,
            Codec::Zstd => inflate.zstd(input, out)?,
            Codec::Gzip => inflate.gzip(input, out)?,
            Codec::Zlib => inflate.zlib(input, out)?,
            Codec::Lz4 => lz4(&input[4..], out)?,
            Codec::Crc32c => {}
        }
        Ok(())
    }
}

/// Bytes that undoing a step will give: checked against what is expected, and against what so few bytes can hold at all.
fn decoded_length(codec: &Codec, expected: Length, input: &[u8], element: Element) -> Result<usize, String> {
    let length = input.len() as u64;
    let stated = match codec {
        Codec::Transposition(_) | Codec::Delta | Codec::Shuffle(_) => Some(length),
        Codec::ScaleOffset { stored, .. } => Some(length / stored.bytes() as u64 * element.bytes() as u64),
        Codec::Blosc => Some(BloscHeader::read(input)?.decoded_bytes as u64),
        Codec::Lz4 => match input.first_chunk::<4>() {
            Some(stated) => Some(u64::from(u32::from_le_bytes(*stated))),
            None => return Err(format!("lz4's length has 4 bytes, there are {length}")),
        },
        Codec::Zstd => zstd_length(input)?,
        // The last four bytes are the length of what has less than 4 GiB.
        Codec::Gzip => input.last_chunk::<4>().map(|stated| u64::from(u32::from_le_bytes(*stated))),
        Codec::Zlib | Codec::Crc32c => None,
    };
    let decoded = match (stated, expected) {
        // Several frames one after the other: the first tells of itself alone.
        (Some(stated), Length::Exactly(expected)) if *codec == Codec::Zstd && stated < expected => expected,
        (Some(stated), Length::Exactly(expected)) if *codec == Codec::Gzip && expected > u64::from(u32::MAX) => {
            if stated == expected & u64::from(u32::MAX) {
                expected
            } else {
                stated
            }
        }
        (Some(stated), _) => stated,
        (None, Length::Exactly(expected)) => expected,
        (None, Length::AtMost(_)) => return Err("its decoded length is not known".into()),
    };
    if let Err(reason) = expected.check(decoded) {
        return Err(format!("decoded, {reason}"));
    }
    let most = match codec {
        Codec::Gzip | Codec::Zlib => length.saturating_mul(1032),
        Codec::Lz4 => length.saturating_mul(255),
        // A block of zstd has four bytes at least and gives 128 KiB at most.
        Codec::Zstd | Codec::Blosc => length.saturating_mul(1 << 15),
        _ => decoded,
    };
    if decoded > most {
        return Err(format!("its {length} bytes cannot hold the {decoded} that are expected"));
    }
    usize::try_from(decoded).map_err(|_| format!("{decoded} bytes cannot be held in memory"))
}

/// The length that the first frame states.
fn zstd_length(input: &[u8]) -> Result<Option<u64>, String> {
    zstd::zstd_safe::get_frame_content_size(input)
        .map_err(|_| format!("its {} bytes do not begin like zstd's", input.len()))
}

/// Bytes before a CRC-32C, little-endian, that is theirs.
pub(super) fn without_checksum(input: &[u8]) -> Result<usize, String> {
    let Some((bytes, stored)) = input.split_last_chunk::<4>() else {
        return Err(format!("a checksum has 4 bytes, there are {}", input.len()));
    };
    let (stored, got) = (u32::from_le_bytes(*stored), crc32c::crc32c(bytes));
    if stored != got {
        return Err(format!("its checksum is {got:#010x}, stored is {stored:#010x}"));
    }
    Ok(bytes.len())
}
