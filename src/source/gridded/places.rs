//! Whether values of one index lie at one place: by the latitudes along the rows and the longitudes along the columns of the
//! fields, in all files, of u beside v, and of both beside the grid. Where these are not said of a dimension, indices count.

use super::super::SourceError;
use super::super::dataset::ArrayInfo;
use super::assemble::{Holder, info_of};
use super::grid::GriddedGrid;
use super::roles::{Axes, DimensionNames, axes};
use super::scan::Found;
use super::stored_array::StoredArray;
use crate::grid::GridField;

/// In two files of a field, places of an index are the same up to so much of the distance to the next.
const SAME: f64 = 0.1;
/// Of u, v and a cell's centre, which may lie half a cell apart and be in files of different precision.
const STAGGERED: f64 = 1.05;

/// Rows or columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Along {
    Rows,
    Columns,
}

/// Latitudes of rows, or longitudes of columns [degrees].
#[derive(Clone, Debug)]
struct Line {
    /// The coordinate and its file, for messages.
    name: String,
    along: Along,
    degrees: Vec<f64>,
}

impl Line {
    /// Along a dimension of an array whose coordinate has latitudes, of rows, or longitudes, of columns.
    fn of(holder: &Holder, array: &ArrayInfo, axes: &Axes, along: Along) -> Result<Option<Line>, SourceError> {
        let axis = match along {
            Along::Rows => axes.j,
            Along::Columns => axes.i,
        };
        let coordinate = axis.and_then(|axis| holder.dataset.nearest(&array.name, &array.dimensions[axis]));
        let Some(coordinate) = coordinate.filter(|coordinate| is_geographic(coordinate, along)) else {
            return Ok(None);
        };
        let name = format!("{} of {}", coordinate.name, holder.dataset.path.display());
        let (degrees, missing) = StoredArray::whole(holder, coordinate)?;
        // What stands in place of chunks that are not stored says nothing.
        Ok(missing.is_none().then_some(Line { name, along, degrees }))
    }

    /// The difference of two places: longitudes go round.
    fn difference(&self, one: f64, other: f64) -> f64 {
        let difference = one - other;
        match self.along {
            Along::Rows => difference.abs(),
            Along::Columns => (difference - 360.0 * (difference / 360.0).round()).abs(),
        }
    }

    /// The first index whose place in another line is further off than so much of the distance to its neighbour, in words.
    fn parts_from(&self, other: &Line, share: f64) -> Option<String> {
        let all = &self.degrees;
        let distance = |at: usize| {
            let neighbour = if at + 1 < all.len() { at + 1 } else { at.saturating_sub(1) };
            self.difference(all[at], all[neighbour])
        };
        let parts = |at: &usize| self.difference(all[*at], other.degrees[*at]) > share * distance(*at);
        let at = (0..all.len().min(other.degrees.len())).find(|at| all.len() > 1 && parts(at))?;
        let (index, place) = match self.along {
            Along::Rows => ("row", "latitude"),
            Along::Columns => ("column", "longitude"),
        };
        Some(format!(
            "{index} {at} is at {place} {} in {} and at {} in {}, where the next is {} degrees away",
            other.degrees[at],
            other.name,
            all[at],
            self.name,
            distance(at)
        ))
    }
}

/// Whether a coordinate of one dimension holds latitudes, or longitudes, by its attributes.
fn is_geographic(coordinate: &ArrayInfo, along: Along) -> bool {
    let (standard, direction) = match along {
        Along::Rows => ("latitude", "n"),
        Along::Columns => ("longitude", "e"),
    };
    let units = coordinate.attributes.text("units").unwrap_or("").to_ascii_lowercase();
    let rest = units.strip_prefix("degrees").or_else(|| units.strip_prefix("degree")).unwrap_or("");
    let is_named = coordinate.attributes.text("standard_name") == Some(standard) && units.starts_with("deg");
    coordinate.dimensions.len() == 1 && (is_named || rest.trim_start_matches('_').starts_with(direction))
}

/// What mends fields that lie in another order.
const MEND: &str = "values are paired by index: bring them into one order (ncpdq -a -lat IN OUT turns rows round, xarray's \
                    ds.assign_coords and ds.sortby shift longitudes)";

