//! A plan's numbers, a site's settings and a template in; the text of a job script out. No files, no processes.
//!
//! The templates are the scripts of slurm-pbs/, which are valid as they stand. [`fill`] replaces what they ask the
//! scheduler for (the lines `#PBS`, `#SBATCH`), and their line `# module load openmpi` by the site's lines and by what
//! the script needs to know of the run. Any room may import this one; it imports `config` and `terms`.

mod directives;
mod error;
mod nodes;
mod scheduler;
mod script;
mod site;

pub use error::SubmitError;
pub use nodes::{fewest_nodes, ranks_per_node};
pub use scheduler::Scheduler;
pub use script::{Template, fill};
pub use site::Site;

use std::path::PathBuf;

use crate::terms::WallTime;

/// What a job asks for and what it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Nodes.
    pub nodes: usize,
    /// Cores that are used on a node.
    pub cores_per_node: usize,
    /// MPI ranks on a node, 1 to `cores_per_node`.
    pub ranks_per_node: usize,
    /// How long it may take.
    pub walltime: WallTime,
    /// The configuration, an absolute path.
    pub config: PathBuf,
    /// Settings over it, `key.path=VALUE`, in order.
    pub sets: Vec<String>,
    /// An older result may be replaced.
    pub overwrite: bool,
    /// The folder at which relative paths of `sets` start, an absolute path.
    pub folder: PathBuf,
    /// The program, an absolute path.
    pub program: PathBuf,
}

impl Job {
    /// Cores of a rank, each for one of its threads.
    pub fn threads(&self) -> usize {
        self.cores_per_node / self.ranks_per_node
    }
}
