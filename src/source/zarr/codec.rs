//! How the values of a chunk became bytes: what comes in is the metadata's JSON, what goes out are the steps to undo.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::Endian;
use super::super::dataset::{Element, ElementKind};
use super::data_type::{self, DataType};

/// One step of writing, which reading undoes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Codec {
    /// Axes in another order: axis k of what is stored is this axis of the chunk.
    Transposition(Vec<usize>),
    /// Differences of neighbours.
    Delta,
    /// (value - offset) scale, in another type.
    ScaleOffset {
        scale: f64,
        offset: f64,
        stored: Element,
    },
    /// Bytes of equal significance together, of values of so many bytes.
    Shuffle(usize),
    Blosc,
    Zstd,
    Gzip,
    Zlib,
    /// One block of LZ4 behind its decoded length.
    Lz4,
    /// Four bytes of CRC-32C behind the others.
    Crc32c,
}

/// What cannot be undone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unreadable {
    /// Its name, with what is odd about it.
    pub(super) codec: String,
    pub(super) help: String,
}

/// Steps in the order of writing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Codecs {
    pub(super) steps: Vec<Codec>,
    pub(super) words: Vec<String>,
    /// The first that cannot be read.
    pub(super) unreadable: Option<Unreadable>,
}

impl Codecs {
    /// Adds a codec by its name and settings, of arrays of `rank` dimensions.
    ///
    /// # Errors
    /// Where a setting cannot be.
    pub(super) fn add(
        &mut self,
        name: &str,
        settings: &Map<String, Value>,
        rank: usize,
        element: Element,
    ) -> Result<(), String> {
        let id = name.strip_prefix("numcodecs.").unwrap_or(name);
        let level = |key: &str| settings.get(key).and_then(Value::as_i64).map(|level| format!(" {level}"));
        let named = |key: &str| format!("{id}{}", level(key).unwrap_or_default());
        match id {
            "zstd" => self.push(Codec::Zstd, named("level")),
            "gzip" => self.push(Codec::Gzip, named("level")),
            "zlib" => self.push(Codec::Zlib, named("level")),
            "lz4" => self.push(Codec::Lz4, id.into()),
            "crc32c" if settings.get("location").is_none_or(|place| place == "end") => {
                self.push(Codec::Crc32c, id.into());
            }
            "blosc" => self.push(Codec::Blosc, blosc_in_words(settings, element)),
            "shuffle" => {
                let bytes = settings.get("elementsize").map_or(Some(4), Value::as_u64);
                match bytes.and_then(|bytes| usize::try_from(bytes).ok()).filter(|bytes| (1..=255).contains(bytes)) {
                    Some(bytes) => self.push(Codec::Shuffle(bytes), id.into()),
                    None => return Err(format!("shuffle has elementsize {}", settings["elementsize"])),
                }
            }
            // Behind a scale the values are of another size.
            "transpose" if self.steps.iter().all(|step| !matches!(step, Codec::ScaleOffset { .. })) => {
                let order = settings.get("order").unwrap_or(&Value::Null);
                self.push(Codec::Transposition(permutation(order, rank)?), format!("transpose {order}"));
            }
            // What they round off stays away; the values are whole.
            "bitround" => self.words.push(format!("bitround{}", level("keepbits").unwrap_or_default())),
            "quantize" if self.is_of(settings, "dtype", element) && self.is_of(settings, "astype", element) => {
                self.words.push(named("digits"));
            }
            "delta" if self.is_of(settings, "dtype", element) && self.is_of(settings, "astype", element) => {
                self.push(Codec::Delta, id.into());
            }
            "fixedscaleoffset" if self.is_of(settings, "dtype", element) => self.add_scale(settings, element),
            _ => self.refuse(id, settings),
        }
        Ok(())
    }

    /// Marks the whole as unreadable where the length of what comes out of a step cannot be known before it is decoded: zlib
    /// does not state it, and that of what another compressor made may be any.
    pub(super) fn refuse_unknown_lengths(&mut self) {
        let compresses =
            |step: &Codec| matches!(step, Codec::Blosc | Codec::Zstd | Codec::Gzip | Codec::Zlib | Codec::Lz4);
        let first = self.steps.iter().position(compresses).unwrap_or(self.steps.len());
        if self.steps.iter().skip(first + 1).any(|step| *step == Codec::Zlib) {
            self.refuse_for(format!("zlib on top of another compressor ({})", self.words.join(", ")));
        }
    }

