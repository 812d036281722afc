//! What a result holds, before any value is there.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::StoreError;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ElementKind {
    /// float32.
    F32,
    /// float64.
    F64,
    /// complex64: real and imaginary part, float32 each.
    C64,
    /// complex128: real and imaginary part, float64 each.
    C128,
    /// int32.
    I32,
    /// int64.
    I64,
    /// uint8, also for flags.
    U8,
    /// Strings (UTF-8, any length).
    Text,
}

impl ElementKind {
    /// Whether an element is one real number.
    pub fn is_real(self) -> bool {
        !matches!(self, ElementKind::C64 | ElementKind::C128 | ElementKind::Text)
    }
}

/// What an element reads as where nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// Not a number, floats and complex numbers (in both parts) only: missing.
    Nan,
    /// Zero, of any number.
    Zero,
    /// The empty string.
    Empty,
}

/// One array.
#[derive(Clone, Debug)]
pub struct ArraySpec {
    /// Its name, a plain word.
    pub name: String,
    /// Names of its dimensions, slowest first.
    pub dimensions: Vec<String>,
    /// Elements along each dimension.
    pub shape: Vec<u64>,
    /// Elements of a chunk along each dimension; a chunk is one file, with one writer.
    pub chunk: Vec<u64>,
    /// Elements of an inner chunk: makes each file a shard of parts that are read by themselves.
    pub inner: Option<Vec<u64>>,
    /// Type of the elements.
    pub kind: ElementKind,
    /// Value where nothing was written.
    pub fill: Fill,
    /// CF attributes: `long_name`, `units`, `coordinates` and so on.
    pub attributes: Map<String, Value>,
    /// Bits of a float's mantissa, or of both parts of a complex number, that are kept (of 23 or 52); the others are rounded to zero.
    pub keep_bits: Option<u8>,
}

/// The compression of all arrays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// No compression.
    None,
    /// Zstandard at this level, 1 to 22.
    Zstd(i32),
}

/// A whole result.
#[derive(Clone, Debug)]
pub struct GroupSpec {
    /// Its arrays.
    pub arrays: Vec<ArraySpec>,
    /// Attributes of the group.
    pub attributes: Map<String, Value>,
    /// The compression of all arrays.
    pub codec: Codec,
}

/// Values of a block, in C order.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// float32.
    F32(&'a [f32]),
    /// float64.
    F64(&'a [f64]),
    /// complex64, pairs of real and imaginary part.
    C64(&'a [[f32; 2]]),
    /// complex128, pairs of real and imaginary part.
    C128(&'a [[f64; 2]]),
    /// int32.
    I32(&'a [i32]),
    /// int64.
    I64(&'a [i64]),
    /// uint8.
    U8(&'a [u8]),
    /// Strings.
    Text(&'a [String]),
}

impl Values<'_> {
    /// The type of the values.
    pub fn kind(&self) -> ElementKind {
        match self {
            Values::F32(_) => ElementKind::F32,
            Values::F64(_) => ElementKind::F64,
            Values::C64(_) => ElementKind::C64,
            Values::C128(_) => ElementKind::C128,
            Values::I32(_) => ElementKind::I32,
            Values::I64(_) => ElementKind::I64,
            Values::U8(_) => ElementKind::U8,
            Values::Text(_) => ElementKind::Text,
        }
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        match self {
            Values::F32(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::C64(values) => values.len(),
            Values::C128(values) => values.len(),
            Values::I32(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::U8(values) => values.len(),
            Values::Text(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ArraySpec {
    fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if self.name.is_empty() || self.name.starts_with("__") || !self.name.chars().all(plain) {
            return Err("a name has letters, digits and _, and does not begin with __".into());
        }
        let rank = self.dimensions.len();
        if self.shape.len() != rank || self.chunk.len() != rank {
            return Err(format!("{rank} dimensions, but shape {:?} and chunk {:?}", self.shape, self.chunk));
        }
        if self.chunk.contains(&0) {
            return Err(format!("chunk {:?} is empty", self.chunk));
        }
        if let Some(inner) = &self.inner {
            let divides = |(&inner, &chunk): (&u64, &u64)| inner > 0 && chunk.is_multiple_of(inner);
            if inner.len() != rank || !inner.iter().zip(&self.chunk).all(divides) {
                return Err(format!("inner chunk {inner:?} does not divide chunk {:?}", self.chunk));
            }
            if self.kind == ElementKind::Text {
                return Err("strings are not sharded".into());
            }
        }
        let mantissa_bits = match self.kind {
            ElementKind::F32 | ElementKind::C64 => 23,
            ElementKind::F64 | ElementKind::C128 => 52,
            _ => 0,
        };
        let fill_fits = match self.fill {
            Fill::Nan => mantissa_bits > 0,
            Fill::Zero => self.kind != ElementKind::Text,
            Fill::Empty => self.kind == ElementKind::Text,
        };
        if !fill_fits {
            return Err(format!("fill {:?} does not go with {:?}", self.fill, self.kind));
        }
        if let Some(bits) = self.keep_bits
            && !(1..=mantissa_bits).contains(&bits)
        {
            return Err(format!("keep_bits is {bits}; {:?} has {mantissa_bits} bits to keep", self.kind));
        }
        Ok(())
    }
}

impl GroupSpec {
    /// Checks that the arrays can be stored, and opened together by xarray.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let wrong = |array: &ArraySpec, reason: String| StoreError::Spec { array: array.name.clone(), reason };
        let mut names = BTreeSet::new();
        let mut lengths: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
        for array in &self.arrays {
            array.check().map_err(|reason| wrong(array, reason))?;
            if !names.insert(&array.name) {
                return Err(wrong(array, "there are two arrays of this name".into()));
            }
            for (name, &length) in array.dimensions.iter().zip(&array.shape) {
                let &mut (known, by) = lengths.entry(name).or_insert((length, &array.name));
                if known != length {
                    return Err(wrong(array, format!("`{name}` has length {length}, but {known} in `{by}`")));
                }
            }
            if let Codec::Zstd(level) = self.codec
                && !(1..=22).contains(&level)
            {
                return Err(wrong(array, format!("zstd level {level}; `[output] codec` takes zstd(1) to zstd(22)")));
            }
        }
        Ok(())
    }
}
