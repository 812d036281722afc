//! Turns a segment from [time][lane] into 16 contiguous rows, detrended, rotated and windowed on the way.

use rustfft::num_complex::Complex;

use super::Rotation;
use super::instruction_set::LaneLoop;
use super::moments::Wide;
use crate::terms::{LANES, Line, Sample};

/// Times turned at once: with 16 lanes a tile of 2 KiB in float32, which stays in the first cache.
const TILE: usize = 16;

/// What is taken from one component of a segment: a level, and a slope around the segment's middle.
#[derive(Clone, Copy)]
pub(super) struct Trend {
    /// Value at the middle of the segment, sample (N - 1) / 2.
    pub(super) level: Wide,
    /// Change per sample.
    pub(super) slope: Wide,
}

/// Fills `rows` with window · rotation · (x - trend), x = u + iv.
pub(super) struct Turn<'a, T> {
    /// One segment [time][lane].
    pub(super) u: &'a [Line<T>],
    pub(super) v: &'a [Line<T>],
    /// As many coefficients as the segment has samples.
    pub(super) window: &'a [T],
    pub(super) u_trend: &'a Trend,
    pub(super) v_trend: &'a Trend,
    /// Whether the trends have slopes.
    pub(super) sloping: bool,
    pub(super) rotation: &'a Rotation<T>,
    /// 16 rows, `stride` apart.
    pub(super) rows: &'a mut [Complex<T>],
    pub(super) stride: usize,
}

impl<T: Sample> LaneLoop for Turn<'_, T> {
    #[inline(always)]
    fn run(self) {
        if self.sloping {
            let middle = (self.u.len() as f64 - 1.0) / 2.0;
            let (u_trend, v_trend) = (self.u_trend, self.v_trend);
            self.turn(
                |n, x| residual_of_line(x, u_trend, n as f64 - middle),
                |n, x| residual_of_line(x, v_trend, n as f64 - middle),
            );
        } else {
            let (u_level, v_level) = (Level::new(&self.u_trend.level), Level::new(&self.v_trend.level));
            self.turn(|_, x| u_level.residual(x), |_, x| v_level.residual(x));
        }
    }
}

impl<T: Sample> Turn<'_, T> {
    #[inline(always)]
    fn turn(
        self,
        u_residual: impl Fn(usize, &Line<T>) -> [T; LANES],
        v_residual: impl Fn(usize, &Line<T>) -> [T; LANES],
    ) {
        let length = self.u.len();
        let (cos, sin) = (&self.rotation.cos.0, &self.rotation.sin.0);
        let mut tile = [[Complex::new(T::zero(), T::zero()); LANES]; TILE];
        for start in (0..length).step_by(TILE) {
            let times = TILE.min(length - start);
            for (at, row) in tile.iter_mut().enumerate().take(times) {
                let n = start + at;
                let (u, v) = (u_residual(n, &self.u[n]), v_residual(n, &self.v[n]));
                let weight = self.window[n];
                for lane in 0..LANES {
                    let east = cos[lane] * u[lane] - sin[lane] * v[lane];
                    let north = sin[lane] * u[lane] + cos[lane] * v[lane];
                    row[lane] = Complex::new(weight * east, weight * north);
                }
            }
            for lane in 0..LANES {
                let row = &mut self.rows[lane * self.stride + start..][..times];
                if times == TILE {
                    for at in 0..TILE {
                        row[at] = tile[at][lane];
                    }
                } else {
                    for (at, value) in row.iter_mut().enumerate() {
                        *value = tile[at][lane];
                    }
                }
            }
        }
    }
}

/// A level as a sum of two values of type T, so that what remains after it is rounded as if it had been
/// taken in float64.
struct Level<T> {
    high: [T; LANES],
    low: [T; LANES],
}

impl<T: Sample> Level<T> {
    #[inline(always)]
    fn new(level: &Wide) -> Self {
        let high: [T; LANES] = std::array::from_fn(|lane| T::rounded(level[lane]));
        let low = std::array::from_fn(|lane| T::rounded(level[lane] - high[lane].as_f64()));
        Level { high, low }
    }

    #[inline(always)]
    fn residual(&self, x: &Line<T>) -> [T; LANES] {
        std::array::from_fn(|lane| (x.0[lane] - self.high[lane]) - self.low[lane])
    }
}

/// x minus a line, in float64: its error would else grow with the ratio of the trend to what remains.
#[inline(always)]
fn residual_of_line<T: Sample>(x: &Line<T>, trend: &Trend, from_middle: f64) -> [T; LANES] {
    std::array::from_fn(|lane| T::rounded(x.0[lane].as_f64() - (trend.level[lane] + trend.slope[lane] * from_middle)))
}
