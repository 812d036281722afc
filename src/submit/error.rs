//! Why there is no job.

use std::path::PathBuf;

use super::Scheduler;
use crate::config::Excerpt;
use crate::terms::Bytes;

/// A job script cannot be written, or the scheduler does not take it.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// A file of the site cannot be read.
    #[error("cannot read {}: {source}; --site is a TOML file, its `template` a job script", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The site file is wrong.
    #[error("{message}\n{excerpt}")]
    Site {
        /// What is wrong and what would be right.
        message: String,
        /// Where.
        excerpt: Box<Excerpt>,
    },
    /// Nobody says which scheduler it is.
    #[error("which scheduler? Give --scheduler pbs, slurm or torque, or `scheduler` in the site file")]
    NoScheduler,
    /// Nobody says how long the job may take.
    #[error(
        "no wall time is given: --walltime 11:50:00, or `walltime` in [run] or in the site file; schedulers stop jobs \
         without one when it suits them"
    )]
    NoWallTime,
    /// The wall time would be given twice.
    #[error("--set run.walltime: give --walltime, which the job asks the scheduler for and the run keeps to")]
    SetWallTime,
    /// More nodes than the site allows.
    #[error("--nodes {nodes} is more than `max_nodes` = {most} of the site file")]
    Nodes {
        /// Asked for.
        nodes: usize,
        /// Allowed.
        most: usize,
    },
    /// More memory than a node of the site has.
    #[error("--set run.memory is {asked}, more than `memory_per_node` = {most} of the site file")]
    Memory {
        /// Asked for.
        asked: Bytes,
        /// What a node has.
        most: Bytes,
    },
    /// The current folder, at which relative paths start, is not known.
    #[error("the current folder cannot be found: {source}; the job's relative paths start there")]
    CurrentFolder {
        /// Why.
        source: std::io::Error,
    },
    /// A path that no script can hold.
    #[error("the path {} is not UTF-8; job scripts are", path.display())]
    NotUtf8 {
        /// The path.
        path: PathBuf,
    },
    /// A line of the site that is not meant for this scheduler.
    #[error("`directives`: `{line}` is one line that begins with `{mark} ` for {scheduler}")]
    ForeignDirective {
        /// The line.
        line: String,
        /// How such a line begins.
        mark: &'static str,
        /// The scheduler.
        scheduler: Scheduler,
    },
    /// A line of the site that sets what has a key of its own.
    #[error("`directives`: `{line}` sets {key}, which {instead} sets")]
    ManagedDirective {
        /// The line.
        line: String,
        /// What it sets.
        key: String,
        /// What else does.
        instead: &'static str,
    },
    /// A key that this scheduler has no use for.
    #[error(
        "`chunk` = \"{chunk}\" is for PBS; under Slurm write it as `directives`, as in [\"#SBATCH --constraint=...\"]"
    )]
    Chunk {
        /// The value.
        chunk: String,
    },
    /// Several resources in one line, of which one is to be replaced.
    #[error(
        "{template}: `{line}` sets several resources; write each in a line of its own, so that one can be replaced"
    )]
    SeveralResources {
        /// The template.
        template: String,
        /// The line.
        line: String,
    },
    /// A template without lines for the scheduler.
    #[error("{template} has no line `{mark} ...` before its first command; it is no job script for {scheduler}")]
    NoDirectives {
        /// The template.
        template: String,
        /// How such a line begins.
        mark: &'static str,
        /// The scheduler.
        scheduler: Scheduler,
    },
    /// A template without the place for the site's lines.
    #[error("{template} has no line `{place}`; it is replaced by what the run needs")]
    NoPlace {
        /// The template.
        template: String,
        /// The line that is looked for.
        place: &'static str,
    },
    /// The scheduler's command cannot be started.
    #[error("cannot start {command}: {source}; --go needs it on PATH. Without --go the script goes to standard output")]
    Start {
        /// The command.
        command: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The scheduler's command failed.
    #[error("{command} did not take the job ({status}): {text}")]
    Refused {
        /// The command.
        command: &'static str,
        /// How it ended.
        status: String,
        /// What it said.
        text: String,
    },
}
