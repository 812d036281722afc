//! The values that netCDF puts where nothing was written.

use super::super::dataset::{Element, ElementKind};
use super::super::number::Endian;

/// One value of netCDF's default fill, as stored: `NC_FILL_FLOAT`, 15 · 2^119, and the like of netcdf.h.
pub(super) fn default_fill(element: Element) -> Vec<u8> {
    let mut bytes = match element.kind {
        ElementKind::Float32 => f32::from_bits(0x7cf0_0000).to_le_bytes().to_vec(),
        ElementKind::Float64 => f64::from_bits(0x479e_0000_0000_0000).to_le_bytes().to_vec(),
        ElementKind::Int(1) => vec![(-127_i8).cast_unsigned()],
        ElementKind::Int(2) => (-32_767_i16).to_le_bytes().to_vec(),
        ElementKind::Int(4) => (-2_147_483_647_i32).to_le_bytes().to_vec(),
        ElementKind::Int(_) => (-9_223_372_036_854_775_806_i64).to_le_bytes().to_vec(),
        ElementKind::UInt(8) => 18_446_744_073_709_551_614_u64.to_le_bytes().to_vec(),
        ElementKind::UInt(bytes) => vec![0xff; usize::from(bytes)],
    };
    if element.endian == Endian::Big {
        bytes.reverse();
    }
    bytes
}
