//! Stored numbers and their decoding.

use serde::{Deserialize, Serialize};

use crate::terms::{InstructionSet, Sample, VectorLoop};

/// Byte order of stored values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Endian {
    /// Most significant byte first, as MITgcm writes by default.
    Big,
    /// Least significant byte first.
    Little,
}

/// A stored floating-point type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Number {
    /// IEEE single precision.
    Float32(Endian),
    /// IEEE double precision.
    Float64(Endian),
}

impl Number {
    /// The type of `value_bytes` bytes: 8 is double, all else single precision.
    pub fn of(value_bytes: u64, endian: Endian) -> Self {
        if value_bytes == 8 { Number::Float64(endian) } else { Number::Float32(endian) }
    }

    /// Bytes of one value.
    pub fn bytes(self) -> usize {
        match self {
            Number::Float32(_) => 4,
            Number::Float64(_) => 8,
        }
    }

    /// Decodes `raw`, rounding to `T`; both hold the same number of values.
    pub fn decode<T: Sample>(self, raw: &[u8], out: &mut [T]) {
        InstructionSet::detect().run(Decode { number: self, raw, out });
    }
}

struct Decode<'a, T> {
    number: Number,
    raw: &'a [u8],
    out: &'a mut [T],
}

impl<T: Sample> VectorLoop for Decode<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Decode { number, raw, out } = self;
        match number {
            Number::Float32(Endian::Big) => each(raw, out, |b| T::rounded(f32::from_be_bytes(b).into())),
            Number::Float32(Endian::Little) => each(raw, out, |b| T::rounded(f32::from_le_bytes(b).into())),
            Number::Float64(Endian::Big) => each(raw, out, |b| T::rounded(f64::from_be_bytes(b))),
            Number::Float64(Endian::Little) => each(raw, out, |b| T::rounded(f64::from_le_bytes(b))),
        }
    }
}

/// Gives `convert` the bytes of each value.
#[inline(always)]
pub(super) fn each<const N: usize, T>(raw: &[u8], out: &mut [T], convert: impl Fn([u8; N]) -> T) {
    let (values, _) = raw.as_chunks::<N>();
    for (value, out) in values.iter().zip(out) {
        *out = convert(*value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stored_type_decodes() {
        let mut out = [0.0_f64; 2];
        Number::Float32(Endian::Big).decode(&[1.5_f32.to_be_bytes(), (-2.0_f32).to_be_bytes()].concat(), &mut out);
        assert_eq!(out, [1.5, -2.0]);
        Number::Float64(Endian::Little).decode(&[0.1_f64.to_le_bytes(), 1e300_f64.to_le_bytes()].concat(), &mut out);
        assert_eq!(out, [0.1, 1e300]);
        let mut single = [0.0_f32; 1];
        Number::Float64(Endian::Big).decode(&0.1_f64.to_be_bytes(), &mut single);
        assert_eq!(single, [0.1_f32]);
    }
}
