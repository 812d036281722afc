//! Frequency bands and the grammar of their limits.

use std::fmt;
use std::str::FromStr;

use super::{CyclesPerDay, ParseTermError};

/// One end of a band, as a frequency magnitude; f is the magnitude of the local inertial frequency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BandLimit {
    /// A fixed frequency.
    Fixed(CyclesPerDay),
    /// A multiple of f: `"0.9 f"`.
    Relative(f64),
    /// f plus a fixed frequency, which may be negative: `"f + 0.1 cpd"`, `"f - 0.1 cpd"`.
    Offset(CyclesPerDay),
    /// The end of the spectrum, whatever the sampling: `"nyquist"`.
    Nyquist,
}

impl BandLimit {
    /// The limit where the signed inertial frequency is `f0`; never below zero. [`Nyquist`](Self::Nyquist) is infinite here:
    /// what integrates a spectrum ends where that does.
    pub fn at(self, f0: CyclesPerDay) -> CyclesPerDay {
        CyclesPerDay(match self {
            BandLimit::Fixed(frequency) => frequency.0,
            BandLimit::Relative(multiple) => multiple * f0.0.abs(),
            BandLimit::Offset(offset) => (f0.0.abs() + offset.0).max(0.0),
            BandLimit::Nyquist => f64::INFINITY,
        })
    }
}

impl FromStr for BandLimit {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        let wrong = |reason: &str| ParseTermError { text: text.to_owned(), reason: reason.to_owned() };
        let number = |part: &str| -> Result<f64, ParseTermError> {
            match part.trim().parse::<f64>() {
                Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
                Ok(_) => Err(wrong("the number must be finite and not negative")),
                Err(_) => Err(wrong(
                    "forms: 1.9 (cycles per day), \"0.9 f\", \"f\", \"f + 0.1 cpd\", \"f - 0.1 cpd\", \"nyquist\"",
                )),
            }
        };
        let trimmed = text.trim();
        if trimmed.eq_ignore_ascii_case("nyquist") {
            return Ok(BandLimit::Nyquist);
        }
        if let Some(rest) = trimmed.strip_prefix('f') {
            let rest = rest.trim();
            if rest.is_empty() {
                return Ok(BandLimit::Relative(1.0));
            }
            let (sign, magnitude) = if let Some(after) = rest.strip_prefix('+') {
                (1.0, after)
            } else if let Some(after) = rest.strip_prefix('-') {
                (-1.0, after)
            } else {
                return Err(wrong("after f comes + or -, as in \"f + 0.1 cpd\""));
            };
            let magnitude = magnitude
                .trim()
                .strip_suffix("cpd")
                .ok_or_else(|| wrong("the distance from f needs its unit, as in \"f + 0.1 cpd\""))?;
            return Ok(BandLimit::Offset(CyclesPerDay(sign * number(magnitude)?)));
        }
        if let Some(multiple) = trimmed.strip_suffix('f') {
            let multiple = multiple.trim_end();
            return Ok(BandLimit::Relative(number(multiple.strip_suffix('*').unwrap_or(multiple))?));
        }
        let fixed = trimmed.strip_suffix("cpd").unwrap_or(trimmed);
        Ok(BandLimit::Fixed(CyclesPerDay(number(fixed)?)))
    }
}

impl fmt::Display for BandLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BandLimit::Fixed(frequency) => write!(f, "{} cpd", frequency.0),
            BandLimit::Relative(multiple) => write!(f, "{multiple} f"),
            BandLimit::Offset(offset) if offset.0 < 0.0 => write!(f, "f - {} cpd", -offset.0),
            BandLimit::Offset(offset) => write!(f, "f + {} cpd", offset.0),
            BandLimit::Nyquist => f.write_str("nyquist"),
        }
    }
}

/// A named frequency band; it takes both senses of rotation, lo <= |frequency| <= hi.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Name in the output's `band` coordinate.
    pub name: String,
    /// Lower and upper limit.
    pub limits: [BandLimit; 2],
    /// The limits as the user wrote them.
    pub written: [String; 2],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_follow_the_grammar() {
        let fixed = |x| BandLimit::Fixed(CyclesPerDay(x));
        let offset = |x| BandLimit::Offset(CyclesPerDay(x));
        for (text, limit) in [
            ("0.9 f", BandLimit::Relative(0.9)),
            ("0.9f", BandLimit::Relative(0.9)),
            ("f", BandLimit::Relative(1.0)),
            ("0.9 * f", BandLimit::Relative(0.9)),
            ("f + 0.1 cpd", offset(0.1)),
            ("f-0.1cpd", offset(-0.1)),
            ("1.9", fixed(1.9)),
            ("1.9 cpd", fixed(1.9)),
            ("nyquist", BandLimit::Nyquist),
            (" Nyquist ", BandLimit::Nyquist),
        ] {
            assert_eq!(text.parse::<BandLimit>().unwrap(), limit, "{text}");
        }
        for text in [
            "",
            "f 0.1",
            "f + 0.1",
            "-1",
            "-0.9 f",
            "nan",
            "inf f",
            "0.9 g",
            "1 cph",
            "f + cpd",
            "0.9 ** f",
            "* f",
            "0.9 f f",
            "nyquist f",
            "nyquist - 1 cpd",
        ] {
            assert!(text.parse::<BandLimit>().is_err(), "{text}");
        }
        assert_eq!(BandLimit::Relative(0.9).at(CyclesPerDay(-1.5)).0, 0.9 * 1.5);
        assert_eq!(offset(-0.5).at(CyclesPerDay(0.2)).0, 0.0);
    }
}
