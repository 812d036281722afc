//! Classic netCDF files: what comes in is a path, what goes out is a description and the places of values in the file.
//!
//! They are read without a library, so that threads need no lock.

mod header;
mod places;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::super::dataset::{ArrayInfo, Dataset, Dimension, Direct, Element, ElementKind, Storage};
use super::super::number::Endian;
use super::super::{SourceError, netcdf};
use super::Storages;
use header::{Header, Type, Variable, Version};
use places::Places;

fn read(path: &Path) -> Result<(Header, Places), SourceError> {
    let unreadable = |error| SourceError::io(path, &error);
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let header = Header::parse(BufReader::new(file), length)
        .map_err(|reason| SourceError::Dataset { path: path.to_owned(), reason })?;
    let places = Places::find(path, &header, length)?;
    Ok((header, places))
}

/// Describes a file, and tells where the values of arrays are that are `wanted`.
pub(super) fn describe(path: &Path, wanted: &dyn Fn(&ArrayInfo) -> bool) -> Result<(Dataset, Storages), SourceError> {
    let (header, places) = read(path)?;
    let dimensions = header.dimensions.iter().map(|(name, length)| Dimension {
        name: name.clone(),
        length: if *length == 0 { places.records } else { *length },
        unlimited: *length == 0,
    });
    let format = match header.version {
        Version::Classic => "netCDF classic",
        Version::Offset64 => "netCDF classic (64-bit offset)",
        Version::Data64 => "netCDF classic (64-bit data)",
    };
    let (mut arrays, mut left_out, mut storages) = (Vec::new(), BTreeMap::new(), Storages::new());
    for variable in &header.variables {
        match variable.of {
            Type::Number(kind) => {
                let info = info(&header, &places, variable, kind);
                if wanted(&info) {
                    storages.insert(info.name.clone(), Storage::Direct(direct(path, &header, &places, variable)));
                }
                arrays.push(info);
            }
            Type::Char => {
                left_out.insert(variable.name.clone(), "texts".to_owned());
            }
        }
    }
    let dataset = Dataset {
        path: path.to_owned(),
        format: format.into(),
        dimensions: dimensions.collect(),
        arrays,
        attributes: header.attributes,
        left_out,
        notes: Vec::new(),
        warnings: Vec::new(),
    };
    Ok((dataset, storages))
}

fn direct(path: &Path, header: &Header, places: &Places, variable: &Variable) -> Direct {
    Direct { path: path.to_owned(), offset: variable.begin, strides: places.strides(header, variable) }
}

fn info(header: &Header, places: &Places, variable: &Variable, kind: ElementKind) -> ArrayInfo {
    let element = Element { kind, endian: Endian::Big };
    ArrayInfo {
        name: variable.name.clone(),
        dimensions: variable.dimensions.iter().map(|place| header.dimensions[*place].0.clone()).collect(),
        shape: places.shape(header, variable),
        chunk: None,
        element,
        fill: variable.fill.clone().unwrap_or_else(|| netcdf::default_fill(element)),
        codecs: String::new(),
        attributes: variable.attributes.clone(),
    }
}

/// Finds the values of an array.
pub(super) fn locate(path: &Path, array: &ArrayInfo) -> Result<Direct, SourceError> {
    let (header, places) = read(path)?;
    let found = header.variables.iter().find_map(|variable| match variable.of {
        Type::Number(kind) if variable.name == array.name => Some((variable, info(&header, &places, variable, kind))),
        _ => None,
    });
    let (variable, now) = found.ok_or_else(|| netcdf::not_there(path, array))?;
    netcdf::check_unchanged(path, array, &now)?;
    Ok(direct(path, &header, &places, variable))
}
