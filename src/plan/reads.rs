//! What the passes read: runs of rows, and the bytes of them.

use std::ops::Range;

use super::{Pass, Problem, Tile};

/// A run of rows of tiles of one face with the columns that are read of them, in selected indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// Place among the selected faces.
    pub face: usize,
    /// Selected rows.
    pub j: Range<usize>,
    /// Selected columns.
    pub i: Range<usize>,
    /// Tiles in it, as places in `Plan::tiles`.
    pub tiles: Range<usize>,
}

/// The strips of a run of tiles: one for each row of tiles, as wide as its tiles reach.
pub fn strips(tiles: &[Tile], run: Range<usize>) -> Vec<Strip> {
    let mut strips: Vec<Strip> = Vec::new();
    for at in run {
        let tile = &tiles[at];
        match strips.last_mut() {
            Some(strip) if strip.face == tile.face && strip.j == tile.j => {
                strip.i.end = tile.i.end;
                strip.tiles.end = at + 1;
            }
            _ => strips.push(Strip { face: tile.face, j: tile.j.clone(), i: tile.i.clone(), tiles: at..at + 1 }),
        }
    }
    strips
}

/// Native columns from the first to the last of `i`.
fn native_columns(problem: &Problem, i: &Range<usize>) -> u64 {
    ((i.len() - 1) * problem.stride + 1) as u64
}

/// Values of one snapshot, all fields, that the reader takes of a strip; `before` is the strip it has just read.
///
/// Centring takes one more column of u and one more row of v, where there is one. With a stride of 1 the last row
/// of v is kept for the next rows, of the next strip too if that goes on below the same columns.
fn values(problem: &Problem, strip: &Strip, before: Option<&Strip>) -> u64 {
    let rows = strip.j.len() as u64;
    let columns = native_columns(problem, &strip.i);
    if !problem.centre {
        return rows * columns * problem.fields as u64;
    }
    let column_beyond = strip.i.end < problem.ni || problem.column_beyond;
    let row_beyond = strip.j.end < problem.nj || problem.row_beyond;
    let u = rows * (columns + u64::from(column_beyond));
    let v_rows = if problem.stride == 1 {
        let kept = before
            .is_some_and(|before| before.face == strip.face && before.j.end == strip.j.start && before.i == strip.i);
        rows + 1 - u64::from(kept) - u64::from(!row_beyond)
    } else {
        2 * rows - u64::from(!row_beyond)
    };
    let scalars = problem.fields.saturating_sub(2) as u64 * rows * columns;
    u + v_rows * columns + scalars
}

/// Bytes that all passes read.
pub(super) fn bytes_read(problem: &Problem, tiles: &[Tile], passes: &[Pass]) -> u64 {
    let of_pass = |pass: &Pass| -> u64 {
        let strips = strips(tiles, pass.tiles.clone());
        let befores = std::iter::once(None).chain(strips.iter().map(Some));
        strips.iter().zip(befores).map(|(strip, before)| values(problem, strip, before)).sum()
    };
    passes.iter().map(of_pass).sum::<u64>() * (problem.stored_bytes * problem.stored_steps) as u64
}

/// Bytes of the tiles' own rows, each once.
pub(super) fn bytes_needed(problem: &Problem, tiles: &[Tile]) -> u64 {
    let values: u64 = tiles.iter().map(|tile| tile.j.len() as u64 * native_columns(problem, &tile.i)).sum();
    values * (problem.fields * problem.stored_bytes * problem.stored_steps) as u64
}
