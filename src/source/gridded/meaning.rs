//! What CF's attributes say that an array of the grid means, where that is not what is asked of it.

use super::super::dataset::ArrayInfo;
use crate::grid::GridField;

/// Standard names of masks that are 1 on land: ECMWF's `lsm`, CMIP's `sftlf`.
const OF_LAND: [&str; 2] = ["land_binary_mask", "land_area_fraction"];

/// Words of `flag_meanings` for land, and for water.
const LAND: [&str; 3] = ["land", "dry", "masked"];
const WATER: [&str; 5] = ["sea", "ocean", "water", "wet", "lake"];

/// Standard names of heights, which are positive upwards.
const HEIGHTS: [&str; 5] =
    ["surface_altitude", "bedrock_altitude", "altitude", "height", "height_above_mean_sea_level"];

/// Units of longitudes and latitudes that are not degrees.
const NO_DEGREES: [&str; 11] =
    ["radian", "radians", "rad", "m", "meter", "meters", "metre", "metres", "km", "kilometer", "kilometre"];

/// Why an array cannot be a field of the grid by its attributes, with what mends it, where `key` names the array; none if
/// nothing speaks against it.
pub(super) fn meant_otherwise(field: GridField, key: &str, array: &ArrayInfo) -> Option<String> {
    let text = |name: &str| array.attributes.text(name);
    match field {
        GridField::Xc | GridField::Yc => {
            let units =
                text("units").filter(|units| NO_DEGREES.contains(&units.trim().to_ascii_lowercase().as_str()))?;
            Some(format!(
                "has units = \"{units}\", but places of cells are in degrees: name an array in [input] {key} that is"
            ))
        }
        GridField::Depth => {
            let upward = text("positive").is_some_and(|positive| positive.eq_ignore_ascii_case("up"));
            let height = text("standard_name").filter(|name| HEIGHTS.contains(name));
            let why = match (upward, height) {
                (true, _) => "positive = \"up\"".to_owned(),
                (false, name) => format!("standard_name = \"{}\"", name?),
            };
            let name = &array.name;
            Some(format!(
                "is a height above the sea, not a depth below it ({why}): name an array in [input] {key} that is positive \
                 in the sea, as ncap2 -s 'deptho=-{name}' makes one"
            ))
        }
        _ if field.has_levels() => {
            let name = &array.name;
            let (land, why) = match text("standard_name").filter(|name| OF_LAND.contains(name)) {
                Some(standard) => (1.0, format!("its standard_name is {standard}")),
                None => (land_flag(array)?, "by its flag_meanings".to_owned()),
            };
            Some(format!(
                "is {land} on land ({why}), but {} is 1 in water: name an array in [input] {key} that is, such as 1 - {name}",
                field.name()
            ))
        }
        _ => None,
    }
}

/// The value above 0 of `flag_values` that stands for land by `flag_meanings`.
fn land_flag(array: &ArrayInfo) -> Option<f64> {
    let values = array.attributes.numbers("flag_values")?;
    let meanings = array.attributes.text("flag_meanings")?.to_ascii_lowercase();
    let is_land = |meaning: &str| {
        let has = |words: &[&str]| meaning.split(['_', '-']).any(|part| words.contains(&part));
        has(&LAND) && !has(&WATER)
    };
    values
        .iter()
        .zip(meanings.split_whitespace())
        .find(|(value, meaning)| **value > 0.0 && is_land(meaning))
        .map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::super::super::dataset::Attribute;
    use super::super::tests::array;
    use super::*;

    fn why(field: GridField, attributes: &[(&str, &str)], flags: &[f64]) -> Option<String> {
        let mut array = array("a", &[("y", 3), ("x", 4)], attributes);
        if !flags.is_empty() {
            array.attributes.0.insert("flag_values".into(), Attribute::Numbers(flags.to_vec()));
        }
        meant_otherwise(field, "grid_names.KEY", &array)
    }

    #[test]
    fn masks_that_are_above_0_on_land_are_told_by_their_attributes() {
        let mask = |attributes: &[(&str, &str)], flags: &[f64]| why(GridField::HFacC, attributes, flags);
        assert!(mask(&[("standard_name", "land_binary_mask")], &[]).unwrap().contains("land_binary_mask"));
        assert!(mask(&[("flag_meanings", "ocean land")], &[0.0, 1.0]).unwrap().contains("is 1 on land (by"));
        assert!(mask(&[("flag_meanings", "sea land lake")], &[1.0, 2.0, 5.0]).unwrap().contains("is 2 on land (by"));
        for (meanings, flags) in
            [("land sea", [0.0, 1.0]), ("sea_or_land wet_land", [0.0, 1.0]), ("masked open", [0.0, 1.0])]
        {
            assert_eq!(mask(&[("flag_meanings", meanings)], &flags), None, "{meanings}");
        }
        assert_eq!(mask(&[("standard_name", "sea_binary_mask")], &[]), None);
        assert_eq!(why(GridField::Ra, &[("standard_name", "land_binary_mask")], &[]), None);
    }

    #[test]
    fn heights_are_no_depths_and_radians_no_degrees() {
        let depth = |attributes: &[(&str, &str)]| why(GridField::Depth, attributes, &[]);
        assert!(depth(&[("positive", "Up")]).unwrap().contains("positive = \"up\""));
        assert!(depth(&[("standard_name", "bedrock_altitude")]).unwrap().contains("bedrock_altitude"));
        assert_eq!(depth(&[("positive", "down"), ("standard_name", "sea_floor_depth_below_geoid")]), None);
        let place = |units: &str| why(GridField::Xc, &[("units", units)], &[]);
        assert!(place("radians").unwrap().contains("radians") && place(" KM ").is_some());
        for units in ["degrees_east", "degree", "degrees", "\u{b0}E", ""] {
            assert_eq!(place(units), None, "{units}");
        }
    }
}
