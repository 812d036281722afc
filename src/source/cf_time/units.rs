//! Units of time: "days since 1950-01-01 00:00:00".

use crate::terms::{Calendar, DateTime, ParseTermError};

/// What the values of a time coordinate count, and from when (CF conventions 1.11, section 4.4; names as udunits has them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeUnits {
    /// Length of one unit [ns].
    pub(super) nanoseconds: i64,
    /// From 1970-01-01T00:00:00 of the calendar to the value 0, in UTC [ms]; fractions of a millisecond are rounded.
    pub(super) reference: i64,
    /// What the axis counts from: as configured, else the reference; seconds since 1970 of the calendar.
    pub(super) epoch_seconds: i64,
    /// Calendar.
    pub(super) calendar: Calendar,
}

const SECOND: i64 = 1_000_000_000;
const DAY: i64 = 86_400 * SECOND;

/// Units of one length, as they are written.
const UNITS: [(i64, &[&str]); 8] = [
    (1, &["ns", "nsec", "nsecs", "nanosec", "nanosecs", "nanosecond", "nanoseconds"]),
    (1_000, &["us", "µs", "μs", "usec", "usecs", "microsec", "microsecs", "microsecond", "microseconds"]),
    (1_000_000, &["ms", "msec", "msecs", "millisec", "millisecs", "millisecond", "milliseconds"]),
    (SECOND, &["s", "sec", "secs", "second", "seconds"]),
    (60 * SECOND, &["min", "mins", "minute", "minutes"]),
    (3600 * SECOND, &["h", "hr", "hrs", "hour", "hours"]),
    (DAY, &["d", "day", "days"]),
    (7 * DAY, &["week", "weeks"]),
];

const MONTHS: [&str; 4] = ["mon", "mons", "month", "months"];
const YEARS: [&str; 4] = ["yr", "yrs", "year", "years"];

/// The unit and what follows "since", if that is there.
fn split(text: &str) -> (&str, Option<&str>) {
    let mut words = text.split_whitespace();
    let unit = words.next().unwrap_or_default();
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case("since")) {
        return (text.trim(), None);
    }
    // Both words are parts of the text.
    let after = text.trim_start()[unit.len()..].trim_start()["since".len()..].trim();
    (unit, Some(after))
}

/// Whether times in these units are since a date that the units name.
pub(super) fn has_reference(units: &str) -> bool {
    split(units).1.is_some()
}

impl TimeUnits {
    /// Reads `units`, whose reference is a date of `calendar`: "UNIT since DATE[ TIME][ ZONE]".
    ///
    /// `epoch` is the configured time of the model's start [seconds since 1970 of the calendar]; with it, the axis counts
    /// from it, else from the reference. Units without "since" (seconds of model time) count from the epoch. A zone, "Z",
    /// "UTC", "+hh:mm" and so on, is what local time is ahead of UTC.
    ///
    /// # Errors
    /// Units that are not of one length, unless all months of the calendar have 30 days; no unit of time; a reference that
    /// is no date of the calendar; neither a reference nor an epoch.
    pub fn parse(units: &str, calendar: Calendar, epoch: Option<i64>) -> Result<Self, ParseTermError> {
        let wrong = |reason: String| ParseTermError { text: units.to_owned(), reason };
        let (unit, reference) = split(units);
        // MITgcm and ROMS may say so in place of a unit.
        let unit = if reference.is_none() && unit.eq_ignore_ascii_case("model time") { "s" } else { unit };
        let nanoseconds = length(unit, calendar).map_err(wrong)?;
        let Some(reference) = reference else {
            let Some(epoch_seconds) = epoch else {
                return Err(wrong(
                    "has no \"since\" and a date, so it is the model's own time; [input] epoch says when that is 0"
                        .into(),
                ));
            };
            return Ok(TimeUnits {
                nanoseconds,
                reference: epoch_seconds.saturating_mul(1000),
                epoch_seconds,
                calendar,
            });
        };
        let (date, ahead) = date_and_zone(reference).ok_or_else(|| {
            wrong(format!("`{reference}` is no date; it should be as 2011-09-10 or 2011-09-10 00:00:00"))
        })?;
        let seconds = calendar.seconds(&date).map_err(|error| wrong(error.to_string()))? - ahead;
        let reference = seconds * 1000 + i64::from((date.nanosecond + 500_000) / 1_000_000);
        Ok(TimeUnits { nanoseconds, reference, epoch_seconds: epoch.unwrap_or(seconds), calendar })
    }
}

