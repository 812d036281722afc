//! The keys that exist, each with an example of its value, and the nearest one to a mistyped key.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::document::{Document, visible};
use super::error::ConfigError;

/// One table of the configuration.
struct Table {
    /// Path of the table; empty at the top.
    path: &'static str,
    /// Its keys and an example of each one's value, as typed.
    keys: &'static [(&'static str, &'static str)],
}

/// Every table; the raw serde types are the other half, and a test compares the two.
const TABLES: &[Table] = &[
    Table {
        path: "",
        keys: &[
            ("input", "{ path = \"data/mds\" }"),
            ("prepare", "{ centre = true }"),
            ("select", "{ stride = 1 }"),
            ("spectrum", "{ segment = \"60 days\" }"),
            ("bands", "[{ name = \"near_inertial\", limits = [\"0.9 f\", \"1.1 f\"] }]"),
            ("zonal", "{ width = 1.0 }"),
            ("regions", "[{ name = \"gulf_stream\", lon = [-80.0, -40.0], lat = [30.0, 45.0] }]"),
            ("bins", "{ width = [1.0, 1.0] }"),
            ("spectrogram", "{ average = \"month\" }"),
            ("components", "{ keep = [\"S_uu\", \"S_vv\"] }"),
            ("output", "{ path = \"spectra.zarr\" }"),
            ("run", "{ memory = \"8 GiB\" }"),
        ],
    },
    Table {
        path: "input",
        keys: &[
            ("format", "\"mds\""),
            ("path", "\"data/mds\""),
            ("pattern", "\"{name}.{iter:010}.data\""),
            ("grid", "\"data/grid\""),
            ("layout", "\"llc\""),
            ("u", "\"U\""),
            ("v", "\"V\""),
            ("scalar", "[\"Eta\"]"),
            ("level", "1"),
            ("record", "1"),
            ("timestep", "\"25 s\""),
            ("epoch", "2011-09-10T00:00:00"),
            ("endian", "\"big\""),
            ("dtype", "\"float32\""),
            ("shape", "[100, 200]"),
            ("periodic", "[\"i\"]"),
            ("shrunk_mask", "\"hFacC\""),
            ("u_face", "\"west\""),
            ("v_face", "\"south\""),
            ("missing_chunks", "\"fill\""),
            ("dimensions", "{ time = \"time_counter\" }"),
            ("grid_names", "{ XC = \"nav_lon\" }"),
        ],
    },
    Table {
        path: "input.dimensions",
        keys: &[
            ("time", "\"time_counter\""),
            ("level", "\"deptht\""),
            ("face", "\"tile\""),
            ("j", "[\"y\", \"y_v\"]"),
            ("i", "[\"x\", \"x_u\"]"),
        ],
    },
    Table {
        path: "input.grid_names",
        keys: &[
            ("XC", "\"nav_lon\""),
            ("YC", "\"nav_lat\""),
            ("Depth", "\"bathymetry\""),
            ("rA", "[\"e1t\", \"e2t\"]"),
            ("hFacC", "\"tmask\""),
            ("hFacW", "\"umask\""),
            ("hFacS", "\"vmask\""),
            ("AngleCS", "\"cosine\""),
            ("AngleSN", "\"sine\""),
            ("angle", "\"angle\""),
        ],
    },
    Table {
        path: "prepare",
        keys: &[
            ("centre", "true"),
            ("rotate", "true"),
            ("valid_range", "[-10.0, 10.0]"),
            ("missing", "{ interpolate = 3 }"),
        ],
    },
    Table { path: "prepare.missing", keys: &[("interpolate", "3")] },
    Table {
        path: "select",
        keys: &[
            ("faces", "[1, 2]"),
            ("lon", "[-60.0, -30.0]"),
            ("lat", "[20.0, 50.0]"),
            ("i", "[0, 100]"),
            ("j", "[0, 100]"),
            ("stride", "2"),
            ("time", "[2011-10-01T00:00:00, 2011-12-01T00:00:00]"),
        ],
    },
    Table {
        path: "spectrum",
        keys: &[
            ("method", "\"welch\""),
            ("segment", "\"60 days\""),
            ("overlap", "0.5"),
            ("window", "\"hann\""),
            ("detrend", "\"constant\""),
            ("precision", "\"f32\""),
            ("confidence", "0.95"),
        ],
    },
    Table {
        path: "bands",
        keys: &[("preset", "\"literature\""), ("name", "\"near_inertial\""), ("limits", "[\"0.9 f\", \"1.1 f\"]")],
    },
    Table {
        path: "zonal",
        keys: &[("width", "1.0"), ("depth", "[200, inf]"), ("f_ratio_limit", "3.0"), ("f_ratio_step", "0.05")],
    },
    Table {
        path: "regions",
        keys: &[
            ("name", "\"gulf_stream\""),
            ("lon", "[-80.0, -40.0]"),
            ("lat", "[30.0, 45.0]"),
            ("geojson", "\"basins.geojson\""),
            ("depth", "[200, inf]"),
        ],
    },
    Table { path: "bins", keys: &[("width", "[1.0, 1.0]"), ("depth", "[200, inf]")] },
    Table { path: "spectrogram", keys: &[("average", "\"month\""), ("keep", "[\"points\"]")] },
    Table { path: "components", keys: &[("keep", "[\"S_uu\", \"S_vv\"]")] },
    Table {
        path: "output",
        keys: &[("path", "\"spectra.zarr\""), ("spectrum", "true"), ("codec", "\"zstd\""), ("keep_bits", "12")],
    },
    Table {
        path: "run",
        keys: &[
            ("memory", "\"8 GiB\""),
            ("threads", "4"),
            ("walltime", "\"11:50:00\""),
            ("stall_timeout", "\"10 min\""),
        ],
    },
];

