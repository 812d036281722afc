//! A date with a time of day, of any calendar.

use std::fmt;

/// A date and a time of day; [`Calendar`](super::Calendar) says when it is, and whether there is such a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTime {
    /// Year; before the year 1, as the calendar counts.
    pub year: i32,
    /// Month, from 1.
    pub month: u8,
    /// Day of the month, from 1.
    pub day: u8,
    /// Hour, from 0.
    pub hour: u8,
    /// Minute, from 0.
    pub minute: u8,
    /// Second, from 0.
    pub second: u8,
    /// What is past the second [ns].
    pub nanosecond: u32,
}

impl DateTime {
    /// The beginning of a day.
    pub fn midnight(year: i32, month: u8, day: u8) -> Self {
        DateTime { year, month, day, hour: 0, minute: 0, second: 0, nanosecond: 0 }
    }
}

impl fmt::Display for DateTime {
    /// ISO 8601, with as many digits of a second as it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DateTime { year, month, day, hour, minute, second, nanosecond } = self;
        let sign = if *year < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}", year.unsigned_abs())?;
        if *nanosecond == 0 {
            return Ok(());
        }
        write!(f, ".{}", format!("{nanosecond:09}").trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_iso_8601() {
        let date = DateTime::midnight(2011, 9, 10);
        for (date, text) in [
            (date, "2011-09-10T00:00:00"),
            (DateTime { hour: 23, minute: 5, second: 59, ..date }, "2011-09-10T23:05:59"),
            (DateTime { nanosecond: 250_000_000, ..date }, "2011-09-10T00:00:00.25"),
            (DateTime { nanosecond: 1, ..date }, "2011-09-10T00:00:00.000000001"),
            (DateTime::midnight(1, 2, 30), "0001-02-30T00:00:00"),
            (DateTime::midnight(-44, 3, 15), "-0044-03-15T00:00:00"),
        ] {
            assert_eq!(date.to_string(), text);
        }
    }
}
