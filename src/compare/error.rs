//! Why two groups could not be compared.

use std::path::PathBuf;

use super::Comparison;
use crate::store::{ReadError, StoreError};

/// An error of a comparison: where, what, and what mends it. A is the first group of the command, B the second.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// One of the groups cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An array that was asked for is missing.
    #[error("--arrays: {path} has no array `{array}`")]
    NotThere {
        /// The group.
        path: PathBuf,
        /// The array.
        array: String,
    },
    /// An array that was asked for has nothing to compare.
    #[error("--arrays: `{array}` has {what}, and cannot be compared")]
    NotNumbers {
        /// The array.
        array: String,
        /// What it has instead of numbers along dimensions.
        what: &'static str,
    },
    /// An array is in other units in the other group.
    #[error("`{array}` is in {a} in A and in {b} in B; `--arrays` names those that are to be compared")]
    Units {
        /// The array.
        array: String,
        /// Units in A, quoted, or that there are none.
        a: String,
        /// Units in B.
        b: String,
    },
    /// An array has other dimensions in the other group.
    #[error("`{array}` has the dimensions ({a}) in A and ({b}) in B; `--arrays` names those that are to be compared")]
    Dimensions {
        /// The array.
        array: String,
        /// Its dimensions in A.
        a: String,
        /// Its dimensions in B.
        b: String,
    },
    /// A dimension that says nothing of where its values are.
    #[error("`{array}` cannot be matched: {group} has no coordinate `{dimension}` along its dimension `{dimension}`")]
    NoCoordinate {
        /// The array.
        array: String,
        /// A or B.
        group: char,
        /// The dimension.
        dimension: String,
    },
    /// Names on one side, numbers on the other.
    #[error("the coordinate `{dimension}` is text in one of A and B and numbers in the other")]
    Kinds {
        /// The dimension.
        dimension: String,
    },
    /// No label of a dimension is in both groups.
    #[error("A and B have nothing in common along `{dimension}`: {a} in A, {b} in B")]
    NoneInCommon {
        /// The dimension.
        dimension: String,
        /// Its labels in A, first and last.
        a: String,
        /// Its labels in B.
        b: String,
    },
    /// They share no array that can be compared.
    #[error("{a} and {b} have no array in common that can be compared")]
    NoArrayInCommon {
        /// A.
        a: PathBuf,
        /// B.
        b: PathBuf,
    },
    /// They share arrays, but nowhere a finite value.
    #[error("{} and {} have no value in common at any point:\n{report}", report.a.display(), report.b.display())]
    NoValueInCommon {
        /// What was found, array by array.
        report: Box<Comparison>,
    },
    /// The output would replace or change what is compared.
    #[error("--output {output}: this is, or lies within, {input}, which is compared; choose another place")]
    OutputIsInput {
        /// The output.
        output: PathBuf,
        /// The group.
        input: PathBuf,
    },
    /// Ratios and differences could not be written.
    #[error("{0} (with compare, that is `--output`)")]
    Store(#[from] StoreError),
}
