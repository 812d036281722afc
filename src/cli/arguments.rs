//! The command line as typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::log::LogFormat;
use crate::submit::Scheduler;
use crate::terms::{Seconds, WallTime};

/// Time-frequency kinetic energy spectra of ocean model output.
#[derive(Debug, Parser)]
#[command(name = "oceanspec", version, about, max_term_width = 100)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Compute the spectra that a configuration asks for
    Run(Run),
    /// Say what a run would do: tiles, passes, memory, files
    Plan(Plan),
    /// Say what lies in a model's output, and what a run would make of it
    Inspect(Inspect),
    /// Write the job script of a run, or hand it to the scheduler
    Submit(Submit),
    /// Compare a result with a reference by coordinate value
    Validate(Validate),
    /// Ratios and differences of the arrays that two results share
    Compare(Compare),
    /// Make LLC4320-like MDS input with a known spectrum, of a region or of all 13 faces
    Synth(Box<Synth>),
}

#[derive(Debug, Args)]
pub(super) struct Run {
    /// TOML file
    #[arg(value_name = "CONFIG")]
    pub(super) config: PathBuf,
    /// Set a key of the configuration, as in run.memory="8 GiB"
    #[arg(long = "set", value_name = "KEY.PATH=VALUE")]
    pub(super) sets: Vec<String>,
    /// Replace an older result at the output path
    #[arg(long)]
    pub(super) overwrite: bool,
    /// Go on with an unfinished result, which must be there; with =auto, if there is one
    #[arg(long, value_name = "WHEN", num_args = 0..=1, require_equals = true, default_missing_value = "must")]
    pub(super) resume: Option<Resume>,
    /// Form of the lines on stderr; else OCEANSPEC_LOG_FORMAT says, else text
    #[arg(long, value_name = "FORMAT")]
    pub(super) log_format: Option<LogFormat>,
}

