//! What the environment says about how many processes were started.

/// A launcher that left its marks in the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launcher {
    /// The variable that tells.
    pub variable: &'static str,
    /// Processes it says were started.
    pub processes: usize,
}

/// A start that would have several processes write one store.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// MPI knows of another number of ranks than the launcher.
    #[error(
        "{variable} says that {processes} processes were started, but MPI reports {ranks} rank(s): each would write the same store. \
         The program and the launcher use different MPI libraries; start it with the mpirun or srun of the MPI it was built with ({library})"
    )]
    Disagree {
        /// Environment variable.
        variable: &'static str,
        /// Processes by the environment.
        processes: usize,
        /// Ranks by MPI.
        ranks: usize,
        /// MPI library of this build.
        library: String,
    },
    /// The build has no MPI.
    #[error(
        "{} says that {} processes were started, but this build has no MPI: each would write the same store. \
         Build with the feature mpi (the default), or start one process without mpirun",
        launcher.variable, launcher.processes
    )]
    WithoutMpi {
        /// What was found.
        launcher: Launcher,
    },
    /// A command that works as one process was started as several.
    #[error("{} says that {} processes were started, but `{command}` is for one process: start it without mpirun", launcher.variable, launcher.processes)]
    OneProcess {
        /// The command.
        command: &'static str,
        /// What was found.
        launcher: Launcher,
    },
    /// MPI would not start.
    #[error("MPI could not be initialised: {reason}")]
    Start {
        /// Cause.
        reason: String,
    },
}

/// Variables that launchers set for each process, with the number of processes in them.
const VARIABLES: [&str; 5] = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE", "MPI_LOCALNRANKS", "PALS_SIZE"];

/// Looks for a launcher; `get` reads an environment variable.
///
/// Slurm sets SLURM_NTASKS in the batch script too, where one process runs: only inside a step does it count.
pub fn detect(get: impl Fn(&str) -> Option<String>) -> Option<Launcher> {
    let number = |name: &str| get(name).and_then(|value| value.trim().parse::<usize>().ok());
    let from_launcher =
        VARIABLES.into_iter().find_map(|variable| number(variable).map(|processes| Launcher { variable, processes }));
    let in_step = || {
        let step = get("SLURM_STEP_ID").or_else(|| get("SLURM_STEPID"))?;
        let real_step = step.trim().parse::<u32>().is_ok_and(|step| step < 0xffff_fff0);
        let tasks = number("SLURM_STEP_NUM_TASKS").or_else(|| number("SLURM_NTASKS"))?;
        (real_step && get("SLURM_PROCID").is_some())
            .then_some(Launcher { variable: "SLURM_NTASKS (in a step)", processes: tasks })
    };
    from_launcher.or_else(in_step).or_else(|| {
        get("PMIX_RANK").map(|_| Launcher { variable: "PMIX_RANK", processes: number("SLURM_NTASKS").unwrap_or(1) })
    })
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
}
