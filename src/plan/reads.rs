//! What the passes read: runs of rows, and the bytes of them.

use std::ops::Range;

use super::passes::{self, Fit};
use super::{Budget, Ground, Machine, Pass, Plan, PlanError, Problem, Shares, Tile, Tiling};

/// Tiles of one face in a strip, in selected indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Place among the selected faces.
    pub face: usize,
    /// Selected columns.
    pub i: Range<usize>,
    /// Tiles in it, as places in `Plan::tiles`.
    pub tiles: Range<usize>,
}

/// A run of rows of tiles with the columns that are read of them: of one face, or of faces that lie side by side in the
/// source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// Selected rows.
    pub j: Range<usize>,
    /// Its tiles, face by face.
    pub parts: Vec<Part>,
}

impl Strip {
    /// Selected columns, of all its faces.
    pub fn width(&self) -> usize {
        self.parts.iter().map(|part| part.i.len()).sum()
    }
}

/// The strips of a run of tiles: one for each row of tiles, as wide as its tiles reach.
fn strips(tiling: &Tiling, tiles: &[Tile], run: Range<usize>) -> Vec<Strip> {
    let mut strips: Vec<Strip> = Vec::new();
    for at in run {
        let tile = &tiles[at];
        let part = Part { face: tile.face, i: tile.i.clone(), tiles: at..at + 1 };
        let before = strips.last_mut().filter(|strip| strip.j == tile.j);
        if let Some(strip) = before
            && let Some(last) = strip.parts.last_mut()
        {
            if last.face == tile.face {
                last.i.end = tile.i.end;
                last.tiles.end = at + 1;
                continue;
            }
            let goes_on = last.face + 1 == tile.face && (last.i.end, tile.i.start) == (tiling.ni, 0);
            if goes_on && tiling.row_of_faces(last.face) == tiling.row_of_faces(tile.face) {
                strip.parts.push(part);
                continue;
            }
        }
        strips.push(Strip { j: tile.j.clone(), parts: vec![part] });
    }
    strips
}

/// Cuts strips into so many runs that one worker each can read; where there are fewer strips they are cut between rows.
fn sections(strips: Vec<Strip>, count: usize) -> Vec<Vec<Strip>> {
    let cuts = count.div_ceil(strips.len().max(1));
    let pieces: Vec<Strip> = strips
        .into_iter()
        .flat_map(|Strip { j, parts }| {
            let rows = j.len().div_ceil(cuts).max(1);
            j.clone()
                .step_by(rows)
                .map(move |start| Strip { j: start..(start + rows).min(j.end), parts: parts.clone() })
        })
        .collect();
    let a_section = pieces.len().div_ceil(count).max(1);
    pieces.chunks(a_section).map(<[Strip]>::to_vec).collect()
}

impl Plan {
    /// What workers read of a pass, each a run of strips in the order of the source: one run if there are snapshots enough
    /// for all workers, else as many as it takes.
    pub fn sections(&self, pass: &Pass) -> Vec<Vec<Strip>> {
        sections(strips(&self.tiling, &self.tiles, pass.tiles.clone()), self.sections_per_pass)
    }

    /// The strips that `rank` reads of a pass whose chunks are decoded: all of them, or where ranks share by place, its own.
    pub fn strips(&self, pass: &Pass, rank: usize) -> Vec<Strip> {
        strips(&self.tiling, &self.tiles, run_of(&self.shares, pass, rank))
    }

    /// Bytes that all passes read.
    pub(super) fn bytes_read(&self, ground: &dyn Ground) -> u64 {
        let of_section = |strips: &Vec<Strip>| -> u64 {
            let befores = std::iter::once(None).chain(strips.iter().map(Some));
            strips.iter().zip(befores).map(|(strip, before)| ground.values_read(strip, before)).sum()
        };
        let of_pass = |pass: &Pass| self.sections(pass).iter().map(of_section).sum::<u64>();
        let stored_bytes = self.problem.stored_bytes as u64;
        match decoded(ground, (&self.tiling, &self.tiles), &self.passes, &self.shares) {
            Some(ranks) => ranks.into_iter().fold(0, u64::saturating_add).saturating_mul(stored_bytes),
            None => self.passes.iter().map(of_pass).sum::<u64>() * bytes_of_value(&self.problem),
        }
    }

    /// Bytes of the tiles' own rows, each once.
    pub(super) fn bytes_of_tiles(&self, ground: &dyn Ground) -> u64 {
        self.tiles.iter().map(|tile| ground.values(tile)).sum::<u64>() * bytes_of_value(&self.problem)
    }
}

/// Bytes of a value of all snapshots.
fn bytes_of_value(problem: &Problem) -> u64 {
    (problem.stored_bytes * problem.stored_steps) as u64
}

/// The tiles of a pass that `rank` reads, all of them or its own.
fn run_of(shares: &Shares, pass: &Pass, rank: usize) -> Range<usize> {
    if !shares.by_place {
        return pass.tiles.clone();
    }
    // Owners are neighbours then.
    let start = pass.owned_by(rank).next().unwrap_or(pass.tiles.end);
    start..start + pass.owned_by(rank).count()
}

/// Values that are decoded in all passes: by each rank where ranks share by place, else by all together; none where the source
/// has no chunks.
fn decoded(
    ground: &dyn Ground,
    (tiling, tiles): (&Tiling, &[Tile]),
    passes: &[Pass],
    shares: &Shares,
) -> Option<Vec<u64>> {
    // Without chunks there are as many parts as the record has rounds, which may be any number.
    ground.values_decoded(&[], &[])?;
    let ranks = if shares.by_place { shares.ranks } else { 1 };
    // By place one rank's parts are those of each.
    let parts = shares.parts(0..if shares.by_place { 1 } else { shares.ranks });
    let of_rank = |rank: usize| {
        let of_pass = |pass| ground.values_decoded(&strips(tiling, tiles, run_of(shares, pass, rank)), &parts);
        passes.iter().map(of_pass).try_fold(0_u64, |sum, values| Some(sum.saturating_add(values?)))
    };
    (0..ranks).map(of_rank).collect()
}

/// Passes and shares that fit. Where chunks are so long that there are fewer runs of them than ranks, some ranks have no
/// share of time; by place all read, but what lies in one chunk for several of them each decodes: the quicker of the two.
pub(super) fn best_fit(
    problem: &Problem,
    machine: &Machine,
    of: (&Tiling, &[Tile]),
    budget: &Budget,
    ground: &dyn Ground,
) -> Result<Fit, PlanError> {
    let (tiling, tiles) = of;
    let by_time = passes::fit(problem, machine, tiling, tiles, budget, false);
    if !Shares::are_few(problem.steps, machine.ranks, &problem.cuts) {
        return by_time;
    }
    let by_place = passes::fit(problem, machine, tiling, tiles, budget, true);
    let work = |fit: &Fit| decoded(ground, of, &fit.passes, &fit.shares).unwrap_or_default();
    match (by_time, by_place) {
        (Ok(by_time), Ok(by_place)) => {
            let together =
                work(&by_time).into_iter().fold(0, u64::saturating_add) / by_time.shares.readers().max(1) as u64;
            let slowest = work(&by_place).into_iter().max().unwrap_or(0);
            Ok(if slowest <= together { by_place } else { by_time })
        }
        (Ok(fit), Err(_)) | (Err(_), Ok(fit)) => Ok(fit),
        (Err(_), Err(error)) => Err(error),
    }
}
