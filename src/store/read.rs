//! Reading Zarr groups from the disk, of this program and of others: v2 and v3, consolidated or not.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value};
use zarrs::array::data_type as dt;
use zarrs::array::{Array, ArrayBytes, ArrayMetadata, ArrayMetadataV2, ArrayShardedExt, ArraySubset, CodecOptions};
use zarrs::filesystem::FilesystemStore;

use super::ElementKind;
use crate::terms::base64;

/// What can go wrong when a group is read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no Zarr group.
    #[error("{path}: no Zarr group (a folder with `zarr.json` or `.zgroup`)")]
    NotAGroup {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Metadata that is not what Zarr prescribes.
    #[error("{path}: {reason}")]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The group has no such array.
    #[error("{path}: there is no array `{array}`")]
    NoArray {
        /// The group.
        path: PathBuf,
        /// The array asked for.
        array: String,
    },
    /// The array cannot be opened or decoded.
    #[error("{path}, array `{array}`: {reason}")]
    Array {
        /// The group.
        path: PathBuf,
        /// The array.
        array: String,
        /// What zarrs said, or which type or attribute is not supported.
        reason: String,
    },
}

/// What an array's metadata says, as far as it is the same in v2 and v3.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrayHeader {
    /// Names of the dimensions (`dimension_names` or `_ARRAY_DIMENSIONS`), slowest first; empty if there are none.
    pub dimensions: Vec<String>,
    /// Elements along each dimension.
    pub shape: Vec<u64>,
    /// The array's attributes.
    pub attributes: Map<String, Value>,
    /// Finite v2 fill value, which xarray takes for missing data.
    v2_fill: Option<f64>,
}

/// A Zarr group in a folder.
#[derive(Debug)]
pub struct StoredGroup {
    path: PathBuf,
    storage: Arc<FilesystemStore>,
    attributes: Map<String, Value>,
    headers: BTreeMap<String, ArrayHeader>,
}

/// An array of a [`StoredGroup`], open for reading from many threads.
#[derive(Debug)]
pub struct StoredArray {
    group: PathBuf,
    name: String,
    header: ArrayHeader,
    array: Array<FilesystemStore>,
}

impl StoredGroup {
    /// Opens the group and reads the metadata of its arrays (not of groups inside it).
    ///
    /// # Errors
    /// [`ReadError::NotAGroup`], [`ReadError::Io`], [`ReadError::Metadata`].
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let not_a_group = || ReadError::NotAGroup { path: path.to_owned() };
        let attributes = match document(&path.join("zarr.json"))? {
            Some(root) if root["node_type"] == "group" => object(&root["attributes"]),
            Some(_) => return Err(not_a_group()),
            None if path.join(".zgroup").is_file() => {
                document(&path.join(".zattrs"))?.map(|attributes| object(&attributes)).unwrap_or_default()
            }
            None => return Err(not_a_group()),
        };
        let failed = |source| ReadError::Io { path: path.to_owned(), source };
        let mut headers = BTreeMap::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if let (Some(header), Some(name)) = (ArrayHeader::read(&entry.path())?, entry.file_name().to_str()) {
                headers.insert(name.to_owned(), header);
            }
        }
        let storage = FilesystemStore::new(path)
            .map_err(|error| ReadError::Metadata { path: path.to_owned(), reason: error.to_string() })?;
        Ok(StoredGroup { path: path.to_owned(), storage: Arc::new(storage), attributes, headers })
    }

    /// Attributes of the group.
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.attributes
    }

    /// The arrays by name.
    pub fn headers(&self) -> &BTreeMap<String, ArrayHeader> {
        &self.headers
    }

    /// Opens an array.
    ///
    /// # Errors
    /// [`ReadError::NoArray`]; [`ReadError::Array`] for a type or codec that is not supported.
    pub fn array(&self, name: &str) -> Result<StoredArray, ReadError> {
        let Some(header) = self.headers.get(name) else {
            return Err(ReadError::NoArray { path: self.path.clone(), array: name.to_owned() });
        };
        let wrong = |reason: String| ReadError::Array { path: self.path.clone(), array: name.to_owned(), reason };
        let node = format!("/{name}");
        let array = match document(&self.path.join(name).join(".zarray"))? {
            Some(metadata) if !self.path.join(name).join("zarr.json").is_file() => {
                let metadata: ArrayMetadataV2 =
                    serde_json::from_value(with_text_fill(metadata)).map_err(|error| wrong(error.to_string()))?;
                Array::new_with_metadata(self.storage.clone(), &node, ArrayMetadata::V2(metadata))
            }
            _ => Array::open(self.storage.clone(), &node),
        }
        .map_err(|error| wrong(error.to_string()))?;
        Ok(StoredArray { group: self.path.clone(), name: name.to_owned(), header: header.clone(), array })
    }
}

