//! A template filled in.

use std::path::Path;

use super::directives::{directives, key, sets_several};
use super::{Job, Scheduler, Site, SubmitError};

/// The line that is replaced by the site's lines and the job's.
const PLACE: &str = "# module load openmpi";

/// A job script to be filled in.
#[derive(Clone, Copy, Debug)]
pub struct Template<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// The script of a job: the template's lines for the scheduler give way to the site's and the job's that set the same;
/// the modules, the site's lines, and the script's arguments and variables stand where `# module load openmpi` stood.
///
/// # Errors
/// Lines of the site that do not fit, a template without a place for them, paths that are not UTF-8.
pub fn fill(scheduler: Scheduler, template: &Template<'_>, job: &Job, site: &Site) -> Result<String, SubmitError> {
    let mark = scheduler.mark();
    let name = || template.name.to_owned();
    let new = directives(scheduler, job, site)?;
    let new_keys: Vec<_> = new.iter().filter_map(|line| key(scheduler, line)).collect();
    let lines: Vec<&str> = template.text.lines().collect();
    // What stands after the first command is not read by any scheduler.
    let is_command = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let head = lines.iter().position(is_command).unwrap_or(lines.len());
    let Some(last) = lines[..head].iter().rposition(|line| key(scheduler, line).is_some()) else {
        return Err(SubmitError::NoDirectives { template: name(), mark, scheduler });
    };
    let mut place = Some(setup(scheduler, job, site)?);
    let mut script = Vec::new();
    for (at, &line) in lines.iter().enumerate() {
        let old = key(scheduler, line).filter(|_| at < head);
        if old.is_some() && sets_several(scheduler, line) {
            return Err(SubmitError::SeveralResources { template: name(), line: line.to_owned() });
        }
        let replaced = old.is_some_and(|key| new_keys.contains(&key));
        match place.take_if(|_| line.trim() == PLACE) {
            Some(setup) => script.extend(setup),
            None if replaced => {}
            None => script.push(line.to_owned()),
        }
        if at == last {
            script.extend(new.iter().cloned());
        }
    }
    if place.is_some() {
        return Err(SubmitError::NoPlace { template: name(), place: PLACE });
    }
    script.push(String::new());
    Ok(script.join("\n"))
}

