//! `[[regions]]`: parts of the sea over which means are taken, as boxes or as polygons of GeoJSON files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::geojson::{self, Files};
use super::raw::RawRegion;
use crate::terms::{Depths, Outline, Polygons, Region};

/// The entries as checked, each with its regions.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entries(Vec<Entry>);

#[derive(Clone, Debug, PartialEq)]
struct Entry {
    /// None: each feature of the file has its own.
    name: Option<String>,
    place: Place,
    depths: Depths,
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    Box { lon: [f64; 2], lat: [f64; 2] },
    GeoJson(PathBuf),
}

/// Of all entries together.
const REGIONS_AT_MOST: usize = 10_000;
/// Bytes of a name.
const LONGEST_NAME: usize = 200;

/// The regions of all entries in their order, those of a file in its order; names are not empty and differ.
pub(super) fn check(
    raw: Vec<RawRegion>,
    document: &Document,
    files: &mut Files,
) -> Result<(Vec<Region>, Entries), ConfigError> {
    let mut regions = Vec::new();
    let mut entries = Vec::with_capacity(raw.len());
    // By name, the number of the entry and of the feature that has it.
    let mut names: BTreeMap<String, (usize, Option<usize>)> = BTreeMap::new();
    for (at, raw) in raw.into_iter().enumerate() {
        let key = |name: &str| format!("regions[{at}].{name}");
        let depths = check::depths(document, &key("depth"), raw.depth)?;
        let name = raw.name.map(|name| check::not_empty(document, &key("name"), name)).transpose()?;
        if let Some(why) = name.as_deref().and_then(unfit) {
            return Err(document.wrong(&key("name"), why));
        }
        let mut add = |name: String, outline: Outline, feature: Option<(&Path, usize)>| {
            if let Some((entry, earlier)) = names.get(&name) {
                let of_feature = earlier.map_or(String::new(), |number| format!("feature {number} of "));
                let other = format!("{of_feature}regions[{entry}]");
                return Err(match feature {
                    None => {
                        let message = format!("\"{name}\" is the name of {other} already; names must differ");
                        document.wrong(&key("name"), message)
                    }
                    Some((path, number)) => {
                        let path = path.display();
                        let message =
                            format!("{path}: feature {number} is named \"{name}\", as is {other}; names must differ");
                        document.wrong(&key("geojson"), message)
                    }
                });
            }
            if regions.len() == REGIONS_AT_MOST {
                let message = format!(
                    "makes more than {REGIONS_AT_MOST} regions; with a name beside geojson all its features are one"
                );
                return Err(document.wrong(&format!("regions[{at}]"), message));
            }
            names.insert(name.clone(), (at, feature.map(|(_, number)| number)));
            regions.push(Region { name, depths, outline });
            Ok(())
        };
        let place = match raw.geojson {
            Some(path) => {
                let geojson_key = key("geojson");
                if let Some(other) = [("lon", raw.lon.is_some()), ("lat", raw.lat.is_some())].iter().find(|of| of.1) {
                    let message = "stands beside geojson; a region is a box or polygons, not both";
                    return Err(document.wrong(&key(other.0), message));
                }
                let path = check::path(document, &geojson_key, path)?;
                let wrong = |message: String| document.wrong(&geojson_key, message);
                let features = geojson::features(&path, files).map_err(wrong)?;
                match &name {
                    Some(name) => {
                        let polygons = features.into_iter().flat_map(|feature| feature.polygons).collect();
                        add(name.clone(), Outline::Polygons(Polygons::new(polygons)), None)?;
                    }
                    None => {
                        for feature in features {
                            let number = feature.number;
                            let name = feature.name.and_then(|name| match unfit(&name) {
                                Some(why) => Err(format!("its name {why}")),
                                None => Ok(name),
                            });
                            let name =
                                name.map_err(|why| wrong(format!("{}: feature {number}: {why}", path.display())))?;
                            add(name, Outline::Polygons(Polygons::new(feature.polygons)), Some((&path, number)))?;
                        }
                    }
                }
                Place::GeoJson(path)
            }
            None => {
                let missing = |what: &str, example: &str| {
                    document.wrong(
                        &key(what),
                        format!("is not given; each region needs a name, lon and lat, or geojson: {example}"),
                    )
                };
                let name = name.clone().ok_or_else(|| missing("name", "name = \"gulf_stream\""))?;
                let lon = raw.lon.ok_or_else(|| missing("lon", "lon = [-180, 180] is all the way round"))?;
                let lat = raw.lat.ok_or_else(|| missing("lat", "lat = [-90, 90] is from pole to pole"))?;
                let lon = check::lon_range(document, &key("lon"), lon)?;
                let lat = check::lat_range(document, &key("lat"), lat)?;
                add(name, Outline::Box { lon, lat }, None)?;
                Place::Box { lon, lat }
            }
        };
        entries.push(Entry { name, place, depths });
    }
    Ok((regions, Entries(entries)))
}

/// Why a region cannot have this name.
fn unfit(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some("is empty".to_owned());
    }
    if let Some(odd) = name.chars().find(|c| c.is_control() || ['/', '\\'].contains(c)) {
        return Some(format!("holds the character {odd:?}; a name is letters, digits and blanks"));
    }
    (name.len() > LONGEST_NAME).then(|| format!("has {} bytes, at most {LONGEST_NAME}", name.len()))
}

impl Entries {
    pub(super) fn raw(&self) -> Vec<RawRegion> {
        let raw = |entry: &Entry| {
            let (lon, lat, geojson) = match &entry.place {
                Place::Box { lon, lat } => (Some(lon.to_vec()), Some(lat.to_vec()), None),
                Place::GeoJson(path) => (None, None, Some(check::path_text(path))),
            };
            let depth = Some(vec![entry.depths.from, entry.depths.to]);
            RawRegion { name: entry.name.clone(), lon, lat, geojson, depth }
        };
        self.0.iter().map(raw).collect()
    }

    /// The GeoJSON files, each once.
    pub(super) fn files(&self) -> Vec<&Path> {
        let mut files = Vec::new();
        for entry in &self.0 {
            if let Place::GeoJson(path) = &entry.place
                && !files.contains(&path.as_path())
            {
                files.push(path.as_path());
            }
        }
        files
    }
}
