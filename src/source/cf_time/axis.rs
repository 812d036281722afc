//! The regular axis under times that are known in milliseconds.

use super::super::time_axis::{MOST_TIMES, most_frequent};
use super::super::{SourceError, StepStatus, TimeAxis};
use super::CfTimes;
use super::times::GRAINS;
use crate::terms::Seconds;

/// A regular axis: the times are `places` steps after the first.
struct Regular {
    /// [ms]
    step: f64,
    places: Vec<u64>,
}

impl TimeAxis {
    /// Builds the axis of `times`, ascending and without doubles, those of all files; with it, the place in `times` of each
    /// of its steps, none where that time is missing.
    ///
    /// The usual step is the most frequent distance; a distance of a whole number of usual steps is a gap. Where rounding
    /// ([`CfTimes::grain`]) hides the step, as that of a seventh of a day in milliseconds, it is the one that all times are
    /// whole numbers of to twice the grain, which is at most a sixteenth of the step.
    ///
    /// `select` is half-open [seconds since 1970 of the calendar]. Where the times go on beyond it, missing times at its
    /// ends are on the axis too.
    ///
    /// # Errors
    /// [`SourceError::EmptyTime`]; [`SourceError::Uneven`] at the first distance that is no whole number of usual steps;
    /// [`SourceError::AxisTooLong`].
    pub fn of_times(times: &CfTimes, select: Option<[i64; 2]>) -> Result<(TimeAxis, Vec<Option<usize>>), SourceError> {
        let all = &times.milliseconds;
        let (Some(&record_start), Some(&record_end)) = (all.first(), all.last()) else {
            return Err(SourceError::EmptyTime { reason: "there are no snapshots".into() });
        };
        let edges = select.map(|edges| edges.map(|edge| edge.saturating_mul(1000)));
        let [start, stop] = edges.unwrap_or([i64::MIN, i64::MAX]);
        let is_selected = |time: &i64| start <= *time && *time < stop;
        let skipped = all.iter().position(is_selected).unwrap_or(all.len());
        let selected: Vec<i64> = all[skipped..].iter().copied().take_while(is_selected).collect();
        let (Some(&first), Some(&last)) = (selected.first(), selected.last()) else {
            let [from, to] = [record_start, record_end].map(|time| times.date(time));
            return Err(SourceError::EmptyTime {
                reason: format!("no snapshot in the asked interval; the record runs from {from} to {to}"),
            });
        };
        let Regular { step, places } = Regular::of(&selected, times.grain).ok_or_else(|| uneven(times, &selected))?;
        // Of a single time, the step is not known.
        let (before, after) = match edges {
            Some(_) if selected.len() > 1 => {
                let room = |from: i64, to: i64| to.saturating_sub(from) as f64 / step;
                let before = room(record_start, first).min(room(start, first)).floor();
                (before, room(last, record_end).floor().min(room(last, stop).ceil() - 1.0))
            }
            _ => (0.0, 0.0),
        };
        let [before, after] = [before, after].map(|steps| (steps.max(0.0) as u64).min(MOST_TIMES as u64));
        let count = places.last().copied().unwrap_or(0).saturating_add(before + after + 1);
        if count > MOST_TIMES as u64 {
            return Err(SourceError::AxisTooLong {
                first: times.date(first),
                last: times.date(last),
                step: Seconds(step / 1000.0).to_string(),
                count,
                most: MOST_TIMES,
            });
        }
        let mut found = vec![None; count as usize];
        for (at, place) in places.iter().enumerate() {
            found[(before + place) as usize] = Some(skipped + at);
        }
        let since_epoch = first.saturating_sub(times.epoch_seconds.saturating_mul(1000)) as f64;
        let axis = TimeAxis {
            first_iteration: 0,
            iterations_per_step: 1,
            seconds_per_iteration: step / 1000.0,
            origin_seconds: (since_epoch - before as f64 * step) / 1000.0,
            epoch_seconds: times.epoch_seconds,
            calendar: times.calendar,
            averaged_over: None,
            status: found.iter().map(|at| at.map_or(StepStatus::Missing, |_| StepStatus::Used)).collect(),
        };
        Ok((axis, found))
    }
}

