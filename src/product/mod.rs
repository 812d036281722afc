//! Estimates of a lane group in, named output values out: one file a product.
//!
//! A product says which maps it makes and fills them, 16 locations at a time, from the group's spectra [lane][frequency],
//! ascending, and its summary: of a velocity the rotary spectra (S_ww, m2 s-2 d), of a scalar the one-sided ones (unit2 d).
//! The type of the summary tells which of the two a product is for; some are for both. Maps are carried as float64 and
//! rounded to their type when they are written.

pub mod area;
mod band_flags;
mod bands;
mod components;
mod confidence;
mod error;
mod geometry;
mod moments;
mod one_sided;
mod quality;
mod rotary;
mod scalar;
mod scalar_bands;
mod scalar_moments;
mod segment_maps;
mod spectrogram;

pub use band_flags::{BandFlag, BandFlags};
pub use bands::Bands;
pub use components::{ComponentArray, Components};
pub use confidence::Confidence;
pub use error::ProductError;
pub use geometry::{GeometryMap, geometry_maps};
pub use moments::Moments;
pub use one_sided::one_sided_psd_attributes;
pub use quality::Quality;
pub use rotary::rotary_psd_attributes;
pub use scalar::Scalar;
pub use scalar_bands::ScalarBands;
pub use scalar_moments::ScalarMoments;
pub use segment_maps::{SegmentEstimate, SegmentMaps};
pub use spectrogram::{
    TimeSegments, band_ke_segments_attributes, spectrogram_attributes, spectrogram_dof_attributes,
    spectrogram_segments_used_attributes, time_segment_attributes,
};

use serde_json::{Map, Value, json};

use crate::spectrum::{GroupSummary, ScalarSummary, Summary};
use crate::terms::{LANES, Sample};

/// The type of a map in the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// The run's floating-point type, NaN where there is nothing.
    Real,
    /// float32 whatever the run's type, NaN where there is nothing.
    Float32,
    /// int32, 0 where there is nothing.
    Int32,
    /// uint8, 0 where there is nothing.
    UInt8,
}

impl MapKind {
    /// What stands where there is nothing.
    pub fn nothing(self) -> f64 {
        match self {
            MapKind::Real | MapKind::Float32 => f64::NAN,
            MapKind::Int32 | MapKind::UInt8 => 0.0,
        }
    }
}

/// A dimension that stands before those of the grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leading {
    /// Of a spectrogram.
    TimeSegment,
    /// Frequency bands.
    Band,
}

impl Leading {
    /// Its name in the result.
    pub fn name(self) -> &'static str {
        match self {
            Leading::TimeSegment => "time_segment",
            Leading::Band => "band",
        }
    }
}

/// How long the leading dimensions are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeadingLengths {
    /// Spectra of a spectrogram at a point.
    pub time_segments: usize,
    /// Frequency bands.
    pub bands: usize,
}

impl LeadingLengths {
    /// Of one dimension.
    pub fn of(&self, dimension: Leading) -> usize {
        match dimension {
            Leading::TimeSegment => self.time_segments,
            Leading::Band => self.bands,
        }
    }
}

/// A map [face, j, i], with what stands before: [band, face, j, i].
#[derive(Clone, Debug)]
pub struct MapArray {
    /// Name in the result.
    pub name: String,
    /// Type in the result.
    pub kind: MapKind,
    /// Dimensions before those of the grid, slowest first; one plane for each of their indices.
    pub over: &'static [Leading],
    /// CF attributes.
    pub attributes: Map<String, Value>,
}

impl MapArray {
    /// How many planes it has.
    pub fn planes(&self, lengths: &LeadingLengths) -> usize {
        self.over.iter().map(|&dimension| lengths.of(dimension)).product()
    }
}

/// Estimates of one field in one lane group.
#[derive(Clone, Copy, Debug)]
pub struct Estimate<'a, T, S> {
    /// 16 rows of the spectrum, ascending frequency: S_ww [m2 s-2 d], or one-sided ones of a scalar [unit2 d].
    pub psd: &'a [T],
    /// Means, variances, segments, degrees of freedom.
    pub summary: &'a S,
    /// Bit k: lane k has a series.
    pub active: u16,
    /// Signed inertial frequency by lane [cpd].
    pub inertial_frequency: &'a [f64; LANES],
}

impl<T, S> Estimate<'_, T, S> {
    /// Lanes with a series.
    pub fn lanes(&self) -> impl Iterator<Item = usize> {
        let active = self.active;
        (0..LANES).filter(move |lane| active >> lane & 1 == 1)
    }

    /// The spectrum of one lane.
    pub fn row(&self, lane: usize) -> &[T] {
        let frequencies = self.psd.len() / LANES;
        &self.psd[lane * frequencies..(lane + 1) * frequencies]
    }
}

/// What a run derives from the spectra of a velocity (S is [`GroupSummary`]) or of a scalar ([`ScalarSummary`]).
pub trait Product<T: Sample, S: Summary>: Send + Sync {
    /// The maps, in the order in which [`derive`](Self::derive) fills them.
    fn maps(&self) -> Vec<MapArray>;
    /// Planes that [`derive`](Self::derive) fills.
    fn plane_count(&self) -> usize;
    /// Fills one plane a map (a banded map has one a band), by lane, for the lanes with a series.
    fn derive(&self, estimate: &Estimate<'_, T, S>, planes: &mut [[f64; LANES]]);
}

/// Products of a velocity.
pub type VelocityProducts<T> = Vec<Box<dyn Product<T, GroupSummary>>>;

/// Products of a scalar.
pub type ScalarProducts<T> = Vec<Box<dyn Product<T, ScalarSummary>>>;

/// CF attributes of a map; `more` may add or replace.
pub(crate) fn attributes(long_name: &str, units: &str, more: &[(&str, Value)]) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("long_name".into(), json!(long_name));
    map.insert("units".into(), json!(units));
    map.insert("coordinates".into(), json!("XC YC"));
    for (key, value) in more {
        map.insert((*key).to_owned(), value.clone());
    }
    map
}
