//! `oceanspec plan`.

use super::assume::assumed;
use super::segment_words::{self, Record};
use super::{arguments, log, print};
use crate::Error;
use crate::config::Config;
use crate::exchange::{SingleProcess, one_process};
use crate::pipeline;
use crate::plan::{ChunkSize, Machine, Plan, Problem};
use crate::terms::{Bytes, Seconds};

pub(super) fn plan(arguments: &arguments::Plan) -> Result<(), Error> {
    one_process("plan")?;
    let config = match &arguments.config {
        Some(path) => Config::load(path, &arguments.sets)?,
        None => Config::assumed(&arguments.sets)?,
    };
    let here = pipeline::machine(&config, &SingleProcess);
    // What is odd about this machine is not of the machine that is planned for.
    log::start_warnings();
    let (ranks, nodes) = (arguments.ranks as usize, arguments.nodes as usize);
    if nodes > ranks {
        let text = format!("--nodes {nodes} is more than --ranks {ranks}; --ranks counts those of all nodes together");
        return Err(Error::Setting { text });
    }
    let ranks_per_node = ranks.div_ceil(nodes);
    let cores = here.threads;
    let machine = Machine {
        ranks,
        nodes,
        ranks_per_node,
        threads: config.run.threads.unwrap_or((cores / ranks_per_node).max(1)),
        memory_bytes_per_rank: here.memory_bytes_per_rank / ranks_per_node as u64,
    };
    let (plan, interval) = match &arguments.assume {
        Some(text) => {
            let sizes = assumed(text)?;
            (pipeline::plan_assumed(&config, &sizes, machine)?, sizes.interval)
        }
        None => {
            let setup = pipeline::look(&config, &SingleProcess)?;
            let plan = pipeline::plan(&config, &setup, machine)?;
            pipeline::foresee(&config, &setup, &plan)?;
            (plan, Seconds(setup.catalog.time().interval()))
        }
    };
    let cost = pipeline::segment_cost(&plan, config.spectrum.precision);
    if arguments.json {
        let internal = |error: serde_json::Error| Error::Internal { what: error.to_string() };
        let mut json = pipeline::plan_json(&plan);
        if let Some(cost) = &cost {
            json["segment_cost"] = serde_json::to_value(cost).map_err(internal)?;
        }
        print(&serde_json::to_string_pretty(&json).map_err(internal)?);
    } else {
        let mut rows = rows(&plan, &guessed(&config));
        let record = Record { samples: plan.problem.steps, interval };
        rows.extend(cost.map(|cost| ("segment", segment_words::told(&cost, record))));
        print(&lines(&rows));
    }
    Ok(())
}

/// What is taken from this machine and may be otherwise where the run will be.
fn guessed(config: &Config) -> String {
    let of: Vec<&str> = [(config.run.threads.is_none(), "threads"), (config.run.memory.is_none(), "memory")]
        .into_iter()
        .filter_map(|(is_guess, name)| is_guess.then_some(name))
        .collect();
    if of.is_empty() {
        return String::new();
    }
    let names = of.join(" and ");
    format!("; {names} guessed from this machine, [run] {} sets what another has", of.join(", [run] "))
}

/// The plan for people; `guessed` is a remark on the machine.
pub(super) fn table(plan: &Plan, guessed: &str) -> String {
    lines(&rows(plan, guessed))
}

fn lines(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    rows.iter().map(|(name, value)| format!("{name:width$}  {value}")).collect::<Vec<_>>().join("\n")
}

fn frequencies(problem: &Problem) -> String {
    match problem.spectra {
        0 | 1 => format!("{} frequencies each", problem.frequencies),
        several => format!("{} frequencies of {several} spectra each", problem.spectrum_values),
    }
}

/// How ranks share what is read, where that is not by time among all: chunks of so many snapshots are too few.
fn sharing(plan: &Plan) -> String {
    let (ranks, readers) = (plan.shares.ranks, plan.shares.readers());
    if plan.shares.by_place {
        return "; ranks share the map in place of time".into();
    }
    if plan.passes.is_empty() || plan.problem.chunks.is_empty() || readers == ranks {
        return String::new();
    }
    format!(
        "; {} of {ranks} ranks read nothing: the chunks along time are {readers} run(s), and to read by place would decode \
         each many times",
        ranks - readers
    )
}

fn rows(plan: &Plan, guessed: &str) -> Vec<(&'static str, String)> {
    let problem = &plan.problem;
    let tiling = &plan.tiling;
    let memory = &plan.memory;
    let bytes = |count: u64| Bytes(count).to_string();
    let points: u64 = plan.tiles.iter().map(|tile| tile.occupancy.points).sum();
    let faces = if problem.faces > 1 { format!("{} faces of ", problem.faces) } else { String::new() };
    let input = [
        (
            "input",
            format!(
                "{faces}{} x {} points, {} snapshots of {} fields",
                problem.ni, problem.nj, problem.steps, problem.fields
            ),
        ),
        ("points with a spectrum", format!("{points}, {}", frequencies(problem))),
    ];
    let work = [
        (
            "tiles",
            format!(
                "{} of {} x {} points ({} each, inner chunks of {} x {})",
                plan.tiles.len(),
                tiling.tile_ni,
                tiling.tile_nj,
                if problem.spectra > 1 { format!("{} files", problem.spectra) } else { "one file".to_owned() },
                tiling.chunk_ni,
                tiling.chunk_nj
            ),
        ),
        (
            "machine",
            format!(
                "{} rank(s) on {} node(s), {} thread(s) a rank, {} a rank allowed{guessed}",
                plan.machine.ranks,
                plan.machine.nodes,
                plan.machine.threads,
                bytes(plan.machine.memory_bytes_per_rank)
            ),
        ),
        (
            "passes",
            format!(
                "{}, each of {} round(s) of {} snapshot(s) a rank{}{}",
                plan.passes.len(),
                plan.rounds_per_pass,
                plan.shares.steps_per_round,
                if plan.overlap { "; one is read while the one before is estimated" } else { "" },
                sharing(plan)
            ),
        ),
        ("bytes in", format!("{} (each needed byte {:.3} times)", bytes(plan.bytes_in), plan.read_factor())),
        ("bytes out", format!("{} before compression, in at most {} files", bytes(plan.bytes_out), plan.files_written)),
        (
            "memory",
            format!(
                "{} on the fullest rank: series {}, exchange {}, output {}, scratch {}, maps {}, masks {}, program {}",
                bytes(memory.peak_bytes()),
                bytes(memory.series_bytes),
                bytes(memory.exchange_bytes),
                bytes(memory.output_bytes),
                bytes(memory.scratch_bytes),
                bytes(memory.maps_bytes),
                bytes(memory.masks_bytes),
                bytes(memory.program_bytes)
            ),
        ),
        ("largest MPI count", format!("{} (limit {})", plan.largest_mpi_count, crate::plan::LARGEST_MPI_COUNT)),
    ];
    let chunks = (!problem.chunks.is_empty()).then(|| ("chunks", chunks(&problem.chunks)));
    input.into_iter().chain(chunks).chain(work).collect()
}

/// What the fields are decoded in, each form once.
fn chunks(chunks: &[ChunkSize]) -> String {
    let mut forms: Vec<String> = Vec::new();
    for chunk in chunks {
        let (rows, columns) = (chunk.rows.chunk, chunk.columns.chunk);
        let form = format!("{} snapshot(s) of {columns} x {rows} points ({})", chunk.steps, Bytes(chunk.bytes()));
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    format!("{}, which are decoded whole", forms.join(", "))
}
