//! The kernels one by one beside memcpy, on one core: `make kernels`, or `cargo bench --bench kernels -- NAME`.
//!
//! `in_cache` is what works in a core's caches in a run, too; `in_memory` goes through more memory than these hold.
//! GB/s count each byte of a kernel's input once, though it is read and written, as is the custom for memcpy. Where
//! items are counted, an item is a floating-point operation of the formula, whatever the code does in its place:
//! Gitem/s is GFLOP/s. On a machine that others work on, look at the column of the fastest.
#![allow(clippy::expect_used, missing_docs)]

use std::cell::Cell;
use std::fmt;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use oceanspec::exchange::{SingleProcess, Transposition, WireUnit, World};
use oceanspec::plan::{Cuts, Ground, Machine, Occupancy, Pass, Plan, Problem, Strip, Tile};
use oceanspec::product::{Bands, Estimate, Product};
use oceanspec::source::mds::{Endian, Number};
use oceanspec::spectrum::stages::{SumsStage, TurnStage, add_power};
use oceanspec::spectrum::{GroupSummary, Rotation, Welch, WelchSpec, frequency_step};
use oceanspec::terms::{Band, Detrend, LANES, Line, Sample, Seconds, Window};
use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

/// Hourly samples of a record: 90 days.
const STEPS: usize = 2160;
/// Hourly samples of a segment: 30 days.
const SEGMENT: usize = 720;
/// Columns of a grid, 24 lane groups.
const COLUMNS: usize = 384;
/// More than the caches of most cores, and the kernels' inputs and outputs are this much each.
const IN_MEMORY_BYTES: usize = 128 << 20;
/// What a worker reads of a snapshot at a time.
const PIECE_BYTES: usize = 128 << 10;

fn main() {
    divan::main();
}

/// Values of some tenths without order, that come again after a while.
fn noise<T: Sample>(lines: usize) -> Vec<Line<T>> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        T::rounded((state >> 40) as f64 / (1_u64 << 24) as f64 - 0.4)
    };
    let period: Vec<Line<T>> = (0..4099).map(|_| Line(std::array::from_fn(|_| next()))).collect();
    period.into_iter().cycle().take(lines).collect()
}

/// Records u and v of as many lane groups as fill memory, to be gone through in turn.
struct Records<T> {
    u: Vec<Line<T>>,
    v: Vec<Line<T>>,
    group: usize,
}

impl<T: Sample> Records<T> {
    /// Bytes of u and v of one group.
    const BYTES: usize = 2 * STEPS * LANES * T::BYTES;

    fn new(groups: usize) -> Self {
        Records { u: noise(groups * STEPS), v: noise(groups * STEPS), group: 0 }
    }

    fn in_memory() -> Self {
        Records::new(IN_MEMORY_BYTES.div_ceil(Self::BYTES))
    }

    fn next(&mut self) -> (&[Line<T>], &[Line<T>]) {
        self.group = (self.group + 1) % (self.u.len() / STEPS);
        let record = self.group * STEPS..(self.group + 1) * STEPS;
        (&self.u[record.clone()], &self.v[record])
    }
}

fn rotation<T: Sample>() -> Rotation<T> {
    Rotation { cos: Line([T::rounded(0.8); LANES]), sin: Line([T::rounded(0.6); LANES]) }
}

fn memcpy(bencher: Bencher<'_, '_>, bytes: usize) {
    let (from, mut to) = (vec![1_u8; bytes], vec![2_u8; bytes]);
    bencher.counter(BytesCount::new(bytes)).bench_local(|| black_box(&mut to).copy_from_slice(black_box(&from)));
}

/// Big-endian float32 as stored, row by row as they are read.
fn decode<T: Sample>(bencher: Bencher<'_, '_>, bytes: usize) {
    let row_bytes = COLUMNS * 4;
    let stored: Vec<u8> =
        noise::<f32>(bytes / 64).iter().flat_map(|line| line.0).flat_map(|value| value.to_be_bytes()).collect();
    let mut decoded = vec![T::zero(); stored.len() / 4];
    bencher.counter(BytesCount::new(stored.len())).bench_local(|| {
        for (row, values) in stored.chunks(row_bytes).zip(decoded.chunks_mut(COLUMNS)) {
            Number::Float32(Endian::Big).decode(black_box(row), values);
        }
        black_box(&mut decoded);
    });
}

