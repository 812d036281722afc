//! Which chunk a value stands in, where that chunk is not stored.

use super::catalog::GriddedCatalog;
use crate::grid::{Cell, Window};

impl GriddedCatalog {
    /// The chunk that the value of a cell at a step would be in, in words, if it is not stored; none if it is, or if it cannot
    /// be read.
    pub fn unstored_chunk(&self, field: usize, step: usize, [face, j, i]: Cell) -> Option<String> {
        let field = &self.fields[field];
        let window = Window { face, j: j..j + 1, i: i..i + 1 };
        let rectangle = field.rectangles(&self.extent, &window).into_iter().next()?;
        let (part, time) = field.part(step, rectangle.tile)?;
        let array = &field.arrays()[part];
        if array.is_direct() {
            return None;
        }
        let (chunk, _) = array.chunks(&field.axes, &field.plane(&rectangle, time)).into_iter().next()?;
        let is_stored = array.decode(chunk, Vec::new()).ok()?.0.is_some();
        (!is_stored).then(|| array.index_text(chunk))
    }
}
