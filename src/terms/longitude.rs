//! Longitudes of any convention as the same numbers.

/// The longitude [degrees] within -180 to below 180 that differs from `lon` by whole turns, without rounding: the
/// remainder of a division is exact, and so is a difference of numbers of which one is at most twice the other.
///
/// NaN for what is not finite.
pub(super) fn principal(lon: f64) -> f64 {
    let within_a_turn = lon % 360.0;
    if within_a_turn >= 180.0 {
        within_a_turn - 360.0
    } else if within_a_turn < -180.0 {
        within_a_turn + 360.0
    } else {
        within_a_turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventions_agree_to_the_bit() {
        for (lon, same) in [
            (0.0, 0.0),
            (180.0, -180.0),
            (-180.0, -180.0),
            (360.0, 0.0),
            (320.0, -40.0),
            (190.5, -169.5),
            (-190.5, 169.5),
            (-540.0, -180.0),
            (719.75, -0.25),
        ] {
            assert_eq!(principal(lon), same, "{lon}");
        }
        let below = 180.0_f64.next_down();
        assert_eq!(principal(below), below);
        assert_eq!(principal(-1e-300), -1e-300);
        assert!(principal(f64::NAN).is_nan() && principal(f64::INFINITY).is_nan());
        // Every float32 of either convention.
        for step in 0..100_000_u32 {
            let west = -0.0017 * f64::from(step);
            let west = f64::from(west as f32);
            if west >= -180.0 {
                assert_eq!(principal(west + 360.0) + 360.0, if west < 0.0 { west + 360.0 } else { 360.0 });
            }
        }
    }
}
