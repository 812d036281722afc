//! Properties of plans for any problem and machine.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// What is wet, as random occupancy by tile.
#[derive(Clone, Copy, Debug)]
enum Sea {
    Everywhere,
    /// About one tile in so many has points.
    OneTileIn(u64),
    /// Every tile has some, between few and many.
    Patchy,
}

/// Mixes numbers to a number that looks random and is always the same.
fn mixed(numbers: &[usize]) -> u64 {
    numbers.iter().fold(0x9e37_79b9_7f4a_7c15, |state, &number| {
        let state = (state ^ number as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^ (state >> 31)
    })
}

fn occupancy(sea: Sea, tile: &Tile) -> Occupancy {
    let groups = (tile.groups_per_row() * tile.j.len()) as u64;
    let whole = Occupancy { points: tile.points(), groups };
    let random = mixed(&[tile.face, tile.row, tile.column]);
    match sea {
        Sea::Everywhere => whole,
        Sea::OneTileIn(n) if random.is_multiple_of(n) => whole,
        Sea::OneTileIn(_) => Occupancy::default(),
        Sea::Patchy => {
            let groups = 1 + random % groups;
            Occupancy { points: groups.min(tile.points()), groups }
        }
    }
}

/// Two fields, of which u takes one more column and v one more row, but for a row that was read before.
struct World<'a> {
    problem: &'a Problem,
    sea: Sea,
}

impl World<'_> {
    fn columns(&self, width: usize) -> u64 {
        limits::span(width, self.problem.stride) as u64
    }
}

impl Ground for World<'_> {
    fn occupancy(&self, tile: &Tile) -> Occupancy {
        occupancy(self.sea, tile)
    }

    fn values(&self, tile: &Tile) -> u64 {
        2 * tile.j.len() as u64 * self.columns(tile.i.len())
    }

    fn values_read(&self, strip: &Strip, before: Option<&Strip>) -> u64 {
        let rows = strip.j.len() as u64;
        let columns: u64 = strip.parts.iter().map(|part| self.columns(part.i.len())).sum();
        let below = |before: &Strip| before.j.end == strip.j.start && before.parts[0].i == strip.parts[0].i;
        let v_rows = match before {
            _ if self.problem.stride > 1 => 2 * rows,
            Some(before) if below(before) => rows,
            _ => rows + 1,
        };
        rows * (columns + 1) + v_rows * columns
    }
}

fn plan(problem: &Problem, machine: &Machine, sea: Sea) -> Result<Plan, PlanError> {
    Plan::new(problem.clone(), *machine, &World { problem, sea })
}

fn problem(faces: usize, [nj, ni]: [usize; 2], stride: usize, steps: usize, frequencies: usize) -> Problem {
    Problem {
        faces,
        // More faces than can be listed are refused.
        abreast: vec![1; faces.min(1 << 17)],
        nj,
        ni,
        stride,
        native_points: (faces as u64).saturating_mul(nj as u64).saturating_mul(ni as u64),
        steps,
        stored_steps: steps,
        fields: 2,
        sample_bytes: 4,
        stored_bytes: 4,
        chunks: Vec::new(),
        source_bytes: 0,
        cuts: Cuts::default(),
        segment: frequencies,
        frequencies,
        spectra: 1,
        spectrum_values: frequencies,
        kept_arrays: 1,
        kept_values: frequencies,
        held_values: frequencies,
        area_arrays: 0,
        area_numbers: 0,
        area_length: 0,
        map_bytes_per_point: 18 * 8,
        map_planes: 24,
        kernel_scratch_bytes: (frequencies as u64).saturating_mul(64 * 4),
    }
}

fn machine(ranks: usize, memory_bytes_per_rank: u64) -> Machine {
    Machine { ranks, nodes: 1, ranks_per_node: ranks, threads: 2, memory_bytes_per_rank }
}

const TERABYTE: u64 = 1 << 40;

fn llc(steps: usize, frequencies: usize) -> Problem {
    problem(13, [4320, 4320], 1, steps, frequencies)
}

