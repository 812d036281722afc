//! oceanspec: time-frequency kinetic energy spectra of ocean model output.
//!
//! Snapshots (maps, one time at a time) go in; whole time series per location are put together in
//! memory, over any number of MPI ranks; spectra and what is derived from them come out as Zarr.
//!
//! The rooms, in the order of the flow: [`config`] reads the TOML, [`plan`] cuts the work,
//! [`source`] reads, [`prepare`] centres and checks, [`exchange`] transposes, [`spectrum`]
//! estimates, [`product`] derives, [`store`] writes, [`report`] tells.

pub mod spectrum;
pub mod store;
pub mod terms;
pub mod validate;
