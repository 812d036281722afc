//! Spectra of the components of a velocity, and the ellipse of each frequency.

use serde_json::{Map, Value, json};

use super::attributes;
use crate::spectrum::{Complex, Ellipse, RotaryBin, one_sided_bins};
use crate::terms::{Component, CyclesPerDay, Sample};

const SOURCES: &str = "Gonella (1972), Deep-Sea Res. 19, 833-846; Mooers (1973), Deep-Sea Res. 20, 1129-1141";

/// What a run keeps of the components of its velocity; each array is along `freq_time_one_sided`.
#[derive(Clone, Debug)]
pub struct Components {
    kept: Vec<Component>,
    frequency_step: CyclesPerDay,
    noise_bandwidth: f64,
}

/// An array [face, j, i, freq_time_one_sided].
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentArray {
    /// Name in the result.
    pub name: &'static str,
    /// Whether its values are complex: two of the run's type, real and imaginary part.
    pub complex: bool,
    /// CF attributes.
    pub attributes: Map<String, Value>,
}

impl Components {
    /// Arrays of all components.
    pub const ARRAYS_AT_MOST: usize = 9;

    /// What is `kept`, in this order, of spectra whose bins lie `frequency_step` apart, and whose window is as wide as
    /// `noise_bandwidth` bins ([`equivalent_noise_bandwidth`](crate::spectrum::equivalent_noise_bandwidth)).
    pub fn new(kept: Vec<Component>, frequency_step: CyclesPerDay, noise_bandwidth: f64) -> Self {
        Components { kept, frequency_step, noise_bandwidth }
    }

    /// Whether any of them comes from the cross-spectrum of the two senses: kinetic energy and the rotary coefficient do not.
    pub fn need_cross(&self) -> bool {
        self.kept.iter().any(|kept| !matches!(kept, Component::KineticEnergy | Component::RotaryCoefficient))
    }

    /// The arrays, in the order in which [`fill`](Self::fill) has their rows.
    pub fn arrays(&self) -> Vec<ComponentArray> {
        self.kept.iter().flat_map(|component| self.arrays_of(*component)).collect()
    }

    fn arrays_of(&self, component: Component) -> Vec<ComponentArray> {
        let one = |words: &str, comment: &str| {
            let more = [
                (
                    "sidedness",
                    json!("one-sided: every bin but 0 and Nyquist has the power of both signs of the frequency"),
                ),
                ("comment", json!(comment)),
                ("cell_methods", json!("time: mean (of periodograms of overlapping segments)")),
            ];
            vec![ComponentArray {
                name: component.name(),
                complex: component == Component::Suv,
                attributes: attributes(words, "m2 s-2 d", &more),
            }]
        };
        match component {
            Component::Suu => one(
                "one-sided power spectral density of the eastward velocity",
                "density: the integral over freq_time_one_sided is the variance of u",
            ),
            Component::Svv => one(
                "one-sided power spectral density of the northward velocity",
                "density: the integral over freq_time_one_sided is the variance of v",
            ),
            Component::Suv => one(
                "one-sided cross-spectral density of the eastward and the northward velocity",
                "<conj(U) V>, as scipy.signal.csd(u, v): the integral of the real part over freq_time_one_sided is the \
                 covariance of u and v; the imaginary part is negative where the motion turns counter-clockwise",
            ),
            Component::KineticEnergy => one(
                "one-sided power spectral density of the horizontal kinetic energy, 1/2 (S_uu + S_vv)",
                "density: the integral over freq_time_one_sided is the kinetic energy per unit mass of the variations",
            ),
            Component::RotaryCoefficient => vec![ComponentArray {
                name: component.name(),
                complex: false,
                attributes: attributes(
                    "rotary coefficient (S_ccw - S_cw) / (S_ccw + S_cw)",
                    "1",
                    &[
                        (
                            "comment",
                            json!(
                                "1 counter-clockwise circle, 0 straight motion, -1 clockwise circle; 0 at 0 and Nyquist, one bin for both senses"
                            ),
                        ),
                        ("references", json!(SOURCES)),
                    ],
                ),
            }],
            Component::Ellipse => self.ellipse_arrays(),
        }
    }