prop_compose! {
    fn any_problem()(
        faces in 1_usize..14,
        shape in prop::array::uniform2(prop_oneof![1_usize..500, prop::sample::select(vec![1, 2, 17, 97, 127, 251, 499])]),
        stride in prop_oneof![Just(1), 1_usize..6],
        steps in 1_usize..3000,
        frequencies in 1_usize..2000,
        (double, stored_double, spectrum, gaps) in any::<(bool, bool, bool, bool)>(),
        side_by_side in 1_usize..5,
    ) -> Problem {
        Problem {
            sample_bytes: if double { 8 } else { 4 },
            stored_bytes: if stored_double { 8 } else { 4 },
            stored_steps: if gaps { steps - steps / 7 } else { steps },
            kept_arrays: usize::from(spectrum),
            kept_values: if spectrum { frequencies } else { 0 },
            held_values: if spectrum { frequencies } else { 0 },
            // Rows of so many faces, the last of the rest.
            abreast: (0..faces).step_by(side_by_side).map(|first| side_by_side.min(faces - first)).collect(),
            ..problem(faces, shape, stride, steps, frequencies)
        }
    }
}

prop_compose! {
    fn any_machine()(
        ranks in 1_usize..=200,
        nodes in 1_usize..9,
        threads in 1_usize..17,
        memory in prop_oneof![Just(0), 1_u64 << 20..1 << 28, 1_u64 << 28..1 << 33, Just(u64::MAX)],
    ) -> Machine {
        let nodes = nodes.min(ranks);
        Machine { ranks, nodes, ranks_per_node: ranks.div_ceil(nodes), threads, memory_bytes_per_rank: memory }
    }
}

fn any_sea() -> impl Strategy<Value = Sea> {
    prop_oneof![
        2 => Just(Sea::Everywhere),
        2 => Just(Sea::Patchy),
        3 => prop_oneof![2_u64..5, 10_u64..40].prop_map(Sea::OneTileIn),
    ]
}

/// Largest count or displacement that MPI would see, from the counts of every rank, pass and round themselves.
fn largest_count_simulated(plan: &Plan) -> u64 {
    let ranks = plan.machine.ranks;
    let units = plan.problem.fields * plan.line_bytes() / WIRE_UNIT_BYTES as usize;
    let mut largest = 0;
    for pass in &plan.passes {
        let mut groups = vec![0; ranks];
        for (tile, &owner) in pass.tiles.clone().zip(&pass.owners) {
            groups[owner] += plan.tiles[tile].occupancy.groups;
        }
        let all: u64 = groups.iter().sum();
        for round in 0..plan.rounds_per_pass {
            let steps: Vec<u64> = (0..ranks).map(|rank| plan.shares.in_round(rank, round).len() as u64).collect();
            let all_steps: u64 = steps.iter().sum();
            for rank in 0..ranks {
                let sent = (all - groups[rank]) * steps[rank];
                let received = groups[rank] * (all_steps - steps[rank]);
                largest = largest.max(sent.max(received) * units as u64);
            }
        }
    }
    largest
}

fn check_tiling(problem: &Problem, plan: &Plan) -> Result<(), TestCaseError> {
    let tiling = &plan.tiling;
    let mut seen = vec![0_u8; problem.faces * problem.nj * problem.ni];
    for tile in tiling.all() {
        prop_assert_eq!(tile.j.start, tile.row * tiling.tile_nj);
        prop_assert_eq!(tile.i.start, tile.column * tiling.tile_ni);
        prop_assert!(tile.points() > 0 && tile.points() <= tiling.tile_points());
        for j in tile.j.clone() {
            let row = (tile.face * problem.nj + j) * problem.ni;
            seen[row + tile.i.start..row + tile.i.end].iter_mut().for_each(|times| *times += 1);
        }
    }
    prop_assert!(seen.iter().all(|&times| times == 1), "a point in no tile or in several");
    prop_assert_eq!(tiling.tile_nj % tiling.chunk_nj, 0);
    prop_assert_eq!(tiling.tile_ni % tiling.chunk_ni, 0);
    prop_assert_eq!(tiling.map_nj % tiling.tile_nj, 0, "a file of a map ends within a tile");

    let point = problem.frequencies * problem.sample_bytes;
    let chunk = tiling.chunk_nj * tiling.chunk_ni * point;
    prop_assert!(chunk <= 4 << 20, "inner chunks of {} bytes", chunk);
    let face = problem.nj * problem.ni * point;
    prop_assert!(chunk >= 104_858.min(face), "inner chunks of {} bytes on faces of {}", chunk, face);
    Ok(())
}

