//! From the values of a chunk to the bytes of its file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytemuck::Pod;
use rayon::prelude::*;
use zarrs::array::{ArrayBytes, ArrayToBytesCodecTraits, CodecError, CodecOptions, Element, FillValue, data_type};

use super::Values;
use super::metadata::Layout;

/// Rounds the mantissa of `bits` to its upper `kept` bits, halves to even; the sum may carry into the exponent.
macro_rules! round_mantissa {
    ($value:expr, $mantissa_bits:expr, $kept:expr, $float:ty) => {{
        let (value, kept): ($float, u32) = ($value, u32::from($kept));
        if kept >= $mantissa_bits {
            value
        } else {
            let dropped = $mantissa_bits - kept;
            let bits = value.to_bits();
            let rounded = (bits + (1 << (dropped - 1)) - 1 + ((bits >> dropped) & 1)) >> dropped << dropped;
            let rounded = <$float>::from_bits(rounded);
            // The largest values would round to infinity.
            if rounded.is_finite() { rounded } else { value }
        }
    }};
}

/// Buffers of encoded blocks that were written, to be used again.
pub(super) type Spare = Mutex<Vec<Vec<u8>>>;

/// A number as it goes to the disk.
trait Number: Pod + Send + Sync {
    /// Floats: one NaN for all (a chunk of land is then all fill, whatever computed it), and rounding.
    fn stored(self, keep_bits: Option<u8>) -> Self;
}

impl Number for f32 {
    fn stored(self, keep_bits: Option<u8>) -> Self {
        match keep_bits {
            _ if self.is_nan() => f32::NAN,
            Some(kept) if self.is_finite() => round_mantissa!(self, 23, kept, f32),
            _ => self,
        }
    }
}

impl Number for f64 {
    fn stored(self, keep_bits: Option<u8>) -> Self {
        match keep_bits {
            _ if self.is_nan() => f64::NAN,
            Some(kept) if self.is_finite() => round_mantissa!(self, 52, kept, f64),
            _ => self,
        }
    }
}

/// Real and imaginary part, each by itself.
impl<T: Number> Number for [T; 2]
where
    [T; 2]: Pod,
{
    fn stored(self, keep_bits: Option<u8>) -> Self {
        self.map(|part| part.stored(keep_bits))
    }
}

macro_rules! whole_number {
    ($($kind:ty),*) => {$(
        impl Number for $kind {
            fn stored(self, _: Option<u8>) -> Self {
                self
            }
        }
    )*};
}
whole_number!(i32, i64, u8);

/// Encodes one chunk. `values` has the shape `extent`, the part of the chunk that is inside the array; the
/// rest of `chunk` is fill. Returns the pieces of the file in order, none where all values are the fill, and the time that
/// all threads together spent.
/// Blocks are encoded in parallel, each by itself, and stand in the file in C order, so that the
/// bytes do not depend on the number of threads.
pub(super) fn encode(
    layout: &Layout,
    sharded: bool,
    chunk: &[u64],
    extent: &[u64],
    values: Values<'_>,
    keep_bits: Option<u8>,
    spare: &Spare,
) -> Result<(Vec<Vec<u8>>, Duration), CodecError> {
    let block: Vec<u64> = layout.block.iter().map(|length| length.get()).collect();
    let blocks_along: Vec<u64> = chunk.iter().zip(&block).map(|(chunk, block)| chunk / block).collect();
    let count: u64 = blocks_along.iter().product();
    macro_rules! numbers {
        ($values:expr, $origin:expr) => {
            encode_block(layout, &Part { values: $values, extent, origin: $origin, block: &block }, keep_bits, spare)
        };
    }
    let nanoseconds = AtomicU64::new(0);
    let encoded = (0..count)
        .into_par_iter()
        .map(|number| {
            let started = Instant::now();
            let origin: Vec<u64> =
                unravel(number, &blocks_along).iter().zip(&block).map(|(index, block)| index * block).collect();
            let block = match values {
                Values::F32(values) => numbers!(values, origin),
                Values::F64(values) => numbers!(values, origin),
                Values::C64(values) => numbers!(values, origin),
                Values::C128(values) => numbers!(values, origin),
                Values::I32(values) => numbers!(values, origin),
                Values::I64(values) => numbers!(values, origin),
                Values::U8(values) => numbers!(values, origin),
                Values::Text(values) => encode_text(layout, &Part { values, extent, origin, block: &block }),
            };
            nanoseconds.fetch_add(started.elapsed().as_nanos() as u64, Ordering::Relaxed);
            block
        })
        .collect::<Result<Vec<Option<Vec<u8>>>, CodecError>>()?;
    if encoded.iter().all(Option::is_none) {
        return Ok((vec![], Duration::from_nanos(nanoseconds.into_inner())));
    }
    let index = if sharded { Some(encode_index(layout, &encoded, &blocks_along)?) } else { None };
    let pieces = encoded.into_iter().flatten().chain(index).collect();
    Ok((pieces, Duration::from_nanos(nanoseconds.into_inner())))
}

