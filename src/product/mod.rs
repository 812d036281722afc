//! Estimates of a lane group in, named output values out: one file a product.
//!
//! A product says which maps it makes and fills them, 16 locations at a time, from the group's rotary
//! spectra [lane][frequency] (S_ww, m2 s-2 d, ascending) and summary. Maps are carried as float64 and
//! rounded to their type when they are written.

mod bands;
mod geometry;
mod moments;
mod quality;
mod rotary;

pub use bands::{BandFlag, Bands};
pub use geometry::{GeometryMap, geometry_maps};
pub use moments::Moments;
pub use quality::Quality;
pub use rotary::rotary_psd_attributes;

use serde_json::{Map, Value, json};

use crate::spectrum::GroupSummary;
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

/// A map [face, j, i], or [band, face, j, i].
#[derive(Clone, Debug)]
pub struct MapArray {
    /// Name in the result.
    pub name: &'static str,
    /// Type in the result.
    pub kind: MapKind,
    /// Whether there is one plane a band.
    pub by_band: bool,
    /// CF attributes.
    pub attributes: Map<String, Value>,
}

/// Estimates of one lane group.
#[derive(Clone, Copy, Debug)]
pub struct Estimate<'a, T> {
    /// 16 rows of S_ww [m2 s-2 d], ascending frequency.
    pub psd: &'a [T],
    /// Means, variances, segments, degrees of freedom.
    pub summary: &'a GroupSummary,
    /// Bit k: lane k has a series.
    pub active: u16,
    /// Signed inertial frequency by lane [cpd].
    pub inertial_frequency: &'a [f64; LANES],
}

impl<T> Estimate<'_, T> {
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

/// What a run derives from the spectra.
pub trait Product<T: Sample>: Send + Sync {
    /// The maps, in the order in which [`derive`](Self::derive) fills them.
    fn maps(&self) -> Vec<MapArray>;
    /// Planes that [`derive`](Self::derive) fills.
    fn plane_count(&self) -> usize;
    /// Fills one plane a map (a banded map has one a band), by lane, for the lanes with a series.
    fn derive(&self, estimate: &Estimate<'_, T>, planes: &mut [[f64; LANES]]);
}

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
