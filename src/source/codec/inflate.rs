//! The decompressors: each fills `out` exactly, in one thread, and keeps its own memory for the next time.

use std::fmt;

/// Decompressors, made when first needed.
#[derive(Default)]
pub(in super::super) struct Inflate {
    zstd: Option<zstd::bulk::Decompressor<'static>>,
    deflate: Option<libdeflater::Decompressor>,
}

impl fmt::Debug for Inflate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflate").finish_non_exhaustive()
    }
}

impl Inflate {
    pub(in super::super) fn zstd(&mut self, input: &[u8], out: &mut [u8]) -> Result<(), String> {
        let got = self.zstd_at_most(input, out)?;
        whole("zstd", got, out)
    }

    /// As [`zstd`](Self::zstd), but what comes out may be shorter than `out`; returns its length.
    pub(in super::super) fn zstd_at_most(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize, String> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(zstd::bulk::Decompressor::new().map_err(|error| format!("zstd: {error}"))?),
        };
        zstd.decompress_to_buffer(input, out).map_err(|error| format!("zstd: {error}"))
    }

    pub(in super::super) fn zlib(&mut self, input: &[u8], out: &mut [u8]) -> Result<(), String> {
        let got = self.zlib_at_most(input, out)?;
        whole("zlib", got, out)
    }

    /// As [`zlib`](Self::zlib), but what comes out may be shorter than `out`; returns its length.
    pub(in super::super) fn zlib_at_most(&mut self, input: &[u8], out: &mut [u8]) -> Result<usize, String> {
        let most = out.len();
        self.deflate().zlib_decompress(input, out).map_err(|error| in_words("zlib", error, most))
    }

    pub(in super::super) fn gzip(&mut self, input: &[u8], out: &mut [u8]) -> Result<(), String> {
        let most = out.len();
        let got = self.deflate().gzip_decompress(input, out).map_err(|error| in_words("gzip", error, most))?;
        whole("gzip", got, out)
    }

    fn deflate(&mut self) -> &mut libdeflater::Decompressor {
        self.deflate.get_or_insert_with(libdeflater::Decompressor::new)
    }
}

/// One raw block of LZ4.
pub(in super::super) fn lz4(input: &[u8], out: &mut [u8]) -> Result<(), String> {
    let got = lz4_flex::block::decompress_into(input, out).map_err(|error| format!("lz4: {error}"))?;
    whole("lz4", got, out)
}

fn in_words(name: &str, error: libdeflater::DecompressionError, most: usize) -> String {
    match error {
        libdeflater::DecompressionError::BadData => format!("{name}: the data is corrupt"),
        libdeflater::DecompressionError::InsufficientSpace => {
            format!("{name} gives more than the {most} bytes that are expected")
        }
    }
}

fn whole(name: &str, got: usize, out: &[u8]) -> Result<(), String> {
    if got == out.len() { Ok(()) } else { Err(format!("{name} gives {got} bytes, expected {}", out.len())) }
}
