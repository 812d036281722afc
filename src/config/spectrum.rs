//! `[spectrum]`: how spectra are estimated.

use std::fmt;
use std::str::FromStr;

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::RawSpectrum;
use crate::terms::{Detrend, ParseTermError, Precision, Seconds, Window};

/// The estimator and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Spectrum {
    /// The estimator.
    pub method: Method,
    /// Length of a segment.
    pub segment: Segment,
    /// Share of a segment that the next one repeats, in [0, 1): noverlap = floor(overlap · N).
    pub overlap: f64,
    /// Taper of a segment.
    pub window: Window,
    /// What is removed before windowing.
    pub detrend: Detrend,
    /// Floating-point type of the run.
    pub precision: Precision,
    /// Probability, between 0 and 1, with which the true density lies within the confidence limits; none: no limits.
    pub confidence: Option<f64>,
}

/// An estimator of the power spectral density.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Mean of the periodograms of overlapping windowed segments (Welch, 1967).
    Welch,
}

/// Length of a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Segment {
    /// A time, which must be a whole number of sampling intervals; above 0.
    Duration(Seconds),
    /// A count of samples, at least 2.
    Samples(usize),
}

const METHODS: [(&str, Method); 1] = [("welch", Method::Welch)];
const PRECISIONS: [(&str, Precision); 2] = [("f32", Precision::F32), ("f64", Precision::F64)];
const DEFAULT_SEGMENT: &str = "60 days";
const DEFAULT_OVERLAP: f64 = 0.5;
const DEFAULT_CONFIDENCE: f64 = 0.95;

impl FromStr for Segment {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        let wrong = |reason: &str| ParseTermError { text: text.to_owned(), reason: reason.to_owned() };
        let trimmed = text.trim();
        if let Some(count) = trimmed.strip_suffix("samples").or_else(|| trimmed.strip_suffix("sample")) {
            let count: i64 =
                count.trim().parse().map_err(|_| wrong("samples are a whole number, as in \"1440 samples\""))?;
            return match usize::try_from(count) {
                Ok(count) if count >= 2 => Ok(Segment::Samples(count)),
                _ => Err(wrong("a segment has at least 2 samples")),
            };
        }
        match text.parse::<Seconds>() {
            Ok(duration) if duration.0 > 0.0 && duration.0.is_finite() => Ok(Segment::Duration(duration)),
            Ok(_) => Err(wrong("a segment is longer than 0 s, and finite")),
            Err(error) => Err(ParseTermError { reason: format!("{}; or \"1440 samples\"", error.reason), ..error }),
        }
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Duration(duration) => f.write_str(&check::duration_text(*duration)),
            Segment::Samples(count) => write!(f, "{count} samples"),
        }
    }
}

impl Spectrum {
    pub(super) fn check(raw: RawSpectrum, document: &Document) -> Result<Spectrum, ConfigError> {
        let overlap = raw.overlap.unwrap_or(DEFAULT_OVERLAP);
        if !(0.0..1.0).contains(&overlap) {
            let message =
                format!("is {overlap}; it must be at least 0 and below 1, the share that two segments have in common");
            return Err(document.wrong("spectrum.overlap", message));
        }
        let confidence = raw.confidence.unwrap_or(DEFAULT_CONFIDENCE);
        if !(0.0..1.0).contains(&confidence) {
            let message = format!(
                "is {confidence}; it must be above 0 and below 1, the probability that the limits hold, or 0 for none"
            );
            return Err(document.wrong("spectrum.confidence", message));
        }
        Ok(Spectrum {
            method: raw
                .method
                .map_or(Ok(Method::Welch), |word| check::choice(document, "spectrum.method", &word, &METHODS))?,
            segment: check::term(document, "spectrum.segment", raw.segment.as_deref().unwrap_or(DEFAULT_SEGMENT))?,
            overlap,
            window: check::term(document, "spectrum.window", raw.window.as_deref().unwrap_or("hann"))?,
            detrend: check::term(document, "spectrum.detrend", raw.detrend.as_deref().unwrap_or("constant"))?,
            precision: check::term(document, "spectrum.precision", raw.precision.as_deref().unwrap_or("f32"))?,
            confidence: (confidence > 0.0).then_some(confidence),
        })
    }

    pub(super) fn raw(&self) -> RawSpectrum {
        RawSpectrum {
            method: check::word(&self.method, &METHODS),
            segment: Some(self.segment.to_string()),
            overlap: Some(self.overlap),
            window: Some(self.window.to_string()),
            detrend: Some(self.detrend.to_string()),
            precision: check::word(&self.precision, &PRECISIONS),
            confidence: Some(self.confidence.unwrap_or(0.0)),
        }
    }
}