/// Of each of 16 lanes and each time: two differences from the origins, two sums, three products and their sums; with
/// time two products and their sums more.
fn sums<T: Sample>(bencher: Bencher<'_, '_>, mut records: Records<T>, detrend: Detrend) {
    let operations = if detrend == Detrend::Linear { 14 } else { 10 };
    let mut stage = SumsStage::new(STEPS, SEGMENT, detrend).expect("segments fit");
    bencher
        .counter(BytesCount::new(Records::<T>::BYTES))
        .counter(ItemsCount::new(STEPS * LANES * operations))
        .bench_local(|| {
            let (u, v) = records.next();
            stage.run(u, v)
        });
}

/// Transforms that hold nothing but zeros, and stay so however often they are transformed. The time of arithmetic does
/// not depend on its values.
struct Transforms<T: Sample> {
    fft: std::sync::Arc<dyn rustfft::Fft<T>>,
    rows: Vec<Complex<T>>,
    space: Vec<Complex<T>>,
}

impl<T: Sample> Transforms<T> {
    fn new(length: usize) -> Self {
        let fft = FftPlanner::<T>::new().plan_fft_forward(length);
        let zero = Complex::new(T::zero(), T::zero());
        Transforms { rows: vec![zero; LANES * length], space: vec![zero; fft.get_inplace_scratch_len()], fft }
    }

    /// Transforms the rows of one segment, in place.
    fn run(&mut self) {
        self.fft.process_with_scratch(black_box(&mut self.rows), &mut self.space);
    }
}

/// Buffers are those of one segment of a lane group, or of one record, or of a piece of a snapshot.
#[divan::bench_group(name = "in_cache (item = FLOP)", min_time = 0.5, max_time = 1)]
mod in_cache {
    use super::*;

    /// As many bytes as the turn of a float32 segment takes.
    #[divan::bench]
    fn memcpy(bencher: Bencher<'_, '_>) {
        super::memcpy(bencher, 2 * SEGMENT * LANES * 4);
    }

    #[divan::bench(types = [f32, f64])]
    fn decode<T: Sample>(bencher: Bencher<'_, '_>) {
        super::decode::<T>(bencher, PIECE_BYTES);
    }

    #[divan::bench(types = [f32, f64], args = [Detrend::Constant, Detrend::Linear])]
    fn sums<T: Sample>(bencher: Bencher<'_, '_>, detrend: Detrend) {
        super::sums::<T>(bencher, Records::new(1), detrend);
    }

    /// Detrending, rotation, window and turn in one. Of each lane and each time: two differences, six operations of the
    /// rotation, two of the window; with slopes two products and their sums more. What `none` puts back comes later.
    #[divan::bench(types = [f32, f64], args = [Detrend::None, Detrend::Constant, Detrend::Linear])]
    fn turn<T: Sample>(bencher: Bencher<'_, '_>, detrend: Detrend) {
        let operations = if detrend == Detrend::Linear { 14 } else { 10 };
        let mut stage = TurnStage::<T>::new(Window::Hann, SEGMENT, detrend, (0.1, 1e-4)).expect("a window");
        let (u, v, rotation) = (noise(SEGMENT), noise(SEGMENT), rotation());
        bencher
            .counter(BytesCount::new(2 * SEGMENT * LANES * T::BYTES))
            .counter(ItemsCount::new(SEGMENT * LANES * operations))
            .bench_local(|| {
                black_box(stage.run(black_box(&u), black_box(&v), &rotation));
            });
    }

    /// 16 rows in place, of 5 N log2 N operations each, as is the custom.
    #[divan::bench(types = [f32, f64], args = [720, 1024, 8784])]
    fn fft<T: Sample>(bencher: Bencher<'_, '_>, length: usize) {
        let mut transforms = Transforms::<T>::new(length);
        let operations = LANES as f64 * 5.0 * length as f64 * (length as f64).log2();
        bencher
            .counter(BytesCount::new(LANES * length * 2 * T::BYTES))
            .counter(ItemsCount::new(operations as u64))
            .bench_local(|| transforms.run());
    }

