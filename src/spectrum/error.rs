//! What can be wrong with the request for a spectrum.

use crate::terms::Window;

/// Why an estimator cannot be built.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpectrumError {
    /// The segment is empty or longer than the record.
    #[error(
        "a segment of {length} samples does not fit a record of {steps}: \
         1 to {steps} are possible; change spectrum.segment, or select.time for a longer record"
    )]
    SegmentLength {
        /// Samples of a segment.
        length: usize,
        /// Samples of the record.
        steps: usize,
    },
    /// The overlap leaves no step from one segment to the next.
    #[error(
        "an overlap of {overlap} leaves no hop between segments of {length} samples: \
         floor(overlap · N) is 0 to N - 1; change spectrum.overlap"
    )]
    Overlap {
        /// Share of a segment as asked for.
        overlap: f64,
        /// Samples of a segment.
        length: usize,
    },
    /// The overlap leaves more segments than can be handled.
    #[error(
        "an overlap of {overlap} leaves a hop of {hop} samples between segments of {length}: {count} segments, too many \
         to count their pairs; make spectrum.overlap smaller"
    )]
    Pairs {
        /// Share of a segment as asked for.
        overlap: f64,
        /// Samples of a segment.
        length: usize,
        /// Samples from the start of a segment to the start of the next.
        hop: usize,
        /// Segments in the record.
        count: usize,
    },
    /// The sampling interval is not a positive number of seconds.
    #[error("the sampling interval is {seconds} s, it must be positive and finite; see input.timestep")]
    SamplingInterval {
        /// The interval [s].
        seconds: f64,
    },
    /// The window's parameter is impossible for this segment.
    #[error("window {window} of {length} samples: {reason}; change spectrum.window or spectrum.segment")]
    Window {
        /// The window as asked for.
        window: Window,
        /// Samples of a segment.
        length: usize,
        /// What is wrong.
        reason: &'static str,
    },
}
