//! What the ranks found on their nodes, compared: too many threads, ranks tied to too few cores, nodes that differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::exchange::World;
use crate::terms::Bytes;

/// One rank's view of its node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found {
    /// Name of the node.
    pub(super) host: String,
    /// Ranks on it.
    pub(super) ranks: usize,
    /// Cores that this rank may run on.
    pub(super) own_cores: usize,
    /// Cores that some rank of the node may run on.
    pub(super) cores: usize,
    /// Cores of the node.
    pub(super) online_cores: usize,
    /// Memory of the node that all its ranks together may use, by default or as set.
    pub(super) memory_bytes: u64,
}

/// A line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Remark {
    /// Slow, but as it should be.
    Note(String),
    /// Most likely not meant.
    Warning(String),
}

/// Memory of like nodes differs by what their kernels keep for themselves.
const LIKE: f64 = 0.98;

/// Collective: what all ranks found, on rank 0; nothing elsewhere.
pub(super) fn gather(world: &dyn World, mine: &Found) -> Vec<Found> {
    let parts = world.gather(0, &serde_json::to_vec(mine).unwrap_or_default());
    parts.iter().filter_map(|part| serde_json::from_slice(part).ok()).collect()
}

/// What is worth a line; `all` by rank, `threads` of each rank.
pub(super) fn remarks(all: &[Found], threads: usize) -> Vec<Remark> {
    // The first rank of each node stands for it.
    let mut nodes: BTreeMap<&str, (usize, &Found)> = BTreeMap::new();
    for (rank, found) in all.iter().enumerate() {
        nodes.entry(&found.host).or_insert((rank, found));
    }
    let mut remarks: Vec<Remark> = tied(all, threads).or_else(|| crowded(&nodes, threads)).into_iter().collect();
    remarks.extend(idle(&nodes));
    remarks.extend(unlike(
        &nodes,
        "memory for each rank",
        |found| found.memory_bytes / found.ranks as u64,
        |value| Bytes(value).to_string(),
    ));
    remarks.extend(unlike(
        &nodes,
        "cores for each rank",
        |found| (found.cores / found.ranks) as u64,
        |value| value.to_string(),
    ));
    remarks
}

/// Ranks whose threads share fewer cores than the node has.
fn tied(all: &[Found], threads: usize) -> Option<Remark> {
    let is_tied = |found: &Found| found.own_cores < threads && found.own_cores < found.online_cores;
    let count = all.iter().filter(|found| is_tied(found)).count();
    let (rank, found) = all.iter().enumerate().find(|(_, found)| is_tied(found))?;
    Some(Remark::Warning(format!(
        "{count} rank(s) may run on fewer cores than they have threads: rank {rank} on {} has {threads} threads ([run] \
         threads) and {} of the node's {} cores; start with mpirun --bind-to none or --map-by slot:PE={threads} (srun: \
         --cpus-per-task={threads}), or set [run] threads = {}",
        found.host, found.own_cores, found.online_cores, found.own_cores
    )))
}

/// Nodes with more threads than cores.
fn crowded(nodes: &BTreeMap<&str, (usize, &Found)>, threads: usize) -> Option<Remark> {
    let excess = |found: &Found| (found.ranks * threads) as f64 / found.cores.max(1) as f64;
    let crowded: Vec<&Found> = nodes.values().map(|(_, found)| *found).filter(|found| excess(found) > 1.0).collect();
    let worst = crowded.iter().copied().max_by(|a, b| excess(a).total_cmp(&excess(b)))?;
    let (ranks, cores) = (worst.ranks, worst.cores);
    let mend = if ranks <= cores {
        format!("set [run] threads = {}, or start fewer ranks per node", cores / ranks)
    } else {
        format!("start at most {cores} rank(s) per node, with [run] threads = 1")
    };
    Some(Remark::Warning(format!(
        "more threads than cores on {} node(s): {} has {ranks} rank(s) x {threads} thread(s) = {} on {cores} core(s); {mend}",
        crowded.len(),
        worst.host,
        ranks * threads
    )))
}

/// A node with cores that no rank may use.
fn idle(nodes: &BTreeMap<&str, (usize, &Found)>) -> Option<Remark> {
    let (_, found) = nodes.values().find(|(_, found)| found.cores < found.online_cores)?;
    Some(Remark::Note(format!(
        "the {} rank(s) on {} may run on {} of its {} cores; if more were meant for them, see mpirun --bind-to none",
        found.ranks, found.host, found.cores, found.online_cores
    )))
}

