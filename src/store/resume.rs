//! Beginning a result so that another run can go on with it, and going on.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hold::Hold;
use super::journal::{self, Journal, JournalFile, ShardFiles, TileRecord};
use super::place::{BEGUN, Found, Place, Start};
use super::result::chunk_path;
use super::{GroupSpec, ResultStore, StoreError, file};

/// How a run was begun, as it stands in the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Begun<I> {
    /// An older result at the output path may be replaced.
    overwrite: bool,
    /// Whatever tells whether two runs give the same bytes.
    identity: I,
}

/// An unfinished result that no other run can take any more.
#[derive(Debug)]
pub struct Unfinished {
    overwrite: bool,
    /// Files of its journal, sorted.
    pub files: Vec<JournalFile>,
    hold: Hold,
}

impl Unfinished {
    /// The session of a run that goes on with it: no file of the journal is of this one, and it is not the first.
    pub fn next_session(&self) -> u32 {
        self.files.iter().map(|file| file.session).max().unwrap_or(1) + 1
    }
}

/// The journal's folder of the result at `path`.
fn folder(path: &Path) -> Result<PathBuf, StoreError> {
    Ok(Place::new(path)?.partial.join(journal::FOLDER))
}

impl ResultStore {
    /// Looks whether a result may be put at `path`, and what there is to go on with, touching nothing.
    ///
    /// # Errors
    /// Refuses a `path` (or `PATH.partial`) that holds something other than a result of this program, whatever `start`
    /// is; as `start` says, an older result, an unfinished one, or that there is none; an unfinished one that another run
    /// writes; a parent folder that is missing or not writable; a `PATH.older` that an interrupted replacement left.
    pub fn check_place(path: &Path, start: Start) -> Result<Found, StoreError> {
        Place::new(path)?.check(start)
    }

    /// Rank 0, after [`create`](Self::create): from here on, what is finished is not lost with this run. `identity` is
    /// whatever tells whether another run gives the same bytes.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn begin(&self, identity: &impl Serialize) -> Result<(), StoreError> {
        let partial = &self.place.partial;
        let folder = partial.join(journal::FOLDER);
        let text = serde_json::to_vec(&Begun { overwrite: self.overwrite, identity })
            .map_err(|error| StoreError::Begun { path: folder.join(BEGUN), reason: error.to_string() })?;
        file::write_whole(partial, &folder.join(BEGUN), &[&text], true)?;
        [&folder, partial, &self.place.parent].into_iter().try_for_each(|path| file::sync_path(path))
    }

    /// Rank 0: takes the unfinished result that [`check_place`](Self::check_place) found; returns with it what it was begun
    /// with.
    ///
    /// # Errors
    /// [`StoreError::PartialInUse`]; [`StoreError::Begun`]; errors of the file system.
    pub fn take_unfinished<I: DeserializeOwned>(path: &Path) -> Result<(Unfinished, I), StoreError> {
        let folder = folder(path)?;
        let hold = Hold::take(&Place::new(path)?.partial)?;
        let file = folder.join(BEGUN);
        let text = fs::read(&file).map_err(|source| StoreError::io(&file, "read", source))?;
        let begun: Begun<I> = serde_json::from_slice(&text)
            .map_err(|error| StoreError::Begun { path: file.clone(), reason: error.to_string() })?;
        let mut files = Vec::new();
        for entry in fs::read_dir(&folder).map_err(|source| StoreError::io(&folder, "list", source))? {
            let entry = entry.map_err(|source| StoreError::io(&folder, "list", source))?;
            files.extend(JournalFile::of_name(&entry.file_name()));
        }
        files.sort_unstable();
        Ok((Unfinished { overwrite: begun.overwrite, files, hold }, begun.identity))
    }

    /// Any rank: the tiles that a file of the journal says are finished, whose shards of `arrays` stand as they were
    /// written; `has_faces` if these have that dimension.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn finished_tiles(
        path: &Path,
        file: JournalFile,
        arrays: &[String],
        has_faces: bool,
    ) -> Result<Vec<TileRecord>, StoreError> {
        let partial = Place::new(path)?.partial;
        let stands = |record: &TileRecord| {
            let [face, row, column] = record.tile.map(u64::from);
            let index: Vec<u64> = has_faces.then_some(face).into_iter().chain([row, column, 0]).collect();
            // After a loss of power a record may be there whose shards' names are not.
            let mut there = ShardFiles::default();
            for array in arrays {
                there.add(fs::metadata(chunk_path(&partial.join(array), &index)).map_or(0, |file| file.len()));
            }
            there == record.shard_files()
        };
        let mut records = journal::records_of(&folder(path)?, file)?;
        records.retain(stands);
        Ok(records)
    }

    /// Rank 0: goes on with an unfinished result, in session `file.session`. What was cut off while it was written goes;
    /// the metadata are written anew.
    ///
    /// # Errors
    /// As [`create`](Self::create).
    pub fn resume(path: &Path, spec: GroupSpec, unfinished: Unfinished, file: JournalFile) -> Result<Self, StoreError> {
        let mut store = Self::attach(path, spec, file)?;
        store.overwrite = unfinished.overwrite;
        store.hold = Some(unfinished.hold);
        store.check_hold()?;
        remove_cut_off(&store.place.partial)?;
        store.write_documents()?;
        Ok(store)
    }

    /// Rank 0: gives its place to a result that is whole but for that, as [`check_place`](Self::check_place) found; an older one that
    /// was moved aside for it goes.
    ///
    /// # Errors
    /// As [`finish`](Self::finish); [`StoreError::ResultExists`] where another stands there meanwhile.
    pub fn put_whole_in_place(path: &Path) -> Result<(), StoreError> {
        let place = Place::new(path)?;
        drop(Hold::take(&place.partial)?);
        place.put_in_place(false, true)
    }

    /// A text attribute of the unfinished result's group; empty if there is none.
    ///
    /// # Errors
    /// When its metadata cannot be read.
    pub fn attribute_of_unfinished(path: &Path, name: &str) -> Result<String, StoreError> {
        let file = Place::new(path)?.partial.join("zarr.json");
        let text = fs::read(&file).map_err(|source| StoreError::io(&file, "read", source))?;
        let document: Value = serde_json::from_slice(&text).unwrap_or_default();
        Ok(document["attributes"][name].as_str().unwrap_or_default().to_owned())
    }

    /// The journal of this rank.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }
}

/// Deletes files below a folder that were being written when their run ended.
fn remove_cut_off(folder: &Path) -> Result<(), StoreError> {
    for entry in fs::read_dir(folder).map_err(|source| StoreError::io(folder, "list", source))? {
        let entry = entry.map_err(|source| StoreError::io(folder, "list", source))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|source| StoreError::io(&path, "look at", source))?;
        if kind.is_dir() && entry.file_name() != OsStr::new(journal::FOLDER) {
            remove_cut_off(&path)?;
        } else if kind.is_file() && file::is_cut_off(&entry.file_name()) {
            fs::remove_file(&path).map_err(|source| StoreError::io(&path, "delete", source))?;
        }
    }
    Ok(())
}