/// Compares the places of the fields, `names`, in all their files, with each other, and with a grid whose places are lines.
///
/// # Errors
/// Two of them that differ by a cell or more, with the first index; coordinates that cannot be read.
pub(super) fn check_places(
    names: &[&str],
    found: &[Found],
    dimensions: &DimensionNames,
    grid: Option<&GriddedGrid>,
) -> Result<(), SourceError> {
    for (along, field) in [(Along::Rows, GridField::Yc), (Along::Columns, GridField::Xc)] {
        let line = |holder: &Holder, name: &str| {
            let array = info_of(holder, name)?;
            Line::of(holder, array, &axes(&holder.dataset, array, dimensions)?, along)
        };
        let mut lines: Vec<(&str, Line)> = Vec::new();
        for (&name, found) in names.iter().zip(found) {
            // Tiles have places of their own.
            let mut first: Option<Line> = None;
            for holder in found.holders.iter().filter(|holder| holder.place.is_none()) {
                let Some(here) = line(holder, name)? else { continue };
                let Some(first) = &first else {
                    first = Some(here);
                    continue;
                };
                let reason = match first.parts_from(&here, SAME) {
                    None if first.degrees.len() == here.degrees.len() => continue,
                    Some(what) => format!("{name}: {what}; {MEND}"),
                    None => format!(
                        "{name} has {} values along {}, and {} along {}",
                        here.degrees.len(),
                        here.name,
                        first.degrees.len(),
                        first.name
                    ),
                };
                return Err(SourceError::Dataset { path: holder.dataset.path.clone(), reason });
            }
            lines.extend(first.map(|line| (name, line)));
        }
        let of_grid = grid.and_then(|grid| grid.line(field)).transpose()?;
        let of_grid = of_grid.map(|(name, degrees)| ("the grid", Line { name, along, degrees }));
        lines.extend(of_grid);
        for (at, (name, here)) in lines.iter().enumerate().skip(1) {
            // The grid's cells are what the others are measured by.
            let of_grid = *name == "the grid";
            for (other, there) in &lines[..at] {
                let (one, two) = if of_grid { (here, there) } else { (there, here) };
                if let Some(what) = one.parts_from(two, STAGGERED) {
                    let what = format!("{what}; {MEND}");
                    return Err(SourceError::FieldsDiffer {
                        first: (*other).to_owned(),
                        second: (*name).to_owned(),
                        what,
                    });
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::array;
    use super::*;

    fn line(along: Along, degrees: &[f64]) -> Line {
        Line { name: "lat of a.nc".into(), along, degrees: degrees.to_vec() }
    }

    #[test]
    fn lines_part_where_they_are_a_cell_apart() {
        let rows = line(Along::Rows, &[30.0, 30.5, 31.0, 31.5]);
        let parts = |other: &[f64], share: f64| rows.parts_from(&line(Along::Rows, other), share);
        assert_eq!(parts(&[30.25, 30.75, 31.25, 31.75], STAGGERED), None);
        assert_eq!(parts(&[29.5, 30.0, 30.5, 31.0, 31.5], STAGGERED), None);
        assert!(parts(&[31.5, 31.0, 30.5, 30.0], STAGGERED).unwrap().contains("row 0 is at latitude 31.5"));
        assert!(parts(&[30.0, 30.5, 31.0, 31.6], SAME).unwrap().contains("row 3 is at latitude 31.6"));
        assert_eq!(parts(&[30.000_01, 30.5, 31.0, 31.5], SAME), None);
        // A single row has no distance to measure by.
        assert_eq!(line(Along::Rows, &[10.0]).parts_from(&line(Along::Rows, &[50.0]), SAME), None);
        let columns = line(Along::Columns, &[350.0, 355.0, 0.0, 5.0]);
        assert_eq!(columns.parts_from(&line(Along::Columns, &[-10.0, -5.0, 0.0, 5.0]), SAME), None);
        assert!(columns.parts_from(&line(Along::Columns, &[0.0, 5.0, 350.0, 355.0]), STAGGERED).is_some());
    }

    #[test]
    fn coordinates_of_places_are_told_by_their_attributes() {
        let is = |along: Along, attributes: &[(&str, &str)]| is_geographic(&array("y", &[("y", 3)], attributes), along);
        for units in ["degrees_north", "degree_north", "degrees_N", "degreeN"] {
            assert!(is(Along::Rows, &[("units", units)]) && !is(Along::Columns, &[("units", units)]), "{units}");
        }
        assert!(is(Along::Columns, &[("units", "degrees_east")]));
        assert!(is(Along::Rows, &[("units", "degrees"), ("standard_name", "latitude")]));
        assert!(
            !is(Along::Rows, &[("units", "degrees")]) && !is(Along::Rows, &[("units", "m")]) && !is(Along::Rows, &[])
        );
    }
}
