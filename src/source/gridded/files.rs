//! Which files or stores a path stands for: a file, a folder, a pattern with `*`, `?`, `[...]` and `{name}`.

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
            Format::Zarr => Ok((zarr::describe(path)?, Storages::new())),
        }
    }

    /// Whether a path of its own is one of this format's, by its name or what is in it.
    fn is(self, path: &Path) -> bool {
        match self {
            Format::Netcdf => path.is_file(),
            Format::Zarr => {
                ["zarr.json", ".zgroup", ".zmetadata", ".zarray"].iter().any(|name| path.join(name).is_file())
            }
        }
    }

    /// All files or stores in a folder.
    fn within(self, folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
        let entries = std::fs::read_dir(folder).map_err(|error| SourceError::io(folder, &error))?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
        let mut paths = paths.map_err(|error| SourceError::io(folder, &error))?;
        paths.retain(|path| match self {
            Format::Netcdf => {
                let ending = path.extension().and_then(|ending| ending.to_str());
                path.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending))
            }
            Format::Zarr => self.is(path),
        });
        paths.sort();
        Ok(paths)
    }
}

/// The files or stores of a variable, in the order of their names, each once.
///
/// # Errors
/// A path that stands for nothing.
pub fn expand(format: Format, paths: &[PathBuf], name: &str) -> Result<Vec<PathBuf>, SourceError> {
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        let text = path.to_string_lossy().replace("{name}", name);
        let plain = PathBuf::from(&text);
        let these = if format.is(&plain) {
            vec![plain.clone()]
        } else if plain.is_dir() {
            format.within(&plain)?
        } else if text.contains(['*', '?', '[']) {
            let wrong = |reason: String| SourceError::Dataset { path: plain.clone(), reason };
            let matches = glob::glob(&text).map_err(|error| wrong(format!("is no pattern: {error}")))?;
            let mut matches: Vec<PathBuf> = matches.flatten().filter(|path| format.is(path)).collect();
            matches.sort();
            matches
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
}
