//! The decompressors: each fills `out` exactly, in one thread, and keeps its own memory for the next time.

use std::fmt;

/// Decompressors, made when first needed.
#[derive(Default)]
pub(super) struct Inflate {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    deflate: Option<libdeflater::Decompressor>,
}

impl fmt::Debug for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate").finish_non_exhaustive()
    }
}

impl Inflate {
    pub(super) fn zstd(&mut self, input: &[u8], out: &mut [u8]) -> Result<(), String> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(zstd::bulk::Decompressor::new().map_err(|error| format!("zstd: {error}"))?),
        };
        let got = zstd.decompress_to_buffer(input, out).map_err(|error| format!("zstd: {error}"))?;
        whole("zstd", got, out)
    }

    pub(super) fn zlib(&mut self, input: &[u8], out: &mut [u8]) -> Result<(), String> {
        let got = self.deflate().zlib_decompress(input, out).map_err(|error| format!("zlib: {error}"))?;
        whole("zlib", got, out)
    }

    pub(super) fn gzip(&mut self, input: &[u8], out: &mut [u8]) -> Result<(), String> {
        let got = self.deflate().gzip_decompress(input, out).map_err(|error| format!("gzip: {error}"))?;
        whole("gzip", got, out)
    }

    /// One raw block of LZ4.
    pub(super) fn lz4(&self, input: &[u8], out: &mut [u8]) -> Result<(), String> {
        let got = lz4_flex::block::decompress_into(input, out).map_err(|error| format!("lz4: {error}"))?;
        whole("lz4", got, out)
    }

    fn deflate(&mut self) -> &mut libdeflater::Decompressor {
        self.deflate.get_or_insert_with(libdeflater::Decompressor::new)
    }
}

fn whole(name: &str, got: usize, out: &[u8]) -> Result<(), String> {
    if got == out.len() { Ok(()) } else { Err(format!("{name} gives {got} bytes, expected {}", out.len())) }
}
