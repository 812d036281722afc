//! Collectives of odd sizes, from and to each rank.

use oceanspec::exchange::{Elsewhere, WireUnit, World, agree};

/// Bytes that tell who sent them and where in the message they stood.
fn message(from: usize, length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251 + from * 7 + 1) as u8).collect()
}

pub(crate) fn broadcast(world: &dyn World) {
    for length in [0, 1, 7, 64, 4099, 1_000_003] {
        let mine = if world.rank() == 0 { message(0, length) } else { message(world.rank(), length / 2 + 3) };
        assert_eq!(world.broadcast(mine), message(0, length));
    }
}

pub(crate) fn all_gather(world: &dyn World) {
    let value = |rank: usize| u64::MAX - (rank as u64) * 0x1_0000_0001;
    assert_eq!(world.all_gather(value(world.rank())), (0..world.size()).map(value).collect::<Vec<_>>());
}

pub(crate) fn gather(world: &dyn World) {
    for root in 0..world.size() {
        for scale in [0, 1, 13, 100_003] {
            // Some ranks, the root among them in its turn, have nothing to give.
            let length = |rank: usize| (rank + root) % 3 * scale + usize::from(scale == 13);
            let parts = world.gather(root, &message(world.rank(), length(world.rank())));
            if world.rank() == root {
                assert_eq!(parts.len(), world.size());
                for (rank, part) in parts.iter().enumerate() {
                    assert_eq!(part, &message(rank, length(rank)), "of rank {rank} at root {root}");
                }
            } else {
                assert!(parts.is_empty());
            }
        }
    }
}

pub(crate) fn node_ranks(world: &dyn World) {
    let ranks = world.node_ranks();
    assert!(ranks.is_sorted_by(|a, b| a < b));
    assert!(ranks.contains(&world.rank()) && ranks.iter().all(|&rank| rank < world.size()));
    assert_eq!(ranks, world.node_ranks(), "asked twice");
}

pub(crate) fn all_to_all(world: &dyn World) {
    let (me, ranks) = (world.rank(), world.size());
    for scale in [0, 1, 5, 1021] {
        let units = |from: usize, to: usize| (from * 2 + to * 3) % 4 * scale;
        let unit = |from: usize, to: usize, at: usize| {
            WireUnit(std::array::from_fn(|k| ((from * 100 + to) * 1_000_000 + at * 8 + k) as u64))
        };
        let send: Vec<WireUnit> =
            (0..ranks).flat_map(|to| (0..units(me, to)).map(move |at| unit(me, to, at))).collect();
        let expected: Vec<WireUnit> =
            (0..ranks).flat_map(|from| (0..units(from, me)).map(move |at| unit(from, me, at))).collect();
        let mut receive = vec![WireUnit([u64::MAX; 8]); expected.len()];
        let send_counts: Vec<usize> = (0..ranks).map(|to| units(me, to)).collect();
        let receive_counts: Vec<usize> = (0..ranks).map(|from| units(from, me)).collect();
        world.all_to_all(&send, &send_counts, &mut receive, &receive_counts);
        assert!(receive == expected, "scale {scale}");
    }
}

#[derive(Debug, PartialEq)]
enum Failure {
    Mine(i32),
    Other(Elsewhere),
}

impl From<Elsewhere> for Failure {
    fn from(elsewhere: Elsewhere) -> Self {
        Failure::Other(elsewhere)
    }
}

pub(crate) fn agree_on_any_failures(world: &dyn World) {
    let (me, ranks) = (world.rank(), world.size());
    // A code of 0 or less is a failure as well.
    let code = |rank: usize| [3, 0, 75, -1, 2, 1, 7][rank % 7];
    let told = |rank: usize| [3, 1, 75, 1, 2, 1, 7][rank % 7];
    for failing in 0_usize..1 << ranks {
        let fails = |rank: usize| failing >> rank & 1 == 1;
        let mine = if fails(me) { Err(Failure::Mine(code(me))) } else { Ok(me) };
        let agreed = agree(world, mine, |failure| match failure {
            Failure::Mine(code) => *code,
            Failure::Other(elsewhere) => elsewhere.code,
        });
        let expected = match (0..ranks).find(|&rank| fails(rank)) {
            None => Ok(me),
            Some(lowest) if lowest == me => Err(Failure::Mine(code(me))),
            Some(lowest) => Err(Failure::Other(Elsewhere { rank: lowest, code: told(lowest) })),
        };
        assert_eq!(agreed, expected, "failing {failing:b}");
    }
    world.barrier();
}
