//! Whether a result may be put at a place, and the names it has on the way there.

use std::ffi::{CString, OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::hold::Hold;
use super::{StoreError, file, journal};

/// The group attribute by which a result of this program is known.
pub(super) const MARK: &str = "oceanspec_version";

/// In the journal's folder: how the run was begun.
pub(super) const BEGUN: &str = "run.json";

/// What a run is to do with what it finds at its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// There must be nothing.
    #[default]
    New,
    /// An older result is replaced, an unfinished one deleted.
    Overwrite,
    /// There must be an unfinished result, to go on with.
    Resume,
    /// An unfinished result is gone on with, if there is one; else the run starts anew.
    ResumeIfAny {
        /// An older result may then be replaced.
        overwrite: bool,
    },
}

impl Start {
    /// Whether an older result may be replaced.
    pub fn overwrites(self) -> bool {
        matches!(self, Start::Overwrite | Start::ResumeIfAny { overwrite: true })
    }
}

/// What there is to go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or what ended before it had begun.
    Nothing,
    /// An unfinished result with its journal.
    Unfinished,
    /// A whole result that was not put in its place.
    Whole,
}

/// The names of a result.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The finished result.
    pub(super) path: PathBuf,
    /// The result while it is written.
    pub(super) partial: PathBuf,
    /// The result before, while it is being replaced.
    pub(super) older: PathBuf,
    /// The folder of all three.
    pub(super) parent: PathBuf,
}

impl Place {
    /// Names only: looks at no file.
    pub(super) fn new(path: &Path) -> Result<Self, StoreError> {
        let not_a_name = || StoreError::NotAName { path: path.to_owned() };
        let name = path.file_name().ok_or_else(not_a_name)?;
        let parent = match path.parent().ok_or_else(not_a_name)? {
            parent if parent.as_os_str().is_empty() => PathBuf::from("."),
            parent => parent.to_owned(),
        };
        let beside = |suffix: &str| {
            let mut beside = OsString::from(name);
            beside.push(suffix);
            path.with_file_name(beside)
        };
        Ok(Place { path: path.with_file_name(name), partial: beside(".partial"), older: beside(".older"), parent })
    }

    /// Refuses the place, touching nothing, where a result must not or cannot be written; tells what there is to go on
    /// with.
    pub(super) fn check(&self, start: Start) -> Result<Found, StoreError> {
        self.check_parent()?;
        check_writable(&self.parent)?;
        if !exists(&self.partial)? {
            if start == Start::Resume {
                let (partial, finished) = (self.partial.clone(), exists(&self.path)?);
                return Err(StoreError::NothingToResume { partial, finished });
            }
            self.check_finished(start.overwrites())?;
            return Ok(Found::Nothing);
        }
        if !is_result(&self.partial) && !is_cut_off_at_birth(&self.partial) {
            return Err(StoreError::NotAResult { path: self.partial.clone() });
        }
        match start {
            Start::New => {
                self.check_finished(false)?;
                return Err(StoreError::PartialExists { path: self.partial.clone() });
            }
            Start::Overwrite => {
                self.check_finished(true)?;
                Hold::look(&self.partial)?;
                return Ok(Found::Nothing);
            }
            Start::Resume | Start::ResumeIfAny { .. } => {}
        }
        Hold::look(&self.partial)?;
        let begun = exists(&self.partial.join(journal::FOLDER).join(BEGUN))?;
        Ok(if begun {
            Found::Unfinished
        } else if is_whole(&self.partial) {
            Found::Whole
        } else {
            self.check_finished(start.overwrites())?;
            Found::Nothing
        })
    }

