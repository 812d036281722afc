//! Writing records.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::record::{HEADER_BYTES, ShardFiles, TileRecord};
use super::{JournalFile, JournalReader};
use crate::fault::{Done, note};
use crate::store::{StoreError, file};

/// A record that is written so long after the last sync brings all to the disk: at most the tiles of this time are lost
/// with the power. Syncing each by itself would wait for the disk once more for every tile.
const SYNC_EVERY: Duration = Duration::from_secs(10);

/// The journal of one rank in one session. Its file is made with the first record.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    file: JournalFile,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: Option<File>,
    end: u64,
    records: Vec<TileRecord>,
    synced: Option<Instant>,
}

impl Journal {
    pub(in crate::store) fn new(folder: PathBuf, file: JournalFile) -> Self {
        Journal { folder, file, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a finished tile, whose `shards` stand on the disk. A process that ends after this,
    /// however it does, has not lost it.
    ///
    /// # Errors
    /// Errors of the file system; the journal is then at its end.
    pub fn append(&self, tile: [u32; 3], shards: ShardFiles, payload: &[u8]) -> Result<(), StoreError> {
        let mut state = self.state();
        let path = self.file.path(&self.folder);
        if state.open.is_none() {
            let made = File::options().read(true).write(true).create_new(true).open(&path);
            state.open = Some(made.map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => StoreError::Vanished { path: self.folder.clone() },
                _ => StoreError::io(&path, "make the file", source),
            })?);
            note(Done::Made(&path));
            file::sync_path(&self.folder)?;
            state.synced = Some(Instant::now());
        }
        let record = TileRecord {
            tile,
            rank: self.file.rank,
            shard_bytes: shards.bytes,
            offset: state.end + HEADER_BYTES,
            payload_bytes: payload.len() as u64,
            session: self.file.session,
            checksum: crc32c::crc32c(payload),
            shards: shards.count,
            zero: 0,
        };
        if let Some(open) = &state.open {
            // The header last: with it the record is there.
            open.write_all_at(payload, record.offset)
                .and_then(|()| open.write_all_at(bytemuck::bytes_of(&record.header()), state.end))
                .map_err(|source| StoreError::io(&path, "write", source))?;
        }
        state.end = record.offset + record.payload_bytes;
        state.records.push(record);
        if state.synced.is_none_or(|synced| synced.elapsed() > SYNC_EVERY) {
            self.sync_now(&mut state)?;
        }
        Ok(())
    }

    fn sync_now(&self, state: &mut State) -> Result<(), StoreError> {
        if let Some(open) = &state.open {
            let path = self.file.path(&self.folder);
            open.sync_data().map_err(|source| StoreError::io(&path, "sync", source))?;
            note(Done::Synced(&path));
        }
        state.synced = Some(Instant::now());
        Ok(())
    }

    /// Brings all records to the disk.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.sync_now(&mut self.state())
    }

    /// What this rank has finished in this session.
    pub fn records(&self) -> Vec<TileRecord> {
        self.state().records.clone()
    }

    /// Reads payloads of this and of earlier sessions.
    pub fn reader(&self) -> JournalReader {
        JournalReader::new(self.folder.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::super::records_of;
    use super::*;

    const FILE: JournalFile = JournalFile { session: 2, rank: 7 };

    fn written(folder: &std::path::Path, tiles: u32) -> Journal {
        let journal = Journal::new(folder.to_owned(), FILE);
        for tile in 0..tiles {
            let payload: Vec<u8> = (0..tile * 100).map(|byte| (byte + tile) as u8).collect();
            let shards = ShardFiles { count: tile.min(2), bytes: u64::from(tile) * 1000 };
            journal.append([0, tile, 3], shards, &payload).unwrap();
        }
        journal
    }

    #[test]
    fn records_come_back_with_their_payloads() {
        let folder = tempfile::tempdir().unwrap();
        let journal = written(folder.path(), 5);
        journal.sync().unwrap();
        let found = records_of(folder.path(), FILE).unwrap();
        assert_eq!(found, journal.records());
        assert_eq!(found.iter().map(|record| record.tile[1]).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(found[4].shard_files(), ShardFiles { count: 2, bytes: 4000 });
        let mut reader = journal.reader();
        let mut bytes = [0; 10];
        reader.read(&found[4], 50, &mut bytes).unwrap();
        assert_eq!(bytes, std::array::from_fn(|at| (50 + at + 4) as u8));
        assert!(reader.read(&found[4], 395, &mut bytes).is_err(), "beyond the file's end");
        assert_eq!(JournalFile::of_name(FILE.path(folder.path()).file_name().unwrap()), Some(FILE));
        for name in ["tiles", "tiles.1", "tiles.1.x", "run.json", ".tiles.1.2.writing"] {
            assert_eq!(JournalFile::of_name(name.as_ref()), None, "{name}");
        }
    }

    /// Cut at any byte, or with any byte changed, a file gives the whole records before that place and nothing else.
    #[test]
    fn a_torn_file_ends_at_its_last_whole_record() {
        let folder = tempfile::tempdir().unwrap();
        let journal = written(folder.path(), 4);
        let path = FILE.path(folder.path());
        let all = std::fs::read(&path).unwrap();
        let ends: Vec<usize> =
            journal.records().iter().map(|record| (record.offset + record.payload_bytes) as usize).collect();
        for at in 0..all.len() {
            let whole = ends.iter().filter(|&&end| end <= at).count();
            std::fs::write(&path, &all[..at]).unwrap();
            assert_eq!(records_of(folder.path(), FILE).unwrap().len(), whole, "cut at {at}");
            let mut changed = all.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            let found = records_of(folder.path(), FILE).unwrap();
            // The last word of a header is for nothing.
            let unused = found.len() == ends.len();
            assert!(found.len() == whole || unused, "changed at {at}");
            assert_eq!(found, journal.records()[..found.len()], "changed at {at}");
        }
    }

    #[test]
    fn a_folder_that_has_gone_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::new(folder.path().join("gone"), FILE);
        assert!(matches!(journal.append([0; 3], ShardFiles::default(), b"x"), Err(StoreError::Vanished { .. })));
    }
}
