//! Reading chunks: what comes in is a place in the grid of chunks, what goes out are the bytes of its values.

use std::borrow::Borrow;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::super::SourceError;
use super::super::codec::resize;
use super::super::dataset::{ArrayInfo, Chunk, ChunkReader};
use super::super::open_files::OpenFiles;
use super::ZarrChunks;
use super::keys::ChunkKeys;
use super::pipeline::Pipeline;
use super::scratch::{Scratch, with_scratch};
use super::shard::{Piece, Shards};

/// An open array.
#[derive(Debug)]
pub(super) struct ZarrReader {
    folder: PathBuf,
    array: String,
    keys: ChunkKeys,
    /// Chunks along each dimension.
    grid: Vec<u64>,
    pipeline: Pipeline,
    shards: Option<Shards>,
}

impl ZarrReader {
    pub(super) fn new(chunks: &ZarrChunks, array: &ArrayInfo) -> Result<Self, SourceError> {
        let wrong = |reason: &str| SourceError::Dataset {
            path: chunks.folder.clone(),
            reason: format!("{}: {reason}", array.name),
        };
        let chunk = array.chunk.as_ref().filter(|chunk| chunk.len() == array.shape.len() && !chunk.contains(&0));
        let chunk = chunk.ok_or_else(|| wrong("it has no chunks of its shape"))?;
        let values = array.values_of_chunk().and_then(|values| values.checked_mul(array.element.bytes() as u64));
        let bytes = values.ok_or_else(|| wrong("its chunks have more bytes than can be addressed"))?;
        let shards = match &chunks.coding.shard {
            Some(sharding) => Some(Shards::new(sharding, chunk).ok_or_else(|| wrong("its shards are no shards"))?),
            None => None,
        };
        Ok(ZarrReader {
            folder: chunks.folder.clone(),
            array: array.name.clone(),
            keys: chunks.coding.keys,
            grid: array.shape.iter().zip(chunk).map(|(length, chunk)| length.div_ceil(*chunk)).collect(),
            pipeline: Pipeline::new(&chunks.coding.codecs, chunk, bytes, array.element),
            shards,
        })
    }

    /// Reads a file that is one chunk; its bytes, or none if it is not there.
    fn file(&self, path: &Path, scratch: &mut Scratch, block: &mut Vec<u8>) -> Result<Option<u64>, String> {
        let Some((mut file, length)) = there(File::open(path), &self.folder)? else { return Ok(None) };
        self.pipeline.stored().check(length)?;
        let length = usize::try_from(length).map_err(|_| format!("{length} bytes cannot be held in memory"))?;
        self.decode(scratch, block, length, |buffer| {
            file.read_exact(buffer).map_err(|error| format!("it has fewer than the {length} bytes it had: {error}"))
        })?;
        Ok(Some(length as u64))
    }

    /// Reads a chunk out of a shard; the bytes read, or none if it is not there.
    fn piece(
        &self,
        shards: &Shards,
        (path, shard): (&Path, u64),
        inner: u64,
        scratch: &mut Scratch,
        block: &mut Vec<u8>,
    ) -> Result<Option<u64>, String> {
        let open = || OpenFiles::of_process().get(path);
        let (piece, index_bytes) = shards.find(shard, inner, || there(open(), &self.folder))?;
        let Some(Piece { offset, length }) = piece else { return Ok(None) };
        self.pipeline.stored().check(length)?;
        let bytes = usize::try_from(length).map_err(|_| format!("{length} bytes cannot be held in memory"))?;
        self.decode(scratch, block, bytes, |buffer| {
            let file = open().map_err(|error| format!("cannot be read: {error}"))?;
            let read = file.read_exact_at(buffer, offset);
            read.map_err(|error| format!("cannot read {} bytes from byte {offset}: {error}", buffer.len()))
        })?;
        Ok(Some(length + index_bytes))
    }

    fn failed(&self, path: PathBuf, index: &[u64], reason: String) -> SourceError {
        let index: Vec<String> = index.iter().map(u64::to_string).collect();
        SourceError::Chunk { path, array: self.array.clone(), chunk: format!("({})", index.join(", ")), reason }
    }

    /// Takes `length` bytes from `read` and decodes them.
    fn decode(
        &self,
        scratch: &mut Scratch,
        block: &mut Vec<u8>,
        length: usize,
        read: impl FnOnce(&mut [u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        if self.pipeline.is_empty() {
            resize(block, length)?;
            return read(block);
        }
        if scratch.encoded.len() < length {
            resize(&mut scratch.encoded, length)?;
        }
        read(&mut scratch.encoded[..length])?;
        self.pipeline.decode(scratch, length, block)
    }
}

impl ChunkReader for ZarrReader {
    fn is_stored(&self, index: &[u64]) -> Result<bool, SourceError> {
        let found = match &self.shards {
            Some(shards) => {
                let (outer, shard, inner) = shards.place(index, &self.grid);
                let path = self.keys.path(&self.folder, &outer);
                let open = || there(OpenFiles::of_process().get(&path), &self.folder);
                (shards.find(shard, inner, open).map(|(piece, _)| piece.is_some()), path)
            }
            None => {
                let path = self.keys.path(&self.folder, index);
                (is_there(&path, &self.folder), path)
            }
        };
        let (is_stored, path) = found;
        is_stored.map_err(|reason| self.failed(path, index, reason))
    }

    fn read(&self, index: &[u64], block: &mut Vec<u8>) -> Result<Chunk, SourceError> {
        let inside = index.len() == self.grid.len() && index.iter().zip(&self.grid).all(|(at, chunks)| at < chunks);
        let (path, shard) = match &self.shards {
            Some(shards) if inside => {
                let (outer, shard, inner) = shards.place(index, &self.grid);
                (self.keys.path(&self.folder, &outer), Some((shards, shard, inner)))
            }
            _ => (self.keys.path(&self.folder, index), None),
        };
        let got = if inside {
            with_scratch(|scratch| match shard {
                Some((shards, shard, inner)) => self.piece(shards, (&path, shard), inner, scratch, block),
                None => self.file(&path, scratch, block),
            })
        } else {
            Err(format!("the array has {:?} chunks", self.grid))
        };
        match got {
            Ok(Some(bytes)) => Ok(Chunk::Read(bytes)),
            Ok(None) => Ok(Chunk::NotThere),
            Err(reason) => Err(self.failed(path, index, reason)),
        }
    }
}

/// Whether a file is there; the array's folder must be.
fn is_there(path: &Path, folder: &Path) -> Result<bool, String> {
    match fs::metadata(path) {
        Ok(_) => Ok(true),
        Err(error) => there::<File>(Err(error), folder).map(|_| false),
    }
}

/// An opened file with its length; none if it is not there, but the array's folder is.
fn there<F: Borrow<File>>(opened: io::Result<F>, folder: &Path) -> Result<Option<(F, u64)>, String> {
    let file = match opened {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Of a disk that is gone all chunks are missing; they are not fill values.
            return match fs::metadata(folder) {
                Ok(state) if state.is_dir() => Ok(None),
                Ok(_) => Err(format!("{} is no folder", folder.display())),
                Err(error) => Err(format!("the array's folder {} cannot be read: {error}", folder.display())),
            };
        }
        Err(error) => return Err(format!("cannot be read: {error}")),
    };
    let state = file.borrow().metadata().map_err(|error| format!("cannot be read: {error}"))?;
    if !state.is_file() {
        return Err("is no file".into());
    }
    Ok(Some((file, state.len())))
}
