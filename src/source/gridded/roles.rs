//! What the dimensions of an array are: time, face, level, rows, columns.

use serde::{Deserialize, Serialize};

use super::super::SourceError;
use super::super::dataset::{ArrayInfo, Dataset};

/// What a dimension stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Time.
    Time,
    /// Depth, height or density.
    Level,
    /// Faces of a grid of several.
    Face,
    /// Rows.
    J,
    /// Columns.
    I,
}

/// Names that the configuration gives to dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DimensionNames {
    /// By role; a role may have several names, as staggered dimensions have.
    pub names: Vec<(String, Role)>,
}

/// Places of the dimensions of an array; those of length 1 that are none of these stay at their first index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axes {
    /// Of time.
    pub time: Option<usize>,
    /// Of levels.
    pub level: Option<usize>,
    /// Of faces.
    pub face: Option<usize>,
    /// Of rows.
    pub j: Option<usize>,
    /// Of columns.
    pub i: Option<usize>,
}

impl Axes {
    fn set(&mut self, role: Role, at: usize) -> Option<usize> {
        let place = match role {
            Role::Time => &mut self.time,
            Role::Level => &mut self.level,
            Role::Face => &mut self.face,
            Role::J => &mut self.j,
            Role::I => &mut self.i,
        };
        place.replace(at)
    }
}

/// The role that a dimension's name has in the models' files.
fn role_of_name(name: &str) -> Option<Role> {
    let name = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let is = |names: &[&str]| names.contains(&name.as_str());
    let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    if is(&["time", "t", "time_counter", "time_centered", "ocean_time", "mt", "xtime"]) {
        Some(Role::Time)
    } else if is(&["face", "tile"]) {
        Some(Role::Face)
    } else if is(&["k", "z", "lev", "level", "layer", "nav_lev", "sigma", "s_rho", "s_w"])
        || begins(&["k_", "k_l", "z", "depth", "lev", "olevel", "s_rho", "deptht", "depthu", "depthv", "isopycn"])
    {
        Some(Role::Level)
    } else if is(&["i", "x", "lon", "longitude", "ni", "nlon", "nx", "rlon"])
        || begins(&["i_", "x_", "xi", "lon_", "xp1", "xc", "xg", "xt", "xu", "xh", "xq", "ni_", "nlon_"])
    {
        Some(Role::I)
    } else if is(&["j", "y", "lat", "latitude", "nj", "nlat", "ny", "rlat"])
        || begins(&["j_", "y_", "eta", "lat_", "yp1", "yc", "yg", "yt", "yu", "yh", "yq", "nj_", "nlat_"])
    {
        Some(Role::J)
    } else {
        None
    }
}

/// The role that a dimension's coordinate says it has, by CF's attributes.
fn role_of_coordinate(coordinate: &ArrayInfo) -> Option<Role> {
    let text = |name: &str| coordinate.attributes.text(name).map(str::to_ascii_lowercase);
    if let Some(axis) = text("axis") {
        match axis.as_str() {
            "t" => return Some(Role::Time),
            "z" => return Some(Role::Level),
            "y" => return Some(Role::J),
            "x" => return Some(Role::I),
            _ => {}
        }
    }
    if text("units").is_some_and(|units| units.contains(" since ")) {
        return Some(Role::Time);
    }
    let units = text("units").unwrap_or_default();
    let degrees = units.strip_prefix("degrees").or_else(|| units.strip_prefix("degree")).unwrap_or("");
    match degrees.trim_start_matches('_') {
        "n" | "north" => return Some(Role::J),
        "e" | "east" => return Some(Role::I),
        _ => {}
    }
    if coordinate.attributes.text("positive").is_some() {
        return Some(Role::Level);
    }
    match text("standard_name").as_deref() {
        Some("time") => Some(Role::Time),
        Some("depth" | "height" | "altitude") => Some(Role::Level),
        Some("latitude" | "projection_y_coordinate") => Some(Role::J),
        Some("longitude" | "projection_x_coordinate") => Some(Role::I),
        _ => None,
    }
}

