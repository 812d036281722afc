//! Names of methods as a user writes them.

use std::fmt;
use std::str::FromStr;

use super::ParseTermError;

/// A taper of a segment, by scipy.signal's names; all are periodic (DFT-even).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Window {
    /// All ones.
    Boxcar,
    /// 0.5 - 0.5 cos.
    Hann,
    /// 0.54 - 0.46 cos.
    Hamming,
    /// 0.42 - 0.5 cos + 0.08 cos 2.
    Blackman,
    /// Tapered cosine; the number is the tapered share of the segment, 0 to 1.
    Tukey(f64),
    /// Kaiser window; the number is beta.
    Kaiser(f64),
    /// First discrete prolate spheroidal sequence; the number is the time-half-bandwidth product NW.
    Dpss(f64),
}

impl FromStr for Window {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        let wrong = |reason: String| ParseTermError { text: text.to_owned(), reason };
        let (name, parameter) = match text.trim().split_once('(') {
            None => (text.trim(), None),
            Some((name, rest)) => {
                let inner =
                    rest.trim_end().strip_suffix(')').ok_or_else(|| wrong("the bracket is not closed".into()))?;
                let number: f64 = inner.trim().parse().map_err(|_| wrong(format!("`{inner}` is not a number")))?;
                (name.trim(), Some(number))
            }
        };
        let within = |number: f64, low: f64, high: f64, what: &str| {
            if number.is_finite() && number >= low && number <= high {
                Ok(number)
            } else {
                Err(wrong(format!("{what} is {number}, allowed are {low} to {high}")))
            }
        };
        match (name, parameter) {
            ("hann", None) => Ok(Window::Hann),
            ("hamming", None) => Ok(Window::Hamming),
            ("blackman", None) => Ok(Window::Blackman),
            ("boxcar", None) => Ok(Window::Boxcar),
            ("tukey", Some(share)) => Ok(Window::Tukey(within(share, 0.0, 1.0, "the tapered share")?)),
            ("kaiser", Some(beta)) => Ok(Window::Kaiser(within(beta, 0.0, 100.0, "beta")?)),
            ("dpss", Some(nw)) => Ok(Window::Dpss(within(nw, 0.5, 50.0, "the time-half-bandwidth product")?)),
            ("tukey" | "kaiser" | "dpss", None) => {
                Err(wrong("needs its number in brackets, for example tukey(0.25), kaiser(8.6), dpss(2.5)".into()))
            }
            ("hann" | "hamming" | "blackman" | "boxcar", Some(_)) => Err(wrong("takes no number".into())),
            _ => Err(wrong("known windows: hann hamming blackman boxcar tukey(0.25) kaiser(8.6) dpss(2.5)".into())),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Window::Boxcar => write!(f, "boxcar"),
            Window::Hann => write!(f, "hann"),
            Window::Hamming => write!(f, "hamming"),
            Window::Blackman => write!(f, "blackman"),
            Window::Tukey(share) => write!(f, "tukey({share})"),
            Window::Kaiser(beta) => write!(f, "kaiser({beta})"),
            Window::Dpss(nw) => write!(f, "dpss({nw})"),
        }
    }
}

/// What is removed from a series before it is windowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detrend {
    /// Nothing.
    None,
    /// The mean of each segment.
    Constant,
    /// The least-squares line of each segment.
    Linear,
    /// The mean of the whole record.
    Record,
}

impl FromStr for Detrend {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        match text {
            "none" => Ok(Detrend::None),
            "constant" => Ok(Detrend::Constant),
            "linear" => Ok(Detrend::Linear),
            "record" => Ok(Detrend::Record),
            _ => Err(ParseTermError { text: text.to_owned(), reason: "known: none constant linear record".into() }),
        }
    }
}

impl fmt::Display for Detrend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Detrend::None => "none",
            Detrend::Constant => "constant",
            Detrend::Linear => "linear",
            Detrend::Record => "record",
        })
    }
}

/// The floating-point type of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// float32 samples and arrays; means in float64.
    F32,
    /// float64 from the reader to the arrays.
    F64,
}

impl Precision {
    /// Bytes of one sample.
    pub fn bytes(self) -> u64 {
        match self {
            Precision::F32 => 4,
            Precision::F64 => 8,
        }
    }
}

impl FromStr for Precision {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        match text {
            "f32" => Ok(Precision::F32),
            "f64" => Ok(Precision::F64),
            _ => Err(ParseTermError { text: text.to_owned(), reason: "known: f32 f64".into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_read_as_they_are_written() {
        for text in ["hann", "hamming", "blackman", "boxcar", "tukey(0.25)", "kaiser(8.6)", "dpss(2.5)"] {
            let window: Window = text.parse().unwrap();
            assert_eq!(window.to_string(), text);
        }
        assert_eq!("tukey( 0.25 )".parse::<Window>().unwrap(), Window::Tukey(0.25));
        for text in ["", "hanning", "tukey", "tukey(2)", "tukey(x)", "tukey(0.1", "hann(3)", "kaiser(nan)", "dpss(inf)"]
        {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }
}
