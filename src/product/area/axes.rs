//! The coordinates of means over areas.

use serde_json::{Map, Value, json};

use super::{Areas, Divisions, RatioAxis};

/// Dimension of the two edges of a bin.
const EDGES: &str = "edges";

/// What stands in a coordinate.
#[derive(Clone, Debug, PartialEq)]
pub enum Coordinates {
    /// Numbers, in C order.
    Numbers(Vec<f64>),
    /// Names.
    Names(Vec<String>),
}

/// A coordinate, or the edges of one.
#[derive(Clone, Debug)]
pub struct AreaAxis {
    /// Its name.
    pub name: &'static str,
    /// Its dimensions and their lengths.
    pub dimensions: Vec<(&'static str, usize)>,
    /// Its values.
    pub values: Coordinates,
    /// CF attributes.
    pub attributes: Map<String, Value>,
}

fn axis(
    name: &'static str,
    dimensions: Vec<(&'static str, usize)>,
    values: Coordinates,
    attributes: Value,
) -> AreaAxis {
    let attributes = match attributes {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    AreaAxis { name, dimensions, values, attributes }
}

fn degrees(name: &'static str, edges: &'static str, divisions: &Divisions, longitude: bool) -> [AreaAxis; 2] {
    let length = divisions.len();
    let (what, units) = if longitude { ("longitude", "degrees_east") } else { ("latitude", "degrees_north") };
    let attributes = json!({
        "long_name": format!("{what} of the middle of the bin"),
        "standard_name": what,
        "units": units,
        "bounds": edges,
    });
    let bounds = divisions.bounds().into_iter().flatten().collect();
    [
        axis(name, vec![(name, length)], Coordinates::Numbers(divisions.centres()), attributes),
        axis(
            edges,
            vec![(name, length), (EDGES, 2)],
            Coordinates::Numbers(bounds),
            json!({ "long_name": format!("{what} of the edges of the bin"), "units": units }),
        ),
    ]
}

impl Areas {
    /// Coordinates of the areas, in the order of their dimensions.
    pub fn axes(&self) -> Vec<AreaAxis> {
        match self {
            Areas::Zonal { latitudes, .. } => degrees("lat", "lat_bounds", latitudes, false).into(),
            Areas::Bins { latitudes, longitudes, .. } => {
                let rows = degrees("bin_lat", "bin_lat_bounds", latitudes, false);
                rows.into_iter().chain(degrees("bin_lon", "bin_lon_bounds", longitudes, true)).collect()
            }
            Areas::Regions(regions) => {
                let names = regions.iter().map(|region| region.name.clone()).collect();
                let attributes = json!({ "long_name": "name of the region", "units": "1" });
                vec![axis("region", vec![("region", regions.len())], Coordinates::Names(names), attributes)]
            }
        }
    }
}

impl RatioAxis {
    /// Its coordinate, under this name.
    pub fn axis(&self, name: &'static str) -> AreaAxis {
        let attributes = json!({
            "long_name": "frequency over the inertial frequency f0, with the sign of f0",
            "units": "1",
            "comment": "inertial motion is at -1 in both hemispheres; bins are centred here and as wide as they are apart",
        });
        axis(name, vec![(name, self.len())], Coordinates::Numbers(self.centres()), attributes)
    }
}
