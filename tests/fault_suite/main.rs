//! What becomes of a run that is killed, stopped or cut off, whose power, disk, input or output fails, whose clock jumps or
//! one of whose ranks is slow: it ends or finishes in bounded time, with the right code and one message, and a run with
//! `--resume`, on another number of ranks, makes of what is there the bytes of an undisturbed run.
//!
//! Needs the feature `faults` (src/fault/). What only root may do (networks) is `NOT TESTED` elsewhere, and says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
#![allow(unreachable_pub, reason = "a program of its own")]

mod attempt;
mod clock;
mod input;
mod killed;
#[cfg(feature = "mpi")]
mod lost;
#[cfg(feature = "mpi")]
mod network;
mod output;
mod power;
mod slow;
#[path = "../support/mod.rs"]
mod support;