    /// |X|² added in float64 for 16 rows of one segment. Of each X: two squares, their sum, and the sum with what is
    /// there. Bytes are those of X.
    #[divan::bench(types = [f32, f64])]
    fn accumulate<T: Sample>(bencher: Bencher<'_, '_>) {
        let values = LANES * SEGMENT;
        let (transform, mut power) = (vec![Complex::new(T::one(), T::one()); values], vec![0.0; values]);
        let bencher = bencher.counter(BytesCount::new(values * 2 * T::BYTES)).counter(ItemsCount::new(values * 4));
        bencher.bench_local(|| {
            for (transform, power) in transform.chunks(SEGMENT).zip(power.chunks_mut(SEGMENT)) {
                add_power(black_box(transform), power);
            }
            black_box(&mut power);
        });
    }

    /// Kinetic energy of five bands from 16 spectra: a 16th of the time is that of one. Bytes are those of the spectra,
    /// of which the bands leave out a tenth.
    #[divan::bench(types = [f32, f64], args = [720, 1440])]
    fn five_bands<T: Sample>(bencher: Bencher<'_, '_>, segment: usize) {
        let limits =
            [["0", "0.5"], ["0.9", "1.1"], ["1.9", "2.1"], ["0.9 f", "1.1 f"], ["2.1", "nyquist"]].map(|written| {
                Band {
                    name: String::new(),
                    limits: written.map(|limit| limit.parse().expect("a limit")),
                    written: written.map(str::to_owned),
                }
            });
        let bands = Bands::new(limits.into(), frequency_step(segment, Seconds(3600.0)));
        let psd: Vec<T> = noise::<T>(segment).iter().flat_map(|line| line.0).collect();
        let (summary, inertial_frequency) = (GroupSummary::default(), std::array::from_fn(|lane| 0.1 * lane as f64));
        let mut planes = [[0.0; LANES]; 15];
        bencher.counter(BytesCount::new(LANES * segment * T::BYTES)).bench_local(|| {
            let (psd, inertial_frequency) = (black_box(&*psd), &inertial_frequency);
            bands.derive(&Estimate { psd, summary: &summary, active: u16::MAX, inertial_frequency }, &mut planes);
            black_box(&mut planes);
        });
    }
}

/// Inputs of 128 MiB or more, and outputs of as much where there are such.
#[divan::bench_group(name = "in_memory (item = FLOP)", min_time = 0.5, max_time = 1)]
mod in_memory {
    use super::*;

    #[divan::bench]
    fn memcpy(bencher: Bencher<'_, '_>) {
        super::memcpy(bencher, IN_MEMORY_BYTES);
    }

    #[divan::bench(types = [f32, f64])]
    fn decode<T: Sample>(bencher: Bencher<'_, '_>) {
        super::decode::<T>(bencher, IN_MEMORY_BYTES);
    }

    /// Rows in cache to their lines in the series: tiles of this rank.
    #[divan::bench]
    fn pack_own(bencher: Bencher<'_, '_>) {
        pack(bencher, &SingleProcess, 0);
    }

    /// Rows in cache to their lines in the send buffer: tiles of another rank.
    #[divan::bench]
    fn pack_away(bencher: Bencher<'_, '_>) {
        pack(bencher, &OneOfTwo { receives: Cell::new(false) }, 1);
    }

    /// Lines as received to their places in the series; without what MPI does.
    #[divan::bench]
    fn unpack(bencher: Bencher<'_, '_>) {
        let world = OneOfTwo { receives: Cell::new(true) };
        let plan = exchange_plan(world.size());
        let pass = one_pass(&plan, world.rank());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        let mut transposition = Transposition::<f32>::new(&plan, &pass, &world, None);
        let mut all_rounds = || {
            for round in 0..plan.rounds_per_pass {
                transposition.begin(round);
                transposition.finish(&world, &pool, round);
            }
        };
        // Once before, so that all memory is there and holds something.
        all_rounds();
        world.receives.set(false);
        bencher.counter(BytesCount::new(series_bytes(&plan) / 2)).bench_local(all_rounds);
    }

