//! LLC4320-like input of any size, with currents whose spectrum is known beforehand.
//!
//! In comes a [`SynthSpec`]; out goes a folder that `oceanspec run DIR/run.toml` takes as it stands:
//!
//! | path | what |
//! |---|---|
//! | `mds/U.%010d.data`, `mds/V.%010d.data` | velocities [m s-1] on the faces of a C grid, `[j, i]`, big-endian float32, land 0.0 |
//! | `grid/*.data` | `XC YC XG YG` [degrees], `DXC DYC DXG DYG` [m], `RAC RAW RAS RAZ` [m2], `Depth` [m], `hFacC hFacW hFacS` |
//! | `run.toml` | a configuration with comments |
//! | `truth.json` | what was put in, see [`Truth`] |
//!
//! The currents at every velocity point are a steady flow, rotating lines ([`RotaryLine`]) and red noise
//! ([`NoiseModel`]) that is independent from point to point and between u and v. Everything is a function of
//! the specification alone: not of the threads, not of the order of work.
//!
//! The grid geometry, the signals and the file writer know nothing of each other; [`synthesise`] joins them.
//! [`synthesise_llc`] makes the same of a lat-lon-cap grid: an [`LlcSpec`] in, what differs is told in `llc/mod.rs`.
//! [`write_data`] and [`MdsHeader`] write any other MDS file, in tests too.

mod coast;
mod error;
mod lat_lon_grid;
mod line;
mod llc;
mod mds_writer;
mod noise;
mod normal;
mod record;
mod run_config;
mod spec;
mod synthesise;
#[cfg(test)]
mod tests;
mod threefry;
mod times;
mod truth;

pub use error::SynthError;
pub use line::{LineFrequency, RotaryLine};
pub use llc::{Currents, InertialMotion, LlcSpec, LlcTruth, SeaLevel, SolidRotation, Tide, synthesise_llc};
pub use mds_writer::{MdsHeader, Stamp, write_data, write_meta};
pub use noise::{Ar1, NoiseModel};
pub use spec::{BAD_VALUE, SynthSpec};
pub use synthesise::{SynthSummary, synthesise};
pub use truth::{CentredLine, LineTruth, NoiseTruth, SpectrumTable, Truth};