/// Length of a unit [ns].
fn length(unit: &str, calendar: Calendar) -> Result<i64, String> {
    let name = unit.to_lowercase();
    let is = |names: &[&str]| names.contains(&name.as_str());
    if let Some((nanoseconds, _)) = UNITS.iter().find(|(_, names)| is(names)) {
        return Ok(*nanoseconds);
    }
    match (calendar, is(&MONTHS), is(&YEARS)) {
        (Calendar::Day360, true, _) => Ok(30 * DAY),
        (Calendar::Day360, _, true) => Ok(360 * DAY),
        (_, false, false) => Err(format!(
            "`{unit}` is no unit of time; known: seconds, minutes, hours, days, weeks, milliseconds, microseconds, since a \
             date"
        )),
        _ => Err(format!(
            "{name} are not of one length in the calendar {calendar}; times in days since the same date would do (cdo \
             setreftime writes them)"
        )),
    }
}

/// The date, and the seconds that its zone is ahead of UTC.
fn date_and_zone(text: &str) -> Option<(DateTime, i64)> {
    // A year may have a sign.
    let end =
        text.char_indices().skip(1).find(|&(_, c)| !(c.is_ascii_digit() || c == '-')).map_or(text.len(), |(at, _)| at);
    let (year, month, day) = date(&text[..end])?;
    let mut date = DateTime::midnight(year, month, day);
    let rest = text[end..].trim_start_matches(['T', 't', ' ']).trim();
    // A time of day is not signed, a zone is.
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
    let (time, rest) = rest.split_at(end);
    if !time.is_empty() {
        (date.hour, date.minute, date.second, date.nanosecond) = time_of_day(time)?;
    }
    Some((date, zone(rest.trim())?))
}

/// "2011-09-10", months and days with one digit or two.
fn date(text: &str) -> Option<(i32, u8, u8)> {
    let (sign, text) = text.strip_prefix('-').map_or((1, text.strip_prefix('+').unwrap_or(text)), |text| (-1, text));
    let mut parts = text.split('-');
    let year: i32 = whole(parts.next()?, 1..=6)?;
    let (month, day) = (whole(parts.next()?, 1..=2)?, whole(parts.next()?, 1..=2)?);
    parts.next().is_none().then_some((sign * year, month as u8, day as u8))
}

/// "12", "12:30", "12:30:15.25": hour, minute, second, nanosecond.
fn time_of_day(text: &str) -> Option<(u8, u8, u8, u32)> {
    let mut parts = text.split(':');
    let hour = whole(parts.next()?, 1..=2)?;
    let minute = parts.next().map_or(Some(0), |part| whole(part, 1..=2))?;
    let (mut second, mut nanosecond) = (0, 0);
    if let Some(part) = parts.next() {
        let (seconds, fraction) = part.split_once('.').unwrap_or((part, ""));
        second = whole(seconds, 1..=2)?;
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        nanosecond = format!("{fraction:0<9}")[..9].parse().ok()?;
    }
    parts.next().is_none().then_some((hour as u8, minute as u8, second as u8, nanosecond))
}

