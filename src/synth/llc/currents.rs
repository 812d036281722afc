//! Currents and sea level as formulas of the place on the sphere.
//!
//! r is the unit vector to a place, z its third component, t the time from the phases' reference. All fields are smooth
//! on the whole sphere, so that the error of taking the mean of two faces falls with the square of their distance.

use std::f64::consts::TAU;

use num_complex::Complex64;
use serde::Serialize;

use super::LlcSpec;
use super::projection::Place;
use super::sphere::{Vector, cross, dot, scaled, sum};
use crate::terms::{CyclesPerDay, SECONDS_PER_DAY, inertial_frequency};

const M2: CyclesPerDay = CyclesPerDay(1.932_273_6);
const K1: CyclesPerDay = CyclesPerDay(1.002_737_9);

/// All that moves.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Currents {
    /// What stays.
    pub mean: SolidRotation,
    /// Motions of one frequency.
    pub tides: Vec<Tide>,
    /// Circles at each place's own f.
    pub inertial: Option<InertialMotion>,
}

/// Steady flow W × r.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SolidRotation {
    /// W [m s-1]: the axis, times the speed at its equator.
    pub rotation: Vector,
}

/// (B × r) cos ψ + (C × r) sin ψ, ψ = 2π F t - k · r + φ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tide {
    /// M2, K1.
    pub name: &'static str,
    /// F.
    pub frequency: CyclesPerDay,
    /// B [m s-1].
    pub cosine: Vector,
    /// C [m s-1].
    pub sine: Vector,
    /// k, in radians per radius of the earth.
    pub wavenumber: Vector,
    /// φ [rad].
    pub phase: f64,
}

/// A (2z)³ (1 - z²) ((Z × r) cos Θ - (Z - z r) sin Θ), Θ = 2π f0 t + κ · r + φ, Z the earth's axis.
///
/// The vectors are east and north times the cosine of the latitude: a circle of radius A |sin(2 latitude)|³, which is
/// smooth at the poles and leaves nothing at the equator, where it would be a steady flow. It turns clockwise in the north.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InertialMotion {
    /// A [m s-1].
    pub amplitude: f64,
    /// κ, in radians per radius of the earth.
    pub wavenumber: Vector,
    /// φ [rad].
    pub phase: f64,
}

/// m · r + a cos(2π F t - k · r + φ).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeaLevel {
    /// m [m].
    pub steady: Vector,
    /// a [m].
    pub amplitude: f64,
    /// F.
    pub frequency: CyclesPerDay,
    /// k, in radians per radius of the earth.
    pub wavenumber: Vector,
    /// φ [rad].
    pub phase: f64,
}

/// Most tides.
const TIDES: usize = 2;

/// What a point of the grid sees: steady + Re(Σ tide exp(2πi F t) + inertial exp(2πi f0 t)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Signal {
    steady: f64,
    tides: [Complex64; TIDES],
    inertial: Complex64,
    /// Of the place [cpd].
    f0: f64,
}

/// The factors of all points at one time.
pub(super) struct Instant {
    days: f64,
    /// exp(2πi F t)
    tides: [Complex64; TIDES],
}

impl Currents {
    /// Of a specification, without those of amplitude 0.
    pub fn of(spec: &LlcSpec) -> Currents {
        let [m2, k1] = [spec.m2_amplitude, spec.k1_amplitude];
        let all = [
            Tide {
                name: "M2",
                frequency: M2,
                // Of length 1 and 0.4, at right angles.
                cosine: scaled(m2, [0.48, -0.6, 0.64]),
                sine: scaled(m2, [0.32, 0.0, -0.24]),
                wavenumber: [2.0, -1.0, 3.0],
                phase: 0.7,
            },
            Tide {
                name: "K1",
                frequency: K1,
                cosine: scaled(k1, [-0.8, 0.0, 0.6]),
                sine: scaled(k1, [0.36, 0.36, 0.48]),
                wavenumber: [-1.5, 2.0, 1.0],
                phase: -1.2,
            },
        ];
        let inertial = InertialMotion { amplitude: spec.inertial_amplitude, wavenumber: [1.0, 2.0, -1.0], phase: 0.4 };
        Currents {
            mean: SolidRotation { rotation: scaled(spec.mean_flow, [0.48, 0.36, 0.8]) },
            tides: all.into_iter().filter(|tide| dot(tide.cosine, tide.cosine) > 0.0).collect(),
            inertial: (inertial.amplitude > 0.0).then_some(inertial),
        }
    }

