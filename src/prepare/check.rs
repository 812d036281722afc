//! Land and bad values in a row of stored values.

use crate::terms::{InstructionSet, Sample, VectorLoop};

/// Calls `each` with the columns, counted from `first`, whose bit is zero; `bits` is the whole native row.
#[inline]
fn for_each_dry(bits: &[u64], first: usize, len: usize, mut each: impl FnMut(usize)) {
    let mut at = 0;
    while at < len {
        let column = first + at;
        let shift = column % 64;
        let here = (64 - shift).min(len - at);
        let mut dry = !bits[column / 64] >> shift;
        if here < 64 {
            dry &= (1 << here) - 1;
        }
        while dry != 0 {
            each(at + dry.trailing_zeros() as usize);
            dry &= dry - 1;
        }
        at += here;
    }
}

/// Sets velocities on dry faces to 0: no flow through a coast, whatever the file holds there.
///
/// `values` start at native column `first`; `open` are the bits of the whole row.
pub fn clear_dry_faces<T: Sample>(values: &mut [T], open: &[u64], first: usize) {
    let len = values.len();
    for_each_dry(open, first, len, |at| values[at] = T::zero());
}

/// A value that cannot be right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bad {
    /// Place in the row, from its first value.
    pub at: usize,
    /// The value as stored.
    pub value: f64,
}

/// Whether all values are numbers within the range, at a glance.
struct AllGood<'a, T> {
    values: &'a [T],
    range: [T; 2],
}

impl<T: Sample> VectorLoop for AllGood<'_, T> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        // NaN fails every comparison.
        self.values.iter().fold(true, |good, value| good & (*value >= self.range[0]) & (*value <= self.range[1]))
    }
}

fn all_good<T: Sample>(values: &[T], range: [T; 2]) -> bool {
    InstructionSet::detect().run(AllGood { values, range })
}

fn limits<T: Sample>(range: Option<[f64; 2]>) -> [T; 2] {
    let [low, high] = range.unwrap_or([f64::MIN, f64::MAX]);
    // A limit beyond the type's numbers still refuses infinities.
    [T::rounded(low).max(T::min_value()), T::rounded(high).min(T::max_value())]
}

/// The first value at an open place that is not a number or outside `range` (both ends allowed), among the places that
/// `matters` says something depends on.
pub fn first_bad<T: Sample>(
    values: &[T],
    open: &[u64],
    first: usize,
    range: Option<[f64; 2]>,
    matters: impl Fn(usize) -> bool,
) -> Option<Bad> {
    let range = limits(range);
    if all_good(values, range) {
        return None;
    }
    let is_open = |at: usize| open[(first + at) / 64] >> ((first + at) % 64) & 1 == 1;
    values
        .iter()
        .enumerate()
        .find(|&(at, value)| !(*value >= range[0] && *value <= range[1]) && is_open(at) && matters(at))
        .map(|(at, value)| Bad { at, value: value.as_f64() })
}

/// Makes every bad value at an open place NaN; returns what [`first_bad`] does.
pub fn reject_bad<T: Sample>(
    values: &mut [T],
    open: &[u64],
    first: usize,
    range: Option<[f64; 2]>,
    matters: impl Fn(usize) -> bool,
) -> Option<Bad> {
    let found = first_bad(values, open, first, range, matters);
    let range = limits(range);
    if all_good(values, range) {
        return found;
    }
    for (at, value) in values.iter_mut().enumerate() {
        let is_open = open[(first + at) / 64] >> ((first + at) % 64) & 1 == 1;
        if is_open && !(*value >= range[0] && *value <= range[1]) {
            *value = T::nan();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dry_faces_are_found_across_words() {
        let mut bits = [0_u64; 3];
        let open = |at: usize| !at.is_multiple_of(3);
        (0..150).filter(|&at| open(at)).for_each(|at| bits[at / 64] |= 1 << (at % 64));
        for (first, len) in [(0, 150), (1, 63), (63, 2), (64, 64), (60, 80), (5, 0)] {
            let mut values = vec![1.0_f32; len];
            clear_dry_faces(&mut values, &bits, first);
            for (at, value) in values.iter().enumerate() {
                assert_eq!(*value != 0.0, open(first + at), "{first} {at}");
            }
        }
    }

    #[test]
    fn land_is_exempt_from_the_range() {
        let bits = [0b0101_u64];
        let range = Some([-10.0, 10.0]);
        let all = |_: usize| true;
        assert_eq!(first_bad(&[1.0, 99.0, 2.0, f64::NAN], &bits, 0, range, all), None);
        assert_eq!(first_bad(&[1.0, 99.0, 11.0], &bits, 0, range, all), Some(Bad { at: 2, value: 11.0 }));
        assert_eq!(first_bad(&[10.0_f32, 0.0, -10.0], &bits, 0, range, all), None);
        assert!(first_bad(&[f32::NAN], &[1], 0, None, all).is_some());
        assert!(first_bad(&[f32::INFINITY], &[1], 0, None, all).is_some());
        assert!(first_bad(&[f32::INFINITY], &[1], 0, Some([-1e300, 1e300]), all).is_some());
        let mut values = [1.0_f64, 99.0, 11.0];
        assert_eq!(reject_bad(&mut values, &bits, 0, range, all), Some(Bad { at: 2, value: 11.0 }));
        assert!(values[2].is_nan() && values[1] == 99.0);
    }

    #[test]
    fn what_nothing_depends_on_is_rejected_and_not_told() {
        let mut values = [f32::NAN, -1e32, 3.0, 1e32];
        let matters = |at: usize| at > 1;
        assert_eq!(first_bad(&values[..2], &[u64::MAX], 0, None, matters), None);
        let range = Some([-10.0, 10.0]);
        let found = reject_bad(&mut values, &[u64::MAX], 0, range, matters);
        assert_eq!(found, Some(Bad { at: 3, value: f64::from(1e32_f32) }));
        assert!([0, 1, 3].iter().all(|&at| values[at].is_nan()) && values[2] == 3.0);
        assert_eq!(reject_bad(&mut [11.0], &[1], 0, range, matters), None);
    }
}
