//! Any error of a run, and the exit code it ends with.

use std::path::PathBuf;

use crate::compare::CompareError;
use crate::config::ConfigError;
use crate::exchange::{Elsewhere, LaunchError, STOPPED};
use crate::grid::GridError;
use crate::pipeline::{DataError, IdentityError, StopCause};
use crate::plan::PlanError;
use crate::source::SourceError;
use crate::spectrum::SpectrumError;
use crate::store::StoreError;
use crate::submit::SubmitError;
use crate::synth::SynthError;
use crate::validate::ValidateError;

/// What can end a command; the text is for the user.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong in itself.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration is wrong for these data; the text shows the key's line.
    #[error("{text}")]
    Setting {
        /// Message with the line of the configuration.
        text: String,
    },
    /// The launcher and MPI disagree.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// Model output on disk.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Grid files.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// Values read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// No plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No estimator.
    #[error(transparent)]
    Spectrum(#[from] SpectrumError),
    /// The result.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Synthetic input.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// A job script, or the scheduler that does not take it.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// A comparison that cannot be made.
    #[error(transparent)]
    Validate(#[from] ValidateError),
    /// Two results that cannot be compared with each other.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// The result is not the reference.
    #[error("{result} does not agree with {reference}")]
    Missed {
        /// The result.
        result: String,
        /// What it was compared with.
        reference: String,
    },
    /// An unfinished result that cannot be gone on with.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The run was to stop before it was done.
    #[error("{cause}")]
    Stopped {
        /// Why.
        cause: StopCause,
    },
    /// A run that did not finish, and what it has finished.
    #[error("{source}; {finished} of {tiles} tiles are finished and kept in {partial}: run again with `--resume`")]
    Unfinished {
        /// What ended it.
        source: Box<Error>,
        /// Finished tiles.
        finished: u64,
        /// All tiles.
        tiles: usize,
        /// Where they are.
        partial: PathBuf,
    },
    /// Another rank failed and has said why.
    #[error(transparent)]
    Elsewhere(#[from] Elsewhere),
    /// The worker threads could not be started.
    #[error("cannot start {threads} worker threads: {reason}; set [run] threads")]
    Threads {
        /// How many.
        threads: usize,
        /// Cause.
        reason: String,
    },
    /// Something that rank 0 sent cannot be understood: a fault of the program.
    #[error("internal error: {what}")]
    Internal {
        /// What happened.
        what: String,
    },
}

impl Error {
    /// Whether another run may go on with what one that ended so has finished: not where input or configuration must
    /// become others.
    pub(crate) fn is_curable(&self) -> bool {
        match self {
            Error::Stopped { .. } | Error::Source(_) | Error::Internal { .. } | Error::Threads { .. } => true,
            Error::Store(error) => error.is_curable(),
            Error::Identity(error) => matches!(error, IdentityError::Lost { .. }),
            _ => false,
        }
    }

    /// The exit code of the contract.
    pub fn exit_code(&self) -> i32 {
        match self {
            Error::Internal { .. } | Error::Threads { .. } => 1,
            Error::Config(_) | Error::Setting { .. } | Error::Launch(_) | Error::Spectrum(_) => 2,
            Error::Grid(GridError::EmptySelection { .. }) | Error::Source(SourceError::EmptyTime { .. }) => 2,
            Error::Plan(PlanError::AllLand { .. } | PlanError::TooLarge { .. }) => 2,
            Error::Submit(_) => 2,
            Error::Source(_) | Error::Grid(_) | Error::Data(_) => 3,
            Error::Synth(SynthError::Spec { .. }) => 2,
            Error::Store(_) | Error::Synth(_) => 4,
            Error::Plan(PlanError::Memory { .. }) => 5,
            Error::Validate(ValidateError::Tolerance { .. }) => 2,
            Error::Validate(ValidateError::Read(_)) => 3,
            Error::Validate(_) | Error::Missed { .. } => 6,
            Error::Compare(error) => match error {
                CompareError::NotThere { .. }
                | CompareError::NotNumbers { .. }
                | CompareError::OutputIsInput { .. } => 2,
                CompareError::Store(_) => 4,
                CompareError::NoArrayInCommon { .. }
                | CompareError::NoneInCommon { .. }
                | CompareError::NoValueInCommon { .. } => 6,
                _ => 3,
            },
            Error::Identity(identity) => identity.exit_code(),
            Error::Stopped { .. } => STOPPED,
            Error::Unfinished { source, .. } => source.exit_code(),
            Error::Elsewhere(elsewhere) => elsewhere.code,
        }
    }
}
