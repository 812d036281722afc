//! What is to be known of a frequency band at a place, whatever it holds.

use serde_json::json;

use super::{Estimate, Leading, MapArray, MapKind, Product, attributes};
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
        let [lo, hi] = self.bands[at].limits.map(|limit| match limit {
            BandLimit::Nyquist => self.nyquist.0,
            limit => limit.at(f0).0,
        });
        let fixed = |band: &Band| match band.limits {
            [BandLimit::Fixed(lo), BandLimit::Fixed(hi)] => Some((lo.0, hi.0)),
            [BandLimit::Fixed(lo), BandLimit::Nyquist] => Some((lo.0, self.nyquist.0)),
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
        // A band that ends at Nyquist may begin beyond it.
        if lo.max(hi) > self.nyquist.0 * (1.0 + 1e-12) {
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
            over: &[Leading::Band],
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

    /// The preset on hourly snapshots and segments of 30 days: which latitudes are flagged follows from f alone.
    #[test]
    fn near_inertial_is_flagged_where_it_meets_the_fixed_bands_of_the_preset() {
        let config = crate::config::Config::assumed(&["bands=[{ preset = \"literature\" }]".to_owned()]).unwrap();
        let flags = BandFlags::new(config.bands.clone(), CyclesPerDay(1.0 / 30.0), CyclesPerDay(12.0));
        let name = |name: &str| config.bands.iter().position(|band| band.name == name).unwrap();
        // numerics.md: f0 = 2 Omega sin(lat), Omega = 2 pi / 86164 s, in cycles per day.
        let at = |latitude: f64| CyclesPerDay(2.0 * 86_400.0 / 86_164.0 * latitude.to_radians().sin());
        // 0.9 f passes 0.5 cpd at 16.1 degrees; 1.1 f to 0.9 f lie about 0.9-1.1 cpd from 24.1 to 37.6 degrees; 1.1 f passes
        // 1.9 cpd at 59.5 and 2.1 cpd at 72.2 degrees.
        for (latitude, overlaps) in [
            (10.0, true),
            (20.0, false),
            (30.0, true),
            (45.0, false),
            (55.0, false),
            (65.0, true),
            (75.0, true),
            (90.0, true),
        ] {
            for side in [1.0, -1.0] {
                let flag = flags.flags(name("near_inertial"), at(side * latitude));
                assert_eq!(flag & BandFlag::OverlapsFixed as u8 != 0, overlaps, "{latitude}");
                assert_eq!(flag & BandFlag::BeyondNyquist as u8, 0);
                for fixed in ["low", "diurnal", "semidiurnal", "supertidal"] {
                    assert_eq!(flags.flags(name(fixed), at(side * latitude)), 0, "{fixed} at {latitude}");
                }
            }
        }
        // Which of the bands it is: each by itself.
        let only = |fixed: &str, latitude: f64| {
            let bands = vec![config.bands[name("near_inertial")].clone(), config.bands[name(fixed)].clone()];
            BandFlags::new(bands, CyclesPerDay(1.0 / 30.0), CyclesPerDay(12.0)).flags(0, at(latitude))
        };
        let overlaps = BandFlag::OverlapsFixed as u8;
        for (fixed, latitude, flag) in [
            ("diurnal", 30.0, overlaps),
            ("diurnal", 24.0, 0),
            ("diurnal", 24.2, overlaps),
            ("diurnal", 37.5, overlaps),
            ("diurnal", 37.7, 0),
            ("semidiurnal", 59.4, 0),
            ("semidiurnal", 59.6, overlaps),
            ("semidiurnal", 75.0, overlaps),
            ("supertidal", 72.0, 0),
            ("supertidal", 72.3, overlaps),
        ] {
            assert_eq!(only(fixed, latitude), flag, "{fixed} at {latitude}");
        }
    }

    #[test]
    fn a_band_up_to_nyquist_is_beyond_it_only_where_it_begins_there() {
        let flags = BandFlags::new(vec![band("1.1 f", "nyquist")], CyclesPerDay(0.1), CyclesPerDay(1.2));
        assert_eq!(flags.flags(0, CyclesPerDay(0.5)), 0);
        let both = BandFlag::BeyondNyquist as u8 | BandFlag::Narrow as u8;
        assert_eq!(flags.flags(0, CyclesPerDay(1.2)), both);
        assert_eq!(BandFlags::beyond_nyquist(&flags.bands, CyclesPerDay(0.1)), None);
        let preset = [band("2.1", "nyquist")];
        assert_eq!(BandFlags::beyond_nyquist(&preset, CyclesPerDay(2.0)), Some((0, CyclesPerDay(2.1))));
    }
}
