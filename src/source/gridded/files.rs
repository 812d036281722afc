//! Which files or stores a path stands for: a file, a folder, a pattern with `*`, `?`, `[...]` and `{name}`.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Dataset};
use super::super::netcdf::Storages;
use super::super::{netcdf, zarr};

/// A format of files that describe themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// netCDF files, classic or netCDF-4.
    Netcdf,
    /// Zarr stores, version 2 or 3.
    Zarr,
}

/// How the names of netCDF files end.
const ENDINGS: [&str; 5] = ["nc", "nc4", "cdf", "nc3", "h5"];

impl Format {
    /// Describes a file or store, and finds where the values of `wanted` arrays are where that costs an opening.
    ///
    /// # Errors
    /// When it cannot be read, or is of another format.
    pub(super) fn describe(
        self,
        path: &Path,
        wanted: &dyn Fn(&ArrayInfo) -> bool,
    ) -> Result<(Dataset, Storages), SourceError> {
        match self {
            Format::Netcdf => netcdf::describe_and_locate(path, wanted),
            Format::Zarr => zarr::describe_and_locate(path, wanted),
        }
    }

    /// Whether a path of its own is one of this format's, by what it is or what is in it.
    ///
    /// # Errors
    /// When that cannot be found out.
    fn is(self, path: &Path) -> Result<bool, SourceError> {
        let is_file = |path: &Path| Ok::<_, SourceError>(state(path)?.is_some_and(|state| state.is_file()));
        match self {
            Format::Netcdf => is_file(path),
            Format::Zarr => {
                for name in ["zarr.json", ".zgroup", ".zmetadata", ".zarray"] {
                    if is_file(&path.join(name))? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// Those of this format among paths that were found; one that leads nowhere, a link to what is not there, is not passed
    /// over if it may be one of them.
    ///
    /// # Errors
    /// When that of one cannot be found out.
    fn among(self, paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, SourceError> {
        let mut found = Vec::new();
        for path in paths {
            let ending = path.extension().and_then(|ending| ending.to_str());
            let by_name = match self {
                Format::Netcdf => ending.is_some_and(|ending| ENDINGS.contains(&ending)),
                Format::Zarr => ending == Some("zarr"),
            };
            if by_name && state(&path)?.is_none() {
                return Err(SourceError::Io { path, reason: "it leads to a file or folder that is not there".into() });
            }
            if self.is(&path)? {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }

    /// All files or stores in a folder.
    fn within(self, folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
        let entries = std::fs::read_dir(folder).map_err(|error| SourceError::io(folder, &error))?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
        let mut paths = paths.map_err(|error| SourceError::io(folder, &error))?;
        if self == Format::Netcdf {
            let ending = |path: &PathBuf| path.extension()?.to_str().map(|ending| ENDINGS.contains(&ending));
            paths.retain(|path| ending(path) == Some(true));
        }
        self.among(paths)
    }
}

/// What stands at a path; none if nothing does.
fn state(path: &Path) -> Result<Option<Metadata>, SourceError> {
    match std::fs::metadata(path) {
        Ok(state) => Ok(Some(state)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(SourceError::io(path, &error)),
    }
}

/// The files or stores of a variable, in the order of their names, each once.
///
/// # Errors
/// A path that stands for nothing, or of which that cannot be found out: a folder that may not be listed.
pub fn expand(format: Format, paths: &[PathBuf], name: &str) -> Result<Vec<PathBuf>, SourceError> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        let text = path.to_string_lossy().replace("{name}", name);
        let plain = PathBuf::from(&text);
        let these = if format.is(&plain)? {
            vec![plain.clone()]
        } else if state(&plain)?.is_some_and(|state| state.is_dir()) {
            format.within(&plain)?
        } else if text.contains(['*', '?', '[']) {
            let wrong = |reason: String| SourceError::Dataset { path: plain.clone(), reason };
            let matches = glob::glob(&text).map_err(|error| wrong(format!("is no pattern: {error}")))?;
            let matches = matches.collect::<Result<Vec<PathBuf>, _>>();
            format.among(matches.map_err(|error| SourceError::io(error.path(), error.error()))?)?
        } else {
            Vec::new()
        };
        if these.is_empty() {
            let what = match format {
                Format::Netcdf => "no netCDF file",
                Format::Zarr => "no Zarr store",
            };
            return Err(SourceError::NotFound { key: "path", path: plain, what });
        }
        for path in these {
            if !found.contains(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_patterns_and_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["U_2.nc", "U_1.nc", "V_1.nc", "notes.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        std::fs::create_dir_all(folder.path().join("a.zarr")).unwrap();
        std::fs::write(folder.path().join("a.zarr/.zgroup"), "{}").unwrap();
        let names = |format, pattern: &str, name: &str| {
            let found = expand(format, &[folder.path().join(pattern)], name)?;
            Ok::<_, SourceError>(
                found.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect::<Vec<_>>(),
            )
        };
        assert_eq!(names(Format::Netcdf, "{name}_*.nc", "U").unwrap(), ["U_1.nc", "U_2.nc"]);
        assert_eq!(names(Format::Netcdf, "", "U").unwrap(), ["U_1.nc", "U_2.nc", "V_1.nc"]);
        assert_eq!(names(Format::Netcdf, "notes.txt", "U").unwrap(), ["notes.txt"]);
        assert_eq!(names(Format::Zarr, "", "U").unwrap(), ["a.zarr"]);
        assert_eq!(names(Format::Zarr, "*.zarr", "U").unwrap(), ["a.zarr"]);
        let error = names(Format::Netcdf, "{name}_*.nc", "W").unwrap_err().to_string();
        assert!(error.contains("no netCDF file") && error.contains("W_*.nc"), "{error}");
    }

    #[test]
    fn what_cannot_be_looked_at_is_told_and_not_left_out() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["1/U.nc", "2/U.nc", "a.zarr/.zgroup"] {
            std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            std::fs::write(at(name), "").unwrap();
        }
        let found = |format, pattern: &str| expand(format, &[at(pattern)], "U").map(|found| found.len());
        assert_eq!((found(Format::Netcdf, "*/U.nc").unwrap(), found(Format::Zarr, "").unwrap()), (2, 1));
        // A link in a circle: its state cannot be told by anybody, root not excepted.
        std::fs::create_dir(at("3")).unwrap();
        symlink("U.nc", at("3/U.nc")).unwrap();
        for pattern in ["*/U.nc", "3"] {
            let error = found(Format::Netcdf, pattern).unwrap_err().to_string();
            assert!(error.contains("cannot read") && error.contains("3/U.nc"), "{error}");
        }
        // A link to a file that was moved.
        std::fs::remove_file(at("3/U.nc")).unwrap();
        symlink("nowhere.nc", at("3/U.nc")).unwrap();
        symlink("nowhere", at("b.zarr")).unwrap();
        symlink("nowhere", at("latest")).unwrap();
        for (format, pattern) in [(Format::Netcdf, "*/U.nc"), (Format::Netcdf, "3"), (Format::Zarr, "")] {
            let error = found(format, pattern).unwrap_err().to_string();
            assert!(error.contains("leads to a file or folder that is not there"), "{error}");
        }
        std::fs::remove_file(at("b.zarr")).unwrap();
        assert_eq!(found(Format::Zarr, "").unwrap(), 1);
    }
}