impl ArrayHeader {
    /// The header of the array in `folder`, if there is one.
    fn read(folder: &Path) -> Result<Option<Self>, ReadError> {
        if !folder.is_dir() {
            return Ok(None);
        }
        let (file, metadata, attributes, v2_fill) = if let Some(metadata) = document(&folder.join("zarr.json"))? {
            if metadata["node_type"] != "array" {
                return Ok(None);
            }
            let attributes = object(&metadata["attributes"]);
            (folder.join("zarr.json"), metadata, attributes, None)
        } else if let Some(metadata) = document(&folder.join(".zarray"))? {
            let attributes = document(&folder.join(".zattrs"))?.map(|value| object(&value)).unwrap_or_default();
            let is_float = metadata["dtype"].as_str().is_some_and(|text| text.contains('f'));
            // Zero is what zarr-python fills with when nobody chose a value.
            let fill = metadata["fill_value"].as_f64().filter(|fill| is_float && *fill != 0.0);
            (folder.join(".zarray"), metadata, attributes, fill)
        } else {
            return Ok(None);
        };
        let shape: Option<Vec<u64>> =
            metadata["shape"].as_array().and_then(|shape| shape.iter().map(Value::as_u64).collect());
        let shape = shape.ok_or_else(|| ReadError::Metadata { path: file, reason: "has no `shape`".into() })?;
        let dimensions: Option<Vec<String>> = [&metadata["dimension_names"], &attributes_dimensions(&attributes)]
            .into_iter()
            .find_map(Value::as_array)
            .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
        let dimensions = dimensions.filter(|names| names.len() == shape.len()).unwrap_or_default();
        Ok(Some(ArrayHeader { dimensions, shape, attributes, v2_fill }))
    }

    /// The value that stands for missing data, where it is not NaN.
    fn missing_value(&self) -> Option<f64> {
        match self.attributes.get("_FillValue") {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => base64_f64(text).filter(|value| value.is_finite()),
            _ => self.v2_fill,
        }
    }
}

fn attributes_dimensions(attributes: &Map<String, Value>) -> Value {
    attributes.get("_ARRAY_DIMENSIONS").cloned().unwrap_or_default()
}

impl StoredArray {
    /// What its metadata says.
    pub fn header(&self) -> &ArrayHeader {
        &self.header
    }

    /// The type that holds its values in a result of this program: its own, or a wider one. None for what is not read.
    pub fn kind(&self) -> Option<ElementKind> {
        let kind = self.array.data_type();
        match () {
            () if kind.is::<dt::Float64DataType>() => Some(ElementKind::F64),
            () if kind.is::<dt::Float32DataType>() => Some(ElementKind::F32),
            () if kind.is::<dt::Complex64DataType>() => Some(ElementKind::C64),
            () if kind.is::<dt::Complex128DataType>() => Some(ElementKind::C128),
            () if kind.is::<dt::Int64DataType>() || kind.is::<dt::UInt32DataType>() => Some(ElementKind::I64),
            () if kind.is::<dt::Int32DataType>() || kind.is::<dt::Int16DataType>() => Some(ElementKind::I32),
            () if kind.is::<dt::UInt16DataType>() || kind.is::<dt::Int8DataType>() => Some(ElementKind::I32),
            () if kind.is::<dt::UInt8DataType>() || kind.is::<dt::BoolDataType>() => Some(ElementKind::U8),
            () if kind.is::<dt::UInt64DataType>() => Some(ElementKind::F64),
            () if kind.is::<dt::StringDataType>() || kind.is::<dt::FixedLengthUTF32DataType>() => {
                Some(ElementKind::Text)
            }
            () => None,
        }
    }

