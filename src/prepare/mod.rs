//! Decoded snapshots in, checked and centred rows out; all in the source's axes.
//!
//! Rows are along i. Turning to east and north needs only the angles of a point, so it is done by the
//! point's owner on the whole series, where the angles of its own tiles are all it has to know.

mod centre;
mod check;

pub use centre::{centre_along_i, centre_along_j};
pub use check::{Bad, clear_dry_faces, first_bad, reject_bad};
