//! Folders of arbitrary files: no panic, and what is accepted is consistent.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

fn file_name() -> impl Strategy<Value = String> {
    let stem = select(vec!["U", "V", "XC", "pickup", "é", "U.V", ""]);
    let iteration = prop_oneof![
        (0_u64..4).prop_map(|at| format!(".{:010}", at * STEP)),
        select(vec![".ckptA", ".ckpt", ".99999999999999999999", ".18446744073709551615", ".+000000010", ""])
            .prop_map(str::to_owned),
    ];
    let tile = select(vec!["", "", ".001.001", ".002.001", ".001.4294967296", ".000.001"]);
    let extension = select(vec![".data", ".data", ".meta", ".gz", ""]);
    (stem, iteration, tile, extension).prop_map(|(stem, iteration, tile, extension)| {
        let name = format!("{stem}{iteration}{tile}{extension}");
        if name.is_empty() { "x".to_owned() } else { name }
    })
}

fn meta_text() -> impl Strategy<Value = String> {
    let number = || {
        prop_oneof![
            4 => (0_u64..6).prop_map(|n| n.to_string()),
            1 => select(vec!["18446744073709551615", "4611686018427387904", "-1", "x"]).prop_map(str::to_owned),
        ]
    };
    let range = || prop_oneof![3 => Just("2,1,2".to_owned()), 1 => (number(), number(), number()).prop_map(|(a, b, c)| format!("{a},{b},{c}"))];
    let optional = |text: String| prop_oneof![1 => Just(String::new()), 2 => Just(text)];
    (
        prop::collection::vec(range(), 0..4),
        number().prop_flat_map(move |n| optional(format!("nrecords = [{n}];"))),
        (number(), number()).prop_flat_map(move |(a, b)| optional(format!("timeInterval = [{a}, {b}];"))),
        select(vec![
            "",
            "dataprec = ['float64'];",
            "dataprec = ['float32'];",
            "fldList = { 'UVEL' 'VVEL' };",
            "fldList = {",
        ]),
    )
        .prop_map(|(ranges, records, interval, more)| {
            format!("dimList = [ {} ]; {records} {interval} {more}", ranges.join(", "))
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_name_has_one_place(
        names in prop::collection::btree_set(file_name(), 0..12),
        pattern in select(vec!["{name}.{iter:010}.data", "{name}{iter}", "{iter}", "{name}.{iter:03}.{iter}.data", "x/{iter}"]),
    ) {
        let folder = Folder::empty().pattern(pattern);
        names.iter().for_each(|name| folder.write(name, &[]));
        let listing = Listing::read(folder.folder.path(), &folder.request.pattern).unwrap();
        let sorted = listing.sorted();
        let fields = sorted.fields.values().flatten().map(|file| file.file.clone());
        let grid = sorted.grid.values().flatten().cloned();
        let all: Vec<String> = fields.chain(grid).chain(sorted.stray.iter().cloned()).collect();
        let distinct: BTreeSet<&String> = all.iter().collect();
        prop_assert_eq!(distinct.len(), all.len());
        for name in listing.names() {
            // What is left out describes another file.
            prop_assert!(distinct.contains(name) || name.ends_with(".meta"), "{}", name);
        }
        for (name, files) in &sorted.fields {
            prop_assert!(files.is_sorted());
            let ours = listing.files_of(name);
            prop_assert!(files.iter().all(|file| ours.contains(file)));
        }
    }

    #[test]
    fn no_folder_makes_the_scan_panic(
        files in prop::collection::btree_map(file_name(), (meta_text(), 0_usize..40), 0..10),
        fail in any::<bool>(),
        level in 0_u64..4,
        record in prop_oneof![Just(None), (0_u64..5).prop_map(record_number), Just(record_name("VVEL"))],
        shape in prop_oneof![Just(None), Just(Some([2, 2])), Just(Some([usize::MAX, 2]))],
        time in prop_oneof![Just(None), Just(Some([100, 600])), Just(Some([i64::MIN, i64::MAX]))],
    ) {
        let mut folder = Folder::empty().field(1, "V", record);
        for (name, (text, len)) in &files {
            if name.ends_with(".meta") { folder.write(name, text.as_bytes()) } else { folder.write(name, &vec![1; len * 4]) }
            let meta = std::path::Path::new(name).with_extension("meta");
            if name.ends_with(".data") && len % 2 == 0 {
                folder.write(meta.to_str().unwrap(), text.as_bytes());
            }
        }
        folder.request.fail_on_gaps = fail;
        folder.request.level = level;
        folder.request.shape = shape;
        folder.request.time = time;
        if let Ok(catalog) = folder.scan() {
            prop_assert_eq!(catalog.fields.len(), 2);
            prop_assert!(!fail || catalog.lost.count == 0);
            for (at, field) in catalog.fields.iter().enumerate() {
                prop_assert!(field.plane < field.planes);
                prop_assert_eq!(field.files.len(), catalog.time.len());
                for step in 0..catalog.time.len() {
                    let lost = catalog.lost.list.iter().any(|lost| lost.step == step && lost.field == field.name);
                    prop_assert_eq!(lost, field.files[step].is_none());
                    prop_assert!(!catalog.time.present(step) || !lost);
                }
                // Whatever was accepted can be read.
                prop_assert!(catalog.extent.points() <= 400);
                prop_assert_eq!(read(&catalog, at).len(), catalog.time.len() * catalog.extent.points());
            }
        }
    }
}