    fn ellipse_arrays(&self) -> Vec<ComponentArray> {
        let array = |name: &'static str, words: &str, units: &str, comment: &str, bandwidth: bool| {
            let mut attributes =
                attributes(words, units, &[("comment", json!(comment)), ("references", json!(SOURCES))]);
            if bandwidth {
                attributes.insert("equivalent_noise_bandwidth".into(), json!(self.noise_bandwidth));
            }
            ComponentArray { name, complex: false, attributes }
        };
        let axes = "of the ellipse with the energy of one bin, (major^2 + minor^2)/4 = ke_psd df; of a line at the bin's \
                    centre multiply by sqrt(equivalent_noise_bandwidth)";
        vec![
            array(
                "ellipse_major",
                "semi-major axis of the ellipse of a frequency",
                "m s-1",
                &format!("sqrt(S_ccw df) + sqrt(S_cw df), {axes}"),
                true,
            ),
            array(
                "ellipse_minor",
                "semi-minor axis of the ellipse of a frequency, negative where it is clockwise",
                "m s-1",
                &format!("sqrt(S_ccw df) - sqrt(S_cw df), {axes}"),
                true,
            ),
            array(
                "ellipse_inclination",
                "direction of the major axis of the ellipse, counter-clockwise from east",
                "degree",
                "0 to less than 180; of little meaning where ellipse_stability is small or the ellipse is nearly a circle",
                false,
            ),
            array(
                "ellipse_stability",
                "stability of the ellipse from segment to segment, |<W(+f) W(-f)>| / sqrt(S_ccw S_cw)",
                "1",
                "0 to 1; 1 of a single segment whatever its motion; its square is a coherence",
                false,
            ),
        ]
    }

    /// Fills the rows of one lane, one an array: N/2 + 1 values from 0 to Nyquist, of a complex one as many pairs of real
    /// and imaginary part; NaN where `density` is.
    ///
    /// `density` is S_ww, N values two-sided and ascending, in float64
    /// ([`Welch::rotary_density`](crate::spectrum::Welch::rotary_density)): S_uu of a nearly northward current is a small
    /// difference. `cross` has N/2 + 1 values ([`Welch::cross_density`](crate::spectrum::Welch::cross_density)), or none
    /// where none is [needed](Self::need_cross).
    ///
    /// # Panics
    /// If there is not one row for each array, or one is too short.
    pub fn fill<T: Sample>(&self, density: &[f64], cross: &[Complex<f64>], rows: &mut [&mut [T]]) {
        let arrays: usize = self.kept.iter().map(|kept| if *kept == Component::Ellipse { 4 } else { 1 }).sum();
        assert_eq!(rows.len(), arrays, "a row for each array");
        for k in 0..one_sided_bins(density.len()) {
            let bin = RotaryBin::of(density, cross, k);
            let mut rows = rows.iter_mut();
            let mut put = |start: usize, values: &[f64]| {
                if let Some(row) = rows.next() {
                    let places = &mut row[start..start + values.len()];
                    places.iter_mut().zip(values).for_each(|(place, value)| *place = T::rounded(*value));
                }
            };
            for component in &self.kept {
                match component {
                    Component::Suu => put(k, &[bin.s_uu()]),
                    Component::Svv => put(k, &[bin.s_vv()]),
                    Component::Suv => {
                        let s_uv = bin.s_uv();
                        put(2 * k, &[s_uv.re, s_uv.im]);
                    }
                    Component::KineticEnergy => put(k, &[bin.kinetic_energy()]),
                    Component::RotaryCoefficient => put(k, &[bin.rotary_coefficient()]),
                    Component::Ellipse => {
                        let Ellipse { major, minor, inclination, stability } = bin.ellipse(self.frequency_step);
                        for value in [major, minor, below_180::<T>(inclination), stability] {
                            put(k, &[value]);
                        }
                    }
                }
            }
        }
    }
}

