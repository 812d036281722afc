//! The only room that wires the others together: configuration in, result on disk out.

mod compute;
mod groups;
mod layout;
mod maps;
mod node;
mod planning;
mod read;
mod run;
mod setup;
mod tiles;

pub use node::{machine, node_memory_bytes};
pub use planning::{Assumed, plan, plan_assumed, plan_json};
pub use read::DataError;
pub use run::{RunOptions, RunSummary, run};
pub use setup::{Setup, look};
