//! Records as they stand in a file, and reading them back.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytemuck::{Pod, Zeroable};

use super::JournalFile;
use crate::store::StoreError;

/// Begins a record.
const MAGIC: u64 = u64::from_le_bytes(*b"oceantil");

/// The files of a tile's spectra: one an array, but none of an array that is NaN throughout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShardFiles {
    /// How many there are.
    pub count: u32,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl ShardFiles {
    /// Adds the shard of one array by its bytes; 0 if it has no file.
    pub fn add(&mut self, bytes: u64) {
        self.count += u32::from(bytes > 0);
        self.bytes += bytes;
    }
}

/// A finished tile and where its payload is; also what ranks tell each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct TileRecord {
    /// Place of the tile: face among the selected ones, row and column of tiles.
    pub tile: [u32; 3],
    /// Rank of the file.
    pub rank: u32,
    /// Bytes of the files of its shards, all arrays together; 0 if there is none.
    pub shard_bytes: u64,
    /// First byte of the payload in the file.
    pub offset: u64,
    /// Bytes of the payload.
    pub payload_bytes: u64,
    /// Session of the file.
    pub session: u32,
    /// Checksum of the payload.
    pub checksum: u32,
    /// Files of its shards.
    pub shards: u32,
    /// Nothing; memory that ranks send each other has no gaps.
    pub zero: u32,
}

/// What stands before a payload.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Header {
    magic: u64,
    record: TileRecord,
    checksum: u32,
    zero: u32,
}

pub(super) const HEADER_BYTES: u64 = size_of::<Header>() as u64;

impl TileRecord {
    /// The files of its shards.
    pub fn shard_files(&self) -> ShardFiles {
        ShardFiles { count: self.shards, bytes: self.shard_bytes }
    }

    /// The file that it stands in.
    pub fn file(&self) -> JournalFile {
        JournalFile { session: self.session, rank: self.rank }
    }

    pub(super) fn header(self) -> Header {
        let checksum = crc32c::crc32c(bytemuck::bytes_of(&self));
        Header { magic: MAGIC, record: self, checksum, zero: 0 }
    }
}

/// The whole records of a file, in the order they were written; a torn one and what follows it are left out.
///
/// # Errors
/// When the file cannot be read.
pub(in crate::store) fn records_of(folder: &Path, file: JournalFile) -> Result<Vec<TileRecord>, StoreError> {
    let path = file.path(folder);
    let failed = |source| StoreError::io(&path, "read", source);
    let open = File::open(&path).map_err(failed)?;
    let length = open.metadata().map_err(failed)?.len();
    let mut records = Vec::new();
    let (mut at, mut payload) = (0, Vec::new());
    while length - at >= HEADER_BYTES {
        let mut header = Header::zeroed();
        open.read_exact_at(bytemuck::bytes_of_mut(&mut header), at).map_err(failed)?;
        let record = header.record;
        let whole = header.magic == MAGIC
            && header.checksum == crc32c::crc32c(bytemuck::bytes_of(&record))
            && record.offset == at + HEADER_BYTES
            && record.file() == file
            && record.payload_bytes <= length - record.offset;
        if !whole {
            break;
        }
        payload.resize(record.payload_bytes as usize, 0);
        open.read_exact_at(&mut payload, record.offset).map_err(failed)?;
        if crc32c::crc32c(&payload) != record.checksum {
            break;
        }
        records.push(record);
        at = record.offset + record.payload_bytes;
    }
    Ok(records)
}

/// Reads payloads; keeps the files open.
#[derive(Debug)]
pub struct JournalReader {
    folder: PathBuf,
    open: HashMap<(u32, u32), File>,
}

impl JournalReader {
    pub(in crate::store) fn new(folder: PathBuf) -> Self {
        JournalReader { folder, open: HashMap::new() }
    }

    /// Reads `bytes.len()` bytes of a payload, from its byte `start` on.
    ///
    /// # Errors
    /// When the file has gone or cannot be read.
    pub fn read(&mut self, record: &TileRecord, start: u64, bytes: &mut [u8]) -> Result<(), StoreError> {
        let path = record.file().path(&self.folder);
        let file = match self.open.entry((record.session, record.rank)) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => place.insert(File::open(&path).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => StoreError::Vanished { path: path.clone() },
                _ => StoreError::io(&path, "read", source),
            })?),
        };
        file.read_exact_at(bytes, record.offset + start).map_err(|source| StoreError::io(&path, "read", source))
    }
}