/// Tables that may come again, each an item of a list.
const LISTS: [&str; 2] = ["bands", "regions"];

/// A table as it is written: `[input]`, `[[bands]]`.
fn header(path: &str) -> String {
    if LISTS.contains(&path) { format!("[[{path}]]") } else { format!("[{path}]") }
}

/// `timestep = "25 s"` for `input.timestep`; list positions in the path are left out.
pub(super) fn example(path: &str) -> Option<String> {
    let path: String = path.split('[').map(|part| part.split_once(']').map_or(part, |(_, after)| after)).collect();
    let (table, key) = path.rsplit_once('.').unwrap_or(("", &path));
    let keys = TABLES.iter().find(|known| known.path == table)?.keys;
    keys.iter().find(|(name, _)| *name == key).map(|(name, value)| format!("{name} = {value}"))
}

/// Refuses the first key in the text that does not exist, and an array where a table belongs: serde would take its
/// items for the table's values in the order of the struct's fields.
///
/// # Errors
/// [`ConfigError::UnknownKey`] with the nearest known key, or [`ConfigError::Value`].
pub(super) fn check_names(table: &DeTable<'_>, document: &Document) -> Result<(), ConfigError> {
    let mut faults = Vec::new();
    collect_faults(table, "", &mut faults);
    let Some(Fault { path, unknown, span }) = faults.into_iter().min_by_key(|fault| fault.span.start) else {
        return Ok(());
    };
    let excerpt = document.excerpt(span);
    Err(match unknown {
        None => ConfigError::Value {
            key: path.to_owned(),
            message: "invalid type: array, expected a table".to_owned(),
            excerpt,
        },
        Some(key) => ConfigError::UnknownKey {
            hint: visible(&hint(path, &key)),
            key: visible(&key),
            table: match path {
                "" => "the top level".to_owned(),
                _ => header(path),
            },
            excerpt,
        },
    })
}

struct Fault {
    /// Path of the table.
    path: &'static str,
    /// A key that it does not have; none: it is an array.
    unknown: Option<String>,
    span: Range<usize>,
}

