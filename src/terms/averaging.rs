//! Which segments of a record share a spectrum of a spectrogram.

use std::fmt;
use std::str::FromStr;

use super::ParseTermError;

/// What the periodograms of a spectrogram are averaged over; a segment belongs where its middle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Averaging {
    /// Nothing: one spectrum a segment.
    Segment,
    /// The months of the calendar, January to December, of all years together.
    Month,
    /// December to February, March to May, June to August, September to November, of all years together.
    Season,
}

impl Averaging {
    /// All, as they are written.
    pub const ALL: [Averaging; 3] = [Averaging::Segment, Averaging::Month, Averaging::Season];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Averaging::Segment => "segment",
            Averaging::Month => "month",
            Averaging::Season => "season",
        }
    }
}

impl fmt::Display for Averaging {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Averaging {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        Averaging::ALL.into_iter().find(|averaging| averaging.name() == text).ok_or_else(|| ParseTermError {
            text: text.to_owned(),
            reason: "is none of \"segment\", \"month\", \"season\"".into(),
        })
    }
}
