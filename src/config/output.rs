//! `[output]`: where the result goes and what is kept.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::RawOutput;
use crate::terms::ParseTermError;

/// The result's place and coding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The Zarr group, absolute.
    pub path: PathBuf,
    /// Keep the spectra; if not, only the small products.
    pub spectrum: bool,
    /// Compression of the chunks.
    pub codec: Codec,
    /// Mantissa bits that are kept, 1 to 23; none: all.
    pub keep_bits: Option<u8>,
}

/// Compression of the chunks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// As they are.
    None,
    /// Zstandard.
    Zstd {
        /// 1 (fast) to 22 (small).
        level: u8,
    },
}

const DEFAULT_PATH: &str = "spectra.zarr";
/// The level that zstd itself takes by default.
const DEFAULT_LEVEL: u8 = 3;

impl FromStr for Codec {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        let wrong = |reason: String| ParseTermError { text: text.to_owned(), reason };
        match text.trim() {
            "none" => return Ok(Codec::None),
            "zstd" => return Ok(Codec::Zstd { level: DEFAULT_LEVEL }),
            _ => {}
        }
        let level = text.trim().strip_prefix("zstd(").and_then(|rest| rest.strip_suffix(')'));
        let level = level.ok_or_else(|| wrong("known codecs: none zstd zstd(5)".to_owned()))?.trim();
        match level.parse::<u8>() {
            Ok(level) if (1..=22).contains(&level) => Ok(Codec::Zstd { level }),
            _ => Err(wrong(format!("the level is {level}; it must be 1 to 22"))),
        }
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Codec::None => f.write_str("none"),
            Codec::Zstd { level } => write!(f, "zstd({level})"),
        }
    }
}

impl Output {
    pub(super) fn check(raw: RawOutput, document: &Document) -> Result<Output, ConfigError> {
        Ok(Output {
            path: check::path(document, "output.path", raw.path.unwrap_or_else(|| DEFAULT_PATH.to_owned()))?,
            spectrum: raw.spectrum.unwrap_or(true),
            codec: check::term(document, "output.codec", raw.codec.as_deref().unwrap_or("zstd"))?,
            keep_bits: raw.keep_bits.map(|bits| keep_bits(document, bits)).transpose()?,
        })
    }

    pub(super) fn raw(&self) -> RawOutput {
        RawOutput {
            path: Some(check::path_text(&self.path)),
            spectrum: Some(self.spectrum),
            codec: Some(self.codec.to_string()),
            keep_bits: self.keep_bits.map(i64::from),
        }
    }
}

fn keep_bits(document: &Document, bits: i64) -> Result<u8, ConfigError> {
    u8::try_from(bits).ok().filter(|bits| (1..=23).contains(bits)).ok_or_else(|| {
        document.wrong("output.keep_bits", format!("is {bits}; it must be 1 to 23 (leave it out to keep all bits)"))
    })
}
