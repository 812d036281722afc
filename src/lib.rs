//! oceanspec: time-frequency kinetic energy spectra of ocean model output.
//!
//! Snapshots (maps, one time at a time) go in; whole time series per location are put together in
//! memory, over any number of MPI ranks; spectra and what is derived from them come out as Zarr.

pub mod exchange;
pub mod grid;
pub mod plan;
pub mod spectrum;
pub mod store;
pub mod synth;
pub mod terms;
