//! Dates: TOML dates, date-times and the same in quotes. Model time has no zone but UTC.

use jiff::civil::DateTime;
use toml::value::{Date, Datetime, Offset, Time};

use super::document::Document;
use super::error::ConfigError;
use super::raw::RawDate;

/// Later ones cannot be written as a date in every time zone, and so not as a unit of time either.
const LAST_YEAR: u16 = 9998;

/// A date is its midnight. `Z` and `+00:00` are allowed and mean the same as no zone.
pub(super) fn check(document: &Document, key: &str, date: RawDate) -> Result<DateTime, ConfigError> {
    let form = "write for example 2011-09-10 or 2011-09-10T00:00:00";
    let datetime = match date {
        RawDate::Toml(datetime) => datetime,
        RawDate::Text(text) => {
            text.trim().parse().map_err(|_| document.wrong(key, format!("`{text}` is not a date; {form}")))?
        }
    };
    if let Some(Offset::Custom { minutes }) = datetime.offset
        && minutes != 0
    {
        let offset = format!("{:+03}:{:02}", minutes / 60, (minutes % 60).abs());
        return Err(document.wrong(key, format!("{datetime} has the offset {offset}; model time is in UTC")));
    }
    let Some(date) = datetime.date else {
        return Err(document.wrong(key, format!("{datetime} has no date; {form}")));
    };
    if date.year > LAST_YEAR {
        return Err(
            document.wrong(key, format!("{datetime} is after the year {LAST_YEAR}, the last that dates can count to"))
        );
    }
    let time = datetime.time.unwrap_or(Time { hour: 0, minute: 0, second: None, nanosecond: None });
    let out_of_range = |error: jiff::Error| document.wrong(key, format!("{datetime} is not a time: {error}"));
    DateTime::new(
        i16::try_from(date.year).unwrap_or(i16::MAX),
        i8::try_from(date.month).unwrap_or(i8::MAX),
        i8::try_from(date.day).unwrap_or(i8::MAX),
        i8::try_from(time.hour).unwrap_or(i8::MAX),
        i8::try_from(time.minute).unwrap_or(i8::MAX),
        i8::try_from(time.second.unwrap_or(0)).unwrap_or(i8::MAX),
        i32::try_from(time.nanosecond.unwrap_or(0)).unwrap_or(i32::MAX),
    )
    .map_err(out_of_range)
}

/// The way back from [`check`].
pub(super) fn raw(date: DateTime) -> RawDate {
    // TOML has the years 0 to 9999, and a checked date comes from TOML: no field is negative.
    RawDate::Toml(Datetime {
        date: Some(Date {
            year: date.year().unsigned_abs(),
            month: date.month().unsigned_abs(),
            day: date.day().unsigned_abs(),
        }),
        time: Some(Time {
            hour: date.hour().unsigned_abs(),
            minute: date.minute().unsigned_abs(),
            second: Some(date.second().unsigned_abs()),
            nanosecond: Some(date.subsec_nanosecond().unsigned_abs()).filter(|nanosecond| *nanosecond != 0),
        }),
        offset: None,
    })
}
