//! Ranks that are missed, in words.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::terms::Seconds;

/// Ranks of which nothing is heard any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} not been heard of{} for {} ([run] stall_timeout): stopped, or the host or its network is gone; all ranks are \
     ended, run again with --resume",
    verb(ranks, hosts),
    by.as_ref().map_or_else(String::new, |(rank, host)| format!(" by rank {rank} on {host}")),
    Seconds(silence.as_secs_f64().round())
)]
pub struct Lost {
    /// The ranks, ascending.
    pub ranks: Vec<usize>,
    /// The host of each.
    pub hosts: Vec<String>,
    /// The rank that misses rank 0, and its host; none where rank 0 misses others.
    pub by: Option<(usize, String)>,
    /// For how long nothing was heard.
    pub silence: Duration,
}

fn verb(ranks: &[usize], hosts: &[String]) -> String {
    format!("{} {}", named(ranks, hosts), if ranks.len() == 1 { "has" } else { "have" })
}

/// Ranks and hosts of a list that are named.
const NAMED: usize = 8;

/// "rank 2 on n3", "ranks 4, 5 on n3, n4".
pub(super) fn named(ranks: &[usize], hosts: &[String]) -> String {
    let list = |names: Vec<String>| {
        let others = names.len().saturating_sub(NAMED);
        let shown = names[..names.len() - others].join(", ");
        if others == 0 { shown } else { format!("{shown} and {others} more") }
    };
    let different: BTreeSet<&String> = hosts.iter().collect();
    format!(
        "rank{} {} on {}",
        if ranks.len() == 1 { "" } else { "s" },
        list(ranks.iter().map(usize::to_string).collect()),
        list(different.into_iter().cloned().collect())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_names_ranks_hosts_time_and_key() {
        let lost = |ranks: Vec<usize>, hosts: &[&str], by: Option<(usize, &str)>| Lost {
            ranks,
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            by: by.map(|(rank, host)| (rank, host.to_owned())),
            silence: Duration::from_millis(60_212),
        };
        let rest = "for 60 s ([run] stall_timeout): stopped, or the host or its network is gone; all ranks are ended, run \
                    again with --resume";
        assert_eq!(lost(vec![2], &["n3"], None).to_string(), format!("rank 2 on n3 has not been heard of {rest}"));
        assert_eq!(
            lost(vec![4, 5], &["n3", "n3"], None).to_string(),
            format!("ranks 4, 5 on n3 have not been heard of {rest}")
        );
        assert_eq!(
            lost(vec![0], &["n1"], Some((1, "n2"))).to_string(),
            format!("rank 0 on n1 has not been heard of by rank 1 on n2 {rest}")
        );
        let many = lost((1..=20).collect(), &["b", "a", "b"], None).to_string();
        assert!(many.starts_with("ranks 1, 2, 3, 4, 5, 6, 7, 8 and 12 more on a, b have not"), "{many}");
    }
}
