//! What can be wrong with what a product is asked for.

use crate::terms::Averaging;

/// Why a product cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProductError {
    /// A segment so far from 1970 that the calendar has no month for it.
    #[error(
        "the middle of segment {segment} is {seconds:e} s from 1970, past the years -9999 to 9999 of which a {average} is known; \
         see input.epoch and input.timestep, or write [spectrogram] average = \"segment\""
    )]
    Calendar {
        /// Number of the segment, from 0.
        segment: usize,
        /// Its middle, seconds since 1970.
        seconds: f64,
        /// What its months were to be put together to.
        average: Averaging,
    },
}
