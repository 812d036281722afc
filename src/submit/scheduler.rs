//! The schedulers that job scripts are for.

use std::fmt;
use std::str::FromStr;

use crate::terms::ParseTermError;

/// A scheduler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// PBS Pro and OpenPBS: chunks of a `select`.
    Pbs,
    /// Slurm.
    Slurm,
    /// Torque: `nodes` and `ppn`.
    Torque,
}

impl Scheduler {
    /// The script of slurm-pbs/ for it.
    pub fn template(self) -> &'static str {
        match self {
            Scheduler::Pbs => include_str!("../../slurm-pbs/run.pbs"),
            Scheduler::Slurm => include_str!("../../slurm-pbs/run.sbatch"),
            Scheduler::Torque => include_str!("../../slurm-pbs/run.torque"),
        }
    }

    /// How a line of a script begins that is meant for it.
    pub fn mark(self) -> &'static str {
        match self {
            Scheduler::Pbs | Scheduler::Torque => "#PBS",
            Scheduler::Slurm => "#SBATCH",
        }
    }

    /// The command that takes a script on its standard input, with its arguments.
    pub fn command(self) -> &'static [&'static str] {
        match self {
            Scheduler::Pbs | Scheduler::Torque => &["qsub"],
            Scheduler::Slurm => &["sbatch", "--parsable"],
        }
    }

    /// The job's number in what that command prints; sites let it print more before it.
    pub fn job_id(self, printed: &str) -> Option<&str> {
        let line = printed.lines().map(str::trim).rfind(|line| !line.is_empty())?;
        match self {
            Scheduler::Pbs | Scheduler::Torque => Some(line),
            // NUMBER;CLUSTER where there are several.
            Scheduler::Slurm => line.split(';').next(),
        }
    }
}

impl FromStr for Scheduler {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        match text {
            "pbs" => Ok(Scheduler::Pbs),
            "slurm" => Ok(Scheduler::Slurm),
            "torque" => Ok(Scheduler::Torque),
            _ => Err(ParseTermError {
                text: text.to_owned(),
                reason: "is not a scheduler; known: pbs slurm torque".to_owned(),
            }),
        }
    }
}

impl fmt::Display for Scheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheduler::Pbs => "pbs",
            Scheduler::Slurm => "slurm",
            Scheduler::Torque => "torque",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobs_number_is_found_in_what_schedulers_print() {
        for (scheduler, printed, id) in [
            (Scheduler::Pbs, "4711.pbs-1.example\n", Some("4711.pbs-1.example")),
            (Scheduler::Torque, "welcome to the queue\n\n12.head\n\n", Some("12.head")),
            (Scheduler::Slurm, "812\n", Some("812")),
            (Scheduler::Slurm, "812;east\n", Some("812")),
            (Scheduler::Slurm, " \n", None),
        ] {
            assert_eq!(scheduler.job_id(printed), id, "{printed:?}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for scheduler in [Scheduler::Pbs, Scheduler::Slurm, Scheduler::Torque] {
            assert_eq!(scheduler.to_string().parse(), Ok(scheduler));
        }
        assert!("lsf".parse::<Scheduler>().unwrap_err().to_string().contains("pbs slurm torque"));
    }
}
