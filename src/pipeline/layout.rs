//! The arrays of a result and their metadata.

use serde_json::{Map, Value, json};

use super::areas::AreaTable;
use super::contents::{Contents, TimeSegmentAxis};
use super::planning::plan_json;
use super::setup::Setup;
use super::spectra::{PointArray, PointKind};
use crate::config::{self, Config, Variables};
use crate::plan::Plan;
use crate::product::area::{Coordinates, Statistic};
use crate::product::{Leading, LeadingLengths, MapArray, MapKind, geometry_maps, time_segment_attributes};
use crate::source::TimeAxis;
use crate::store::{ArraySpec, Codec, ElementKind, Fill, GroupSpec};
use crate::terms::{Averaging, OMEGA, Precision, Seconds};

/// The edges of the segments of a spectrogram.
pub(super) const TIME_SEGMENT_BOUNDS: &str = "time_segment_bounds";

/// Everything that stands in the result, before any value does.
pub(super) fn group_spec(config: &Config, setup: &Setup, plan: &Plan, contents: &Contents) -> GroupSpec {
    let mut arrays: Vec<ArraySpec> =
        contents.points.iter().map(|array| point_spec(config, setup, plan, array)).collect();
    for (map, _) in &contents.maps {
        arrays.push(map_spec(config, setup, plan, map, &contents.lengths));
    }
    for (_, map) in geometry_maps(&setup.grid) {
        arrays.push(map_spec(config, setup, plan, &map, &contents.lengths));
    }
    for table in &contents.tables {
        arrays.extend(area_specs(table));
    }
    arrays.extend(axes(config, setup, contents));
    GroupSpec {
        arrays,
        attributes: group_attributes(config, plan),
        codec: match config.output.codec {
            config::Codec::None => Codec::None,
            config::Codec::Zstd { level } => Codec::Zstd(i32::from(level)),
        },
    }
}

