//! Quantiles of the chi-squared distribution, and the confidence limits of a spectrum that follow from them.
//!
//! The distribution of ν degrees of freedom at x is the incomplete gamma function P(ν/2, x/2) (DLMF, chapter 8), taken as
//! a logarithm: it cannot underflow, and Newton's method on it converges from everywhere.

use std::f64::consts::PI;

/// More terms than any series or fraction here takes at ν below 10⁹.
const MOST_TERMS: usize = 1_000_000;
/// Newton's steps are below this after about ten.
const MOST_STEPS: usize = 100;
/// A step so small leaves an error of its square: the root is known to the last digits after it.
const LAST_STEP: f64 = 1e-9;
/// Stirling's series has all digits of a float64 from here on.
const STIRLING: f64 = 12.0;

/// The factors [lower, upper] within which, times the estimate, the true density of a bin lies with this `probability`
/// (between 0 and 1): ν / χ²(1 - α/2; ν) and ν / χ²(α/2; ν), α = 1 - probability (Percival & Walden 1993, section 6.10).
///
/// NaN where `dof`, the degrees of freedom of the bin, is not above 0.
pub fn confidence_factors(dof: f64, probability: f64) -> [f64; 2] {
    let tail = 0.5 * (1.0 - probability);
    [dof / chi_squared_quantile(dof, 1.0 - tail), dof / chi_squared_quantile(dof, tail)]
}

/// The value below which a chi-squared variable of `dof` degrees of freedom falls with `probability`, to about 1e-12.
///
/// NaN unless `dof` is above 0 and finite, and `probability` between 0 and 1, both not included.
pub fn chi_squared_quantile(dof: f64, probability: f64) -> f64 {
    if !(dof > 0.0 && dof.is_finite() && probability > 0.0 && probability < 1.0) {
        return f64::NAN;
    }
    let shape = 0.5 * dof;
    // Of two tails the smaller one, which has no digits to lose.
    let lower = probability <= 0.5;
    let wanted = if lower { probability.ln() } else { (-probability).ln_1p() };
    let mut x = shape;
    for _ in 0..MOST_STEPS {
        // ln P is concave and rises in ln x, ln Q is concave and falls: tangents meet zero short of the root of ln P - ln p,
        // or beyond that of ln Q - ln q, and from there steps go towards it and never past it.
        let power = ln_power(shape, x);
        let tail = if lower { ln_lower(shape, x, power) } else { ln_upper(shape, x, power) };
        let slope = (shape.ln() + power - tail).exp();
        let step = (wanted - tail) / if lower { slope } else { -slope };
        // The first step of a far tail may go too far for a float64.
        x = (x * step.exp()).max(f64::MIN_POSITIVE);
        if step.abs() < LAST_STEP {
            break;
        }
    }
    2.0 * x
}

/// ln P(a, x), the lower of the regularised incomplete gamma functions; `power` is [`ln_power`].
fn ln_lower(a: f64, x: f64, power: f64) -> f64 {
    if x < a + 1.0 { power + series(a, x).ln() } else { ln_of_rest(ln_upper(a, x, power)) }
}

/// ln Q(a, x), Q = 1 - P.
fn ln_upper(a: f64, x: f64, power: f64) -> f64 {
    if x < a + 1.0 { ln_of_rest(ln_lower(a, x, power)) } else { a.ln() + power + fraction(a, x).ln() }
}

/// ln(1 - e^y) of a y below 0.
fn ln_of_rest(y: f64) -> f64 {
    (-y.exp()).ln_1p()
}

/// ln(x^a e^-x / Γ(a + 1)).
///
/// For a large a by the distance of x from it, since the three factors are huge where their product is not (Loader 2000).
fn ln_power(a: f64, x: f64) -> f64 {
    if a < STIRLING {
        // Γ(a + 2) = (a + 1) Γ(a + 1). The quotient itself would be infinite for the smallest x.
        return ln_power(a + 1.0, x) + (a + 1.0).ln() - x.ln();
    }
    let away = (x - a) / a;
    let logarithm = if away.abs() < 0.5 { away.ln_1p() } else { (x / a).ln() };
    -a * (away - logarithm) - 0.5 * (2.0 * PI * a).ln() - stirling_error(a)
}

