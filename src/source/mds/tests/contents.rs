//! Several fields in a file, by number, by name, and by a name that no file has.

use super::*;

/// Diagnostics of three fields at two levels, in files of any name.
fn diagnostics(folder: &Folder, stem: &str, fields: [&str; 3], more: &str) {
    for iteration in [10, 20, 30] {
        let values = fields.iter().flat_map(|field| (0..2 * NJ * NI).map(move |at| value(field, iteration, at)));
        folder.write(&data(stem, iteration), &bytes(values));
        let list = fields.map(|field| format!("'{field:8}'")).join(" ");
        let text = format!(
            "dimList = [ {NI},1,{NI}, {NJ},1,{NJ}, 2,1,2 ]; dataprec = ['float32']; nrecords = [3]; \
             timeStepNumber = [ {iteration} ]; nFlds = [3]; fldList = {{ {list} }}; {more}"
        );
        folder.write(&meta(stem, iteration), text.as_bytes());
    }
}

fn state() -> Folder {
    let mut folder = Folder::empty();
    diagnostics(&folder, "state3d", ["THETA", "UVEL", "VVEL"], "");
    folder.request.level = 2;
    folder
}

/// Level 2 of UVEL and VVEL.
fn assert_uvel_and_vvel(folder: &Folder) -> MdsCatalog {
    let catalog = folder.catalog();
    assert_eq!((catalog.time.len(), catalog.levels), (3, 2));
    for (at, field) in ["UVEL", "VVEL"].into_iter().enumerate() {
        let ours = read(&catalog, at);
        let of_time = |iteration| (NJ * NI..2 * NJ * NI).map(move |at| value(field, iteration, at));
        let expected: Vec<f32> = [10, 20, 30].into_iter().flat_map(of_time).collect();
        assert_eq!(ours, expected, "{field}");
    }
    catalog
}

#[test]
fn both_components_from_one_file() {
    let by = |u, v| state().field(0, "state3d", u).field(1, "state3d", v);
    assert_uvel_and_vvel(&by(record_number(2), record_number(3)));
    assert_uvel_and_vvel(&by(record_name("UVEL"), record_name("VVEL")));
    assert_uvel_and_vvel(&by(record_name("UVEL"), record_number(3)));
    by(record_name("UVEL"), record_number(2)).fails(&["u and v are both record 2 of", "[input] record = ["]);
    by(record_number(4), record_number(2)).fails(&["[input] record = 4", "3 record(s): THETA, UVEL, VVEL"]);
    by(record_name("uvel"), None).fails(&["[input] record = \"uvel\"", "THETA, UVEL, VVEL"]);
    let mut folder = by(record_number(2), record_number(3));
    folder.request.level = 3;
    folder.fails(&["[input] level = 3", "2 level(s)"]);
}

#[test]
fn a_field_name_stands_for_the_one_kind_of_file_that_has_it() {
    let friendly = || state().field(0, "UVEL", None).field(1, "VVEL", None);
    let folder = friendly();
    let catalog = assert_uvel_and_vvel(&folder);
    assert_eq!(catalog.notes.len(), 2);
    assert!(catalog.notes[0].contains("u = \"UVEL\"") && catalog.notes[0].contains("state3d"), "{:?}", catalog.notes);
    // A file of the name comes first.
    folder.snapshot("UVEL", 10);
    folder.fails(&["[input] level = 2", "UVEL.0000000010.data", "1 level(s)"]);

    let folder = friendly();
    diagnostics(&folder, "dynAve", ["UVEL", "W", "S"], "");
    folder.fails(&[
        "u = \"UVEL\" names no file of its own, and dynAve, state3d hold",
        "u = \"dynAve\", v = \"dynAve\", record = [\"UVEL\", \"VVEL\"]",
        "pattern = \"dynAve.{iter:010}.data\"",
    ]);
    // Neither is meant by a name that neither has, nor where a record was asked for, nor a restart file.
    friendly().field(1, "SPEED", None).fails(&["no snapshot of SPEED", "[input] v"]);
    friendly().field(0, "UVEL", record_number(2)).fails(&["no snapshot of UVEL"]);
    let folder = friendly();
    for name in names(folder.folder.path()) {
        let path = folder.folder.path().join(&name);
        std::fs::rename(&path, path.with_file_name(name.replace("0000000030", "ckptA"))).unwrap();
    }
    assert_eq!(folder.catalog().time.len(), 2);
}

#[test]
fn a_pattern_without_a_name_reads_both_from_its_files() {
    let nameless = || state().pattern("state3d.{iter:010}.data");
    assert_uvel_and_vvel(&nameless().field(0, "UVEL", None).field(1, "VVEL", None));
    assert_uvel_and_vvel(&nameless().field(0, "a", record_number(2)).field(1, "b", record_number(3)));
    nameless().fails(&["[input] record = \"U\"", "3 record(s): THETA, UVEL, VVEL"]);
    nameless().field(0, "UVEL", None).field(1, "UVEL", None).fails(&["u and v are both record \"UVEL\""]);
}

#[test]
fn means_stand_at_the_middle_of_their_intervals() {
    let mut folder = Folder::empty();
    for (iteration, more) in [(10, "0, 250"), (20, "250, 500"), (30, "500, 750")] {
        for field in ["U", "V"] {
            folder.snapshot(field, iteration);
            let text = header(iteration, "").replace(&format!("[ {} ]", iteration * 25), &format!("[ {more} ]"));
            folder.write(&meta(field, iteration), text.as_bytes());
        }
    }
    let catalog = folder.catalog();
    assert_eq!(catalog.time.averaged_over, Some(250.0));
    assert_eq!((0..3).map(|step| catalog.time.seconds(step)).collect::<Vec<_>>(), [125.0, 375.0, 625.0]);
    // A selection is one of these times.
    folder.request.time = Some([125, 626]);
    assert_eq!(folder.catalog().time.len(), 3);
    folder.request.time = Some([126, 625]);
    let catalog = folder.catalog();
    assert_eq!((catalog.time.len(), catalog.time.first_iteration), (1, 20));
    folder.request.time = None;
    // A first mean of another length, as of a run that started in between.
    for field in ["U", "V"] {
        let text = header(10, "").replace("[ 250 ]", "[ 200, 250 ]");
        folder.write(&meta(field, 10), text.as_bytes());
    }
    folder.fails(&[
        "U.0000000010.data is a mean over 50 s",
        "a mean over 250 s",
        "[select] time = [1970-01-01T00:04:10, 1970-01-01T00:12:30]",
    ]);
    folder.request.time = Some([250, 750]);
    let catalog = folder.catalog();
    assert_eq!((0..2).map(|step| catalog.time.seconds(step)).collect::<Vec<_>>(), [375.0, 625.0]);
    folder.request.time = None;
    for iteration in [10, 20, 30] {
        folder.snapshot("V", iteration);
    }
    folder.write("U.0000000010.meta", header(10, "").replace("[ 250 ]", "[ 0, 250 ]").as_bytes());
    folder.fails(&["U and V differ: means over 250 s and snapshots"]);
}
