//! What a netCDF-4 file holds.

use std::collections::BTreeMap;
use std::path::Path;

use netcdf::types::{FloatType, IntType, NcVariableType};

use super::super::super::SourceError;
use super::super::super::dataset::{ArrayInfo, Attribute, Attributes, Dataset, Dimension, Element, ElementKind};
use super::super::{Storages, default_fill, filters};
use super::access::{Access, OpenFile, check_length, native};
use super::library::{failed, with_library};
use super::locate::storage;
use super::raw::{DatasetHeader, Fill};

/// Describes a file, and finds where the values of arrays are that are `wanted`.
pub(in super::super) fn describe(
    path: &Path,
    wanted: &dyn Fn(&ArrayInfo) -> bool,
) -> Result<(Dataset, Storages), SourceError> {
    check_length(path)?;
    with_library(path, || {
        let file = netcdf::open(path).map_err(|error| failed(path, "opening it as netCDF-4", error))?;
        let open = OpenFile::open(path)?;
        let mut walk = Walk {
            open: &open,
            path,
            wanted,
            storages: Storages::new(),
            scopes: Vec::new(),
            data: Dataset {
                path: path.to_owned(),
                format: "netCDF-4".into(),
                dimensions: Vec::new(),
                arrays: Vec::new(),
                attributes: attributes(file.attributes()),
                left_out: BTreeMap::new(),
                notes: Vec::new(),
                warnings: Vec::new(),
            },
        };
        let root = file.root().ok_or_else(|| failed(path, "finding its first group", "there is none"))?;
        walk.group("", &root);
        Ok((walk.data, walk.storages))
    })
}

struct Walk<'a> {
    open: &'a OpenFile,
    path: &'a Path,
    wanted: &'a dyn Fn(&ArrayInfo) -> bool,
    storages: Storages,
    /// Of each group from the first to the present one: its dimensions' own names and lengths, and the names they are
    /// given.
    scopes: Vec<Vec<(String, u64, String)>>,
    data: Dataset,
}

impl Walk<'_> {
    fn group(&mut self, prefix: &str, group: &netcdf::Group) {
        let mut scope = Vec::new();
        for dimension in group.dimensions() {
            let (name, length) = (dimension.name(), dimension.len() as u64);
            let known = self.data.dimensions.iter().find(|known| known.name == name);
            let given = match known {
                Some(known) if known.length != length => format!("{prefix}{name}"),
                _ => name.clone(),
            };
            if known.is_none_or(|known| known.length != length) {
                let unlimited = dimension.is_unlimited();
                self.data.dimensions.push(Dimension { name: given.clone(), length, unlimited });
            }
            scope.push((name, length, given));
        }
        self.scopes.push(scope);
        for variable in group.variables() {
            self.variable(prefix, &variable);
        }
        for below in group.groups() {
            self.group(&format!("{prefix}{}/", below.name()), &below);
        }
        self.scopes.pop();
    }

    fn variable(&mut self, prefix: &str, variable: &netcdf::Variable) {
        let name = format!("{prefix}{}", variable.name());
        if name.chars().any(char::is_control) {
            self.data.notes.push(format!("left out, as its name cannot be read: {}", name.escape_debug()));
            return;
        }
        let Some((mut info, access)) = array(self.open, &name, variable) else {
            self.data.left_out.insert(name, other_values(&variable.vartype()).into());
            return;
        };
        for (given, dimension) in info.dimensions.iter_mut().zip(variable.dimensions()) {
            let length = dimension.len() as u64;
            let mut inner_first = self.scopes.iter().rev().flatten();
            if let Some((.., known)) = inner_first.find(|(known, of, _)| known == given && *of == length) {
                given.clone_from(known);
            }
        }
        match &access {
            Access::Header(_) => {}
            Access::Library(why) => self
                .data
                .notes
                .push(format!("{name} is read by the netCDF library, one thread at a time: {}", why.escape_debug())),
            Access::Filtered(_, codec) => self.data.notes.push(cannot_be_read(self.path, &name, codec).to_string()),
        }
        if (self.wanted)(&info)
            && let Ok(storage) = storage(self.path, &info, self.open, access)
        {
            self.storages.insert(name, storage);
        }
        self.data.arrays.push(info);
    }
}

/// What is known of a variable; none if it does not hold numbers.
///
/// Dimensions have their own names.
pub(super) fn array(open: &OpenFile, name: &str, variable: &netcdf::Variable) -> Option<(ArrayInfo, Access)> {
    let native = Element { kind: kind(&variable.vartype())?, endian: native() };
    let shape: Vec<u64> = variable.dimensions().iter().map(|dimension| dimension.len() as u64).collect();
    let access = open.access(name, &shape, native);
    let element = access.element(native);
    let file_chunk = variable.chunking().ok().flatten();
    let file_chunk = file_chunk.map(|chunk| chunk.into_iter().map(|length| length as u64).collect());
    let attributes = attributes(variable.attributes());
    let header = match &access {
        Access::Header(header) | Access::Filtered(header, _) => Some(header),
        Access::Library(_) => None,
    };
    let codecs = header.map_or_else(String::new, |header| filters::all_words(&header.filters));
    let info = ArrayInfo {
        name: name.to_owned(),
        dimensions: variable.dimensions().iter().map(netcdf::Dimension::name).collect(),
        chunk: access.chunk(&shape, element, file_chunk),
        shape,
        element,
        fill: fill(header, element, &attributes),
        codecs,
        attributes,
    };
    Some((info, access))
}

