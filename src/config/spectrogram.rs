//! `[spectrogram]` and `[components]`: which spectra are kept beside the mean of all segments.

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::{RawComponents, RawSpectrogram};
use crate::terms::{Averaging, Component};

/// Spectra through time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spectrogram {
    /// Which segments share a spectrum.
    pub average: Averaging,
    /// What is kept of each; not empty, none twice.
    pub keep: Vec<SpectrogramKind>,
}

/// What a spectrogram is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpectrogramKind {
    /// Spectra of every point.
    Points,
    /// Zonal means.
    Zonal,
    /// Means over regions.
    Regions,
    /// Means over longitude-latitude bins.
    Bins,
    /// Kinetic energy of the bands at every point.
    Bands,
}

/// Spectra of the components of the velocity, at every point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Components {
    /// Those that are kept; not empty, none twice.
    pub keep: Vec<Component>,
}

const KINDS: [(&str, SpectrogramKind); 5] = [
    ("points", SpectrogramKind::Points),
    ("zonal", SpectrogramKind::Zonal),
    ("regions", SpectrogramKind::Regions),
    ("bins", SpectrogramKind::Bins),
    ("bands", SpectrogramKind::Bands),
];

impl SpectrogramKind {
    /// As it is written.
    pub fn name(self) -> &'static str {
        KINDS[self as usize].0
    }
}

impl Spectrogram {
    /// Whether spectra of this kind are kept.
    pub fn keeps(&self, kind: SpectrogramKind) -> bool {
        self.keep.contains(&kind)
    }

    pub(super) fn check(raw: RawSpectrogram, document: &Document) -> Result<Spectrogram, ConfigError> {
        let averages = Averaging::ALL.map(|average| (average.name(), average));
        let average = raw.average.map(|word| check::choice(document, "spectrogram.average", &word, &averages));
        Ok(Spectrogram {
            average: average.unwrap_or(Ok(Averaging::Segment))?,
            keep: match raw.keep {
                Some(words) => check::choices(document, "spectrogram.keep", &words, &KINDS)?,
                None => vec![SpectrogramKind::Points],
            },
        })
    }

    pub(super) fn raw(&self) -> RawSpectrogram {
        RawSpectrogram {
            average: Some(self.average.name().to_owned()),
            keep: Some(self.keep.iter().map(|kind| kind.name().to_owned()).collect()),
        }
    }
}

impl Components {
    pub(super) fn check(raw: RawComponents, document: &Document) -> Result<Components, ConfigError> {
        let names = Component::ALL.map(|component| (component.name(), component));
        Ok(Components {
            keep: match raw.keep {
                Some(words) => check::choices(document, "components.keep", &words, &names)?,
                None => Component::ALL.to_vec(),
            },
        })
    }

    pub(super) fn raw(&self) -> RawComponents {
        RawComponents { keep: Some(self.keep.iter().map(|component| component.name().to_owned()).collect()) }
    }
}
