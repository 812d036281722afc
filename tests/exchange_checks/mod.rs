//! What holds in any world of ranks: the transposition, compared at every hop, and the collectives.
//!
//! Every rank calls every check, in the same order; a check panics where something does not hold.

pub(crate) mod case;
pub(crate) mod collectives;
pub(crate) mod transposition;

use oceanspec::exchange::World;

/// A check by name.
pub(crate) type Check = (&'static str, fn(&dyn World));

/// All checks.
pub(crate) fn all() -> Vec<Check> {
    vec![
        ("broadcast", collectives::broadcast),
        ("all_gather", collectives::all_gather),
        ("gather", collectives::gather),
        ("node_ranks", collectives::node_ranks),
        ("all_to_all", collectives::all_to_all),
        ("agree", collectives::agree_on_any_failures),
        ("transposition_f32", transposition::of_all_cases::<f32>),
        ("transposition_f64", transposition::of_all_cases::<f64>),
    ]
}
