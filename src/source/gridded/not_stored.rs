//! Chunks that are not stored, found before anything is read.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::super::dataset::Storage;
use super::super::{SourceError, zarr};
use super::cache::ChunkKey;
use super::catalog::GriddedCatalog;

impl GriddedCatalog {
    /// Fails where some of the chunks `keys` are not stored, as far as tables and names of files tell: a chunk that its
    /// shard lacks is found when it is read.
    ///
    /// # Errors
    /// [`SourceError::Chunk`] with the first of them and their number; when the folder of an array cannot be listed.
    pub fn check_stored(&self, keys: &BTreeSet<ChunkKey>) -> Result<(), SourceError> {
        let mut listed: HashMap<&Path, HashSet<PathBuf>> = HashMap::new();
        let mut missing: Vec<&ChunkKey> = Vec::new();
        for key in keys {
            let field = &self.fields[key.field as usize];
            let array = &field.arrays()[key.file as usize];
            let is_stored = match &field.parts[key.file as usize].storage {
                Storage::Hdf5(chunks) => chunks.table.has(key.chunk),
                Storage::Zarr(chunks) => {
                    let names = match listed.entry(chunks.folder()) {
                        Entry::Occupied(names) => names.into_mut(),
                        Entry::Vacant(place) => {
                            let files = zarr::files_of(chunks.folder())?;
                            place.insert(files.into_iter().map(|file| file.name).collect())
                        }
                    };
                    names.contains(&chunks.file_of(array.info(), &array.index(key.chunk)))
                }
                Storage::Direct(_) | Storage::Library(_) => true,
            };
            if !is_stored {
                missing.push(key);
            }
        }
        let Some(first) = missing.first() else { return Ok(()) };
        let more = match missing.len() - 1 {
            0 => String::new(),
            more => format!(", nor are {more} more of the {} that are read", keys.len()),
        };
        Err(self.not_stored(**first, &more))
    }

    /// The error of a chunk that is not stored, where that ends the run.
    pub(super) fn not_stored(&self, key: ChunkKey, more: &str) -> SourceError {
        let field = &self.fields[key.field as usize];
        SourceError::Chunk {
            path: field.parts[key.file as usize].path.clone(),
            array: field.name.clone(),
            chunk: field.arrays()[key.file as usize].index_text(key.chunk),
            reason: format!("is not stored{more}; [input] missing_chunks = \"fill\" takes it for its fill value"),
        }
    }
}
