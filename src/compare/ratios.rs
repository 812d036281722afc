//! Ratios and differences as a Zarr group.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::CompareError;
use super::dimension::{Dimension, Dimensions, Labels};
use super::shared::{Shared, Values};
use super::tally::ratio;
use crate::store::{ArraySpec, Codec, ElementKind, Fill, GroupSpec, ResultStore, Start, StoredGroup, Values as Stored};

/// The group while it is written.
#[derive(Debug)]
pub(super) struct Ratios {
    store: ResultStore,
}

/// Refuses an output that would replace one of what is compared, or stand inside it.
pub(super) fn check_apart(output: &Path, inputs: [&Path; 2]) -> Result<(), CompareError> {
    // A name that is not there yet has a folder that is.
    let parent = output.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let in_folder = fs::canonicalize(parent).ok().zip(output.file_name()).map(|(folder, name)| folder.join(name));
    let Some(place) = fs::canonicalize(output).ok().or(in_folder) else { return Ok(()) };
    for input in inputs {
        if fs::canonicalize(input).is_ok_and(|input| place.starts_with(input)) {
            return Err(CompareError::OutputIsInput { output: output.to_owned(), input: input.to_owned() });
        }
    }
    Ok(())
}

/// A map of A that places the values, as XC and YC do: its values on what is common.
struct Auxiliary {
    spec: ArraySpec,
    values: Vec<f64>,
}

impl Ratios {
    /// Begins the group and writes its coordinates: those of A.
    pub(super) fn create(
        path: &Path,
        overwrite: bool,
        inputs: [&Path; 2],
        a: &StoredGroup,
        dimensions: &Dimensions,
        shared: &[Shared],
    ) -> Result<Self, CompareError> {
        let auxiliary = auxiliary(a, dimensions, shared)?;
        let names: Vec<&str> = auxiliary.iter().map(|map| map.spec.name.as_str()).collect();
        let mut arrays: Vec<ArraySpec> = dimensions.iter().map(|(name, dimension)| axis(a, name, dimension)).collect();
        arrays.extend(auxiliary.iter().map(|map| map.spec.clone()));
        for array in shared {
            arrays.extend(pair(array, &names));
        }
        let [of_a, of_b] = inputs.map(|path| fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path)));
        let attributes = json!({
            "Conventions": "CF-1.11",
            "title": "ratios A/B and differences A - B",
            "a": of_a.display().to_string(),
            "b": of_b.display().to_string(),
        });
        let attributes = attributes.as_object().cloned().unwrap_or_default();
        let spec = GroupSpec { arrays, attributes, codec: Codec::Zstd(3) };
        let start = if overwrite { Start::Overwrite } else { Start::New };
        let ratios = Ratios { store: ResultStore::create(path, spec, start)? };
        match ratios.write_coordinates(dimensions, &auxiliary) {
            Ok(()) => Ok(ratios),
            Err(error) => {
                ratios.abandon()?;
                Err(error)
            }
        }
    }

    fn write_coordinates(&self, dimensions: &Dimensions, auxiliary: &[Auxiliary]) -> Result<(), CompareError> {
        for (name, dimension) in dimensions.iter() {
            match &dimension.labels {
                Labels::Names(names) => self.store.write_chunk(name, &[0], Stored::Text(names)).map(drop)?,
                Labels::Numbers(numbers) => self.write_numbers(name, &[0], dimension.kind, numbers)?,
            }
        }
        for Auxiliary { spec, values } in auxiliary {
            self.write_numbers(&spec.name, &vec![0; spec.shape.len()], spec.kind, values)?;
        }
        Ok(())
    }

    fn write_numbers(&self, name: &str, chunk: &[u64], kind: ElementKind, numbers: &[f64]) -> Result<(), CompareError> {
        let write = |values: Stored<'_>| self.store.write_chunk(name, chunk, values).map(drop);
        match kind {
            ElementKind::F32 => write(Stored::F32(&numbers.iter().map(|&x| x as f32).collect::<Vec<_>>())),
            ElementKind::I32 => write(Stored::I32(&numbers.iter().map(|&x| x as i32).collect::<Vec<_>>())),
            ElementKind::I64 => write(Stored::I64(&numbers.iter().map(|&x| x as i64).collect::<Vec<_>>())),
            ElementKind::U8 => write(Stored::U8(&numbers.iter().map(|&x| x as u8).collect::<Vec<_>>())),
            ElementKind::F64 | ElementKind::C64 | ElementKind::C128 | ElementKind::Text => write(Stored::F64(numbers)),
        }?;
        Ok(())
    }

    /// One chunk of an array's ratios and differences.
    pub(super) fn write(&self, shared: &Shared, chunk: &[u64], values: &Values) -> Result<(), CompareError> {
        let pairs = || values.a.iter().zip(&values.b);
        let ratios: Vec<f64> = pairs().map(|(&a, &b)| ratio(a, b).unwrap_or(f64::NAN)).collect();
        let difference = |(&a, &b): (&f64, &f64)| if a.is_finite() && b.is_finite() { a - b } else { f64::NAN };
        let differences: Vec<f64> = pairs().map(difference).collect();
        let [of_ratio, of_difference] = names(shared);
        self.write_numbers(&of_ratio, chunk, shared.kind(), &ratios)?;
        self.write_numbers(&of_difference, chunk, shared.kind(), &differences)
    }

    /// Puts the group in its place.
    pub(super) fn finish(self) -> Result<(), CompareError> {
        let done = self.store.sync();
        if let Err(error) = done {
            self.abandon()?;
            return Err(error.into());
        }
        let files = self.store.files_written();
        Ok(self.store.finish(files)?)
    }

    /// Leaves nothing.
    pub(super) fn abandon(self) -> Result<(), CompareError> {
        Ok(self.store.abandon()?)
    }
}