    /// The component along one of the axes at a place.
    pub(super) fn signal(&self, place: &Place, axis: Vector) -> Signal {
        let r = place.position();
        let mut tides = [Complex64::ZERO; TIDES];
        for (factor, tide) in tides.iter_mut().zip(&self.tides) {
            let [cosine, sine] = [tide.cosine, tide.sine].map(|vector| dot(cross(vector, r), axis));
            *factor = Complex64::new(cosine, -sine) * Complex64::cis(tide.phase - dot(tide.wavenumber, r));
        }
        let inertial = self.inertial.as_ref().map_or(Complex64::ZERO, |motion| {
            let (pole, z) = ([0.0, 0.0, 1.0], r[2]);
            let [east, north] = [cross(pole, r), sum(pole, scaled(-z, r))].map(|vector| dot(vector, axis));
            let radius = motion.amplitude * (2.0 * z).powi(3) * (1.0 - z * z);
            radius * Complex64::new(east, north) * Complex64::cis(motion.phase + dot(motion.wavenumber, r))
        });
        Signal {
            steady: dot(cross(self.mean.rotation, r), axis),
            tides,
            inertial,
            f0: inertial_frequency(place.latitude).0,
        }
    }

    /// A time after the phases' reference [s].
    pub(super) fn instant(&self, seconds: f64) -> Instant {
        let days = seconds / SECONDS_PER_DAY;
        let mut tides = [Complex64::ZERO; TIDES];
        for (factor, tide) in tides.iter_mut().zip(&self.tides) {
            *factor = circle(tide.frequency.0 * days);
        }
        Instant { days, tides }
    }
}

impl Signal {
    /// The velocity at a time [m s-1].
    pub(super) fn at(&self, instant: &Instant) -> f64 {
        let tides: f64 = self.tides.iter().zip(&instant.tides).map(|(z, turn)| z.re * turn.re - z.im * turn.im).sum();
        let turn = circle(self.f0 * instant.days);
        self.steady + tides + (self.inertial.re * turn.re - self.inertial.im * turn.im)
    }
}

/// exp(2πi c) for c cycles. Whole turns are taken off before the angle is formed, so that the error of the phase is that of
/// the count of cycles, some 1e-16 of it.
fn circle(cycles: f64) -> Complex64 {
    Complex64::cis(TAU * cycles.fract())
}

impl SeaLevel {
    /// The same for all specifications.
    pub fn usual() -> SeaLevel {
        SeaLevel { steady: [0.1, -0.2, 0.3], amplitude: 0.5, frequency: M2, wavenumber: [-2.0, 1.0, 2.0], phase: 0.3 }
    }

    /// What a place sees: a constant [m] and the factor of exp(2πi F t), of which the real part counts.
    pub(super) fn signal(&self, place: &Place) -> (f64, Complex64) {
        let r = place.position();
        (dot(self.steady, r), Complex64::from_polar(self.amplitude, self.phase - dot(self.wavenumber, r)))
    }

    /// exp(2πi F t) at a time after the phases' reference [s].
    pub(super) fn turn(&self, seconds: f64) -> Complex64 {
        circle(self.frequency.0 * seconds / SECONDS_PER_DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::llc::layout::Layout;

    /// M2 (19322736e-7 cpd) against integer arithmetic, after 10 000 and 10 000 000 hours.
    #[test]
    fn phases_stay_exact() {
        let currents = Currents::of(&LlcSpec { k1_amplitude: 0.0, inertial_amplitude: 0.0, ..LlcSpec::default() });
        for hours in [1i128, 9_999, 10_000_000] {
            let turns = (19_322_736 * hours % 240_000_000) as f64 / 240e6;
            let error = (currents.instant(3600.0 * hours as f64).tides[0] * Complex64::cis(-TAU * turns)).arg().abs();
            assert!(error < if hours < 10_000 { 1e-11 } else { 1e-8 }, "{error} rad after {hours} hours");
        }
    }

    /// East and north by themselves make a circle that turns with the hemisphere, of the stated radius.
    #[test]
    fn inertial_motion_is_a_circle_that_turns_with_the_hemisphere() {
        let spec = LlcSpec { m2_amplitude: 0.0, k1_amplitude: 0.0, mean_flow: 0.0, ..LlcSpec::default() };
        let currents = Currents::of(&spec);
        let layout = Layout { nx: 18 };
        for row in [4.5, 15.0, 24.0, 36.0, 50.5] {
            let place = layout.place(0, row, 2.5);
            let velocity = |seconds: f64| {
                let [east, north] =
                    place.axes().map(|axis| currents.signal(&place, axis).at(&currents.instant(seconds)));
                Complex64::new(east, north)
            };
            let radius = 0.15 * (2.0 * place.latitude.to_radians()).sin().abs().powi(3);
            let turned = (velocity(600.0) / velocity(0.0)).arg();
            let expected = -TAU * inertial_frequency(place.latitude).0 * 600.0 / SECONDS_PER_DAY;
            assert!((turned - expected).abs() < 1e-12, "{}: {turned} {expected}", place.latitude);
            assert!((velocity(1e6).norm() - radius).abs() < 1e-15, "{}", place.latitude);
        }
    }
}
