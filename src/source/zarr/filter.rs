//! Filters of numcodecs that change numbers: differences, and a scale with an offset. What comes in are stored values,
//! what goes out are the bits that numpy gives.

use super::super::Endian;
use super::super::dataset::{Element, ElementKind};

/// Sums up differences in place (numcodecs' `Delta`): whole numbers wrap, others round at each step, as `numpy.cumsum`
/// does in the values' own type.
pub(super) fn sum_up(element: Element, values: &mut [u8]) {
    let big = element.endian == Endian::Big;
    match (element.kind, element.bytes()) {
        (ElementKind::Float32, _) => running::<4, f32>(values, big, f32::from_le_bytes, f32::to_le_bytes, |a, b| a + b),
        (ElementKind::Float64, _) => running::<8, f64>(values, big, f64::from_le_bytes, f64::to_le_bytes, |a, b| a + b),
        // Of wrapping sums the sign is only a way to look at them.
        (_, 1) => running::<1, u8>(values, big, u8::from_le_bytes, u8::to_le_bytes, u8::wrapping_add),
        (_, 2) => running::<2, u16>(values, big, u16::from_le_bytes, u16::to_le_bytes, u16::wrapping_add),
        (_, 4) => running::<4, u32>(values, big, u32::from_le_bytes, u32::to_le_bytes, u32::wrapping_add),
        _ => running::<8, u64>(values, big, u64::from_le_bytes, u64::to_le_bytes, u64::wrapping_add),
    }
}

fn running<const N: usize, T: Copy>(
    values: &mut [u8],
    big: bool,
    read: impl Fn([u8; N]) -> T,
    write: impl Fn(T) -> [u8; N],
    add: impl Fn(T, T) -> T,
) {
    let mut sum = None;
    for raw in values.as_chunks_mut::<N>().0 {
        if big {
            raw.reverse();
        }
        let value = read(*raw);
        let next = sum.map_or(value, |sum| add(sum, value));
        *raw = write(next);
        if big {
            raw.reverse();
        }
        sum = Some(next);
    }
}

/// Undoes numcodecs' `FixedScaleOffset`, value / scale + offset: of whole numbers in double precision, of others in their
/// own; rounded to `decoded`, which is a floating-point type.
pub(super) fn unscale(stored: Element, decoded: Element, (scale, offset): (f64, f64), raw: &[u8], out: &mut [u8]) {
    let mut one = [0.0_f64];
    for (raw, out) in raw.chunks_exact(stored.bytes()).zip(out.chunks_exact_mut(decoded.bytes())) {
        stored.decode(raw, &mut one);
        let value = if stored.kind == ElementKind::Float32 {
            f64::from(one[0] as f32 / scale as f32 + offset as f32)
        } else {
            one[0] / scale + offset
        };
        write_float(decoded, value, out);
    }
}

/// Writes a number, rounded, as one value of a floating-point type.
pub(super) fn write_float(element: Element, value: f64, out: &mut [u8]) {
    if element.kind == ElementKind::Float32 {
        out.copy_from_slice(&(value as f32).to_le_bytes());
    } else {
        out.copy_from_slice(&value.to_le_bytes());
    }
    if element.endian == Endian::Big {
        out.reverse();
    }
}
