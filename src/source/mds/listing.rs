//! What lies in a folder: facts without judgement. Names are listed once; lengths and `.meta` files are looked at only
//! for the files asked about.

use std::collections::{BTreeMap, HashSet};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::super::SourceError;
use super::Meta;
use crate::config::{FileName, Pattern, TileNumber, without_tile};

/// The names of all files that lie as deep below a folder as the template's do.
#[derive(Clone, Debug)]
pub struct Listing {
    folder: PathBuf,
    pattern: Pattern,
    /// Relative to the folder, sorted.
    names: Vec<String>,
}

/// A file whose name fits the template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedFile {
    /// Its iteration; none for restart files that are overwritten in turn (`pickup.ckptA.data`).
    pub iteration: Option<u64>,
    /// Which tile of the field it holds; none: the whole.
    pub tile: Option<TileNumber>,
    /// Its path relative to the folder.
    pub file: String,
}

/// All files of a folder, each in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sorted {
    /// Files that fit the template, by what stands for `{name}`, in order of iteration, then tile.
    pub fields: BTreeMap<String, Vec<ListedFile>>,
    /// Grid files by their field's name (`XC`), tiles too.
    pub grid: BTreeMap<String, Vec<String>>,
    /// Files that are none of these, nor the `.meta` of one.
    pub stray: Vec<String>,
}

/// A look at a file that fits the template.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFacts {
    /// Which file.
    pub listed: ListedFile,
    /// Its length in bytes, or why it cannot be read, in the system's words.
    pub length: Result<u64, String>,
    /// What its `.meta` says, or why that cannot be read or understood (a text that follows its name); none: it has no
    /// `.meta`.
    pub meta: Option<Result<Meta, String>>,
}

impl FileFacts {
    /// Bytes that the file should have by its `.meta`; none without one, or where it gives no size that a file can
    /// have. `value_bytes` holds where the `.meta` names no type.
    pub fn expected_bytes(&self, value_bytes: u64) -> Option<u64> {
        let meta = self.meta.as_ref()?.as_ref().ok()?;
        let sizes = meta.ranges.iter().map(|[first, last]| last - first + 1);
        let factors = sizes.chain([meta.records.unwrap_or(1), meta.value_bytes(value_bytes)?]);
        factors.into_iter().try_fold(1, u64::checked_mul)
    }
}

/// Names of the grid's files.
const GRID_NAMES: [&str; 33] = [
    "XC", "YC", "XG", "YG", "Depth", "DXC", "DYC", "DXG", "DYG", "DXF", "DYF", "DXV", "DYU", "RAC", "RAW", "RAS",
    "RAZ", "rA", "RA", "hFacC", "hFacW", "hFacS", "AngleCS", "AngleSN", "CS", "SN", "RC", "RF", "DRC", "DRF", "PHrefC",
    "PHrefF", "RhoRef",
];

