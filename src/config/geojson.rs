//! Polygons of GeoJSON files (RFC 7946).

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use geojson::{Feature as Parsed, GeometryValue, Position};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::terms::Polygon;

/// A longer file is not for this.
const LONGEST_BYTES: u64 = 16 << 20;
/// Positions of all files of a configuration together.
const POSITIONS_AT_MOST: usize = 1_000_000;
/// Characters of a message, which has a path and two positions at most.
const LONGEST_MESSAGE: usize = 4096 + 400;

/// The texts of files: read from the disk, or given, and then no file is opened.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    given: bool,
    texts: BTreeMap<PathBuf, Arc<str>>,
    positions: usize,
}

/// A feature of a file.
pub(super) struct Feature {
    /// Its place among the features, from 1.
    pub(super) number: usize,
    /// Its property `name`, or why it has none.
    pub(super) name: Result<String, String>,
    pub(super) polygons: Vec<Polygon>,
}

impl Files {
    /// Those of another process.
    pub(super) fn given(texts: BTreeMap<PathBuf, String>) -> Files {
        let texts = texts.into_iter().map(|(path, text)| (path, text.into())).collect();
        Files { given: true, texts, positions: 0 }
    }

    /// All texts, by their paths.
    pub(super) fn texts(&self) -> BTreeMap<PathBuf, String> {
        self.texts.iter().map(|(path, text)| (path.clone(), text.to_string())).collect()
    }

    fn text(&mut self, path: &Path) -> Result<Arc<str>, String> {
        if let Some(text) = self.texts.get(path) {
            return Ok(Arc::clone(text));
        }
        if self.given {
            return Err(format!("{} was not handed over with the configuration", path.display()));
        }
        let text: Arc<str> = read(path)?.into();
        self.texts.insert(path.to_owned(), Arc::clone(&text));
        Ok(text)
    }
}

