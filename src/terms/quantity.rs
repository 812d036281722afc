//! Quantities with a unit, and how they are read from text.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// A piece of text that is not the quantity or name it should be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{text}`: {reason}")]
pub struct ParseTermError {
    /// The text as written.
    pub text: String,
    /// What is wrong with it and what would be right.
    pub reason: String,
}

/// A number for a message: at most seven digits, and an exponent where it is very large or very small.
pub fn short(value: f64) -> String {
    let rounded: f64 = format!("{value:.6e}").parse().unwrap_or(value);
    if rounded == 0.0 || (1e-4..1e9).contains(&rounded.abs()) { rounded.to_string() } else { format!("{rounded:e}") }
}

/// A duration in seconds.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Seconds(pub f64);

/// A frequency in cycles per day (of 86400 s).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct CyclesPerDay(pub f64);

/// A count of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Bytes(pub u64);

/// Splits "60 days" or "8GiB" into the number and the unit that follows it.
fn number_and_unit(text: &str) -> Result<(f64, &str), ParseTermError> {
    let trimmed = text.trim();
    let end = trimmed
        .char_indices()
        .find(|&(at, c)| {
            let exponent = (c == 'e' || c == 'E')
                && trimmed[at + 1..].starts_with(|n: char| n.is_ascii_digit() || n == '-' || n == '+');
            let sign = (c == '-' || c == '+') && (at == 0 || trimmed[..at].ends_with(['e', 'E']));
            !(c.is_ascii_digit() || c == '.' || exponent || sign)
        })
        .map_or(trimmed.len(), |(at, _)| at);
    let (digits, unit) = trimmed.split_at(end);
    let number: f64 = digits
        .parse()
        .map_err(|_| ParseTermError { text: text.to_owned(), reason: "does not start with a number".into() })?;
    if !number.is_finite() {
        return Err(ParseTermError { text: text.to_owned(), reason: "the number is not finite".into() });
    }
    Ok((number, unit.trim()))
}

impl FromStr for Seconds {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        let (number, unit) = number_and_unit(text)?;
        let seconds_per_unit = match unit {
            "s" | "sec" | "second" | "seconds" => 1.0,
            "min" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            "d" | "day" | "days" => super::SECONDS_PER_DAY,
            "" => {
                return Err(ParseTermError {
                    text: text.to_owned(),
                    reason: "has no unit; write for example \"25 s\", \"1 hour\", \"60 days\"".into(),
                });
            }
            _ => {
                return Err(ParseTermError {
                    text: text.to_owned(),
                    reason: format!(
                        "`{unit}` is not a unit of time; known: s min h d (second minute hour day, singular or plural)"
                    ),
                });
            }
        };
        let seconds = number * seconds_per_unit;
        if !seconds.is_finite() {
            return Err(ParseTermError { text: text.to_owned(), reason: "the number is not finite".into() });
        }
        Ok(Seconds(seconds))
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.0;
        if s >= super::SECONDS_PER_DAY && s % super::SECONDS_PER_DAY == 0.0 {
            let days = s / super::SECONDS_PER_DAY;
            write!(f, "{} day{}", short(days), if days == 1.0 { "" } else { "s" })
        } else if s >= 3600.0 && s % 3600.0 == 0.0 {
            write!(f, "{} h", short(s / 3600.0))
        } else {
            write!(f, "{} s", short(s))
        }
    }
}

impl FromStr for Bytes {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        let (number, unit) = number_and_unit(text)?;
        let bytes_per_unit: f64 = match unit.to_ascii_lowercase().as_str() {
            "b" | "byte" | "bytes" => 1.0,
            "kb" => 1e3,
            "mb" => 1e6,
            "gb" => 1e9,
            "tb" => 1e12,
            "pb" => 1e15,
            "kib" => 1024.0,
            "mib" => 1024.0 * 1024.0,
            "gib" => 1024.0 * 1024.0 * 1024.0,
            "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
            "pib" => 1024.0 * 1024.0 * 1024.0 * 1024.0 * 1024.0,
            "" => {
                return Err(ParseTermError {
                    text: text.to_owned(),
                    reason: "has no unit; write for example \"8 GiB\"".into(),
                });
            }
            _ => {
                return Err(ParseTermError {
                    text: text.to_owned(),
                    reason: format!("`{unit}` is not a unit of memory; known: B kB MB GB TB PB KiB MiB GiB TiB PiB"),
                });
            }
        };
        let bytes = number * bytes_per_unit;
        if !(0.0..=1.8e19).contains(&bytes) {
            return Err(ParseTermError { text: text.to_owned(), reason: "is not between 0 and 16 EiB".into() });
        }
        Ok(Bytes(bytes as u64))
    }
}

impl Bytes {
    /// The next count that its text gives exactly: a whole MiB or, from 1 GiB on, a quarter of its unit. A limit that is
    /// told to a user is enough when it is typed in again.
    pub fn next_exact(self) -> Bytes {
        let units = if self.0 < 1 << 30 { 1 << 20 } else { (1 << (10 * (self.0.ilog2() / 10))) / 4 };
        Bytes(self.0.checked_next_multiple_of(units).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1024.0 && unit + 1 < UNITS.len() {
            value /= 1024.0;
            unit += 1;
        }
        if unit == 0 { write!(f, "{} B", self.0) } else { write!(f, "{value:.2} {}", UNITS[unit]) }
    }
}

impl fmt::Display for CyclesPerDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cpd", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        assert_eq!("60 days".parse(), Ok(Seconds(5_184_000.0)));
        assert_eq!("25s".parse(), Ok(Seconds(25.0)));
        assert_eq!("1.5e1 min".parse(), Ok(Seconds(900.0)));
        for text in ["60", "days", "", "1 fortnight", "1e400 s", "1e308 days", "e5 s", "5 e s", "é"] {
            assert!(text.parse::<Seconds>().is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_of_messages_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (25.0, "25"),
            (-1.0 / 3.0, "-0.3333333"),
            (168.72, "168.72"),
            (1e300, "1e300"),
            (-3.337624169027738e24, "-3.337624e24"),
            (4.6e-41, "4.6e-41"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(value), text);
        }
    }

    #[test]
    fn memory_needs_a_unit() {
        assert_eq!("8 GiB".parse(), Ok(Bytes(8 << 30)));
        assert_eq!("512MiB".parse(), Ok(Bytes(512 << 20)));
        assert_eq!("1 GB".parse(), Ok(Bytes(1_000_000_000)));
        for text in ["8", "-1 GiB", "8 GiBi", "1e300 GiB"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
        assert_eq!(Bytes(3 << 29).to_string(), "1.50 GiB");
        for bytes in [1, 1 << 20, (65 << 20) + 1, (1 << 30) - 1, 1 << 30, 13_579_246_801, (5 << 40) + 1] {
            let told = Bytes(bytes).next_exact();
            assert!(told.0 >= bytes && told.0 - bytes <= (bytes / 4).max(1 << 20), "{bytes}: {}", told.0);
            assert_eq!(told.to_string().parse(), Ok(told));
        }
    }
}
