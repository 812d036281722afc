//! What is in the values: of one map, and of all maps of a field at one record and level.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher};

use serde::Serialize;

use super::Clock;

/// Iterations listed of each kind of odd snapshot.
const LISTED: usize = 100;

/// A value with its place and time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extreme {
    /// The value as stored.
    pub value: f64,
    /// 0-based row.
    pub j: u64,
    /// 0-based column.
    pub i: u64,
    /// Its snapshot; none of a restart file.
    pub iteration: Option<u64>,
    /// Date of the snapshot, where it is known.
    pub date: Option<String>,
}

/// All maps of a field at one record and level.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValuesReport {
    /// Record, 1-based.
    pub record: u64,
    /// Its name, where there is one.
    pub record_name: Option<String>,
    /// Level, 1-based.
    pub level: u64,
    /// Values read.
    pub values: u64,
    /// Values that are no numbers.
    pub nan: u64,
    /// Infinite values.
    pub infinite: u64,
    /// Snapshots with a value that is no number or infinite.
    pub snapshots_with_nan: u64,
    /// Whether such values lie at the same places in every snapshot, as land may.
    pub nan_is_fixed: bool,
    /// Least finite value, the first of equal ones; none where no value is finite.
    pub minimum: Option<Extreme>,
    /// Greatest finite value, the first of equal ones.
    pub maximum: Option<Extreme>,
    /// Values outside the valid range that was given; NaN and infinite ones are not among them.
    pub out_of_range: Option<u64>,
    /// Iterations of snapshots with one value everywhere; at most 100.
    pub constant: Vec<u64>,
    /// Snapshots whose bytes are those of an earlier one, with the iteration of that one; at most 100.
    pub repeated: Vec<[u64; 2]>,
}

/// What is in one map, or the part of it that was seen.
#[derive(Clone, Debug)]
pub(super) struct MapValues {
    values: u64,
    nan: u64,
    infinite: u64,
    out_of_range: u64,
    minimum: Option<(f64, u64, u64)>,
    maximum: Option<(f64, u64, u64)>,
    bytes: DefaultHasher,
    odd_places: DefaultHasher,
}

impl MapValues {
    pub(super) fn new() -> Self {
        MapValues {
            values: 0,
            nan: 0,
            infinite: 0,
            out_of_range: 0,
            minimum: None,
            maximum: None,
            bytes: DefaultHasher::new(),
            odd_places: DefaultHasher::new(),
        }
    }

    /// Adds stored `bytes` and the `values` in them, a stretch of row `j` from column `i`.
    pub(super) fn add(&mut self, bytes: &[u8], values: &[f64], j: u64, i: u64, valid_range: Option<[f64; 2]>) {
        self.bytes.write(bytes);
        self.values += values.len() as u64;
        for (column, &value) in (i..).zip(values) {
            if !value.is_finite() {
                self.nan += u64::from(value.is_nan());
                self.infinite += u64::from(value.is_infinite());
                self.odd_places.write_u64(j);
                self.odd_places.write_u64(column);
                continue;
            }
            if self.minimum.is_none_or(|(least, ..)| value < least) {
                self.minimum = Some((value, j, column));
            }
            if self.maximum.is_none_or(|(most, ..)| value > most) {
                self.maximum = Some((value, j, column));
            }
            self.out_of_range += u64::from(valid_range.is_some_and(|[low, high]| value < low || value > high));
        }
    }
}

impl ValuesReport {
    /// Maps of one record and level in order of time.
    pub(super) fn of(
        (record, record_name, level): (u64, Option<String>, u64),
        maps: &[(Option<u64>, MapValues)],
        clock: Option<&Clock>,
        valid_range: Option<[f64; 2]>,
    ) -> ValuesReport {
        let mut report = ValuesReport { record, record_name, level, ..ValuesReport::default() };
        let mut seen: HashMap<u64, u64> = HashMap::new();
        let mut out_of_range = 0;
        for (iteration, map) in maps {
            report.values += map.values;
            report.nan += map.nan;
            report.infinite += map.infinite;
            report.snapshots_with_nan += u64::from(map.nan + map.infinite > 0);
            out_of_range += map.out_of_range;
            let extreme = |(value, j, i): (f64, u64, u64)| Extreme {
                value,
                j,
                i,
                iteration: *iteration,
                date: clock.zip(*iteration).map(|(clock, iteration)| clock.date(iteration)),
            };
            if let Some(least) = map.minimum
                && report.minimum.as_ref().is_none_or(|minimum| least.0 < minimum.value)
            {
                report.minimum = Some(extreme(least));
            }
            if let Some(most) = map.maximum
                && report.maximum.as_ref().is_none_or(|maximum| most.0 > maximum.value)
            {
                report.maximum = Some(extreme(most));
            }
            let Some(iteration) = *iteration else { continue };
            let one_value = map.minimum.map(|least| least.0) == map.maximum.map(|most| most.0);
            if one_value && map.values > 1 {
                // Maps of one value repeat each other without being copies.
                push(&mut report.constant, iteration);
            } else if let Some(&earlier) = seen.get(&map.bytes.finish()) {
                push(&mut report.repeated, [iteration, earlier]);
            } else {
                seen.insert(map.bytes.finish(), iteration);
            }
        }
        let mut places = maps.iter().map(|(_, map)| map.odd_places.finish());
        let first = places.next();
        report.nan_is_fixed = report.nan + report.infinite > 0 && places.all(|place| Some(place) == first);
        report.out_of_range = valid_range.map(|_| out_of_range);
        report
    }
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < LISTED {
        list.push(item);
    }
}
