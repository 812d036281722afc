//! Makes a whole folder of lat-lon-cap input.

use std::path::Path;

use super::geometry::LlcGrid;
use super::layout::FACES;
use super::record::Record;
use super::{LlcSpec, LlcTruth};
use crate::synth::run_config::{RunConfig, shape};
use crate::synth::synthesise::{Folders, write_texts};
use crate::synth::{SynthError, SynthSummary};
use crate::terms::Bytes;

/// Makes the data of `spec` in `dir`, which must be empty or not exist.
///
/// As [`synthesise`](crate::synth::synthesise): `progress` is called from several threads, the files are the same for any
/// number of threads, `run.toml` comes last.
///
/// # Errors
/// [`SynthError::Spec`] before anything is made; [`SynthError::NotEmpty`]; [`SynthError::Io`].
pub fn synthesise_llc(
    dir: &Path,
    spec: &LlcSpec,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<SynthSummary, SynthError> {
    spec.check()?;
    let folders = Folders::create(dir)?;
    let grid = LlcGrid::of(spec);
    let mut bytes = grid.write(&folders.grid, spec.meta)?;
    bytes += Record::new(spec, &grid).write(&folders.snapshots, progress)?;
    let [truth, config] = write_texts(dir, &LlcTruth::of(spec), &run_config(spec))?;
    let times = spec.times();
    Ok(SynthSummary {
        config,
        truth,
        iterations: [times.iteration(0), times.iteration(spec.nt - 1)],
        snapshots: spec.nt as u64,
        cells: grid.layout.cell_count() as u64,
        wet_cells: grid.wet_cells(),
        bytes: Bytes(bytes),
    })
}

fn run_config(spec: &LlcSpec) -> RunConfig {
    let mut input_end = if spec.shrunk {
        "# Shrunk files hold wet words only; where they belong, hFacW and hFacS say, and the grid has the shape.\n"
            .to_owned()
    } else {
        shape(spec.meta, [FACES * spec.nx, spec.nx])
    };
    if spec.scalar {
        input_end.push_str("# Eta, the sea level, is there too: scalar = [\"Eta\"].\n");
    }
    RunConfig {
        times: spec.times(),
        highest_inertial_frequency: spec.highest_inertial_frequency(),
        pattern: if spec.shrunk {
            ["{name}.{iter:010}.data.shrunk", "U.0000010368.data.shrunk"]
        } else {
            ["{name}.{iter:010}.data", "U.0000010368.data"]
        },
        layout: ("llc", format!("13 faces of {0} x {0} cells, in five facets", spec.nx)),
        input_end,
        rotate: "from the faces' axes to east and north, by AngleCS and AngleSN",
    }
}
