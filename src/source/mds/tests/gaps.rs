//! Missing, cut and unreadable snapshots under each policy; selections of time.

use std::os::unix::fs::PermissionsExt;

use super::StepStatus::{Missing, Rejected, Used};
use super::*;

/// What is lost: field, step, file, and a part of what is wrong with it.
fn assert_lost(catalog: &MdsCatalog, expected: &[(&str, usize, &str, &str)]) {
    assert_eq!(catalog.lost.count, expected.len(), "{:?}", catalog.lost);
    for (lost, (field, step, file, what)) in catalog.lost.list.iter().zip(expected) {
        assert_eq!((lost.field.as_str(), lost.step, lost.file.as_str()), (*field, *step, *file));
        assert!(lost.what.contains(what), "{lost:?}");
    }
}

/// Values are those of the files that can be used, and NaN for the rest.
fn assert_values(catalog: &MdsCatalog) {
    for (at, field) in ["U", "V"].into_iter().enumerate() {
        let values = read(catalog, at);
        for (step, values) in values.chunks(NJ * NI).enumerate() {
            let lost = catalog.lost.list.iter().any(|lost| lost.field == field && lost.step == step);
            assert_eq!(catalog.fields[at].files[step].is_none(), lost);
            let iteration = catalog.time.iteration(step);
            for (place, &ours) in values.iter().enumerate() {
                if lost { assert!(ours.is_nan()) } else { assert_eq!(ours, value(field, iteration, place)) }
            }
        }
    }
}

#[test]
fn a_whole_record_has_no_gaps() {
    for folder in [Folder::with_snapshots(5), Folder::with_snapshots(5).reject()] {
        let catalog = folder.catalog();
        assert_eq!(catalog.time.status, [Used; 5]);
        assert_eq!((catalog.time.averaged_over, &catalog.notes), (None, &vec![]));
        assert_lost(&catalog, &[]);
        assert_values(&catalog);
    }
}

#[test]
fn a_time_of_one_field_only_is_missing() {
    let folder = Folder::with_snapshots(6);
    folder.remove("U.0000000030.data");
    let text = folder.fails(&["U and V differ: 5 and 6 snapshots; U.0000000030.data is missing", "[prepare] missing"]);
    assert!(text.contains("\"reject\""), "{text}");
    folder.remove("V.0000000040.data");
    folder.fails(&["5 and 5 snapshots", "V.0000000040.data is missing"]);
    let folder = folder.reject();
    let catalog = folder.catalog();
    assert_eq!(catalog.time.status, [Used, Used, Missing, Missing, Used, Used]);
    assert_lost(&catalog, &[("U", 2, "U.0000000030.data", "missing"), ("V", 3, "V.0000000040.data", "missing")]);
    assert_values(&catalog);
}

#[test]
fn gaps_of_one_field_at_the_ends_are_gaps() {
    let folder = Folder::with_snapshots(6).reject();
    for name in ["U.0000000010.data", "U.0000000020.data", "V.0000000060.data"] {
        folder.remove(name);
    }
    let catalog = folder.catalog();
    assert_eq!(catalog.time.first_iteration, 10);
    assert_eq!(catalog.time.status, [Missing, Missing, Used, Used, Used, Missing]);
    assert_values(&catalog);
    // Few of one field are no uneven axis.
    for iteration in [30, 40] {
        folder.remove(&data("U", iteration));
    }
    let catalog = folder.catalog();
    assert_eq!(catalog.time.status, [Missing, Missing, Missing, Missing, Used, Missing]);
    assert_values(&catalog);
}

#[test]
fn a_time_of_no_field_is_missing() {
    let folder = Folder::with_snapshots(6);
    for name in ["U.0000000030.data", "V.0000000030.data", "U.0000000040.data", "V.0000000040.data"] {
        folder.remove(name);
    }
    folder.fails(&["2 snapshot(s) of U, V missing, first U.0000000030.data", "[prepare] missing"]);
    let folder = folder.reject();
    let catalog = folder.catalog();
    assert_eq!(catalog.time.status, [Used, Used, Missing, Missing, Used, Used]);
    assert_eq!(catalog.lost.count, 4);
    assert_values(&catalog);
}

