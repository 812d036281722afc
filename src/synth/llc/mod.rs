//! A lat-lon-cap ocean: 13 faces that cover the sphere down to Antarctica, with currents that are formulas of the place.
//!
//! In comes a [`LlcSpec`]; out goes a folder as of the plain grid (see [`synth`](super)), with these differences:
//!
//! * All files are compact: nx columns and 13 nx rows, in the order of the five facets; `hFacC hFacW hFacS` have a level
//!   for each of the specification's. `AngleCS` and `AngleSN` are there.
//! * With levels, `U` and `V` are three-dimensional; each level has half the speed of the one above.
//! * Shrunk files, `U.%010d.data.shrunk`, hold the words alone whose mask is not 0 (`hFacW` for U, `hFacS` for V, `hFacC`
//!   for scalars), in the order of the whole file, and have no `.meta`.
//! * `Eta`, the sea level at cell centres [m], is there if asked for.
//!
//! The currents are vector fields on the sphere, sampled on the faces' own points along the faces' own axes: a steady
//! rotation of the whole ocean, tides, inertial motion ([`Currents`]). There is no noise, so that every value can be
//! computed again from `truth.json` ([`LlcTruth`]).
//!
//! The layout knows facets and seams, the projection places them on the sphere, and the currents know places alone. None
//! of it is shared with the rooms that read: what they are tested with must not inherit their mistakes.

mod continents;
mod currents;
mod geometry;
mod layout;
mod open_share;
mod projection;
mod record;
mod spec;
mod sphere;
mod synthesise;
#[cfg(test)]
mod tests;
mod truth;

pub use currents::{Currents, InertialMotion, SeaLevel, SolidRotation, Tide};
pub use spec::LlcSpec;
pub use synthesise::synthesise_llc;
pub use truth::LlcTruth;
