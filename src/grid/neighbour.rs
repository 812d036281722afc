//! The cell beyond a cell: what centring takes, across the seams of faces too.
//!
//! A C grid has u on the west and v on the south face of a cell. The east face of a cell is the west or south face of
//! another: the next one in the row or, at the end of a facet, one on another facet's low edge. Where the axes of the
//! facets differ, it is the other component, and the order along the edge is reversed; the sign is always the same,
//! because both components point into the cell that they belong to.
//!
//! The pattern is that of MITgcm's exch2 topology for cubed-sphere and lat-lon-cap grids: an even facet (from 0) has the
//! next one's west edge in the east and the west edge of the one after in the north; an odd facet has the next one's south
//! edge in the north and the south edge of the one after in the east. The sixth facet, Antarctica, is not there.

use std::ops::Range;

use super::extent::{Extent, Facet, Layout, Periodic, Window};

/// A low face of a cell: which component of the velocity it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// West, with u.
    West,
    /// South, with v.
    South,
}

/// A cell: face, row, column.
pub type Cell = [usize; 3];

/// The low faces of other cells that are the high faces of a run of cells along a facet's edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seam {
    /// Which faces they are there.
    pub side: Side,
    /// Whose: one row, or one column.
    pub window: Window,
    /// Whether the first cell's neighbour is the window's last.
    pub reversed: bool,
}

/// Where a high edge of a facet goes on: another facet, which of its low edges, whether in reversed order.
struct Join {
    facet: usize,
    side: Side,
    reversed: bool,
}

impl Extent {
    /// Where the east (`West`) or north (`South`) edge of a facet goes on.
    fn join(&self, facet: usize, side: Side) -> Option<Join> {
        let (next, side, reversed) = match (self.layout, side) {
            (Layout::Plain(Periodic { i: true, .. }), Side::West) => (0, Side::West, false),
            (Layout::Plain(Periodic { j: true, .. }), Side::South) => (0, Side::South, false),
            (Layout::Plain(_), _) => return None,
            (Layout::Llc, Side::West) if facet.is_multiple_of(2) => (facet + 1, Side::West, false),
            (Layout::Llc, Side::South) if facet.is_multiple_of(2) => (facet + 2, Side::West, true),
            (Layout::Llc, Side::South) => (facet + 1, Side::South, false),
            (Layout::Llc, Side::West) => (facet + 2, Side::South, true),
        };
        // Six facets go round; five of them are there.
        let facet = next % 6;
        (facet < self.facets()).then_some(Join { facet, side, reversed })
    }

    /// The cells of which `join` makes neighbours of the cells `along` the edge of a facet whose edge has `length` cells.
    fn seam(&self, join: &Join, along: &Range<usize>, length: usize) -> Seam {
        let other = self.facet(join.facet);
        let along = if join.reversed { length - along.end..length - along.start } else { along.clone() };
        let (j, i) = match join.side {
            Side::West => (along, 0..1),
            Side::South => (0..1, along),
        };
        Seam { side: join.side, window: Window { face: other.faces.start, j, i }, reversed: join.reversed }
    }

    /// What lies in the east of `rows` of a facet's last column; none where there is nothing.
    pub fn east_of(&self, facet: &Facet, rows: &Range<usize>) -> Option<Seam> {
        Some(self.seam(&self.join(facet.number, Side::West)?, rows, facet.nj))
    }

    /// What lies in the north of `columns` of a facet's last row; none where there is nothing.
    pub fn north_of(&self, facet: &Facet, columns: &Range<usize>) -> Option<Seam> {
        Some(self.seam(&self.join(facet.number, Side::South)?, columns, facet.ni))
    }

    /// The low face that is a cell's east (`West`) or north (`South`) face; none beyond the domain.
    pub fn high_face(&self, side: Side, [face, j, i]: Cell) -> Option<(Side, Cell)> {
        let facet = self.facet_of(face);
        let [j0, i0] = facet.origin(face);
        let (j, i) = (j0 + j, i0 + i);
        let seam = match side {
            Side::West if i + 1 < facet.ni => return Some((side, facet.cell(j, i + 1))),
            Side::South if j + 1 < facet.nj => return Some((side, facet.cell(j + 1, i))),
            Side::West => self.east_of(&facet, &(j..j + 1))?,
            Side::South => self.north_of(&facet, &(i..i + 1))?,
        };
        let Window { face, j, i } = seam.window;
        Some((seam.side, self.facet_of(face).cell(j.start, i.start)))
    }

    /// The cell of which a low face is the east or north face; none beyond the domain.
    pub fn behind(&self, side: Side, [face, j, i]: Cell) -> Option<Cell> {
        let facet = self.facet_of(face);
        let [j0, i0] = facet.origin(face);
        let (j, i) = (j0 + j, i0 + i);
        let along = match side {
            Side::West if i > 0 => return Some(facet.cell(j, i - 1)),
            Side::South if j > 0 => return Some(facet.cell(j - 1, i)),
            Side::West => j,
            Side::South => i,
        };
        (0..self.facets()).flat_map(|other| [(other, Side::West), (other, Side::South)]).find_map(|(other, edge)| {
            let join = self.join(other, edge).filter(|join| (join.facet, join.side) == (facet.number, side))?;
            let other = self.facet(other);
            let length = if edge == Side::West { other.nj } else { other.ni };
            let along = if join.reversed { length - 1 - along } else { along };
            Some(match edge {
                Side::West => other.cell(along, other.ni - 1),
                Side::South => other.cell(other.nj - 1, along),
            })
        })
    }

