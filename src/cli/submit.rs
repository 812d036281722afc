//! `oceanspec submit`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use tracing::Level;

use super::log::{self, say};
use super::{arguments, print};
use crate::Error;
use crate::config::{Config, WallLimit};
use crate::exchange::{SingleProcess, one_process};
use crate::pipeline;
use crate::plan::{Machine, Plan, PlanError};
use crate::submit::{Job, Scheduler, Site, SubmitError, Template, fewest_nodes, fill, ranks_per_node};
use crate::terms::{Bytes, WallTime};

/// Nodes are added up to so many passes; a run with ample memory has as many.
const PASSES: usize = 8;

/// Nodes of a job where the site has no limit.
const MOST_NODES: usize = 1024;

pub(super) fn submit(arguments: &arguments::Submit) -> Result<(), Error> {
    one_process("submit")?;
    let site = arguments.site.as_deref().map(site).transpose()?.unwrap_or_default();
    let scheduler = arguments.scheduler.or(site.scheduler).ok_or(SubmitError::NoScheduler)?;
    if arguments.sets.iter().any(|set| set.split('=').next().is_some_and(|key| key.trim() == "run.walltime")) {
        return Err(SubmitError::SetWallTime.into());
    }
    let cores = site.cores_per_node.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let ranks_per_node = site.ranks_per_node.unwrap_or_else(|| ranks_per_node(cores)).min(cores);
    // The command line's settings come last and win.
    let of_site = site.memory.iter().map(|memory| format!("run.memory={}", memory.text));
    let sets: Vec<String> = of_site.chain(arguments.sets.iter().cloned()).collect();
    // The script sets the threads before all others.
    let threads = [format!("run.threads={}", cores / ranks_per_node)];
    let config = Config::load(&arguments.config, &[&threads[..], &sets[..]].concat())?;
    if let (Some(asked), Some(memory)) = (config.run.memory, &site.memory)
        && asked > memory.bytes
    {
        return Err(SubmitError::Memory { asked, most: memory.bytes }.into());
    }
    let walltime = walltime(arguments, &config, &site)?;
    let plan = plan(arguments, &config, &site, ranks_per_node)?;
    let folder = std::env::current_dir().map_err(|source| SubmitError::CurrentFolder { source })?;
    let program = std::env::current_exe()
        .map_err(|error| Error::Internal { what: format!("the program's own path is not known: {error}") })?;
    let job = Job {
        nodes: plan.machine.nodes,
        cores_per_node: cores,
        ranks_per_node,
        walltime,
        config: folder.join(&arguments.config),
        sets,
        overwrite: arguments.overwrite,
        folder,
        program,
    };
    let script = script(arguments, scheduler, &job, &site)?;
    say(Level::INFO, &summary(&plan, &job, &guessed(&config, &site)));
    if arguments.go {
        print(&hand_over(scheduler, &script)?);
    } else {
        print(script.trim_end());
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, SubmitError> {
    std::fs::read_to_string(path).map_err(|source| SubmitError::Read { path: path.to_owned(), source })
}

fn site(path: &Path) -> Result<Site, SubmitError> {
    Site::parse(&read(path)?, &path.display().to_string())
}

fn walltime(arguments: &arguments::Submit, config: &Config, site: &Site) -> Result<WallTime, SubmitError> {
    let of_run = config.run.walltime.and_then(|limit| match limit {
        WallLimit::Limit(time) => Some(time),
        WallLimit::Unlimited => None,
    });
    arguments.walltime.or(of_run).or(site.walltime).ok_or(SubmitError::NoWallTime)
}

/// The plan on the nodes that are given, or on the fewest that need at most [`PASSES`].
fn plan(arguments: &arguments::Submit, config: &Config, site: &Site, ranks_per_node: usize) -> Result<Plan, Error> {
    let here = pipeline::machine(config, &SingleProcess);
    // What is odd about this machine is not of those that the job will have.
    log::start_warnings();
    let setup = pipeline::look(config, &SingleProcess)?;
    let on = |nodes: usize| {
        let machine = Machine {
            ranks: nodes * ranks_per_node,
            nodes,
            ranks_per_node,
            memory_bytes_per_rank: here.memory_bytes_per_rank / ranks_per_node as u64,
            threads: here.threads,
        };
        pipeline::plan(config, &setup, machine)
    };
    let most = site.max_nodes.unwrap_or(MOST_NODES);
    if let Some(nodes) = arguments.nodes.map(|nodes| nodes as usize) {
        if site.max_nodes.is_some() && nodes > most {
            return Err(SubmitError::Nodes { nodes, most }.into());
        }
        let plan = on(nodes)?;
        pipeline::foresee(config, &setup, &plan)?;
        return Ok(plan);
    }
    let mut best: Option<Plan> = None;
    let enough = |nodes: usize| match on(nodes) {
        Ok(plan) => {
            let passes = plan.passes.len();
            if best.as_ref().is_none_or(|best| passes < best.passes.len()) {
                best = Some(plan);
            }
            Ok(passes <= PASSES)
        }
        Err(Error::Plan(PlanError::Memory { .. })) => Ok(false),
        Err(error) => Err(error),
    };
    let plan = match fewest_nodes(most, enough)? {
        Some(nodes) => on(nodes)?,
        // With more passes then; and where none can be planned the error tells why.
        None => best.map_or_else(|| on(most), Ok)?,
    };
    pipeline::foresee(config, &setup, &plan)?;
    Ok(plan)
}

fn script(arguments: &arguments::Submit, scheduler: Scheduler, job: &Job, site: &Site) -> Result<String, SubmitError> {
    let (Some(own), Some(site_file)) = (&site.template, &arguments.site) else {
        let name = format!("the template for {scheduler}");
        return fill(scheduler, &Template { name: &name, text: scheduler.template() }, job, site);
    };
    let path = site_file.parent().unwrap_or(Path::new("")).join(own);
    fill(scheduler, &Template { name: &path.display().to_string(), text: &read(&path)? }, job, site)
}

/// What is taken from this machine and may be otherwise where the job runs.
fn guessed(config: &Config, site: &Site) -> String {
    let of: Vec<&str> =
        [(site.cores_per_node.is_none(), "cores_per_node"), (config.run.memory.is_none(), "memory_per_node")]
            .into_iter()
            .filter_map(|(is_guess, name)| is_guess.then_some(name))
            .collect();
    if of.is_empty() {
        String::new()
    } else {
        format!("\nguessed from this machine: {}; --site FILE sets them", of.join(", "))
    }
}

fn summary(plan: &Plan, job: &Job, guessed: &str) -> String {
    let ranks = plan.machine.ranks_per_node as u64;
    let passes = plan.passes.len();
    let more = if passes > PASSES { "; more nodes, or more memory, would need fewer" } else { "" };
    format!(
        "{} node(s) x {} rank(s) x {} thread(s), wall time {}; {passes} pass(es){more}\n\
         memory per node: {} at most, of {} allowed\n\
         {} read, {} written before compression, in at most {} files{guessed}",
        job.nodes,
        job.ranks_per_node,
        plan.machine.threads,
        job.walltime,
        Bytes(plan.memory.peak_bytes() * ranks),
        Bytes(plan.machine.memory_bytes_per_rank * ranks),
        Bytes(plan.bytes_in),
        Bytes(plan.bytes_out),
        plan.files_written,
    )
}

/// Gives the script to the scheduler; returns the job's number.
fn hand_over(scheduler: Scheduler, script: &str) -> Result<String, SubmitError> {
    let (command, options) = scheduler.command().split_first().unwrap_or((&"", &[]));
    let started = |source| SubmitError::Start { command, source };
    let mut child = Command::new(command)
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(started)?;
    // A command that leaves without reading says why by its exit code and its words.
    if let Some(mut input) = child.stdin.take() {
        let _ = input.write_all(script.as_bytes());
    }
    let output = child.wait_with_output().map_err(started)?;
    let [printed, said] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
    match scheduler.job_id(&printed).filter(|_| output.status.success()) {
        Some(id) => {
            if !said.is_empty() {
                say(Level::INFO, &said);
            }
            Ok(id.to_owned())
        }
        None => {
            let text = [said, printed].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
            let text = if text.is_empty() { "it said nothing".to_owned() } else { text };
            Err(SubmitError::Refused { command, status: output.status.to_string(), text })
        }
    }
}
