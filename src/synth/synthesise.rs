//! Makes a whole folder of input.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::lat_lon_grid::LatLonGrid;
use super::record::Record;
use super::run_config::RunConfig;
use super::{SynthError, SynthSpec, Truth};
use crate::terms::Bytes;

/// What was made.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SynthSummary {
    /// The configuration, ready to run.
    pub config: PathBuf,
    /// What was put in.
    pub truth: PathBuf,
    /// Iterations of the first and the last snapshot.
    pub iterations: [u64; 2],
    /// Snapshots.
    pub snapshots: u64,
    /// Cells, and those of them that are wet.
    pub cells: u64,
    /// Wet cells.
    pub wet_cells: u64,
    /// Bytes of all `.data` files.
    pub bytes: Bytes,
}

/// Makes the data of `spec` in `dir`, which must be empty or not exist.
///
/// `progress` is called from several threads with the count of snapshots written and of all. The work runs on the
/// current rayon pool; the files are the same for any number of threads. `run.toml` comes last: where it stands, the
/// folder is whole.
///
/// # Errors
/// [`SynthError::Spec`] before anything is made; [`SynthError::NotEmpty`]; [`SynthError::Io`].
pub fn synthesise(
    dir: &Path,
    spec: &SynthSpec,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<SynthSummary, SynthError> {
    spec.check()?;
    let folders = Folders::create(dir)?;
    let grid = LatLonGrid::of(spec);
    let mut bytes = grid.write(&folders.grid, spec.meta)?;
    bytes += Record::new(spec, &grid).write(&folders.snapshots, progress)?;
    let [truth, config] = write_texts(dir, &Truth::of(spec), &RunConfig::of(spec))?;
    let times = spec.times();
    Ok(SynthSummary {
        config,
        truth,
        iterations: [times.iteration(0), times.iteration(spec.nt - 1)],
        snapshots: spec.nt as u64,
        cells: (spec.nx * spec.ny) as u64,
        wet_cells: grid.wet_cells(),
        bytes: Bytes(bytes),
    })
}

/// Where the files of values go.
pub(super) struct Folders {
    pub(super) snapshots: PathBuf,
    pub(super) grid: PathBuf,
}

impl Folders {
    /// Makes them in `dir`, which must be empty or not exist.
    pub(super) fn create(dir: &Path) -> Result<Folders, SynthError> {
        create_empty(dir)?;
        let folders = Folders { snapshots: dir.join("mds"), grid: dir.join("grid") };
        for folder in [&folders.snapshots, &folders.grid] {
            std::fs::create_dir(folder).map_err(SynthError::io("create", folder))?;
        }
        Ok(folders)
    }
}

/// Writes the truth, then the configuration, and returns their paths.
pub(super) fn write_texts(dir: &Path, truth: &impl Serialize, run: &RunConfig) -> Result<[PathBuf; 2], SynthError> {
    let paths = [dir.join("truth.json"), dir.join("run.toml")];
    let [truth_path, config_path] = &paths;
    let mut text =
        serde_json::to_string_pretty(truth).map_err(|source| SynthError::Json { path: truth_path.clone(), source })?;
    text.push('\n');
    std::fs::write(truth_path, text).map_err(SynthError::io("write", truth_path))?;
    std::fs::write(config_path, run.text()).map_err(SynthError::io("write", config_path))?;
    Ok(paths)
}

fn create_empty(dir: &Path) -> Result<(), SynthError> {
    std::fs::create_dir_all(dir).map_err(SynthError::io("create", dir))?;
    match std::fs::read_dir(dir).map_err(SynthError::io("list", dir))?.next() {
        None => Ok(()),
        Some(_) => Err(SynthError::NotEmpty { path: dir.to_owned() }),
    }
}