    /// Whether a cell has both the neighbours that centring needs.
    pub fn is_complete(&self, cell: Cell) -> bool {
        [Side::West, Side::South].into_iter().all(|side| self.high_face(side, cell).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(extent: &Extent) -> impl Iterator<Item = Cell> {
        let Extent { faces, nj, ni, .. } = *extent;
        (0..faces).flat_map(move |face| (0..nj).flat_map(move |j| (0..ni).map(move |i| [face, j, i])))
    }

    #[test]
    fn every_low_face_is_the_high_face_of_one_cell_or_of_none() {
        let plain = |i, j| Extent::plain(4, 5, Periodic { i, j });
        for extent in [plain(false, false), plain(true, false), plain(true, true), Extent::llc(4)] {
            let mut taken = std::collections::HashSet::new();
            for cell in cells(&extent) {
                for side in [Side::West, Side::South] {
                    if let Some((to, low)) = extent.high_face(side, cell) {
                        assert!(taken.insert((to, low)), "{cell:?} {side:?}: {low:?} {to:?} is taken twice");
                        assert_eq!(extent.behind(to, low), Some(cell), "{side:?}");
                    }
                }
            }
            let open = cells(&extent).flat_map(|cell| [(Side::West, cell), (Side::South, cell)]);
            let without: Vec<_> = open.filter(|low| !taken.contains(low)).collect();
            assert!(without.iter().all(|&(side, cell)| extent.behind(side, cell).is_none()));
            let expected = match extent.layout {
                Layout::Plain(Periodic { i, j }) => 4 * usize::from(!i) + 5 * usize::from(!j),
                // The south edges of faces 0 and 3: the Antarctic side of facets 0 and 1.
                Layout::Llc => 8,
            };
            assert_eq!(without.len(), expected, "{extent:?}");
        }
    }

    #[test]
    fn faces_9_and_12_end_at_antarctica() {
        let extent = Extent::llc(6);
        let ends: Vec<Cell> = cells(&extent).filter(|&cell| !extent.is_complete(cell)).collect();
        assert_eq!(ends.len(), 12);
        assert!(ends.iter().all(|&[face, _, i]| [9, 12].contains(&face) && i == 5), "{ends:?}");
        let high = |side, cell| extent.high_face(side, cell).unwrap();
        // One seam of each kind.
        assert_eq!(high(Side::South, [0, 5, 2]), (Side::South, [1, 0, 2]));
        assert_eq!(high(Side::West, [1, 2, 5]), (Side::West, [4, 2, 0]));
        assert_eq!(high(Side::South, [2, 5, 1]), (Side::West, [6, 4, 0]));
        assert_eq!(high(Side::West, [3, 0, 5]), (Side::South, [9, 0, 5]));
        assert_eq!(high(Side::South, [5, 5, 3]), (Side::South, [6, 0, 3]));
        assert_eq!(high(Side::West, [7, 3, 5]), (Side::West, [8, 3, 0]));
        assert_eq!(high(Side::South, [10, 5, 0]), (Side::West, [2, 5, 0]));
    }

    #[test]
    fn seams_of_runs_are_those_of_their_cells() {
        let extent = Extent::llc(4);
        for number in 0..extent.facets() {
            let facet = extent.facet(number);
            let runs =
                |length: usize| (0..length).flat_map(move |start| (start + 1..=length).map(move |end| start..end));
            let check = |side: Side, seam: Option<Seam>, along: Range<usize>, cell: &dyn Fn(usize) -> Cell| {
                for (k, at) in along.clone().enumerate() {
                    let one = extent.high_face(side, cell(at));
                    let of_run = seam.as_ref().map(|Seam { side, window, reversed }| {
                        let k = if *reversed { along.len() - 1 - k } else { k };
                        let [j, i] = if *side == Side::West { [k, 0] } else { [0, k] };
                        (*side, extent.facet_of(window.face).cell(window.j.start + j, window.i.start + i))
                    });
                    assert_eq!(one, of_run);
                }
            };
            for rows in runs(facet.nj) {
                check(Side::West, extent.east_of(&facet, &rows), rows, &|j| facet.cell(j, facet.ni - 1));
            }
            for columns in runs(facet.ni) {
                check(Side::South, extent.north_of(&facet, &columns), columns, &|i| facet.cell(facet.nj - 1, i));
            }
        }
    }

    #[test]
    fn windows_go_on_from_face_to_face_within_a_facet() {
        let extent = Extent::llc(10);
        let facet = extent.facet_of(8);
        assert_eq!((facet.number, facet.nj, facet.ni, extent.values_before(&facet)), (3, 10, 30, 700));
        assert_eq!(facet.place(&Window { face: 8, j: 2..3, i: 9..12 }), (2..3, 19..22));
        assert_eq!((facet.cell(2, 19), facet.cell(2, 21)), ([8, 2, 9], [9, 2, 1]));
        let facet = extent.facet_of(4);
        assert_eq!(facet.place(&Window { face: 4, j: 9..11, i: 0..10 }), (19..21, 0..10));
        assert_eq!(facet.cell(20, 3), [5, 0, 3]);
    }
}
