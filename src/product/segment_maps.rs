//! Maps of each spectrum of a spectrogram.

use serde_json::json;

use super::confidence::LimitFactors;
use super::{
    Leading, MapArray, MapKind, attributes, band_ke_segments_attributes, spectrogram_dof_attributes,
    spectrogram_segments_used_attributes,
};
use crate::spectrum::band_energy;
use crate::terms::{Averaging, Band, CyclesPerDay, LANES, Sample, short};

/// `spectrogram_segments_used`, `spectrogram_dof`, the two factors of the confidence limits, and `band_ke_segments`.
#[derive(Debug)]
pub struct SegmentMaps {
    averaging: Averaging,
    bands: Vec<Band>,
    step: CyclesPerDay,
    factors: Option<LimitFactors>,
}

/// One of the spectra of a spectrogram in a lane group.
#[derive(Clone, Copy, Debug)]
pub struct SegmentEstimate<'a, T> {
    /// Its place among them.
    pub number: usize,
    /// How many there are.
    pub count: usize,
    /// Rows S_ww [m2 s-2 d] of the lanes, one after the other, ascending in frequency; lanes beyond an edge have none.
    pub psd: &'a [T],
    /// Frequencies of a row.
    pub frequencies: usize,
    /// Segments in the mean and its degrees of freedom, by lane.
    pub segments: &'a [(u32, f64); LANES],
    /// Bit k: lane k has a series.
    pub active: u16,
    /// Signed inertial frequency by lane [cpd].
    pub inertial_frequency: &'a [f64; LANES],
}

impl SegmentMaps {
    /// Energies of `bands`, which may be none, of spectra with bins `step` apart; limits that hold with a `probability`.
    pub fn new(averaging: Averaging, bands: Vec<Band>, step: CyclesPerDay, probability: Option<f64>) -> Self {
        SegmentMaps { averaging, bands, step, factors: probability.map(LimitFactors::new) }
    }

    /// The maps, in the order in which [`derive`](Self::derive) fills them.
    pub fn maps(&self) -> Vec<MapArray> {
        let map = |name: &str, kind, attributes| MapArray {
            name: name.into(),
            kind,
            over: &[Leading::TimeSegment],
            attributes,
        };
        let mut maps = vec![
            map("spectrogram_segments_used", MapKind::Int32, spectrogram_segments_used_attributes(self.averaging)),
            map("spectrogram_dof", MapKind::Float32, spectrogram_dof_attributes(self.averaging)),
        ];
        if let Some(LimitFactors { probability, .. }) = &self.factors {
            let percent = short(100.0 * probability);
            for side in ["lower", "upper"] {
                let more =
                    [("probability", json!(probability)), ("comment", json!("chi-squared with spectrogram_dof"))];
                let long_name =
                    format!("{side} {percent} % confidence limit of one bin of spectrogram, divided by the estimate");
                let attributes = attributes(&long_name, "1", &more);
                maps.push(map(&format!("spectrogram_confidence_{side}"), MapKind::Float32, attributes));
            }
        }
        if !self.bands.is_empty() {
            maps.push(MapArray {
                name: "band_ke_segments".into(),
                kind: MapKind::Real,
                over: &[Leading::TimeSegment, Leading::Band],
                attributes: band_ke_segments_attributes(self.averaging),
            });
        }
        maps
    }

    /// Planes of so many spectra.
    pub fn plane_count(&self, spectra: usize) -> usize {
        spectra * (2 + 2 * usize::from(self.factors.is_some()) + self.bands.len())
    }

    /// Fills what belongs to one spectrum, in the lanes with a series.
    pub fn derive<T: Sample>(&self, estimate: &SegmentEstimate<'_, T>, planes: &mut [[f64; LANES]]) {
        let &SegmentEstimate { number, count, frequencies, .. } = estimate;
        let first_of_bands = count * (2 + 2 * usize::from(self.factors.is_some()));
        let mut known = (f64::NAN, [f64::NAN; 2]);
        for lane in (0..LANES).filter(|lane| estimate.active >> lane & 1 == 1) {
            let (segments, dof) = estimate.segments[lane];
            planes[number][lane] = f64::from(segments);
            planes[count + number][lane] = dof;
            if let Some(factors) = self.factors.as_ref().filter(|_| !dof.is_nan()) {
                if dof != known.0 {
                    known = (dof, factors.of(dof));
                }
                [planes[2 * count + number][lane], planes[3 * count + number][lane]] = known.1;
            }
            let f0 = CyclesPerDay(estimate.inertial_frequency[lane]);
            let row = &estimate.psd[lane * frequencies..(lane + 1) * frequencies];
            for (at, band) in self.bands.iter().enumerate() {
                let [lo, hi] = band.limits.map(|limit| limit.at(f0));
                let plane = first_of_bands + number * self.bands.len() + at;
                planes[plane][lane] = band_energy(row, self.step, lo, hi).total();
            }
        }
    }
}
