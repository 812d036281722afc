//! Variance of a scalar in frequency bands.

use serde_json::json;

use super::{Estimate, Leading, MapArray, MapKind, Product, Scalar, attributes};
use crate::spectrum::{ScalarSummary, band_variance};
use crate::terms::{Band, CyclesPerDay, LANES, Sample};

/// `band_variance_NAME`: the one-sided density integrated over lo <= f <= hi, edge-exact.
#[derive(Clone, Debug)]
pub struct ScalarBands {
    scalar: Scalar,
    bands: Vec<Band>,
    segment: usize,
    step: CyclesPerDay,
}

impl ScalarBands {
    /// Bands, one at least, of spectra of segments of `segment` samples with bins `step` apart.
    pub fn new(scalar: Scalar, bands: Vec<Band>, segment: usize, step: CyclesPerDay) -> Self {
        ScalarBands { scalar, bands, segment, step }
    }
}

impl<T: Sample> Product<T, ScalarSummary> for ScalarBands {
    fn maps(&self) -> Vec<MapArray> {
        vec![MapArray {
            name: format!("band_variance_{}", self.scalar.name),
            kind: MapKind::Real,
            over: &[Leading::Band],
            attributes: attributes(
                &format!("variance of {} in the band", self.scalar.words()),
                &self.scalar.units_squared(),
                &[("comment", json!("spectral density integrated over the band, partial bins by their overlap"))],
            ),
        }]
    }

    fn plane_count(&self) -> usize {
        self.bands.len()
    }

    fn derive(&self, estimate: &Estimate<'_, T, ScalarSummary>, planes: &mut [[f64; LANES]]) {
        for lane in estimate.lanes() {
            let f0 = CyclesPerDay(estimate.inertial_frequency[lane]);
            for (band, plane) in self.bands.iter().zip(&mut *planes) {
                let [lo, hi] = band.limits.map(|limit| limit.at(f0));
                plane[lane] = band_variance(estimate.row(lane), self.segment, self.step, lo, hi);
            }
        }
    }
}