impl Regular {
    /// The axis of times that ascend; none of others, or where they are uneven.
    fn of(times: &[i64], grain: i64) -> Option<Regular> {
        if times.windows(2).any(|pair| pair[1] <= pair[0]) {
            return None;
        }
        let Some(usual) = usual_step(times) else {
            return Some(Regular { step: 1000.0, places: vec![0; times.len()] });
        };
        let offset = |time: &i64| time.abs_diff(times[0]);
        if times.iter().all(|time| offset(time).is_multiple_of(usual)) {
            return Some(Regular {
                step: usual as f64,
                places: times.iter().map(|time| offset(time) / usual).collect(),
            });
        }
        let steps = |pair: &[i64]| (pair[1].abs_diff(pair[0]) as f64 / usual as f64).round().max(1.0) as u64;
        let mut places = vec![0];
        for pair in times.windows(2) {
            places.push(places[places.len() - 1] + steps(pair));
        }
        let mean = times.last().map(offset)? as f64 / *places.last()? as f64;
        // A line through both ends is off by what they are off, and each time by as much.
        let most = (2.0 * grain as f64).min(mean / 16.0);
        let fits = |step: &f64| {
            let off = |(time, place): (&i64, &u64)| (offset(time) as f64 - *place as f64 * step).abs();
            times.iter().zip(&places).all(|at| off(at) <= most)
        };
        // The roundest one that fits.
        let rounded = GRAINS.iter().rev().map(|grain| (mean / *grain as f64).round() * *grain as f64);
        let step = rounded.filter(|step| *step > 0.0).chain([mean]).find(fits)?;
        Some(Regular { step, places })
    }
}

/// The most frequent distance between neighbours that ascend, the least of equally frequent ones.
pub(super) fn usual_step(times: &[i64]) -> Option<u64> {
    let ascending = times.windows(2).filter(|pair| pair[0] < pair[1]);
    most_frequent(ascending.map(|pair| pair[1].abs_diff(pair[0])).collect())
}

