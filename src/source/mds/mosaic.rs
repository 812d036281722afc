//! Where the files of one time of a field lie in the domain: one whole file, or tiles.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::Meta;
use crate::config::TileNumber;

/// A file's part of the domain, 0-based and half-open; rows of several faces are stacked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tile {
    /// The numbers in its file's name; none for a file that is the whole.
    pub number: Option<TileNumber>,
    /// Rows.
    pub j: Range<usize>,
    /// Columns.
    pub i: Range<usize>,
}

impl Tile {
    /// Points in it.
    pub fn points(&self) -> usize {
        self.i.len() * self.j.len()
    }

    /// The part of the domain that a `.meta` gives to its file; none where it is not within what a file can hold.
    pub(super) fn of_meta(number: Option<TileNumber>, meta: &Meta) -> Option<Self> {
        let range = |at: usize| -> Option<Range<usize>> {
            let [first, last] = *meta.ranges.get(at)?;
            Some(usize::try_from(first.checked_sub(1)?).ok()?..usize::try_from(last).ok()?)
        };
        Some(Tile { number, j: range(1)?, i: range(0)? })
    }

    /// For messages.
    pub(super) fn describe(&self) -> String {
        let place = describe(&self.j, &self.i);
        self.number.map_or(place.clone(), |[i, j]| format!("{i:03}.{j:03} ({place})"))
    }
}

/// A rectangle in words.
pub(in crate::source) fn describe(j: &Range<usize>, i: &Range<usize>) -> String {
    format!("j = {} to {}, i = {} to {}", j.start, j.end.saturating_sub(1), i.start, i.end.saturating_sub(1))
}

fn lies_within(range: &Range<usize>, len: usize) -> bool {
    !range.is_empty() && range.end <= len
}

/// Tiles that cover the domain, each point at most once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mosaic {
    /// Tiles, by row, then column of their first points.
    tiles: Vec<Tile>,
    /// What no tile covers, rows and columns: tiles without water that the model does not write.
    blank: Vec<(Range<usize>, Range<usize>)>,
}

impl Mosaic {
    /// One file of the whole domain.
    pub fn whole(nj: usize, ni: usize) -> Self {
        Mosaic { tiles: vec![Tile { number: None, j: 0..nj, i: 0..ni }], blank: Vec::new() }
    }

    /// Tiles of a domain of `nj` rows and `ni` columns.
    ///
    /// # Errors
    /// Tiles that lie outside or over each other, or leave more than nine tenths uncovered: a text.
    pub(in crate::source) fn new(nj: usize, ni: usize, mut tiles: Vec<Tile>) -> Result<Self, String> {
        if let Some(tile) = tiles.iter().find(|tile| !lies_within(&tile.j, nj) || !lies_within(&tile.i, ni)) {
            return Err(format!("tile {} does not lie within {nj} rows and {ni} columns", tile.describe()));
        }
        tiles.sort_unstable_by_key(|tile| (tile.j.start, tile.i.start));
        // A small tile must not make a domain that no file could fill.
        let covered: u128 = tiles.iter().map(|tile| tile.j.len() as u128 * tile.i.len() as u128).sum();
        let domain = nj as u128 * ni as u128;
        if covered * 10 < domain {
            return Err(format!("{} tiles cover {covered} of the domain's {domain} points", tiles.len()));
        }
        let mut edges: Vec<usize> = tiles.iter().flat_map(|tile| [tile.j.start, tile.j.end]).chain([0, nj]).collect();
        edges.sort_unstable();
        edges.dedup();
        let mut blank: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        for band in edges.windows(2) {
            let rows = band[0]..band[1];
            let mut across: Vec<&Tile> =
                tiles.iter().filter(|tile| tile.j.start <= rows.start && rows.end <= tile.j.end).collect();
            across.sort_unstable_by_key(|tile| tile.i.start);
            for pair in across.windows(2) {
                if pair[1].i.start < pair[0].i.end {
                    return Err(format!("tiles {} and {} overlap", pair[0].describe(), pair[1].describe()));
                }
            }
            let starts = across.iter().map(|tile| tile.i.start).chain([ni]);
            let ends = [0].into_iter().chain(across.iter().map(|tile| tile.i.end));
            for gap in ends.zip(starts).map(|(end, start)| end..start).filter(|gap| !gap.is_empty()) {
                match blank.iter_mut().find(|(above, columns)| above.end == rows.start && *columns == gap) {
                    Some((above, _)) => above.end = rows.end,
                    None => blank.push((rows.clone(), gap)),
                }
            }
        }
        Ok(Mosaic { tiles, blank })
    }

    /// Rows and columns of the domain.
    pub(in crate::source) fn domain(&self) -> [usize; 2] {
        let ends = |of: fn(&Tile) -> usize, blank: fn(&(Range<usize>, Range<usize>)) -> usize| {
            self.tiles.iter().map(of).chain(self.blank.iter().map(blank)).max().unwrap_or(0)
        };
        [ends(|tile| tile.j.end, |(j, _)| j.end), ends(|tile| tile.i.end, |(_, i)| i.end)]
    }

    /// All tiles.
    pub fn tiles(&self) -> &[Tile] {
        &self.tiles
    }

    /// Rectangles of rows and columns that no tile covers.
    pub fn blank(&self) -> &[(Range<usize>, Range<usize>)] {
        &self.blank
    }