/// What HDF5 puts for a chunk that is not stored; where the file does not say, what netCDF would.
fn fill(header: Option<&DatasetHeader>, element: Element, attributes: &Attributes) -> Vec<u8> {
    match header.map(|header| &header.fill) {
        Some(Fill::Value(value)) => value.clone(),
        Some(Fill::Zero) => vec![0; element.bytes()],
        Some(Fill::Undefined) | None => {
            attributes.number("_FillValue").map_or_else(|| default_fill(element), |value| stored(value, element))
        }
    }
}

/// The bytes of a number.
fn stored(value: f64, element: Element) -> Vec<u8> {
    let mut bytes = match element.kind {
        ElementKind::Float32 => (value as f32).to_le_bytes().to_vec(),
        ElementKind::Float64 => value.to_le_bytes().to_vec(),
        ElementKind::Int(_) => (value as i64).to_le_bytes()[..element.bytes()].to_vec(),
        ElementKind::UInt(_) => (value as u64).to_le_bytes()[..element.bytes()].to_vec(),
    };
    if element.endian == super::super::super::number::Endian::Big {
        bytes.reverse();
    }
    bytes
}

fn kind(of: &NcVariableType) -> Option<ElementKind> {
    Some(match of {
        NcVariableType::Int(int) => match int {
            IntType::I8 => ElementKind::Int(1),
            IntType::I16 => ElementKind::Int(2),
            IntType::I32 => ElementKind::Int(4),
            IntType::I64 => ElementKind::Int(8),
            IntType::U8 => ElementKind::UInt(1),
            IntType::U16 => ElementKind::UInt(2),
            IntType::U32 => ElementKind::UInt(4),
            IntType::U64 => ElementKind::UInt(8),
        },
        NcVariableType::Float(FloatType::F32) => ElementKind::Float32,
        NcVariableType::Float(FloatType::F64) => ElementKind::Float64,
        _ => return None,
    })
}

/// What values are that are no numbers.
fn other_values(of: &NcVariableType) -> &'static str {
    match of {
        NcVariableType::String | NcVariableType::Char => "texts",
        _ => "of a type that the file defines",
    }
}

/// Texts and numbers; attributes of other types are left out.
fn attributes<'a>(list: impl Iterator<Item = netcdf::Attribute<'a>>) -> Attributes {
    use netcdf::AttributeValue as Value;
    fn numbers<T: Copy>(values: &[T], convert: impl Fn(T) -> f64) -> Attribute {
        Attribute::Numbers(values.iter().map(|value| convert(*value)).collect())
    }
    let pairs = list.filter_map(|attribute| {
        let value = match attribute.value().ok()? {
            Value::Uchar(value) => Attribute::Numbers(vec![value.into()]),
            Value::Schar(value) => Attribute::Numbers(vec![value.into()]),
            Value::Ushort(value) => Attribute::Numbers(vec![value.into()]),
            Value::Short(value) => Attribute::Numbers(vec![value.into()]),
            Value::Uint(value) => Attribute::Numbers(vec![value.into()]),
            Value::Int(value) => Attribute::Numbers(vec![value.into()]),
            Value::Ulonglong(value) => Attribute::Numbers(vec![value as f64]),
            Value::Longlong(value) => Attribute::Numbers(vec![value as f64]),
            Value::Float(value) => Attribute::Numbers(vec![value.into()]),
            Value::Double(value) => Attribute::Numbers(vec![value]),
            Value::Uchars(values) => numbers(&values, f64::from),
            Value::Schars(values) => numbers(&values, f64::from),
            Value::Ushorts(values) => numbers(&values, f64::from),
            Value::Shorts(values) => numbers(&values, f64::from),
            Value::Uints(values) => numbers(&values, f64::from),
            Value::Ints(values) => numbers(&values, f64::from),
            Value::Ulonglongs(values) => numbers(&values, |value| value as f64),
            Value::Longlongs(values) => numbers(&values, |value| value as f64),
            Value::Floats(values) => numbers(&values, f64::from),
            Value::Doubles(values) => Attribute::Numbers(values),
            Value::Str(text) => Attribute::Text(text),
            Value::Strs(mut texts) if texts.len() == 1 => Attribute::Text(texts.remove(0)),
            Value::Strs(texts) => Attribute::Texts(texts),
        };
        Some((attribute.name().to_owned(), value))
    });
    Attributes(pairs.collect())
}

/// That nobody here can undo a filter.
pub(super) fn cannot_be_read(path: &Path, array: &str, codec: &str) -> SourceError {
    SourceError::Codec {
        path: path.to_owned(),
        array: array.to_owned(),
        codec: codec.to_owned(),
        help: "set HDF5_PLUGIN_PATH to a folder with the filter's plugin, or write the file anew where it can be \
               read: h5repack -f GZIP=4 FILE OUT"
            .into(),
    }
}
