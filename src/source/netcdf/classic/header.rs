//! The header of a classic netCDF file: CDF-1, CDF-2 (64-bit offset) and CDF-5 (64-bit data), as the NetCDF Classic
//! Format Specification gives its grammar.
//!
//! Nothing is believed: no count reserves memory before the bytes that it promises were read.

use std::io::Read;

use crate::source::dataset::{Attribute, Attributes, Element, ElementKind};
use crate::source::number::Endian;

/// Longest name [bytes]; libnetcdf allows 256.
const LONGEST_NAME: u64 = 1 << 16;
/// Most bytes of one attribute.
const LONGEST_ATTRIBUTE: u64 = 1 << 26;
/// Most dimensions of one variable, as in libnetcdf.
const MOST_DIMENSIONS: u64 = 1024;

/// Which classic format; its numbers differ in width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// CDF-1: counts and offsets of 32 bits.
    Classic,
    /// CDF-2: offsets of 64 bits.
    Offset64,
    /// CDF-5: counts and offsets of 64 bits, and more types.
    Data64,
}

/// How many records the header says there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Records {
    /// A number.
    Count(u64),
    /// As many as the file is long ("streaming").
    ByLength,
}

/// A type of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Characters.
    Char,
    /// Numbers.
    Number(ElementKind),
}

/// A fill value as it is stored, with its type.
type StoredFill = (Type, Vec<u8>);

