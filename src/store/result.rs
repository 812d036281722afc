//! The result of a run while it is written.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rayon::prelude::*;
use serde_json::{Map, Value};

use super::file::remove_tree;
use super::hold::Hold;
use super::journal::{self, Journal, JournalFile};
use super::metadata::{Layout, group_document};
use super::place::{Found, MARK, Place, Start};
use super::{ArraySpec, GroupSpec, StoreError, Values, chunk, file, room};
use crate::terms::Bytes;

/// A result that is being written at `PATH.partial`; used from many threads at once.
#[derive(Debug)]
pub struct ResultStore {
    pub(super) place: Place,
    pub(super) overwrite: bool,
    attributes: Map<String, Value>,
    arrays: BTreeMap<String, (ArraySpec, Layout)>,
    written: Mutex<HashSet<(String, Vec<u64>)>>,
    files_written: AtomicU64,
    /// Files that are still to be brought to the disk.
    unsynced: Mutex<Vec<PathBuf>>,
    /// Buffers of chunks that were written: of each array with shards its own, lest all of them grow to the size of the
    /// largest, and of all others together.
    spare: BTreeMap<String, chunk::Spare>,
    /// On rank 0: the folder at `PATH.partial`.
    pub(super) hold: Option<Hold>,
    pub(super) journal: Journal,
}

/// The bytes of a chunk's file, in order, and where they go; none for a chunk that is all fill.
#[derive(Debug)]
pub struct EncodedChunk {
    array: String,
    folder: PathBuf,
    path: PathBuf,
    pieces: Vec<Vec<u8>>,
    sharded: bool,
    thread_time: Duration,
}

impl EncodedChunk {
    /// Time that all threads together spent on encoding it.
    pub fn thread_time(&self) -> Duration {
        self.thread_time
    }
}

impl ResultStore {
    /// Looks whether a result that takes between `least` and `full` bytes, journal and all, has room at `path`, after
    /// [`check_place`](Self::check_place) and before [`create`](Self::create). An older result stays until the end and
    /// gives no room, an unfinished one that is to be deleted does. Where only `least` fits, the log says so.
    ///
    /// # Errors
    /// [`StoreError::NoRoom`].
    pub fn check_room(path: &Path, least: Bytes, full: Bytes) -> Result<(), StoreError> {
        let place = Place::new(path)?;
        let Some(free) = room::free_bytes(&place.parent) else { return Ok(()) };
        if free >= full.0 {
            return Ok(());
        }
        let free = Bytes(free + room::tree_bytes(&place.partial));
        if free < least {
            return Err(StoreError::NoRoom { replaces: path.exists(), path: place.path, least, full, free });
        }
        if free < full {
            tracing::warn!(
                "{}: its file system has {free} free; the result and its journal take {least} to {full}, by how well it compresses",
                place.path.display()
            );
        }
        Ok(())
    }

    /// Rank 0: begins the result with the metadata of all arrays. An unfinished result of an earlier run that is
    /// not to be gone on with is deleted; an older finished one stays until [`finish`](Self::finish).
    ///
    /// # Errors
    /// As [`check_place`](Self::check_place); [`StoreError::Spec`]; errors of the file system.
    pub fn create(path: &Path, spec: GroupSpec, start: Start) -> Result<Self, StoreError> {
        let mut store = Self::attach(path, spec, JournalFile { session: 1, rank: 0 })?;
        store.overwrite = start.overwrites();
        let partial = store.place.partial.clone();
        // What ended before it had begun is in nobody's way but that of a new run.
        if store.place.check(start)? != Found::Nothing {
            return Err(StoreError::PartialExists { path: partial });
        }
        if partial.exists() {
            let stale = Hold::take(&partial)?;
            remove_tree(&partial)?;
            drop(stale);
        }
        store.hold = Some(Hold::make(&partial)?);
        match store.write_documents() {
            Ok(()) => Ok(store),
            Err(error) => {
                // The first error is the one to tell; what stays bears the mark, or nothing but a name of ours.
                let _ = store.abandon();
                Err(error)
            }
        }
    }

