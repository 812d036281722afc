//! netCDF-4 files that the libraries write here.

use hdf5::plist::dataset_create::ChunkOpts;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn every_type_is_read_in_both_byte_orders() {
    let folder = folder();
    let path = folder.path().join("types.nc");
    let mut file = netcdf::create(&path).unwrap();
    file.add_dimension("y", 11).unwrap();
    file.add_unlimited_dimension("t").unwrap();
    macro_rules! put {
        ($($type:ty),*) => {$(
            for (order, endian) in [("le", netcdf::Endianness::Little), ("be", netcdf::Endianness::Big)] {
                for (how, dimensions) in [("chunks", ["t", "y"]), ("straight", ["y", "y"])] {
                    let name = format!("{}_{order}_{how}", stringify!($type));
                    let mut variable = file.add_variable::<$type>(&name, &dimensions).unwrap();
                    if how == "chunks" {
                        variable.set_chunking(&[3, 4]).unwrap();
                        variable.set_compression(4, true).unwrap();
                    }
                    variable.set_endianness(endian).unwrap();
                    let values: Vec<$type> = (0..121_u32).map(|at| (at * 2_654_435 % 251) as $type).collect();
                    variable.put_values(&values, (..11, ..)).unwrap();
                }
            }
        )*};
    }
    put!(i8, u8, i16, u16, i32, u32, i64, u64, f32, f64);
    file.close().unwrap();
    let dataset = compared(&path);
    assert_eq!(dataset.arrays.len(), 40);
    for array in &dataset.arrays {
        let storage = locate(&path, array).unwrap();
        assert_eq!(matches!(storage, Storage::Direct(_)), array.name.ends_with("straight"), "{}", array.name);
        let big = array.name.contains("_be_") && array.element.bytes() > 1;
        assert_eq!(array.element.endian == Endian::Big, big, "{}", array.name);
    }
    let fill = |name: &str| dataset.array(name).unwrap().fill.clone();
    // Of netcdf.h.
    assert_eq!(fill("f32_be_chunks"), [0x7c, 0xf0, 0, 0]);
    assert_eq!(fill("i16_le_chunks"), (-32767_i16).to_le_bytes());
    assert_eq!(fill("u64_be_chunks"), 18_446_744_073_709_551_614_u64.to_be_bytes());
}

#[test]
fn both_kinds_of_object_header_are_read() {
    for newer in [false, true] {
        let folder = folder();
        let path = folder.path().join("header.nc");
        let file = hdf5::File::with_options()
            .with_fapl(|p| if newer { p.libver_v18() } else { p.libver_earliest() })
            .create(&path)
            .unwrap();
        let values: Vec<f32> = (0..600).map(|at| at as f32 / 3.0).collect();
        let dataset = file.new_dataset::<f32>().chunk((7, 8)).shuffle().deflate(3).shape((20, 30)).create("a").unwrap();
        dataset.write_raw(&values).unwrap();
        // Further parts of the header.
        for at in 0..40 {
            dataset.new_attr::<f64>().create(format!("attribute_{at}").as_str()).unwrap().write_scalar(&1.0).unwrap();
        }
        file.new_dataset::<i64>().shape((20, 30)).create("b").unwrap().write_raw(&vec![5_i64; 600]).unwrap();
        drop((file, dataset));
        let start = std::fs::read(&path).unwrap();
        assert_eq!(start.windows(4).any(|word| word == b"OHDR"), newer);
        let dataset = compared(&path);
        assert_eq!(dataset.notes, Vec::<String>::new());
        assert!(matches!(locate(&path, &dataset.arrays[0]).unwrap(), Storage::Hdf5(_)));
    }
}

#[test]
fn edges_without_filters_are_left_to_the_library() {
    let folder = folder();
    let path = folder.path().join("edges.nc");
    let file = hdf5::File::with_options().with_fapl(|p| p.libver_v110()).create(&path).unwrap();
    let builder = file.new_dataset::<f32>().chunk((7, 8)).chunk_opts(ChunkOpts::DONT_FILTER_PARTIAL_CHUNKS);
    let dataset = builder.deflate(3).shape((20, 30)).create("a").unwrap();
    dataset.write_raw(&(0..600).map(|at| at as f32).collect::<Vec<_>>()).unwrap();
    drop((file, dataset));
    let dataset = compared(&path);
    let Storage::Library(by) = locate(&path, &dataset.arrays[0]).unwrap() else { panic!() };
    assert!(by.reason.contains("only its whole chunks have filters"));
    assert_eq!(dataset.arrays[0].chunk, Some(vec![7, 8]));
}

#[test]
fn a_dataset_that_was_cut_and_grew_is_read() {
    let folder = folder();
    let path = folder.path().join("resized.nc");
    let file = hdf5::File::create(&path).unwrap();
    let dataset =
        file.new_dataset::<f32>().chunk((7, 8)).deflate(3).fill_value(-3.0_f32).shape((20.., 30..)).create("a");
    let dataset = dataset.unwrap();
    dataset.write_raw(&(0..600).map(|at| at as f32).collect::<Vec<_>>()).unwrap();
    dataset.resize((9, 12)).unwrap();
    dataset.resize((33, 25)).unwrap();
    drop((file, dataset));
    let dataset = compared(&path);
    assert_eq!(dataset.arrays[0].shape, [33, 25]);
}

