//! oceanspec: time-frequency kinetic energy spectra of ocean model output.
//!
//! Snapshots (maps, one time at a time) go in; whole time series per location are put together in
//! memory, over any number of MPI ranks; spectra and what is derived from them come out as Zarr.
//!
//! The rooms, in the order of the flow: [`config`] reads the TOML, [`plan`] cuts the work, [`grid`] and
//! [`source`] read, [`prepare`] checks and centres, [`exchange`] transposes, [`spectrum`] estimates,
//! [`product`] derives, [`store`] writes, [`report`] tells. [`pipeline`] wires them. [`inspect`] says what
//! lies in a folder, [`submit`] writes job scripts, [`synth`] makes input with a known spectrum, [`validate`] compares a
//! result with a reference, [`compare`] two results with each other; `align` finds for both what belongs together.

mod align;
pub mod cli;
pub mod compare;

pub mod config;
mod error;
pub mod exchange;
mod fault;
pub mod grid;
pub mod inspect;
pub mod pipeline;
pub mod plan;
pub mod prepare;
pub mod product;
pub mod report;
pub mod source;
pub mod spectrum;
pub mod store;
pub mod submit;
pub mod synth;
pub mod terms;
pub mod validate;

pub use error::Error;
