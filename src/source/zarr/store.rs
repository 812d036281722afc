//! The folders of a store: what comes in is its path, what goes out are the documents of its arrays.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::super::SourceError;
use super::array::{Parsed, shown};
use super::{document, version2, version3};

/// Groups within groups that are looked at.
const MOST_DEPTH: usize = 8;
/// Folders that are looked at.
const MOST_FOLDERS: usize = 20_000;

/// Documents of one array.
#[derive(Debug)]
pub(super) enum ArrayDocument {
    /// `.zarray`, `.zattrs`.
    Two(Map<String, Value>, Map<String, Value>),
    /// `zarr.json`.
    Three(Map<String, Value>),
}

impl ArrayDocument {
    /// What they say.
    ///
    /// # Errors
    /// What in them cannot be.
    pub(super) fn parse(&self) -> Result<Parsed, String> {
        match self {
            ArrayDocument::Two(zarray, zattrs) => version2::parse(zarray, zattrs),
            ArrayDocument::Three(document) => version3::parse(document),
        }
    }
}

/// A group, or one array that stands alone.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) version: u8,
    pub(super) consolidated: bool,
    /// Whether it is one array.
    pub(super) is_array: bool,
    pub(super) attributes: Map<String, Value>,
    /// Names, as paths within the group, and documents.
    pub(super) arrays: Vec<(String, ArrayDocument)>,
}

/// What a folder is.
enum Node {
    Array(ArrayDocument),
    Group(Group),
}

struct Group {
    version: u8,
    attributes: Map<String, Value>,
    /// Of a root, all that is known of it.
    consolidated: Option<Map<String, Value>>,
}

impl Store {
    /// Reads the documents of all arrays.
    ///
    /// # Errors
    /// When there is no store or a document is not what it should be.
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let group = match root(path)? {
            Node::Array(array) => {
                let version = if matches!(array, ArrayDocument::Two(..)) { 2 } else { 3 };
                let arrays = vec![(name_of(path), array)];
                return Ok(Store { version, consolidated: false, is_array: true, attributes: Map::new(), arrays });
            }
            Node::Group(group) => group,
        };
        let (consolidated, arrays) = match &group.consolidated {
            Some(documents) => (true, listed(path, group.version, documents)?),
            None => {
                let (mut arrays, mut folders) = (Vec::new(), 0);
                walk(path, "", 0, &mut folders, &mut arrays)?;
                (false, arrays)
            }
        };
        Ok(Store { version: group.version, consolidated, is_array: false, attributes: group.attributes, arrays })
    }
}

/// The documents and the folder of one array of a store.
///
/// # Errors
/// When there is no such array.
pub(super) fn find(path: &Path, name: &str) -> Result<(ArrayDocument, PathBuf), SourceError> {
    let none = || wrong(path, format!("there is no array {name}"));
    let folder = path.join(name);
    let found = match root(path)? {
        Node::Array(array) if name_of(path) == name => return Ok((array, path.to_owned())),
        Node::Array(_) => None,
        Node::Group(Group { consolidated: Some(documents), version, .. }) => {
            listed(path, version, &documents)?.into_iter().find(|(other, _)| other == name).map(|(_, array)| array)
        }
        Node::Group(_) => {
            check_name(path, name)?;
            match node(&folder)? {
                Some(Node::Array(array)) => Some(array),
                _ => None,
            }
        }
    };
    found.map(|array| (array, folder)).ok_or_else(none)
}

fn wrong(path: &Path, reason: String) -> SourceError {
    SourceError::Dataset { path: path.to_owned(), reason }
}