#[test]
fn cut_and_empty_files_are_rejected() {
    let folder = Folder::with_snapshots(6);
    folder.cut("V.0000000020.data", 1);
    folder.fails(&["V.0000000020.data has 47 bytes, expected 48 (4 x 3", "[prepare] missing = \"reject\""]);
    folder.cut("V.0000000050.data", 48);
    folder.write("U.0000000050.data", &[0; 49]);
    folder.fails(&["U.0000000050.data has 49 bytes, expected 48"]);
    let folder = folder.reject();
    let catalog = folder.catalog();
    assert_eq!(catalog.time.status, [Used, Rejected, Used, Used, Rejected, Used]);
    assert_lost(
        &catalog,
        &[
            ("V", 1, "V.0000000020.data", "47 bytes, expected 48"),
            ("U", 4, "U.0000000050.data", "49 bytes"),
            ("V", 4, "V.0000000050.data", "has 0 bytes"),
        ],
    );
    assert_values(&catalog);
    assert_eq!(catalog.time.missing().collect::<Vec<_>>(), [1, 4]);
}

#[test]
fn what_cannot_be_read_is_rejected() {
    let folder = Folder::with_snapshots(6);
    folder.write("U.0000000020.meta", b"");
    folder.fails(&["U.0000000020.meta: is not the text of a .meta file: has no dimList; [prepare] missing"]);
    folder.remove("U.0000000040.data");
    std::fs::create_dir(folder.folder.path().join("U.0000000040.data")).unwrap();
    let folder = folder.reject();
    let catalog = folder.catalog();
    assert_eq!(catalog.time.status, [Used, Rejected, Used, Rejected, Used, Used]);
    assert_lost(
        &catalog,
        &[("U", 1, "U.0000000020.data", "has no dimList"), ("U", 3, "U.0000000040.data", "not a file")],
    );
    assert_values(&catalog);
    let path = folder.folder.path().join("V.0000000010.data");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    let catalog = folder.catalog();
    // The superuser reads it all the same.
    let readable = std::fs::File::open(&path).is_ok();
    assert_eq!(catalog.time.status[0], if readable { Used } else { Rejected });
    if !readable {
        assert!(catalog.lost.list[0].what.contains("cannot be read: "), "{:?}", catalog.lost);
    }
}

#[test]
fn if_most_files_are_wrong_it_is_their_description() {
    let folder = Folder::with_snapshots(5);
    for iteration in [10, 20, 40] {
        folder.cut(&data("U", iteration), 4);
    }
    for folder in [folder.reject(), Folder::with_snapshots(1)] {
        folder.write("U.0000000010.data", &[0; 44]);
        folder.fails(&["U.0000000010.data has 44 bytes, expected 48"]);
    }
    let folder = Folder::with_snapshots(3).reject();
    for iteration in [10, 20, 30] {
        folder.remove(&meta("U", iteration));
    }
    folder.fails(&["U.0000000010.data has no .meta", "[input] shape"]);
    let mut folder = folder;
    folder.request.shape = Some([NJ, NI]);
    folder.catalog();
    folder.request.shape = Some([NJ, 5]);
    folder.fails(&["U.0000000010.data has 48 bytes, expected 60", "[input] shape = [3, 5]"]);
}

#[test]
fn without_meta_files_most_lengths_say_the_levels() {
    let mut folder = Folder::empty();
    folder.request.shape = Some([NJ, NI]);
    folder.request.level = 2;
    for iteration in [10, 20, 30, 40] {
        for field in ["U", "V"] {
            folder.write(&data(field, iteration), &bytes((0..2 * NJ * NI).map(|at| value(field, iteration, at))));
        }
    }
    // The first is cut after its first level.
    folder.cut("U.0000000010.data", 48);
    folder.fails(&["U.0000000010.data has 48 bytes, expected 96"]);
    let folder = folder.reject();
    let catalog = folder.catalog();
    assert_eq!(catalog.time.status, [Rejected, Used, Used, Used]);
    assert_eq!(read(&catalog, 1)[0], value("V", 10, NJ * NI));
}

