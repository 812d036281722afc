//! What the passes read: runs of rows, and the bytes of them.

use std::ops::Range;

use super::{Ground, Pass, Plan, Problem, Tile, Tiling};

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
        let run = match self.shares.by_place {
            false => pass.tiles.clone(),
            // Owners are neighbours then.
            true => {
                let start = pass.owned_by(rank).next().unwrap_or(pass.tiles.end);
                start..start + pass.owned_by(rank).count()
            }
        };
        strips(&self.tiling, &self.tiles, run)
    }

    /// Bytes that all passes read.
    pub(super) fn bytes_read(&self, ground: &dyn Ground) -> u64 {
        let of_section = |strips: &Vec<Strip>| -> u64 {
            let befores = std::iter::once(None).chain(strips.iter().map(Some));
            strips.iter().zip(befores).map(|(strip, before)| ground.values_read(strip, before)).sum()
        };
        let of_pass = |pass: &Pass| -> u64 {
            let sections = self.sections(pass);
            let decoded = ground.values_decoded(&sections.concat());
            decoded.unwrap_or_else(|| sections.iter().map(of_section).sum())
        };
        self.passes.iter().map(of_pass).sum::<u64>() * bytes_of_value(&self.problem)
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
