//! Two results with each other: ratios and differences of the arrays that they share.
//!
//! In: two Zarr groups A and B (results of this program, or groups of others with the same names of arrays). Out: a
//! [`Comparison`], one line an array, and on demand a group with `NAME_ratio` (A/B) and `NAME_difference` (A - B) on what
//! the two have in common.
//!
//! Values are matched by the coordinates of their dimensions: names as text, numbers by value. A dimension needs a
//! one-dimensional coordinate of its name in both groups. What only one of them has along a dimension is left out.

mod chosen;
mod dimension;
mod error;
mod quantiles;
mod ratios;
mod report;
mod shared;
mod tally;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use error::CompareError;
pub use report::{ArrayComparison, Comparison, Label, Largest, Place};

use crate::store::StoredGroup;
use dimension::Dimensions;
use ratios::Ratios;
use shared::Shared;

/// Elements of a chunk that is read, and written, at once: 4 MiB of float64 each of A, B, the ratio and the difference.
const CHUNK_ELEMENTS: u64 = 1 << 19;

/// What is compared, and where ratios go.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Names of arrays; none: all of floating point that both have, but coordinates.
    pub arrays: Option<&'a [String]>,
    /// Where ratios and differences go, as Zarr.
    pub output: Option<&'a Path>,
    /// Whether an older result there may be replaced.
    pub overwrite: bool,
}

/// Compares the groups at `a` and `b`. Reads chunks of bounded size, on the rayon pool of the caller: an array four times,
/// for its quantiles are exact and no array need fit the memory.
///
/// # Errors
/// [`CompareError`]; where there is one, nothing stands at the output's path that was not there before.
pub fn compare(a: &Path, b: &Path, options: Options<'_>) -> Result<Comparison, CompareError> {
    compare_in_chunks(a, b, options, CHUNK_ELEMENTS)
}

fn compare_in_chunks(
    a: &Path,
    b: &Path,
    options: Options<'_>,
    chunk_elements: u64,
) -> Result<Comparison, CompareError> {
    let groups = [StoredGroup::open(a)?, StoredGroup::open(b)?];
    let chosen = chosen::chosen(&groups, [a, b], options.arrays)?;
    let mut dimensions = Dimensions::default();
    let mut all = Vec::with_capacity(chosen.names.len());
    for name in &chosen.names {
        all.push(Shared::new(name, &groups, &mut dimensions, chunk_elements)?);
    }
    if let Some(output) = options.output {
        ratios::check_apart(output, [a, b])?;
    }
    let mut report = Comparison {
        a: a.to_owned(),
        b: b.to_owned(),
        arrays: vec![],
        only_in_a: chosen.only_in_a,
        only_in_b: chosen.only_in_b,
        notes: dimension::band_notes(&groups, &dimensions)?,
    };
    let ratios = match options.output {
        Some(output) => Some(Ratios::create(output, options.overwrite, [a, b], &groups[0], &dimensions, &all)?),
        None => None,
    };
    match tally::all(&all, &dimensions, ratios.as_ref()) {
        Ok(arrays) => report.arrays = arrays,
        Err(error) => {
            ratios.map_or(Ok(()), Ratios::abandon)?;
            return Err(error);
        }
    }
    if report.arrays.iter().all(|array| array.values == 0) {
        ratios.map_or(Ok(()), Ratios::abandon)?;
        return Err(CompareError::NoValueInCommon { report: Box::new(report) });
    }
    ratios.map_or(Ok(()), Ratios::finish)?;
    Ok(report)
}