#[test]
fn what_contradicts_is_an_error_under_any_policy() {
    for policy in [true, false] {
        let mut folder = Folder::with_snapshots(8);
        folder.request.fail_on_gaps = policy;
        folder.write("V.0000000030.meta", header(31, "").as_bytes());
        folder.fails(&["V.0000000030.meta: says timeStepNumber 31, the file's name says 30"]);
        folder.write("V.0000000030.meta", b"dimList = [ 4,1,4, 2,1,2 ];");
        folder.fails(&["V.0000000030.meta: describes 4 x 2 x 1 level(s)", "V.0000000010.meta describes 4 x 3"]);
        folder.snapshot("V", 30);
        folder.snapshot("V", 35);
        folder.fails(&["uneven time axis", "30", "35"]);
        folder.remove("V.0000000035.data");
        for iteration in (1..9).map(|at| at * STEP) {
            folder.write(&data("V", iteration), &[0; 64]);
            folder.write(&meta("V", iteration), b"dimList = [ 4,1,4, 4,1,4 ];");
        }
        folder.fails(&["U and V differ: 4 x 3", "4 x 4"]);
    }
}

#[test]
fn a_file_cut_while_the_run_goes_on_is_an_error() {
    let folder = Folder::with_snapshots(3).reject();
    let catalog = folder.catalog();
    folder.cut("U.0000000020.data", 1);
    let error = catalog.open_block(0, 0..3).unwrap_err().to_string();
    assert!(error.contains("U.0000000020.data has 47 bytes") && error.contains("when the run started"), "{error}");
    catalog.open_block(1, 0..3).unwrap();
}

/// What lies outside the selected times is not judged.
#[test]
fn only_the_selected_times_are_judged() {
    let mut folder = Folder::with_snapshots(8);
    folder.cut("U.0000000010.data", 5);
    folder.write("V.0000000020.meta", b"nonsense");
    folder.write("U.0000000073.data", &[]);
    folder.remove("V.0000000080.data");
    folder.fails(&["U.0000000010.data"]);
    let seconds = |iteration: i64| iteration * 25;
    folder.request.time = Some([seconds(21), seconds(73)]);
    let catalog = folder.catalog();
    assert_eq!((catalog.time.first_iteration, catalog.time.len()), (30, 5));
    assert_values(&catalog);
    folder.request.time = Some([seconds(30), seconds(70)]);
    assert_eq!(folder.catalog().time.len(), 4);
    folder.request.time = Some([seconds(31), seconds(40)]);
    folder.fails(&["[select] time", "1970-01-01T00:04:10 to 1970-01-01T00:33:20"]);
    folder.request.time = Some([seconds(30), seconds(74)]);
    folder.fails(&["U.0000000073.data has 0 bytes"]);
    folder.snapshot("U", 73);
    folder.fails(&["uneven", "73"]);
}

/// A time that is missing at the edge of a selection is missing all the same.
#[test]
fn a_gap_at_the_edge_of_a_selection_is_a_gap() {
    let mut folder = Folder::with_snapshots(8);
    for name in ["U.0000000030.data", "V.0000000030.data", "U.0000000060.data", "V.0000000060.data"] {
        folder.remove(name);
    }
    folder.request.time = Some([30 * 25, 61 * 25]);
    folder.fails(&["2 snapshot(s) of U, V missing, first U.0000000030.data"]);
    folder.request.time = Some([31 * 25, 60 * 25]);
    assert_eq!(folder.catalog().time.len(), 2);
    folder.request.time = Some([30 * 25, 61 * 25]);
    let folder = folder.reject();
    let catalog = folder.catalog();
    assert_eq!(catalog.time.status, [Missing, Used, Used, Missing]);
    assert_values(&catalog);
}

#[test]
fn a_stray_file_far_away_makes_no_endless_axis() {
    let folder = Folder::with_snapshots(3).reject();
    for field in ["U", "V"] {
        folder.snapshot(field, 9_999_999_990);
    }
    folder.fails(&["9999999990", "more than 16777216", "stray"]);
    // As many as can be, of which few are there.
    let folder = Folder::with_snapshots(3).reject();
    folder.snapshot("U", 5_000_000);
    let catalog = folder.catalog();
    assert_eq!(catalog.time.len(), 500_000);
    assert_eq!(catalog.lost.count, 2 * (500_000 - 3) - 1);
    assert!(catalog.lost.list.len() < 20_000);
}

#[test]
fn a_wrong_timestep_is_found() {
    let mut folder = Folder::with_snapshots(4);
    folder.request.seconds_per_iteration = 90.0;
    folder.fails(&["[input] timestep = \"90 s\"", "25 s", "U.0000000010.data", "30 iterations in 750 s"]);
}
