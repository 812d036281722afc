//! Calendars of the CF conventions: dates and seconds since 1970-01-01T00:00:00 of the same calendar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{DateTime, ParseTermError};

const SECONDS_PER_DAY: i64 = 86_400;

/// Years that dates are known of.
const YEARS: std::ops::RangeInclusive<i64> = -9999..=9999;

/// Days of the months but for leap years, and of the months of 30 days.
const MONTHS: [u8; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// First day of the Gregorian part of the standard calendar, the day after 1582-10-04.
const SWITCH: (i64, u8, u8) = (1582, 10, 15);

/// Days from 0001-01-01 of the Julian calendar to that of the proleptic Gregorian one.
const JULIAN_BEFORE_GREGORIAN: i64 = 2;

/// A calendar of the CF conventions (version 1.11, section 4.4.1).
///
/// The years before 1 are 0, -1, ... but for the standard and the Julian calendar, which have no year 0: there 1 comes
/// after -1, as in Python's cftime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Calendar {
    /// Julian up to 1582-10-04, Gregorian from the next day on, 1582-10-15; CF's default.
    #[default]
    #[serde(rename = "standard")]
    Standard,
    /// The Gregorian rules at all times; that of MITgcm's binary files here.
    #[serde(rename = "proleptic_gregorian")]
    ProlepticGregorian,
    /// A leap year every fourth.
    #[serde(rename = "julian")]
    Julian,
    /// All years have 365 days.
    #[serde(rename = "noleap")]
    NoLeap,
    /// All years have 366 days.
    #[serde(rename = "all_leap")]
    AllLeap,
    /// All months have 30 days.
    #[serde(rename = "360_day")]
    Day360,
}

impl Calendar {
    /// All, as the conventions list them.
    pub const ALL: [Calendar; 6] = [
        Calendar::Standard,
        Calendar::ProlepticGregorian,
        Calendar::Julian,
        Calendar::NoLeap,
        Calendar::AllLeap,
        Calendar::Day360,
    ];

