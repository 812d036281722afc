//! Components of a velocity and the ellipse of a frequency, from its rotary spectra and their cross-spectrum.
//!
//! With W the transform of u + i v, U of u and V of v: U = (W(+f) + W*(-f))/2, V = (W(+f) - W*(-f))/2i, so that
//! |U|² = (|W(+f)|² + |W(-f)|² + 2 Re W(+f)W(-f))/4, |V|² the same with - 2 Re, and
//! U*V = (2 Im W(+f)W(-f) - i (|W(+f)|² - |W(-f)|²))/4 (Gonella 1972; Mooers 1973). One-sided spectra are twice that.

use rustfft::num_complex::Complex;

use super::zero_index;
use crate::terms::CyclesPerDay;

/// The motion at one frequency f >= 0 [m2 s-2 d]; NaN where there is no estimate.
///
/// DC, and Nyquist of an even segment, are one bin for both senses: half of it belongs to each, and half of the
/// cross-spectrum goes with them. All that is derived here then holds there as it does elsewhere, and no bin needs to be
/// doubled or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RotaryBin {
    /// Counter-clockwise: S_ww(+f).
    pub ccw: f64,
    /// Clockwise: S_ww(-f).
    pub cw: f64,
    /// <W(+f) W(-f)>, scaled as S_ww; NaN where it is not known.
    pub cross: Complex<f64>,
}

/// The ellipse that a velocity of one frequency goes round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ellipse {
    /// Semi-major axis [m s-1].
    pub major: f64,
    /// Semi-minor axis [m s-1], negative where the motion is clockwise.
    pub minor: f64,
    /// Direction of the major axis, counter-clockwise from east [degree], 0 to 180; NaN where there is none.
    pub inclination: f64,
    /// How steady the axes' direction and phase are from segment to segment, 0 to 1 (1 of one segment); NaN of a motion in
    /// one sense alone.
    pub stability: f64,
}

impl RotaryBin {
    /// Bin k of a two-sided spectrum of N bins, ascending, and of the N/2 + 1 of its cross-spectrum, which may be empty.
    ///
    /// # Panics
    /// If k is past N/2.
    pub fn of(density: &[f64], cross: &[Complex<f64>], k: usize) -> Self {
        let (length, zero) = (density.len(), zero_index(density.len()));
        let unknown = Complex::new(f64::NAN, f64::NAN);
        let cross = cross.get(k).copied().unwrap_or(unknown);
        if k == 0 || 2 * k == length {
            let half = density[zero - k] / 2.0;
            return RotaryBin { ccw: half, cw: half, cross: cross / 2.0 };
        }
        RotaryBin { ccw: density[zero + k], cw: density[zero - k], cross }
    }

    /// S_uu, one-sided [m2 s-2 d].
    pub fn s_uu(&self) -> f64 {
        not_negative((self.ccw + self.cw) / 2.0 + self.cross.re)
    }

    /// S_vv, one-sided [m2 s-2 d].
    pub fn s_vv(&self) -> f64 {
        not_negative((self.ccw + self.cw) / 2.0 - self.cross.re)
    }

    /// S_uv = <U* V>, one-sided [m2 s-2 d], as `scipy.signal.csd(u, v)`: the co-spectrum is its real part, and its imaginary
    /// part is negative where the motion turns counter-clockwise.
    pub fn s_uv(&self) -> Complex<f64> {
        Complex::new(self.cross.im, (self.cw - self.ccw) / 2.0)
    }

    /// Kinetic energy, 1/2 (S_uu + S_vv), one-sided [m2 s-2 d].
    pub fn kinetic_energy(&self) -> f64 {
        0.5 * (self.ccw + self.cw)
    }

    /// (S_ccw - S_cw) / (S_ccw + S_cw) (Gonella 1972, with the sign of S_ww's frequency): 1 of a counter-clockwise circle, 0
    /// of motion to and fro, -1 of a clockwise circle; NaN without energy.
    pub fn rotary_coefficient(&self) -> f64 {
        (self.ccw - self.cw) / (self.ccw + self.cw)
    }

    /// The ellipse whose two circles have the energy of a bin of width df: radii sqrt(S_ccw df) and sqrt(S_cw df), so that
    /// its mean kinetic energy, (major² + minor²)/4, is that of the bin.
    ///
    /// In m s-1, they are what df makes them: of a broad spectrum they grow as sqrt(df). A window spreads a line over
    /// several bins; of a line at the centre of this bin, multiply by the square root of the window's
    /// [`equivalent_noise_bandwidth`](super::equivalent_noise_bandwidth) to have the axes of the motion itself.
    pub fn ellipse(&self, frequency_step: CyclesPerDay) -> Ellipse {
        let [ccw, cw] = [self.ccw, self.cw].map(|density| (density * frequency_step.0).sqrt());
        let coherent = self.cross.norm();
        let stability = coherent / (self.ccw * self.cw).sqrt();
        Ellipse {
            major: ccw + cw,
            minor: ccw - cw,
            // W(+f) and W(-f) turn with the axes by the same angle, their product by twice as much.
            inclination: if coherent > 0.0 { half_turn(self.cross.arg().to_degrees() / 2.0) } else { f64::NAN },
            // By Schwarz' inequality; what is above is rounding.
            stability: if stability > 1.0 { 1.0 } else { stability },
        }
    }
}

/// A density that is a difference may be below 0 by rounding.
fn not_negative(density: f64) -> f64 {
    if density < 0.0 { 0.0 } else { density }
}

/// A direction of -90 to 90 degrees as one of 0 to less than 180.
fn half_turn(degrees: f64) -> f64 {
    let positive = if degrees < 0.0 { degrees + 180.0 } else { degrees };
    if positive >= 180.0 { 0.0 } else { positive }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_found_and_shared_at_dc_and_nyquist() {
        let i = |x: f64| Complex::new(0.0, x);
        // -3 df to 2 df, and -2 df to 2 df.
        let even = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let at = |k| RotaryBin::of(&even, &[i(4.0), i(1.0), i(2.0), i(3.0)], k);
        assert_eq!(at(0), RotaryBin { ccw: 2.0, cw: 2.0, cross: i(2.0) });
        assert_eq!(at(1), RotaryBin { ccw: 5.0, cw: 3.0, cross: i(1.0) });
        assert_eq!(at(2), RotaryBin { ccw: 6.0, cw: 2.0, cross: i(2.0) });
        assert_eq!(at(3), RotaryBin { ccw: 0.5, cw: 0.5, cross: i(1.5) });
        let odd = [1.0, 2.0, 3.0, 4.0, 5.0];
        let at = |k| RotaryBin::of(&odd, &[i(4.0), i(1.0), i(2.0)], k);
        assert_eq!(at(0), RotaryBin { ccw: 1.5, cw: 1.5, cross: i(2.0) });
        assert_eq!(at(2), RotaryBin { ccw: 5.0, cw: 1.0, cross: i(2.0) });
    }

    #[test]
    fn directions_lie_within_half_a_turn() {
        assert_eq!([-90.0, -0.5, 0.0, 89.5, 90.0].map(half_turn), [90.0, 179.5, 0.0, 89.5, 90.0]);
        assert_eq!(half_turn(-1e-20), 0.0);
        assert!(half_turn(f64::NAN).is_nan());
    }
}
