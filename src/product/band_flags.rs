//! What is to be known of a frequency band at a place, whatever it holds.

use serde_json::json;

use super::{Estimate, MapArray, MapKind, Product, attributes};
use crate::spectrum::Summary;
use crate::terms::{Band, BandLimit, CyclesPerDay, LANES, Sample};

/// A reason to look twice at a band's value; bits of `band_flag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BandFlag {
    /// The band is narrower than two bins.
    Narrow = 1,
    /// A band that follows f reaches into one with fixed limits.
    OverlapsFixed = 2,
    /// The band reaches beyond the Nyquist frequency.
    BeyondNyquist = 4,
}

/// `band_flag`, one for the bands of all fields.
#[derive(Clone, Debug)]
pub struct BandFlags {
    bands: Vec<Band>,
    step: CyclesPerDay,
    nyquist: CyclesPerDay,
}

impl BandFlags {
    /// Bands of spectra with bins `step` apart, up to `nyquist`; one at least.
    pub fn new(bands: Vec<Band>, step: CyclesPerDay, nyquist: CyclesPerDay) -> Self {
        BandFlags { bands, step, nyquist }
    }

    /// The first band with a fixed limit above Nyquist, which no place could fill, and that limit.
    pub fn beyond_nyquist(bands: &[Band], nyquist: CyclesPerDay) -> Option<(usize, CyclesPerDay)> {
        bands.iter().enumerate().find_map(|(at, band)| {
            band.limits.iter().find_map(|limit| match limit {
                BandLimit::Fixed(frequency) if frequency.0 > nyquist.0 * (1.0 + 1e-12) => Some((at, *frequency)),
                _ => None,
            })
        })
    }

    fn flags(&self, at: usize, f0: CyclesPerDay) -> u8 {
        let [lo, hi] = self.bands[at].limits.map(|limit| limit.at(f0).0);
        let fixed = |band: &Band| match band.limits {
            [BandLimit::Fixed(lo), BandLimit::Fixed(hi)] => Some((lo.0, hi.0)),
            _ => None,
        };
        let follows_f = fixed(&self.bands[at]).is_none();
        let overlaps = follows_f && self.bands.iter().filter_map(fixed).any(|(from, to)| lo < to && from < hi);
        let mut flags = 0;
        if hi - lo < 2.0 * self.step.0 * (1.0 - 1e-9) {
            flags |= BandFlag::Narrow as u8;
        }
        if overlaps {
            flags |= BandFlag::OverlapsFixed as u8;
        }
        if hi > self.nyquist.0 * (1.0 + 1e-12) {
            flags |= BandFlag::BeyondNyquist as u8;
        }
        flags
    }
}

impl<T: Sample, S: Summary> Product<T, S> for BandFlags {
    fn maps(&self) -> Vec<MapArray> {
        let masks = [BandFlag::Narrow, BandFlag::OverlapsFixed, BandFlag::BeyondNyquist].map(|flag| flag as u8);
        vec![MapArray {
            name: "band_flag".to_owned(),
            kind: MapKind::UInt8,
            by_band: true,
            attributes: attributes(
                "band quality flag",
                "1",
                &[
                    ("flag_masks", json!(masks)),
                    ("flag_meanings", json!("narrower_than_two_bins overlaps_a_fixed_band beyond_nyquist")),
                ],
            ),
        }]
    }

    fn plane_count(&self) -> usize {
        self.bands.len()
    }

    fn derive(&self, estimate: &Estimate<'_, T, S>, planes: &mut [[f64; LANES]]) {
        for lane in estimate.lanes() {
            let f0 = CyclesPerDay(estimate.inertial_frequency[lane]);
            for (at, plane) in planes.iter_mut().enumerate() {
                plane[lane] = f64::from(self.flags(at, f0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(lo: &str, hi: &str) -> Band {
        Band { name: "x".into(), limits: [lo.parse().unwrap(), hi.parse().unwrap()], written: [lo.into(), hi.into()] }
    }

    #[test]
    fn flags_tell_what_is_wrong_at_a_place() {
        let bands =
            BandFlags::new(vec![band("0.9 f", "1.1 f"), band("0.9", "1.1")], CyclesPerDay(0.1), CyclesPerDay(1.2));
        let at = |f0| bands.flags(0, CyclesPerDay(f0));
        assert_eq!(at(0.5), BandFlag::Narrow as u8);
        assert_eq!(at(-1.0), BandFlag::OverlapsFixed as u8);
        assert_eq!(at(1.15), BandFlag::OverlapsFixed as u8 | BandFlag::BeyondNyquist as u8);
        assert_eq!(bands.flags(1, CyclesPerDay(1.0)), 0, "a fixed band of two bins is fine");
        assert_eq!(BandFlags::beyond_nyquist(&bands.bands, CyclesPerDay(1.0)), Some((1, CyclesPerDay(1.1))));
        assert_eq!(BandFlags::beyond_nyquist(&bands.bands, CyclesPerDay(1.1)), None);
    }
}