fn check_passes(plan: &Plan) -> Result<(), TestCaseError> {
    prop_assert!(plan.tiles.iter().all(|tile| tile.occupancy.points > 0));
    let place = |tile: &Tile| (plan.tiling.row_of_faces(tile.face), tile.row, tile.face, tile.column);
    prop_assert!(plan.tiles.iter().map(place).is_sorted());
    let mut next = 0;
    for pass in &plan.passes {
        prop_assert_eq!(pass.tiles.start, next);
        prop_assert!(!pass.tiles.is_empty());
        prop_assert_eq!(pass.owners.len(), pass.tiles.len());
        prop_assert!(pass.owners.iter().all(|&owner| owner < plan.machine.ranks));
        next = pass.tiles.end;
        // Sections have each row of each tile once, in order.
        let sections = plan.sections(pass);
        prop_assert!(sections.len() <= plan.sections_per_pass);
        let mut rows: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
        for strip in sections.iter().flatten() {
            for part in &strip.parts {
                prop_assert!(part.i.len() <= plan.tiling.ni);
                for at in part.tiles.clone() {
                    let tile = &plan.tiles[at];
                    prop_assert_eq!(tile.face, part.face);
                    prop_assert!(part.i.start <= tile.i.start && tile.i.end <= part.i.end);
                    let next = rows.entry(at).or_insert(tile.j.start);
                    prop_assert_eq!(*next, strip.j.start);
                    *next = strip.j.end;
                }
            }
            let faces: Vec<usize> = strip.parts.iter().map(|part| part.face).collect();
            prop_assert!(faces.windows(2).all(|pair| pair[0] + 1 == pair[1]));
        }
        prop_assert!(rows.iter().all(|(&at, &end)| end == plan.tiles[at].j.end));
        prop_assert_eq!(rows.len(), pass.tiles.len());
    }
    prop_assert_eq!(next, plan.tiles.len());
    Ok(())
}

