//! What is in the values: of one map, and of all maps of a field at one record and level.

use std::collections::HashMap;

use serde::Serialize;

/// Snapshots listed of each kind of odd one.
const LISTED: usize = 100;

/// When a snapshot is: by its iteration where it has one, else by its date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Moment {
    /// Iteration of the model.
    Iteration(u64),
    /// Date and time.
    Date(String),
}

/// A value with its place and time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Extreme {
    /// The value; of packed ones, as unpacked.
    pub value: f64,
    /// Face, where the array has faces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub face: Option<u64>,
    /// 0-based row.
    pub j: u64,
    /// 0-based column.
    pub i: u64,
    /// Its snapshot; none of a restart file, and of files that have dates instead.
    pub iteration: Option<u64>,
    /// Date of the snapshot, where it is known.
    pub date: Option<String>,
}

/// All maps of a field at one record and level.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ValuesReport {
    /// Record, 1-based; none where there are no records.
    pub record: Option<u64>,
    /// Its name, where there is one.
    pub record_name: Option<String>,
    /// Level, 1-based; none where there are no levels.
    pub level: Option<u64>,
    /// Values read.
    pub values: u64,
    /// Values that are no numbers, or stand for none.
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
    /// Snapshots with one value everywhere; at most 100.
    pub constant: Vec<Moment>,
    /// Snapshots whose values are those of an earlier one, with that one; at most 100.
    pub repeated: Vec<[Moment; 2]>,
}

/// A place in a map, in the order in which places are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) face: Option<u64>,
    pub(super) j: u64,
    pub(super) i: u64,
}

/// What is in one map, or the part of it that was seen. Parts may be seen in any order, and merged in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct MapValues {
    values: u64,
    nan: u64,
    infinite: u64,
    out_of_range: u64,
    minimum: Option<(f64, Place)>,
    maximum: Option<(f64, Place)>,
    /// Sums of the fingerprints of all values with their places, and of the places of those that are not finite.
    fingerprint: u64,
    odd_places: u64,
}

/// 64 bits that are as good as random for each value at each place, the first too (the finaliser of SplitMix64).
fn fingerprint(place: u64, bits: u64) -> u64 {
    let mut mixed = bits ^ place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl MapValues {
    /// Adds values that lie one after the other in a row, from `first` on.
    pub(super) fn add(&mut self, values: &[f64], first: Place, valid_range: Option<[f64; 2]>) {
        self.values += values.len() as u64;
        let row = fingerprint(first.face.map_or(0, |face| face + 1), first.j);
        for (i, &value) in (first.i..).zip(values) {
            self.fingerprint = self.fingerprint.wrapping_add(fingerprint(row.wrapping_add(i), value.to_bits()));
            if !value.is_finite() {
                self.nan += u64::from(value.is_nan());
                self.infinite += u64::from(value.is_infinite());
                self.odd_places = self.odd_places.wrapping_add(fingerprint(row, i));
                continue;
            }
            if self.minimum.is_none_or(|(least, _)| value < least) {
                self.minimum = Some((value, Place { i, ..first }));
            }
            if self.maximum.is_none_or(|(most, _)| value > most) {
                self.maximum = Some((value, Place { i, ..first }));
            }
            self.out_of_range += u64::from(valid_range.is_some_and(|[low, high]| value < low || value > high));
        }
    }

    /// Values that were seen.
    pub(super) fn count(&self) -> u64 {
        self.values
    }

    /// Adds another part of the same map.
    pub(super) fn merge(&mut self, other: &MapValues) {
        self.values += other.values;
        self.nan += other.nan;
        self.infinite += other.infinite;
        self.out_of_range += other.out_of_range;
        self.fingerprint = self.fingerprint.wrapping_add(other.fingerprint);
        self.odd_places = self.odd_places.wrapping_add(other.odd_places);
        let first = |ours: Option<(f64, Place)>, theirs: Option<(f64, Place)>, is_beyond: fn(f64, f64) -> bool| match (
            ours, theirs,
        ) {
            (Some(one), Some(other)) if is_beyond(other.0, one.0) || other.0 == one.0 && other.1 < one.1 => theirs,
            (None, _) => theirs,
            _ => ours,
        };
        self.minimum = first(self.minimum, other.minimum, |value, least| value < least);
        self.maximum = first(self.maximum, other.maximum, |value, most| value > most);
    }
}

/// When a map is, as far as that is known.
#[derive(Clone, Debug, Default)]
pub(super) struct When {
    pub(super) iteration: Option<u64>,
    pub(super) date: Option<String>,
}

impl When {
    fn moment(self) -> Option<Moment> {
        self.iteration.map(Moment::Iteration).or(self.date.map(Moment::Date))
    }
}

impl ValuesReport {
    /// Maps of one record and level in order of time, each with what `when` tells its time by.
    pub(super) fn of<K: Copy>(
        maps: &[(K, MapValues)],
        when: impl Fn(K) -> When,
        valid_range: Option<[f64; 2]>,
    ) -> Self {
        let mut report = ValuesReport::default();
        let mut seen: HashMap<u64, K> = HashMap::new();
        let mut out_of_range = 0;
        let extreme = |time: K, (value, Place { face, j, i }): (f64, Place)| {
            let When { iteration, date } = when(time);
            Extreme { value, face, j, i, iteration, date }
        };
        for (time, map) in maps {
            report.values += map.values;
            report.nan += map.nan;
            report.infinite += map.infinite;
            report.snapshots_with_nan += u64::from(map.nan + map.infinite > 0);
            out_of_range += map.out_of_range;
            if let Some(least) = map.minimum
                && report.minimum.as_ref().is_none_or(|minimum| least.0 < minimum.value)
            {
                report.minimum = Some(extreme(*time, least));
            }
            if let Some(most) = map.maximum
                && report.maximum.as_ref().is_none_or(|maximum| most.0 > maximum.value)
            {
                report.maximum = Some(extreme(*time, most));
            }
            let one_value = map.minimum.map(|least| least.0) == map.maximum.map(|most| most.0);
            if one_value && map.values > 1 {
                // Maps of one value repeat each other without being copies.
                push(&mut report.constant, when(*time).moment());
            } else if let Some(&earlier) = seen.get(&map.fingerprint) {
                let both = when(*time).moment().zip(when(earlier).moment());
                push(&mut report.repeated, both.map(|(later, earlier)| [later, earlier]));
            } else {
                seen.insert(map.fingerprint, *time);
            }
        }
        let mut places = maps.iter().map(|(_, map)| map.odd_places);
        let first = places.next();
        report.nan_is_fixed = report.nan + report.infinite > 0 && places.all(|place| Some(place) == first);
        report.out_of_range = valid_range.map(|_| out_of_range);
        report
    }
}

/// Lists what can be told, as long as the list is short.
fn push<T>(list: &mut Vec<T>, item: Option<T>) {
    if list.len() < LISTED {
        list.extend(item);
    }
}