fn names(shared: &Shared) -> [String; 2] {
    ["ratio", "difference"].map(|what| format!("{}_{what}", shared.name))
}

/// The ratio and the difference of an array; of `auxiliary` maps, those along its dimensions place its values.
fn pair(shared: &Shared, auxiliary: &[&str]) -> [ArraySpec; 2] {
    let own = &shared.a.header().attributes;
    let of = own.get("long_name").and_then(Value::as_str).unwrap_or(&shared.name);
    let listed = own.get("coordinates").and_then(Value::as_str).unwrap_or_default();
    let coordinates: Vec<&str> = listed.split_whitespace().filter(|name| auxiliary.contains(name)).collect();
    let [of_ratio, of_difference] = names(shared);
    let array = |name: String, long_name: String, units: Option<&str>| {
        let mut attributes = Map::from_iter([("long_name".to_owned(), json!(long_name))]);
        attributes.extend(units.map(|units| ("units".to_owned(), json!(units))));
        if !coordinates.is_empty() {
            attributes.insert("coordinates".to_owned(), json!(coordinates.join(" ")));
        }
        ArraySpec {
            name,
            dimensions: shared.dimensions.clone(),
            shape: shared.shape.clone(),
            chunk: shared.chunk.clone(),
            inner: None,
            kind: shared.kind(),
            fill: Fill::Nan,
            attributes,
            keep_bits: None,
        }
    };
    [
        array(of_ratio, format!("A/B of {of}"), Some("1")),
        array(of_difference, format!("A - B of {of}"), shared.units.as_deref()),
    ]
}

/// Attributes of an array of A, without those of its storage.
fn attributes(a: &StoredGroup, name: &str) -> Map<String, Value> {
    let mut attributes = a.headers().get(name).map(|header| header.attributes.clone()).unwrap_or_default();
    attributes.retain(|name, _| name != "_FillValue" && name != "_ARRAY_DIMENSIONS");
    attributes
}

fn fill(kind: ElementKind) -> Fill {
    match kind {
        ElementKind::F32 | ElementKind::F64 => Fill::Nan,
        ElementKind::Text => Fill::Empty,
        _ => Fill::Zero,
    }
}

/// The coordinate of a dimension.
fn axis(a: &StoredGroup, name: &str, dimension: &Dimension) -> ArraySpec {
    let length = dimension.labels.len() as u64;
    ArraySpec {
        name: name.to_owned(),
        dimensions: vec![name.to_owned()],
        shape: vec![length],
        chunk: vec![length],
        inner: None,
        kind: dimension.kind,
        fill: fill(dimension.kind),
        attributes: attributes(a, name),
        keep_bits: None,
    }
}

/// The maps that A's attributes `coordinates` name, where all their dimensions are matched.
fn auxiliary(a: &StoredGroup, dimensions: &Dimensions, shared: &[Shared]) -> Result<Vec<Auxiliary>, CompareError> {
    let listed = shared.iter().filter_map(|array| array.a.header().attributes.get("coordinates")?.as_str());
    let mut wanted: Vec<&str> = listed.flat_map(str::split_whitespace).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut maps = vec![];
    for name in wanted {
        let Some(header) = a.headers().get(name) else { continue };
        let array = a.array(name)?;
        let Some(kind) = array.kind().filter(|kind| kind.is_real()) else { continue };
        let along: Option<Vec<&Dimension>> = header.dimensions.iter().map(|name| dimensions.get(name)).collect();
        let Some(along) = along.filter(|along| !along.is_empty() && dimensions.get(name).is_none()) else { continue };
        let all = array.read_all_f64()?;
        let mut at = vec![0];
        for (dimension, &length) in along.iter().zip(&header.shape) {
            let kept = || (0..length as usize).zip(dimension.found()).filter(|(_, at)| at.is_some()).map(|(n, _)| n);
            at = at.iter().flat_map(|base| kept().map(move |n| base * length as usize + n)).collect();
        }
        let shape: Vec<u64> = along.iter().map(|dimension| dimension.labels.len() as u64).collect();
        maps.push(Auxiliary {
            spec: ArraySpec {
                name: name.to_owned(),
                dimensions: header.dimensions.clone(),
                chunk: shape.clone(),
                shape,
                inner: None,
                kind,
                fill: fill(kind),
                attributes: attributes(a, name),
                keep_bits: None,
            },
            values: at.into_iter().filter_map(|at| all.get(at).copied()).collect(),
        });
    }
    Ok(maps)
}
