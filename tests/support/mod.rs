//! What the tests of the whole program share: starting it, with and without MPI; input; reading and comparing results.
//!
//! Nothing here looks inside the program but through its command line, the files it writes, and the library's reader of
//! Zarr groups ([`StoredGroup`](oceanspec::store::StoredGroup)) and writer of MDS files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
#![allow(dead_code, unreachable_pub, reason = "each file of tests is a program of its own and uses its part")]

pub mod compare;
pub mod direct;
pub mod mds;
pub mod mounts;
pub mod program;
pub mod result;
pub mod run;
pub mod samples;
pub mod unfinished;
pub mod zarr_input;
