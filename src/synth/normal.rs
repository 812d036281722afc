//! Normal deviates by counter, and the AR(1) step that takes them.
//!
//! Box & Muller (1958): from two uniform numbers two independent normal ones, here one for u and one for v.
//! The logarithm and the circle are branch-free polynomials in float32 (error below 1e-6, see the tests), so that a
//! row becomes vector code. The largest deviate is sqrt(2 · 32 · ln 2) = 6.66.

use super::threefry::threefry;

/// x <- carry · x + gain · normal for a row of points: `u` and `v` each take their own deviate.
///
/// The deviates belong to (`key`, `step`, point), where the row's points count on from `first_point`.
pub(super) fn step_row(
    key: [u32; 2],
    step: u32,
    first_point: u32,
    [carry, gain]: [f32; 2],
    u: &mut [f32],
    v: &mut [f32],
) {
    let offsets = 0..u.len() as u32;
    for ((u, v), offset) in u.iter_mut().zip(v.iter_mut()).zip(offsets) {
        let [east, north] = normal_pair(threefry(key, [step, first_point.wrapping_add(offset)]));
        *u = carry * *u + gain * east;
        *v = carry * *v + gain * north;
    }
}

/// Two independent standard normal deviates from two uniform 32-bit numbers.
#[inline(always)]
fn normal_pair([radial, angular]: [u32; 2]) -> [f32; 2] {
    // Signed conversions, because unsigned ones have no vector instruction on older processors.
    let uniform = ((radial >> 1) as i32 as f32 + 0.5) * (1.0 / 2_147_483_648.0);
    let radius = (-2.0 * natural_logarithm(uniform)).sqrt();
    let turns = angular as i32 as f32 * (1.0 / 4_294_967_296.0);
    let [cosine, sine] = cosine_sine_of_turns(turns);
    [radius * cosine, radius * sine]
}

/// ln x for normal positive x, by x = 2^e m with m about 1 and ln m = 2 artanh((m - 1) / (m + 1)).
#[inline(always)]
fn natural_logarithm(x: f32) -> f32 {
    const SQRT_HALF_BITS: u32 = 0x3f35_04f3;
    let bits = x.to_bits();
    let exponent = (bits.wrapping_sub(SQRT_HALF_BITS) as i32) >> 23;
    let mantissa = f32::from_bits(bits.wrapping_sub((exponent as u32) << 23));
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let s2 = s * s;
    let series = 1.0 + s2 * (1.0 / 3.0 + s2 * (1.0 / 5.0 + s2 * (1.0 / 7.0 + s2 * (1.0 / 9.0))));
    exponent as f32 * std::f32::consts::LN_2 + 2.0 * s * series
}

/// cos 2πt, sin 2πt for t in [-1/2, 1/2], from the Taylor series at half the angle.
#[inline(always)]
fn cosine_sine_of_turns(turns: f32) -> [f32; 2] {
    let half = std::f32::consts::PI * turns;
    let h2 = half * half;
    let sine = half
        * (1.0
            - h2 / 6.0
                * (1.0 - h2 / 20.0 * (1.0 - h2 / 42.0 * (1.0 - h2 / 72.0 * (1.0 - h2 / 110.0 * (1.0 - h2 / 156.0))))));
    let cosine = 1.0
        - h2 / 2.0 * (1.0 - h2 / 12.0 * (1.0 - h2 / 30.0 * (1.0 - h2 / 56.0 * (1.0 - h2 / 90.0 * (1.0 - h2 / 132.0)))));
    [1.0 - 2.0 * sine * sine, 2.0 * sine * cosine]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::threefry::stream_key;

    #[test]
    fn polynomials_agree_with_the_library() {
        for n in 0..=100_000u32 {
            let x = (n as f32 + 0.5) / 100_001.0;
            assert!((f64::from(natural_logarithm(x)) - f64::from(x).ln()).abs() < 1e-6, "{x}");
            let turns = x - 0.5;
            let [cosine, sine] = cosine_sine_of_turns(turns);
            let angle = 2.0 * std::f64::consts::PI * f64::from(turns);
            assert!((f64::from(cosine) - angle.cos()).abs() < 1e-6, "{turns}");
            assert!((f64::from(sine) - angle.sin()).abs() < 1e-6, "{turns}");
        }
        for exponent in 0..32 {
            let x = 0.7 * 0.5f32.powi(exponent);
            assert!((natural_logarithm(x) / x.ln() - 1.0).abs() < 1e-6, "{x}");
        }
    }

    #[test]
    fn extreme_uniforms_give_finite_deviates() {
        for radial in [0, 1, u32::MAX / 2, u32::MAX] {
            for angular in [0, 1, 1 << 31, u32::MAX] {
                for deviate in normal_pair([radial, angular]) {
                    assert!(deviate.is_finite() && deviate.abs() < 6.67, "{radial} {angular} {deviate}");
                }
            }
        }
    }

    /// Moments 1 to 4, the correlation of the pair and of neighbours in space and time, and tail counts, each
    /// within 5 standard errors.
    #[test]
    fn deviates_are_standard_normal_and_independent() {
        let (points, steps) = (1000usize, 400u32);
        let count = (points * steps as usize) as f64;
        let key = stream_key(11, 0);
        let (mut u, mut v, mut before) = (vec![0f32; points], vec![0f32; points], vec![0f32; points]);
        let mut sums = [0.0f64; 4];
        let (mut pair, mut space, mut time, mut beyond_2, mut beyond_4) = (0.0f64, 0.0f64, 0.0f64, 0.0f64, 0.0f64);
        for step in 0..steps {
            step_row(key, step, 5, [0.0, 1.0], &mut u, &mut v);
            for (n, &x) in u.iter().enumerate() {
                let x64 = f64::from(x);
                for (power, sum) in (1..).zip(sums.iter_mut()) {
                    *sum += x64.powi(power);
                }
                pair += x64 * f64::from(v[n]);
                space += x64 * f64::from(u[(n + 1) % points]);
                time += x64 * f64::from(before[n]);
                beyond_2 += f64::from(u8::from(x.abs() > 2.0));
                beyond_4 += f64::from(u8::from(x.abs() > 4.0));
            }
            before.copy_from_slice(&u);
        }
        let moments = sums.map(|sum| sum / count);
        // The variance of x^n is E x^2n - (E x^n)²: 1, 2, 15, 96.
        for ((got, expected), variance) in moments.into_iter().zip([0.0, 1.0, 0.0, 3.0]).zip([1.0, 2.0, 15.0, 96.0f64])
        {
            assert!((got - expected).abs() < 5.0 * (variance / count).sqrt(), "{moments:?}");
        }
        for correlation in [pair, space, time] {
            assert!((correlation / count).abs() < 5.0 / count.sqrt(), "{correlation}");
        }
        for (got, share) in [(beyond_2, 0.045_500_26), (beyond_4, 6.334_25e-5)] {
            assert!((got - share * count).abs() < 5.0 * (share * count).sqrt(), "{got} of {}", share * count);
        }
    }
}
