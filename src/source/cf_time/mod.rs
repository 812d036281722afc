//! Times as the CF conventions write them: what comes in are the values of a coordinate, its `units` and `calendar`, what
//! goes out are exact times in milliseconds since 1970 of that calendar, and the [`TimeAxis`](super::TimeAxis) that the
//! times of all files make.

mod axis;
mod times;
mod units;

pub use times::CfTimes;
pub use units::TimeUnits;

use crate::terms::{Calendar, ParseTermError};

/// The calendar of times whose attributes are `calendar` and `units`.
///
/// Without the attribute it is the standard one; of times since the model's start, which have no date in their units, it is
/// the proleptic Gregorian one, as of the same model's binary files.
///
/// # Errors
/// A calendar that is not known.
pub fn calendar_of(calendar: Option<&str>, units: &str) -> Result<Calendar, ParseTermError> {
    match calendar {
        Some(name) => name.parse(),
        None if units::has_reference(units) => Ok(Calendar::Standard),
        None => Ok(Calendar::ProlepticGregorian),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_a_calendar_are_of_the_standard_one() {
        for (calendar, units, expected) in [
            (None, "days since 1950-01-01", Calendar::Standard),
            (None, "s", Calendar::ProlepticGregorian),
            (Some("360_day"), "s", Calendar::Day360),
            (Some("NoLeap"), "days since 1950-01-01", Calendar::NoLeap),
        ] {
            assert_eq!(calendar_of(calendar, units), Ok(expected));
        }
        assert!(calendar_of(Some("lunar"), "s").is_err());
    }
}