    /// Whether its elements are complex numbers, which [`read_complex`](Self::read_complex) reads.
    pub fn is_complex(&self) -> bool {
        matches!(self.kind(), Some(ElementKind::C64 | ElementKind::C128))
    }

    /// Elements along each dimension of what is decoded at once: the inner chunk of a shard, else the chunk.
    pub fn read_shape(&self) -> Vec<u64> {
        let whole = || {
            let first = vec![0; self.header.shape.len()];
            self.array.chunk_shape(&first).map(|shape| shape.iter().map(|length| length.get()).collect())
        };
        match self.array.effective_subchunk_shape() {
            Some(shape) => shape.iter().map(|length| length.get()).collect(),
            None => whole().unwrap_or_else(|_| self.header.shape.clone()),
        }
    }

    /// Reads the part of `shape` from `start` on, in C order, as float64; integers and bool too. Missing data (by the
    /// `_FillValue` attribute, or a v2 fill value) become NaN.
    ///
    /// # Errors
    /// [`ReadError::Array`] for text and complex numbers, for packed data (`scale_factor`, `add_offset`), for a part that is not inside
    /// the array, or where reading or decoding fails.
    pub fn read_f64(&self, start: &[u64], shape: &[u64]) -> Result<Vec<f64>, ReadError> {
        let bytes = self.read_numbers(start, shape)?;
        let kind = self.array.data_type();
        // Decoded elements are in the byte order of this machine.
        macro_rules! widen {
            ($number:ty) => {{
                let (elements, _) = bytes.as_chunks::<{ size_of::<$number>() }>();
                elements.iter().map(|element| <$number>::from_ne_bytes(*element) as f64).collect()
            }};
        }
        let mut values: Vec<f64> = match () {
            () if kind.is::<dt::Float64DataType>() => widen!(f64),
            () if kind.is::<dt::Float32DataType>() => widen!(f32),
            () if kind.is::<dt::Int64DataType>() => widen!(i64),
            () if kind.is::<dt::Int32DataType>() => widen!(i32),
            () if kind.is::<dt::Int16DataType>() => widen!(i16),
            () if kind.is::<dt::Int8DataType>() => widen!(i8),
            () if kind.is::<dt::UInt64DataType>() => widen!(u64),
            () if kind.is::<dt::UInt32DataType>() => widen!(u32),
            () if kind.is::<dt::UInt16DataType>() => widen!(u16),
            () if kind.is::<dt::UInt8DataType>() || kind.is::<dt::BoolDataType>() => widen!(u8),
            () => return Err(self.wrong(format!("elements of type {kind:?} are not read as numbers"))),
        };
        if let Some(missing) = self.header.missing_value() {
            let missing = if kind.is::<dt::Float32DataType>() { f64::from(missing as f32) } else { missing };
            for value in values.iter_mut().filter(|value| **value == missing) {
                *value = f64::NAN;
            }
        }
        Ok(values)
    }

    /// Reads the part of `shape` from `start` on, in C order, of an array of complex numbers: real and imaginary part.
    ///
    /// # Errors
    /// [`ReadError::Array`] for other elements; else as [`read_f64`](Self::read_f64).
    pub fn read_complex(&self, start: &[u64], shape: &[u64]) -> Result<Vec<[f64; 2]>, ReadError> {
        let bytes = self.read_numbers(start, shape)?;
        match self.kind() {
            Some(ElementKind::C64) => {
                let pairs = bytes.as_chunks().0.iter().map(|pair| bytemuck::cast::<[u8; 8], [f32; 2]>(*pair));
                Ok(pairs.map(|pair| pair.map(f64::from)).collect())
            }
            Some(ElementKind::C128) => {
                Ok(bytes.as_chunks().0.iter().map(|pair| bytemuck::cast::<[u8; 16], [f64; 2]>(*pair)).collect())
            }
            _ => Err(self.wrong(format!("elements of type {:?} are not complex numbers", self.array.data_type()))),
        }
    }

