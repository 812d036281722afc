//! The numbers of an array as they are stored.

use serde::{Deserialize, Serialize};

use super::super::number::{Endian, Number, each};
use crate::terms::{InstructionSet, Sample, VectorLoop};

/// A type of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ElementKind {
    /// Whole numbers with a sign, so many bytes each.
    Int(u8),
    /// Whole numbers without a sign, so many bytes each.
    UInt(u8),
    /// IEEE single precision.
    Float32,
    /// IEEE double precision.
    Float64,
}

/// A type with its byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// Type.
    pub kind: ElementKind,
    /// Byte order.
    pub endian: Endian,
}

impl Element {
    /// Bytes of one value.
    pub fn bytes(self) -> usize {
        match self.kind {
            ElementKind::Int(bytes) | ElementKind::UInt(bytes) => usize::from(bytes),
            ElementKind::Float32 => 4,
            ElementKind::Float64 => 8,
        }
    }

    /// The name that Python's libraries have for it.
    pub fn name(self) -> String {
        match self.kind {
            ElementKind::Int(bytes) => format!("int{}", 8 * u32::from(bytes)),
            ElementKind::UInt(bytes) => format!("uint{}", 8 * u32::from(bytes)),
            ElementKind::Float32 => "float32".into(),
            ElementKind::Float64 => "float64".into(),
        }
    }

    /// Decodes `raw`, rounding to `T`; both hold the same number of values.
    pub fn decode<T: Sample>(self, raw: &[u8], out: &mut [T]) {
        match self.kind {
            ElementKind::Float32 => Number::Float32(self.endian).decode(raw, out),
            ElementKind::Float64 => Number::Float64(self.endian).decode(raw, out),
            ElementKind::Int(_) | ElementKind::UInt(_) => {
                InstructionSet::detect().run(Whole { element: self, raw, out })
            }
        }
    }
}

/// Decodes whole numbers; those beyond 2^53 are rounded.
struct Whole<'a, T> {
    element: Element,
    raw: &'a [u8],
    out: &'a mut [T],
}

impl<T: Sample> VectorLoop for Whole<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Whole { element: Element { kind, endian }, raw, out } = self;
        match kind {
            ElementKind::Int(1) => in_order(endian, raw, out, |b| i8::from_le_bytes(b).into()),
            ElementKind::Int(2) => in_order(endian, raw, out, |b| i16::from_le_bytes(b).into()),
            ElementKind::Int(4) => in_order(endian, raw, out, |b| i32::from_le_bytes(b).into()),
            ElementKind::Int(_) => in_order(endian, raw, out, |b| i64::from_le_bytes(b) as f64),
            ElementKind::UInt(1) => in_order(endian, raw, out, |b| u8::from_le_bytes(b).into()),
            ElementKind::UInt(2) => in_order(endian, raw, out, |b| u16::from_le_bytes(b).into()),
            ElementKind::UInt(4) => in_order(endian, raw, out, |b| u32::from_le_bytes(b).into()),
            _ => in_order(endian, raw, out, |b| u64::from_le_bytes(b) as f64),
        }
    }
}

/// Calls `convert` with the bytes of each value, least significant first.
#[inline(always)]
fn in_order<const N: usize, T: Sample>(endian: Endian, raw: &[u8], out: &mut [T], convert: impl Fn([u8; N]) -> f64) {
    match endian {
        Endian::Little => each(raw, out, |bytes| T::rounded(convert(bytes))),
        Endian::Big => each(raw, out, |mut bytes: [u8; N]| {
            bytes.reverse();
            T::rounded(convert(bytes))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_decoded_in_both_orders() {
        let check = |kind, endian, raw: &[u8], expected: &[f64]| {
            let mut out = vec![f64::NAN; expected.len()];
            Element { kind, endian }.decode(raw, &mut out);
            assert_eq!(out, expected, "{kind:?} {endian:?}");
        };
        let both = |kind, raw: Vec<Vec<u8>>, expected: &[f64]| {
            check(kind, Endian::Little, &raw.concat(), expected);
            let reversed: Vec<u8> = raw.iter().flat_map(|value| value.iter().rev().copied()).collect();
            check(kind, Endian::Big, &reversed, expected);
        };
        both(ElementKind::Int(1), vec![vec![0x80], vec![0x7f]], &[-128.0, 127.0]);
        both(ElementKind::UInt(1), vec![vec![0x80], vec![0xff]], &[128.0, 255.0]);
        both(ElementKind::Int(2), [-32768_i16, 300].map(|v| v.to_le_bytes().to_vec()).into(), &[-32768.0, 300.0]);
        both(ElementKind::UInt(2), [65535_u16, 300].map(|v| v.to_le_bytes().to_vec()).into(), &[65535.0, 300.0]);
        both(ElementKind::Int(4), [-7_i32, 1 << 30].map(|v| v.to_le_bytes().to_vec()).into(), &[-7.0, 1073741824.0]);
        both(ElementKind::UInt(4), [u32::MAX].map(|v| v.to_le_bytes().to_vec()).into(), &[4294967295.0]);
        both(
            ElementKind::Int(8),
            [-1_i64, 1 << 52].map(|v| v.to_le_bytes().to_vec()).into(),
            &[-1.0, 4503599627370496.0],
        );
        both(ElementKind::UInt(8), [1_u64 << 63].map(|v| v.to_le_bytes().to_vec()).into(), &[9223372036854775808.0]);
        both(
            ElementKind::Float32,
            [1.5_f32, -0.1].map(|v| v.to_le_bytes().to_vec()).into(),
            &[1.5, f64::from(-0.1_f32)],
        );
        both(ElementKind::Float64, [0.1_f64].map(|v| v.to_le_bytes().to_vec()).into(), &[0.1]);
    }
}