    /// The other ranks: the same arrays, without reading or writing a file; `file` is that of this rank's journal.
    ///
    /// # Errors
    /// [`StoreError::Spec`], [`StoreError::NotAName`].
    pub fn attach(path: &Path, spec: GroupSpec, file: JournalFile) -> Result<Self, StoreError> {
        spec.check()?;
        let GroupSpec { arrays, mut attributes, codec } = spec;
        attributes.entry(MARK).or_insert_with(|| env!("CARGO_PKG_VERSION").into());
        let arrays: BTreeMap<String, (ArraySpec, Layout)> = arrays
            .into_iter()
            .map(|array| Ok((array.name.clone(), (array.clone(), Layout::new(&array, codec)?))))
            .collect::<Result<_, StoreError>>()?;
        let place = Place::new(path)?;
        let of_shards = arrays.values().filter(|(spec, _): &&(ArraySpec, Layout)| spec.inner.is_some());
        let names = of_shards.map(|(spec, _)| spec.name.clone()).chain([String::new()]);
        let spare = names.map(|name| (name, chunk::Spare::default())).collect();
        Ok(ResultStore {
            journal: Journal::new(place.partial.join(journal::FOLDER), file),
            place,
            overwrite: false,
            attributes,
            arrays,
            written: Mutex::default(),
            files_written: AtomicU64::new(0),
            unsynced: Mutex::default(),
            spare,
            hold: None,
        })
    }

    /// The mark stands before anything else, so that what an abort leaves is known to be ours.
    pub(super) fn write_documents(&self) -> Result<(), StoreError> {
        let partial = &self.place.partial;
        self.write_document(partial, &group_document(&self.attributes, None))?;
        for (name, (_, layout)) in &self.arrays {
            self.write_document(&partial.join(name), &layout.document)?;
        }
        Ok(())
    }

    /// Writes one chunk: [`encode_chunk`](Self::encode_chunk), then [`write_encoded`](Self::write_encoded).
    ///
    /// # Errors
    /// As those two.
    pub fn write_chunk(&self, array: &str, chunk_index: &[u64], values: Values<'_>) -> Result<u64, StoreError> {
        self.write_encoded(self.encode_chunk(array, chunk_index, values)?)
    }

    /// Encodes one chunk. `values` are the part of the chunk inside the array, in C order; the rest of an edge chunk is
    /// filled here. The encoding runs on the rayon pool of the caller, and gives the same bytes for any number of threads.
    ///
    /// # Errors
    /// [`StoreError::WrittenTwice`] for a chunk that this store encoded before; [`StoreError::UnknownArray`],
    /// [`StoreError::Block`] for values that do not fit.
    pub fn encode_chunk(
        &self,
        array: &str,
        chunk_index: &[u64],
        values: Values<'_>,
    ) -> Result<EncodedChunk, StoreError> {
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
        let sharded = spec.inner.is_some();
        let (pieces, thread_time) =
            chunk::encode(layout, sharded, &spec.chunk, &extent, values, spec.keep_bits, self.spare_of(array))
                .map_err(|source| StoreError::Encode { array: array.to_owned(), source: Box::new(source) })?;
        let folder = self.place.partial.join(array);
        Ok(EncodedChunk {
            array: array.to_owned(),
            path: chunk_path(&folder, chunk_index),
            folder,
            pieces,
            sharded,
            thread_time,
        })
    }

