//! The lines of a script that the scheduler reads.

use super::{Job, Scheduler, Site, SubmitError};

/// What a line sets: `-l select`, `-q`, `--nodes`; none if it is no line for the scheduler. Short options of Slurm have
/// their long names.
pub(super) fn key(scheduler: Scheduler, line: &str) -> Option<String> {
    let words = line.strip_prefix(scheduler.mark())?;
    if !words.starts_with([' ', '\t']) {
        return None;
    }
    let words = words.trim();
    let name = |text: &str| text.split(['=', ' ', '\t', ':', ',']).next().unwrap_or_default().to_owned();
    if words.starts_with("--") {
        return Some(name(words));
    }
    let (flag, value) = words.split_at_checked(2).unwrap_or((words, ""));
    Some(match (scheduler, flag) {
        (Scheduler::Slurm, _) => match SLURM_SHORT.iter().find(|(short, _)| *short == flag) {
            Some((_, long)) => (*long).to_owned(),
            None => flag.to_owned(),
        },
        (_, "-l" | "-W") => format!("{flag} {}", name(value.trim())),
        _ => flag.to_owned(),
    })
}

const SLURM_SHORT: [(&str, &str); 7] = [
    ("-N", "--nodes"),
    ("-n", "--ntasks"),
    ("-c", "--cpus-per-task"),
    ("-t", "--time"),
    ("-p", "--partition"),
    ("-A", "--account"),
    ("-J", "--job-name"),
];

/// Whether a line sets several resources at once.
pub(super) fn sets_several(scheduler: Scheduler, line: &str) -> bool {
    let is_list = scheduler != Scheduler::Slurm && key(scheduler, line).is_some_and(|key| key.starts_with("-l "));
    is_list && line.contains(',')
}

/// The lines of a job: those of the site, then what the plan asks for.
///
/// # Errors
/// Lines of the site that are not meant for this scheduler, or set what the job sets.
pub(super) fn directives(scheduler: Scheduler, job: &Job, site: &Site) -> Result<Vec<String>, SubmitError> {
    let own = of_job(scheduler, job, site)?;
    let mark = scheduler.mark();
    for line in &site.directives {
        let Some(key) = key(scheduler, line).filter(|_| !line.contains('\n')) else {
            return Err(SubmitError::ForeignDirective { line: line.clone(), mark, scheduler });
        };
        if let Some((_, instead)) = MANAGED.iter().find(|(managed, _)| *managed == key) {
            return Err(SubmitError::ManagedDirective { line: line.clone(), key, instead });
        }
        if sets_several(scheduler, line) {
            return Err(SubmitError::SeveralResources { template: "`directives`".to_owned(), line: line.clone() });
        }
    }
    Ok(site.directives.iter().cloned().chain(own.into_iter().map(|words| format!("{mark} {words}"))).collect())
}

/// What only the job sets, and by what.
const MANAGED: [(&str, &str); 11] = [
    ("-l select", "--nodes with `cores_per_node`, `ranks_per_node`, `memory_per_node`, `chunk`"),
    ("-l nodes", "--nodes with `cores_per_node`, `chunk`"),
    ("-l walltime", "--walltime or `walltime`"),
    ("-q", "`queue`"),
    ("-A", "`account`"),
    ("--nodes", "--nodes"),
    ("--ntasks-per-node", "`ranks_per_node`"),
    ("--cpus-per-task", "`cores_per_node` with `ranks_per_node`"),
    ("--time", "--walltime or `walltime`"),
    ("--partition", "`queue`"),
    ("--account", "`account`"),
];

fn of_job(scheduler: Scheduler, job: &Job, site: &Site) -> Result<Vec<String>, SubmitError> {
    let Job { nodes, cores_per_node, ranks_per_node, walltime, .. } = job;
    let chunk = site.chunk.as_ref().map_or_else(String::new, |chunk| format!(":{chunk}"));
    let mut lines = match scheduler {
        Scheduler::Pbs => {
            // PBS counts in powers of 1024.
            let memory = site.memory.as_ref().map(|memory| format!(":mem={}mb", memory.bytes.0.div_ceil(1 << 20)));
            let memory = memory.unwrap_or_default();
            vec![format!("-l select={nodes}:ncpus={cores_per_node}:mpiprocs={ranks_per_node}{memory}{chunk}")]
        }
        Scheduler::Torque => vec![format!("-l nodes={nodes}:ppn={cores_per_node}{chunk}")],
        Scheduler::Slurm => {
            if let Some(chunk) = &site.chunk {
                return Err(SubmitError::Chunk { chunk: chunk.clone() });
            }
            vec![
                format!("--nodes={nodes}"),
                format!("--ntasks-per-node={ranks_per_node}"),
                format!("--cpus-per-task={}", job.threads()),
            ]
        }
    };
    let [time, queue, account] = match scheduler {
        Scheduler::Slurm => ["--time=", "--partition=", "--account="],
        Scheduler::Pbs | Scheduler::Torque => ["-l walltime=", "-q ", "-A "],
    };
    lines.push(format!("{time}{walltime}"));
    lines.extend(site.queue.iter().map(|name| format!("{queue}{name}")));
    lines.extend(site.account.iter().map(|name| format!("{account}{name}")));
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_known_by_what_they_set() {
        for (scheduler, line, expected) in [
            (Scheduler::Pbs, "#PBS -l select=4:ncpus=32", Some("-l select")),
            (Scheduler::Pbs, "#PBS -lplace=scatter:excl", Some("-l place")),
            (Scheduler::Torque, "#PBS\t-l  nodes=2:ppn=4", Some("-l nodes")),
            (Scheduler::Pbs, "#PBS -q long", Some("-q")),
            (Scheduler::Pbs, "#PBS -W umask=022", Some("-W umask")),
            (Scheduler::Pbs, "#PBSPRO", None),
            (Scheduler::Pbs, "# PBS -q long", None),
            (Scheduler::Pbs, "#PBS é", Some("é")),
            (Scheduler::Slurm, "#SBATCH --nodes=4", Some("--nodes")),
            (Scheduler::Slurm, "#SBATCH --nodes 4", Some("--nodes")),
            (Scheduler::Slurm, "#SBATCH -N 4", Some("--nodes")),
            (Scheduler::Slurm, "#SBATCH -t11:50:00", Some("--time")),
            (Scheduler::Slurm, "#SBATCH --exclusive", Some("--exclusive")),
            (Scheduler::Slurm, "#PBS -q long", None),
        ] {
            assert_eq!(key(scheduler, line).as_deref(), expected, "{line}");
        }
        assert!(sets_several(Scheduler::Torque, "#PBS -l nodes=1:ppn=4,walltime=1:00:00"));
        assert!(!sets_several(Scheduler::Pbs, "#PBS -M a@example,b@example"));
        assert!(!sets_several(Scheduler::Slurm, "#SBATCH --nodelist=a,b"));
    }
}