/// Series and exchange of every rank, counted tile by tile, against the projection.
fn check_memory(plan: &Plan) -> Result<(), TestCaseError> {
    let memory = &plan.memory;
    prop_assert!(memory.peak_bytes() <= plan.machine.memory_bytes_per_rank);
    for pass in &plan.passes {
        let mut lines = vec![0; plan.machine.ranks];
        for (at, &owner) in pass.tiles.clone().zip(&pass.owners) {
            lines[owner] += plan.lines(&plan.tiles[at]) * plan.problem.fields as u64;
        }
        for lines in lines {
            prop_assert!(lines * plan.line_bytes() as u64 <= memory.series_bytes);
        }
    }
    let largest = plan.tiles.iter().map(|tile| tile.points()).max().unwrap_or(0);
    prop_assert!(largest * plan.problem.map_bytes_per_point as u64 <= memory.maps_bytes);
    prop_assert!(plan.shares.steps_per_round >= 1 && plan.steps_per_block >= 1 && plan.rows_per_piece >= 1);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_plan_holds(problem in any_problem(), machine in any_machine(), sea in any_sea()) {
        let plan = match plan(&problem, &machine, sea) {
            Ok(plan) => plan,
            Err(PlanError::AllLand { .. }) => return Ok(()),
            Err(PlanError::Memory { needed, allowed, least, .. }) => {
                prop_assert_eq!(allowed.0, machine.memory_bytes_per_rank);
                prop_assert!(needed > allowed, "{} of {}", needed, allowed);
                let enough = Machine { memory_bytes_per_rank: least.0 / machine.ranks_per_node as u64, ..machine };
                plan(&problem, &enough, sea).map_err(|error| TestCaseError::fail(format!("at the least: {error}")))?
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
        };
        check_tiling(&problem, &plan)?;
        check_passes(&plan)?;
        check_memory(&plan)?;
        prop_assert!(plan.largest_mpi_count <= LARGEST_MPI_COUNT);
        prop_assert!(largest_count_simulated(&plan) <= plan.largest_mpi_count);
        prop_assert!(plan.read_factor() >= 1.0, "{}", plan.read_factor());
        if !matches!(sea, Sea::OneTileIn(_)) {
            // No dry tile between wet ones: at worst each row of v and each column of u is read twice.
            prop_assert!(plan.read_factor() <= 2.0, "{}", plan.read_factor());
        }
    }

    #[test]
    fn tiles_do_not_depend_on_the_machine(problem in any_problem(), machines in prop::array::uniform2(any_machine())) {
        let plans: Vec<Plan> =
            machines.iter().filter_map(|machine| plan(&problem, machine, Sea::Patchy).ok()).collect();
        for pair in plans.windows(2) {
            prop_assert_eq!(&pair[0].tiling, &pair[1].tiling);
            prop_assert_eq!(&pair[0].tiles, &pair[1].tiles);
            prop_assert_eq!(pair[0].files_written, pair[1].files_written);
            prop_assert_eq!(pair[0].bytes_out, pair[1].bytes_out);
            prop_assert_eq!(pair[0].bytes_needed, pair[1].bytes_needed);
        }
    }

    #[test]
    fn no_size_panics_or_takes_long(
        sizes in prop::array::uniform6(prop_oneof![
            Just(1_usize), Just(2), Just(1000), Just(1 << 20), Just((1 << 31) - 1), Just(1 << 40), Just(usize::MAX / 2),
            Just(usize::MAX), (0_u32..63).prop_map(|bits| 1 << bits), any::<usize>()
        ]),
        ranks in prop_oneof![Just(1_usize), 1_usize..10_000_000],
        memory in prop_oneof![Just(u64::MAX), any::<u64>()],
    ) {
        let [faces, nj, ni, stride, steps, frequencies] = sizes;
        let started = Instant::now();
        let plan = plan(
            &Problem { kernel_scratch_bytes: 1 << 20, ..problem(faces, [nj, ni], stride, steps, frequencies) },
            &machine(ranks, memory),
            Sea::Everywhere,
        );
        prop_assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        if let Ok(plan) = plan {
            check_passes(&plan)?;
            prop_assert!(plan.memory.peak_bytes() <= memory);
            prop_assert!(plan.largest_mpi_count <= LARGEST_MPI_COUNT);
        }
    }
}

#[test]
fn sizes_without_end_are_too_large() {
    for (faces, shape, steps) in [
        (usize::MAX / 2, [1, 1], 1),
        (1, [usize::MAX / 2, 1], 1),
        (1, [1, usize::MAX / 2], 2),
        (1 << 40, [1, 1], 1),
        (1 << 40, [1 << 40, 1 << 40], 1 << 40),
        (1, [1, 1], usize::MAX),
    ] {
        let error = plan(&problem(faces, shape, 1, steps, 1), &machine(4, TERABYTE), Sea::Everywhere).unwrap_err();
        assert!(matches!(error, PlanError::TooLarge { .. }), "{faces} {shape:?} {steps}: {error}");
    }
}

#[test]
fn long_and_thin_grids_have_few_tiles() {
    for shape in [[1, 1 << 32], [1 << 32, 1], [3, 1 << 30], [1 << 30, 3]] {
        let plan = plan(&problem(1, shape, 1, 100, 50), &machine(16, 1 << 50), Sea::Everywhere).unwrap();
        assert!(plan.tiles.len() < 30_000, "{shape:?}: {} tiles", plan.tiles.len());
    }
}

#[test]
fn nothing_selected_and_all_land_are_said() {
    for shape in [[0, 5], [5, 0], [5, 5]] {
        let error = plan(&problem(1, shape, 1, 10, 5), &machine(1, TERABYTE), Sea::OneTileIn(u64::MAX)).unwrap_err();
        assert_eq!(error, PlanError::AllLand { points: (shape[0] * shape[1]) as u64 });
    }
}

#[test]
fn mpi_counts_stay_within_31_bits_on_few_ranks_with_much_memory() {
    for sample_bytes in [4, 8] {
        let compact = Problem { sample_bytes, ..problem(1, [56_160, 4320], 1, 10_311, 1440) };
        for ranks in [2, 3, 8, 64] {
            let plan = plan(&compact, &machine(ranks, 1 << 46), Sea::Everywhere).unwrap();
            assert!(plan.overlap && plan.passes.len() <= 8, "{ranks} ranks: {} passes", plan.passes.len());
            let simulated = largest_count_simulated(&plan);
            assert!(plan.largest_mpi_count <= LARGEST_MPI_COUNT, "{ranks}: {}", plan.largest_mpi_count);
            assert!((plan.largest_mpi_count / 4..=plan.largest_mpi_count).contains(&simulated), "{ranks}: {simulated}");
        }
    }
}

#[test]
fn an_llc_result_stays_under_thirty_thousand_files() {
    for (faces, shape) in [(13, [4320, 4320]), (1, [56_160, 4320]), (1, [12_960, 17_280]), (13, [2160, 2160])] {
        for stride in [1, 3] {
            for (steps, frequencies, bands) in [(10_311, 1440, 3), (10_311, 24, 12), (10_311, 10_311, 1), (720, 720, 0)]
            {
                for sample_bytes in [4, 8] {
                    let planes = 6 + 4 * bands;
                    let problem = Problem {
                        sample_bytes,
                        map_planes: planes + 6,
                        map_bytes_per_point: 8 * planes,
                        ..problem(faces, shape.map(|n: usize| n.div_ceil(stride)), stride, steps, frequencies)
                    };
                    let plan = plan(&problem, &machine(96, 1 << 42), Sea::Everywhere).unwrap();
                    let files = plan.files_written;
                    assert!(files < 30_000, "{faces} x {shape:?}, stride {stride}, {frequencies}: {files} files");
                }
            }
        }
    }
}

#[test]
fn a_whole_llc_is_planned_in_a_second_and_read_about_once() {
    let started = Instant::now();
    let mut last = f64::MAX;
    for gibibytes in [8_u64, 16, 64, 256] {
        let plan = plan(&llc(10_311, 1440), &machine(8, gibibytes << 30), Sea::Everywhere).unwrap();
        let factor = plan.read_factor();
        assert!((1.0..1.1).contains(&factor) && factor <= last, "{gibibytes} GiB a rank: read {factor} times");
        last = factor;
    }
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 4 });
    assert!(started.elapsed() < limit, "{:?}", started.elapsed());
    let none = plan(&llc(10_311, 1440), &machine(8, 1 << 20), Sea::Everywhere).unwrap_err();
    assert!(matches!(none, PlanError::Memory { .. }), "{none}");
}

