//! Turns a segment of a velocity, or two of a scalar, from [time][lane] into 16 contiguous rows, detrended, rotated and
//! windowed on the way.

use rustfft::num_complex::Complex;

use super::Rotation;
use super::moments::Wide;
use super::rows::{Part, TILE, put_rows};
use crate::terms::{LANES, Line, Sample, VectorLoop};

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

impl<T: Sample> VectorLoop for Turn<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        if self.sloping {
            let middle = (self.u.len() as f64 - 1.0) / 2.0;
            let lines = [self.u_trend, self.v_trend].map(|trend| SlopingLine { trend, middle });
            self.turn(&lines[0], &lines[1]);
        } else {
            let levels = [Level::new(&self.u_trend.level), Level::new(&self.v_trend.level)];
            self.turn(&levels[0], &levels[1]);
        }
    }
}

impl<T: Sample> Turn<'_, T> {
    /// Tile by tile: residuals rotated and tapered, in loops that the compiler vectorises, then rows out of columns.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn turn(self, u_removal: &impl Removal<T>, v_removal: &impl Removal<T>) {
        let zero = T::zero();
        let (cos, sin) = (&self.rotation.cos.0, &self.rotation.sin.0);
        let (mut east, mut north): (Part<T>, Part<T>) = ([[zero; LANES]; TILE], [[zero; LANES]; TILE]);
        let mut start = 0;
        while start < self.u.len() {
            let times = TILE.min(self.u.len() - start);
            let window = &self.window[start..start + times];
            let (u, v) = (&self.u[start..start + times], &self.v[start..start + times]);
            for at in 0..times {
                let (weight, n) = (window[at], start + at);
                for lane in 0..LANES {
                    let du = u_removal.residual(u[at].0[lane], lane, n);
                    let dv = v_removal.residual(v[at].0[lane], lane, n);
                    east[at][lane] = weight * (cos[lane] * du - sin[lane] * dv);
                    north[at][lane] = weight * (sin[lane] * du + cos[lane] * dv);
                }
            }
            put_rows((&east, &north), times, self.rows, self.stride, start);
            start += times;
        }
    }
}

/// Fills `rows` with window · ((x - trend) + i (y - trend)), x and y being two segments of one scalar; a lane that does
/// not use one of them gets zeros in its place, whatever it holds.
pub(super) struct TurnPair<'a, T> {
    /// Two segments [time][lane] of one length.
    pub(super) segments: [&'a [Line<T>]; 2],
    pub(super) trends: &'a [Trend; 2],
    /// Bit per lane.
    pub(super) used: [u16; 2],
    /// As many coefficients as a segment has samples.
    pub(super) window: &'a [T],
    /// Whether the trends have slopes.
    pub(super) sloping: bool,
    /// 16 rows, `stride` apart.
    pub(super) rows: &'a mut [Complex<T>],
    pub(super) stride: usize,
}

impl<T: Sample> VectorLoop for TurnPair<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        if self.sloping {
            let middle = (self.segments[0].len() as f64 - 1.0) / 2.0;
            let lines = self.trends.each_ref().map(|trend| SlopingLine { trend, middle });
            self.turn(&lines);
        } else {
            let levels = self.trends.each_ref().map(|trend| Level::new(&trend.level));
            self.turn(&levels);
        }
    }
}

impl<T: Sample> TurnPair<'_, T> {
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn turn(self, removals: &[impl Removal<T>; 2]) {
        let zero = T::zero();
        let bit = |used: u16, lane: usize| if used >> lane & 1 == 1 { T::one() } else { zero };
        // A comparison of numbers is one of vectors; a factor of 0 would leave NaN as it is.
        let used: [[T; LANES]; 2] = self.used.map(|used| std::array::from_fn(|lane| bit(used, lane)));
        let (mut re, mut im): (Part<T>, Part<T>) = ([[zero; LANES]; TILE], [[zero; LANES]; TILE]);
        let [x, y] = self.segments;
        let mut start = 0;
        while start < x.len() {
            let times = TILE.min(x.len() - start);
            let window = &self.window[start..start + times];
            let (x, y) = (&x[start..start + times], &y[start..start + times]);
            for at in 0..times {
                let (weight, n) = (window[at], start + at);
                for lane in 0..LANES {
                    let dx = weight * removals[0].residual(x[at].0[lane], lane, n);
                    let dy = weight * removals[1].residual(y[at].0[lane], lane, n);
                    re[at][lane] = if used[0][lane] > zero { dx } else { zero };
                    im[at][lane] = if used[1][lane] > zero { dy } else { zero };
                }
            }
            put_rows((&re, &im), times, self.rows, self.stride, start);
            start += times;
        }
    }
}

/// Takes something from the value of a lane at sample n of a segment.
trait Removal<T> {
    fn residual(&self, x: T, lane: usize, n: usize) -> T;
}

/// A level as a sum of two values of type T, so that what remains after it is rounded as if it had been
/// taken in float64.
struct Level<T> {
    high: [T; LANES],
    low: [T; LANES],
}

impl<T: Sample> Level<T> {
    fn new(level: &Wide) -> Self {
        let high: [T; LANES] = std::array::from_fn(|lane| T::rounded(level[lane]));
        let low = std::array::from_fn(|lane| T::rounded(level[lane] - high[lane].as_f64()));
        Level { high, low }
    }
}

impl<T: Sample> Removal<T> for Level<T> {
    #[inline(always)]
    fn residual(&self, x: T, lane: usize, _: usize) -> T {
        (x - self.high[lane]) - self.low[lane]
    }
}

/// A line, taken away in float64: the error would else grow with the ratio of the trend to what remains.
struct SlopingLine<'a> {
    trend: &'a Trend,
    middle: f64,
}

impl<T: Sample> Removal<T> for SlopingLine<'_> {
    #[inline(always)]
    fn residual(&self, x: T, lane: usize, n: usize) -> T {
        let line = self.trend.level[lane] + self.trend.slope[lane] * (n as f64 - self.middle);
        T::rounded(x.as_f64() - line)
    }
}