    fn check_parent(&self) -> Result<(), StoreError> {
        let (path, parent) = (self.path.clone(), self.parent.clone());
        match self.parent.metadata() {
            Ok(metadata) if metadata.is_dir() => Ok(()),
            Ok(_) => Err(StoreError::NotAFolder { path, parent }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::NoFolder { path, parent }),
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
                let file = self.parent.ancestors().find(|above| above.exists()).unwrap_or(&self.parent);
                Err(StoreError::NotAFolder { path, parent: file.to_owned() })
            }
            Err(source) => Err(StoreError::io(&self.parent, "look at", source)),
        }
    }

    /// The part of [`check`](Self::check) that is about a finished result. Returns whether there is one.
    pub(super) fn check_finished(&self, overwrite: bool) -> Result<bool, StoreError> {
        if exists(&self.older)? {
            return Err(StoreError::OlderExists { path: self.older.clone() });
        }
        if !exists(&self.path)? {
            return Ok(false);
        }
        if !is_result(&self.path) {
            return Err(StoreError::NotAResult { path: self.path.clone() });
        }
        if !overwrite {
            return Err(StoreError::ResultExists { path: self.path.clone() });
        }
        Ok(true)
    }
}

impl Place {
    /// Gives a whole result its place, without its journal. An older one there is replaced with `overwrite`; it may stand
    /// aside already, if a run that was `interrupted` here or had `overwrite` put it there.
    pub(super) fn put_in_place(&self, overwrite: bool, interrupted: bool) -> Result<(), StoreError> {
        let Place { path, partial, older, parent } = self;
        let replaced = self.rename(overwrite, interrupted).map_err(|source| StoreError::NotInPlace {
            path: path.clone(),
            partial: partial.clone(),
            source: Box::new(source),
        })?;
        file::sync_path(parent)?;
        if replaced && let Err(error) = file::remove_tree(older) {
            // The new result is whole and in its place: this is no failure of the run.
            tracing::warn!("the older result could not be deleted: {error}");
        }
        Ok(())
    }

    /// Renames. Returns whether an older result now stands aside. Wherever this ends, it can be gone on with: an older
    /// result stands aside before the journal, which says that it may, has gone.
    fn rename(&self, overwrite: bool, interrupted: bool) -> Result<bool, StoreError> {
        let Place { path, partial, older, .. } = self;
        let rename = |from: &Path, to: &Path| fs::rename(from, to).map_err(|e| StoreError::io(from, "rename", e));
        let aside = (overwrite || interrupted) && exists(older)? && !exists(path)?;
        let replaces = aside || self.check_finished(overwrite)?;
        if replaces && !aside {
            rename(path, older)?;
        }
        let put = file::remove_tree(&partial.join(journal::FOLDER)).and_then(|()| rename(partial, path));
        if let Err(error) = put {
            if replaces {
                rename(older, path)?;
            }
            return Err(error);
        }
        Ok(replaces)
    }
}

/// Whether there is anything of this name, be it a link that leads nowhere.
fn exists(path: &Path) -> Result<bool, StoreError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(StoreError::io(path, "look at", source)),
    }
}

/// Whether `path` is a group that this program began: its root metadata bears the mark.
fn is_result(path: &Path) -> bool {
    let Ok(text) = fs::read(path.join("zarr.json")) else { return false };
    let Ok(metadata) = serde_json::from_slice::<Value>(&text) else { return false };
    metadata["node_type"] == "group" && metadata["attributes"].get(MARK).is_some()
}

/// Whether `path` is a result whose metadata were consolidated, which is the last that is written.
fn is_whole(path: &Path) -> bool {
    let text = fs::read(path.join("zarr.json")).unwrap_or_default();
    let metadata = serde_json::from_slice::<Value>(&text).unwrap_or_default();
    !metadata["consolidated_metadata"].is_null() && !path.join(journal::FOLDER).join(BEGUN).exists()
}

/// Whether `path` is a folder in which not even the root metadata was finished.
fn is_cut_off_at_birth(path: &Path) -> bool {
    let Ok(entries) = fs::read_dir(path) else { return false };
    let is_early = |name: &OsStr| file::is_cut_off(name) || name == journal::FOLDER;
    entries.into_iter().all(|entry| entry.is_ok_and(|entry| is_early(&entry.file_name())))
}

