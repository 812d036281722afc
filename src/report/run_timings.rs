//! Where the time of a run went: the numbers of all ranks put together.

use serde::Serializer;

use super::{Phase, RankTimings};

/// What is known of a run besides its phases.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RunFacts {
    /// File name of the result.
    pub result: String,
    /// When the run ended, RFC 3339.
    pub date: String,
    /// Version of the program.
    pub oceanspec_version: String,
    /// Wall time from the start of the program.
    pub seconds: f64,
    /// Ranks.
    pub ranks: usize,
    /// Nodes.
    pub nodes: usize,
    /// Worker threads of a rank.
    pub threads: usize,
    /// Points with a spectrum, those of earlier sessions too.
    pub points: u64,
    /// Number of this run or resumption, from 1.
    pub session: u32,
    /// Tiles of the result that earlier sessions finished.
    pub tiles_finished_before: u64,
}

/// Least, mean and largest over the ranks.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Spread {
    /// Least.
    pub min: f64,
    /// Mean.
    pub mean: f64,
    /// Largest.
    pub max: f64,
}

impl Spread {
    /// Of some numbers; 0 of none.
    fn of(values: impl Iterator<Item = f64> + Clone) -> Spread {
        let count = values.clone().count().max(1) as f64;
        Spread {
            min: values.clone().reduce(f64::min).unwrap_or(0.0),
            mean: values.clone().sum::<f64>() / count,
            max: values.reduce(f64::max).unwrap_or(0.0),
        }
    }
}

/// One phase over all ranks.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct PhaseTimings {
    /// Seconds of the ranks.
    pub seconds: Spread,
    /// Bytes of all ranks together.
    pub bytes: u64,
    /// Bytes by the mean of the seconds: what all ranks together reach while they are at it. None without bytes or time.
    pub bytes_per_second: Option<f64>,
}

/// Memory over all ranks.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct MemoryTimings {
    /// What the plan projects for the fullest rank.
    pub projected_bytes_per_rank: u64,
    /// The most that the ranks held, where the system tells it of all of them.
    pub peak_bytes: Option<Spread>,
    /// The rank that held most.
    pub fullest_rank: Option<usize>,
}

/// All that a run tells of its time and memory, as it stands in `timings.json`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct RunTimings {
    /// The run.
    #[serde(flatten)]
    pub facts: RunFacts,
    /// Bytes read from snapshots by all ranks.
    pub bytes_read: u64,
    /// Bytes written by all ranks: shards, maps, journal.
    pub bytes_written: u64,
    /// By phase, in the order of the flow.
    #[serde(serialize_with = "by_name")]
    pub phases: Vec<(Phase, PhaseTimings)>,
    /// Memory.
    pub memory: MemoryTimings,
    /// Seconds of computing, the largest over the mean of the ranks: 1 where all have the same work. None where none has
    /// any.
    pub imbalance: Option<f64>,
}