/// ln Γ(a + 1) - ln(√(2πa) (a/e)^a) for an a of [`STIRLING`] and above (DLMF 5.11.1).
fn stirling_error(a: f64) -> f64 {
    const COEFFICIENTS: [f64; 6] =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360_360.0];
    let inverse = 1.0 / a;
    let polynomial = COEFFICIENTS.iter().rev().fold(0.0, |sum, c| sum * inverse * inverse + c);
    polynomial * inverse
}

/// P(a, x) Γ(a + 1) / (x^a e^-x) = 1 + x/(a+1) + x²/((a+1)(a+2)) + ... (DLMF 8.7.1), for x below a + 1.
fn series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..MOST_TERMS {
        term *= x / (a + n as f64);
        sum += term;
        if term < 0.1 * f64::EPSILON * sum {
            break;
        }
    }
    sum
}

/// Q(a, x) Γ(a) / (x^a e^-x) = 1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...))) (DLMF 8.9.2, contracted), for x of a + 1
/// and above, by the method of Lentz (1976): as a product of ratios of successive denominators.
fn fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut d = 1.0 / b;
    // The first numerator is 1: its ratio has no predecessor.
    let mut c = f64::INFINITY;
    let mut value = d;
    for n in 1..MOST_TERMS {
        let n = n as f64;
        let numerator = n * (a - n);
        b += 2.0;
        d = 1.0 / (numerator * d + b);
        c = b + numerator / c;
        let ratio = c * d;
        value *= ratio;
        if (ratio - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn quantiles_are_those_of_scipy() {
        let fixture: Value = serde_json::from_str(include_str!("../../tests/fixtures/chi_squared.json")).unwrap();
        let numbers = |value: &Value| -> Vec<f64> {
            value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
        };
        let probabilities = numbers(&fixture["probabilities"]);
        let cases = fixture["chi_squared"].as_array().unwrap();
        assert_eq!((cases.len(), probabilities.len()), (25, 17));
        for case in cases {
            let dof = case["dof"].as_f64().unwrap();
            for (probability, expected) in probabilities.iter().zip(numbers(&case["quantiles"])) {
                let got = chi_squared_quantile(dof, *probability);
                assert!((got / expected - 1.0).abs() < 1e-11, "ν = {dof}, p = {probability}: {got}, not {expected}");
            }
        }
    }

    /// Two degrees of freedom are an exponential distribution: any tail, however far.
    #[test]
    fn two_degrees_of_freedom_have_a_closed_form() {
        for probability in [1e-300, 1e-17, 1e-9, 0.1, 0.5, 0.9, 1.0 - 1e-9, 1.0 - f64::EPSILON] {
            let expected = -2.0 * (-probability).ln_1p();
            let got = chi_squared_quantile(2.0, probability);
            assert!((got / expected - 1.0).abs() < 1e-11, "{probability}: {got}, not {expected}");
        }
    }

    #[test]
    fn what_cannot_be_is_not_a_number() {
        for dof in [f64::NAN, 0.0, -1.0, f64::INFINITY] {
            assert!(chi_squared_quantile(dof, 0.5).is_nan());
            assert!(confidence_factors(dof, 0.95).iter().all(|factor| factor.is_nan()));
        }
        for probability in [f64::NAN, 0.0, 1.0, -0.1, 1.1] {
            assert!(chi_squared_quantile(3.0, probability).is_nan());
        }
    }

    #[test]
    fn limits_lie_about_the_estimate_and_close_on_it() {
        let mut before = [0.0, f64::INFINITY];
        for dof in [1.0, 2.0, 9.574, 20.0, 200.0, 2e4, 1e6] {
            let [lower, upper] = confidence_factors(dof, 0.95);
            assert!(before[0] < lower && lower < 1.0 && 1.0 < upper && upper < before[1], "{dof}: {lower} {upper}");
            let narrower = confidence_factors(dof, 0.9);
            assert!(lower < narrower[0] && narrower[1] < upper);
            before = [lower, upper];
        }
        // Nearly normal, of variance 2 / ν.
        let distance = 1.959_963_985 * (2.0 / 1e6_f64).sqrt();
        assert!((before[1] - before[0] - 2.0 * distance).abs() < 1e-2 * distance);
    }
}
