//! Rows of a grid file in blocks: few reads, little memory.

use std::ops::Range;

/// Rows of a block at most.
const ROWS: usize = 64;
/// Values of a block at most, unless one row has more.
const VALUES: usize = 1 << 20;

/// Cuts `rows` of `columns` values each into blocks.
pub(super) fn row_blocks(rows: Range<usize>, columns: usize) -> impl Iterator<Item = Range<usize>> {
    let step = (VALUES / columns.max(1)).clamp(1, ROWS);
    rows.clone().step_by(step).map(move |start| start..(start + step).min(rows.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_all_rows_in_order() {
        assert_eq!(row_blocks(3..3, 10).count(), 0);
        assert_eq!(row_blocks(0..130, 10).collect::<Vec<_>>(), [0..64, 64..128, 128..130]);
        assert_eq!(row_blocks(5..8, 1 << 30).collect::<Vec<_>>(), [5..6, 6..7, 7..8]);
        // The whole of LLC4320's compact longitudes: about a thousand reads.
        assert!(row_blocks(0..56_160, 4320).count() < 1000);
    }
}