/// When an unfinished result is gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Resume {
    /// It must be there
    Must,
    /// If there is one; else the run starts anew
    Auto,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// TOML file; may be left out with --assume
    #[arg(value_name = "CONFIG", required_unless_present = "assume")]
    pub(super) config: Option<PathBuf>,
    /// Set a key of the configuration, as in run.memory="8 GiB"
    #[arg(long = "set", value_name = "KEY.PATH=VALUE")]
    pub(super) sets: Vec<String>,
    /// Ranks of all nodes together
    #[arg(long, value_name = "TOTAL", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) ranks: u32,
    /// Nodes
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) nodes: u32,
    /// Sizes of input that is not looked at: faces=13,nj=4320,ni=4320,snapshots=10311[,step=3600]
    #[arg(long, value_name = "SIZES")]
    pub(super) assume: Option<String>,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Submit {
    /// TOML file
    #[arg(value_name = "CONFIG")]
    pub(super) config: PathBuf,
    /// pbs (PBS Pro), slurm or torque
    #[arg(long, value_name = "NAME")]
    pub(super) scheduler: Option<Scheduler>,
    /// Nodes; as few as need at most 8 passes unless given
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) nodes: Option<u32>,
    /// Wall time, as in 11:50:00 or "11 h 50 min"
    #[arg(long, value_name = "TIME")]
    pub(super) walltime: Option<WallTime>,
    /// TOML file of the site: queue, account, modules, cores and memory of a node
    #[arg(long, value_name = "FILE")]
    pub(super) site: Option<PathBuf>,
    /// Set a key of the configuration, as in output.path=spectra.zarr
    #[arg(long = "set", value_name = "KEY.PATH=VALUE")]
    pub(super) sets: Vec<String>,
    /// Replace an older result at the output path
    #[arg(long)]
    pub(super) overwrite: bool,
    /// Hand the script to qsub or sbatch and print the job's number, instead of the script
    #[arg(long)]
    pub(super) go: bool,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// Folder, file, Zarr store, pattern of them in quotes, or TOML file of a run
    #[arg(value_name = "PATH|CONFIG")]
    pub(super) path: PathBuf,
    /// Read every value: NaN, extremes with place and time, constant and repeated snapshots, chunks that cannot be read
    #[arg(long)]
    pub(super) scan: bool,
    /// Set a key of the configuration, as in input.pattern="{iter:010}/{name}.{iter:010}.data"
    #[arg(long = "set", value_name = "KEY.PATH=VALUE")]
    pub(super) sets: Vec<String>,
    /// As JSON, with nothing left out
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Validate {
    /// Result of a run
    #[arg(value_name = "RESULT")]
    pub(super) result: PathBuf,
    /// Zarr store with arrays of the same names, on a grid or at points
    #[arg(long, value_name = "REFERENCE")]
    pub(super) against: PathBuf,
    /// Largest difference, relative to the largest value of each spectrum or map
    #[arg(long, default_value_t = 1e-6, allow_negative_numbers = true)]
    pub(super) tolerance: f64,
}

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// Result, or another Zarr store with arrays of the same names
    #[arg(value_name = "A")]
    pub(super) a: PathBuf,
    /// The same; ratios are A/B, differences A - B
    #[arg(value_name = "B")]
    pub(super) b: PathBuf,
    /// Write ratios and differences as Zarr
    #[arg(long, value_name = "RATIOS.zarr")]
    pub(super) output: Option<PathBuf>,
    /// Replace an older result at the output path
    #[arg(long, requires = "output")]
    pub(super) overwrite: bool,
    /// Arrays to compare; all that both have unless given
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    pub(super) arrays: Option<Vec<String>>,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Defaults are those of [`SynthSpec`](crate::synth::SynthSpec) and [`LlcSpec`](crate::synth::LlcSpec).
#[derive(Debug, Args)]
pub(super) struct Synth {
    /// Folder to make; must be empty or not exist
    #[arg(value_name = "DIR")]
    pub(super) dir: PathBuf,
    /// A latitude-longitude rectangle, or the whole ocean on the 13 faces of a lat-lon-cap grid
    #[arg(long, value_name = "KIND", default_value = "plain")]
    pub(super) grid: SynthGrid,
    /// Columns; of a face on llc
    #[arg(long, allow_negative_numbers = true)]
    pub(super) nx: Option<usize>,
    /// Rows (plain)
    #[arg(long, allow_negative_numbers = true)]
    pub(super) ny: Option<usize>,
    /// Snapshots
    #[arg(long, allow_negative_numbers = true)]
    pub(super) nt: Option<usize>,
    /// Any number; the same number makes the same files
    #[arg(long, allow_negative_numbers = true)]
    pub(super) seed: Option<u64>,
    /// Longitude of the western edge [degrees east] (plain)
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub(super) west: Option<f64>,
    /// Latitude of the southern edge [degrees north] (plain)
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub(super) south: Option<f64>,
    /// Size of a cell (plain)
    #[arg(long, value_name = "DEGREES", allow_negative_numbers = true)]
    pub(super) spacing_degrees: Option<f64>,
    /// Time between snapshots, as in "1 hour"
    #[arg(long, value_name = "DURATION")]
    pub(super) interval: Option<Seconds>,
    /// One iteration of the model, as in "25 s"
    #[arg(long, value_name = "DURATION")]
    pub(super) timestep: Option<Seconds>,
    /// Iteration of the first snapshot
    #[arg(long, allow_negative_numbers = true)]
    pub(super) first_iteration: Option<u64>,
    /// The noise's spectrum goes with frequency to this power, -2 to 0 (plain)
    #[arg(long, allow_negative_numbers = true)]
    pub(super) slope: Option<f64>,
    /// Standard deviation of each component of the noise [m s-1] (plain; llc has none)
    #[arg(long, value_name = "SPEED", allow_negative_numbers = true)]
    pub(super) noise_rms: Option<f64>,
    /// Speed of inertial motion [m s-1]; on llc at 45 degrees, less towards equator and poles
    #[arg(long, value_name = "SPEED", allow_negative_numbers = true)]
    pub(super) inertial_amplitude: Option<f64>,
    /// Speed of the M2 tide [m s-1]
    #[arg(long, value_name = "SPEED", allow_negative_numbers = true)]
    pub(super) m2_amplitude: Option<f64>,
    /// Speed of the K1 tide [m s-1]
    #[arg(long, value_name = "SPEED", allow_negative_numbers = true)]
    pub(super) k1_amplitude: Option<f64>,
    /// Speed of the steady flow [m s-1]
    #[arg(long, value_name = "SPEED", allow_negative_numbers = true)]
    pub(super) mean_flow: Option<f64>,
    /// Water everywhere; on llc everywhere but at the four corners of the cap
    #[arg(long)]
    pub(super) no_land: bool,
    /// No .meta files
    #[arg(long)]
    pub(super) no_meta: bool,
    /// Fill U of this snapshot, counted from 0, with 1e32, as one file of LLC4320 is; may be given several times
    #[arg(long = "bad-snapshot", value_name = "STEP")]
    pub(super) bad_snapshots: Vec<usize>,
    /// Levels of U, V and the masks, each with half the speed of the one above (llc)
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub(super) levels: Option<usize>,
    /// Write snapshots shrunk, wet words only, as NAME.ITERATION.data.shrunk without .meta (llc)
    #[arg(long)]
    pub(super) shrunk: bool,
    /// Write Eta too, a sea level at cell centres (llc)
    #[arg(long)]
    pub(super) scalar: bool,
}

/// Kind of a synthetic grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum SynthGrid {
    /// One latitude-longitude rectangle
    Plain,
    /// 13 faces of a lat-lon-cap grid
    Llc,
}