    /// Whether it is one file.
    pub fn is_whole(&self) -> bool {
        matches!(self.tiles[..], [Tile { number: None, .. }])
    }

    /// The tiles that have a point of some rows and columns, with their places in [`Mosaic::tiles`].
    pub(super) fn touching<'a>(
        &'a self,
        j: &'a Range<usize>,
        i: &'a Range<usize>,
    ) -> impl Iterator<Item = (usize, &'a Tile)> {
        let meet = |a: &Range<usize>, b: &Range<usize>| a.start.max(b.start) < a.end.min(b.end);
        self.tiles.iter().enumerate().filter(move |(_, tile)| meet(&tile.j, j) && meet(&tile.i, i))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(in super::super) fn tile(number: TileNumber, j: Range<usize>, i: Range<usize>) -> Tile {
        Tile { number: Some(number), j, i }
    }

    #[test]
    fn overlaps_and_strays_are_named_and_holes_are_found() {
        let four =
            [tile([2, 2], 2..5, 3..7), tile([1, 1], 0..2, 0..3), tile([2, 1], 0..2, 3..7), tile([1, 2], 2..5, 0..3)];
        let mosaic = Mosaic::new(5, 7, four.to_vec()).unwrap();
        assert_eq!(mosaic.tiles()[0].number, Some([1, 1]));
        assert!(mosaic.blank().is_empty() && !mosaic.is_whole());
        let touched = |j, i| mosaic.touching(&j, &i).map(|(_, tile)| tile.number.unwrap()).collect::<Vec<_>>();
        assert_eq!(touched(1..2, 2..3), [[1, 1]]);
        assert_eq!(touched(1..3, 2..4), [[1, 1], [2, 1], [1, 2], [2, 2]]);
        assert_eq!(touched(1..1, 2..4), Vec::<TileNumber>::new());
        assert_eq!(Mosaic::new(5, 7, four[1..].to_vec()).unwrap().blank(), [(2..5, 3..7)]);
        assert_eq!(Mosaic::new(5, 7, four[..1].to_vec()).unwrap().blank(), [(0..2, 0..7), (2..5, 0..3)]);
        let with = |tile: Tile| [&four[..3], &[tile]].concat();
        let error = Mosaic::new(5, 7, with(tile([1, 2], 1..5, 0..3))).unwrap_err();
        assert!(error.contains("tiles 001.001 (j = 0 to 1, i = 0 to 2) and 001.002"), "{error}");
        for stray in [tile([9, 9], 2..6, 0..3), tile([9, 9], 2..5, 7..8), tile([9, 9], 3..3, 0..3)] {
            let error = Mosaic::new(5, 7, with(stray)).unwrap_err();
            assert!(error.contains("009.009") && error.contains("within 5 rows and 7 columns"), "{error}");
        }
        let huge = Mosaic::new(usize::MAX, usize::MAX, vec![tile([1, 1], 0..2, 0..2)]).unwrap_err();
        assert!(huge.contains("1 tiles cover 4 of"), "{huge}");
        assert!(Mosaic::whole(3, 4).is_whole());
    }

    proptest! {
        /// Rectangles at random: what is accepted covers each point once, by a tile or as blank.
        #[test]
        fn what_is_accepted_is_a_partition(
            nj in 1_usize..9, ni in 1_usize..9,
            rectangles in prop::collection::vec((0_usize..9, 0_usize..5, 0_usize..9, 0_usize..5), 0..7),
        ) {
            let tiles: Vec<Tile> = rectangles
                .into_iter()
                .enumerate()
                .map(|(at, (j, rows, i, columns))| tile([1 + at as u32, 1], j..j + rows, i..i + columns))
                .collect();
            let count = |j: usize, i: usize, all: &[(Range<usize>, Range<usize>)]| {
                all.iter().filter(|(rows, columns)| rows.contains(&j) && columns.contains(&i)).count()
            };
            let rectangles: Vec<_> = tiles.iter().map(|tile| (tile.j.clone(), tile.i.clone())).collect();
            let inside = rectangles.iter().all(|(j, i)| !j.is_empty() && !i.is_empty() && j.end <= nj && i.end <= ni);
            let most = (0..nj).flat_map(|j| (0..ni).map(move |i| (j, i))).map(|(j, i)| count(j, i, &rectangles)).max();
            let covered: usize = rectangles.iter().map(|(j, i)| j.len() * i.len()).sum();
            let good = inside && most.unwrap_or(0) <= 1 && covered * 10 >= nj * ni;
            let made = Mosaic::new(nj, ni, tiles);
            prop_assert_eq!(made.is_ok(), good, "{:?}", made);
            if let Ok(mosaic) = made {
                for (j, i) in (0..nj).flat_map(|j| (0..ni).map(move |i| (j, i))) {
                    prop_assert_eq!(count(j, i, &rectangles) + count(j, i, mosaic.blank()), 1);
                    prop_assert_eq!(mosaic.touching(&(j..j + 1), &(i..i + 1)).count(), count(j, i, &rectangles));
                }
            }
        }

        #[test]
        fn no_range_of_a_meta_panics(ranges in prop::collection::vec(prop::array::uniform2(any::<u64>()), 0..4)) {
            let meta = Meta { ranges, ..Meta::default() };
            if let Some(tile) = Tile::of_meta(None, &meta) {
                let _ = Mosaic::new(usize::MAX, 7, vec![tile]);
            }
        }
    }
}
