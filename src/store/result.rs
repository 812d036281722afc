//! The result of a run while it is written.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::metadata::{Layout, group_document};
use super::place::{MARK, Place};
use super::{ArraySpec, GroupSpec, StoreError, Values, chunk, file};

/// A result that is being written at `PATH.partial`; used from many threads at once.
#[derive(Debug)]
pub struct ResultStore {
    place: Place,
    overwrite: bool,
    attributes: Map<String, Value>,
    arrays: BTreeMap<String, (ArraySpec, Layout)>,
    written: Mutex<HashSet<(String, Vec<u64>)>>,
}

impl ResultStore {
    /// Looks whether a result may be put at `path`, touching nothing.
    ///
    /// # Errors
    /// Refuses a `path` (or `PATH.partial`) that holds something other than a result of this program, with
    /// `overwrite` too; without `overwrite`, an older result or an unfinished one; a parent folder that is missing or
    /// not writable; a `PATH.older` that an interrupted replacement left.
    pub fn check_place(path: &Path, overwrite: bool) -> Result<(), StoreError> {
        Place::new(path)?.check(overwrite)
    }

    /// Rank 0: begins the result with the metadata of all arrays. With `overwrite`, an unfinished result of
    /// an earlier run is deleted; an older finished one stays until [`finish`](Self::finish).
    ///
    /// # Errors
    /// As [`check_place`](Self::check_place); [`StoreError::Spec`]; errors of the file system.
    pub fn create(path: &Path, spec: GroupSpec, overwrite: bool) -> Result<Self, StoreError> {
        let mut store = Self::attach(path, spec)?;
        store.overwrite = overwrite;
        store.place.check(overwrite)?;
        let partial = &store.place.partial;
        remove_tree(partial)?;
        // The mark stands before anything else, so that what an abort leaves is known to be ours.
        store.write_document(partial, &group_document(&store.attributes, None))?;
        for (name, (_, layout)) in &store.arrays {
            store.write_document(&partial.join(name), &layout.document)?;
        }
        Ok(store)
    }

    /// The other ranks: the same arrays, without reading or writing a file.
    ///
    /// # Errors
    /// [`StoreError::Spec`], [`StoreError::NotAName`].
    pub fn attach(path: &Path, spec: GroupSpec) -> Result<Self, StoreError> {
        spec.check()?;
        let GroupSpec { arrays, mut attributes, codec } = spec;
        attributes.entry(MARK).or_insert_with(|| env!("CARGO_PKG_VERSION").into());
        let arrays = arrays
            .into_iter()
            .map(|array| Ok((array.name.clone(), (array.clone(), Layout::new(&array, codec)?))))
            .collect::<Result<_, StoreError>>()?;
        Ok(ResultStore { place: Place::new(path)?, overwrite: false, attributes, arrays, written: Mutex::default() })
    }

    /// Writes one chunk: encoded, under a temporary name, synced, renamed. `values` are the part of the chunk inside
    /// the array, in C order; the rest of an edge chunk is filled here. Returns the bytes written to the disk: 0 for a
    /// chunk that is all fill, which has no file. The encoding runs on the rayon pool of the caller, and gives the
    /// same bytes for any number of threads.
    ///
    /// # Errors
    /// [`StoreError::WrittenTwice`] for a chunk that this store wrote before; [`StoreError::UnknownArray`],
    /// [`StoreError::Block`] for values that do not fit; errors of the file system.
    pub fn write_chunk(&self, array: &str, chunk_index: &[u64], values: Values<'_>) -> Result<u64, StoreError> {
        let (spec, layout) =
            self.arrays.get(array).ok_or_else(|| StoreError::UnknownArray { array: array.to_owned() })?;
        let extent = extent(spec, chunk_index, values).map_err(|reason| StoreError::Block {
            array: array.to_owned(),
            chunk: chunk_index.to_vec(),
            reason,
        })?;
        let claim = (array.to_owned(), chunk_index.to_vec());
        if !self.written.lock().unwrap_or_else(PoisonError::into_inner).insert(claim) {
            return Err(StoreError::WrittenTwice { array: array.to_owned(), chunk: chunk_index.to_vec() });
        }
        let pieces = chunk::encode(layout, spec.inner.is_some(), &spec.chunk, &extent, values, spec.keep_bits)
            .map_err(|source| StoreError::Encode { array: array.to_owned(), source: Box::new(source) })?;
        if pieces.is_empty() {
            return Ok(0);
        }
        let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        file::write_whole(&self.chunk_path(array, chunk_index), &pieces, true)
    }