/// A direction that does not become 180 degrees where it is rounded to the run's type.
fn below_180<T: Sample>(inclination: f64) -> f64 {
    if T::rounded(inclination).as_f64() >= 180.0 { 0.0 } else { inclination }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DF: CyclesPerDay = CyclesPerDay(0.25);

    fn names(components: &Components) -> Vec<&'static str> {
        components.arrays().iter().map(|array| array.name).collect()
    }

    #[test]
    fn arrays_have_the_names_and_units_of_the_contract() {
        let all = Components::new(Component::ALL.to_vec(), DF, 1.5);
        let ellipse = ["ellipse_major", "ellipse_minor", "ellipse_inclination", "ellipse_stability"];
        assert_eq!(names(&all)[..5], ["S_uu", "S_vv", "S_uv", "ke_psd", "rotary_coefficient"]);
        assert_eq!(names(&all)[5..], ellipse);
        for array in all.arrays() {
            assert_eq!(array.complex, array.name == "S_uv");
            let units = match array.name {
                "S_uu" | "S_vv" | "S_uv" | "ke_psd" => "m2 s-2 d",
                "ellipse_major" | "ellipse_minor" => "m s-1",
                "ellipse_inclination" => "degree",
                _ => "1",
            };
            assert_eq!(array.attributes["units"], units, "{}", array.name);
            let says_bandwidth = array.attributes.get("equivalent_noise_bandwidth") == Some(&json!(1.5));
            assert_eq!(says_bandwidth, units == "m s-1", "{}", array.name);
        }
        let some = Components::new(vec![Component::Ellipse, Component::Suu], DF, 1.5);
        assert_eq!(names(&some)[3..], ["ellipse_stability", "S_uu"]);
        assert!(some.need_cross() && all.need_cross());
        let energies = vec![Component::KineticEnergy, Component::RotaryCoefficient];
        assert!(!Components::new(energies, DF, 1.5).need_cross());
    }

    /// Every value stands in the row of its array, at its bin.
    fn rows_are_filled<T: Sample>(length: usize) {
        let density: Vec<f64> = (0..length).map(|n| 1.0 + ((n * 7) % 11) as f64).collect();
        let bins = one_sided_bins(length);
        let cross: Vec<Complex<f64>> =
            (0..bins).map(|k| Complex::from_polar(0.5 + 0.05 * k as f64, 2.4 * k as f64)).collect();
        let orders = [Component::ALL.to_vec(), Component::ALL.iter().rev().copied().collect()];
        for kept in orders {
            let components = Components::new(kept, DF, 1.0);
            let arrays = components.arrays();
            let mut values: Vec<Vec<T>> =
                arrays.iter().map(|array| vec![T::nan(); bins * if array.complex { 2 } else { 1 }]).collect();
            let mut rows: Vec<&mut [T]> = values.iter_mut().map(Vec::as_mut_slice).collect();
            components.fill(&density, &cross, &mut rows);
            for (array, values) in arrays.iter().zip(&values) {
                for k in 0..bins {
                    let bin = RotaryBin::of(&density, &cross, k);
                    let ellipse = bin.ellipse(DF);
                    let expected = match array.name {
                        "S_uu" => vec![bin.s_uu()],
                        "S_vv" => vec![bin.s_vv()],
                        "S_uv" => vec![bin.s_uv().re, bin.s_uv().im],
                        "ke_psd" => vec![bin.kinetic_energy()],
                        "rotary_coefficient" => vec![bin.rotary_coefficient()],
                        "ellipse_major" => vec![ellipse.major],
                        "ellipse_minor" => vec![ellipse.minor],
                        "ellipse_inclination" => vec![ellipse.inclination],
                        _ => vec![ellipse.stability],
                    };
                    let got = &values[k * expected.len()..][..expected.len()];
                    let expected: Vec<T> = expected.into_iter().map(T::rounded).collect();
                    assert_eq!(got, expected, "{} bin {k}", array.name);
                }
            }
            let mut rows: Vec<&mut [T]> = values.iter_mut().map(Vec::as_mut_slice).collect();
            components.fill(&vec![f64::NAN; length], &vec![Complex::new(f64::NAN, f64::NAN); bins], &mut rows);
            assert!(values.iter().flatten().all(|x| x.is_nan()), "no segment, no value");
        }
    }

    #[test]
    fn rows_have_the_values_of_their_arrays() {
        for length in [2, 3, 8, 31] {
            rows_are_filled::<f32>(length);
            rows_are_filled::<f64>(length);
        }
    }

    #[test]
    fn no_direction_is_rounded_to_half_a_turn() {
        let bin_of = |degrees: f64| Complex::from_polar(1.0, (2.0 * degrees).to_radians());
        let components = Components::new(vec![Component::Ellipse], DF, 1.0);
        let mut rows = [[0.0_f32; 2], [0.0; 2], [-1.0; 2], [0.0; 2]];
        let cross = [bin_of(179.999_999_9), bin_of(179.999)];
        components.fill(&[1.0; 3], &cross, &mut rows.each_mut().map(|row| &mut row[..]));
        assert_eq!(rows[2][0], 0.0);
        assert!((rows[2][1] - 179.999).abs() < 1e-4);
    }
}
