//! The time that a job may take, in the forms that schedulers and people write.

use std::fmt;
use std::str::FromStr;

use super::{ParseTermError, SECONDS_PER_DAY, Seconds};

/// Longest wall time [s]: 36500 days, beyond which it is a slip of the pen.
const LONGEST: u64 = 36_500 * SECONDS_PER_DAY as u64;

/// The time that a run may take: whole seconds, 1 s to 36500 days.
///
/// Read from `H:MM:SS` as PBS and Slurm write it (hours may be more than 24), from Slurm's `D-HH:MM:SS`, or from a sum of
/// quantities such as `11 h 50 min`; parts of a second are left off. Two fields (`11:50`) are refused: both schedulers
/// take them for minutes and seconds, people for hours and minutes. Its text is `H:MM:SS`, which every scheduler reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime {
    seconds: u64,
}

impl WallTime {
    /// So many whole seconds; none if that is below 1 s or above 36500 days.
    pub fn new(seconds: u64) -> Option<WallTime> {
        (1..=LONGEST).contains(&seconds).then_some(WallTime { seconds })
    }

    /// The whole seconds.
    pub fn seconds(self) -> u64 {
        self.seconds
    }
}

impl FromStr for WallTime {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        let wrong = |reason: String| ParseTermError { text: text.to_owned(), reason };
        let trimmed = text.trim();
        let seconds = if trimmed.contains(':') {
            fields(trimmed).map_err(wrong)?
        } else if !trimmed.is_empty() && trimmed.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Err(wrong(
                "has no unit: a bare number is seconds to PBS and minutes to Slurm; write for example \"11:50:00\" or \
                 \"11 h 50 min\""
                    .into(),
            ));
        } else {
            quantities(trimmed)?
        };
        WallTime::new(seconds)
            .ok_or_else(|| wrong(format!("is {seconds} s; it must be 1 s to {}", Seconds(LONGEST as f64))))
    }
}

/// Seconds of `H:MM:SS` or `D-HH:MM:SS`.
fn fields(text: &str) -> Result<u64, String> {
    const FORMS: &str = "write hours:minutes:seconds, as in \"11:50:00\", or days-hours:minutes:seconds";
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (Some(days), clock),
        None => (None, text),
    };
    let parts: Vec<&str> = clock.split(':').map(str::trim).collect();
    let number = |part: &str| {
        let digits = (1..=9).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u64>().ok().filter(|_| digits).ok_or_else(|| format!("`{part}` is not a whole number; {FORMS}"))
    };
    let [hours, minutes, seconds] = match parts[..] {
        [hours, minutes, seconds] => [number(hours)?, number(minutes)?, number(seconds)?],
        [first, second] if days.is_none() => {
            let (first, second) = (number(first)?, number(second)?);
            return Err(format!(
                "means {first} minutes {second} seconds to PBS and to Slurm; write {first}:{second:02}:00 for {first} \
                 hours {second} minutes, or 0:{first:02}:{second:02}"
            ));
        }
        _ => return Err(format!("does not have three fields; {FORMS}")),
    };
    if minutes > 59 || seconds > 59 {
        return Err(format!("minutes and seconds are at most 59; {FORMS}"));
    }
    if days.is_some() && hours > 23 {
        return Err(format!("hours after days are at most 23; {FORMS}"));
    }
    let days = days.map_or(Ok(0), |days| number(days.trim()))?;
    Ok(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// Whole seconds of a sum such as `2 days 3.5 h`.
fn quantities(text: &str) -> Result<u64, ParseTermError> {
    let wrong = |reason: &str| ParseTermError { text: text.to_owned(), reason: reason.to_owned() };
    let mut total = 0.0;
    let mut rest = text;
    loop {
        // A number, blanks, a unit.
        let unit = rest.find(char::is_alphabetic).unwrap_or(rest.len());
        let end = rest[unit..].find(|c: char| !c.is_alphabetic()).map_or(rest.len(), |length| unit + length);
        let Seconds(seconds) = rest[..end].trim().parse().map_err(|error: ParseTermError| {
            wrong(&format!("{error}; write for example \"11:50:00\" or \"11 h 50 min\""))
        })?;
        if seconds < 0.0 {
            return Err(wrong("has a negative part"));
        }
        total += seconds;
        rest = rest[end..].trim_start();
        if rest.is_empty() {
            // A tenth of an hour is 360 s, whatever float64 makes of it. The conversion stops at the largest number.
            return Ok((total + 1e-6) as u64);
        }
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, seconds) = (self.seconds / 60, self.seconds % 60);
        write!(f, "{}:{:02}:{seconds:02}", minutes / 60, minutes % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_schedulers_and_of_people_are_read() {
        for (text, seconds, written) in [
            ("11:50:00", 42_600, "11:50:00"),
            (" 0:11:50 ", 710, "0:11:50"),
            ("00:00:01", 1, "0:00:01"),
            ("120:00:00", 432_000, "120:00:00"),
            ("2-03:04:05", 183_845, "51:04:05"),
            ("0-1:2:3", 3_723, "1:02:03"),
            ("11 h 50 min", 42_600, "11:50:00"),
            ("11h50min", 42_600, "11:50:00"),
            ("2 days 3 h", 183_600, "51:00:00"),
            ("90 s", 90, "0:01:30"),
            ("0.1 h", 360, "0:06:00"),
            ("1.5 hours 0.9 s", 5_400, "1:30:00"),
            ("1 day", 86_400, "24:00:00"),
            ("36500 days", LONGEST, "876000:00:00"),
        ] {
            let read: WallTime = text.parse().unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((read.seconds(), read.to_string().as_str()), (seconds, written), "{text}");
            assert_eq!(written.parse(), Ok(read));
        }
    }

    #[test]
    fn other_forms_are_refused_with_the_reason() {
        for (text, part) in [
            ("11:50", "means 11 minutes 50 seconds to PBS and to Slurm; write 11:50:00 for 11 hours 50 minutes"),
            ("11:5", "write 11:05:00 for 11 hours 5 minutes, or 0:11:05"),
            ("1-12:30", "three fields"),
            ("1-12", "no unit"),
            ("1:2:3:4", "three fields"),
            ("720", "a bare number is seconds to PBS and minutes to Slurm"),
            ("11:60:00", "at most 59"),
            ("11:00:75", "at most 59"),
            ("1-24:00:00", "at most 23"),
            ("-1:00:00", "not a whole number"),
            ("11:50:00.5", "`00.5` is not a whole number"),
            ("11:50:00 h", "not a whole number"),
            (":50:00", "`` is not a whole number"),
            ("9999999999:00:00", "not a whole number"),
            ("999999999:00:00", "is 3599999996400 s; it must be 1 s to 36500 days"),
            ("0:00:00", "is 0 s; it must be 1 s"),
            ("0.5 s", "is 0 s; it must be 1 s"),
            ("99999999999999999999999 days", "must be 1 s to 36500 days"),
            ("-3 h", "negative"),
            ("11 h 50", "has no unit"),
            ("11 h 50 m", "`m` is not a unit of time"),
            ("h", "does not start with a number"),
            ("", "does not start with a number"),
            ("unlimited", "does not start with a number"),
        ] {
            let error = text.parse::<WallTime>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}`: ")) && error.contains(part), "{text}: {error}");
        }
    }
}