#[test]
fn links_and_names_of_other_kinds_are_seen_through() {
    let folder = folder();
    let (path, other) = (folder.path().join("links.nc"), folder.path().join("other.nc"));
    let file = hdf5::File::create(&other).unwrap();
    file.new_dataset::<f32>()
        .chunk((3, 3))
        .deflate(2)
        .shape((7, 8))
        .create("far")
        .unwrap()
        .write_raw(&[1.5_f32; 56])
        .unwrap();
    drop(file);
    let file = hdf5::File::create(&path).unwrap();
    let near = file.new_dataset::<f32>().chunk((3, 3)).deflate(2).shape((7, 8)).create("near").unwrap();
    near.write_raw(&(0..56).map(|at| at as f32).collect::<Vec<_>>()).unwrap();
    file.link_soft("/near", "soft").unwrap();
    file.link_hard("/near", "hard").unwrap();
    file.link_external("other.nc", "/far", "external").unwrap();
    file.new_dataset::<f32>().shape(3).create("bell\u{7}").unwrap().write_raw(&[0.0_f32; 3]).unwrap();
    drop((file, near));
    let dataset = compared(&path);
    for array in &dataset.arrays {
        let by_library = matches!(locate(&path, array).unwrap(), Storage::Library(_));
        assert_eq!(by_library, array.name == "external", "{}", array.name);
    }
    assert!(dataset.array("near").is_some());
    assert!(dataset.notes.iter().any(|note| note.contains("name cannot be read: bell\\u{7}")), "{:?}", dataset.notes);
}

#[test]
fn a_reader_of_the_library_can_stay_open_while_the_file_is_described() {
    let path = fixture("scaleoffset.nc");
    let dataset = describe(&path).unwrap();
    let array = dataset.array("whole").unwrap();
    let storage = locate(&path, array).unwrap();
    let readers: Vec<_> = (0..3).map(|_| storage.open(array).unwrap().unwrap()).collect();
    assert_eq!(describe(&path).unwrap(), dataset);
    // Threads wait for each other, and an error of one leaves the others at work.
    std::thread::scope(|scope| {
        for reader in &readers {
            scope.spawn(move || {
                let mut block = Vec::new();
                assert_says(reader.read(&[9, 0, 0], &mut block), &["whole", "(9, 0, 0)", "no such block"]);
                assert_eq!(reader.read(&[0, 0, 0], &mut block).unwrap(), Chunk::Read(240));
                assert!(describe(&fixture("model.nc")).is_ok());
            });
        }
    });
}

#[derive(Clone, Debug)]
struct Made {
    shape: Vec<usize>,
    chunk: Vec<usize>,
    filters: Vec<u8>,
    values: Vec<i32>,
    /// Half the most children of a B-tree node.
    branching: u32,
}

fn made() -> impl Strategy<Value = Made> {
    // Deflate 0, shuffle 1, checksum 2; the bindings want shuffle before deflate.
    let orders: [&[u8]; 12] =
        [&[], &[0], &[1], &[2], &[1, 0], &[2, 0], &[0, 2], &[1, 2], &[2, 1], &[1, 0, 2], &[1, 2, 0], &[2, 1, 0]];
    let filters = prop::sample::select(orders.map(<[u8]>::to_vec).to_vec());
    let lengths = proptest::collection::vec((1..14_usize, 1..9_usize), 1..4);
    (lengths, filters, any::<i32>(), 1..6_u32).prop_map(|(lengths, filters, seed, branching)| {
        let (shape, chunk): (Vec<_>, Vec<_>) = lengths.into_iter().unzip();
        let count = shape.iter().product::<usize>() as i32;
        let values = (0..count).map(|at| at.wrapping_mul(seed | 1) >> (at % 7 * 4)).collect();
        Made { shape, chunk, filters, values, branching }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_shape_chunk_and_filters_give_what_the_library_reads(made in made()) {
        let folder = folder();
        let path = folder.path().join("made.nc");
        let file = hdf5::File::with_options().with_fcpl(|p| p.istore_k(made.branching)).create(&path).unwrap();
        // Chunks larger than the array need room to grow.
        let extents = hdf5::SimpleExtents::resizable(made.shape.clone());
        let mut builder = file.new_dataset::<i32>().chunk(made.chunk.clone());
        for filter in &made.filters {
            builder = match filter {
                0 => builder.deflate(4),
                1 => builder.shuffle(),
                _ => builder.fletcher32(),
            };
        }
        let dataset = builder.shape(extents).create("a").unwrap();
        dataset.write_raw(&made.values).unwrap();
        drop((file, dataset));
        let dataset = compared(&path);
        prop_assert_eq!(dataset.notes, Vec::<String>::new());
        let read = read(&path, &dataset.arrays[0]).unwrap();
        let expected: Vec<u8> = made.values.iter().flat_map(|value| value.to_le_bytes()).collect();
        prop_assert!(read == expected);
    }
}

/// More files than the library may have open, read one after the other and again.
#[test]
fn files_of_the_library_give_way_to_each_other() {
    let folder = folder();
    let readers: Vec<_> = (0..20_u32)
        .map(|at| {
            let path = folder.path().join(format!("{at}.nc"));
            let mut file = netcdf::create(&path).unwrap();
            file.add_dimension("y", 3).unwrap();
            let mut variable = file.add_variable::<f32>("a", &["y"]).unwrap();
            variable.set_chunking(&[3]).unwrap();
            variable.put_values(&[at as f32; 3], ..).unwrap();
            file.close().unwrap();
            let array = describe(&path).unwrap().array("a").unwrap().clone();
            let by = crate::source::netcdf::ByLibrary { path, reason: "a test".into() };
            by.open(&array).unwrap()
        })
        .collect();
    for _ in 0..2 {
        for (at, reader) in readers.iter().enumerate() {
            let mut block = Vec::new();
            reader.read(&[0], &mut block).unwrap();
            assert_eq!(block, [at as f32; 3].map(f32::to_le_bytes).concat());
        }
    }
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let open = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    assert!(open.filter(|path| path.starts_with(folder.path())).count() <= 16);
}
