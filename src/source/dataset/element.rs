//! The numbers of an array as they are stored.

use serde::{Deserialize, Serialize};

use super::super::number::{Endian, Number};
use crate::terms::Sample;

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
                for (raw, out) in raw.chunks_exact(self.bytes()).zip(out) {
                    *out = T::rounded(self.whole(raw));
                }
            }
        }
    }

    /// A whole number; those beyond 2^53 are rounded.
    fn whole(self, raw: &[u8]) -> f64 {
        let negative = matches!(self.kind, ElementKind::Int(_))
            && raw.get(if self.endian == Endian::Big { 0 } else { raw.len() - 1 }).is_some_and(|byte| byte & 0x80 != 0);
        let mut bytes = if negative { [0xff; 8] } else { [0; 8] };
        for (at, byte) in raw.iter().enumerate() {
            let place = if self.endian == Endian::Big { raw.len() - 1 - at } else { at };
            bytes[place] = *byte;
        }
        if negative { i64::from_le_bytes(bytes) as f64 } else { u64::from_le_bytes(bytes) as f64 }
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
