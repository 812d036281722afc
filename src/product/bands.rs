//! Kinetic energy of frequency bands.

use serde_json::json;

use super::{Estimate, Leading, MapArray, MapKind, Product, attributes};
use crate::spectrum::{GroupSummary, band_energy};
use crate::terms::{Band, CyclesPerDay, LANES, Sample};

/// `band_ke`, `band_ke_cw`, `band_ke_ccw`: 1/2 S_ww integrated over lo <= |f| <= hi, edge-exact.
#[derive(Clone, Debug)]
pub struct Bands {
    bands: Vec<Band>,
    step: CyclesPerDay,
}

impl Bands {
    /// Bands of spectra with bins `step` apart; one at least.
    pub fn new(bands: Vec<Band>, step: CyclesPerDay) -> Self {
        Bands { bands, step }
    }
}

impl<T: Sample> Product<T, GroupSummary> for Bands {
    fn maps(&self) -> Vec<MapArray> {
        let energy = |name: &str, long_name: &str| MapArray {
            name: name.to_owned(),
            kind: MapKind::Real,
            over: &[Leading::Band],
            attributes: attributes(
                long_name,
                "m2 s-2",
                &[("comment", json!("1/2 S_ww integrated over the band, partial bins by their overlap"))],
            ),
        };
        vec![
            energy("band_ke", "kinetic energy per unit mass in the band"),
            energy("band_ke_cw", "clockwise kinetic energy per unit mass in the band"),
            energy("band_ke_ccw", "counter-clockwise kinetic energy per unit mass in the band"),
        ]
    }

    fn plane_count(&self) -> usize {
        3 * self.bands.len()
    }

    fn derive(&self, estimate: &Estimate<'_, T, GroupSummary>, planes: &mut [[f64; LANES]]) {
        let count = self.bands.len();
        for lane in estimate.lanes() {
            let f0 = CyclesPerDay(estimate.inertial_frequency[lane]);
            for (at, band) in self.bands.iter().enumerate() {
                let [lo, hi] = band.limits.map(|limit| limit.at(f0));
                let energy = band_energy(estimate.row(lane), self.step, lo, hi);
                planes[at][lane] = energy.total();
                planes[count + at][lane] = energy.cw;
                planes[2 * count + at][lane] = energy.ccw;
            }
        }
    }
}
