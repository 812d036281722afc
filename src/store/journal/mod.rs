//! What a run has finished, so that another can go on after it: one file a rank and session below `PATH.partial/.journal`.
//!
//! A record is a finished tile: its place, the length of its shards, which stand by then, and its payload (the tile's maps
//! and counts, [`Journal::append`]'s bytes), with checksums. A session is one run, or one resumption of it; sessions never
//! write into each other's files. A record that was cut off ends its file: what follows the last whole record is not there.
//!
//! Payloads stay on the disk; [`JournalReader`] reads parts of them. Numbers are little-endian.

mod record;
mod write;

pub(super) use record::records_of;
pub use record::{JournalReader, ShardFiles, TileRecord};
pub use write::Journal;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The folder of the journal in that of an unfinished result.
pub(super) const FOLDER: &str = ".journal";

/// One file of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JournalFile {
    /// Number of the run or resumption, from 1.
    pub session: u32,
    /// Rank that wrote it.
    pub rank: u32,
}

impl JournalFile {
    pub(super) fn path(self, folder: &Path) -> PathBuf {
        folder.join(format!("tiles.{}.{}", self.session, self.rank))
    }

    pub(super) fn of_name(name: &OsStr) -> Option<Self> {
        let (session, rank) = name.to_str()?.strip_prefix("tiles.")?.split_once('.')?;
        Some(JournalFile { session: session.parse().ok()?, rank: rank.parse().ok()? })
    }
}
