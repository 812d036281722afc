//! What the machine gives a run: memory and cores of a node, divided among its ranks.

use std::path::Path;

use tracing::{info, warn};

use super::nodes::{Found, Remark, gather, remarks};
use crate::config::Config;
use crate::exchange::World;
use crate::plan::Machine;

/// Share of a node's memory that a run takes unless told.
const DEFAULT_MEMORY_SHARE: f64 = 0.8;

/// Memory of this node [bytes]: of the machine, or of the control group where that is less.
pub fn node_memory_bytes() -> Option<u64> {
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
    });
    [total, control_group_bytes()].into_iter().flatten().min()
}

/// The tightest memory limit of this process's control group and its parents.
fn control_group_bytes() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let number = |path: &Path| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let limits = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            list if list.split(',').any(|name| name == "memory") => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => return None,
        };
        let own = Path::new(root).join(path.trim_start_matches('/'));
        let folders = own.ancestors().take_while(|folder| folder.starts_with(root));
        folders.filter_map(|folder| number(&folder.join(file))).min()
    });
    limits.min()
}

/// Cores that this process may run on, as bits.
fn allowed_cores() -> Vec<u64> {
    let bytes = size_of::<libc::cpu_set_t>();
    // SAFETY: cpu_set_t is plain bits, for which zero is valid; the kernel fills at most the size it is given.
    let (set, failed) = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        let failed = libc::sched_getaffinity(0, bytes, &mut set) != 0;
        (set, failed)
    };
    let mut words = vec![0_u64; bytes / 8];
    for core in 0..bytes * 8 {
        // SAFETY: the core is below the size of the set in bits.
        if !failed && unsafe { libc::CPU_ISSET(core, &set) } {
            words[core / 64] |= 1 << (core % 64);
        }
    }
    words
}

/// Name and cores of this node, whoever may use them.
fn host_and_cores() -> (String, usize) {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    // SAFETY: a plain question to the system.
    let online = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_ONLN) };
    (host.trim().to_owned(), usize::try_from(online).unwrap_or(1).max(1))
}

/// Collective: the machine of this run, the same on all ranks (that of the poorest rank). Rank 0 logs what is odd.
pub fn machine(config: &Config, world: &dyn World) -> Machine {
    let node = world.node_ranks();
    let on_node = node.len().max(1);
    let (mut own_cores, mut cores) = (0, 0);
    for word in allowed_cores() {
        let words = world.all_gather(word);
        let together = node.iter().fold(0, |all, &rank| all | words[rank]);
        own_cores += word.count_ones() as usize;
        cores += together.count_ones() as usize;
    }
    let quota = std::thread::available_parallelism().map_or(1, usize::from);
    let by_node = (cores.max(1) / on_node).max(1).min(quota);
    let threads = config.run.threads.unwrap_or(by_node);
    let memory = config
        .run
        .memory
        .map_or_else(|| (node_memory_bytes().unwrap_or(4 << 30) as f64 * DEFAULT_MEMORY_SHARE) as u64, |bytes| bytes.0);
    let least = |value: u64| world.all_gather(value).into_iter().min().unwrap_or(value);
    let most = |value: u64| world.all_gather(value).into_iter().max().unwrap_or(value);
    let first_of_node = u64::from(node.first() == Some(&world.rank()));
    let machine = Machine {
        ranks: world.size(),
        nodes: world.all_gather(first_of_node).into_iter().sum::<u64>().max(1) as usize,
        ranks_per_node: most(on_node as u64) as usize,
        threads: least(threads as u64) as usize,
        memory_bytes_per_rank: least(memory / on_node as u64),
    };
    let (host, online_cores) = host_and_cores();
    let (own_cores, cores) = (own_cores.max(1), cores.max(1));
    let found = Found { host, ranks: on_node, own_cores, cores, online_cores, memory_bytes: memory };
    for remark in remarks(&gather(world, &found), machine.threads) {
        match remark {
            Remark::Note(text) => info!("{text}"),
            Remark::Warning(text) => warn!("{text}"),
        }
    }
    machine
}
