//! The version 1 B-tree that lists the chunks of a dataset (III.A.1), walked once from its root.
//!
//! The library's own call for one chunk's place walks the tree anew each time.

use super::UNDEFINED;
use super::bytes::{Bytes, Cursor, Odd};

/// A chunk that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct FoundChunk {
    /// Place of its first value along each dimension.
    pub start: Vec<u64>,
    pub address: u64,
    /// Stored bytes.
    pub bytes: u64,
    /// Bits of the filters that were left out.
    pub mask: u32,
}

/// Gives every chunk of the tree at `root` of a dataset of `rank` dimensions to `found`, in the order of the tree.
///
/// It ends with the first error of `found`; a `found` that refuses a chunk given twice also ends a tree of circles.
pub(in super::super) fn walk(
    file: &(impl Bytes + ?Sized),
    root: u64,
    rank: usize,
    found: &mut dyn FnMut(FoundChunk) -> Result<(), Odd>,
) -> Result<(), Odd> {
    if root == UNDEFINED {
        return Ok(());
    }
    let mut waiting = vec![(root, None)];
    while let Some((at, level)) = waiting.pop() {
        let node = Node::read(file, at, rank)?;
        // Levels go down by one, so that no branch is endless.
        if level.is_some_and(|level| level != node.level) {
            return Err(Odd(format!("a B-tree node of level {} at byte {at}", node.level)));
        }
        if level.is_some() && node.entries == 0 {
            return Err(Odd(format!("an empty B-tree node at byte {at}")));
        }
        let mut cursor = Cursor::new(&node.bytes, "B-tree node");
        let mut children = Vec::new();
        for _ in 0..node.entries {
            let (bytes, mask) = (u64::from(cursor.u32()?), cursor.u32()?);
            let start: Vec<u64> = (0..rank).map(|_| cursor.u64()).collect::<Result<_, Odd>>()?;
            // Of the dimension that the bytes of a value make.
            cursor.skip(8)?;
            let address = cursor.u64()?;
            match node.level.checked_sub(1) {
                None => found(FoundChunk { start, address, bytes, mask })?,
                Some(below) => children.push((address, Some(below))),
            }
        }
        waiting.extend(children.into_iter().rev());
        if waiting.len() > MOST_WAITING {
            return Err(Odd("a B-tree of too many nodes".into()));
        }
    }
    Ok(())
}

/// Nodes that can wait at once: levels of the tree times entries of a node, far beyond any real tree.
const MOST_WAITING: usize = 1 << 20;

struct Node {
    level: u8,
    entries: u16,
    /// Keys and children of the entries in use.
    bytes: Vec<u8>,
}

impl Node {
    fn read(file: &(impl Bytes + ?Sized), at: u64, rank: usize) -> Result<Self, Odd> {
        let head = file.read(at, 24, "B-tree node")?;
        let mut cursor = Cursor::new(&head, "B-tree node");
        if cursor.take(4)? != b"TREE" || cursor.u8()? != 1 {
            return Err(Odd(format!("no B-tree node of chunks at byte {at}")));
        }
        let (level, entries) = (cursor.u8()?, cursor.u16()?);
        let entry_bytes = 8 + 8 * (rank as u64 + 1) + 8;
        let bytes = file.read(at + 24, u64::from(entries) * entry_bytes, "B-tree node")?;
        Ok(Node { level, entries, bytes })
    }
}