/// The index at the end of a shard: offset and length of each block; both u64::MAX where it is left out.
fn encode_index(layout: &Layout, encoded: &[Option<Vec<u8>>], blocks_along: &[u64]) -> Result<Vec<u8>, CodecError> {
    let mut index = Vec::with_capacity(2 * encoded.len());
    let mut offset = 0;
    for block in encoded {
        if let Some(bytes) = block {
            index.extend([offset, bytes.len() as u64]);
            offset += bytes.len() as u64;
        } else {
            index.extend([u64::MAX, u64::MAX]);
        }
    }
    let shape: Vec<_> = blocks_along.iter().chain([&2]).filter_map(|&n| std::num::NonZeroU64::new(n)).collect();
    let bytes = ArrayBytes::new_flen(bytemuck::cast_slice::<u64, u8>(&index));
    let options = CodecOptions::default().with_concurrent_target(1);
    let fill = FillValue::from(u64::MAX);
    Ok(layout.index_codecs.encode(bytes, &shape, &data_type::uint64(), &fill, &options)?.into_owned())
}

/// A block of a chunk's values.
struct Part<'a, T> {
    /// All values of the chunk inside the array.
    values: &'a [T],
    /// Their shape.
    extent: &'a [u64],
    /// Where the block begins in the chunk.
    origin: Vec<u64>,
    /// Its shape.
    block: &'a [u64],
}

impl<T> Part<'_, T> {
    /// Shape of what of the block is inside the array; None where nothing is.
    fn inside(&self) -> Option<Vec<u64>> {
        let inside: Vec<u64> =
            (0..self.block.len()).map(|d| self.block[d].min(self.extent[d].saturating_sub(self.origin[d]))).collect();
        (!inside.contains(&0)).then_some(inside)
    }

    fn len(&self) -> usize {
        self.block.iter().product::<u64>() as usize
    }

    /// Calls `copy` with each run of values `inside` the array that is contiguous, and its place in the block.
    fn for_each_run(&self, inside: &[u64], mut copy: impl FnMut(usize, &[T])) {
        let (run, leading) = inside.split_last().map_or((1, inside), |(last, leading)| (*last as usize, leading));
        for row in 0..leading.iter().product() {
            let mut index = unravel(row, leading);
            index.resize(inside.len(), 0);
            let (mut from, mut to) = (0, 0);
            for (d, index) in index.into_iter().enumerate() {
                from = from * self.extent[d] + self.origin[d] + index;
                to = to * self.block[d] + index;
            }
            let from = from as usize;
            copy(to as usize, &self.values[from..from + run]);
        }
    }
}

/// Index along each dimension of the element `number` of an array of this shape, in C order.
fn unravel(mut number: u64, shape: &[u64]) -> Vec<u64> {
    let mut index = vec![0; shape.len()];
    for (index, length) in index.iter_mut().zip(shape).rev() {
        *index = number % length;
        number /= length;
    }
    index
}

/// A CRC32C, little-endian, behind each block.
const CHECKSUM_BYTES: usize = 4;

/// Copies a block out as it goes to the disk, in this machine's byte order; `fill` where it reaches past the array.
fn gather<T: Number>(part: &Part<'_, T>, inside: &[u64], fill: T, keep_bits: Option<u8>, bytes: &mut Vec<u8>) {
    let value_bytes = size_of::<T>();
    let length = part.len() * value_bytes;
    bytes.reserve_exact((length + CHECKSUM_BYTES).saturating_sub(bytes.len()));
    bytes.resize(length, 0);
    if inside != part.block {
        bytes.chunks_exact_mut(value_bytes).for_each(|bytes| bytes.copy_from_slice(bytemuck::bytes_of(&fill)));
    }
    part.for_each_run(inside, |to, values| {
        let bytes = &mut bytes[to * value_bytes..(to + values.len()) * value_bytes];
        for (bytes, value) in bytes.chunks_exact_mut(value_bytes).zip(values) {
            bytes.copy_from_slice(bytemuck::bytes_of(&value.stored(keep_bits)));
        }
    });
}