    /// Rank 0: adds attributes of the group, for what is known only when the values are;
    /// [`finish`](Self::finish) writes them.
    pub fn add_group_attributes(&mut self, more: Map<String, Value>) {
        self.attributes.extend(more);
    }

    /// Rank 0: adds attributes of an array, in its own metadata and in those that [`finish`](Self::finish) consolidates.
    ///
    /// # Errors
    /// [`StoreError::UnknownArray`]; errors of the file system.
    pub fn add_attributes(&mut self, array: &str, more: Map<String, Value>) -> Result<(), StoreError> {
        let unknown = || StoreError::UnknownArray { array: array.to_owned() };
        let (_, layout) = self.arrays.get_mut(array).ok_or_else(unknown)?;
        if more.is_empty() {
            return Ok(());
        }
        let mut attributes = layout.document["attributes"].as_object().cloned().unwrap_or_default();
        attributes.extend(more);
        layout.document["attributes"] = attributes.into();
        let document = layout.document.clone();
        self.write_document(&self.place.partial.join(array), &document)
    }

    /// Rank 0, after all ranks are done: consolidates the metadata, brings everything to the disk and renames
    /// `PATH.partial` to `PATH`. An older result (with `overwrite`) is moved aside first, deleted only after the
    /// rename, and put back if that fails.
    ///
    /// # Errors
    /// [`StoreError::ResultExists`] or [`StoreError::NotAResult`] where something came to stand at `PATH` meanwhile;
    /// errors of the file system. `PATH.partial` then stays.
    pub fn finish(self) -> Result<(), StoreError> {
        let Place { path, partial, older, parent } = &self.place;
        let documents = self.arrays.iter().map(|(name, (_, layout))| (name.clone(), layout.document.clone()));
        self.write_document(partial, &group_document(&self.attributes, Some(documents.collect())))?;
        file::sync_tree(partial)?;
        let replaces = self.place.check_finished(self.overwrite)?;
        let rename = |from: &Path, to: &Path| fs::rename(from, to).map_err(|e| StoreError::io(from, "rename", e));
        if replaces {
            rename(path, older)?;
        }
        if let Err(error) = rename(partial, path) {
            if replaces {
                rename(older, path)?;
            }
            return Err(error);
        }
        file::sync_path(parent)?;
        if replaces && let Err(error) = remove_tree(older) {
            // The new result is whole and in its place: this is no failure of the run.
            tracing::warn!("the older result could not be deleted: {error}");
        }
        Ok(())
    }

    /// Rank 0, after an error: deletes `PATH.partial`; nothing at `PATH` changes.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn abandon(self) -> Result<(), StoreError> {
        remove_tree(&self.place.partial)
    }

    fn write_document(&self, folder: &Path, document: &Value) -> Result<(), StoreError> {
        let text = format!("{document:#}\n");
        file::write_whole(&folder.join("zarr.json"), &[text.as_bytes()], false).map(|_| ())
    }

    /// The file of a chunk, by Zarr's default chunk key encoding.
    fn chunk_path(&self, array: &str, chunk_index: &[u64]) -> PathBuf {
        let mut path = self.place.partial.join(array);
        path.push("c");
        path.extend(chunk_index.iter().map(u64::to_string));
        path
    }
}

/// The shape of the part of a chunk that is inside the array, if `values` fit it.
fn extent(spec: &ArraySpec, chunk_index: &[u64], values: Values<'_>) -> Result<Vec<u64>, String> {
    if chunk_index.len() != spec.shape.len() {
        return Err(format!("the array has {} dimensions", spec.shape.len()));
    }
    let mut extent = Vec::with_capacity(chunk_index.len());
    for ((&index, &chunk), &shape) in chunk_index.iter().zip(&spec.chunk).zip(&spec.shape) {
        match index.checked_mul(chunk) {
            Some(start) if start < shape => extent.push(chunk.min(shape - start)),
            _ => return Err(format!("outside the array, of shape {:?} in chunks of {:?}", spec.shape, spec.chunk)),
        }
    }
    if values.kind() != spec.kind {
        return Err(format!("values are {:?}, the array is {:?}", values.kind(), spec.kind));
    }
    let expected: u64 = extent.iter().product();
    if values.len() as u64 != expected {
        return Err(format!("{} values, but {expected} = {extent:?} are inside the array", values.len()));
    }
    Ok(extent)
}

/// Deletes a folder and all in it, or a link to one but not what it leads to; fine if there is none.
fn remove_tree(path: &Path) -> Result<(), StoreError> {
    let removed = match path.symlink_metadata() {
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io(path, "delete", error)),
        _ => Ok(()),
    }
}