/// Finds the roles of an array's dimensions: by the configuration, by what their coordinates say, by their names; rows and
/// columns, where nothing says them, are the last two that are left.
///
/// # Errors
/// Two dimensions of one role, or one that has none and is longer than 1.
pub(super) fn axes(dataset: &Dataset, array: &ArrayInfo, names: &DimensionNames) -> Result<Axes, SourceError> {
    let configured = |name: &str| names.names.iter().find(|(of, _)| of == name).map(|(_, role)| *role);
    let known = |name: &String| {
        let coordinate = || dataset.nearest(&array.name, name).filter(|array| array.dimensions.len() == 1);
        configured(name).or_else(|| coordinate().and_then(role_of_coordinate)).or_else(|| role_of_name(name))
    };
    let mut roles: Vec<Option<Role>> = array.dimensions.iter().map(known).collect();
    // Of two of one role, that of length 1 is none (a forecast's one reference time), if it is not configured.
    for at in 0..roles.len() {
        let is_twice = roles[at].is_some() && roles.iter().filter(|role| **role == roles[at]).count() > 1;
        if is_twice && array.shape[at] == 1 && configured(&array.dimensions[at]).is_none() {
            roles[at] = None;
        }
    }
    // Of what is left over, long dimensions first: the last are columns, those before rows, then levels.
    for role in [Role::I, Role::J, Role::Level] {
        let is_there = roles.contains(&Some(role));
        let left = (0..roles.len()).rev().find(|&at| roles[at].is_none() && array.shape[at] > 1);
        if let (false, Some(at)) = (is_there, left) {
            roles[at] = Some(role);
        }
    }
    let wrong = |reason: String| SourceError::Dataset {
        path: dataset.path.clone(),
        reason: format!(
            "{} has the dimensions ({}): {reason}; say what they are, as in [input] dimensions = {{ time = \"t\", j = \"y\", i = \"x\" }}",
            array.name,
            array.dimensions.join(", ")
        ),
    };
    let mut axes = Axes::default();
    for (at, role) in roles.iter().enumerate() {
        match role {
            Some(role) => {
                if let Some(other) = axes.set(*role, at) {
                    let [one, two] = [&array.dimensions[other], &array.dimensions[at]];
                    return Err(wrong(format!("both {one} and {two} look like {}", words(*role))));
                }
            }
            None if array.shape[at] == 1 => {}
            None => {
                let name = &array.dimensions[at];
                return Err(wrong(format!(
                    "what {name} is cannot be told; if it is none of these, as a member of an ensemble, cut one out \
                     (ncks -d {name},0 IN OUT)"
                )));
            }
        }
    }
    Ok(axes)
}