fn encode_block<T: Number>(
    layout: &Layout,
    part: &Part<'_, T>,
    keep_bits: Option<u8>,
    spare: &Spare,
) -> Result<Option<Vec<u8>>, CodecError> {
    let Some(inside) = part.inside() else { return Ok(None) };
    let fill: T = bytemuck::pod_read_unaligned(layout.fill_value.as_ne_bytes());
    let mut bytes = spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
    gather(part, &inside, fill, keep_bits, &mut bytes);
    encode_bytes(layout, ArrayBytes::new_flen(bytes))
}

fn encode_text(layout: &Layout, part: &Part<'_, String>) -> Result<Option<Vec<u8>>, CodecError> {
    let Some(inside) = part.inside() else { return Ok(None) };
    let mut values = vec![String::new(); part.len()];
    part.for_each_run(&inside, |to, run| values[to..to + run.len()].clone_from_slice(run));
    let bytes = String::to_array_bytes(&layout.data_type, &values).map_err(|e| CodecError::Other(e.to_string()))?;
    encode_bytes(layout, bytes)
}

fn encode_bytes(layout: &Layout, bytes: ArrayBytes<'_>) -> Result<Option<Vec<u8>>, CodecError> {
    if bytes.is_fill_value(&layout.fill_value) {
        return Ok(None);
    }
    let options = CodecOptions::default().with_concurrent_target(1);
    let encoded = layout.block_codecs.encode(bytes, &layout.block, &layout.data_type, &layout.fill_value, &options)?;
    let mut encoded = encoded.into_owned();
    let checksum = crc32c::crc32c(&encoded).to_le_bytes();
    // No more: a buffer that grows by itself doubles.
    encoded.reserve_exact(CHECKSUM_BYTES);
    encoded.extend_from_slice(&checksum);
    Ok(Some(encoded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_copied_to_its_place_and_padded() {
        // Extent 3 x 5, values 0..15; blocks of 2 x 3 with the second row and column of blocks at the edge.
        let values: Vec<i32> = (0..15).collect();
        let copied = |part: &Part<'_, i32>| {
            let mut bytes = vec![9; 3];
            gather(part, &part.inside()?, -1, None, &mut bytes);
            Some(bytes.chunks_exact(4).map(bytemuck::pod_read_unaligned).collect::<Vec<i32>>())
        };
        let part = |origin: [u64; 2]| {
            copied(&Part { values: &values, extent: &[3, 5], origin: origin.to_vec(), block: &[2, 3] })
        };
        assert_eq!(part([0, 0]), Some(vec![0, 1, 2, 5, 6, 7]));
        assert_eq!(part([0, 3]), Some(vec![3, 4, -1, 8, 9, -1]));
        assert_eq!(part([2, 3]), Some(vec![13, 14, -1, -1, -1, -1]));
        assert_eq!(part([4, 0]), None);
        let scalar = Part { values: &[7], extent: &[], origin: vec![], block: &[] };
        assert_eq!(copied(&scalar), Some(vec![7]));
    }

    #[test]
    fn rounding_keeps_the_upper_bits_and_is_to_nearest_even() {
        for kept in [1u8, 7, 12, 22, 23] {
            let unit = (2f64).powi(-i32::from(kept));
            for step in 0..2000 {
                let value = (1.0 + f64::from(step) * 0.737_113) * (10f64).powi(step % 60 - 30);
                for value in [value, -value] {
                    let single = (value as f32).stored(Some(kept));
                    assert!(f64::from((single - value as f32).abs()) <= 0.5 * unit * f64::from(value as f32).abs());
                    assert_eq!(single.to_bits().trailing_zeros().min(23 - u32::from(kept)), 23 - u32::from(kept));
                    let double = value.stored(Some(kept));
                    assert!((double - value).abs() <= 0.5 * unit * value.abs());
                    assert_eq!(double.to_bits().trailing_zeros().min(52 - u32::from(kept)), 52 - u32::from(kept));
                    assert_eq!(double.stored(Some(kept)), double);
                }
            }
        }
        // One bit kept: 1, 1.5, 2, 3. Halves go to the even neighbour.
        assert_eq!([1.25f32, 1.75, 2.5, 1.26].map(|x| x.stored(Some(1))), [1.0, 2.0, 2.0, 1.5]);
        assert_eq!(f32::MAX.stored(Some(1)), f32::MAX);
        assert_eq!(f32::INFINITY.stored(Some(1)), f32::INFINITY);
        assert_eq!(0.1f64.stored(None), 0.1);
        assert_eq!((-f32::NAN).stored(None).to_bits(), f32::NAN.to_bits());
        assert_eq!((-f64::NAN).stored(Some(3)).to_bits(), f64::NAN.to_bits());
    }
}