/// Shell lines: modules and lines of the site, then what the script is to know.
fn setup(scheduler: Scheduler, job: &Job, site: &Site) -> Result<Vec<String>, SubmitError> {
    let mut lines = vec![format!("# Filled in by oceanspec submit {}:", env!("CARGO_PKG_VERSION"))];
    if !site.modules.is_empty() {
        let names: Vec<String> = site.modules.iter().map(|name| quoted(name)).collect();
        lines.push(format!("module load {}", names.join(" ")));
    }
    lines.extend(site.setup.iter().cloned());
    let path = |path: &Path| {
        let text = path.to_str().ok_or_else(|| SubmitError::NotUtf8 { path: path.to_owned() })?;
        Ok::<_, SubmitError>(quoted(text))
    };
    lines.push(format!("FOLDER={}", path(&job.folder)?));
    lines.push(format!("OCEANSPEC={}", path(&job.program)?));
    lines.push(format!("WALLTIME={}", job.walltime));
    if scheduler == Scheduler::Torque {
        lines.push(format!("RANKS_PER_NODE={}", job.ranks_per_node));
    }
    let sets: String = job.sets.iter().map(|set| format!(" --set {}", quoted(set))).collect();
    let overwrite = if job.overwrite { " --overwrite" } else { "" };
    lines.push(format!("set -- {}{sets}{overwrite} \"$@\"", path(&job.config)?));
    Ok(lines)
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=+,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job {
        Job {
            nodes: 3,
            cores_per_node: 28,
            ranks_per_node: 4,
            walltime: "11 h 50 min".parse().unwrap(),
            config: "/data/it's here/run.toml".into(),
            sets: vec!["run.memory=120 GiB".to_owned(), "output.path=out.zarr".to_owned()],
            overwrite: true,
            folder: "/data/it's here".into(),
            program: "/opt/bin/oceanspec".into(),
        }
    }

    fn filled(scheduler: Scheduler, template: &str, site: &str) -> Result<String, SubmitError> {
        let site = Site::parse(site, "site.toml").unwrap();
        fill(scheduler, &Template { name: "own.sh", text: template }, &job(), &site)
    }

    #[test]
    fn lines_that_set_the_same_give_way_and_others_stay() {
        let template = "#!/bin/bash\n#PBS -N mine\n#PBS -l nodes=1:ppn=1\n#PBS -q short\n#PBS -m n\n# module load openmpi\n\
                        # module load openmpi\ntrue\n#PBS -q not-read\n";
        let site = "queue = \"long\"\nchunk = \"fast\"\nmodules = [\"gcc\", \"open;mpi\"]\nsetup = [\"ulimit -s unlimited\"]\n\
                    directives = [\"#PBS -m abe\", \"#PBS -W umask=022\", \"#PBS -W group_list=g\"]";
        assert_eq!(
            filled(Scheduler::Torque, template, site).unwrap(),
            "#!/bin/bash\n#PBS -N mine\n#PBS -m abe\n#PBS -W umask=022\n#PBS -W group_list=g\n#PBS -l nodes=3:ppn=28:fast\n\
             #PBS -l walltime=11:50:00\n#PBS -q long\n# Filled in by oceanspec submit VERSION:\n\
             module load gcc 'open;mpi'\nulimit -s unlimited\nFOLDER='/data/it'\\''s here'\nOCEANSPEC=/opt/bin/oceanspec\n\
             WALLTIME=11:50:00\nRANKS_PER_NODE=4\n\
             set -- '/data/it'\\''s here/run.toml' --set 'run.memory=120 GiB' --set output.path=out.zarr --overwrite \"$@\"\n\
             # module load openmpi\ntrue\n#PBS -q not-read\n"
                .replace("VERSION", env!("CARGO_PKG_VERSION"))
        );
    }

    #[test]
    fn what_cannot_be_filled_in_is_refused() {
        let good = "#PBS -N a\n# module load openmpi\n";
        for (template, site, part) in [
            ("#!/bin/bash\ntrue\n#PBS -N late\n# module load openmpi\n", "", "own.sh has no line `#PBS ...`"),
            ("#PBS -N a\nmodule load openmpi\n", "", "own.sh has no line `# module load openmpi`"),
            ("#PBS -l mem=1gb,walltime=1:00:00\n# module load openmpi\n", "", "each in a line of its own"),
            (good, "directives = [\"#SBATCH --qos=a\"]", "begins with `#PBS ` for pbs"),
            (good, "directives = [\"-W umask=022\"]", "begins with `#PBS ` for pbs"),
            (good, "directives = [\"#PBS -m n\\nrm x\"]", "is one line"),
            (good, "directives = [\"#PBS -q long\"]", "sets -q, which `queue` sets"),
            (good, "directives = [\"#PBS -l walltime=1:00:00\"]", "which --walltime or `walltime` sets"),
            (good, "directives = [\"#PBS -l mem=1gb,ngpus=1\"]", "each in a line of its own"),
        ] {
            let message = filled(Scheduler::Pbs, template, site).unwrap_err().to_string();
            assert!(message.contains(part), "{template}{site}: {message}");
        }
        let message = filled(Scheduler::Slurm, "#SBATCH -N 1\n", "chunk = \"model=bro\"").unwrap_err().to_string();
        assert!(message.contains("--constraint"), "{message}");
    }

    #[test]
    fn every_template_has_what_is_filled_in() {
        for scheduler in [Scheduler::Pbs, Scheduler::Slurm, Scheduler::Torque] {
            let script = filled(scheduler, scheduler.template(), "account = \"a1\"").unwrap();
            let mark = format!("{} ", scheduler.mark());
            let keys: Vec<_> = script.lines().filter_map(|line| key(scheduler, line)).collect();
            for at in 0..keys.len() {
                assert!(!keys[..at].contains(&keys[at]), "{} is set twice:\n{script}", keys[at]);
            }
            assert!(script.lines().any(|line| line.starts_with(&mark) && line.ends_with("a1")), "{script}");
            assert!(!script.contains(PLACE), "{script}");
        }
    }
}