fn words(role: Role) -> &'static str {
    match role {
        Role::Time => "time",
        Role::Level => "levels",
        Role::Face => "faces",
        Role::J => "rows",
        Role::I => "columns",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{array, dataset};
    use super::*;

    fn found(dimensions: &[(&str, u64)], coordinates: &[(&str, &str, &str)]) -> Result<Axes, String> {
        let mut dataset = dataset(dimensions);
        for (name, attribute, value) in coordinates {
            dataset.arrays.push(array(name, &[(name, 2)], &[(attribute, value)]));
        }
        let array = array("u", dimensions, &[]);
        axes(&dataset, &array, &DimensionNames::default()).map_err(|error| error.to_string())
    }

    fn places(axes: Axes) -> [Option<usize>; 5] {
        [axes.time, axes.level, axes.face, axes.j, axes.i]
    }

    #[test]
    fn the_dimensions_of_the_models_are_known() {
        for (dimensions, expected) in [
            (vec![("T", 720), ("Zmd000001", 1), ("Y", 40), ("Xp1", 49)], [Some(0), Some(1), None, Some(2), Some(3)]),
            (vec![("time", 9), ("face", 13), ("j", 90), ("i_g", 90)], [Some(0), None, Some(1), Some(2), Some(3)]),
            (
                vec![("time", 9), ("k", 3), ("tile", 13), ("j_g", 9), ("i", 9)],
                [Some(0), Some(1), Some(2), Some(3), Some(4)],
            ),
            (vec![("time_counter", 9), ("depthu", 3), ("y", 4), ("x", 5)], [Some(0), Some(1), None, Some(2), Some(3)]),
            (
                vec![("ocean_time", 9), ("s_rho", 3), ("eta_u", 4), ("xi_u", 5)],
                [Some(0), Some(1), None, Some(2), Some(3)],
            ),
            (vec![("MT", 9), ("Layer", 3), ("Y", 4), ("X", 5)], [Some(0), Some(1), None, Some(2), Some(3)]),
            (vec![("time", 9), ("lat", 4), ("lon", 5)], [Some(0), None, None, Some(1), Some(2)]),
            (vec![("lon", 4), ("lat", 5), ("time", 9)], [Some(2), None, None, Some(1), Some(0)]),
            (vec![("time", 9), ("YC", 4), ("XG", 5)], [Some(0), None, None, Some(1), Some(2)]),
            (vec![("time", 9), ("bands", 1), ("rows", 4), ("cols", 5)], [Some(0), None, None, Some(2), Some(3)]),
        ] {
            assert_eq!(places(found(&dimensions, &[]).unwrap()), expected, "{dimensions:?}");
        }
    }

    #[test]
    fn what_coordinates_say_goes_before_names() {
        let axes = found(
            &[("a", 9), ("b", 3), ("x", 4), ("y", 5)],
            &[
                ("a", "units", "days since 2000-01-01"),
                ("b", "positive", "down"),
                ("x", "axis", "Y"),
                ("y", "axis", "X"),
            ],
        );
        assert_eq!(places(axes.unwrap()), [Some(0), Some(1), None, Some(2), Some(3)]);
    }

    #[test]
    fn coordinates_of_an_array_in_a_group_are_those_of_its_group_or_above() {
        let dimensions = [("a", 9), ("b", 3), ("c", 5)];
        let mut dataset = dataset(&dimensions);
        for (name, axis) in [("c", "X"), ("ocean/a", "T"), ("a", "X"), ("air/b", "T"), ("b", "Y")] {
            dataset.arrays.push(array(name, &[(name, 2)], &[("axis", axis)]));
        }
        let found = axes(&dataset, &array("ocean/deep/u", &dimensions, &[]), &DimensionNames::default());
        assert_eq!(places(found.unwrap()), [Some(0), None, None, Some(1), Some(2)]);
    }

    #[test]
    fn of_two_times_that_of_length_1_is_none() {
        let dimensions = [("reftime", 1), ("time", 9), ("y", 4), ("x", 5)];
        let units = "hours since 2000-01-01";
        let axes = found(&dimensions, &[("reftime", "units", units), ("time", "units", units)]).unwrap();
        assert_eq!(places(axes), [Some(1), None, None, Some(2), Some(3)]);
    }

    #[test]
    fn units_of_degrees_tell_rows_from_columns() {
        let dimensions = [("t", 9), ("b", 4), ("c", 5)];
        let axes = found(&dimensions, &[("b", "units", "degrees_east"), ("c", "units", "degree_north")]).unwrap();
        assert_eq!(places(axes), [Some(0), None, None, Some(2), Some(1)]);
    }

    #[test]
    fn what_cannot_be_told_is_an_error_that_names_the_key() {
        let error = found(&[("time", 9), ("a", 7), ("b", 3), ("y", 4), ("x", 5)], &[]).unwrap_err();
        assert!(error.contains("what a is cannot be told") && error.contains("[input] dimensions"), "{error}");
        let error = found(&[("time", 9), ("lat", 3), ("y", 4), ("x", 5)], &[]).unwrap_err();
        assert!(error.contains("both lat and y look like rows"), "{error}");
    }
}