/// Asks the system whether names can be made in `folder`, without making one.
fn check_writable(folder: &Path) -> Result<(), StoreError> {
    let name =
        CString::new(folder.as_os_str().as_bytes()).map_err(|_| StoreError::NotAName { path: folder.to_owned() })?;
    // SAFETY: `name` is a string that ends with NUL and lives through the call, which only reads it.
    let answer = unsafe { libc::access(name.as_ptr(), libc::W_OK | libc::X_OK) };
    if answer == 0 { Ok(()) } else { Err(StoreError::io(folder, "write into", io::Error::last_os_error())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IF_ANY: Start = Start::ResumeIfAny { overwrite: false };

    /// Every name below `folder` with the bytes of the files.
    fn listing(folder: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
        let mut all = vec![];
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                all.extend(listing(&path));
                all.push((path, None));
            } else {
                let bytes = fs::read(&path).unwrap();
                all.push((path, Some(bytes)));
            }
        }
        all.sort();
        all
    }

    fn make_result(path: &Path) {
        fs::create_dir_all(path).unwrap();
        fs::write(path.join("zarr.json"), r#"{"node_type": "group", "attributes": {"oceanspec_version": "0"}}"#)
            .unwrap();
    }

    #[test]
    fn a_free_place_is_accepted_and_stays_untouched() {
        let folder = tempfile::tempdir().unwrap();
        let start = |overwrite| if overwrite { Start::Overwrite } else { Start::New };
        let check = |name: &str, overwrite| Place::new(&folder.path().join(name)).unwrap().check(start(overwrite));
        check("out.zarr", false).unwrap();
        check("out.zarr/", true).unwrap();
        assert!(listing(folder.path()).is_empty());
        assert!(matches!(check("missing/out.zarr", true), Err(StoreError::NoFolder { .. })));
        let file = tempfile::NamedTempFile::new().unwrap();
        for below in ["out.zarr", "no/such/out.zarr"] {
            let answer = Place::new(&file.path().join(below)).unwrap().check(Start::Overwrite);
            assert!(matches!(answer, Err(StoreError::NotAFolder { parent, .. }) if parent == file.path()), "{below}");
        }
        assert!(matches!(Place::new(Path::new("/")), Err(StoreError::NotAName { .. })));
        assert!(matches!(Place::new(Path::new("a/..")), Err(StoreError::NotAName { .. })));
        assert_eq!(Place::new(Path::new("out.zarr")).unwrap().parent, Path::new("."));
        assert!(listing(folder.path()).is_empty());
    }

    #[test]
    fn what_is_not_ours_is_refused_even_with_overwrite() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file.zarr"), "precious").unwrap();
        fs::create_dir(at("empty.zarr")).unwrap();
        fs::create_dir(at("foreign.zarr")).unwrap();
        fs::write(at("foreign.zarr/zarr.json"), r#"{"node_type": "group", "attributes": {}}"#).unwrap();
        fs::create_dir(at("broken.zarr")).unwrap();
        fs::write(at("broken.zarr/zarr.json"), r#"{"node_type": "#).unwrap();
        std::os::unix::fs::symlink(at("nowhere"), at("link.zarr")).unwrap();
        fs::create_dir(at("new.zarr.partial")).unwrap();
        fs::write(at("new.zarr.partial/thesis.tex"), "precious").unwrap();
        let before = fs::read_dir(folder.path()).unwrap().count();
        for name in ["file.zarr", "empty.zarr", "foreign.zarr", "broken.zarr", "link.zarr", "new.zarr"] {
            for start in [Start::New, Start::Overwrite, IF_ANY] {
                let answer = Place::new(&at(name)).unwrap().check(start);
                assert!(matches!(answer, Err(StoreError::NotAResult { .. })), "{name} {start:?}: {answer:?}");
            }
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before);
        assert_eq!(fs::read(at("file.zarr")).unwrap(), b"precious");
        assert_eq!(fs::read(at("new.zarr.partial/thesis.tex")).unwrap(), b"precious");
    }

    #[test]
    fn older_and_partial_results_need_overwrite() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        make_result(&at("old.zarr"));
        make_result(&at("half.zarr.partial"));
        fs::create_dir(at("born.zarr.partial")).unwrap();
        fs::write(at("born.zarr.partial/.zarr.json.writing"), "").unwrap();
        make_result(&at("torn.zarr.older"));
        let before = listing(folder.path());
        let start = |overwrite| if overwrite { Start::Overwrite } else { Start::New };
        let check = |name: &str, overwrite| Place::new(&at(name)).unwrap().check(start(overwrite));
        assert!(matches!(check("old.zarr", false), Err(StoreError::ResultExists { .. })));
        assert!(check("old.zarr", false).unwrap_err().to_string().contains("--overwrite"));
        for name in ["half.zarr", "born.zarr"] {
            assert!(matches!(check(name, false), Err(StoreError::PartialExists { .. })), "{name}");
            check(name, true).unwrap();
        }
        check("old.zarr", true).unwrap();
        for overwrite in [false, true] {
            assert!(matches!(check("torn.zarr", overwrite), Err(StoreError::OlderExists { .. })));
        }
        assert_eq!(listing(folder.path()), before);
    }

    #[test]
    fn what_can_be_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        make_result(&at("old.zarr"));
        make_result(&at("half.zarr.partial"));
        fs::create_dir(at("half.zarr.partial/.journal")).unwrap();
        fs::write(at("half.zarr.partial/.journal/run.json"), "{}").unwrap();
        make_result(&at("bare.zarr.partial"));
        fs::create_dir(at("born.zarr.partial")).unwrap();
        make_result(&at("whole.zarr.partial"));
        fs::write(
            at("whole.zarr.partial/zarr.json"),
            r#"{"node_type": "group", "attributes": {"oceanspec_version": "0"}, "consolidated_metadata": {}}"#,
        )
        .unwrap();
        let before = listing(folder.path());
        let check = |name: &str, start| Place::new(&at(name)).unwrap().check(start);
        for (name, found) in [
            ("half.zarr", Found::Unfinished),
            ("bare.zarr", Found::Nothing),
            ("born.zarr", Found::Nothing),
            ("whole.zarr", Found::Whole),
        ] {
            for start in [Start::Resume, IF_ANY] {
                assert_eq!(check(name, start).unwrap(), found, "{name} {start:?}");
            }
            assert!(matches!(check(name, Start::New), Err(StoreError::PartialExists { .. })), "{name}");
        }
        assert_eq!(check("new.zarr", IF_ANY).unwrap(), Found::Nothing);
        let none = |name: &str| match check(name, Start::Resume) {
            Err(StoreError::NothingToResume { finished, .. }) => finished,
            other => panic!("{other:?}"),
        };
        assert!(!none("new.zarr") && none("old.zarr"));
        assert!(matches!(check("old.zarr", IF_ANY), Err(StoreError::ResultExists { .. })));
        assert_eq!(check("old.zarr", Start::ResumeIfAny { overwrite: true }).unwrap(), Found::Nothing);
        assert_eq!(listing(folder.path()), before);
    }

    #[test]
    fn a_folder_without_permission_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
        let answer = Place::new(&folder.path().join("out.zarr")).unwrap().check(Start::New);
        // Root may write everywhere, so what the check says must be what the system then does.
        let truth = fs::create_dir(folder.path().join("probe"));
        assert_eq!(answer.is_ok(), truth.is_ok());
        assert!(answer.is_ok() || matches!(answer, Err(StoreError::NotWritable { .. })));
    }
}