    /// Reads all of a small numeric array.
    ///
    /// # Errors
    /// As [`read_f64`](Self::read_f64).
    pub fn read_all_f64(&self) -> Result<Vec<f64>, ReadError> {
        self.read_f64(&vec![0; self.header.shape.len()], &self.header.shape)
    }

    /// Reads all of a small array of strings, of any length or of a fixed one.
    ///
    /// # Errors
    /// [`ReadError::Array`] if its elements are not strings, or where reading or decoding fails.
    pub fn read_text(&self) -> Result<Vec<String>, ReadError> {
        let kind = self.array.data_type();
        let all = ArraySubset::new_with_shape(self.header.shape.clone());
        let text = if kind.is::<dt::StringDataType>() {
            self.array.retrieve_array_subset::<Vec<String>>(&all)
        } else if kind.is::<dt::FixedLengthUTF32DataType>() {
            let texts = self.array.retrieve_array_subset::<Vec<Vec<char>>>(&all);
            texts.map(|texts| texts.into_iter().map(String::from_iter).collect())
        } else {
            return Err(self.wrong(format!("elements of type {kind:?} are not strings")));
        };
        text.map_err(|error| self.wrong(error.to_string()))
    }

    /// The bytes of elements of a fixed size that are stored as they are.
    fn read_numbers(&self, start: &[u64], shape: &[u64]) -> Result<Vec<u8>, ReadError> {
        if ["scale_factor", "add_offset"].iter().any(|name| self.header.attributes.contains_key(*name)) {
            return Err(self.wrong("packed data (`scale_factor`, `add_offset`) are not read; store the values".into()));
        }
        let bytes = self.read_bytes(start, shape)?;
        let bytes = bytes.into_fixed().map_err(|_| self.wrong("its elements are not numbers".into()))?;
        Ok(bytes.into_owned())
    }

    fn read_bytes(&self, start: &[u64], shape: &[u64]) -> Result<ArrayBytes<'static>, ReadError> {
        let inside = start.len() == self.header.shape.len()
            && shape.len() == start.len()
            && (0..start.len()).all(|d| start[d] + shape[d] <= self.header.shape[d]);
        if !inside {
            let whole = &self.header.shape;
            return Err(self.wrong(format!("{shape:?} from {start:?} is not inside the array's shape {whole:?}")));
        }
        let part = ArraySubset::new_with_start_shape(start.to_vec(), shape.to_vec())
            .map_err(|error| self.wrong(error.to_string()))?;
        // Callers read many parts in parallel, so that one part needs no threads of its own.
        let options = CodecOptions::default().with_concurrent_target(1);
        self.array.retrieve_array_subset_opt(&part, &options).map_err(|error| self.wrong(error.to_string()))
    }

    fn wrong(&self, reason: String) -> ReadError {
        ReadError::Array { path: self.group.clone(), array: self.name.clone(), reason }
    }
}

/// v2 metadata with a fill value for strings of fixed length: xarray writes null, which zarrs takes for numbers only.
fn with_text_fill(mut metadata: Value) -> Value {
    let is_text = metadata["dtype"].as_str().is_some_and(|text| text.starts_with("<U") || text.starts_with(">U"));
    if is_text && metadata["fill_value"].is_null() {
        metadata["fill_value"] = "".into();
    }
    metadata
}

/// A JSON document, if the file exists.
fn document(path: &Path) -> Result<Option<Value>, ReadError> {
    match fs::read(path) {
        Ok(text) => match serde_json::from_slice(&text) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(ReadError::Metadata { path: path.to_owned(), reason: error.to_string() }),
        },
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(source) => Err(ReadError::Io { path: path.to_owned(), source }),
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// A float64 in base64, little-endian: xarray's `_FillValue` attribute in Zarr v3.
fn base64_f64(text: &str) -> Option<f64> {
    Some(f64::from_le_bytes(base64(text)?.try_into().ok()?))
}