impl Type {
    /// Bytes of one value.
    pub(super) fn bytes(self) -> u64 {
        match self {
            Type::Char => 1,
            Type::Number(kind) => Element { kind, endian: Endian::Big }.bytes() as u64,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Variable {
    pub name: String,
    /// Places in the list of dimensions, slowest first.
    pub dimensions: Vec<usize>,
    pub attributes: Attributes,
    /// `_FillValue` as stored, if it is one value of the variable's type.
    pub fill: Option<Vec<u8>>,
    pub of: Type,
    /// Bytes before its first value.
    pub begin: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Header {
    pub version: Version,
    pub records: Records,
    /// Names and lengths; the length of the record dimension is 0.
    pub dimensions: Vec<(String, u64)>,
    pub attributes: Attributes,
    pub variables: Vec<Variable>,
}

impl Header {
    /// Parses what `input` begins with; `length` is that of the file.
    ///
    /// # Errors
    /// What is wrong; the text does not name the file.
    pub(super) fn parse(input: impl Read, length: u64) -> Result<Self, String> {
        let mut input = Input { inner: input, at: 0, length, version: Version::Classic };
        input.version = match input.bytes(4, "its first bytes")?[..] {
            [b'C', b'D', b'F', 1] => Version::Classic,
            [b'C', b'D', b'F', 2] => Version::Offset64,
            [b'C', b'D', b'F', 5] => Version::Data64,
            [b'C', b'D', b'F', other] => {
                return Err(format!("is of classic netCDF version {other}; 1, 2 and 5 are known"));
            }
            _ => return Err("is no classic netCDF file".into()),
        };
        let streaming = if input.version == Version::Data64 { u64::MAX } else { u64::from(u32::MAX) };
        let records = match input.count("the number of records")? {
            count if count == streaming => Records::ByLength,
            count => Records::Count(count),
        };
        let dimensions = input.list(0x0a, "dimensions", |input| {
            let name = input.name("a dimension")?;
            Ok((name, input.count("a dimension's length")?))
        })?;
        if dimensions.iter().filter(|(_, length)| *length == 0).count() > 1 {
            return Err("its header has several unlimited dimensions, which no classic netCDF file has".into());
        }
        let (attributes, _) = input.attributes()?;
        let variables = input.list(0x0b, "variables", |input| input.variable(&dimensions))?;
        Ok(Header { version: input.version, records, dimensions, attributes, variables })
    }
}

struct Input<R> {
    inner: R,
    at: u64,
    length: u64,
    version: Version,
}

impl<R: Read> Input<R> {
    fn bytes(&mut self, count: u64, of: &str) -> Result<Vec<u8>, String> {
        let left = self.length.saturating_sub(self.at);
        if count > left {
            return Err(format!(
                "ends within its header: {of} needs {count} bytes from byte {} on, but the file has {} bytes",
                self.at, self.length
            ));
        }
        // Grows with what is read, not with what is promised.
        let mut bytes = Vec::new();
        self.inner.by_ref().take(count).read_to_end(&mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
        if bytes.len() as u64 != count {
            return Err(format!("ended at byte {} while it was read", self.at + bytes.len() as u64));
        }
        self.at += count;
        Ok(bytes)
    }

    fn u32(&mut self, of: &str) -> Result<u32, String> {
        let bytes = self.bytes(4, of)?;
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    fn u64(&mut self, of: &str) -> Result<u64, String> {
        let bytes = self.bytes(8, of)?;
        Ok(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
    }

    /// NON_NEG of the grammar.
    fn count(&mut self, of: &str) -> Result<u64, String> {
        if self.version == Version::Data64 { self.u64(of) } else { self.u32(of).map(u64::from) }
    }

    /// Bytes, and the zeros behind them up to a multiple of four.
    fn padded(&mut self, count: u64, of: &str) -> Result<Vec<u8>, String> {
        let bytes = self.bytes(count, of)?;
        self.bytes(count.next_multiple_of(4) - count, of)?;
        Ok(bytes)
    }

    fn name(&mut self, of: &str) -> Result<String, String> {
        let count = self.count(&format!("the name of {of}"))?;
        if count > LONGEST_NAME {
            return Err(format!("its header gives {of} a name of {count} bytes; {LONGEST_NAME} is the most"));
        }
        let name = text(&self.padded(count, &format!("the name of {of}"))?);
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(format!("its header gives {of} the name \"{}\"", name.escape_debug()));
        }
        Ok(name)
    }

    fn list<T>(
        &mut self,
        tag: u32,
        of: &str,
        mut one: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let (found, count) = (self.u32(of)?, self.count(of)?);
        if found != tag && (found, count) != (0, 0) {
            return Err(format!(
                "its header has {found:#x} and {count} at byte {}, where {tag:#x} would begin its {of}",
                self.at - if self.version == Version::Data64 { 12 } else { 8 }
            ));
        }
        // Each entry takes bytes of the file, so that a count too large ends with the file.
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(one(self)?);
        }
        Ok(list)
    }

    fn kind(&mut self) -> Result<Type, String> {
        let number = self.u32("a type")?;
        let kind = match number {
            1 => ElementKind::Int(1),
            2 => return Ok(Type::Char),
            3 => ElementKind::Int(2),
            4 => ElementKind::Int(4),
            5 => ElementKind::Float32,
            6 => ElementKind::Float64,
            _ if self.version != Version::Data64 => return Err(unknown_type(number)),
            7 => ElementKind::UInt(1),
            8 => ElementKind::UInt(2),
            9 => ElementKind::UInt(4),
            10 => ElementKind::Int(8),
            11 => ElementKind::UInt(8),
            _ => return Err(unknown_type(number)),
        };
        Ok(Type::Number(kind))
    }

    /// Attributes, and `_FillValue` as stored with its type if it is one value.
    fn attributes(&mut self) -> Result<(Attributes, Option<StoredFill>), String> {
        let mut fill = None;
        let list = self.list(0x0c, "attributes", |input| {
            let name = input.name("an attribute")?;
            let kind = input.kind()?;
            let count = input.count("an attribute")?;
            let bytes = count.checked_mul(kind.bytes()).filter(|bytes| *bytes <= LONGEST_ATTRIBUTE);
            let bytes = bytes.ok_or_else(|| format!("its header gives attribute {name} {count} values"))?;
            let raw = input.padded(bytes, "an attribute")?;
            let value = match kind {
                Type::Char => Attribute::Text(text(&raw)),
                Type::Number(kind) => {
                    let mut values = vec![0.0; count as usize];
                    Element { kind, endian: Endian::Big }.decode(&raw, &mut values);
                    Attribute::Numbers(values)
                }
            };
            if name == "_FillValue" && count == 1 {
                fill = Some((kind, raw));
            }
            Ok((name, value))
        })?;
        Ok((Attributes(list.into_iter().collect()), fill))
    }

    fn variable(&mut self, dimensions: &[(String, u64)]) -> Result<Variable, String> {
        let name = self.name("a variable")?;
        let rank = self.count("a variable's dimensions")?;
        if rank > MOST_DIMENSIONS {
            return Err(format!("its header gives variable {name} {rank} dimensions; {MOST_DIMENSIONS} is the most"));
        }
        let mut places = Vec::new();
        for axis in 0..rank {
            let place = self.count("a variable's dimensions")?;
            let Some((_, length)) = usize::try_from(place).ok().and_then(|place| dimensions.get(place)) else {
                return Err(format!(
                    "its header gives variable {name} dimension {place}, but there are {}",
                    dimensions.len()
                ));
            };
            if *length == 0 && axis > 0 {
                return Err(format!(
                    "its header has the unlimited dimension of variable {name} not at the first place"
                ));
            }
            places.push(place as usize);
        }
        let (attributes, fill) = self.attributes()?;
        let of = self.kind()?;
        // The size of a variable can be too large for its field, and libnetcdf does not use it either.
        self.count("a variable's size")?;
        let begin = match self.version {
            Version::Classic => self.u32("a variable's place").map(u64::from)?,
            Version::Offset64 | Version::Data64 => self.u64("a variable's place")?,
        };
        let fill = fill.filter(|(kind, _)| *kind == of).map(|(_, raw)| raw);
        Ok(Variable { name, dimensions: places, attributes, fill, of, begin })
    }
}

fn unknown_type(number: u32) -> String {
    format!("its header has a value of type {number}, which this version of the format does not have")
}

/// UTF-8, or else Latin-1, as older programs wrote degree signs.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}
