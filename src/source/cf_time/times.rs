//! Values of a time coordinate to exact times.

use super::TimeUnits;
use crate::source::dataset::ElementKind;
use crate::terms::{Calendar, ParseTermError};

/// Times of snapshots, as exact as they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CfTimes {
    /// Calendar.
    pub calendar: Calendar,
    /// What an axis of them counts from [seconds since 1970 of the calendar].
    pub epoch_seconds: i64,
    /// The times, in the order of the values [ms since 1970 of the calendar].
    pub milliseconds: Vec<i64>,
    /// What times are rounded to, from the reference on [ms]; 1 but where the values are coarser.
    pub grain: i64,
}

/// What times may be rounded to [ms]; each a whole number of times the one before, so that what is a multiple of a coarse
/// one is one of all finer ones.
pub(super) const GRAINS: [i64; 14] = [
    1, 10, 100, 1_000, 10_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000, 43_200_000,
    86_400_000,
];

/// Times so far from the reference are not looked at [ms]: 30 000 years.
const FARTHEST: f64 = 1e15;

impl TimeUnits {
    /// The times of `values`, of which `stored` is the type in the file.
    ///
    /// They are rounded to a whole millisecond. Where neighbouring numbers of the stored type are farther apart than that
    /// (float32: days since 1950 are known to 3 minutes), they are rounded to the next coarser of 10 ms, 100 ms, 1 s, 10 s, 1 min,
    /// 5 min, 10 min, 30 min, 1 h, 3 h, 6 h, 12 h and 1 day, which finds the times that were written if they are multiples
    /// of it; if that makes the distances uneven, to the coarsest of the finer ones that leaves them even, if any does.
    ///
    /// # Errors
    /// Values that are no numbers, times outside of the years -9999 to 9999, neighbours that become one time.
    pub fn times(&self, values: &[f64], stored: ElementKind) -> Result<CfTimes, ParseTermError> {
        let wrong = |at: usize, reason: String| ParseTermError { text: format!("value {at}, {}", values[at]), reason };
        // Of two whole numbers, so that whole seconds and days stay exact.
        let milliseconds = |value: f64| match self.nanoseconds {
            long if long % 1_000_000 == 0 => value * (long / 1_000_000) as f64,
            short => value / (1_000_000 / short) as f64,
        };
        let since: Vec<f64> = values.iter().map(|value| milliseconds(*value)).collect();
        let known = |time: &f64| {
            let date = |since: f64| self.calendar.date_time((self.reference + since as i64).div_euclid(1000), 0);
            time.abs() <= FARTHEST && date(*time).is_some()
        };
        if let Some(at) = since.iter().position(|time| !known(time)) {
            let reason = match values[at].is_nan() {
                true => {
                    "is missing: _FillValue, of Zarr 2 fill_value, is a time's own value, or the time was never written"
                }
                false => "is no time in the years -9999 to 9999",
            };
            return Err(wrong(at, reason.into()));
        }
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let resolution = milliseconds(spacing(largest, stored));
        let Some(coarsest) = GRAINS.iter().position(|grain| resolution < *grain as f64) else {
            let at = values.iter().position(|value| value.abs() == largest).unwrap_or(0);
            return Err(wrong(at, "is so large that its type does not tell one day from the next".into()));
        };
        let rounded = |grain: i64| -> Vec<i64> {
            since.iter().map(|time| (time / grain as f64).round() as i64 * grain).collect()
        };
        let grain = GRAINS[..=coarsest].iter().rev().find(|grain| is_even(&rounded(**grain))).copied();
        let grain = grain.unwrap_or(GRAINS[coarsest]);
        let times = rounded(grain);
        let become_one = |at: &usize| times[*at] == times[at + 1] && values[*at] != values[at + 1];
        if let Some(at) = (0..times.len().saturating_sub(1)).find(become_one) {
            let reason = format!(
                "and the next, {}, are too close: numbers of this type and size are {} apart; store the time as float64",
                values[at + 1],
                crate::terms::Seconds(resolution / 1000.0),
            );
            return Err(wrong(at, reason));
        }
        Ok(CfTimes {
            calendar: self.calendar,
            epoch_seconds: self.epoch_seconds,
            milliseconds: times.into_iter().map(|time| self.reference + time).collect(),
            grain,
        })
    }
}

