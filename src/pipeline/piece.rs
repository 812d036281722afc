//! Where the values lie that some rows of a strip take: the rectangles that are read, counted before and read later.

use std::ops::Range;

use super::fields::{Fields, Points};
use crate::grid::{Extent, Facet, Lattice, Seam, Window};
use crate::plan::Strip;

/// Selected rows of a strip with the native rows and columns from the first to the last.
#[derive(Clone)]
pub(super) struct Piece<'a> {
    pub(super) strip: &'a Strip,
    /// Selected rows.
    pub(super) rows: Range<usize>,
    pub(super) facet: Facet,
    /// Native rows and columns of the facet.
    pub(super) j: Range<usize>,
    pub(super) i: Range<usize>,
}

/// A rectangle within a facet, and what lies beyond the facet's edge where it reaches there.
pub(super) struct Reach {
    pub(super) window: Window,
    pub(super) beyond: Option<Seam>,
}

/// Native indices from the first to the last of some selected ones, half-open.
pub(super) fn span(axis: &crate::grid::Axis, part: &Range<usize>) -> Range<usize> {
    axis.native(part.start)..axis.native(part.end - 1) + 1
}

impl<'a> Piece<'a> {
    pub(super) fn new(extent: &Extent, lattice: &Lattice, strip: &'a Strip, rows: Range<usize>) -> Self {
        let (first, last) = (&strip.parts[0], &strip.parts[strip.parts.len() - 1]);
        let facet = extent.facet_of(lattice.faces[first.face]);
        let [j0, i0] = facet.origin(lattice.faces[first.face]);
        let [_, i1] = facet.origin(lattice.faces[last.face]);
        let native = span(&lattice.j, &rows);
        let i = i0 + lattice.i.native(first.i.start)..i1 + lattice.i.native(last.i.end - 1) + 1;
        Piece { strip, facet, j: j0 + native.start..j0 + native.end, i, rows }
    }

    /// A window of the facet, in its face's indices.
    fn window(&self, j: Range<usize>, i: Range<usize>) -> Window {
        Window { face: self.facet.faces.start, j, i }
    }

    /// Values at the points themselves.
    pub(super) fn own(&self) -> Window {
        self.window(self.j.clone(), self.i.clone())
    }

    /// u on the west faces and, in each row, on the last cell's east face.
    pub(super) fn with_east(&self, extent: &Extent) -> Reach {
        let within = self.i.end < self.facet.ni;
        let window = self.window(self.j.clone(), self.i.start..self.i.end + usize::from(within));
        Reach { window, beyond: if within { None } else { extent.east_of(&self.facet, &self.j) } }
    }

    /// v on the south faces of the first row.
    pub(super) fn south(&self) -> Window {
        self.window(self.j.start..self.j.start + 1, self.i.clone())
    }

    /// v on the south faces of the other rows and, in each column, on the last cell's north face.
    pub(super) fn with_north(&self, extent: &Extent) -> Reach {
        let within = self.j.end < self.facet.nj;
        let window = self.window(self.j.start + 1..self.j.end + usize::from(within), self.i.clone());
        Reach { window, beyond: if within { None } else { extent.north_of(&self.facet, &self.i) } }
    }

    /// Whether the last row of v of `before` is this one's first.
    pub(super) fn follows(&self, before: &Piece<'_>) -> bool {
        before.facet.number == self.facet.number && before.i == self.i && before.j.end == self.j.start
    }
}

/// Counts the stored values of a field's window.
pub(super) struct Counter<'a> {
    pub(super) stored: &'a dyn Fn(usize, &Window) -> u64,
    /// Whether it depends on the window's size alone.
    pub(super) by_size: bool,
}

impl Counter<'_> {
    /// The sum of `of` over the rows of a strip: as one piece, or row by row with a stride.
    pub(super) fn sum(&self, step: usize, rows: &Range<usize>, mut of: impl FnMut(Range<usize>) -> u64) -> u64 {
        if step == 1 || rows.len() == 1 {
            return of(rows.clone());
        }
        if self.by_size {
            // All rows but the last, which may be at the edge, are alike.
            return (rows.len() - 1) as u64 * of(rows.start..rows.start + 1) + of(rows.end - 1..rows.end);
        }
        rows.clone().map(|row| of(row..row + 1)).sum()
    }
}

/// Values of one snapshot, all fields, that are read of a strip after another.
pub(super) fn values_read(
    extent: &Extent,
    lattice: &Lattice,
    (fields, centre): (&Fields, bool),
    (strip, before): (&Strip, Option<&Strip>),
    counter: &Counter<'_>,
) -> u64 {
    let step = lattice.j.step;
    // With a stride no row of v serves twice.
    let before = before.filter(|_| step == 1).map(|before| Piece::new(extent, lattice, before, before.j.clone()));
    let stored = counter.stored;
    let seam =
        |beyond: &Option<Seam>| beyond.as_ref().map_or(0, |seam| stored(fields.of_side(seam.side), &seam.window));
    counter.sum(step, &strip.j, |rows| {
        let here = Piece::new(extent, lattice, strip, rows);
        let of_field = |(field, points)| match points {
            Points::West if centre => {
                let reach = here.with_east(extent);
                stored(field, &reach.window) + seam(&reach.beyond)
            }
            Points::South if centre => {
                let reach = here.with_north(extent);
                let kept = before.as_ref().is_some_and(|before| here.follows(before));
                let south = if kept { 0 } else { stored(field, &here.south()) };
                south + stored(field, &reach.window) + seam(&reach.beyond)
            }
            _ => stored(field, &here.own()),
        };
        fields.points().map(of_field).sum()
    })
}

/// Values of one snapshot, all fields, within the rows and columns of a strip.
pub(super) fn values_within(
    extent: &Extent,
    lattice: &Lattice,
    fields: &Fields,
    strip: &Strip,
    counter: &Counter<'_>,
) -> u64 {
    counter.sum(lattice.j.step, &strip.j, |rows| {
        let window = Piece::new(extent, lattice, strip, rows).own();
        (0..fields.count()).map(|field| (counter.stored)(field, &window)).sum()
    })
}
