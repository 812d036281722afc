//! Means, variances and segment sums of a lane group, in one pass over its record.
//!
//! All sums are float64 and taken of the distance to an origin in each lane, the median of three of its samples:
//! close to the mean in terms of the deviation, also beside an outlier, so that the variance does not cancel.

use crate::terms::{InstructionSet, LANES, Line, Sample, VectorLoop};

/// One float64 a lane.
pub(super) type Wide = [f64; LANES];

/// Lanes summed at a time: what the vector registers hold of five sums and two origins.
const STRIP: usize = 8;

/// Sums over one run of samples, a run being the time between two edges of segments.
#[derive(Clone, Copy, Default)]
pub(super) struct RunSums {
    /// Σ (u - origin), Σ (v - origin).
    pub(super) u: Wide,
    pub(super) v: Wide,
    /// Σ t (u - origin), Σ t (v - origin), t counted in samples from the start of the run; 0 unless asked for.
    pub(super) tu: Wide,
    pub(super) tv: Wide,
    /// Bit per lane: every sample of the run is valid.
    pub(super) whole: u16,
}

/// A record u, v [time][lane]; a sample is valid where neither is NaN.
pub(super) struct Record<'a, T> {
    pub(super) u: &'a [Line<T>],
    pub(super) v: &'a [Line<T>],
    /// Edges of the runs, ascending, from 0 to the length of the record.
    pub(super) edges: &'a [usize],
    /// Whether t·x is summed too.
    pub(super) with_time: bool,
}

/// Sums over a whole record.
#[derive(Clone, Copy, Default)]
pub(super) struct RecordSums {
    pub(super) u_origin: Wide,
    pub(super) v_origin: Wide,
    u: Wide,
    v: Wide,
    uu: Wide,
    vv: Wide,
    uv: Wide,
    /// Samples at which both u and v are there.
    valid: [u32; LANES],
}

impl RecordSums {
    /// Sums a record and each of its runs. `active` are the lanes whose gaps matter; the others may hold anything.
    pub(super) fn of<T: Sample>(
        record: &Record<'_, T>,
        active: u16,
        instructions: InstructionSet,
        runs: &mut [RunSums],
    ) -> Self {
        let (u, v) = (record.u, record.v);
        let mut sums = RecordSums { valid: [u.len() as u32; LANES], ..Default::default() };
        for lane in (0..LANES).filter(|lane| active >> lane & 1 == 1) {
            (sums.u_origin[lane], sums.v_origin[lane]) = origins(u, v, lane);
        }
        instructions.run(AddRuns::<T, false> { record, sums: &mut sums, runs });
        // A NaN anywhere in a lane is in its sums of squares.
        let finite = |lane: usize| (sums.uu[lane] + sums.vv[lane]).is_finite();
        if (0..LANES).all(|lane| active >> lane & 1 == 0 || finite(lane)) {
            return sums;
        }
        sums.about_the_same_origins(record, instructions, runs)
    }

    /// Sums a record with gaps, or one whose gaps were filled, about the origins of these sums.
    pub(super) fn about_the_same_origins<T: Sample>(
        &self,
        record: &Record<'_, T>,
        instructions: InstructionSet,
        runs: &mut [RunSums],
    ) -> Self {
        let (u_origin, v_origin) = (self.u_origin, self.v_origin);
        let mut sums = RecordSums { u_origin, v_origin, ..Default::default() };
        instructions.run(AddRuns::<T, true> { record, sums: &mut sums, runs });
        sums
    }

    /// Of `lanes` (bits), those of which some samples are valid and others, of `steps` in all, are not; and those of
    /// which none is.
    pub(super) fn gaps(&self, lanes: u16, steps: usize) -> (u16, u16) {
        let with = |holds: &dyn Fn(usize) -> bool| {
            (0..LANES).filter(|&lane| holds(self.valid[lane] as usize)).fold(0, |bits, lane| bits | 1 << lane) & lanes
        };
        (with(&|valid| valid > 0 && valid < steps), with(&|valid| valid == 0))
    }

