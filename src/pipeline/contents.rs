//! Everything that a result holds beside its axes, as the products of a run tell it.

use std::ops::Range;

use super::areas::{AreaTable, area_tables};
use super::spectra::{PointArray, Spectrum, leading_lengths};
use crate::config::Config;
use crate::grid::Reach;
use crate::product::{LeadingLengths, MapArray};
use crate::terms::Sample;

/// An axis of frequencies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrequencyAxis {
    pub(super) name: &'static str,
    pub(super) two_sided: bool,
    pub(super) frequencies: usize,
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
}

impl Contents {
    pub(super) fn of<T: Sample>(config: &Config, reach: &Reach, spectra: &[Spectrum<T>]) -> Self {
        let lengths = leading_lengths(config);
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
            tables: area_tables(config, reach, spectra),
        }
    }
}
