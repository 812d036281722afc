//! What stands at a result's place before, while and after a run writes it.

use super::*;

#[test]
fn an_older_result_stands_until_the_new_one_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zarr");
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    let first = spec(Codec::None);
    write_all(&path, &first, Start::New);
    assert_eq!(names(), ["out.zarr"]);
    let old = files(&path);

    let second = spec(Codec::Zstd(3));
    assert!(matches!(ResultStore::create(&path, second.clone(), Start::New), Err(StoreError::ResultExists { .. })));
    let store = ResultStore::create(&path, second.clone(), Start::Overwrite).unwrap();
    write(&store, &second.arrays[0], &[0, 0, 1, 0]).unwrap();
    assert_eq!(names(), ["out.zarr", "out.zarr.partial"]);
    store.abandon().unwrap();
    assert_eq!(names(), ["out.zarr"]);
    assert_eq!(files(&path), old);

    // A run that died leaves its part: refused, then replaced.
    drop(ResultStore::create(&path, second.clone(), Start::Overwrite).unwrap());
    fs::write(folder.path().join("out.zarr.partial/XC/stale"), "").unwrap();
    assert!(matches!(
        ResultStore::check_place(&folder.path().join("out.zarr"), Start::New),
        Err(StoreError::ResultExists { .. })
    ));
    write_all(&path, &second, Start::Overwrite);
    assert_eq!(names(), ["out.zarr"]);
    assert_holds_values(&path, &second);
    assert_ne!(files(&path), old);
    assert!(!path.join("XC/stale").exists());
}

#[test]
fn what_came_to_the_place_meanwhile_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zarr");
    for start in [Start::New, Start::Overwrite] {
        let store = ResultStore::create(&path, spec(Codec::None), start).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("notes.txt"), "precious").unwrap();
        let error = store.finish(0).unwrap_err();
        assert!(
            matches!(&error, StoreError::NotInPlace { source, .. } if matches!(**source, StoreError::NotAResult { .. }))
        );
        let text = error.to_string();
        assert!(text.contains("is whole") && text.contains(&format!("`mv {0}.partial {0}`", path.display())), "{text}");
        assert_eq!(fs::read(path.join("notes.txt")).unwrap(), b"precious");
        assert!(folder.path().join("out.zarr.partial/rotary_psd/zarr.json").is_file());
        fs::remove_dir_all(&path).unwrap();
        fs::remove_dir_all(folder.path().join("out.zarr.partial")).unwrap();
    }
    let store = ResultStore::create(&path, spec(Codec::None), Start::New).unwrap();
    fs::create_dir(&path).unwrap();
    fs::copy(folder.path().join("out.zarr.partial/zarr.json"), path.join("zarr.json")).unwrap();
    let error = store.finish(0).unwrap_err();
    assert!(
        matches!(&error, StoreError::NotInPlace { source, .. } if matches!(**source, StoreError::ResultExists { .. }))
    );
}

/// A result from which something was deleted, or that another run replaced, would be read as land.
#[test]
fn a_result_that_others_touched_is_not_put_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let (path, partial) = (folder.path().join("out.zarr"), folder.path().join("out.zarr.partial"));
    let spec = spec(Codec::None);
    let psd = &spec.arrays[0];
    let begin = || {
        let store = ResultStore::create(&path, spec.clone(), Start::Overwrite).unwrap();
        write(&store, psd, &[0, 0, 0, 0]).unwrap();
        store
    };
    // The whole folder: no later chunk makes it again, and nothing is put in place.
    let store = begin();
    fs::remove_dir_all(&partial).unwrap();
    assert!(matches!(write(&store, psd, &[0, 0, 1, 0]), Err(StoreError::Vanished { .. })));
    assert!(matches!(store.finish(1), Err(StoreError::Vanished { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

    // One file, or one folder of an array.
    let store = begin();
    fs::remove_file(partial.join("rotary_psd/c/0/0/0/0")).unwrap();
    assert!(matches!(store.finish(1), Err(StoreError::Incomplete { written: 1, found: 0, .. })));
    let store = begin();
    fs::remove_dir_all(partial.join("rotary_psd")).unwrap();
    write(&store, psd, &[0, 0, 1, 0]).unwrap_err();
    assert!(matches!(store.finish(1), Err(StoreError::Incomplete { .. })));

    // Another run's folder of the same name: neither finished nor deleted by this one.
    let store = begin();
    fs::rename(&partial, folder.path().join("moved")).unwrap();
    let other = ResultStore::create(&path, spec.clone(), Start::Overwrite).unwrap();
    assert!(matches!(store.finish(1), Err(StoreError::Vanished { .. })));
    let store = {
        fs::remove_dir_all(folder.path().join("moved")).unwrap();
        other
    };
    fs::rename(&partial, folder.path().join("moved")).unwrap();
    let third = ResultStore::create(&path, spec.clone(), Start::Overwrite).unwrap();
    store.abandon().unwrap();
    third.finish(0).unwrap();
    assert!(path.join("zarr.json").is_file());
}

#[test]
fn two_runs_do_not_write_one_result() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zarr");
    let first = ResultStore::create(&path, spec(Codec::None), Start::New).unwrap();
    let before = files(folder.path());
    let second = |start| ResultStore::create(&path, spec(Codec::None), start);
    assert!(matches!(second(Start::New), Err(StoreError::PartialExists { .. })));
    for _ in 0..2 {
        let error = second(Start::Overwrite).unwrap_err();
        assert!(matches!(error, StoreError::PartialInUse { .. }), "{error}");
        assert!(matches!(ResultStore::check_place(&path, Start::Overwrite), Err(StoreError::PartialInUse { .. })));
    }
    assert_eq!(files(folder.path()), before);
    first.finish(0).unwrap();
    second(Start::Overwrite).unwrap().abandon().unwrap();
}

#[test]
fn a_result_needs_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.zarr");
    let check = |least, full| ResultStore::check_room(&path, Bytes(least), Bytes(full));
    check(0, 0).unwrap();
    check(1 << 10, 1 << 20).unwrap();
    check(1 << 10, u64::MAX).unwrap();
    let text = check(1 << 61, 1 << 62).unwrap_err().to_string();
    for part in ["out.zarr", "2048.00 PiB", "4096.00 PiB", "free", "[output] path", "keep_bits"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("older"));
    write_all(&path, &spec(Codec::None), Start::New);
    assert!(check(1 << 61, 1 << 62).unwrap_err().to_string().contains("older result stays"));
}
