//! `oceanspec inspect`.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::progress::Progress;
use super::{arguments, plan, print};
use crate::Error;
use crate::config::Config;
use crate::exchange::one_process;
use crate::pipeline::{self, InspectOptions, Inspection};

pub(super) fn inspect(arguments: &arguments::Inspect) -> Result<(), Error> {
    one_process("inspect")?;
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
    if is_netcdf(path) {
        return assumed("netcdf");
    }
    let is_data = path.extension().is_some_and(|extension| extension == "data" || extension == "meta");
    if path.is_file() && !is_data || path.extension().is_some_and(|extension| extension == "toml") {
        return Ok((Config::load(path, sets)?, InspectOptions { outlook: true, ..InspectOptions::default() }));
    }
    if ["zarr.json", ".zgroup", ".zarray", ".zmetadata"].iter().any(|name| path.join(name).exists()) {
        return assumed("zarr");
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
    let Ok(entries) = std::fs::read_dir(path) else { return path.to_string_lossy().contains(['*', '?']) };
    let endings: Vec<_> =
        entries.flatten().filter_map(|entry| entry.path().extension().map(ToOwned::to_owned)).collect();
    endings.iter().any(|ending| ending == "nc") && !endings.iter().any(|ending| ending == "data" || ending == "meta")
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
