//! Size and shape of the native grid: faces, and the facets in which a source lays them out.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Axes along which a plain grid wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Periodic {
    /// The column after the last is the first.
    pub i: bool,
    /// The row after the last is the first.
    pub j: bool,
}

/// How faces are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// One rectangle.
    Plain(Periodic),
    /// Lat-lon-cap (Forget et al. 2015): 13 square faces in five facets.
    Llc,
}

/// Size of the native grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// Number of faces; 1 for a plain grid.
    pub faces: usize,
    /// Rows of a face.
    pub nj: usize,
    /// Columns of a face.
    pub ni: usize,
    /// How they are joined.
    pub layout: Layout,
}

/// A rectangle of one face, in native indices. Rows or columns beyond the face's last are those of the faces that follow
/// it in its facet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Face, 0-based.
    pub face: usize,
    /// Rows, half-open.
    pub j: Range<usize>,
    /// Columns, half-open.
    pub i: Range<usize>,
}

impl Window {
    /// Points in the window.
    pub fn points(&self) -> usize {
        self.j.len() * self.i.len()
    }
}

/// Faces of a lat-lon-cap grid.
pub const LLC_FACES: usize = 13;
/// First face of each of its facets.
const LLC_FACETS: [usize; 6] = [0, 3, 6, 7, 10, LLC_FACES];

/// Faces that a source lays out as one rectangle, row by row; rows and columns go on from face to face in it.
///
/// Facets 0 and 1 of a lat-lon-cap grid have three faces one above the other, facet 2 is the Arctic cap, facets 3 and 4
/// have three faces side by side, so that a line of the file is a row of all three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facet {
    /// Place among the facets.
    pub number: usize,
    /// Its faces.
    pub faces: Range<usize>,
    /// Whether they lie side by side; else one above the other.
    pub abreast: bool,
    /// Rows.
    pub nj: usize,
    /// Columns.
    pub ni: usize,
    /// Rows and columns of a face.
    face: [usize; 2],
}

impl Facet {
    /// Row and column of a face's first cell.
    pub fn origin(&self, face: usize) -> [usize; 2] {
        let before = face - self.faces.start;
        if self.abreast { [0, before * self.face[1]] } else { [before * self.face[0], 0] }
    }

    /// Face, row and column of the facet's cell in row `j`, column `i`.
    pub fn cell(&self, j: usize, i: usize) -> [usize; 3] {
        let [nj, ni] = self.face;
        if self.abreast { [self.faces.start + i / ni, j, i % ni] } else { [self.faces.start + j / nj, j % nj, i] }
    }

    /// Rows and columns of the facet that a window has.
    pub fn place(&self, window: &Window) -> (Range<usize>, Range<usize>) {
        let [j, i] = self.origin(window.face);
        (j + window.j.start..j + window.j.end, i + window.i.start..i + window.i.end)
    }
}

impl Extent {
    /// One rectangle.
    pub fn plain(nj: usize, ni: usize, periodic: Periodic) -> Self {
        Extent { faces: 1, nj, ni, layout: Layout::Plain(periodic) }
    }

    /// A lat-lon-cap grid with faces of `nx` by `nx` cells.
    pub fn llc(nx: usize) -> Self {
        Extent { faces: LLC_FACES, nj: nx, ni: nx, layout: Layout::Llc }
    }

    /// Points of the whole grid.
    pub fn points(&self) -> usize {
        self.faces.saturating_mul(self.nj).saturating_mul(self.ni)
    }

    /// Whether the result has a `face` dimension.
    pub fn has_faces(&self) -> bool {
        self.layout == Layout::Llc
    }

    /// A place in words, for messages.
    pub fn point(&self, [face, j, i]: [usize; 3]) -> String {
        if self.has_faces() { format!("face = {face}, j = {j}, i = {i}") } else { format!("j = {j}, i = {i}") }
    }

    /// The number of facets.
    pub fn facets(&self) -> usize {
        match self.layout {
            Layout::Plain(_) => 1,
            Layout::Llc => LLC_FACETS.len() - 1,
        }
    }

    /// A facet by its number.
    pub fn facet(&self, number: usize) -> Facet {
        let faces = match self.layout {
            Layout::Plain(_) => 0..self.faces,
            Layout::Llc => LLC_FACETS[number]..LLC_FACETS[number + 1],
        };
        let abreast = self.has_faces() && number > 2;
        let [stacked, beside] = if abreast { [1, faces.len()] } else { [faces.len(), 1] };
        Facet { number, faces, abreast, nj: stacked * self.nj, ni: beside * self.ni, face: [self.nj, self.ni] }
    }

    /// The facet of a face.
    pub fn facet_of(&self, face: usize) -> Facet {
        let number = match self.layout {
            Layout::Plain(_) => 0,
            Layout::Llc => LLC_FACETS.partition_point(|&first| first <= face) - 1,
        };
        self.facet(number)
    }

    /// Values of a plane of the source before a facet's first.
    pub fn values_before(&self, facet: &Facet) -> usize {
        facet.faces.start * self.nj * self.ni
    }
}