#[test]
fn memory_of_a_rank_falls_as_ranks_grow() {
    for problem in [llc(10_311, 1440), problem(1, [64, 80], 1, 1440, 720), problem(1, [640, 800], 1, 1440, 720)] {
        for ranks in [2, 4, 8, 16, 32, 64] {
            let plan = plan(&problem, &machine(ranks, 1 << 50), Sea::Everywhere).unwrap();
            assert!(plan.passes.len() <= 8, "{ranks} ranks: {} passes", plan.passes.len());
            let bytes = plan.memory.series_bytes + plan.memory.exchange_bytes;
            let lines: u64 = plan.tiles.iter().map(|tile| plan.lines(tile)).sum();
            let all = lines * (plan.line_bytes() * plan.problem.fields) as u64;
            let fair = all as f64 / ranks.min(plan.tiles.len()) as f64;
            assert!((bytes as f64) < 1.8 * fair + 1e7, "{ranks} ranks: {bytes} of {all}");
        }
    }
}

#[test]
fn memory_at_the_edge_changes_nothing_and_less_memory_takes_more_passes_not_more_memory() {
    let problem = problem(1, [300, 400], 1, 500, 100);
    for ranks in [1, 3, 8] {
        let whole = plan(&problem, &machine(ranks, u64::MAX), Sea::Everywhere).unwrap();
        let peak = whole.memory.peak_bytes();
        let same = plan(&problem, &machine(ranks, peak), Sea::Everywhere).unwrap();
        assert_eq!((&same.passes, same.memory), (&whole.passes, whole.memory));
        let allowed = peak - whole.memory.series_bytes / 2;
        let less = plan(&problem, &machine(ranks, allowed), Sea::Everywhere).unwrap();
        assert!(less.memory.peak_bytes() <= allowed, "{ranks} ranks");
        let passes = less.passes.len();
        assert!((whole.passes.len()..=16).contains(&passes), "{ranks} ranks: {passes} passes");
    }
}

#[test]
fn passes_overlap_where_there_is_much_to_read_of_a_file() {
    let passes = |shape, steps| {
        let plan = plan(&problem(1, shape, 1, steps, 100), &machine(1, TERABYTE), Sea::Everywhere).unwrap();
        assert_eq!(plan.overlap, plan.passes.len() > 1);
        plan.passes.len()
    };
    assert_eq!(passes([48, 40], 2160), 1, "each file is small");
    assert_eq!(passes([480, 400], 2), 1, "all series are small");
    assert_eq!(passes([480, 400], 2000), 8);
    // A file of 192 KiB is read in three parts, not in more.
    assert!((2..=3).contains(&passes([256, 192], 3000)));
}
