//! Means over parts of the sea: latitude bins, regions, longitude-latitude bins.
//!
//! In: the spectra and maps of the points of one tile, with where each point lies; out: sums over the tile, weighted by cell
//! area, with the areas and counts that they are of, for each part of the sea that the tile touches. Sums of tiles are
//! added in the order of the plan, and means taken at the end. Sums are float64 in either precision.

mod areas;
mod arrays;
mod axes;
mod divisions;
mod quantity;
mod scaled;
mod sums;
mod totals;
mod weighted;

pub use areas::{Areas, Cell, Members};
pub use arrays::{AreaArray, Order, Statistic, mean_attributes, quality_attributes, weight_attributes};
pub use axes::{AreaAxis, Coordinates};
pub use divisions::Divisions;
pub use quantity::Quantity;
pub use scaled::{RatioAxis, Scaling};
pub use sums::{AreaSums, Source, Work};
pub use totals::{AreaTotals, Record};
