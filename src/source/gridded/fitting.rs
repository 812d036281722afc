//! Whether a field has the points that the grid's cells ask for: as many as cells, or of velocities one row or column less or more.

use super::super::SourceError;
use super::super::mds::Mosaic;
use super::assemble::{Assembly, info_of, own_shape};
use super::scan::{Found, GriddedRequest};
use crate::grid::Extent;

/// What mends another number of points than cells.
fn mend(staggered: Option<usize>, own: [Option<usize>; 2], cells: [usize; 2]) -> &'static str {
    let more = |axis: usize| own[axis].map_or(0, |own| own as i64 - cells[axis] as i64);
    match staggered.map(|axis| (axis, more(axis), more(1 - axis))) {
        Some((1, -1, 0)) => "with a column less u lies on east faces: [input] u_face = \"east\", without periodic",
        Some((0, -1, 0)) => "with a row less v lies on north faces: [input] v_face = \"north\", without periodic",
        Some((1, 1, 0)) => "with a column more u lies on west faces: [input] u_face = \"west\"",
        Some((0, 1, 0)) => "with a row more v lies on south faces: [input] v_face = \"south\"",
        _ => "[input] grid must be the grid of these data",
    }
}

/// Compares the rows and columns of a field with the grid's cells.
///
/// # Errors
/// Files of another domain, of other faces, or with another number of points than the field's place in a cell gives.
pub(super) fn check_shape(
    request: &GriddedRequest,
    at: usize,
    assembly: &Assembly<'_>,
    found: &Found,
    extent: &Extent,
) -> Result<(), SourceError> {
    let (name, _) = &request.fields[at];
    let wraps = [request.periodic.j, request.periodic.i];
    let domain = assembly.tiles.as_ref().map(Mosaic::domain);
    if let Some(domain) = domain.filter(|domain| *domain != [extent.nj, extent.ni]) {
        return Err(SourceError::FieldsDiffer {
            first: name.clone(),
            second: "the grid".into(),
            what: format!("{} x {} and {} x {} cells (ni x nj)", domain[1], domain[0], extent.ni, extent.nj),
        });
    }
    for holder in &found.holders {
        let info = info_of(holder, name)?;
        let cells =
            holder.place.as_ref().map_or([extent.nj, extent.ni], |place| [place.tile.j.len(), place.tile.i.len()]);
        let own = own_shape(info, &assembly.axes);
        let faces = assembly.axes.face.map_or(1, |axis| info.shape[axis] as usize);
        // A row or column less of velocities on far faces, one more of those on near ones, the neighbour's.
        let staggered = request.has_velocity().then(|| [1, 0].get(at).copied()).flatten();
        let shift = request.shift(at);
        let fits = |axis: usize| {
            own[axis].is_some_and(|own| match (staggered == Some(axis), shift[axis] < 0) {
                (false, _) => own == cells[axis],
                (true, true) => own == cells[axis] || own + 1 == cells[axis] && !wraps[axis],
                (true, false) => own == cells[axis] || own == cells[axis] + 1,
            })
        };
        let good = (0..2).all(fits);
        if !good || faces != extent.faces {
            let words = |sizes: [Option<usize>; 2]| {
                let [nj, ni] = sizes.map(|size| size.map_or("1".to_owned(), |size| size.to_string()));
                format!("{ni} x {nj}")
            };
            return Err(SourceError::Dataset {
                path: holder.dataset.path.clone(),
                reason: format!(
                    "{name} has {} points (ni x nj) on {faces} face(s), the grid has {} cells on {}; {}",
                    words(own),
                    words(cells.map(Some)),
                    extent.faces,
                    mend(staggered, own, cells)
                ),
            });
        }
    }
    Ok(())
}