fn group_attributes(config: &Config, plan: &Plan) -> Map<String, Value> {
    let variables = &config.input.variables;
    let title = match (&variables.velocity, variables.scalars.is_empty()) {
        (Some(_), true) => "time-frequency kinetic energy spectra of ocean model output".to_owned(),
        (Some(_), false) => {
            format!(
                "time-frequency spectra of kinetic energy and of {} of ocean model output",
                variables.scalars.join(", ")
            )
        }
        (None, _) => format!("time-frequency spectra of {} of ocean model output", variables.scalars.join(", ")),
    };
    let attributes = json!({
        "Conventions": "CF-1.11",
        "title": title,
        "oceanspec_version": env!("CARGO_PKG_VERSION"),
        "config": config.to_toml(),
        "plan": plan_json(plan).to_string(),
        "omega": OMEGA,
        "sidedness": sidedness(variables),
        "scaling": "density",
    });
    match attributes {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn sidedness(variables: &Variables) -> String {
    let scalars: Vec<String> = variables.scalars.iter().map(|name| format!("psd_{name}")).collect();
    let one_sided = match scalars.len() {
        1 => format!("{} is one-sided", scalars[0]),
        _ => format!("{} are one-sided", scalars.join(", ")),
    };
    const ROTARY: &str =
        "rotary_psd is two-sided: negative frequencies turn clockwise, positive ones counter-clockwise";
    match (&variables.velocity, scalars.is_empty()) {
        (Some(_), true) => ROTARY.to_owned(),
        (Some(_), false) => format!("{ROTARY}; {one_sided}"),
        (None, _) => one_sided,
    }
}

fn real(config: &Config) -> ElementKind {
    match config.spectrum.precision {
        Precision::F32 => ElementKind::F32,
        Precision::F64 => ElementKind::F64,
    }
}

/// Puts what belongs to the face dimension in front, where the grid has one.
fn with_face<T: Clone>(setup: &Setup, face: T, rest: &[T]) -> Vec<T> {
    let front = setup.grid.extent.has_faces().then_some(face);
    front.into_iter().chain(rest.iter().cloned()).collect()
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

fn point_spec(config: &Config, setup: &Setup, plan: &Plan, array: &PointArray) -> ArraySpec {
    let tiling = &plan.tiling;
    let size = |value: usize| value as u64;
    let frequencies = array.frequencies;
    // One shard a tile, of all time segments.
    let segments = (array.kind == PointKind::Spectrogram).then_some(array.sheets());
    let with = |segments: Option<usize>, rest: [usize; 3], faces: usize| -> Vec<u64> {
        segments.map(size).into_iter().chain(with_face(setup, size(faces), &rest.map(size))).collect()
    };
    let dimensions = names(&with_face(setup, "face", &["j", "i", array.axis]));
    let front = segments.map(|_| Leading::TimeSegment.name().to_owned());
    ArraySpec {
        name: array.name.clone(),
        dimensions: front.into_iter().chain(dimensions).collect(),
        shape: with(segments, [tiling.nj, tiling.ni, frequencies], tiling.faces),
        chunk: with(segments, [tiling.tile_nj, tiling.tile_ni, frequencies], 1),
        inner: Some(with(segments.map(|_| 1), [tiling.chunk_nj, tiling.chunk_ni, frequencies], 1)),
        kind: match (real(config), array.is_complex()) {
            (ElementKind::F64, true) => ElementKind::C128,
            (_, true) => ElementKind::C64,
            (kind, false) => kind,
        },
        fill: Fill::Nan,
        attributes: array.attributes.clone(),
        keep_bits: config.output.keep_bits,
    }
}

/// An array of one chunk.
fn whole_spec(
    name: &str,
    dimensions: &[(&str, usize)],
    kind: ElementKind,
    attributes: Map<String, Value>,
) -> ArraySpec {
    let lengths = || dimensions.iter().map(|&(_, length)| length as u64);
    ArraySpec {
        name: name.into(),
        dimensions: dimensions.iter().map(|(name, _)| (*name).to_owned()).collect(),
        shape: lengths().collect(),
        chunk: lengths().map(|length| length.max(1)).collect(),
        inner: None,
        kind,
        fill: match kind {
            ElementKind::Text => Fill::Empty,
            _ => Fill::Zero,
        },
        attributes,
        keep_bits: None,
    }
}

/// Means over areas, with their coordinates.
fn area_specs(table: &AreaTable) -> Vec<ArraySpec> {
    let coordinates = table.axes().into_iter().map(|axis| {
        let kind = match axis.values {
            Coordinates::Numbers(_) => ElementKind::F64,
            Coordinates::Names(_) => ElementKind::Text,
        };
        whole_spec(axis.name, &axis.dimensions, kind, axis.attributes)
    });
    let arrays = table.arrays.iter().map(|array| {
        let dimensions = array.dimensions(&table.areas, table.quantities[array.quantity].quantity);
        let kind = if array.statistic == Statistic::Count { ElementKind::I64 } else { ElementKind::F64 };
        let mut spec = whole_spec(&array.name, &dimensions, kind, array.attributes.clone());
        if matches!(array.statistic, Statistic::Mean | Statistic::Confidence { .. }) {
            spec.fill = Fill::Nan;
        }
        spec
    });
    coordinates.chain(arrays).collect()
}

fn map_spec(config: &Config, setup: &Setup, plan: &Plan, map: &MapArray, lengths: &LeadingLengths) -> ArraySpec {
    let tiling = &plan.tiling;
    let plain = |first: usize, rows: usize| with_face(setup, first as u64, &[rows as u64, tiling.ni as u64]);
    let front = |length: &dyn Fn(Leading) -> usize, rest: Vec<u64>| -> Vec<u64> {
        map.over.iter().map(|&dimension| length(dimension) as u64).chain(rest).collect()
    };
    let mut dimensions: Vec<&str> = map.over.iter().map(|dimension| dimension.name()).collect();
    dimensions.extend(with_face(setup, "face", &["j", "i"]));
    ArraySpec {
        name: map.name.clone(),
        dimensions: names(&dimensions),
        shape: front(&|dimension| lengths.of(dimension), plain(tiling.faces, tiling.nj)),
        chunk: front(&|_| 1, plain(1, tiling.map_nj.min(tiling.nj))),
        inner: None,
        kind: match map.kind {
            MapKind::Real => real(config),
            MapKind::Float32 => ElementKind::F32,
            MapKind::Int32 => ElementKind::I32,
            MapKind::UInt8 => ElementKind::U8,
        },
        fill: if map.kind.nothing().is_nan() { Fill::Nan } else { Fill::Zero },
        attributes: map.attributes.clone(),
        keep_bits: None,
    }
}

/// The coordinate of a spectrogram, with the edges of single segments.
fn time_segment_specs(segments: &TimeSegmentAxis, time: &TimeAxis) -> Vec<ArraySpec> {
    let name = Leading::TimeSegment.name();
    let dimension = (name, segments.labels.len());
    let mut attributes = time_segment_attributes(segments.average, &time.epoch_date(), time.calendar);
    if segments.average != Averaging::Segment {
        return vec![whole_spec(name, &[dimension], ElementKind::Text, attributes)];
    }
    attributes.insert("bounds".into(), json!(TIME_SEGMENT_BOUNDS));
    let bounds = json!({ "long_name": "first and last time of the segment" });
    vec![
        whole_spec(name, &[dimension], ElementKind::F64, attributes),
        whole_spec(
            TIME_SEGMENT_BOUNDS,
            &[dimension, ("edges", 2)],
            ElementKind::F64,
            bounds.as_object().cloned().unwrap_or_default(),
        ),
    ]
}

fn axes(config: &Config, setup: &Setup, contents: &Contents) -> Vec<ArraySpec> {
    let bands = config.bands.len();
    let lattice = &setup.lattice;
    let axis = |name: &str, dimension: &str, len: usize, kind: ElementKind, attributes: Value| match attributes {
        Value::Object(attributes) => whole_spec(name, &[(dimension, len)], kind, attributes),
        _ => whole_spec(name, &[(dimension, len)], kind, Map::new()),
    };
    let index = |what: &str| json!({ "long_name": format!("0-based {what} of the source grid"), "units": "1" });
    let mut arrays = Vec::new();
    if setup.grid.extent.has_faces() {
        arrays.push(axis("face", "face", lattice.faces.len(), ElementKind::I64, index("face")));
    }
    arrays.push(axis("j", "j", lattice.j.len, ElementKind::I64, index("row")));
    arrays.push(axis("i", "i", lattice.i.len, ElementKind::I64, index("column")));
    for frequency in &contents.frequencies {
        let attributes = json!({
            "long_name": match frequency.two_sided {
                true => "frequency, negative for clockwise rotation",
                false => "frequency, from 0 to Nyquist",
            },
            "units": "d-1",
            "comment": "cycles per day of 86400 s",
        });
        arrays.push(axis(frequency.name, frequency.name, frequency.frequencies, ElementKind::F64, attributes));
    }
    let time = setup.catalog.time();
    if let Some(segments) = &contents.time_segments {
        arrays.extend(time_segment_specs(segments, time));
    }
    let (long_name, comment) = match time.averaged_over {
        None => ("time of the snapshots", None),
        Some(seconds) => (
            if config.input.variables.scalars.is_empty() {
                "middle of the interval that the velocities are means over"
            } else {
                "middle of the interval that the values are means over"
            },
            Some(format!("means over {}; an interval ends at the iteration in the file's name", Seconds(seconds))),
        ),
    };
    let mut attributes = json!({
        "long_name": long_name,
        "standard_name": "time",
        "units": format!("seconds since {}", time.epoch_date()),
        "calendar": time.calendar.name(),
        "axis": "T",
    });
    if let Some(comment) = comment {
        attributes["comment"] = comment.into();
    }
    arrays.push(axis("time", "time", time.len(), ElementKind::F64, attributes));
    let attributes = json!({
        "long_name": "what became of the snapshot",
        "units": "1",
        "flag_values": [0, 1, 2, 3],
        "flag_meanings": "used rejected interpolated missing",
        "comment": "of all points with a spectrum: rejected, left out at some of them; interpolated, filled wherever it \
                    was missing; missing, no file, and not filled everywhere; the first dates of each are listed",
    });
    arrays.push(axis("time_status", "time", time.len(), ElementKind::U8, attributes));
    if bands > 0 {
        let name = json!({ "long_name": "name of the frequency band", "units": "1" });
        let limits =
            json!({ "long_name": "limits of the band as written; a number is in cycles per day", "units": "1" });
        arrays.push(axis("band", "band", bands, ElementKind::Text, name));
        arrays.push(axis("band_limits", "band", bands, ElementKind::Text, limits));
    }
    arrays
}
