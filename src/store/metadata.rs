//! `zarr.json`: of each array, and of the group with all of them consolidated.

use std::num::NonZeroU64;
use std::sync::Arc;

use num_complex::{Complex32, Complex64};
use serde_json::{Map, Value, json};
use zarrs::array::codec::{BytesCodec, Crc32cCodec, ShardingCodecBuilder, VlenUtf8Codec, ZstdCodec};
use zarrs::array::{
    ArrayBuilder, ArrayToBytesCodecTraits, BytesToBytesCodecTraits, CodecChain, DataType, FillValue, data_type,
};

use super::{ArraySpec, Codec, ElementKind, Fill, StoreError};

/// How one array's chunks are laid out on the disk.
#[derive(Debug)]
pub(super) struct Layout {
    /// Element type in Zarr's terms.
    pub(super) data_type: DataType,
    /// Value where nothing is stored.
    pub(super) fill_value: FillValue,
    /// Shape of what is encoded at once: the inner chunk, or the whole chunk where there is none.
    pub(super) block: Vec<NonZeroU64>,
    /// Encodes a block: little-endian bytes, or strings with their lengths; zstd; a checksum.
    pub(super) block_codecs: CodecChain,
    /// Encodes a shard's index: little-endian uint64 and a checksum.
    pub(super) index_codecs: CodecChain,
    /// The array's `zarr.json`.
    pub(super) document: Value,
}

impl Layout {
    pub(super) fn new(spec: &ArraySpec, codec: Codec) -> Result<Self, StoreError> {
        let wrong = |reason: String| StoreError::Spec { array: spec.name.clone(), reason };
        let data_type = match spec.kind {
            ElementKind::F32 => data_type::float32(),
            ElementKind::F64 => data_type::float64(),
            ElementKind::C64 => data_type::complex64(),
            ElementKind::C128 => data_type::complex128(),
            ElementKind::I32 => data_type::int32(),
            ElementKind::I64 => data_type::int64(),
            ElementKind::U8 => data_type::uint8(),
            ElementKind::Text => data_type::string(),
        };
        let fill_value = match (spec.kind, spec.fill) {
            (ElementKind::F32, Fill::Nan) => FillValue::from(f32::NAN),
            (ElementKind::F64, Fill::Nan) => FillValue::from(f64::NAN),
            (ElementKind::C64, Fill::Nan) => FillValue::from(Complex32::new(f32::NAN, f32::NAN)),
            (ElementKind::C128, Fill::Nan) => FillValue::from(Complex64::new(f64::NAN, f64::NAN)),
            (ElementKind::C64, _) => FillValue::from(Complex32::ZERO),
            (ElementKind::C128, _) => FillValue::from(Complex64::ZERO),
            (ElementKind::F32, _) => FillValue::from(0f32),
            (ElementKind::F64, _) => FillValue::from(0f64),
            (ElementKind::I32, _) => FillValue::from(0i32),
            (ElementKind::I64, _) => FillValue::from(0i64),
            (ElementKind::U8, _) => FillValue::from(0u8),
            (ElementKind::Text, _) => FillValue::from(""),
        };
        let checksum: Arc<dyn BytesToBytesCodecTraits> = Arc::new(Crc32cCodec::new());
        let to_bytes: Arc<dyn ArrayToBytesCodecTraits> = match spec.kind {
            ElementKind::Text => Arc::new(VlenUtf8Codec::new()),
            ElementKind::U8 => Arc::new(BytesCodec::new(None)),
            _ => Arc::new(BytesCodec::little()),
        };
        let mut compression: Vec<Arc<dyn BytesToBytesCodecTraits>> = vec![];
        if let Codec::Zstd(level) = codec {
            compression.push(Arc::new(ZstdCodec::new(level, false)));
        }
        // The checksum is put behind a block where it lies: the codec would copy the block into new memory.
        let block_codecs = CodecChain::new(vec![], to_bytes.clone(), compression.clone());
        compression.push(checksum.clone());

        let block = spec.inner.as_ref().unwrap_or(&spec.chunk);
        let block: Vec<NonZeroU64> = block
            .iter()
            .map(|&length| NonZeroU64::new(length).ok_or_else(|| wrong(format!("chunk {block:?} is empty"))))
            .collect::<Result<_, _>>()?;

        let mut builder =
            ArrayBuilder::new(spec.shape.clone(), spec.chunk.clone(), data_type.clone(), fill_value.clone());
        builder.dimension_names(Some(spec.dimensions.clone())).attributes(spec.attributes.clone());
        if spec.inner.is_some() {
            let mut sharding = ShardingCodecBuilder::new(block.clone(), &data_type);
            sharding
                .array_to_bytes_codec(to_bytes.clone())
                .bytes_to_bytes_codecs(compression.clone())
                .index_array_to_bytes_codec(Arc::new(BytesCodec::little()))
                .index_bytes_to_bytes_codecs(vec![checksum.clone()]);
            builder.array_to_bytes_codec(sharding.build_arc());
        } else {
            builder.array_to_bytes_codec(to_bytes.clone()).bytes_to_bytes_codecs(compression.clone());
        }
        let document = builder.build_metadata().map_err(|error| wrong(error.to_string()))?;
        let document = serde_json::to_value(document).map_err(|error| wrong(error.to_string()))?;
        Ok(Layout {
            data_type,
            fill_value,
            block,
            block_codecs,
            index_codecs: CodecChain::new(vec![], Arc::new(BytesCodec::little()), vec![checksum]),
            document,
        })
    }
}

/// The group's `zarr.json`; with `arrays`, by name, their metadata is consolidated in it, as zarr-python does.
pub(super) fn group_document(attributes: &Map<String, Value>, arrays: Option<Map<String, Value>>) -> Value {
    let mut document = json!({"zarr_format": 3, "node_type": "group", "attributes": attributes});
    if let Some(arrays) = arrays {
        document["consolidated_metadata"] = json!({"kind": "inline", "must_understand": false, "metadata": arrays});
    }
    document
}