    /// The sums of the kernel are the first that see a record: it comes from memory.
    #[divan::bench(types = [f32, f64], args = [Detrend::Constant, Detrend::Linear])]
    fn sums<T: Sample>(bencher: Bencher<'_, '_>, detrend: Detrend) {
        super::sums::<T>(bencher, Records::in_memory(), detrend);
    }

    /// The whole kernel; bytes are those of u and v.
    #[divan::bench(types = [f32, f64], args = VARIANTS)]
    fn welch<T: Sample>(bencher: Bencher<'_, '_>, variant: Variant) {
        let welch = variant.welch::<T>();
        let (mut records, rotation, mut scratch) = (Records::in_memory(), rotation(), welch.scratch());
        let mut psd = vec![T::zero(); LANES * variant.segment];
        bencher.counter(BytesCount::new(Records::<T>::BYTES)).bench_local(|| {
            let (u, v) = records.next();
            let summary = welch.rotary(u, v, Some(&rotation), u16::MAX, &mut scratch, &mut psd);
            black_box(&mut psd);
            summary
        });
    }

    /// As many bare transforms as the whole kernel makes, in cache, for the same bytes: what its time cannot fall below.
    #[divan::bench(types = [f32, f64], args = [720, 2160, 512])]
    fn welch_transforms<T: Sample>(bencher: Bencher<'_, '_>, segment: usize) {
        let variant = Variant { segment, window: Window::Hann, detrend: Detrend::Constant };
        let count = variant.welch::<T>().segmentation().count;
        let mut transforms = Transforms::<T>::new(segment);
        bencher.counter(BytesCount::new(Records::<T>::BYTES)).bench_local(|| (0..count).for_each(|_| transforms.run()));
    }
}

const VARIANTS: [Variant; 5] = [
    Variant { segment: SEGMENT, window: Window::Hann, detrend: Detrend::Constant },
    Variant { segment: SEGMENT, window: Window::Hann, detrend: Detrend::Linear },
    Variant { segment: SEGMENT, window: Window::Hann, detrend: Detrend::None },
    Variant { segment: STEPS, window: Window::Boxcar, detrend: Detrend::Constant },
    Variant { segment: 512, window: Window::Hann, detrend: Detrend::Constant },
];

/// What a Welch spectrum is made by, beyond what all have in common.
#[derive(Clone, Copy)]
struct Variant {
    segment: usize,
    window: Window,
    detrend: Detrend,
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.segment, self.window, self.detrend)
    }
}

impl Variant {
    fn welch<T: Sample>(&self) -> Welch<T> {
        let spec = WelchSpec {
            steps: STEPS,
            segment: self.segment,
            overlap: 0.5,
            window: self.window,
            detrend: self.detrend,
            sampling_interval: Seconds(3600.0),
            longest_gap: 0,
        };
        Welch::new(&spec).expect("the plan of the benchmark")
    }
}

/// Puts this rank's snapshots of all rounds, block by block, as the reader does: 16 values of each step of a block.
fn pack(bencher: Bencher<'_, '_>, world: &dyn World, owner: usize) {
    let plan = exchange_plan(world.size());
    let pass = one_pass(&plan, owner);
    let mut transposition = Transposition::<f32>::new(&plan, &pass, world, None);
    let rows: Vec<f32> = noise::<f32>(plan.steps_per_block * COLUMNS / LANES).iter().flat_map(|line| line.0).collect();
    let mut all_rounds = || {
        for number in 0..plan.rounds_per_pass {
            let round = transposition.begin(number);
            let steps = round.steps();
            for start in steps.clone().step_by(plan.steps_per_block) {
                let block = start..(start + plan.steps_per_block).min(steps.end);
                for (at, tile) in plan.tiles.iter().enumerate() {
                    for (row, field) in tile.j.clone().flat_map(|j| (0..2).map(move |field| (j - tile.j.start, field)))
                    {
                        for column in 0..tile.groups_per_row() {
                            let place = (at, field, row * tile.groups_per_row() + column);
                            let values = black_box(&rows)[tile.i.start + column * LANES..].chunks(COLUMNS);
                            // SAFETY: there is no other thread.
                            unsafe { round.put(place, &block, values, LANES) };
                        }
                    }
                }
            }
            round.settle();
        }
    };
    // Once before, so that all memory is there.
    all_rounds();
    bencher.counter(BytesCount::new(series_bytes(&plan) / world.size())).bench_local(all_rounds);
}

