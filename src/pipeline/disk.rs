//! What a result and its journal take of their disk, before anything is written.

use crate::Error;
use crate::config::{Codec, Config};
use crate::plan::Plan;
use crate::store::ResultStore;
use crate::terms::{Bytes, LANES};

/// What zstd leaves, at the least, of the mantissa bits that are kept: those of real spectra are as good as random. Of all
/// bits that is 0.58 of a float32 (0.94 measured on the regional sample), 0.65 of a float64 (0.95), 0.30 with
/// keep_bits = 12 (0.69) and 0.10 with 4 (0.32).
const LEAST_OF_MANTISSA: f64 = 0.8;

/// Rank 0: refuses a result that cannot fit where it should go.
///
/// # Errors
/// [`StoreError::NoRoom`](crate::store::StoreError::NoRoom).
pub(super) fn check_room(config: &Config, plan: &Plan) -> Result<(), Error> {
    let journal = journal_bytes(plan);
    let (least, full) = (Bytes(least(config, plan).0 + journal), Bytes(plan.bytes_out + journal));
    Ok(ResultStore::check_room(&config.output.path, least, full)?)
}

/// What stands in the journal when all tiles are finished, in whole lane groups, until the result is whole.
fn journal_bytes(plan: &Plan) -> u64 {
    let tiles = || plan.tiles.iter().chain(&plan.finished);
    let groups: u64 = tiles().map(|tile| tile.occupancy.groups).sum();
    let areas = plan.problem.area_bytes_of_tile().saturating_mul(tiles().count() as u64);
    (groups * (LANES * plan.problem.map_bytes_per_point) as u64).saturating_add(areas)
}

/// Less than the spectra and the moments of all points with a spectrum can take; land takes nothing.
fn least(config: &Config, plan: &Plan) -> Bytes {
    let problem = &plan.problem;
    let points = plan.points();
    // A mean and a variance of each field.
    let moments = 2 * problem.fields;
    let values = moments + problem.kept_values;
    let bytes = points as f64 * values as f64 * problem.sample_bytes as f64;
    let share = match config.output.codec {
        Codec::None => 1.0,
        Codec::Zstd { .. } => LEAST_OF_MANTISSA * kept_share(problem.sample_bytes, config.output.keep_bits),
    };
    Bytes((bytes * share) as u64)
}

/// Mantissa bits that are kept, of all bits of a value.
fn kept_share(sample_bytes: usize, keep_bits: Option<u8>) -> f64 {
    let mantissa = if sample_bytes == 4 { 23 } else { 52 };
    f64::from(keep_bits.unwrap_or(mantissa).min(mantissa)) / (sample_bytes * 8) as f64
}
