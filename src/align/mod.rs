//! Which elements of two arrays belong together, and reading them.
//!
//! In: coordinates of two arrays, one called the reference, one the result. Out: an [`Axis`] for each of their dimensions, a
//! list of pairs: a position in the reference and one in the result. All axes together span what is compared. Mostly an
//! axis is one dimension of each array; the points of a list are one axis that is one dimension of the reference and two or
//! three of the result. Then [`Part`]s: what a run of pairs of each axis has, read from one of the arrays.
//!
//! `validate` and `compare` use it; it imports `store`.

mod axis;
mod block;
mod labels;
mod part;

pub(crate) use axis::{Axis, Pair, Role};
pub(crate) use block::{Block, REFERENCE, RESULT, View, blocks};
pub(crate) use labels::{by_number, by_value};
pub(crate) use part::Part;
