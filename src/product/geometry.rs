//! The maps that come with every result: where the points are.

use serde_json::json;

use super::{MapArray, MapKind, attributes};
use crate::grid::{Grid, GridField};

/// What a geometry map shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeometryMap {
    /// A field of the grid as it is.
    Field(GridField),
    /// Signed inertial frequency, from YC.
    InertialFrequency,
    /// 1 where wet.
    Mask,
}

/// `XC YC Depth rA f0 mask`, never NaN; `Depth` and `rA` only where the grid has them.
pub fn geometry_maps(grid: &Grid) -> Vec<(GeometryMap, MapArray)> {
    let map = |what, name: &str, kind, attributes| {
        Some((what, MapArray { name: name.to_owned(), kind, over: &[], attributes }))
    };
    let mut longitude =
        attributes("longitude of cell centres", "degrees_east", &[("standard_name", json!("longitude"))]);
    let mut latitude = attributes("latitude of cell centres", "degrees_north", &[("standard_name", json!("latitude"))]);
    // A coordinate does not list itself.
    longitude.remove("coordinates");
    latitude.remove("coordinates");
    let depth = attributes(
        "depth of the sea floor below the geoid",
        "m",
        &[("standard_name", json!("sea_floor_depth_below_geoid"))],
    );
    let area = attributes("area of the cell", "m2", &[("standard_name", json!("cell_area"))]);
    let inertial = attributes(
        "inertial frequency, positive north",
        "d-1",
        &[("comment", json!("2 Omega sin(latitude) in cycles per day; inertial motion is at -f0"))],
    );
    let mask = attributes(
        "wet at the level of the data",
        "1",
        &[
            ("flag_values", json!([0, 1])),
            ("flag_meanings", json!("land water")),
            ("standard_name", json!("sea_binary_mask")),
        ],
    );
    [
        map(GeometryMap::Field(GridField::Xc), "XC", MapKind::Real, longitude),
        map(GeometryMap::Field(GridField::Yc), "YC", MapKind::Real, latitude),
        grid.has_depth.then(|| map(GeometryMap::Field(GridField::Depth), "Depth", MapKind::Real, depth)).flatten(),
        grid.has_area.then(|| map(GeometryMap::Field(GridField::Ra), "rA", MapKind::Real, area)).flatten(),
        map(GeometryMap::InertialFrequency, "f0", MapKind::Real, inertial),
        map(GeometryMap::Mask, "mask", MapKind::UInt8, mask),
    ]
    .into_iter()
    .flatten()
    .collect()
}