    /// Adds lanes `first..first + STRIP` of one run. The arithmetic of a lane without gaps is the same with
    /// and without `GAPS`, to the bit.
    #[inline(always)]
    fn add_strip<T: Sample, const GAPS: bool, const TIME: bool>(
        &mut self,
        u: &[Line<T>],
        v: &[Line<T>],
        first: usize,
        run: &mut RunSums,
    ) {
        let strip = |wide: &Wide| -> [f64; STRIP] { std::array::from_fn(|lane| wide[first + lane]) };
        let (u_origin, v_origin) = (strip(&self.u_origin), strip(&self.v_origin));
        let (mut su, mut sv, mut stu, mut stv) = ([0.0; STRIP], [0.0; STRIP], [0.0; STRIP], [0.0; STRIP]);
        let (mut suu, mut svv, mut suv) = (strip(&self.uu), strip(&self.vv), strip(&self.uv));
        let mut valid = [0_u32; STRIP];
        for (t, (u, v)) in u.iter().zip(v).enumerate() {
            let t = t as f64;
            for lane in 0..STRIP {
                let mut du = u.0[first + lane].as_f64() - u_origin[lane];
                let mut dv = v.0[first + lane].as_f64() - v_origin[lane];
                if GAPS {
                    let there = !(u.0[first + lane].is_nan() || v.0[first + lane].is_nan());
                    (du, dv) = if there { (du, dv) } else { (0.0, 0.0) };
                    valid[lane] += u32::from(there);
                }
                su[lane] += du;
                sv[lane] += dv;
                suu[lane] += du * du;
                svv[lane] += dv * dv;
                suv[lane] += du * dv;
                if TIME {
                    stu[lane] += t * du;
                    stv[lane] += t * dv;
                }
            }
        }
        for lane in 0..STRIP {
            let at = first + lane;
            (run.u[at], run.v[at], run.tu[at], run.tv[at]) = (su[lane], sv[lane], stu[lane], stv[lane]);
            (self.uu[at], self.vv[at], self.uv[at]) = (suu[lane], svv[lane], suv[lane]);
            if GAPS {
                self.valid[at] += valid[lane];
                if valid[lane] as usize != u.len() {
                    run.whole &= !(1 << at);
                }
            }
        }
    }

    /// Mean of u and of v over the valid samples of a lane; NaN for none.
    pub(super) fn means(&self, lane: usize) -> (f64, f64) {
        let n = f64::from(self.valid[lane]);
        (self.u_origin[lane] + self.u[lane] / n, self.v_origin[lane] + self.v[lane] / n)
    }

    /// Variances of cos·u - sin·v and sin·u + cos·v over the valid samples of a lane, ddof 0; NaN for none.
    pub(super) fn rotated_variances(&self, lane: usize, cos: f64, sin: f64) -> (f64, f64) {
        let n = f64::from(self.valid[lane]);
        let (mu, mv) = (self.u[lane] / n, self.v[lane] / n);
        let uu = self.uu[lane] / n - mu * mu;
        let vv = self.vv[lane] / n - mv * mv;
        let uv = self.uv[lane] / n - mu * mv;
        let cross = 2.0 * cos * sin * uv;
        // Rounding may take a variance of zero just below it; comparison keeps a NaN.
        let not_negative = |x: f64| if x < 0.0 { 0.0 } else { x };
        let (cc, ss) = (cos * cos, sin * sin);
        (not_negative(cc * uu - cross + ss * vv), not_negative(ss * uu + cross + cc * vv))
    }
}

/// The medians of the first, middle and last sample of a lane; the first valid one where one of these is not; 0
/// where none is.
fn origins<T: Sample>(u: &[Line<T>], v: &[Line<T>], lane: usize) -> (f64, f64) {
    let sample = |at: usize| (u[at].0[lane].as_f64(), v[at].0[lane].as_f64());
    let valid = |(u, v): &(f64, f64)| !u.is_nan() && !v.is_nan();
    let three = [0, u.len() / 2, u.len() - 1].map(sample);
    if three.iter().all(valid) {
        let median = |[a, b, c]: [f64; 3]| a.max(b).min(a.min(b).max(c));
        (median(three.map(|w| w.0)), median(three.map(|w| w.1)))
    } else {
        (0..u.len()).map(sample).find(valid).unwrap_or_default()
    }
}

/// Adds all runs of a record; with `GAPS`, invalid samples are left out and counted.
struct AddRuns<'a, T, const GAPS: bool> {
    record: &'a Record<'a, T>,
    sums: &'a mut RecordSums,
    runs: &'a mut [RunSums],
}

impl<T: Sample, const GAPS: bool> VectorLoop for AddRuns<'_, T, GAPS> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (run, edge) in self.runs.iter_mut().zip(self.record.edges.windows(2)) {
            let (u, v) = (&self.record.u[edge[0]..edge[1]], &self.record.v[edge[0]..edge[1]]);
            *run = RunSums { whole: u16::MAX, ..Default::default() };
            for first in (0..LANES).step_by(STRIP) {
                if self.record.with_time {
                    self.sums.add_strip::<T, GAPS, true>(u, v, first, run);
                } else {
                    self.sums.add_strip::<T, GAPS, false>(u, v, first, run);
                }
            }
            for lane in 0..LANES {
                self.sums.u[lane] += run.u[lane];
                self.sums.v[lane] += run.v[lane];
            }
        }
    }
}