fn by_name<S: Serializer>(phases: &[(Phase, PhaseTimings)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(phases.iter().map(|(phase, timings)| (phase.name(), timings)))
}

impl RunTimings {
    /// Puts together what the ranks spent, by rank.
    pub fn new(facts: RunFacts, projected_bytes_per_rank: u64, ranks: &[RankTimings]) -> Self {
        let of_phase = |phase: Phase| {
            let at = phase as usize;
            let seconds = Spread::of(ranks.iter().map(|rank| rank.seconds[at]));
            let bytes = ranks.iter().map(|rank| rank.bytes[at]).sum();
            let has_rate = bytes > 0 && seconds.mean > 0.0;
            PhaseTimings { seconds, bytes, bytes_per_second: has_rate.then(|| bytes as f64 / seconds.mean) }
        };
        let peaks: Option<Vec<u64>> = ranks.iter().map(|rank| rank.peak_bytes).collect();
        let peaks = peaks.filter(|peaks| !peaks.is_empty());
        let fullest_rank = peaks.as_ref().and_then(|peaks| {
            // Of several the first.
            (0..peaks.len()).rev().max_by_key(|&rank| peaks[rank])
        });
        let computing = of_phase(Phase::Compute).seconds;
        RunTimings {
            facts,
            bytes_read: of_phase(Phase::Read).bytes,
            bytes_written: of_phase(Phase::Write).bytes,
            phases: Phase::ALL.map(|phase| (phase, of_phase(phase))).to_vec(),
            memory: MemoryTimings {
                projected_bytes_per_rank,
                peak_bytes: peaks.map(|peaks| Spread::of(peaks.iter().map(|&bytes| bytes as f64))),
                fullest_rank,
            },
            imbalance: (computing.mean > 0.0).then(|| computing.max / computing.mean),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::report) fn facts(ranks: usize) -> RunFacts {
        RunFacts {
            result: "spectra.zarr".into(),
            date: "2026-01-02T03:04:05Z".into(),
            oceanspec_version: "0.1.0".into(),
            seconds: 12.5,
            ranks,
            nodes: 1,
            threads: 4,
            points: 1000,
            session: 2,
            tiles_finished_before: 7,
        }
    }

    pub(in crate::report) fn rank(read: f64, compute: f64, bytes: u64, peak_bytes: Option<u64>) -> RankTimings {
        let mut rank = RankTimings { seconds: [0.0; 7], bytes: [0; 7], peak_bytes };
        rank.seconds[Phase::Read as usize] = read;
        rank.seconds[Phase::Compute as usize] = compute;
        rank.bytes[Phase::Read as usize] = bytes;
        rank
    }

    #[test]
    fn three_ranks() {
        let ranks = [
            rank(1.0, 2.0, 100, Some(5 << 20)),
            rank(2.0, 6.0, 200, Some(9 << 20)),
            rank(6.0, 4.0, 600, Some(1 << 20)),
        ];
        let run = RunTimings::new(facts(3), 10 << 20, &ranks);
        let (phase, read) = run.phases[1];
        assert_eq!(phase, Phase::Read);
        assert_eq!(read.seconds, Spread { min: 1.0, mean: 3.0, max: 6.0 });
        assert_eq!((read.bytes, read.bytes_per_second), (900, Some(300.0)));
        assert_eq!((run.bytes_read, run.bytes_written), (900, 0));
        let compute = run.phases[4].1;
        assert_eq!((compute.bytes, compute.bytes_per_second), (0, None));
        assert_eq!(run.imbalance, Some(1.5));
        let mib = f64::from(1 << 20);
        assert_eq!(run.memory.peak_bytes, Some(Spread { min: mib, mean: 5.0 * mib, max: 9.0 * mib }));
        assert_eq!(run.memory.fullest_rank, Some(1));
    }

    #[test]
    fn one_rank_and_nothing_done() {
        let run = RunTimings::new(facts(1), 1, &[rank(0.0, 0.0, 50, None)]);
        // Bytes in no time have no rate, and no work no imbalance.
        let read = run.phases[1].1;
        assert_eq!((read.seconds, read.bytes_per_second), (Spread { min: 0.0, mean: 0.0, max: 0.0 }, None));
        assert_eq!((run.imbalance, run.memory.peak_bytes, run.memory.fullest_rank), (None, None, None));
        // Where one rank cannot tell, the largest of the others says nothing.
        let unknown = RunTimings::new(facts(2), 1, &[rank(1.0, 1.0, 1, Some(1)), rank(1.0, 1.0, 1, None)]);
        assert_eq!((unknown.memory.peak_bytes, unknown.imbalance), (None, Some(1.0)));
        let none = RunTimings::new(facts(0), 1, &[]);
        assert_eq!((none.imbalance, none.memory.fullest_rank), (None, None));
        let alike = [rank(1.0, 1.0, 1, Some(3)), rank(1.0, 1.0, 1, Some(3))];
        assert_eq!(RunTimings::new(facts(2), 1, &alike).memory.fullest_rank, Some(0));
    }

    #[test]
    fn as_json() {
        let run = RunTimings::new(facts(1), 4096, &[rank(2.0, 1.0, 50, Some(2048))]);
        let json = serde_json::to_value(&run).unwrap();
        assert_eq!((&json["result"], &json["session"]), (&"spectra.zarr".into(), &2.into()));
        assert_eq!(json["phases"]["read"]["seconds"]["mean"], 2.0);
        assert_eq!(json["phases"]["read"]["bytes_per_second"], 25.0);
        assert!(json["phases"]["wait"]["bytes_per_second"].is_null());
        assert_eq!(json["phases"].as_object().unwrap().len(), 7);
        assert_eq!(json["memory"]["projected_bytes_per_rank"], 4096);
        assert_eq!(json["memory"]["peak_bytes"]["max"], 2048.0);
        assert_eq!(json["imbalance"], 1.0);
    }
}