/// A grid without land, as many rows of it as fill memory twice: a rank of two brings half of the times.
fn exchange_plan(ranks: usize) -> Plan {
    let row_bytes = 2 * COLUMNS * STEPS * f32::BYTES;
    let nj = (2 * IN_MEMORY_BYTES).div_ceil(row_bytes);
    let problem = Problem {
        faces: 1,
        abreast: vec![1],
        nj,
        ni: COLUMNS,
        stride: 1,
        native_points: (nj * COLUMNS) as u64,
        steps: STEPS,
        stored_steps: STEPS,
        fields: 2,
        sample_bytes: f32::BYTES,
        stored_bytes: 4,
        chunks: Vec::new(),
        source_bytes: 0,
        cuts: Cuts::default(),
        segment: SEGMENT,
        frequencies: SEGMENT,
        spectra: 1,
        spectrum_values: SEGMENT,
        kept_arrays: 1,
        kept_values: SEGMENT,
        held_values: SEGMENT,
        area_arrays: 0,
        area_numbers: 0,
        area_length: 0,
        map_bytes_per_point: 8,
        map_planes: 1,
        kernel_scratch_bytes: 0,
    };
    let machine = Machine { ranks, nodes: 1, ranks_per_node: ranks, threads: 1, memory_bytes_per_rank: 8 << 30 };
    Plan::new(problem, machine, &AllWet).expect("the plan of the benchmark")
}

/// No land.
struct AllWet;

impl Ground for AllWet {
    fn occupancy(&self, tile: &Tile) -> Occupancy {
        Occupancy { points: tile.points(), groups: (tile.j.len() * tile.groups_per_row()) as u64 }
    }

    fn values(&self, tile: &Tile) -> u64 {
        2 * tile.points()
    }

    fn values_read(&self, strip: &Strip, _: Option<&Strip>) -> u64 {
        2 * (strip.j.len() * strip.width()) as u64
    }
}

/// All tiles in one pass, with one owner.
fn one_pass(plan: &Plan, owner: usize) -> Pass {
    Pass { tiles: 0..plan.tiles.len(), owners: vec![owner; plan.tiles.len()] }
}

fn series_bytes(plan: &Plan) -> usize {
    plan.tiles.iter().map(|tile| tile.points() as usize).sum::<usize>() * 2 * STEPS * f32::BYTES
}

/// The first of two ranks, the other of which has sent what is in the receive buffer already.
struct OneOfTwo {
    /// Whether something comes.
    receives: Cell<bool>,
}

impl World for OneOfTwo {
    fn rank(&self) -> usize {
        0
    }
    fn size(&self) -> usize {
        2
    }
    fn abort(&self, code: i32) -> ! {
        std::process::exit(code)
    }
    fn node_ranks(&self) -> Vec<usize> {
        vec![0, 1]
    }
    fn broadcast(&self, bytes: Vec<u8>) -> Vec<u8> {
        bytes
    }
    fn all_gather(&self, value: u64) -> Vec<u64> {
        vec![value; 2]
    }
    fn gather(&self, _: usize, bytes: &[u8]) -> Vec<Vec<u8>> {
        vec![bytes.to_vec(); 2]
    }
    fn barrier(&self) {}
    fn all_to_all(&self, _: &[WireUnit], _: &[usize], receive: &mut [WireUnit], _: &[usize]) {
        if self.receives.get() {
            receive.fill(WireUnit([1; 8]));
        }
    }
}
