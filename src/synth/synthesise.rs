//! Makes a whole folder of input.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::lat_lon_grid::LatLonGrid;
use super::record::Record;
use super::run_config::run_config;
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
    create_empty(dir)?;
    let (snapshots, grid_folder) = (dir.join("mds"), dir.join("grid"));
    for folder in [&snapshots, &grid_folder] {
        std::fs::create_dir(folder).map_err(SynthError::io("create", folder))?;
    }
    let grid = LatLonGrid::of(spec);
    let mut bytes = grid.write(&grid_folder, spec.meta)?;
    bytes += Record::new(spec, &grid).write(&snapshots, progress)?;
    let (truth, config) = (dir.join("truth.json"), dir.join("run.toml"));
    let mut text = serde_json::to_string_pretty(&Truth::of(spec))
        .map_err(|source| SynthError::Json { path: truth.clone(), source })?;
    text.push('\n');
    std::fs::write(&truth, text).map_err(SynthError::io("write", &truth))?;
    std::fs::write(&config, run_config(spec)).map_err(SynthError::io("write", &config))?;
    Ok(SynthSummary {
        config,
        truth,
        iterations: [spec.iteration(0), spec.iteration(spec.nt - 1)],
        snapshots: spec.nt as u64,
        cells: (spec.nx * spec.ny) as u64,
        wet_cells: grid.wet_cells(),
        bytes: Bytes(bytes),
    })
}

fn create_empty(dir: &Path) -> Result<(), SynthError> {
    std::fs::create_dir_all(dir).map_err(SynthError::io("create", dir))?;
    match std::fs::read_dir(dir).map_err(SynthError::io("list", dir))?.next() {
        None => Ok(()),
        Some(_) => Err(SynthError::NotEmpty { path: dir.to_owned() }),
    }
}