impl CfTimes {
    /// ISO 8601 of a time [ms since 1970], for messages.
    pub fn date(&self, milliseconds: i64) -> String {
        let nanosecond = milliseconds.rem_euclid(1000) as u32 * 1_000_000;
        let date = self.calendar.date_time(milliseconds.div_euclid(1000), nanosecond);
        date.map_or_else(|| format!("{milliseconds} ms since 1970"), |date| date.to_string())
    }
}

/// From a value up to the next one that the type has.
fn spacing(value: f64, stored: ElementKind) -> f64 {
    match stored {
        ElementKind::Int(_) | ElementKind::UInt(_) => 0.0,
        ElementKind::Float32 => {
            let value = value as f32;
            f64::from(value.next_up()) - f64::from(value)
        }
        ElementKind::Float64 => value.next_up() - value,
    }
}

/// Whether times ascend by whole numbers of the most frequent distance.
fn is_even(times: &[i64]) -> bool {
    let even = |usual: u64, pair: &[i64]| pair[0] < pair[1] && pair[1].abs_diff(pair[0]).is_multiple_of(usual);
    super::axis::usual_step(times).is_none_or(|usual| times.windows(2).all(|pair| even(usual, pair)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::terms::DateTime;

    fn units(text: &str) -> TimeUnits {
        TimeUnits::parse(text, Calendar::Standard, None).unwrap()
    }

    fn hours(times: &CfTimes) -> Vec<i64> {
        times.milliseconds.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    #[test]
    fn values_are_the_dates_of_cftime() {
        let fixture: Value = serde_json::from_str(include_str!("../../../tests/fixtures/calendar.json")).unwrap();
        let cases = fixture["values"].as_array().unwrap();
        assert_eq!(cases.len(), 72);
        for case in cases {
            let calendar: Calendar = case["calendar"].as_str().unwrap().parse().unwrap();
            let units = TimeUnits::parse(case["units"].as_str().unwrap(), calendar, None).unwrap();
            let numbers =
                |value: &Value| -> Vec<f64> { value.as_array().unwrap().iter().map(|n| n.as_f64().unwrap()).collect() };
            let times = units.times(&numbers(&case["values"]), ElementKind::Float64).unwrap();
            assert_eq!(times.grain, 1);
            for (time, expected) in times.milliseconds.iter().zip(case["dates"].as_array().unwrap()) {
                let parts = numbers(expected);
                let [month, day, hour, minute, second] = [1, 2, 3, 4, 5].map(|at| parts[at] as u8);
                let nanosecond = parts[6] as u32 * 1_000_000;
                let date = DateTime { year: parts[0] as i32, month, day, hour, minute, second, nanosecond };
                assert_eq!(times.date(*time), date.to_string(), "{case}");
            }
        }
    }

    #[test]
    fn hours_written_as_days_are_hours() {
        // Every hour of a leap year.
        let values = |first: f64| (0..8784).map(move |hour| first + f64::from(hour) / 24.0);
        let exact: Vec<f64> = values(22_644.0).collect();
        let times = units("days since 1950-01-01").times(&exact, ElementKind::Float64).unwrap();
        assert_eq!((times.grain, times.date(times.milliseconds[0])), (1, "2011-12-31T00:00:00".into()));
        assert!(hours(&times).iter().all(|distance| *distance == 3_600_000));

        for (reference, first, grain) in
            [("2010-01-01", 729.0, 60_000), ("1950-01-01", 22_644.0, 300_000), ("2011-12-31", 0.0, 10_000)]
        {
            let single: Vec<f64> = values(first).map(|value| f64::from(value as f32)).collect();
            let times = units(&format!("days since {reference}")).times(&single, ElementKind::Float32).unwrap();
            assert_eq!((times.grain, times.date(times.milliseconds[0])), (grain, "2011-12-31T00:00:00".into()));
            assert!(hours(&times).iter().all(|distance| *distance == 3_600_000), "{reference}");
            // In another type they would be what they are: uneven.
            let times = units("days since 2010-01-01").times(&single, ElementKind::Float64).unwrap();
            assert!(hours(&times).iter().any(|distance| *distance != 3_600_000));
        }
        // Too coarse: half an hour is 4 numbers.
        let single: Vec<f64> = values(730_000.0).map(|value| f64::from(value as f32)).collect();
        let error = units("days since 0001-01-01").times(&single, ElementKind::Float32).unwrap_err().to_string();
        assert!(error.contains("too close") && error.contains("float64"), "{error}");
    }

    #[test]
    fn whole_numbers_are_exact() {
        let times = units("milliseconds since 2011-09-10").times(&[-1.0, 0.0, 1.0], ElementKind::Int(8)).unwrap();
        let dates: Vec<String> = times.milliseconds.iter().map(|time| times.date(*time)).collect();
        assert_eq!(dates, ["2011-09-09T23:59:59.999", "2011-09-10T00:00:00", "2011-09-10T00:00:00.001"]);
        let values = [1_315_612_800e9, 1_315_616_400e9];
        let times = units("nanoseconds since 1970-01-01").times(&values, ElementKind::Int(8)).unwrap();
        assert_eq!(times.milliseconds, [1_315_612_800_000, 1_315_616_400_000]);
    }

    #[test]
    fn single_precision_that_is_exact_is_not_rounded() {
        // Steps of 128 s since 1970, which float32 has exactly where minutes are not.
        let values: Vec<f64> = (0..50).map(|step| 1_315_612_928.0 + 128.0 * f64::from(step)).collect();
        let times = units("seconds since 1970-01-01").times(&values, ElementKind::Float32).unwrap();
        assert!(hours(&times).iter().all(|distance| *distance == 128_000), "{times:?}");
    }

    #[test]
    fn what_is_no_time_is_told_with_its_place() {
        let days = units("days since 1950-01-01");
        for value in [f64::NAN, f64::INFINITY, 9.96921e36, -1e10, 3e6] {
            let error = days.times(&[0.0, 1.0, value], ElementKind::Float64).unwrap_err().to_string();
            let why = if value.is_nan() { "is missing: _FillValue" } else { "9999" };
            assert!(error.contains("value 2") && error.contains(why), "{error}");
        }
        let grain = days.times(&[0.0, 2_900_000.0], ElementKind::Float32).map(|times| times.grain);
        assert_eq!(grain, Ok(43_200_000));
        assert!(days.times(&[], ElementKind::Float64).unwrap().milliseconds.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn times_come_back_from_their_values(
            first in -50_000_000_i64..50_000_000,
            steps in proptest::collection::vec(1_i64..5000, 0..40),
            (unit, nanoseconds) in proptest::sample::select(&[("s", 1e9), ("hours", 3.6e12), ("days", 8.64e13), ("weeks", 6.048e14)][..]),
        ) {
            // Whole minutes, in float64.
            let minutes: Vec<i64> = std::iter::once(first).chain(steps.iter().scan(first, |at, step| { *at += step; Some(*at) })).collect();
            let values: Vec<f64> = minutes.iter().map(|minute| *minute as f64 * 6e10 / nanoseconds).collect();
            let times = units(&format!("{unit} since 1970-01-01")).times(&values, ElementKind::Float64).unwrap();
            let expected: Vec<i64> = minutes.iter().map(|minute| minute * 60_000).collect();
            prop_assert_eq!(times.milliseconds, expected);
        }

        #[test]
        fn no_value_makes_it_panic(values in proptest::collection::vec(any::<f64>(), 0..6), near in proptest::collection::vec(-1e6..1e6, 0..6)) {
            for units in ["ns since 1970-01-01", "s since -9999-01-01", "weeks since 9999-12-31"].map(units) {
                for values in [&values, &near] {
                    for stored in [ElementKind::Float32, ElementKind::Float64, ElementKind::Int(8)] {
                        if let Ok(times) = units.times(values, stored) {
                            prop_assert_eq!(times.milliseconds.len(), values.len());
                        }
                    }
                }
            }
        }
    }
}
