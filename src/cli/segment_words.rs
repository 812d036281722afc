//! How `plan` tells what the length of the segments costs.

use crate::pipeline::{LengthCost, SegmentCost};
use crate::terms::{SECONDS_PER_DAY, Seconds, short};

/// So many times a neighbour's time are worth a user's thought.
const NOTABLY: f64 = 1.5;

/// The time axis that segments are cut from.
#[derive(Clone, Copy)]
pub(super) struct Record {
    pub(super) samples: usize,
    pub(super) interval: Seconds,
}

/// The row of a plan: the segment's factors, and how long its transforms take beside those of its neighbours.
pub(super) fn told(cost: &SegmentCost, record: Record) -> String {
    let factors: Vec<String> = cost.prime_factors.iter().map(usize::to_string).collect();
    let samples = cost.segment.samples;
    let head = format!("{samples} samples ({}) = {}", duration(samples, record.interval), factors.join(" x "));
    let neighbours = [&cost.shorter, &cost.longer];
    let [shorter, longer] = neighbours.map(|of| neighbour(of, samples, record));
    let [Some(ns), Some(shorter_ns), Some(longer_ns)] =
        [&cost.segment, neighbours[0], neighbours[1]].map(|of| of.ns_per_sample)
    else {
        return format!(
            "{head}: too long to be measured here; lengths whose prime factors are 2, 3 and 5 can be transformed faster, \
             the nearest are {shorter} and {longer}"
        );
    };
    let [than_shorter, than_longer] = [ns / shorter_ns, ns / longer_ns];
    if than_shorter.max(than_longer) < NOTABLY {
        return format!(
            "{head}: transforms take {ns:.1} ns a sample, those of {shorter} {shorter_ns:.1}, those of {longer} \
             {longer_ns:.1}, measured here"
        );
    }
    format!(
        "{head}: transforms take {than_shorter:.1} times as long a sample as those of {shorter}, {than_longer:.1} times \
         as long as those of {longer}; {ns:.1}, {shorter_ns:.1} and {longer_ns:.1} ns, measured here; [spectrum] segment \
         sets the length"
    )
}

/// A neighbour, its duration, and what it does to the distance of the frequencies, 1/(N dt).
fn neighbour(of: &LengthCost, segment: usize, record: Record) -> String {
    let change = 100.0 * (segment as f64 / of.samples as f64 - 1.0);
    let percent: f64 = format!("{:.1e}", change.abs()).parse().unwrap_or(change.abs());
    let wider = if change > 0.0 { "wider" } else { "narrower" };
    let too_long = if of.samples > record.samples { ", but longer than the record" } else { "" };
    let lasts = duration(of.samples, record.interval);
    format!("{} samples ({lasts}, bins {} % {wider}{too_long})", of.samples, short(percent))
}

/// The length of a segment, in days from one day on.
fn duration(samples: usize, interval: Seconds) -> String {
    let seconds = samples as f64 * interval.0;
    let days = (seconds / SECONDS_PER_DAY * 1e3).round() / 1e3;
    if days <= 1.0 { Seconds(seconds).to_string() } else { format!("{} days", short(days)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(prime_factors: &[usize], lengths: [usize; 3], ns: Option<[f64; 3]>) -> SegmentCost {
        let of = |at: usize| LengthCost { samples: lengths[at], ns_per_sample: ns.map(|ns| ns[at]) };
        SegmentCost { segment: of(0), prime_factors: prime_factors.to_vec(), shorter: of(1), longer: of(2) }
    }

    #[test]
    fn neighbours_are_told_with_their_durations_and_frequencies() {
        let hourly = Record { samples: 2160, interval: Seconds(3600.0) };
        let lengths = [1438, 1350, 1440];
        assert_eq!(
            told(&cost(&[2, 719], lengths, Some([8.4, 2.1, 2.0])), hourly),
            "1438 samples (59.917 days) = 2 x 719: transforms take 4.0 times as long a sample as those of 1350 samples \
             (56.25 days, bins 6.5 % wider), 4.2 times as long as those of 1440 samples (60 days, bins 0.14 % narrower); \
             8.4, 2.1 and 2.0 ns, measured here; [spectrum] segment sets the length"
        );
        assert_eq!(
            told(&cost(&[2, 719], lengths, Some([2.2, 2.1, 2.0])), hourly),
            "1438 samples (59.917 days) = 2 x 719: transforms take 2.2 ns a sample, those of 1350 samples (56.25 days, \
             bins 6.5 % wider) 2.1, those of 1440 samples (60 days, bins 0.14 % narrower) 2.0, measured here"
        );
        let minutes = Record { samples: 7, interval: Seconds(60.0) };
        assert_eq!(
            told(&cost(&[7], [7, 6, 8], None), minutes),
            "7 samples (420 s) = 7: too long to be measured here; lengths whose prime factors are 2, 3 and 5 can be \
             transformed faster, the nearest are 6 samples (360 s, bins 17 % wider) and 8 samples (480 s, bins 12 % \
             narrower, but longer than the record)"
        );
    }

    #[test]
    fn one_slow_neighbour_is_no_reason_to_be_silent() {
        let daily = Record { samples: 100, interval: Seconds(SECONDS_PER_DAY) };
        let text = told(&cost(&[7, 7], [49, 48, 50], Some([3.0, 2.5, 1.9])), daily);
        assert!(text.contains("1.2 times as long a sample as those of 48 samples (48 days"), "{text}");
        assert!(text.contains("1.6 times as long as those of 50 samples (50 days"), "{text}");
    }
}