/// Seconds that a zone is ahead of UTC: "", "Z", "UTC", "GMT", "+hh:mm", "-h:mm", "+hhmm", "+hh".
fn zone(text: &str) -> Option<i64> {
    if ["", "Z", "UTC", "GMT"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
        return Some(0);
    }
    // An unsigned one is 0 or nothing that is known.
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => (0, text),
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (whole(hours, 1..=2)?, whole(minutes, 2..=2)?),
        None if digits.len() == 4 => (whole(digits.get(..2)?, 2..=2)?, whole(digits.get(2..)?, 2..=2)?),
        None => (whole(digits, 1..=2)?, 0),
    };
    let seconds = i64::from(hours * 60 + minutes) * 60;
    (hours <= 14 && minutes < 60 && (sign != 0 || seconds == 0)).then_some(sign * seconds)
}

/// A number of so many digits.
fn whole(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i32> {
    let fits = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn parse(units: &str) -> Result<TimeUnits, ParseTermError> {
        TimeUnits::parse(units, Calendar::Standard, None)
    }

    /// The reference, as it is in UTC.
    fn reference(units: &str) -> String {
        let units = parse(units).unwrap();
        let nanosecond = units.reference.rem_euclid(1000) as u32 * 1_000_000;
        units.calendar.date_time(units.reference.div_euclid(1000), nanosecond).unwrap().to_string()
    }

    #[test]
    fn units_are_as_udunits_has_them() {
        for (unit, nanoseconds) in [
            ("microseconds", 1_000),
            ("us", 1_000),
            ("Milliseconds", 1_000_000),
            ("ms", 1_000_000),
            ("s", SECOND),
            ("SEC", SECOND),
            ("second", SECOND),
            ("min", 60 * SECOND),
            ("minutes", 60 * SECOND),
            ("h", 3600 * SECOND),
            ("hr", 3600 * SECOND),
            ("Hours", 3600 * SECOND),
            ("d", DAY),
            ("day", DAY),
            ("days", DAY),
            ("week", 7 * DAY),
        ] {
            assert_eq!(parse(&format!(" {unit}  since 1970-01-01")).unwrap().nanoseconds, nanoseconds, "{unit}");
        }
        for unit in ["m", "metres", "da", "", "fortnights", "é"] {
            let error = parse(&format!("{unit} since 1970-01-01")).unwrap_err().to_string();
            assert!(error.contains("no unit of time"), "{error}");
        }
    }

    #[test]
    fn references_are_read_in_every_form() {
        for (text, date) in [
            ("2011-09-10", "2011-09-10T00:00:00"),
            ("2011-9-1", "2011-09-01T00:00:00"),
            ("1-1-1 00:00:00", "0001-01-01T00:00:00"),
            ("-4712-01-01 12", "-4712-01-01T12:00:00"),
            ("2011-09-10T06:30", "2011-09-10T06:30:00"),
            ("2011-09-10t06:30:15Z", "2011-09-10T06:30:15"),
            ("2011-09-10 06:30:15 UTC", "2011-09-10T06:30:15"),
            ("2011-09-10 00:00:0.0", "2011-09-10T00:00:00"),
            ("2011-09-10 00:00:0.", "2011-09-10T00:00:00"),
            ("2011-09-10 6:5:4.25", "2011-09-10T06:05:04.25"),
            ("2011-09-10 00:00:00.123456789", "2011-09-10T00:00:00.123"),
            ("2011-09-10 00:00:59.9999999", "2011-09-10T00:01:00"),
            ("2011-09-10 00:00:00 +05:30", "2011-09-09T18:30:00"),
            ("2011-09-10 00:00:00 -6:00", "2011-09-10T06:00:00"),
            ("2011-09-10 00:00:00+0530", "2011-09-09T18:30:00"),
            ("2011-09-10T00:00:00-01", "2011-09-10T01:00:00"),
            ("2011-09-10 -01:00", "2011-09-10T01:00:00"),
            ("2011-09-10 0:00:00 0:00", "2011-09-10T00:00:00"),
            ("1582-10-04", "1582-10-04T00:00:00"),
        ] {
            assert_eq!(reference(&format!("days since {text}")), date, "{text}");
        }
        for text in [
            "",
            "2011",
            "2011-09",
            "20110910",
            "2011/09/10",
            "2011-13-01",
            "2011-02-29",
            "0000-00-00 00:00:00",
            "0-1-1",
            "1582-10-10",
            "2011-09-10 24:00:00",
            "2011-09-10 00:60",
            "2011-09-10 00:00:60",
            "2011-09-10 1:2:3:4",
            "2011-09-10 00:00:00 CET",
            "2011-09-10 00:00:00 +15:00",
            "2011-09-10 00:00:00 5:00",
            "2011-09-10 00:00:1.2.3",
            "2011-09-10-11",
            "yesterday",
            "99999-01-01",
            "9999999999-01-01",
            "2011-09-10 00:00:00 +é",
            "é",
        ] {
            let error = parse(&format!("days since {text}")).unwrap_err();
            assert!(error.to_string().contains(&format!("days since {text}")), "{error}");
        }
    }

    #[test]
    fn months_and_years_are_of_one_length_in_the_calendar_of_360_days_alone() {
        for (unit, days) in [("months", 30), ("month", 30), ("years", 360), ("yr", 360)] {
            let units = format!("{unit} since 1850-02-30");
            let parsed = TimeUnits::parse(&units, Calendar::Day360, None).unwrap();
            assert_eq!(parsed.nanoseconds, days * DAY);
            for calendar in Calendar::ALL.into_iter().filter(|calendar| *calendar != Calendar::Day360) {
                let units = format!("{unit} since 1850-01-01");
                let error = TimeUnits::parse(&units, calendar, None).unwrap_err().to_string();
                assert!(error.contains(calendar.name()) && error.contains("in days since"), "{error}");
            }
        }
    }

    #[test]
    fn time_of_the_model_counts_from_the_epoch() {
        let epoch = 1_315_612_800;
        for units in ["s", "seconds", " second ", "model time", "Model Time"] {
            let parsed = TimeUnits::parse(units, Calendar::ProlepticGregorian, Some(epoch)).unwrap();
            assert_eq!((parsed.nanoseconds, parsed.reference, parsed.epoch_seconds), (SECOND, epoch * 1000, epoch));
            assert!(parse(units).unwrap_err().to_string().contains("[input] epoch"));
        }
        for units in ["", "1", "since 2011-09-10", "days after 2011-09-10", "days since"] {
            assert!(TimeUnits::parse(units, Calendar::Standard, Some(epoch)).is_err(), "{units}");
        }
        // A date of the file's own stays what it is.
        let parsed = TimeUnits::parse("hours since 2011-09-11", Calendar::Standard, Some(epoch)).unwrap();
        assert_eq!((parsed.reference, parsed.epoch_seconds), ((epoch + 86_400) * 1000, epoch));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_makes_it_panic(
            pieces in proptest::collection::vec(
                select(&["days", " ", "since", "2011", "-", "9", "1", ":", "T", "Z", "+", ".", "0530", "é", "99999999999"][..]),
                0..12,
            ),
            any in "\\PC{0,24}",
        ) {
            for text in [pieces.concat(), format!("days since {}", pieces.concat()), any.clone(), format!("h since 2011-09-10{any}")] {
                let _ = parse(&text);
            }
        }

        #[test]
        fn every_date_is_its_own_reference(seconds in -300_000_000_000..250_000_000_000_i64, ahead in -14..=14_i64) {
            for calendar in Calendar::ALL {
                let Some(date) = calendar.date_time(seconds, 0) else { continue };
                let zone = format!("{}{:02}:30", if ahead < 0 { '-' } else { '+' }, ahead.abs().min(13));
                let offset = (ahead.abs().min(13) * 3600 + 1800) * if ahead < 0 { -1 } else { 1 };
                let parsed = TimeUnits::parse(&format!("days since {date} {zone}"), calendar, None).unwrap();
                prop_assert_eq!(parsed.epoch_seconds, seconds - offset);
            }
        }
    }
}
