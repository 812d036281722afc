//! The table at the end of a run.

use super::{PhaseTimings, RunTimings};
use crate::terms::Bytes;

/// Below the table, for those who add up its columns.
const SECONDS_MEAN: &str = "seconds: of a rank's threads together, divided by their number; phases overlap, so they do not add up to the whole";

impl RunTimings {
    /// The table, line by line in aligned columns, and what is to be said of memory and balance. With one rank there is
    /// nothing to spread over.
    pub fn lines(&self) -> Vec<String> {
        let several = self.facts.ranks > 1;
        let seconds: &[&str] = if several { &["min s", "mean s", "max s"] } else { &["seconds"] };
        let header = ["phase"].iter().chain(seconds).chain(&["bytes", "rate"]).map(|&cell| cell.to_owned()).collect();
        let rows = self.phases.iter().map(|(phase, timings)| {
            let name = phase.name().to_owned();
            std::iter::once(name).chain(cells(timings, several)).collect()
        });
        let mut lines = aligned(&std::iter::once(header).chain(rows).collect::<Vec<Vec<String>>>());
        lines.push(SECONDS_MEAN.to_owned());
        lines.extend(self.memory_and_balance(several));
        lines
    }

    fn memory_and_balance(&self, several: bool) -> Option<String> {
        let memory = self.memory.peak_bytes.map(|peak| {
            let rank = self.memory.fullest_rank.filter(|_| several);
            let on = rank.map_or_else(String::new, |rank| format!(" on rank {rank}"));
            let planned = Bytes(self.memory.projected_bytes_per_rank);
            format!("peak memory: {}{on}, {planned} planned", Bytes(peak.max as u64))
        });
        let imbalance = self.imbalance.filter(|_| several);
        let imbalance = imbalance.map(|imbalance| format!("imbalance of computing {imbalance:.2} (largest over mean)"));
        let parts: Vec<String> = memory.into_iter().chain(imbalance).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

fn cells(timings: &PhaseTimings, several: bool) -> Vec<String> {
    let spread = timings.seconds;
    let seconds = if several { vec![spread.min, spread.mean, spread.max] } else { vec![spread.mean] };
    let bytes = if timings.bytes > 0 { Bytes(timings.bytes).to_string() } else { String::new() };
    let rate = timings.bytes_per_second.map_or_else(String::new, |rate| format!("{}/s", Bytes(rate as u64)));
    seconds.into_iter().map(|seconds| format!("{seconds:.2}")).chain([bytes, rate]).collect()
}

/// The first column to the left, the others to the right.
fn aligned(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(String::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells =
            row.iter().zip(&widths).enumerate().map(|(at, (cell, &width))| {
                if at == 0 { format!("{cell:<width$}") } else { format!("  {cell:>width$}") }
            });
        cells.collect::<String>().trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::super::run_timings::tests::{facts, rank};
    use super::*;

    #[test]
    fn of_three_ranks() {
        let ranks = [
            rank(1.0, 2.0, 100, Some(5 << 20)),
            rank(2.0, 6.0, 200 << 20, Some(612 << 20)),
            rank(126.0, 4.0, 600, Some(1 << 20)),
        ];
        let lines = RunTimings::new(facts(3), 690 << 20, &ranks).lines();
        let expected = [
            "phase     min s  mean s   max s       bytes        rate",
            "scan       0.00    0.00    0.00",
            "read       1.00   43.00  126.00  200.00 MiB  4.65 MiB/s",
            "prepare    0.00    0.00    0.00",
            "exchange   0.00    0.00    0.00",
            "compute    2.00    4.00    6.00",
            "write      0.00    0.00    0.00",
            "wait       0.00    0.00    0.00",
            SECONDS_MEAN,
            "peak memory: 612.00 MiB on rank 1, 690.00 MiB planned; imbalance of computing 1.50 (largest over mean)",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn of_one_rank() {
        let lines = RunTimings::new(facts(1), 690 << 20, &[rank(2.0, 1.25, 3 << 30, Some(612 << 20))]).lines();
        assert_eq!(lines[0], "phase     seconds     bytes        rate");
        assert_eq!(lines[2], "read         2.00  3.00 GiB  1.50 GiB/s");
        assert_eq!(lines[5], "compute      1.25");
        assert_eq!(lines[9..], ["peak memory: 612.00 MiB, 690.00 MiB planned"]);
        let unknown = RunTimings::new(facts(1), 1, &[rank(2.0, 1.0, 3, None)]).lines();
        assert_eq!(unknown.len(), 9, "{unknown:?}");
    }
}
