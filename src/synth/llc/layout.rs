//! The five facets of a lat-lon-cap grid, their order in a compact file, and their seams (Forget et al. 2015).
//!
//! Facets 0 and 1 have nx columns and 3 nx rows, facet 2 is the cap of nx by nx, facets 3 and 4 have 3 nx columns and nx
//! rows. A compact file holds one after the other, each row by row; written as rows of nx that makes 13 nx of them.

/// An axis of a facet. A cell's low face across it is the west face (`I`, where u is) or the south face (`J`, v).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Axis {
    /// Along rows.
    I,
    /// Along columns.
    J,
}

/// A cell by its facet, row and column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cell {
    pub(super) facet: usize,
    pub(super) j: usize,
    pub(super) i: usize,
}

/// Sizes of a grid with faces of nx by nx cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) nx: usize,
}

pub(super) const FACETS: usize = 5;
/// Faces of nx by nx cells.
pub(super) const FACES: usize = 13;

/// A high edge of a facet, the low edge of another at which the grid goes on, and whether the cells along them count in
/// opposite directions.
type Seam = ((usize, Axis), (usize, Axis), bool);

/// The southern edges of facets 0 and 1 and the last columns of 3 and 4 lie at Antarctica and go on nowhere.
const SEAMS: [Seam; 8] = [
    ((0, Axis::I), (1, Axis::I), false),
    ((0, Axis::J), (2, Axis::I), true),
    ((1, Axis::J), (2, Axis::J), false),
    ((1, Axis::I), (3, Axis::J), true),
    ((2, Axis::I), (3, Axis::I), false),
    ((2, Axis::J), (4, Axis::I), true),
    ((3, Axis::J), (4, Axis::J), false),
    ((4, Axis::J), (0, Axis::I), true),
];

impl Layout {
    /// Rows and columns of a facet.
    pub(super) fn shape(&self, facet: usize) -> [usize; 2] {
        match facet {
            0 | 1 => [3 * self.nx, self.nx],
            2 => [self.nx, self.nx],
            _ => [self.nx, 3 * self.nx],
        }
    }

    /// Cells of all facets.
    pub(super) fn cell_count(&self) -> usize {
        FACES * self.nx * self.nx
    }

    /// Place of a cell in a compact file.
    pub(super) fn index(&self, cell: Cell) -> usize {
        let faces_before = [0, 3, 6, 7, 10][cell.facet];
        faces_before * self.nx * self.nx + cell.j * self.shape(cell.facet)[1] + cell.i
    }

    /// All cells, in the order of a compact file.
    pub(super) fn cells(self) -> impl Iterator<Item = Cell> {
        (0..FACETS).flat_map(move |facet| {
            let [nj, ni] = self.shape(facet);
            (0..nj).flat_map(move |j| (0..ni).map(move |i| Cell { facet, j, i }))
        })
    }

    /// The cell on the other side of a cell's low face across `axis`, and the axis there of which it is the high face;
    /// none at Antarctica.
    pub(super) fn behind(&self, axis: Axis, cell: Cell) -> Option<(Axis, Cell)> {
        let along = match axis {
            Axis::I if cell.i > 0 => return Some((axis, Cell { i: cell.i - 1, ..cell })),
            Axis::J if cell.j > 0 => return Some((axis, Cell { j: cell.j - 1, ..cell })),
            Axis::I => cell.j,
            Axis::J => cell.i,
        };
        let &((facet, high), _, reversed) = SEAMS.iter().find(|(_, low, _)| *low == (cell.facet, axis))?;
        let [nj, ni] = self.shape(facet);
        let length = if high == Axis::I { nj } else { ni };
        let along = if reversed { length - 1 - along } else { along };
        let behind = match high {
            Axis::I => Cell { facet, j: along, i: ni - 1 },
            Axis::J => Cell { facet, j: nj - 1, i: along },
        };
        Some((high, behind))
    }

    /// The cells that meet at a cell's south-west corner: four, three at the corners of the cap, two at Antarctica.
    pub(super) fn around_corner(&self, cell: Cell) -> impl Iterator<Item = Cell> {
        let behind = |axis: Axis, cell: Cell| self.behind(axis, cell).map(|(_, cell)| cell);
        let [beside, over, over_beside] = match cell {
            Cell { j: 0, i: 0, .. } => [behind(Axis::I, cell), behind(Axis::J, cell), None],
            Cell { j: 0, i, .. } => {
                let west = Cell { i: i - 1, ..cell };
                [Some(west), behind(Axis::J, cell), behind(Axis::J, west)]
            }
            Cell { j, .. } => {
                let south = Cell { j: j - 1, ..cell };
                [Some(south), behind(Axis::I, cell), behind(Axis::I, south)]
            }
        };
        [Some(cell), beside, over, over_beside].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_order_is_that_of_the_cells() {
        let layout = Layout { nx: 5 };
        assert!(layout.cells().map(|cell| layout.index(cell)).eq(0..layout.cell_count()));
        assert_eq!(layout.cell_count(), 13 * 25);
    }

    #[test]
    fn each_low_face_has_a_cell_behind_it_but_at_antarctica() {
        let layout = Layout { nx: 4 };
        let mut high_faces = std::collections::HashSet::new();
        for (axis, cell) in layout.cells().flat_map(|cell| [(Axis::I, cell), (Axis::J, cell)]) {
            match layout.behind(axis, cell) {
                Some(high) => assert!(high_faces.insert(high), "{high:?} is there twice"),
                None => assert!(axis == Axis::J && cell.facet < 2 && cell.j == 0, "{axis:?} {cell:?}"),
            }
        }
        let open = layout.cells().flat_map(|cell| [(Axis::I, cell), (Axis::J, cell)]);
        let open: Vec<_> = open.filter(|high| !high_faces.contains(high)).collect();
        assert_eq!(open.len(), 8);
        assert!(open.iter().all(|(axis, cell)| *axis == Axis::I && cell.facet > 2 && cell.i == 11), "{open:?}");
    }

    #[test]
    fn four_cells_meet_at_a_corner_three_at_the_caps_two_at_antarctica() {
        let layout = Layout { nx: 4 };
        for cell in layout.cells() {
            let count = layout.around_corner(cell).count();
            let expected = match cell {
                Cell { facet: 0 | 1, j: 0, .. } => 2,
                Cell { facet: 2..=4, j: 0, i: 0 } => 3,
                _ => 4,
            };
            assert_eq!(count, expected, "{cell:?}");
        }
    }
}