    /// Adds the axes in reversed order: Fortran's.
    pub(super) fn add_fortran_order(&mut self, rank: usize) {
        self.words.push("order F".into());
        if rank > 1 {
            self.steps.push(Codec::Transposition((0..rank).rev().collect()));
        }
    }

    /// Marks the whole as unreadable because of one codec.
    pub(super) fn refuse(&mut self, name: &str, settings: &Map<String, Value>) {
        self.words.push(name.to_owned());
        let mut codec = name.to_owned();
        if !settings.is_empty() {
            let text = Value::Object(settings.clone()).to_string();
            let shown: String = text.chars().take(200).collect();
            codec = format!("{name} {shown}");
        }
        self.refuse_for(codec);
    }

    /// Marks the whole as unreadable.
    pub(super) fn refuse_for(&mut self, codec: String) {
        let help = "write the store anew with a codec that can be, in xarray ds.drop_encoding().to_zarr(path, zarr_format=3), \
                    which compresses by zstd"
            .to_owned();
        self.unreadable.get_or_insert(Unreadable { codec, help });
    }

    fn push(&mut self, codec: Codec, words: String) {
        self.steps.push(codec);
        self.words.push(words);
    }

    /// Whether a setting, where it is given, is the type of the array, so that no other is needed for decoding; and
    /// nothing before has changed that.
    fn is_of(&self, settings: &Map<String, Value>, key: &str, element: Element) -> bool {
        let same = match settings.get(key) {
            None | Some(Value::Null) => true,
            Some(name) => matches!(data_type::of_version_2(name), Ok(DataType::Number(other)) if other == element),
        };
        same && !self.steps.iter().any(|step| matches!(step, Codec::ScaleOffset { .. }))
    }

    fn add_scale(&mut self, settings: &Map<String, Value>, element: Element) {
        let number = |key: &str| settings.get(key).and_then(Value::as_f64).filter(|number| number.is_finite());
        let stored = match settings.get("astype") {
            None | Some(Value::Null) => Some(element),
            Some(name) => match data_type::of_version_2(name) {
                Ok(DataType::Number(stored)) => Some(stored),
                _ => None,
            },
        };
        let floating = matches!(element.kind, ElementKind::Float32 | ElementKind::Float64);
        match (number("scale").filter(|scale| *scale != 0.0), number("offset"), stored) {
            (Some(scale), Some(offset), Some(stored)) if floating => {
                let words = format!("fixedscaleoffset {scale} {offset} {}", stored.name());
                self.push(Codec::ScaleOffset { scale, offset, stored }, words);
            }
            _ => self.refuse("fixedscaleoffset", settings),
        }
    }
}

/// Blosc's settings, "shuffle + blosc zstd 5"; the chunks themselves say how they are to be read.
fn blosc_in_words(settings: &Map<String, Value>, element: Element) -> String {
    let shuffle = match settings.get("shuffle") {
        Some(Value::String(name)) if name == "noshuffle" => "",
        Some(Value::String(name)) => name.as_str(),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(0) => "",
            Some(2) => "bitshuffle",
            Some(-1) if element.bytes() == 1 => "bitshuffle",
            _ => "shuffle",
        },
        _ => "shuffle",
    };
    let plus = if shuffle.is_empty() { "" } else { " + " };
    let compressor = settings.get("cname").and_then(Value::as_str).unwrap_or("lz4");
    let level = settings.get("clevel").and_then(Value::as_i64).map(|level| format!(" {level}")).unwrap_or_default();
    format!("{shuffle}{plus}blosc {compressor}{level}")
}

/// An order of axes, each once.
fn permutation(order: &Value, rank: usize) -> Result<Vec<usize>, String> {
    let axes: Option<Vec<usize>> = match order {
        Value::Array(axes) => {
            axes.iter().map(|axis| axis.as_u64().and_then(|axis| usize::try_from(axis).ok())).collect()
        }
        Value::String(name) if name == "C" => Some((0..rank).collect()),
        Value::String(name) if name == "F" => Some((0..rank).rev().collect()),
        _ => None,
    };
    let axes = axes.filter(|axes| axes.len() == rank && (0..rank).all(|axis| axes.contains(&axis)));
    axes.ok_or_else(|| format!("transpose has order {order}, expected each of {rank} axes once"))
}

/// The byte order that the codec `bytes` states.
pub(super) fn endian(settings: &Map<String, Value>) -> Option<Endian> {
    match settings.get("endian").and_then(Value::as_str)? {
        "little" => Some(Endian::Little),
        "big" => Some(Endian::Big),
        _ => None,
    }
}
