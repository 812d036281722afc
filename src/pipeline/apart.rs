//! The result's place against what is read: replacing a result deletes all that is in its folder.

use std::path::{Path, PathBuf};

use crate::Error;
use crate::config::Config;

/// The path without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let mut rest = Vec::new();
    for part in path.ancestors() {
        match part.canonicalize() {
            Ok(part) => return rest.into_iter().rev().fold(part, |path: PathBuf, name| path.join(name)),
            Err(_) => rest.extend(part.file_name()),
        }
    }
    path.to_owned()
}

/// Refuses an output path at or above the snapshots, the grid, the configuration or the files that it names.
///
/// # Errors
/// [`Error::Setting`] with the line of `output.path`.
pub(super) fn check(config: &Config) -> Result<(), Error> {
    let output = real(&config.output.path);
    let regions = config.paths_read().into_iter().map(|path| ("a file of [[regions]]", Some(path)));
    let others = [("[input] grid", config.input.grid.as_deref()), ("the configuration", config.file())];
    let inputs = config.input.paths.iter().map(|path| ("[input] path", Some(path.as_path())));
    for (what, path) in inputs.chain(others).chain(regions) {
        let Some(path) = path else { continue };
        if real(path).starts_with(&output) {
            let message = format!(
                "{} holds {what}, {}, and a result replaces all that is in its folder; write it elsewhere",
                config.output.path.display(),
                path.display()
            );
            return Err(Error::Setting { text: config.explain("output.path", &message) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_below_the_output_is_found_through_links_and_dots() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("out.zarr/mds")).unwrap();
        std::fs::create_dir(at("mds")).unwrap();
        std::os::unix::fs::symlink("out.zarr", at("link")).unwrap();
        let checked = |input: &str, output: &str| {
            let sets = [format!("input.path={}", at(input).display()), format!("output.path={}", at(output).display())];
            check(&Config::assumed(&sets).unwrap())
        };
        for (input, output) in [
            ("mds", "mds"),
            ("mds", "."),
            ("out.zarr/mds", "out.zarr"),
            ("link/mds", "out.zarr"),
            ("out.zarr/mds", "link"),
            ("mds/../out.zarr/mds/none", "out.zarr"),
        ] {
            let text = checked(input, output).unwrap_err().to_string();
            assert!(text.contains("`output.path`") && text.contains("[input] path"), "{text}");
        }
        for (input, output) in
            [("mds", "out.zarr"), ("mds", "mds/out.zarr"), ("out.zarr/../mds", "out.zarr"), ("none", "no"), ("ab", "a")]
        {
            checked(input, output).unwrap();
        }
    }
}