/// Nodes that differ; the plan is made for the poorest.
fn unlike(
    nodes: &BTreeMap<&str, (usize, &Found)>,
    what: &str,
    value: impl Fn(&Found) -> u64,
    text: impl Fn(u64) -> String,
) -> Option<Remark> {
    let least = nodes.values().min_by_key(|(_, found)| value(found))?;
    let most = nodes.values().max_by_key(|(_, found)| value(found))?;
    if value(least.1) as f64 >= LIKE * value(most.1) as f64 {
        return None;
    }
    let of = |(rank, found): &(usize, &Found)| format!("{} on {} (rank {rank})", text(value(found)), found.host);
    Some(Remark::Note(format!(
        "nodes differ in {what}: from {} to {}; the plan is made for the poorest",
        of(least),
        of(most)
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(host: &str, ranks: usize, own_cores: usize, cores: usize) -> Found {
        Found { host: host.into(), ranks, own_cores, cores, online_cores: 8, memory_bytes: 8 << 30 }
    }

    /// The remarks, each of which must be of the kind and hold the parts.
    #[track_caller]
    fn expect(all: &[Found], threads: usize, expected: &[(bool, &[&str])]) {
        let remarks = remarks(all, threads);
        assert_eq!(remarks.len(), expected.len(), "{remarks:?}");
        for (remark, (warning, parts)) in remarks.iter().zip(expected) {
            let text = match remark {
                Remark::Warning(text) if *warning => text,
                Remark::Note(text) if !warning => text,
                _ => panic!("{remark:?}"),
            };
            for part in *parts {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }

    #[test]
    fn a_good_start_needs_no_word() {
        expect(&[rank("a", 2, 8, 8), rank("a", 2, 8, 8)], 4, &[]);
        expect(&[rank("a", 2, 4, 8), rank("a", 2, 4, 8), rank("b", 2, 4, 8), rank("b", 2, 4, 8)], 4, &[]);
    }

    #[test]
    fn threads_that_share_cores() {
        let crowded: &[&str] = &["1 node(s)", "a has 2 rank(s) x 5 thread(s) = 10 on 8 core(s)", "[run] threads = 4"];
        expect(&[rank("a", 2, 8, 8), rank("a", 2, 8, 8)], 5, &[(true, crowded)]);
        let ranks: Vec<Found> = (0..9).map(|_| rank("a", 9, 8, 8)).collect();
        expect(&ranks, 1, &[(true, &["9 rank(s) x 1 thread(s) = 9 on 8 core(s)", "at most 8 rank(s) per node"])]);
        // Each rank on a core of its own.
        let tied: &[&str] = &[
            "2 rank(s)",
            "rank 0 on a has 4 threads",
            "1 of the node's 8 cores",
            "--bind-to none",
            "slot:PE=4",
            "threads = 1",
        ];
        let idle: &[&str] = &["the 2 rank(s) on a may run on 2 of its 8 cores"];
        expect(&[rank("a", 2, 1, 2), rank("a", 2, 1, 2)], 4, &[(true, tied), (false, idle)]);
        expect(&[rank("a", 2, 1, 2), rank("a", 2, 1, 2)], 1, &[(false, idle)]);
        // Without more cores there is nothing to untie.
        let all = Found { online_cores: 2, ..rank("a", 1, 2, 2) };
        expect(&[all], 4, &[(true, &["1 rank(s) x 4 thread(s) = 4 on 2 core(s)", "threads = 2"])]);
    }

    #[test]
    fn nodes_that_differ() {
        let poor = Found { memory_bytes: 3 << 30, ..rank("poor", 1, 8, 8) };
        let small = Found { online_cores: 4, ..rank("small", 1, 4, 4) };
        let memory: &[&str] =
            &["memory for each rank", "3.00 GiB on poor (rank 1)", "8.00 GiB on a (rank 0)", "poorest"];
        expect(&[rank("a", 1, 8, 8), poor.clone()], 1, &[(false, memory)]);
        let cores: &[&str] = &["cores for each rank", "4 on small (rank 0)", "8 on a (rank 1)"];
        expect(&[small, rank("a", 1, 8, 8)], 1, &[(false, cores)]);
        // Two ranks on one, one on the other.
        let uneven = [rank("a", 1, 8, 8), rank("b", 2, 8, 8), rank("b", 2, 8, 8)];
        expect(
            &uneven,
            1,
            &[(false, &["memory for each rank", "4.00 GiB on b (rank 1)"]), (false, &["cores for each rank"])],
        );
        let like = Found { memory_bytes: (8 << 30) - (50 << 20), ..rank("b", 1, 8, 8) };
        expect(&[rank("a", 1, 8, 8), like], 1, &[]);
    }
}
