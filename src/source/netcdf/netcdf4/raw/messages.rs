//! What the messages of a dataset say.

use super::bytes::{Bytes, Cursor, Odd};
use super::object_header::{Message, messages};
use crate::source::dataset::{Element, ElementKind};
use crate::source::netcdf::Filter;
use crate::source::number::Endian;

/// Where the values of a dataset are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Layout {
    /// In the object header.
    Compact,
    /// One after the other at an address.
    Contiguous { address: u64, bytes: u64 },
    /// In chunks; lengths of a chunk, bytes of a value.
    Chunked { chunk: Vec<u64>, element_bytes: u64, index: ChunkIndex },
    /// In other datasets.
    Virtual,
}

/// How the places of chunks are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum ChunkIndex {
    /// A version 1 B-tree at an address.
    Btree(u64),
    /// One of those that HDF5 1.10 brought.
    Newer,
    /// As `Newer`, and chunks that reach beyond the array are stored without filters.
    UnfilteredEdges,
}

/// What stands for values that are not stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Fill {
    /// Zeros.
    Zero,
    /// One value, as stored.
    Value(Vec<u8>),
    /// Not defined.
    Undefined,
}

/// A dataset's object header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct DatasetHeader {
    /// Lengths of the dimensions.
    pub extent: Vec<u64>,
    pub element: Element,
    pub layout: Layout,
    pub filters: Vec<Filter>,
    pub fill: Fill,
}

const MOST_DIMENSIONS: u8 = 32;

impl DatasetHeader {
    /// Reads the header of the dataset at `address`.
    pub(in super::super) fn read(file: &(impl Bytes + ?Sized), address: u64) -> Result<Self, Odd> {
        let messages = messages(file, address)?;
        let find = |kind: u16| -> Result<Option<Cursor>, Odd> {
            match messages.iter().find(|message| message.kind == kind) {
                Some(Message { shared: true, .. }) => Err(Odd(format!("{} that objects share", name(kind)))),
                Some(message) => Ok(Some(Cursor::new(&message.bytes, name(kind)))),
                None => Ok(None),
            }
        };
        let must = |kind| find(kind)?.ok_or_else(|| Odd(format!("no {}", name(kind))));
        if find(0x07)?.is_some() {
            return Err(Odd("values in external files".into()));
        }
        let fill = match find(0x05)? {
            Some(cursor) => fill(cursor)?,
            None => match find(0x04)? {
                Some(mut cursor) => value(&mut cursor)?,
                None => Fill::Zero,
            },
        };
        let header = DatasetHeader {
            extent: dataspace(must(0x01)?)?,
            element: datatype(must(0x03)?)?,
            layout: layout(must(0x08)?)?,
            filters: find(0x0b)?.map_or(Ok(Vec::new()), filters)?,
            fill,
        };
        header.check()?;
        Ok(header)
    }

    fn check(&self) -> Result<(), Odd> {
        let bytes = self.element.bytes();
        if let Fill::Value(value) = &self.fill
            && value.len() != bytes
        {
            return Err(Odd(format!("a fill value of {} bytes for values of {bytes}", value.len())));
        }
        if let Layout::Chunked { chunk, element_bytes, .. } = &self.layout {
            let product = chunk.iter().try_fold(*element_bytes, |product, length| product.checked_mul(*length));
            // HDF5 allows chunks of up to 4 GiB.
            let fits = product.is_some_and(|product| product > 0 && product <= u64::from(u32::MAX));
            if chunk.len() != self.extent.len() || *element_bytes != bytes as u64 || !fits {
                return Err(Odd(format!(
                    "chunks of {chunk:?} values of {element_bytes} bytes for {:?} values of {bytes} bytes",
                    self.extent
                )));
            }
        }
        Ok(())
    }
}

fn name(kind: u16) -> &'static str {
    match kind {
        0x01 => "dataspace",
        0x03 => "datatype",
        0x04 | 0x05 => "fill value",
        0x07 => "list of external files",
        0x08 => "data layout",
        _ => "filter pipeline",
    }
}

/// IV.A.2.b.
fn dataspace(mut cursor: Cursor) -> Result<Vec<u64>, Odd> {
    let (version, rank, _flags) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
    match version {
        1 => cursor.skip(5)?,
        2 => match cursor.u8()? {
            0 | 1 => {}
            kind => return Err(Odd(format!("dataspace of kind {kind}"))),
        },
        _ => return Err(Odd(format!("dataspace of version {version}"))),
    }
    if rank > MOST_DIMENSIONS {
        return Err(Odd(format!("dataspace of {rank} dimensions")));
    }
    (0..rank).map(|_| cursor.u64()).collect()
}

