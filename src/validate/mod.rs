//! A result against a reference.
//!
//! In: two Zarr groups (v2 or v3) and a tolerance. Out: a [`Report`], one line an array.
//!
//! Arrays of the same name are compared element by element, matched by coordinate value: `face j i` as whole numbers
//! (a reference may instead have a dimension `point` with coordinates `face j i` along it); `freq_time` and
//! `freq_time_one_sided`, and `lat bin_lat bin_lon f_ratio time_segment` where they are numbers, to 1e-9 of the smallest
//! distance of the result's, as they are stored (of a single one, equal); `band`, `region`, and names along any of these, as
//! text; `edges`, which has no coordinate, by place. `face` is ignored where one side has none. An array that has none of
//! these dimensions but `band face edges` is not compared, nor are coordinates.
//!
//! A difference is relative to the largest magnitude of the reference's spectrum (along a frequency or `f_ratio`) at that
//! place; without these, of the map over all places that are compared: points, latitudes, regions or bins. Each band,
//! segment of time and edge is a map by itself. Where the largest magnitude is 0 a difference is absolute. Complex numbers
//! are compared as one: the length of their difference, relative to the largest magnitude. NaN agrees with NaN only, and
//! infinity with the same infinity only.
//!
//! A frequency, band or other label of the reference that the result lacks is a miss; points may be missing on either side.

mod axis;
mod compare;
mod coordinates;
mod problem;
mod report;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use problem::{Problem, Side};
pub use report::{ArrayReport, Place, Report, Worst};

use crate::store::{ReadError, StoredGroup};
use coordinates::{Coordinates, FREQUENCIES, LABELLED};

/// Elements of a block in each array: 8 MiB of float64, a few times that with what is decoded on the way.
const BLOCK_ELEMENTS: u64 = 1 << 20;

/// Why two groups could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// One of them cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The tolerance is no number to compare with.
    #[error("the tolerance is {tolerance}; `--tolerance` takes a number from 0 up")]
    Tolerance {
        /// As given.
        tolerance: f64,
    },
    /// They share no array that can be compared.
    #[error(
        "{result} and {reference} have no array in common that has one of the dimensions freq_time, freq_time_one_sided, \
         j, i, point, lat, f_ratio, region, bin_lat, bin_lon, time_segment"
    )]
    NoArrayInCommon {
        /// The result.
        result: PathBuf,
        /// The reference.
        reference: PathBuf,
    },
    /// They share arrays, but nowhere a finite value.
    #[error("{result} and {reference} have no value in common at any point:\n{report}")]
    NoPointInCommon {
        /// The result.
        result: PathBuf,
        /// The reference.
        reference: PathBuf,
        /// What was found, array by array.
        report: Box<Report>,
    },
}

/// Compares the group `result` with the group `reference`; `tolerance` is the largest relative difference that passes.
/// Reads blocks of bounded size, on the rayon pool of the caller.
///
/// # Errors
/// [`ValidateError::Read`] if one cannot be read; [`ValidateError::NoArrayInCommon`] and
/// [`ValidateError::NoPointInCommon`] if nothing could be compared, which is a failure of the validation. That values
/// differ is not an error but in the report: see [`Report::passed`].
pub fn validate(result: &Path, reference: &Path, tolerance: f64) -> Result<Report, ValidateError> {
    validate_in_blocks(result, reference, tolerance, BLOCK_ELEMENTS)
}

fn validate_in_blocks(
    result: &Path,
    reference: &Path,
    tolerance: f64,
    block_elements: u64,
) -> Result<Report, ValidateError> {
    if !(tolerance.is_finite() && tolerance >= 0.0) {
        return Err(ValidateError::Tolerance { tolerance });
    }
    let (result_group, reference_group) = (StoredGroup::open(result)?, StoredGroup::open(reference)?);
    let result_coordinates = Coordinates::read(&result_group)?;
    let reference_coordinates = Coordinates::read(&reference_group)?;

    let mut report = Report { tolerance, arrays: vec![], not_in_result: vec![] };
    for (name, header) in reference_group.headers() {
        if !is_compared(name, &header.dimensions) {
            continue;
        }
        if !result_group.headers().contains_key(name) {
            report.not_in_result.push(name.clone());
            continue;
        }
        let (ours, theirs) = (result_group.array(name)?, reference_group.array(name)?);
        report.arrays.push(match axis::align(&theirs, &reference_coordinates, &ours, &result_coordinates) {
            Ok(alignment) => compare::compare(name, &theirs, &ours, alignment, &result_coordinates, block_elements)?,
            Err(problem) => ArrayReport::not_compared(name, problem),
        });
    }
    let (result, reference) = (result.to_owned(), reference.to_owned());
    if report.arrays.is_empty() {
        return Err(ValidateError::NoArrayInCommon { result, reference });
    }
    if report.arrays.iter().all(|array| array.values == 0 && array.one_sided == 0) {
        return Err(ValidateError::NoPointInCommon { result, reference, report: Box::new(report) });
    }
    Ok(report)
}

/// Whether an array is more than a coordinate, and has a dimension that places its values.
fn is_compared(name: &str, dimensions: &[String]) -> bool {
    let is_coordinate = dimensions.iter().any(|dimension| dimension == name)
        || FREQUENCIES.contains(&name)
        || ["face", "j", "i", "point", "band"].contains(&name);
    let places = |name: &str| {
        ["j", "i", "point"].contains(&name)
            || FREQUENCIES.contains(&name)
            || LABELLED.iter().any(|(known, _)| *known == name)
    };
    !is_coordinate && dimensions.iter().any(|name| places(name))
}