/// The name of an array that stands alone.
fn name_of(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    name.or_else(|| Some(path.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "array".into())
}

/// What the folder of a store is.
fn root(path: &Path) -> Result<Node, SourceError> {
    let state = fs::metadata(path).map_err(|error| SourceError::io(path, &error))?;
    if !state.is_dir() {
        return Err(wrong(path, "is a file; a Zarr store is a folder".into()));
    }
    if let Some(node) = node(path)? {
        return Ok(node);
    }
    let reason = "is no Zarr store: it holds none of zarr.json, .zmetadata, .zgroup and .zarray";
    Err(wrong(path, reason.into()))
}

/// What a folder is; none if nothing of Zarr's.
fn node(path: &Path) -> Result<Option<Node>, SourceError> {
    let file = path.join("zarr.json");
    if let Some(mut document) = document::read(&file)? {
        return match document.get("node_type").and_then(Value::as_str) {
            Some("array") => Ok(Some(Node::Array(ArrayDocument::Three(document)))),
            Some("group") => {
                if document.get("zarr_format").and_then(Value::as_u64) != Some(3) {
                    return Err(wrong(
                        &file,
                        format!("zarr_format is {}, expected 3", shown(document.get("zarr_format"))),
                    ));
                }
                let consolidated = match document.remove("consolidated_metadata") {
                    Some(Value::Object(mut consolidated)) if consolidated.get("kind") == Some(&"inline".into()) => {
                        // Empty where a group was made before its arrays and never looked at again.
                        consolidated.remove("metadata").map(object).filter(|documents| !documents.is_empty())
                    }
                    _ => None,
                };
                let attributes = document.remove("attributes").map(object).unwrap_or_default();
                Ok(Some(Node::Group(Group { version: 3, attributes, consolidated })))
            }
            _ => Err(wrong(
                &file,
                format!("node_type is {}, expected \"array\" or \"group\"", shown(document.get("node_type"))),
            )),
        };
    }
    let attributes = || Ok::<_, SourceError>(document::read(&path.join(".zattrs"))?.unwrap_or_default());
    if let Some(zarray) = document::read(&path.join(".zarray"))? {
        return Ok(Some(Node::Array(ArrayDocument::Two(zarray, attributes()?))));
    }
    let file = path.join(".zmetadata");
    if let Some(mut document) = document::read(&file)? {
        let format = document.get("zarr_consolidated_format");
        if format.and_then(Value::as_u64) != Some(1) {
            return Err(wrong(&file, format!("zarr_consolidated_format is {}, expected 1", shown(format))));
        }
        let Some(Value::Object(documents)) = document.remove("metadata") else {
            return Err(wrong(&file, "holds no object \"metadata\"".into()));
        };
        let attributes = documents.get(".zattrs").cloned().map(object).unwrap_or_default();
        return Ok(Some(Node::Group(Group { version: 2, attributes, consolidated: Some(documents) })));
    }
    let file = path.join(".zgroup");
    let Some(zgroup) = document::read(&file)? else { return Ok(None) };
    if zgroup.get("zarr_format").and_then(Value::as_u64) != Some(2) {
        return Err(wrong(&file, format!("zarr_format is {}, expected 2", shown(zgroup.get("zarr_format")))));
    }
    Ok(Some(Node::Group(Group { version: 2, attributes: attributes()?, consolidated: None })))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The arrays of consolidated metadata.
fn listed(
    path: &Path,
    version: u8,
    documents: &Map<String, Value>,
) -> Result<Vec<(String, ArrayDocument)>, SourceError> {
    let mut arrays = Vec::new();
    for (key, value) in documents {
        let name = match (version, key.strip_suffix("/.zarray")) {
            (2, Some(name)) => name,
            (2, None) => continue,
            _ if value.get("node_type") == Some(&"array".into()) => key,
            _ => continue,
        };
        check_name(path, name)?;
        let Value::Object(document) = value else {
            return Err(wrong(path, format!("{name}: its metadata is {}, expected an object", shown(Some(value)))));
        };
        let array = if version == 2 {
            let attributes = documents.get(&format!("{name}/.zattrs")).cloned().map(object).unwrap_or_default();
            ArrayDocument::Two(document.clone(), attributes)
        } else {
            ArrayDocument::Three(document.clone())
        };
        arrays.push((name.to_owned(), array));
    }
    Ok(arrays)
}

/// Metadata must not lead out of the store.
pub(super) fn check_name(path: &Path, name: &str) -> Result<(), SourceError> {
    let inside = name.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains('\0'));
    if inside { Ok(()) } else { Err(wrong(path, format!("\"{name}\" is no name of an array"))) }
}

/// Looks for arrays in a group's folder and in those of its groups.
fn walk(
    folder: &Path,
    prefix: &str,
    depth: usize,
    folders: &mut usize,
    arrays: &mut Vec<(String, ArrayDocument)>,
) -> Result<(), SourceError> {
    if depth > MOST_DEPTH {
        return Err(wrong(folder, format!("lies in more than {MOST_DEPTH} groups, one within the other")));
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| SourceError::io(folder, &error))? {
        let entry = entry.map_err(|error| SourceError::io(folder, &error))?;
        // Zarr's names are texts; links to folders are followed.
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
            && entry.file_type().is_ok_and(|kind| !kind.is_file())
            && entry.path().is_dir()
        {
            names.push(name);
        }
    }
    names.sort();
    *folders += names.len();
    if *folders > MOST_FOLDERS {
        return Err(wrong(
            folder,
            format!("has more than {MOST_FOLDERS} folders in its groups; consolidate its metadata"),
        ));
    }
    for name in names {
        let (path, full) = (folder.join(&name), format!("{prefix}{name}"));
        match node(&path)? {
            Some(Node::Array(array)) => arrays.push((full, array)),
            Some(Node::Group(_)) => walk(&path, &format!("{full}/"), depth + 1, folders, arrays)?,
            None => {}
        }
    }
    Ok(())
}
