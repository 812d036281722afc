//! Whether all ranks are one run: the same program, started with the same arguments.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

use super::{Elsewhere, Failure, LaunchError, World};

/// Ranks that are named in a message.
const NAMED: usize = 8;

/// What a process is. 0: not known, and then not compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Hash of the program file.
    pub program: u64,
    /// Hash of the arguments after the program's name.
    pub arguments: u64,
}

impl Fingerprint {
    /// Of this process. Some tens of MB are read, once, from a file that is in memory since the start.
    pub fn of_this_process() -> Self {
        // Its keys are fixed: equal bytes give equal numbers in all processes.
        let mut hasher = DefaultHasher::new();
        for argument in std::env::args_os().skip(1) {
            argument.hash(&mut hasher);
        }
        Fingerprint { program: program_file().map_or(0, known), arguments: known(hasher.finish()) }
    }

    /// Collective, the first one of a run, of plain numbers only: other builds may not share more than that.
    ///
    /// # Errors
    /// On rank 0 [`LaunchError::Ranks`] with the ranks that are not what rank 0 is; on the others that it failed there.
    pub fn compare<E: From<LaunchError> + From<Elsewhere>>(self, world: &dyn World, code: i32) -> Result<(), E> {
        let programs = world.all_gather(self.program);
        let arguments = world.all_gather(self.arguments);
        let differences: Vec<String> = [("run another program file", programs), ("have other arguments", arguments)]
            .iter()
            .filter_map(|(what, values)| difference(values).map(|ranks| format!("{ranks} {what} than rank 0")))
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        world.mark_failed(Failure::Together);
        if world.rank() == 0 {
            Err(LaunchError::Ranks { differences }.into())
        } else {
            Err(Elsewhere { rank: 0, code }.into())
        }
    }
}

/// Sets what is known apart from what is not.
fn known(hash: u64) -> u64 {
    hash.max(1)
}

fn program_file() -> Option<u64> {
    let mut file = File::open("/proc/self/exe").ok()?;
    let mut hasher = DefaultHasher::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer).ok()? {
            0 => return Some(hasher.finish()),
            count => hasher.write(&buffer[..count]),
        }
    }
}

/// The ranks whose value is known and not that of rank 0.
fn difference(values: &[u64]) -> Option<String> {
    let others: Vec<String> = (0..values.len())
        .filter(|&rank| values[rank] != 0 && values[0] != 0 && values[rank] != values[0])
        .map(|rank| rank.to_string())
        .collect();
    let more = others.len().saturating_sub(NAMED);
    let named = others[..others.len() - more].join(", ");
    match others.len() {
        0 => None,
        1 => Some(format!("rank {named} of {}", values.len())),
        _ if more > 0 => Some(format!("ranks {named} and {more} more of {}", values.len())),
        _ => Some(format!("ranks {named} of {}", values.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_that_differ_are_named() {
        assert_eq!(difference(&[7]), None);
        assert_eq!(difference(&[7, 7, 7]), None);
        assert_eq!(difference(&[7, 7, 8]).unwrap(), "rank 2 of 3");
        assert_eq!(difference(&[7, 1, 8]).unwrap(), "ranks 1, 2 of 3");
        let many: Vec<u64> = (1..=20).collect();
        assert_eq!(difference(&many).unwrap(), "ranks 1, 2, 3, 4, 5, 6, 7, 8 and 11 more of 20");
        // A node without /proc says nothing about its program.
        assert_eq!(difference(&[7, 0, 7]), None);
        assert_eq!(difference(&[0, 3, 4]), None);
    }

    #[test]
    fn this_process_is_what_it_is() {
        let mine = Fingerprint::of_this_process();
        assert_eq!(mine, Fingerprint::of_this_process());
        assert!(mine.program != 0 && mine.arguments != 0 && mine.program != mine.arguments);
    }
}