/// Where the times are uneven.
fn uneven(times: &CfTimes, selected: &[i64]) -> SourceError {
    let usual = usual_step(selected).unwrap_or(1);
    let ascends = |pair: &[i64]| pair[0] < pair[1];
    // From the nearest whole number of steps that is not 0.
    let off = |pair: &[i64]| {
        let distance = pair[1].abs_diff(pair[0]);
        let past = distance % usual;
        if distance < usual { usual - distance } else { past.min(usual - past) }
    };
    let noise = 2 * times.grain.unsigned_abs();
    let worse_than = |most: u64| selected.windows(2).find(move |pair| !ascends(pair) || off(pair) > most);
    let pair = worse_than(noise).or_else(|| worse_than(0)).unwrap_or(selected);
    let [before, after] = [pair.first(), pair.last()].map(|time| time.copied().unwrap_or_default());
    let seconds = |milliseconds: f64| Seconds(milliseconds / 1000.0).to_string();
    SourceError::Uneven {
        before: times.date(before),
        after: times.date(after),
        got: seconds(after.saturating_sub(before) as f64),
        usual: seconds(usual as f64),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::TimeUnits;
    use super::*;
    use crate::source::dataset::ElementKind;
    use crate::terms::{Calendar, DateTime};

    fn read(units: &str, calendar: Calendar, epoch: Option<i64>, values: &[f64], stored: ElementKind) -> CfTimes {
        TimeUnits::parse(units, calendar, epoch).unwrap().times(values, stored).unwrap()
    }

    fn of(units: &str, values: &[f64]) -> Result<TimeAxis, SourceError> {
        let times = read(units, Calendar::Standard, None, values, ElementKind::Float64);
        TimeAxis::of_times(&times, None).map(|(axis, _)| axis)
    }

    fn seconds(axis: &TimeAxis) -> Vec<f64> {
        (0..axis.len()).map(|step| axis.seconds(step)).collect()
    }

    #[test]
    fn gaps_are_missing_steps_and_odd_distances_are_errors() {
        let times = read("h since 2011-10-01", Calendar::Standard, None, &[-1.0, 0.0, 2.0, 3.0], ElementKind::Float64);
        let (axis, places) = TimeAxis::of_times(&times, None).unwrap();
        assert_eq!(places, [Some(0), Some(1), None, Some(2), Some(3)]);
        assert_eq!(axis.missing().collect::<Vec<_>>(), [2]);
        assert_eq!(seconds(&axis), [-3600.0, 0.0, 3600.0, 7200.0, 10_800.0]);
        assert_eq!((axis.interval(), axis.date(0)), (3600.0, "2011-09-30T23:00:00".into()));
        assert_eq!(axis.epoch_date(), "2011-10-01T00:00:00");

        let error = of("h since 2011-10-01", &[3.0, 4.0, 5.0, 6.5, 7.5]).unwrap_err().to_string();
        for part in ["2011-10-01T05:00:00", "2011-10-01T06:30:00", "5400 s later", "usual step is 1 h"] {
            assert!(error.contains(part), "{error}");
        }
        assert_eq!(of("h since 2011-10-01", &[5.0]).unwrap().len(), 1);
        assert!(of("h since 2011-10-01", &[]).is_err());
        for values in [[1.0, 2.0, 2.0], [1.0, 0.0, -1.0], [1.0, 2.0, 1.0]] {
            assert!(matches!(of("h since 2011-10-01", &values), Err(SourceError::Uneven { .. })));
        }
    }

    #[test]
    fn an_epoch_gives_the_seconds_of_binary_files() {
        // 25 s a step, an hour apart, first iteration 10368: as MITgcm writes them into .data, and into netCDF.
        let epoch = Calendar::ProlepticGregorian.seconds(&DateTime::midnight(2011, 9, 10)).unwrap();
        let iterations: Vec<u64> = (0..720).map(|step| 10_368 + 144 * step).collect();
        let binary = TimeAxis::new(&iterations, 25.0, epoch, None).unwrap();
        let model: Vec<f64> = iterations.iter().map(|iteration| *iteration as f64 * 25.0).collect();
        let hours: Vec<f64> = model.iter().map(|seconds| seconds / 3600.0 - 24.0).collect();
        for (units, values, stored) in [
            ("s", &model, ElementKind::Float64),
            ("seconds since 2011-09-10 00:00:00", &model, ElementKind::Int(8)),
            ("hours since 2011-09-11", &hours, ElementKind::Float64),
            ("hours since 2011-09-11", &hours, ElementKind::Float32),
        ] {
            let times = read(units, Calendar::ProlepticGregorian, Some(epoch), values, stored);
            let (axis, _) = TimeAxis::of_times(&times, None).unwrap();
            let bits = |axis: &TimeAxis| seconds(axis).into_iter().map(f64::to_bits).collect::<Vec<_>>();
            assert_eq!(bits(&axis), bits(&binary), "{units}");
            assert_eq!((axis.interval(), axis.epoch_date()), (binary.interval(), binary.epoch_date()));
            assert_eq!((axis.date(5), axis.calendar), (binary.date(5), binary.calendar));
        }
    }

    #[test]
    fn single_precision_is_even_and_honest_unevenness_is_not() {
        for (units, first) in [("days since 2010-01-01", 729.0), ("days since 1950-01-01", 22_644.0)] {
            let mut values: Vec<f64> =
                (0..8784).map(|hour| f64::from((first + f64::from(hour) / 24.0) as f32)).collect();
            let axis = |values: &[f64]| {
                let times = read(units, Calendar::Standard, None, values, ElementKind::Float32);
                TimeAxis::of_times(&times, None).map(|(axis, _)| axis)
            };
            let even = axis(&values).unwrap();
            assert_eq!((even.len(), even.interval()), (8784, 3600.0));
            assert_eq!(even.date(8783), "2012-12-30T23:00:00");
            // A gap is one, half an hour is none.
            values.remove(100);
            assert_eq!(axis(&values).unwrap().missing().collect::<Vec<_>>(), [100]);
            for value in &mut values[4000..] {
                *value += 0.5 / 24.0;
            }
            let error = axis(&values).unwrap_err().to_string();
            assert!(error.contains("5400 s later, where the usual step is 1 h"), "{error}");
        }
        // Months.
        assert!(of("days since 2001-01-01", &[0.0, 31.0, 59.0, 90.0, 120.0]).is_err());
        // A second too late.
        let late: Vec<f64> =
            (0..100).map(|hour| f64::from(hour) + if hour > 50 { 1.0 / 3600.0 } else { 0.0 }).collect();
        assert!(of("hours since 2001-01-01", &late).unwrap_err().to_string().contains("3601 s later"));
    }

    #[test]
    fn steps_that_are_no_whole_milliseconds_are_found() {
        let sevenths: Vec<f64> = (0..500).filter(|step| *step != 77).map(|step| f64::from(step) / 7.0).collect();
        let axis = of("days since 2001-01-01", &sevenths).unwrap();
        assert!((axis.interval() - 86_400.0 / 7.0).abs() < 1e-5, "{}", axis.interval());
        assert_eq!((axis.len(), axis.missing().collect::<Vec<_>>()), (500, vec![77]));
        for step in 0..500 {
            assert!((axis.seconds(step) - step as f64 * 86_400.0 / 7.0).abs() < 2e-3);
        }
        // 3725 s are no multiple of the 10 s that these are rounded to.
        let odd: Vec<f64> =
            (0..2000).map(|step| f64::from((f64::from(step) * 3725.0 / 86_400.0 + 200.0) as f32)).collect();
        let times = read("days since 2001-01-01", Calendar::Standard, None, &odd, ElementKind::Float32);
        let (axis, _) = TimeAxis::of_times(&times, None).unwrap();
        assert_eq!((times.grain, axis.len(), axis.interval()), (10_000, 2000, 3725.0));
    }

    #[test]
    fn a_selection_reaches_to_its_ends() {
        // Every hour, 2 and 7 are missing.
        let values = [0.0, 1.0, 3.0, 4.0, 5.0, 6.0, 8.0, 9.0];
        let times = read("h since 2011-10-01", Calendar::NoLeap, None, &values, ElementKind::Float64);
        let start = Calendar::NoLeap.seconds(&DateTime::midnight(2011, 10, 1)).unwrap();
        let at =
            |select: [f64; 2]| TimeAxis::of_times(&times, Some(select.map(|hours| start + (hours * 3600.0) as i64)));
        let (axis, places) = at([2.0, 8.0]).unwrap();
        assert_eq!(places, [None, Some(2), Some(3), Some(4), Some(5), None]);
        assert_eq!((axis.seconds(0), axis.date(0)), (7200.0, "2011-10-01T02:00:00".into()));
        assert_eq!(at([2.1, 7.0]).unwrap().1, [Some(2), Some(3), Some(4), Some(5)]);
        // The record begins and ends with its files.
        assert_eq!(at([-9.0, 99.0]).unwrap().0.len(), 10);
        assert_eq!(at([9.0, 99.0]).unwrap().1, [Some(7)]);
        let error = at([2.0, 3.0]).unwrap_err().to_string();
        assert!(error.contains("from 2011-10-01T00:00:00 to 2011-10-01T09:00:00"), "{error}");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let values: Vec<f64> = (0..4).map(|day| f64::from(day) + 0.5).collect();
        for (calendar, last) in [
            (Calendar::Standard, "2012-03-01T12:00:00"),
            (Calendar::NoLeap, "2012-03-02T12:00:00"),
            (Calendar::Day360, "2012-02-30T12:00:00"),
        ] {
            let times = read("days since 2012-02-27", calendar, None, &values, ElementKind::Float64);
            let (axis, _) = TimeAxis::of_times(&times, None).unwrap();
            assert_eq!((axis.date(3), axis.calendar), (last.into(), calendar));
        }
    }

    #[test]
    fn no_time_makes_an_endless_axis() {
        let error = of("days since 2001-01-01", &[0.0, 1e-3, 100_000.0]).unwrap_err().to_string();
        assert!(error.contains("from 2001-01-01T00:00:00 to 2274-10-17T00:00:00 in steps of 86.4 s"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_time_is_on_the_axis_that_is_accepted(
            mut milliseconds in proptest::collection::vec(prop_oneof![-60_i64..60, any::<i64>()], 0..6),
            grain in proptest::sample::select(&GRAINS[..]),
            select in proptest::option::of([any::<i64>(), any::<i64>()]),
            (epoch_seconds, sorted) in (any::<i64>(), any::<bool>()),
        ) {
            if sorted {
                milliseconds.sort_unstable();
                milliseconds.dedup();
            }
            let times = CfTimes { calendar: Calendar::Standard, epoch_seconds, milliseconds, grain };
            if let Ok((axis, places)) = TimeAxis::of_times(&times, select) {
                prop_assert_eq!(axis.len(), places.len());
                let there: Vec<usize> = places.iter().flatten().copied().collect();
                prop_assert!(there.windows(2).all(|pair| pair[1] == pair[0] + 1));
                axis.date(axis.len() - 1);
            }
        }

        #[test]
        fn even_times_come_back(
            first in -1_000_000_000_i64..1_000_000_000, step in 1_i64..100_000,
            gaps in proptest::collection::vec(1_u64..4, 2..30), reference in -1_000_000_000_i64..1_000_000_000,
        ) {
            // Whole seconds.
            let mut places = vec![0];
            for gap in &gaps {
                places.push(places[places.len() - 1] + gap);
            }
            let time = |place: &u64| (first + *place as i64 * step) * 1000;
            let milliseconds = places.iter().map(time).collect();
            let times = CfTimes { calendar: Calendar::Day360, epoch_seconds: reference, milliseconds, grain: 1 };
            if let Ok((axis, found)) = TimeAxis::of_times(&times, None) {
                for (place, at) in found.iter().enumerate() {
                    if let Some(at) = at {
                        prop_assert_eq!(axis.seconds(place), (times.milliseconds[*at] / 1000 - reference) as f64);
                    }
                }
            } else {
                let single = gaps.iter().filter(|gap| **gap == 1).count();
                prop_assert!(2 * single <= gaps.len(), "{gaps:?}");
            }
        }
    }
}
