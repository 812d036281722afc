//! What the environment says about how many processes were started.

use std::fmt;

/// A launcher that left its marks in the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launcher {
    /// The variable that tells.
    pub variable: &'static str,
    /// Processes it says were started; at least so many where the variable is this process's own number.
    pub processes: usize,
    /// This process's own number, where the launcher tells.
    pub rank: Option<usize>,
    at_least: bool,
}

impl fmt::Display for Launcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_least = if self.at_least { "at least " } else { "" };
        write!(f, "{} says that {at_least}{} processes were started", self.variable, self.processes)
    }
}

/// A start that would have several processes write one store.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// MPI knows of another number of ranks than the launcher.
    #[error(
        "{launcher}, but MPI reports {ranks} rank(s): each would write the same store. \
         The program and the launcher use different MPI libraries; start it with the mpirun or srun of the MPI it was built with ({library})"
    )]
    Disagree {
        /// What the environment says.
        launcher: Launcher,
        /// Ranks by MPI.
        ranks: usize,
        /// MPI library of this build.
        library: String,
    },
    /// The build has no MPI.
    #[error(
        "{launcher}, but this build has no MPI: each would write the same store. \
         Build with the feature mpi (the default), or start one process without mpirun"
    )]
    WithoutMpi {
        /// What was found.
        launcher: Launcher,
    },
    /// A command that works as one process was started as several.
    #[error("{launcher}, but `{command}` is for one process: start it without mpirun{}", hint(command))]
    OneProcess {
        /// The command.
        command: &'static str,
        /// What was found.
        launcher: Launcher,
    },
    /// The ranks are not one run.
    #[error("the ranks are not one run: {}; start all of them with one command line and one build of the program", differences.join("; "))]
    Ranks {
        /// Who differs, and in what.
        differences: Vec<String>,
    },
    /// MPI would not start.
    #[error("MPI could not be initialised: {reason}")]
    Start {
        /// Cause.
        reason: String,
    },
}

impl LaunchError {
    /// The number of this process among those that all have this same error and do not know of each other.
    pub fn copy(&self) -> usize {
        match self {
            LaunchError::Disagree { launcher, .. }
            | LaunchError::WithoutMpi { launcher }
            | LaunchError::OneProcess { launcher, .. } => launcher.rank.unwrap_or(0),
            LaunchError::Ranks { .. } | LaunchError::Start { .. } => 0,
        }
    }
}

fn hint(command: &str) -> &'static str {
    if command == "plan" { "; `--ranks` and `--nodes` say what to plan for" } else { "" }
}

/// Variables that launchers set for each process, with the number of processes in them.
const COUNTS: [&str; 5] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", "MPI_LOCALNRANKS", "PALS_SIZE"];

/// Variables with the number of this process, from 0.
const RANKS: [&str; 4] = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "PALS_RANKID"];

/// Looks for a launcher; `get` reads an environment variable.
///
/// Slurm sets SLURM_NTASKS in the batch script too, where one process runs: only inside a step does it count.
/// A process whose own number is r is one of at least r + 1, whatever else is told.
pub fn detect(get: impl Fn(&str) -> Option<String>) -> Option<Launcher> {
    let number = |name: &str| get(name).and_then(|value| value.trim().parse::<usize>().ok());
    let step = get("SLURM_STEP_ID").or_else(|| get("SLURM_STEPID"));
    let in_step = step.is_some_and(|step| step.trim().parse::<u32>().is_ok_and(|step| step < 0xffff_fff0));
    let own = RANKS.into_iter().find_map(|variable| number(variable).map(|rank| (variable, rank)));
    let own = own.or_else(|| number("SLURM_PROCID").filter(|_| in_step).map(|rank| ("SLURM_PROCID (in a step)", rank)));
    let tasks = || number("SLURM_STEP_NUM_TASKS").or_else(|| number("SLURM_NTASKS"));

    let by_count = COUNTS.into_iter().find_map(|variable| number(variable).map(|processes| (variable, processes)));
    let by_step = || {
        let tasks = tasks().filter(|_| in_step && get("SLURM_PROCID").is_some())?;
        Some(("SLURM_NTASKS (in a step)", tasks))
    };
    let by_own = || own.map(|(variable, _)| (variable, number("SLURM_NTASKS").unwrap_or(1)));
    let (variable, processes) = by_count.or_else(by_step).or_else(by_own)?;
    let rank = own.map(|(_, rank)| rank);
    match own {
        Some((variable, rank)) if rank >= processes => {
            Some(Launcher { variable, processes: rank + 1, rank: Some(rank), at_least: true })
        }
        _ => Some(Launcher { variable, processes, rank, at_least: false }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pairs: &[(&str, &str)]) -> Option<(&'static str, usize)> {
        detect(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
            .map(|launcher| (launcher.variable, launcher.processes))
    }

    #[test]
    fn launchers_are_told_from_batch_scripts() {
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[("OMPI_COMM_WORLD_SIZE", "4")]), Some(("OMPI_COMM_WORLD_SIZE", 4)));
        assert_eq!(found(&[("PMI_SIZE", "2"), ("PMI_RANK", "1")]), Some(("PMI_SIZE", 2)));
        assert_eq!(found(&[("SLURM_NTASKS", "96"), ("SLURM_JOB_ID", "7"), ("SLURM_PROCID", "0")]), None);
        let step = [("SLURM_NTASKS", "96"), ("SLURM_STEP_ID", "0"), ("SLURM_PROCID", "5")];
        assert_eq!(found(&step), Some(("SLURM_NTASKS (in a step)", 96)));
        let batch = [("SLURM_NTASKS", "96"), ("SLURM_STEP_ID", "4294967291"), ("SLURM_PROCID", "0")];
        assert_eq!(found(&batch), None);
        assert_eq!(found(&[("PMIX_RANK", "3"), ("SLURM_NTASKS", "8")]), Some(("PMIX_RANK", 8)));
    }

    /// A copy that is not the first gives itself away by its number.
    #[test]
    fn a_number_above_the_count_is_believed() {
        assert_eq!(found(&[("PMIX_RANK", "0")]), Some(("PMIX_RANK", 1)));
        assert_eq!(found(&[("PMIX_RANK", "3")]), Some(("PMIX_RANK", 4)));
        assert_eq!(found(&[("PMI_RANK", "1")]), Some(("PMI_RANK", 2)));
        assert_eq!(found(&[("OMPI_COMM_WORLD_SIZE", "1"), ("OMPI_COMM_WORLD_RANK", "0")]).unwrap().1, 1);
        let step = [("SLURM_NTASKS", "1"), ("SLURM_STEP_ID", "2"), ("SLURM_PROCID", "5")];
        assert_eq!(found(&step), Some(("SLURM_PROCID (in a step)", 6)));
        let batch = [("SLURM_NTASKS", "1"), ("SLURM_PROCID", "5")];
        assert_eq!(found(&batch), None);
        let text = |pairs: &[(&str, &str)]| {
            detect(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
                .unwrap()
                .to_string()
        };
        assert_eq!(text(&[("PMIX_RANK", "3")]), "PMIX_RANK says that at least 4 processes were started");
        assert_eq!(text(&[("PMI_SIZE", "3"), ("PMI_RANK", "2")]), "PMI_SIZE says that 3 processes were started");
    }
}
