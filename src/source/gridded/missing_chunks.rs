//! Chunks that are not stored of what a run reads besides snapshots: the grid, and the times.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rayon::prelude::*;

use super::super::SourceError;
use super::grid::{GriddedGrid, Source};
use super::stored_array::{Plane, StoredArray};
use crate::grid::Window;
use crate::terms::short;

/// Chunks of one array that are not stored.
#[derive(Clone, Debug)]
pub(super) struct MissingChunks {
    path: PathBuf,
    array: String,
    /// Place of the first: "(3, 0, 1)".
    first: String,
    count: usize,
    /// Of so many that are read.
    of: usize,
    /// Their value.
    fill: f64,
}

impl MissingChunks {
    /// Those of some chunks of an array, by their numbers; none where all are stored. A fill value stands for `fill`.
    ///
    /// # Errors
    /// When it cannot be told.
    pub(super) fn among(
        (path, array): (&PathBuf, &StoredArray),
        chunks: &BTreeSet<u64>,
        fill: f64,
    ) -> Result<Option<Self>, SourceError> {
        let numbers: Vec<u64> = chunks.iter().copied().collect();
        let is_stored: Vec<bool> =
            numbers.par_iter().with_min_len(8).map(|number| array.is_stored(*number)).collect::<Result<_, _>>()?;
        let count = is_stored.iter().filter(|is_stored| !**is_stored).count();
        let Some(first) = is_stored.iter().position(|is_stored| !is_stored) else { return Ok(None) };
        Ok(Some(MissingChunks {
            path: path.clone(),
            array: array.info().name.clone(),
            first: array.index_text(numbers[first]),
            count,
            of: numbers.len(),
            fill,
        }))
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        let MissingChunks { path, array, count, of, fill, .. } = self;
        let fill = short(*fill);
        format!(
            "{count} of the {of} chunks of {array} in {}, whose values are taken for the fill value, {fill}",
            path.display()
        )
    }

    /// As a warning.
    pub(super) fn warning(&self) -> String {
        format!("not stored: {}; [input] missing_chunks = \"fail\" ends the run instead", self.words())
    }

    /// As an error.
    pub(super) fn error(&self) -> SourceError {
        let more = match self.count - 1 {
            0 => String::new(),
            more => format!(", nor are {more} more of the {} that are read", self.of),
        };
        SourceError::Chunk {
            path: self.path.clone(),
            array: self.array.clone(),
            chunk: self.first.clone(),
            reason: format!("is not stored{more}; [input] missing_chunks = \"fill\" takes it for its fill value"),
        }
    }
}

impl GriddedGrid {
    /// What should be said of chunks of the grid's arrays that are not stored, at a level, 1-based.
    ///
    /// # Errors
    /// The first of them, if `fails`; when it cannot be told.
    pub fn missing_chunks(&self, level: usize, fails: bool) -> Result<Vec<String>, SourceError> {
        let mut warnings = Vec::new();
        for (number, field) in self.arrays[..self.of_grid].iter().enumerate() {
            let mut chunks: Vec<BTreeSet<u64>> = vec![BTreeSet::new(); field.parts.len()];
            for face in 0..self.extent.faces {
                let window = Window { face, j: 0..self.extent.nj, i: 0..self.extent.ni };
                for rectangle in field.rectangles(&self.extent, &window) {
                    let Some((part, time)) = field.part(0, rectangle.tile) else { continue };
                    let array = &field.arrays()[part];
                    let levels = field.axes.level.map_or(1, |axis| array.info().shape[axis]);
                    let level = (level as u64).min(levels).saturating_sub(1);
                    let plane = Plane { level, ..field.plane(&rectangle, time) };
                    if !array.is_direct() {
                        chunks[part].extend(array.chunks(&field.axes, &plane).into_iter().map(|(chunk, _)| chunk));
                    }
                }
            }
            for (part, chunks) in chunks.iter().enumerate() {
                let array = &field.arrays()[part];
                let mut fill = [f64::NAN];
                field.packing.decode(&array.info().fill, &mut fill);
                let missing = MissingChunks::among((&field.parts[part].path, array), chunks, fill[0])?;
                let Some(missing) = missing else { continue };
                if fails {
                    return Err(missing.error());
                }
                warnings.push(format!("{}{}", missing.warning(), self.of_mask(number, fill[0])));
            }
        }
        Ok(warnings)
    }

    /// What chunks of a mask that are not stored mean, where the array is one.
    fn of_mask(&self, number: usize, fill: f64) -> &'static str {
        let is_mask = self.sources.iter().any(|(field, source)| match source {
            Source::Product(factors) => field.has_levels() && factors.iter().any(|(array, _)| *array == number),
            _ => false,
        });
        match is_mask {
            true if fill > 0.0 => "; of this mask that is water",
            true => "; of this mask that is land, as it should be where chunks of nothing but land were left out",
            false => "",
        }
    }
}
