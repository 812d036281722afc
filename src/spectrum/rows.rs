//! Columns of a tile [time][lane] to 16 rows of complex numbers, one a lane.

use rustfft::num_complex::Complex;

use crate::terms::{InstructionSet, LANES, Sample};

/// Times turned at once: 8 complex float32 fill a cache line of a row.
pub(super) const TILE: usize = 8;

/// Real parts, or imaginary ones, of a tile.
pub(super) type Part<T> = [[T; LANES]; TILE];

/// Puts a tile's first `times` times to `rows`, `stride` apart, from their element `start` on.
#[inline(always)]
pub(super) fn put_rows<T: Sample>(
    (re, im): (&Part<T>, &Part<T>),
    times: usize,
    rows: &mut [Complex<T>],
    stride: usize,
    start: usize,
) {
    assert!(times <= TILE && start + times <= stride && rows.len() >= LANES * stride);
    #[cfg(target_arch = "x86_64")]
    if times == TILE
        && InstructionSet::detect() == InstructionSet::Avx2
        && let (Ok(re), Ok(im)) = (bytemuck::try_cast_ref(re), bytemuck::try_cast_ref(im))
    {
        // SAFETY: the CPU has AVX2; T is float32, by its size, and each row has `start + TILE` values or more by the assertion.
        unsafe { avx2::put_whole(re, im, rows.as_mut_ptr().cast(), stride, start) };
        return;
    }
    for (lane, row) in rows.chunks_exact_mut(stride).take(LANES).enumerate() {
        for (at, value) in row[start..start + times].iter_mut().enumerate() {
            *value = Complex::new(re[at][lane], im[at][lane]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::{
        __m256, _mm256_castpd_ps, _mm256_castps_pd, _mm256_loadu_ps, _mm256_permute2f128_ps, _mm256_storeu_ps,
        _mm256_unpackhi_pd, _mm256_unpackhi_ps, _mm256_unpacklo_pd, _mm256_unpacklo_ps,
    };

    use super::{Complex, LANES, Part, TILE};

    /// Blocks of 4 times and 8 lanes, turned in registers.
    ///
    /// # Safety
    /// The CPU has AVX2; `rows` is good for 16 rows, `stride` apart, of `start + TILE` values at least.
    #[inline]
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn put_whole(
        re: &Part<f32>,
        im: &Part<f32>,
        rows: *mut Complex<f32>,
        stride: usize,
        start: usize,
    ) {
        for first in (0..TILE).step_by(4) {
            for lane in (0..LANES).step_by(8) {
                // Of each time, lanes 0 1 4 5 and 2 3 6 7, real beside imaginary.
                let pairs = |at: usize| {
                    // SAFETY: 8 of 16 lanes from a multiple of 8.
                    let (re, im) = unsafe {
                        (
                            _mm256_loadu_ps(re[first + at].as_ptr().add(lane)),
                            _mm256_loadu_ps(im[first + at].as_ptr().add(lane)),
                        )
                    };
                    [_mm256_unpacklo_ps(re, im), _mm256_unpackhi_ps(re, im)]
                };
                let times = [pairs(0), pairs(1), pairs(2), pairs(3)];
                for half in 0..2 {
                    let [a, b, c, d] = times.map(|time| _mm256_castps_pd(time[half]));
                    let even = [_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d)].map(|x| _mm256_castpd_ps(x));
                    let odd = [_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d)].map(|x| _mm256_castpd_ps(x));
                    for (offset, [early, late]) in [(0, even), (1, odd)] {
                        let low = lane + 2 * half + offset;
                        let put = |lane: usize, four: __m256| {
                            // SAFETY: within the row, as the caller promises.
                            unsafe { _mm256_storeu_ps(rows.add(lane * stride + start + first).cast(), four) }
                        };
                        put(low, _mm256_permute2f128_ps::<0x20>(early, late));
                        put(low + 4, _mm256_permute2f128_ps::<0x31>(early, late));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_value_finds_its_place<T: Sample>() {
        let value = |at: usize, lane: usize| T::rounded((100 * at + lane) as f64);
        let re: Part<T> = std::array::from_fn(|at| std::array::from_fn(|lane| value(at, lane)));
        let im = re.map(|lanes| lanes.map(|x| -x));
        let stride = 21;
        for (times, start) in [(TILE, 0), (TILE, 13), (3, 4), (1, 20)] {
            let nothing = Complex::new(T::nan(), T::nan());
            let mut rows = vec![nothing; LANES * stride];
            put_rows((&re, &im), times, &mut rows, stride, start);
            for (place, got) in rows.iter().enumerate() {
                let (lane, at) = (place / stride, place % stride);
                if (start..start + times).contains(&at) {
                    let x = value(at - start, lane);
                    assert_eq!(*got, Complex::new(x, -x), "lane {lane}, {at}");
                } else {
                    assert!(got.re.is_nan(), "lane {lane}, {at} was written");
                }
            }
        }
    }

    #[test]
    fn tiles_are_turned_to_rows() {
        every_value_finds_its_place::<f32>();
        every_value_finds_its_place::<f64>();
    }
}