fn collect_faults(table: &DeTable<'_>, path: &str, faults: &mut Vec<Fault>) {
    let find = |path: &str| TABLES.iter().find(|known| known.path == path);
    // A table where a single value belongs is a wrong type, and serde says so.
    let Some(known) = find(path) else { return };
    for (key, value) in table {
        let name: &str = key.get_ref();
        if !known.keys.iter().any(|(key, _)| *key == name) {
            faults.push(Fault { path: known.path, unknown: Some(name.to_owned()), span: key.span() });
            continue;
        }
        let inner = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let Some(inner) = find(&inner) else { continue };
        let tables = match value.get_ref() {
            DeValue::Array(items) if LISTS.contains(&inner.path) => items.as_ref(),
            _ if LISTS.contains(&inner.path) => continue,
            _ => std::slice::from_ref(value),
        };
        for table in tables {
            match table.get_ref() {
                DeValue::Table(table) => collect_faults(table, inner.path, faults),
                DeValue::Array(_) => faults.push(Fault { path: inner.path, unknown: None, span: table.span() }),
                _ => {}
            }
        }
    }
}

/// What was probably meant by `key` in `table`.
fn hint(table: &str, key: &str) -> String {
    let known = |path: &str| TABLES.iter().find(|known| known.path == path).map_or(&[][..], |known| known.keys);
    let has = |other: &&Table| other.keys.iter().any(|(name, _)| *name == key);
    let elsewhere: Vec<&str> = TABLES.iter().filter(has).map(|other| other.path).collect();
    match elsewhere.as_slice() {
        [] => {}
        [""] => return format!("`{key}` belongs at the top level"),
        [path] if !LISTS.contains(path) => return format!("`{key}` belongs in [{path}], as `{path}.{key}`"),
        paths => {
            let places = paths.iter().map(|path| if path.is_empty() { "the top level".into() } else { header(path) });
            return format!("`{key}` belongs in {}", places.collect::<Vec<_>>().join(" or "));
        }
    }
    let names: Vec<&str> = known(table).iter().map(|(name, _)| *name).collect();
    match nearest(key, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known: {}", names.join(" ")),
    }
}

/// The known word that `word` is probably a misspelling of: a third of its letters may differ.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    // Nobody mistypes a word into a hundred letters, and the distance takes quadratic time.
    if word.len() > 100 {
        return None;
    }
    let word = word.to_lowercase();
    let allowed = word.chars().count().div_ceil(3);
    known
        .iter()
        .map(|&candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::raw::RawConfig;
    use super::*;

    /// Every key: its table, its name and its example.
    pub(in crate::config) fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        TABLES.iter().flat_map(|table| table.keys.iter().map(|(name, value)| (table.path, *name, *value)))
    }

    /// The keys that serde's types know are the keys of the table here: an unknown key makes serde list its own.
    #[test]
    fn keys_are_those_of_the_raw_types() {
        for table in TABLES {
            let text = match table.path {
                "" => "nonesuch = 1".to_owned(),
                path if LISTS.contains(&path) => format!("[[{path}]]\nnonesuch = 1"),
                // The untagged type hides serde's list; its one key is tried by every_example_is_accepted.
                "prepare.missing" => continue,
                path => format!("[{path}]\nnonesuch = 1"),
            };
            let message = toml::from_str::<RawConfig>(&text).unwrap_err().message().to_owned();
            let listed: Vec<&str> = message.split('`').skip(3).step_by(2).collect();
            let ours: Vec<&str> = table.keys.iter().map(|(name, _)| *name).collect();
            assert_eq!(listed, ours, "{message}");
        }
    }

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["segment", "overlap", "window", "i"];
        for (word, near) in [
            ("segmnet", Some("segment")),
            ("Segment", Some("segment")),
            ("segments", Some("segment")),
            ("overlpa", Some("overlap")),
            ("windw", Some("window")),
            ("k", None),
            ("nonesuch", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(nearest(word, &known), near, "{word}");
        }
    }
}