    /// Writes an encoded chunk: under a temporary name, synced, renamed; one of an array without shards, of which there
    /// are few and small ones, is synced by [`sync`](Self::sync). Returns the bytes written: 0 for a chunk that is all
    /// fill, which has no file.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn write_encoded(&self, chunk: EncodedChunk) -> Result<u64, StoreError> {
        let EncodedChunk { array, folder, path, mut pieces, sharded, .. } = chunk;
        if pieces.is_empty() {
            return Ok(0);
        }
        let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
        let bytes = file::write_whole(&folder, &path, &slices, sharded)?;
        self.files_written.fetch_add(1, Ordering::Relaxed);
        if sharded {
            // The index did not come from the spare buffers; there would be one more with every shard.
            pieces.pop();
        } else {
            self.unsynced.lock().unwrap_or_else(PoisonError::into_inner).push(path);
        }
        self.spare_of(&array).lock().unwrap_or_else(PoisonError::into_inner).extend(pieces);
        Ok(bytes)
    }

    /// The spare buffers of an array.
    fn spare_of(&self, array: &str) -> &chunk::Spare {
        static NONE: chunk::Spare = chunk::Spare::new(Vec::new());
        self.spare.get(array).or_else(|| self.spare.get("")).unwrap_or(&NONE)
    }

    /// Every rank, before rank 0 calls [`finish`](Self::finish): brings the small files that this rank wrote to the disk.
    /// One after the other as they are written, each would wait for a commit of the file system's journal. Runs on the
    /// rayon pool of the caller.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn sync(&self) -> Result<(), StoreError> {
        let unsynced = std::mem::take(&mut *self.unsynced.lock().unwrap_or_else(PoisonError::into_inner));
        unsynced.par_iter().try_for_each(|path| file::sync_path(path))
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

    /// Files of values that this rank wrote.
    pub fn files_written(&self) -> u64 {
        self.files_written.load(Ordering::Relaxed)
    }

    /// Rank 0, after all ranks are done: consolidates the metadata, brings everything to the disk, makes sure that all
    /// files are there (`files` is the sum of [`files_written`](Self::files_written) of all ranks) and renames
    /// `PATH.partial` to `PATH`, without its journal. An older result (with `overwrite`) is moved aside first, deleted only
    /// after the rename, and put back if that fails. Runs on the rayon pool of the caller.
    ///
    /// # Errors
    /// [`StoreError::Vanished`], [`StoreError::Incomplete`] where something else touched `PATH.partial`;
    /// [`StoreError::NotInPlace`] where something came to stand at `PATH` meanwhile or the rename failed: the result is
    /// then whole, at `PATH.partial`; errors of the file system. `PATH.partial` then stays.
    pub fn finish(self, files: u64) -> Result<(), StoreError> {
        let partial = &self.place.partial;
        self.check_hold()?;
        let documents = self.arrays.iter().map(|(name, (_, layout))| (name.clone(), layout.document.clone()));
        self.write_document(partial, &group_document(&self.attributes, Some(documents.collect())))?;
        let found = file::sync_tree(partial)?;
        self.check_hold()?;
        if found != files {
            return Err(StoreError::Incomplete { path: partial.clone(), written: files, found });
        }
        // Open files would hold up the end of the journal on file systems of networks.
        drop(self.hold);
        self.place.put_in_place(self.overwrite, false)
    }

    /// That `PATH.partial` is what this run made.
    pub(super) fn check_hold(&self) -> Result<(), StoreError> {
        match &self.hold {
            Some(hold) if hold.is_at(&self.place.partial) => Ok(()),
            _ => Err(StoreError::Vanished { path: self.place.partial.clone() }),
        }
    }

    /// Rank 0, after an error: deletes `PATH.partial` if this run made it; nothing at `PATH` changes.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn abandon(mut self) -> Result<(), StoreError> {
        if self.check_hold().is_err() {
            return Ok(());
        }
        drop(self.hold.take());
        remove_tree(&self.place.partial)
    }

    fn write_document(&self, folder: &Path, document: &Value) -> Result<(), StoreError> {
        let text = format!("{document:#}\n");
        // By that of the group the folder is known to be ours: it is never half on the disk.
        let sync = folder == self.place.partial;
        file::write_whole(&self.place.partial, &folder.join("zarr.json"), &[text.as_bytes()], sync).map(|_| ())
    }
}

/// The file of a chunk in its array's folder, by Zarr's default chunk key encoding.
pub(super) fn chunk_path(folder: &Path, chunk_index: &[u64]) -> PathBuf {
    let mut path = folder.join("c");
    path.extend(chunk_index.iter().map(u64::to_string));
    path
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
