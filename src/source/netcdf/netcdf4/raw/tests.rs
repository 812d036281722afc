//! Structures of real files, whole and changed at random.

use std::cell::Cell;
use std::collections::BTreeSet;

use hdf5::{ObjectReference, ObjectReference1};
use proptest::prelude::*;

use super::bytes::LARGEST_READ;
use super::*;

/// A file with trees of several levels, both kinds of object header, and all its bytes.
fn file(newer: bool) -> (Vec<u8>, Vec<u64>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tree.nc");
    let file = hdf5::File::with_options()
        .with_fcpl(|p| p.istore_k(2))
        .with_fapl(|p| if newer { p.libver_v18() } else { p.libver_earliest() })
        .create(&path)
        .unwrap();
    let tree = file.new_dataset::<i16>().chunk((1, 2)).shuffle().deflate(1).shape((9, 14)).create("tree").unwrap();
    tree.write_raw(&(0..126).collect::<Vec<i16>>()).unwrap();
    tree.new_attr::<f64>().create("a").unwrap().write_scalar(&1.0).unwrap();
    let plain = file.new_dataset::<f64>().shape((2, 3)).fill_value(2.5).create("plain").unwrap();
    plain.write_raw(&[1.0_f64; 6]).unwrap();
    let addresses = ["tree", "plain"].map(|name| {
        let reference: ObjectReference1 = file.reference(name).unwrap();
        // SAFETY: as in `OpenFile::address`.
        unsafe { reference.ptr().cast::<u64>().read_unaligned() }
    });
    drop((file, tree, plain));
    (std::fs::read(&path).unwrap(), addresses.to_vec())
}

/// Bytes that keep account of what is read.
struct Counted<'a> {
    bytes: &'a [u8],
    most: Cell<u64>,
    reads: Cell<u64>,
}

impl Bytes for Counted<'_> {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn fill(&self, at: u64, into: &mut [u8]) -> Result<(), Odd> {
        self.most.set(self.most.get().max(into.len() as u64));
        self.reads.set(self.reads.get() + 1);
        self.bytes.fill(at, into)
    }
}

/// Reads all that there is; a chunk given twice is refused, as by the tables.
fn read_all(file: &(impl Bytes + ?Sized), addresses: &[u64]) -> Result<Vec<FoundChunk>, Odd> {
    superblock(file)?;
    let mut all = Vec::new();
    for address in addresses {
        let header = DatasetHeader::read(file, *address)?;
        if let Layout::Chunked { index: ChunkIndex::Btree(root), chunk, .. } = header.layout {
            let mut seen = BTreeSet::new();
            walk(file, root, chunk.len(), &mut |found| {
                if !seen.insert(found.start.clone()) || seen.len() > 10_000 {
                    return Err(Odd("twice".into()));
                }
                all.push(found);
                Ok(())
            })?;
        }
    }
    Ok(all)
}

#[test]
fn headers_and_trees_are_read() {
    for newer in [false, true] {
        let (bytes, addresses) = file(newer);
        let block = superblock(&bytes[..]).unwrap().unwrap();
        assert_eq!((block.usual, block.end_of_file), (true, bytes.len() as u64));
        let tree = DatasetHeader::read(&bytes[..], addresses[0]).unwrap();
        assert_eq!(tree.extent, [9, 14]);
        assert_eq!(tree.element.name(), "int16");
        assert_eq!(
            tree.filters.iter().map(|filter| (filter.id, filter.values.clone())).collect::<Vec<_>>(),
            [(2, vec![2]), (1, vec![1])]
        );
        let Layout::Chunked { chunk, element_bytes: 2, .. } = &tree.layout else { panic!("{tree:?}") };
        assert_eq!(chunk, &[1, 2]);
        let plain = DatasetHeader::read(&bytes[..], addresses[1]).unwrap();
        assert!(matches!(plain.layout, Layout::Contiguous { bytes: 48, .. }));
        assert_eq!(plain.fill, Fill::Value(2.5_f64.to_le_bytes().to_vec()));
        let chunks = read_all(&bytes[..], &addresses).unwrap();
        let starts: Vec<_> = chunks.iter().map(|chunk| chunk.start.clone()).collect();
        let expected: Vec<_> = (0..9).flat_map(|j| (0..7).map(move |i| vec![j, 2 * i])).collect();
        assert_eq!(starts, expected, "in the order of the grid");
        // Four children a node at most: 63 chunks need three levels.
        assert!(bytes.windows(6).any(|head| head == b"TREE\x01\x02"));
    }
}

#[test]
fn trees_of_circles_end() {
    let (mut bytes, addresses) = file(false);
    let header = DatasetHeader::read(&bytes[..], addresses[0]).unwrap();
    let Layout::Chunked { index: ChunkIndex::Btree(root), .. } = header.layout else { panic!() };
    // The root's first child becomes the root, and then both of its children the same.
    let (key, at) = (8 + 3 * 8, root as usize + 24);
    let first = at + key;
    let saved = bytes[first..first + 8].to_vec();
    bytes[first..first + 8].copy_from_slice(&root.to_le_bytes());
    assert!(read_all(&bytes[..], &addresses).unwrap_err().0.contains("B-tree node of level"));
    bytes[first..first + 8].copy_from_slice(&saved);
    let second = first + 8 + key;
    bytes.copy_within(first..first + 8, second);
    assert_eq!(read_all(&bytes[..], &addresses), Err(Odd("twice".into())));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever the bytes are, reading ends, with few reads of bounded size.
    #[test]
    fn structures_of_any_bytes_are_safe(
        newer in any::<bool>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), 0..400_usize, prop_oneof![Just(0), Just(0xff), Just(0x7f), any::<u8>()]), 1..20),
        cut in any::<prop::sample::Index>(),
        whole in any::<bool>(),
    ) {
        thread_local!(static FILES: [(Vec<u8>, Vec<u64>); 2] = [file(false), file(true)]);
        let (mut bytes, addresses) = FILES.with(|files| files[usize::from(newer)].clone());
        // Near something that means something: signatures, and the headers of the older kind.
        let mut places: Vec<usize> = addresses.iter().map(|address| *address as usize).collect();
        places.extend((0..bytes.len() - 4).filter(|at| [b"TREE", b"OHDR", b"OCHK"].contains(&bytes[*at..at + 4].first_chunk().unwrap())));
        for (place, offset, value) in changes {
            let at = places[place.index(places.len())] + offset;
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        if !whole {
            bytes.truncate(cut.index(bytes.len()));
        }
        let counted = Counted { bytes: &bytes, most: Cell::new(0), reads: Cell::new(0) };
        drop(read_all(&counted, &addresses));
        prop_assert!(counted.most.get() <= LARGEST_READ.min(bytes.len() as u64));
        prop_assert!(counted.reads.get() < 60_000, "{}", counted.reads.get());
    }
}
