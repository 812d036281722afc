//! The only room that wires the others together: configuration in, result on disk out.

mod account;
mod analysis;
mod apart;
mod area_means;
mod areas;
mod bad_values;
mod chunked;
mod compute;
mod contents;
mod data_error;
mod disk;
mod fields;
mod finished;
mod gridded_input;
mod ground;
mod groups;
mod identity;
mod inspection;
mod job;
mod layout;
mod layout_of_grid;
mod maps;
mod node;
mod nodes;
mod open_files;
mod pack;
mod passes;
mod piece;
mod planning;
mod progress;
mod read;
mod resume;
mod rows;
mod run;
mod setup;
mod snapshots;
mod spectra;
mod stop;
mod stored_chunks;
mod tile_areas;
mod tiles;
mod timed_world;
mod warnings;
mod writers;

pub use data_error::DataError;
pub use inspection::{InputReport, InspectOptions, Inspection, inspect};
pub use node::{machine, node_memory_bytes};
pub use planning::{Assumed, plan, plan_assumed, plan_json, segment_cost};
// What `segment_cost` returns.
pub use crate::spectrum::{LengthCost, SegmentCost};

pub use identity::{IdentityError, NUMBERS};
// What a run does with what stands at its place.
pub use crate::store::Start;
pub use run::{RunOptions, RunSummary, run};
pub use setup::{Setup, look};
pub use stop::StopCause;
pub use warnings::foresee;
