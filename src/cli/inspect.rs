//! `oceanspec inspect`.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::progress::Progress;
use super::{arguments, log, plan, print};
use crate::Error;
use crate::config::Config;
use crate::exchange::one_process;
use crate::pipeline::{self, InspectOptions, Inspection};

pub(super) fn inspect(arguments: &arguments::Inspect) -> Result<(), Error> {
    one_process("inspect")?;
    log::start_warnings();
    let (config, mut options) = target(&arguments.path, &arguments.sets)?;
    options.scan = arguments.scan;
    let found = pipeline::inspect(&config, &options, &Progress::new())?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&found.to_json());
        print(&text.map_err(|error| Error::Internal { what: error.to_string() })?);
    } else {
        print(text(&found).trim_end());
    }
    Ok(())
}

/// The configuration behind what was typed: a user's, or defaults with the folder.
fn target(path: &Path, sets: &[String]) -> Result<(Config, InspectOptions), Error> {
    let assumed = |format: &str| {
        let text = toml::Value::String(path.to_string_lossy().into_owned());
        let own = [format!("input.path={text}"), format!("input.format=\"{format}\"")];
        let config = Config::assumed(&[sets, &own].concat())?;
        Ok((config, InspectOptions::default()))
    };
    // Addresses and zip files are refused by their path.
    if is_netcdf(path) || path.to_string_lossy().contains("://") || has_ending(path, "zip") {
        return assumed("netcdf");
    }
    if is_zarr(path) {
        return assumed("zarr");
    }
    let is_data = path.extension().is_some_and(|extension| extension == "data" || extension == "meta");
    if path.is_file() && !is_data || path.extension().is_some_and(|extension| extension == "toml") {
        return Ok((Config::load(path, sets)?, InspectOptions { outlook: true, ..InspectOptions::default() }));
    }
    let folder = if is_data { path.parent().filter(|folder| *folder != Path::new("")) } else { Some(path) };
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_owned);
    let folder = format!("input.path={}", toml::Value::String(folder.to_string_lossy().into_owned()));
    let config = Config::assumed(&[sets, &[folder]].concat())?;
    let name = path.file_name().filter(|_| is_data).and_then(|name| name.to_str());
    let of_name = name.and_then(|name| config.input.pattern.split(None, &name.replace(".meta", ".data")));
    let names = of_name.map(|of_name| of_name.name).into_iter().collect();
    Ok((config, InspectOptions { names, ..InspectOptions::default() }))
}

/// Whether a file is netCDF by its first bytes, or a folder holds files so named and none of MITgcm's own.
fn is_netcdf(path: &Path) -> bool {
    if path.is_file() {
        let mut first = [0; 4];
        let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut first));
        return read.is_ok() && (first.starts_with(b"CDF") || first == *b"\x89HDF");
    }
    let Some(names) = names_within(path) else {
        return is_pattern(path) && !has_ending(path, "zarr");
    };
    let any = |ending: &str| names.iter().any(|name| has_ending(name, ending));
    any("nc") && !any("data") && !any("meta")
}

/// Whether a path is a Zarr store, a pattern of stores, or a folder whose folders are stores, with nothing of the other formats.
fn is_zarr(path: &Path) -> bool {
    let is_store =
        |path: &Path| [".zgroup", "zarr.json", ".zarray", ".zmetadata"].iter().any(|name| path.join(name).exists());
    let Some(names) = names_within(path) else { return is_pattern(path) && has_ending(path, "zarr") };
    let any = |ending: &str| names.iter().any(|name| has_ending(name, ending));
    let mut folders = names.iter().filter(|name| name.is_dir()).peekable();
    let holds_stores = folders.peek().is_some() && folders.all(|folder| is_store(folder));
    is_store(path) || holds_stores && !any("nc") && !any("data") && !any("meta")
}

/// What stands in a folder; none if the path is none.
fn names_within(folder: &Path) -> Option<Vec<PathBuf>> {
    Some(std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).collect())
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending))
}

fn text(found: &Inspection) -> String {
    let mut text = format!("input {}", found.input);
    match &found.grid {
        Some(Ok(grid)) => text += &format!("grid\n{grid}"),
        Some(Err(message)) => text += &format!("grid\n  {message}\n"),
        None => {}
    }
    match &found.run {
        Some(Ok(plan)) => text += &format!("a run would do\n{}", indented(&plan::table(plan, ""))),
        Some(Err(error)) => {
            text += &format!("a run would stop with code {}\n{}", error.exit_code(), indented(&error.to_string()));
        }
        None => {}
    }
    text
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_holds_tells_its_format() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [
            "stores/a.zarr/zarr.json",
            "files/a.nc",
            "mds/U.0000000000.data",
            "both/a.nc",
            "both/a.zarr/zarr.json",
            "run/a.zarr/zarr.json",
            "run/mds/x",
        ] {
            std::fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            std::fs::write(at(name), "").unwrap();
        }
        for (name, netcdf, zarr) in [
            ("stores", false, true),
            ("stores/a.zarr", false, true),
            ("stores/*.zarr", false, true),
            ("files", true, false),
            ("files/*.nc", true, false),
            ("files/?", true, false),
            ("mds", false, false),
            ("both", true, false),
            ("run", false, false),
            ("nothing", false, false),
        ] {
            assert_eq!((is_netcdf(&at(name)), is_zarr(&at(name))), (netcdf, zarr), "{name}");
        }
    }
}
