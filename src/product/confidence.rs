//! Confidence limits of spectra.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use super::{Estimate, MapArray, MapKind, Product, attributes};
use crate::spectrum::{Summary, confidence_factors};
use crate::terms::{LANES, Sample};

/// Factors of confidence limits, which are remembered: many points have the same degrees of freedom.
#[derive(Debug)]
pub(super) struct LimitFactors {
    /// That both limits hold, between 0 and 1.
    pub(super) probability: f64,
    /// By the bits of the degrees of freedom.
    known: Mutex<BTreeMap<u64, [f64; 2]>>,
}

impl LimitFactors {
    pub(super) fn new(probability: f64) -> Self {
        LimitFactors { probability, known: Mutex::default() }
    }

    /// Lower and upper factor.
    pub(super) fn of(&self, dof: f64) -> [f64; 2] {
        // Whole whatever became of a thread that held it: the values of a key are always the same.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        *known.entry(dof.to_bits()).or_insert_with(|| confidence_factors(dof, self.probability))
    }
}

/// Degrees of freedom whose limits are remembered at a time: there are as many as patterns of gaps.
const REMEMBERED: usize = 1024;

/// `confidence_lower` and `confidence_upper`: what the estimate of one bin is multiplied with for its limits, by
/// chi-squared of the degrees of freedom (Percival & Walden 1993).
#[derive(Debug)]
pub struct Confidence {
    of: String,
    named: Option<String>,
    one_sided: bool,
    factors: LimitFactors,
}

impl Confidence {
    /// Limits that hold with this `probability`, between 0 and 1, of the spectra in the array `of`, which may be
    /// `one_sided`; the name of a field stands behind those of the maps, none for the first field of a run.
    pub fn new(of: String, named: Option<String>, one_sided: bool, probability: f64) -> Self {
        Confidence { of, named, one_sided, factors: LimitFactors::new(probability) }
    }
}

impl<T: Sample, S: Summary> Product<T, S> for Confidence {
    fn maps(&self) -> Vec<MapArray> {
        let percent = crate::terms::short(100.0 * self.factors.probability);
        let away_from = if self.one_sided {
            "away from 0, Nyquist and their neighbours; at Nyquist, and at 0 where no mean was removed, take the formula with \
             half of dof"
        } else {
            "away from 0 and +- df; kinetic energy, the sum of both senses, has more degrees of freedom"
        };
        let factor = |side: &str, formula: &str| MapArray {
            name: match &self.named {
                None => format!("confidence_{side}"),
                Some(field) => format!("confidence_{side}_{field}"),
            },
            kind: MapKind::Float32,
            over: &[],
            attributes: attributes(
                &format!("{side} {percent} % confidence limit of one bin of {}, divided by the estimate", self.of),
                "1",
                &[
                    ("probability", json!(self.factors.probability)),
                    ("comment", json!(format!("{formula}, nu = dof, alpha = 1 - probability: {away_from}"))),
                    ("references", json!("Percival and Walden (1993), Spectral Analysis for Physical Applications")),
                ],
            ),
        };
        vec![factor("lower", "nu / chi2(1 - alpha/2; nu)"), factor("upper", "nu / chi2(alpha/2; nu)")]
    }

    fn plane_count(&self) -> usize {
        2
    }

    fn derive(&self, estimate: &Estimate<'_, T, S>, planes: &mut [[f64; LANES]]) {
        let mut last = (f64::NAN, [f64::NAN; 2]);
        for (lane, dof) in estimate.summary.degrees_of_freedom().iter().copied().enumerate() {
            // A lane without one segment, of land for instance, has none.
            if dof.is_nan() {
                continue;
            }
            if dof != last.0 {
                last = (dof, self.factors.of(dof));
            }
            [planes[0][lane], planes[1][lane]] = last.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spectrum::GroupSummary;

    fn of(summary: &GroupSummary, product: &Confidence) -> [[f64; LANES]; 2] {
        let estimate =
            Estimate::<f32, _> { psd: &[0.0; LANES], summary, active: u16::MAX, inertial_frequency: &[1.0; LANES] };
        let mut planes = [[f64::NAN; LANES]; 2];
        product.derive(&estimate, &mut planes);
        planes
    }

    #[test]
    fn a_lane_has_the_limits_of_its_own_degrees_of_freedom() {
        let product = Confidence::new("rotary_psd".into(), None, false, 0.9);
        let mut summary = GroupSummary::default();
        for turn in 0..3 {
            for lane in 0..LANES {
                summary.degrees_of_freedom[lane] = if lane % 5 == turn { f64::NAN } else { (2 + lane / 3) as f64 };
            }
            let planes = of(&summary, &product);
            for (lane, dof) in summary.degrees_of_freedom.iter().enumerate() {
                let expected = confidence_factors(*dof, 0.9);
                for (plane, expected) in planes.iter().zip(expected) {
                    assert!(plane[lane].to_bits() == expected.to_bits() || plane[lane].is_nan() && dof.is_nan());
                }
            }
        }
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let product = Confidence::new("rotary_psd".into(), None, false, 0.95);
        for n in 0..3 * REMEMBERED {
            let dof = 2.0 + n as f64 / 100.0;
            assert_eq!(product.factors.of(dof), confidence_factors(dof, 0.95));
            assert!(product.factors.known.lock().unwrap().len() <= REMEMBERED);
        }
    }

    #[test]
    fn names_and_words_tell_the_field_and_the_probability() {
        let product = Confidence::new("psd_Eta".into(), Some("Eta".into()), true, 0.99);
        let maps = Product::<f32, GroupSummary>::maps(&product);
        assert_eq!([&maps[0].name, &maps[1].name], ["confidence_lower_Eta", "confidence_upper_Eta"]);
        assert_eq!(maps.len(), Product::<f32, GroupSummary>::plane_count(&product));
        let words = &maps[1].attributes["long_name"];
        assert_eq!(words, "upper 99 % confidence limit of one bin of psd_Eta, divided by the estimate");
        assert_eq!(maps[0].attributes["probability"], 0.99);
    }
}