/// What is no file (a folder, a pipe, a device) is not opened: a pipe without a writer would never answer.
fn read(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let failed = |error: std::io::Error| format!("cannot read {shown}: {error}");
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(format!("{shown} is not a file"));
    }
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(LONGEST_BYTES + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > LONGEST_BYTES {
        return Err(format!(
            "{shown} has {} bytes, at most {LONGEST_BYTES} are read; simpler outlines do as well",
            metadata.len()
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        format!("{shown} is no text in UTF-8, from byte {good} on; a GeoJSON file is wanted")
    })
}

/// The features of the file at `path`, in its order; their names are looked at by the caller.
///
/// # Errors
/// A message that names the file and, where it is about one, the feature.
pub(super) fn features(path: &Path, files: &mut Files) -> Result<Vec<Feature>, String> {
    all_features(path, files).map_err(|mut message| {
        // Words of the file stand in it.
        if let Some((at, _)) = message.char_indices().nth(LONGEST_MESSAGE) {
            message.truncate(at);
            message.push_str("...");
        }
        message
    })
}

fn all_features(path: &Path, files: &mut Files) -> Result<Vec<Feature>, String> {
    let text = files.text(path)?;
    let shown = path.display();
    let parsed = parse(text.strip_prefix('\u{feff}').unwrap_or(&text)).map_err(|why| format!("{shown}: {why}"))?;
    if parsed.is_empty() {
        return Err(format!("{shown}: has no features; each feature is a region"));
    }
    (1..)
        .zip(parsed)
        .map(|(number, feature)| {
            let in_feature = |why: String| {
                let name = name(&feature).map_or(String::new(), |name| format!(" (\"{name}\")"));
                format!("{shown}: feature {number}{name}: {why}")
            };
            let polygons = polygons(&feature, &mut files.positions).map_err(in_feature)?;
            Ok(Feature { number, name: name(&feature), polygons })
        })
        .collect()
}

fn name(feature: &Parsed) -> Result<String, String> {
    match feature.properties.as_ref().and_then(|properties| properties.get("name")) {
        Some(serde_json::Value::String(name)) => Ok(name.clone()),
        Some(_) => Err("its property `name` is no text".to_owned()),
        None => {
            Err("has no property `name`; give it one, or a name beside geojson, and all features are one region"
                .to_owned())
        }
    }
}

fn polygons(feature: &Parsed, positions: &mut usize) -> Result<Vec<Polygon>, String> {
    let Some(geometry) = &feature.geometry else {
        return Err("has no geometry; a Polygon or a MultiPolygon is wanted".to_owned());
    };
    let polygons = match &geometry.value {
        GeometryValue::Polygon { coordinates } => std::slice::from_ref(coordinates),
        GeometryValue::MultiPolygon { coordinates } => coordinates.as_slice(),
        other => return Err(format!("is a {}; a Polygon or a MultiPolygon is wanted", other.type_name())),
    };
    let polygon = |(number, rings): (usize, &Vec<Vec<Position>>)| {
        let of = if polygons.len() > 1 { format!("polygon {} ", number + 1) } else { String::new() };
        if rings.is_empty() {
            return Err(format!("{of}has no rings"));
        }
        *positions += rings.iter().map(Vec::len).sum::<usize>();
        if *positions > POSITIONS_AT_MOST {
            return Err(format!(
                "with it the regions have more than {POSITIONS_AT_MOST} positions; simpler outlines do as well"
            ));
        }
        let ring = |(number, ring): (usize, &Vec<Position>)| {
            let pairs = ring.iter().map(|position| match position.as_slice() {
                [lon, lat, ..] => Ok([*lon, *lat]),
                short => Err(format!(
                    "{of}ring {} has a position of {} numbers; positions are [longitude, latitude]",
                    number + 1,
                    short.len()
                )),
            });
            pairs.collect::<Result<Vec<_>, _>>()
        };
        let rings = rings.iter().enumerate().map(ring).collect::<Result<Vec<_>, _>>()?;
        Polygon::new(&rings).map_err(|(number, why)| format!("{of}ring {} {why}", number + 1))
    };
    if polygons.is_empty() {
        return Err("has no polygons".to_owned());
    }
    polygons.iter().enumerate().map(polygon).collect()
}

fn parse(text: &str) -> Result<Vec<Parsed>, String> {
    /// The type alone; what follows is passed over.
    #[derive(Deserialize)]
    struct Kind {
        r#type: Option<String>,
    }
    #[derive(Deserialize)]
    struct Collection {
        features: Counted,
    }
    let not_json = |error: serde_json::Error| format!("is no GeoJSON: {error}");
    let kind: Kind = serde_json::from_str(text).map_err(not_json)?;
    match kind.r#type.as_deref() {
        Some("FeatureCollection") => {
            let collection: Collection = serde_json::from_str(text).map_err(|error| error.to_string())?;
            Ok(collection.features.0)
        }
        Some("Feature") => serde_json::from_str(text).map(|feature| vec![feature]).map_err(|error| error.to_string()),
        // Without properties it has no name of its own.
        Some("Polygon" | "MultiPolygon") => serde_json::from_str(text)
            .map(|geometry| vec![Parsed { geometry: Some(geometry), ..Parsed::default() }])
            .map_err(|error| error.to_string()),
        Some(other) => {
            Err(format!("is a {other}; a FeatureCollection, a Feature, a Polygon or a MultiPolygon is wanted"))
        }
        None => Err("has no type; a FeatureCollection of GeoJSON is wanted".to_owned()),
    }
}

/// Features, of which an error says the number.
struct Counted(Vec<Parsed>);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Counted;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of features")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Counted, A::Error> {
                let mut features = Vec::new();
                loop {
                    let number = features.len() + 1;
                    match list.next_element::<Parsed>() {
                        Ok(Some(feature)) => features.push(feature),
                        Ok(None) => return Ok(Counted(features)),
                        Err(error) => return Err(A::Error::custom(format!("feature {number}: {error}"))),
                    }
                }
            }
        }
        deserializer.deserialize_seq(List)
    }
}
