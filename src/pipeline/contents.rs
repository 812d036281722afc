//! Everything that a result holds beside its axes, as the products of a run tell it.

use std::ops::Range;

use super::analysis::Analysis;
use super::areas::{AreaTable, area_tables};
use super::spectra::{PointArray, Spectrum, leading_lengths};
use crate::config::Config;
use crate::grid::Reach;
use crate::product::{LeadingLengths, MapArray};
use crate::terms::{Averaging, Sample};

/// An axis of frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrequencyAxis {
    pub(super) name: &'static str,
    pub(super) two_sided: bool,
    pub(super) frequencies: usize,
}

/// The coordinate of a spectrogram.
#[derive(Clone, Debug)]
pub(super) struct TimeSegmentAxis {
    pub(super) average: Averaging,
    /// The names of months and seasons.
    pub(super) labels: Vec<String>,
    /// First and last time of each segment [seconds since 1970 of the calendar].
    pub(super) bounds: Vec<[f64; 2]>,
}

impl TimeSegmentAxis {
    fn of(config: &Config, analysis: &Analysis) -> Option<Self> {
        let (spectrogram, segments) = config.spectrogram.as_ref().zip(analysis.time_segments.as_ref())?;
        let (average, labels) = (spectrogram.average, segments.labels.clone());
        Some(TimeSegmentAxis { average, labels, bounds: analysis.segment_bounds() })
    }
}

/// Arrays of a result.
#[derive(Clone, Debug)]
pub(super) struct Contents {
    /// Arrays in shards.
    pub(super) points: Vec<PointArray>,
    /// Maps with their planes among those of all spectra, in order.
    pub(super) maps: Vec<(MapArray, Range<usize>)>,
    pub(super) lengths: LeadingLengths,
    /// Axes of all spectra that are kept or averaged, each once.
    pub(super) frequencies: Vec<FrequencyAxis>,
    /// Means over areas.
    pub(super) tables: Vec<AreaTable>,
    /// What the spectra of a spectrogram are of.
    pub(super) time_segments: Option<TimeSegmentAxis>,
}

impl Contents {
    pub(super) fn of<T: Sample>(config: &Config, analysis: &Analysis, reach: &Reach, spectra: &[Spectrum<T>]) -> Self {
        let lengths = leading_lengths(config, analysis);
        let held = || spectra.iter().flat_map(|spectrum| &spectrum.points);
        let mut frequencies: Vec<FrequencyAxis> = Vec::new();
        for array in held() {
            let PointArray { axis, two_sided, frequencies: length, .. } = *array;
            if frequencies.iter().all(|known| known.name != axis) {
                frequencies.push(FrequencyAxis { name: axis, two_sided, frequencies: length });
            }
        }
        Contents {
            points: held().filter(|array| array.kept).cloned().collect(),
            maps: spectra.iter().flat_map(|spectrum| spectrum.maps(&lengths)).collect(),
            lengths,
            frequencies,
            time_segments: TimeSegmentAxis::of(config, analysis),
            tables: area_tables(config, analysis, reach, spectra),
        }
    }
}