    /// The CF name; of several, the first that the conventions give.
    pub fn name(self) -> &'static str {
        match self {
            Calendar::Standard => "standard",
            Calendar::ProlepticGregorian => "proleptic_gregorian",
            Calendar::Julian => "julian",
            Calendar::NoLeap => "noleap",
            Calendar::AllLeap => "all_leap",
            Calendar::Day360 => "360_day",
        }
    }

    /// Whole seconds from 1970-01-01T00:00:00 of this calendar to a date; its fraction of a second comes on top.
    ///
    /// # Errors
    /// A month, day or time of day that is not there, or a year outside of -9999 to 9999.
    pub fn seconds(self, date: &DateTime) -> Result<i64, ParseTermError> {
        let wrong = |reason: String| ParseTermError { text: date.to_string(), reason };
        let day = self.day(i64::from(date.year), date.month, date.day).map_err(wrong)?;
        if date.hour > 23 || date.minute > 59 || date.second > 59 || date.nanosecond > 999_999_999 {
            return Err(wrong("has no such time of day; times run from 00:00:00 to 23:59:59".into()));
        }
        let minutes = i64::from(date.hour) * 60 + i64::from(date.minute);
        Ok((day - self.day_of_1970()) * SECONDS_PER_DAY + minutes * 60 + i64::from(date.second))
    }

    /// The date so many whole seconds after 1970-01-01T00:00:00 of this calendar, and `nanosecond` more; none outside of
    /// the years -9999 to 9999.
    pub fn date_time(self, seconds: i64, nanosecond: u32) -> Option<DateTime> {
        let (year, month, day) = self.date(seconds.div_euclid(SECONDS_PER_DAY) + self.day_of_1970());
        if !YEARS.contains(&year) {
            return None;
        }
        let [second, minute, hour] = {
            let second = seconds.rem_euclid(SECONDS_PER_DAY);
            [second % 60, second / 60 % 60, second / 3600].map(|part| part as u8)
        };
        Some(DateTime { year: year as i32, month, day, hour, minute, second, nanosecond })
    }

    /// ISO 8601 of so many seconds after 1970, for messages; beyond the years that have dates, the seconds.
    pub fn text(self, seconds: i64) -> String {
        self.date_time(seconds, 0).map_or_else(|| format!("{seconds} s since 1970"), |date| date.to_string())
    }

    /// Days of a month, 1 to 12, of a year.
    fn days_of_month(self, year: i64, month: u8) -> u8 {
        match (self, month) {
            (Calendar::Day360, _) => 30,
            (_, 2) if self.is_leap(year) => 29,
            _ => MONTHS[usize::from(month) - 1],
        }
    }

    /// Whether February has 29 days.
    fn is_leap(self, year: i64) -> bool {
        let counted = self.counted(year);
        let (fourth, hundredth) = (counted.rem_euclid(4) == 0, counted.rem_euclid(100) == 0);
        let gregorian = fourth && (!hundredth || counted.rem_euclid(400) == 0);
        match self {
            Calendar::Standard if year > SWITCH.0 => gregorian,
            Calendar::Standard | Calendar::Julian => fourth,
            Calendar::ProlepticGregorian => gregorian,
            Calendar::AllLeap => true,
            Calendar::NoLeap | Calendar::Day360 => false,
        }
    }

    fn has_year_zero(self) -> bool {
        !matches!(self, Calendar::Standard | Calendar::Julian)
    }

    /// The year with 0 before 1.
    fn counted(self, year: i64) -> i64 {
        if year < 0 && !self.has_year_zero() { year + 1 } else { year }
    }

    /// Days from 0001-01-01 to the first of January of a year that is counted with 0, by the rule of a calendar other than
    /// the standard one.
    fn days_before_year(self, counted: i64) -> i64 {
        let years = counted - 1;
        match self {
            Calendar::ProlepticGregorian => {
                365 * years + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400)
            }
            Calendar::Standard | Calendar::Julian => 365 * years + years.div_euclid(4),
            Calendar::NoLeap => 365 * years,
            Calendar::AllLeap => 366 * years,
            Calendar::Day360 => 360 * years,
        }
    }

    /// Number of 1970-01-01.
    fn day_of_1970(self) -> i64 {
        match self {
            Calendar::Standard => Calendar::ProlepticGregorian.days_before_year(1970),
            _ => self.days_before_year(1970),
        }
    }

    /// Number of a day, from 0001-01-01; of the standard calendar, from that of the proleptic Gregorian one.
    fn day(self, year: i64, month: u8, day: u8) -> Result<i64, String> {
        if !YEARS.contains(&year) {
            return Err("is not in the years -9999 to 9999".into());
        }
        if year == 0 && !self.has_year_zero() {
            return Err(format!("is in the year 0, which the calendar {self} does not have: 1 comes after -1"));
        }
        if !(1..=12).contains(&month) {
            return Err(format!("has the month {month}; months are 1 to 12"));
        }
        let days = self.days_of_month(year, month);
        if !(1..=days).contains(&day) {
            return Err(format!("is no date of the calendar {self}: the month has {days} days"));
        }
        if self == Calendar::Standard {
            return match (year, month, day) {
                date if date >= SWITCH => Calendar::ProlepticGregorian.day(year, month, day),
                (1582, 10, 5..) => {
                    Err("is no date of the calendar standard, which goes from 1582-10-04 to 1582-10-15".into())
                }
                _ => Ok(Calendar::Julian.day(year, month, day)? - JULIAN_BEFORE_GREGORIAN),
            };
        }
        let before: i64 = (1..month).map(|month| i64::from(self.days_of_month(year, month))).sum();
        Ok(self.days_before_year(self.counted(year)) + before + i64::from(day) - 1)
    }

    /// Year, month and day of a number that [`day`](Self::day) gives.
    fn date(self, number: i64) -> (i64, u8, u8) {
        if self == Calendar::Standard {
            let gregorian = Calendar::ProlepticGregorian.date(number);
            return if gregorian >= SWITCH {
                gregorian
            } else {
                Calendar::Julian.date(number + JULIAN_BEFORE_GREGORIAN)
            };
        }
        // The average length of a year is that of so many days in so many years.
        let (days, years) = match self {
            Calendar::ProlepticGregorian => (146_097, 400),
            Calendar::Standard | Calendar::Julian => (1461, 4),
            Calendar::NoLeap => (365, 1),
            Calendar::AllLeap => (366, 1),
            Calendar::Day360 => (360, 1),
        };
        let mut counted = (number * years).div_euclid(days) + 1;
        while self.days_before_year(counted) > number {
            counted -= 1;
        }
        while self.days_before_year(counted + 1) <= number {
            counted += 1;
        }
        let year = if counted <= 0 && !self.has_year_zero() { counted - 1 } else { counted };
        let mut day = number - self.days_before_year(counted);
        let mut month = 1;
        while month < 12 && day >= i64::from(self.days_of_month(year, month)) {
            day -= i64::from(self.days_of_month(year, month));
            month += 1;
        }
        (year, month, day as u8 + 1)
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Calendar {
    type Err = ParseTermError;

    /// A CF name, in letters of any size.
    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        match text.trim().to_ascii_lowercase().as_str() {
            "standard" | "gregorian" => Ok(Calendar::Standard),
            "proleptic_gregorian" => Ok(Calendar::ProlepticGregorian),
            "julian" => Ok(Calendar::Julian),
            "noleap" | "365_day" => Ok(Calendar::NoLeap),
            "all_leap" | "366_day" => Ok(Calendar::AllLeap),
            "360_day" => Ok(Calendar::Day360),
            _ => Err(ParseTermError {
                text: text.to_owned(),
                reason: "is no calendar that is known; known: standard (gregorian), proleptic_gregorian, julian, \
                         noleap (365_day), all_leap (366_day), 360_day"
                    .into(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    /// What Python's cftime says: tests/fixtures/make_calendar_fixtures.py.
    fn fixture() -> Value {
        serde_json::from_str(include_str!("../../tests/fixtures/calendar.json")).unwrap()
    }

    fn numbers(value: &Value) -> Vec<i64> {
        value.as_array().unwrap().iter().map(|number| number.as_i64().unwrap()).collect()
    }

    #[test]
    fn dates_and_seconds_are_those_of_cftime() {
        let fixture = fixture();
        for calendar in Calendar::ALL {
            let dates = fixture["dates"][calendar.name()].as_array().unwrap();
            assert!(dates.len() > 150);
            for row in dates {
                let [year, month, day, hour, minute, second, nanosecond, seconds] = numbers(row)[..] else { panic!() };
                let date = DateTime {
                    year: year as i32,
                    month: month as u8,
                    day: day as u8,
                    hour: hour as u8,
                    minute: minute as u8,
                    second: second as u8,
                    nanosecond: nanosecond as u32,
                };
                assert_eq!(calendar.seconds(&date), Ok(seconds), "{calendar} {date}");
                assert_eq!(calendar.date_time(seconds, nanosecond as u32), Some(date), "{calendar} {seconds}");
            }
        }
    }

    #[test]
    fn days_that_cftime_does_not_have_are_errors() {
        let fixture = fixture();
        for calendar in Calendar::ALL {
            for (date, there) in fixture["valid"][calendar.name()].as_object().unwrap() {
                let parts: Vec<i32> = date.split(' ').map(|part| part.parse().unwrap()).collect();
                let date = DateTime::midnight(parts[0], parts[1] as u8, parts[2] as u8);
                assert_eq!(calendar.seconds(&date).is_ok(), there.as_bool().unwrap(), "{calendar} {date}");
            }
        }
        let noon = DateTime { hour: 24, ..DateTime::midnight(2011, 9, 10) };
        assert!(Calendar::Standard.seconds(&noon).unwrap_err().to_string().contains("2011-09-10T24:00:00"));
        let error = Calendar::NoLeap.seconds(&DateTime::midnight(2012, 2, 29)).unwrap_err().to_string();
        assert!(error.contains("2012-02-29T00:00:00") && error.contains("noleap") && error.contains("28"), "{error}");
        for year in [-10_000, 10_000, i32::MIN, i32::MAX] {
            assert!(Calendar::Day360.seconds(&DateTime::midnight(year, 1, 1)).is_err());
        }
    }

    #[test]
    fn names_are_those_of_the_conventions() {
        for calendar in Calendar::ALL {
            assert_eq!(calendar.name().parse(), Ok(calendar));
            assert_eq!(calendar.name().to_uppercase().parse(), Ok(calendar));
            assert_eq!(serde_json::to_value(calendar).unwrap(), calendar.name());
        }
        for (text, calendar) in [
            ("Gregorian", Calendar::Standard),
            (" 365_day ", Calendar::NoLeap),
            ("366_DAY", Calendar::AllLeap),
            ("360_day", Calendar::Day360),
        ] {
            assert_eq!(text.parse(), Ok(calendar));
        }
        let error = "tai".parse::<Calendar>().unwrap_err().to_string();
        assert!(error.contains("`tai`") && error.contains("proleptic_gregorian"), "{error}");
    }

    #[test]
    fn far_times_have_no_date() {
        for calendar in Calendar::ALL {
            for far in [i64::MIN, -400_000_000_000, 300_000_000_000, i64::MAX] {
                assert_eq!(calendar.date_time(far, 0), None);
                assert_eq!(calendar.text(far), format!("{far} s since 1970"));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn seconds_come_back_from_their_dates(seconds in any::<i64>(), near in -350_000_000_000..252_000_000_000_i64) {
            for calendar in Calendar::ALL {
                for seconds in [seconds, near] {
                    if let Some(date) = calendar.date_time(seconds, 5) {
                        prop_assert_eq!(calendar.seconds(&date), Ok(seconds));
                    }
                }
                // A day later is the next date: no day is left out or doubled.
                if let (Some(today), Some(tomorrow)) =
                    (calendar.date_time(near, 0), calendar.date_time(near + SECONDS_PER_DAY, 0))
                {
                    let order = |date: &DateTime| (date.year, date.month, date.day);
                    prop_assert!(order(&today) < order(&tomorrow));
                    prop_assert!(tomorrow.day == 1 || tomorrow.day == today.day + 1 || tomorrow.day == 15);
                }
            }
        }

        #[test]
        fn the_proleptic_gregorian_calendar_is_that_of_jiff(seconds in -62_000_000_000..253_000_000_000_i64) {
            let time = jiff::Timestamp::from_second(seconds).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string();
            prop_assert_eq!(Calendar::ProlepticGregorian.text(seconds), time);
        }
    }
}
