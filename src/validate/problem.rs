//! Why two arrays, or parts of them, could not be compared.

use std::fmt;

/// One of the two groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is validated.
    Result,
    /// What it is compared with.
    Reference,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Result => "the result",
            Side::Reference => "the reference",
        })
    }
}

/// Why an array, or a part of it, could not be compared; each fails the array.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A dimension that says nothing to this comparison.
    #[error(
        "{side} has a dimension `{dimension}`; known are face, j, i, freq_time, freq_time_one_sided, band, lat, f_ratio, \
         region, bin_lat, bin_lon, time_segment, edges, and point in the reference"
    )]
    UnknownDimension {
        /// Where.
        side: Side,
        /// Its name; empty if the dimensions have no names.
        dimension: String,
    },
    /// A dimension that the other array does not have.
    #[error("only {side} has the dimension `{dimension}`")]
    OnOneSide {
        /// Where.
        side: Side,
        /// Its name.
        dimension: String,
    },
    /// No coordinate, or one that does not match its dimension, or not whole numbers.
    #[error("{side} has no usable coordinate `{name}` along `{dimension}`")]
    NoCoordinate {
        /// Where.
        side: Side,
        /// The coordinate's name.
        name: &'static str,
        /// The dimension that it should lie along.
        dimension: String,
    },
    /// One side has several faces, and the other does not say which it is on.
    #[error("{side} has {count} faces, the other side does not say which is meant")]
    SeveralFaces {
        /// Where.
        side: Side,
        /// How many.
        count: usize,
    },
    /// Points, but none on both sides.
    #[error("no point in common")]
    NoPointInCommon,
    /// Frequencies of the reference that the result lacks.
    #[error("the result lacks {count} of {total} frequencies of the reference, first {first} cpd")]
    MissingFrequencies {
        /// How many are missing.
        count: usize,
        /// How many the reference has.
        total: usize,
        /// The first that is missing [cycles per day].
        first: f64,
    },
    /// Bands of the reference that the result lacks.
    #[error("the result lacks the bands {}", names.join(", "))]
    MissingBands {
        /// Their names.
        names: Vec<String>,
    },
    /// Labels of another dimension of the reference that the result lacks.
    #[error("the result lacks {count} of {total} labels of the reference along `{dimension}`, first {first}")]
    MissingLabels {
        /// The dimension.
        dimension: &'static str,
        /// How many are missing.
        count: usize,
        /// How many the reference has.
        total: usize,
        /// The first that is missing.
        first: String,
    },
    /// Names on one side, numbers on the other.
    #[error("the labels along `{dimension}` are text on one side and numbers on the other")]
    LabelKinds {
        /// The dimension.
        dimension: &'static str,
    },
    /// A dimension without labels that is longer on one side.
    #[error("the result has {result} places along `{dimension}`, the reference {reference}")]
    Lengths {
        /// The dimension.
        dimension: &'static str,
        /// In the result.
        result: usize,
        /// In the reference.
        reference: usize,
    },
}