impl Listing {
    /// Lists `folder`, to the depth that the template has.
    ///
    /// # Errors
    /// When the folder does not exist, or one cannot be listed.
    pub fn read(folder: &Path, pattern: &Pattern) -> Result<Self, SourceError> {
        if !folder.is_dir() {
            return Err(SourceError::NoFolder { path: folder.to_owned() });
        }
        let depth = pattern.depth();
        let mut names = Vec::new();
        let mut pending = vec![(folder.to_owned(), String::new(), 0)];
        while let Some((path, prefix, level)) = pending.pop() {
            for entry in std::fs::read_dir(&path).map_err(|error| SourceError::io(&path, &error))? {
                let entry = entry.map_err(|error| SourceError::io(&path, &error))?;
                let relative = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if level == depth {
                    names.push(relative);
                } else if entry.path().is_dir() {
                    pending.push((entry.path(), format!("{relative}/"), level + 1));
                }
            }
        }
        names.sort_unstable();
        Ok(Listing { folder: folder.to_owned(), pattern: pattern.clone(), names })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The template.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// All names, relative to the folder, sorted.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The files of one field in order of iteration, then tile; restart files first.
    pub fn files_of(&self, name: &str) -> Vec<ListedFile> {
        let mut files: Vec<ListedFile> =
            self.names.iter().filter_map(|file| Some(listed(self.pattern.split(Some(name), file)?, file))).collect();
        files.sort_unstable();
        files
    }

    /// All files, sorted into fields, grid and stray ones.
    pub fn sorted(&self) -> Sorted {
        let mut sorted = Sorted::default();
        let mut known: HashSet<PathBuf> = HashSet::new();
        let mut others = Vec::new();
        for file in &self.names {
            if let Some(found) = self.pattern.split(None, file) {
                known.insert(meta_path(Path::new(file)));
                sorted.fields.entry(found.name.clone()).or_default().push(listed(found, file));
            } else if let Some(name) = grid_name(file) {
                known.insert(meta_path(Path::new(file)));
                sorted.grid.entry(name).or_default().push(file.clone());
            } else {
                others.push(file);
            }
        }
        sorted.stray = others.into_iter().filter(|file| !known.contains(Path::new(file))).cloned().collect();
        sorted.fields.values_mut().for_each(|files| files.sort_unstable());
        sorted
    }

    /// Looks at files, several at a time: one stat each, and its `.meta`.
    pub fn examine(&self, files: Vec<ListedFile>) -> Vec<FileFacts> {
        files
            .into_par_iter()
            .map(|listed| {
                let path = self.folder.join(&listed.file);
                // It lies beside the file, so that it was listed if it is there: no server is asked for it.
                let name = meta_path(Path::new(&listed.file));
                let there = self.names.binary_search_by(|other| other.as_str().cmp(&name.to_string_lossy())).is_ok();
                let meta = there.then(|| Meta::read(&meta_path(&path)));
                FileFacts { length: readable_length(&path), meta, listed }
            })
            .collect()
    }
}

fn listed(name: FileName, file: &str) -> ListedFile {
    ListedFile { iteration: name.iteration, tile: name.tile, file: file.to_owned() }
}

/// `XC` for `XC.data` and for `XC.001.002.data`.
fn grid_name(file: &str) -> Option<String> {
    let whole = without_tile(file).map_or_else(|| file.to_owned(), |(whole, _)| whole);
    let name = whole.strip_suffix(".data")?;
    GRID_NAMES.contains(&name).then(|| name.to_owned())
}

/// `X.0000000001.data` -> `X.0000000001.meta`; other names get `.meta` in place of their last extension.
pub(super) fn meta_path(data: &Path) -> PathBuf {
    data.with_extension("meta")
}

/// The length of a file that this process may read.
fn readable_length(path: &Path) -> Result<u64, String> {
    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a file".into());
    }
    let text = CString::new(path.as_os_str().as_bytes()).map_err(|error| error.to_string())?;
    // SAFETY: `text` is a C string that lives over the call, and the call keeps nothing of it.
    if unsafe { libc::access(text.as_ptr(), libc::R_OK) } != 0 {
        return Err(std::io::Error::last_os_error().to_string());
    }
    Ok(metadata.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        let meta = |i: [u64; 2]| {
            format!("dimList = [ 4,{},{}, 3,1,3 ]; dataprec = ['float64']; nrecords = [2];", i[0], i[1]).into_bytes()
        };
        for (name, range) in
            [("U.0000000020", [1, 4]), ("V.0000000003.002.001", [3, 4]), ("V.0000000003.001.001", [1, 2])]
        {
            write(&format!("{name}.data"), &[0; 96]);
            write(&format!("{name}.meta"), &meta(range));
        }
        write("U.0000000003.data", &[]);
        write("pickup.ckptA.data", &[1]);
        write("pickup.ckptA.meta", b"nonsense");
        write("XC.data", &[]);
        write("YC.001.001.data", &[]);
        write("YC.001.001.meta", &[]);
        write("STDOUT.0000", &[]);
        write("W.0000000003.meta", &[]);
        std::fs::create_dir(folder.path().join("U.0000000021.data")).unwrap();
        let listing = Listing::read(folder.path(), &"{name}.{iter:010}.data".parse().unwrap()).unwrap();
        let sorted = listing.sorted();
        assert_eq!(sorted.stray, ["STDOUT.0000", "W.0000000003.meta"]);
        assert_eq!(sorted.grid.keys().collect::<Vec<_>>(), ["XC", "YC"]);
        assert_eq!(sorted.fields.keys().collect::<Vec<_>>(), ["U", "V", "pickup"]);
        for (name, files) in &sorted.fields {
            assert_eq!(&listing.files_of(name), files);
        }
        let iterations = |name: &str| sorted.fields[name].iter().map(|file| file.iteration).collect::<Vec<_>>();
        assert_eq!(iterations("U"), [Some(3), Some(20), Some(21)]);
        assert_eq!(iterations("pickup"), [None]);
        let tiles: Vec<_> = sorted.fields["V"].iter().map(|file| file.tile).collect();
        assert_eq!(tiles, [Some([1, 1]), Some([2, 1])]);

        let facts = listing.examine(sorted.fields["U"].clone());
        assert_eq!((&facts[0].length, &facts[0].meta), (&Ok(0), &None));
        assert_eq!((facts[1].length.clone(), facts[1].expected_bytes(4)), (Ok(96), Some(4 * 3 * 8 * 2)));
        assert_eq!(facts[2].length, Err("it is not a file".into()));
        assert_eq!(listing.examine(sorted.fields["V"].clone())[0].expected_bytes(4), Some(2 * 3 * 8 * 2));
        let facts = listing.examine(sorted.fields["pickup"].clone());
        assert!(facts[0].meta.as_ref().unwrap().as_ref().unwrap_err().contains("ends within"), "{facts:?}");
        assert_eq!(facts[0].expected_bytes(4), None);
    }
}
