//! The first discrete prolate spheroidal sequence (Slepian 1978).
//!
//! It is the eigenvector of the largest eigenvalue of a symmetric tridiagonal matrix that commutes
//! with the concentration problem (Percival & Walden 1993, section 8.3). The eigenvalue is found by
//! bisection on Sturm counts, the vector by inverse iteration: O(length) work and memory.

use std::f64::consts::PI;

/// First DPSS of `length + 1` points without its last one, largest value 1, scaled as
/// `scipy.signal.windows.dpss(length, nw, sym=False)`.
///
/// `nw` is the time-half-bandwidth product, 0 < `nw` < `length` / 2; `length` is at least 1.
pub(super) fn periodic_dpss(length: usize, nw: f64) -> Vec<f64> {
    let points = length + 1;
    let mut taper = first_dpss(points, nw / points as f64);
    let largest = taper.iter().copied().fold(0.0, f64::max);
    // A taper of an even number of points misses its peak by half a sample; scipy scales for that.
    let square = (points * points) as f64;
    let peak = if points.is_multiple_of(2) { square / (square + nw) } else { 1.0 };
    taper.truncate(length);
    for value in &mut taper {
        *value *= peak / largest;
    }
    taper
}

/// The sequence of `points` values most concentrated within ± `half_bandwidth` [cycles per sample];
/// positive, of unit energy.
fn first_dpss(points: usize, half_bandwidth: f64) -> Vec<f64> {
    let cosine = (2.0 * PI * half_bandwidth).cos();
    let centre = (points as f64 - 1.0) / 2.0;
    let diagonal: Vec<f64> = (0..points).map(|t| (centre - t as f64).powi(2) * cosine).collect();
    let beside: Vec<f64> = (1..points).map(|t| (t * (points - t)) as f64 / 2.0).collect();
    let eigenvalue = largest_eigenvalue(&diagonal, &beside);
    // All entries of `beside` are positive, so the wanted vector is too (Perron) and ones are not orthogonal to it.
    let mut vector = vec![1.0; points];
    for _ in 0..4 {
        solve_shifted(&diagonal, &beside, eigenvalue, &mut vector);
        let norm = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        let sign = if vector.iter().sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
        vector.iter_mut().for_each(|x| *x *= sign / norm);
    }
    vector
}

/// Largest eigenvalue of the symmetric tridiagonal matrix, to the last bits.
fn largest_eigenvalue(diagonal: &[f64], beside: &[f64]) -> f64 {
    let radius = |row: usize| {
        let left = if row > 0 { beside[row - 1] } else { 0.0 };
        left + beside.get(row).copied().unwrap_or(0.0)
    };
    let rows = 0..diagonal.len();
    let mut low = rows.clone().map(|row| diagonal[row] - radius(row)).fold(f64::INFINITY, f64::min);
    let mut high = rows.map(|row| diagonal[row] + radius(row)).fold(f64::NEG_INFINITY, f64::max);
    loop {
        let middle = low + 0.5 * (high - low);
        if middle <= low || middle >= high {
            return middle;
        }
        if any_eigenvalue_above(diagonal, beside, middle) { low = middle } else { high = middle }
    }
}

/// Whether a pivot of A - x I is positive: Sylvester's law of inertia.
fn any_eigenvalue_above(diagonal: &[f64], beside: &[f64], x: f64) -> bool {
    let mut pivot = diagonal[0] - x;
    for (d, e) in diagonal[1..].iter().zip(beside) {
        if pivot >= 0.0 {
            return true;
        }
        pivot = d - x - e * e / pivot;
    }
    pivot >= 0.0
}

/// Replaces `b` by the solution of (A - shift I) x = b: Gaussian elimination with partial pivoting.
fn solve_shifted(diagonal: &[f64], beside: &[f64], shift: f64, b: &mut [f64]) {
    let n = diagonal.len();
    let scale = diagonal.iter().chain(beside).fold(shift.abs(), |top, x| top.max(x.abs()));
    // The matrix is singular to rounding, on purpose; a pivot of zero is one rounding error instead.
    let guard = |pivot: f64| if pivot == 0.0 { scale * f64::EPSILON } else { pivot };
    let mut main: Vec<f64> = diagonal.iter().map(|d| d - shift).collect();
    let mut above = beside.to_vec();
    let mut second_above = vec![0.0; n];
    for row in 0..n - 1 {
        let below = beside[row];
        if main[row].abs() >= below.abs() {
            main[row] = guard(main[row]);
            let factor = below / main[row];
            main[row + 1] -= factor * above[row];
            b[row + 1] -= factor * b[row];
        } else {
            let factor = main[row] / below;
            let next_main = main[row + 1];
            main[row] = below;
            main[row + 1] = above[row] - factor * next_main;
            above[row] = next_main;
            if row + 2 < n {
                second_above[row] = above[row + 1];
                above[row + 1] *= -factor;
            }
            b.swap(row, row + 1);
            b[row + 1] -= factor * b[row];
        }
    }
    for row in (0..n).rev() {
        let mut rest = b[row];
        if row + 1 < n {
            rest -= above[row] * b[row + 1];
        }
        if row + 2 < n {
            rest -= second_above[row] * b[row + 2];
        }
        b[row] = rest / guard(main[row]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_taper_solves_the_concentration_problem() {
        // Defining property, without the tridiagonal matrix: Σ_m sin(2πW(n-m)) / (π(n-m)) v_m = λ v_n.
        for (points, nw) in [(2, 0.6), (9, 2.5), (64, 1.5), (101, 4.0), (240, 8.0)] {
            let w = nw / points as f64;
            let v = first_dpss(points, w);
            let kernel = |lag: f64| if lag == 0.0 { 2.0 * w } else { (2.0 * PI * w * lag).sin() / (PI * lag) };
            let image: Vec<f64> =
                (0..points).map(|n| (0..points).map(|m| kernel(n as f64 - m as f64) * v[m]).sum()).collect();
            let lambda: f64 = image.iter().zip(&v).map(|(a, b)| a * b).sum();
            assert!(lambda > 0.5 && lambda < 1.0 + 1e-12, "λ = {lambda} for {points}, {nw}");
            for (a, b) in image.iter().zip(&v) {
                assert!((a - lambda * b).abs() < 1e-12, "{points}, {nw}: {a} is not {lambda} · {b}");
            }
            assert!(v.iter().all(|x| *x > -1e-12));
        }
    }

    #[test]
    fn long_tapers_stay_symmetric_and_converge() {
        let v = first_dpss(20_001, 4.0 / 20_001.0);
        let peak = v[10_000];
        for t in 0..10_000 {
            assert!((v[t] - v[20_000 - t]).abs() < 1e-9 * peak, "{t}: {} {}", v[t], v[20_000 - t]);
        }
    }
}