/// IV.A.2.d: whole numbers of full precision, and the two formats of IEEE 754.
fn datatype(mut cursor: Cursor) -> Result<Element, Odd> {
    let class = cursor.u8()? & 0x0f;
    let bits = [cursor.u8()?, cursor.u8()?, cursor.u8()?];
    let size = cursor.u32()?;
    // Of single bytes the order that is noted means nothing.
    let endian = if bits[0] & 1 == 0 || size == 1 { Endian::Little } else { Endian::Big };
    let (offset, precision) = (cursor.u16()?, cursor.u16()?);
    let odd = || Odd(format!("numbers of class {class} with {precision} bits in {size} bytes from bit {offset} on"));
    let kind = match (class, size) {
        (0, 1 | 2 | 4 | 8) if offset == 0 && u32::from(precision) == 8 * size => {
            if bits[0] & 8 == 0 {
                ElementKind::UInt(size as u8)
            } else {
                ElementKind::Int(size as u8)
            }
        }
        (1, 4 | 8) if offset == 0 && u32::from(precision) == 8 * size => {
            let places = [cursor.u8()?, cursor.u8()?, cursor.u8()?, cursor.u8()?];
            let bias = cursor.u32()?;
            // Bit 6 is VAX order; bits 4 and 5 are 2 where the leading bit of the mantissa is implied.
            let implied = bits[0] & 0x70 == 0x20;
            match (size, places, bias, bits[1]) {
                (4, [23, 8, 0, 23], 127, 31) if implied => ElementKind::Float32,
                (8, [52, 11, 0, 52], 1023, 63) if implied => ElementKind::Float64,
                _ => return Err(odd()),
            }
        }
        _ => return Err(odd()),
    };
    Ok(Element { kind, endian })
}

/// IV.A.2.i.
fn layout(mut cursor: Cursor) -> Result<Layout, Odd> {
    let (version, class) = (cursor.u8()?, cursor.u8()?);
    match (version, class) {
        (3 | 4, 0) => Ok(Layout::Compact),
        (3 | 4, 1) => Ok(Layout::Contiguous { address: cursor.u64()?, bytes: cursor.u64()? }),
        (3, 2) => {
            let rank = cursor.u8()?;
            let address = cursor.u64()?;
            let lengths = lengths(rank, || cursor.u32().map(u64::from))?;
            chunked(lengths, ChunkIndex::Btree(address))
        }
        (4, 2) => {
            let (flags, rank, width) = (cursor.u8()?, cursor.u8()?, cursor.u8()?);
            let lengths = lengths(rank, || cursor.sized(width))?;
            chunked(lengths, if flags & 1 == 0 { ChunkIndex::Newer } else { ChunkIndex::UnfilteredEdges })
        }
        (4, 3) => Ok(Layout::Virtual),
        _ => Err(Odd(format!("data layout of version {version} and class {class}"))),
    }
}

fn lengths(rank: u8, next: impl FnMut() -> Result<u64, Odd>) -> Result<Vec<u64>, Odd> {
    if rank > MOST_DIMENSIONS + 1 {
        return Err(Odd(format!("chunks of {rank} dimensions")));
    }
    std::iter::repeat_with(next).take(usize::from(rank)).collect()
}

/// The bytes of a value stand behind the lengths, as if they were one more dimension.
fn chunked(mut lengths: Vec<u64>, index: ChunkIndex) -> Result<Layout, Odd> {
    let element_bytes = lengths.pop().ok_or_else(|| Odd("chunks without dimensions".into()))?;
    Ok(Layout::Chunked { chunk: lengths, element_bytes, index })
}

/// IV.A.2.l.
fn filters(mut cursor: Cursor) -> Result<Vec<Filter>, Odd> {
    let (version, count) = (cursor.u8()?, cursor.u8()?);
    match version {
        1 => cursor.skip(6)?,
        2 => {}
        _ => return Err(Odd(format!("filter pipeline of version {version}"))),
    }
    if count > 32 {
        return Err(Odd(format!("filter pipeline of {count} filters")));
    }
    let mut filters = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let id = cursor.u16()?;
        // The newer version has no names of HDF5's own filters.
        let name_bytes = if version == 1 || id >= 256 { cursor.u16()? } else { 0 };
        let (_flags, values) = (cursor.u16()?, cursor.u16()?);
        let name = cursor.take(usize::from(name_bytes))?;
        let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
        let values: Vec<u32> = (0..values).map(|_| cursor.u32()).collect::<Result<_, Odd>>()?;
        if version == 1 && values.len() % 2 == 1 {
            cursor.skip(4)?;
        }
        filters.push(Filter { id, name: String::from_utf8_lossy(name).into_owned(), values });
    }
    Ok(filters)
}

/// IV.A.2.f.
fn fill(mut cursor: Cursor) -> Result<Fill, Odd> {
    let version = cursor.u8()?;
    match version {
        1 | 2 => {
            cursor.skip(2)?;
            match (version, cursor.u8()?) {
                (_, 0) => Ok(Fill::Undefined),
                _ => value(&mut cursor),
            }
        }
        3 => match cursor.u8()? {
            flags if flags & 0x10 != 0 => Ok(Fill::Undefined),
            flags if flags & 0x20 != 0 => value(&mut cursor),
            _ => Ok(Fill::Zero),
        },
        _ => Err(Odd(format!("fill value of version {version}"))),
    }
}

fn value(cursor: &mut Cursor) -> Result<Fill, Odd> {
    match cursor.u32()? {
        0 => Ok(Fill::Zero),
        // A size of -1 stands for none in old files.
        u32::MAX => Ok(Fill::Undefined),
        bytes => Ok(Fill::Value(cursor.take(bytes as usize)?.to_vec())),
    }
}
