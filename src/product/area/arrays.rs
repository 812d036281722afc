//! The arrays of means over areas.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::{AreaTotals, Areas, Quantity};
use crate::product::attributes;
use crate::spectrum::confidence_factors;
use crate::terms::{Depths, short};

/// What is told of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Mean weighted by area.
    Mean,
    /// Area of the cells that it is of [m2].
    Area,
    /// How many cells it is of.
    Count,
    /// Factor of the lower or upper confidence limit, from a mean of degrees of freedom.
    Confidence {
        /// Probability that both limits hold.
        probability: f64,
        /// Whether it is the upper one.
        upper: bool,
    },
}

/// In which order the values of all areas stand in an array, slowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Area, then value.
    AreaValue,
    /// Value, then area.
    ValueArea,
    /// Part, then area, then value.
    PartAreaValue,
    /// Area, then part.
    AreaPart,
}

/// An array of a result.
#[derive(Clone, Debug)]
pub struct AreaArray {
    /// Its name.
    pub name: String,
    /// Which quantity it is of.
    pub quantity: usize,
    /// Values of a part that it holds.
    pub values: Range<usize>,
    /// Where they stand.
    pub order: Order,
    /// What is told of them.
    pub statistic: Statistic,
    /// Dimension before those of the areas.
    pub front: Option<&'static str>,
    /// Dimension after those of the areas.
    pub back: Option<&'static str>,
    /// CF attributes.
    pub attributes: Map<String, Value>,
}

impl AreaArray {
    /// Dimensions and lengths, slowest first.
    pub fn dimensions(&self, areas: &Areas, quantity: Quantity) -> Vec<(&'static str, usize)> {
        let (front, back) = match self.order {
            Order::AreaValue => (0, self.values.len()),
            Order::ValueArea => (self.values.len(), 0),
            Order::PartAreaValue => (quantity.parts, self.values.len()),
            Order::AreaPart => (0, quantity.parts),
        };
        let dimensions = areas.dimensions().iter().copied().zip(areas.shape());
        let front = self.front.map(|name| (name, front));
        front.into_iter().chain(dimensions).chain(self.back.map(|name| (name, back))).collect()
    }

    /// All its values, in order.
    pub fn take(&self, totals: &AreaTotals, quantity: Quantity, first: usize) -> Vec<f64> {
        let records: Vec<_> = totals.records(quantity, first).collect();
        let of = |area: usize, part: usize| -> Vec<f64> {
            let record = &records[area];
            let means = || record.means(part).skip(self.values.start).take(self.values.len());
            match self.statistic {
                Statistic::Mean => means().collect(),
                Statistic::Area => vec![record.area(part)],
                Statistic::Count => vec![record.count(part)],
                Statistic::Confidence { probability, upper } => {
                    means().map(|dof| confidence_factors(dof, probability)[usize::from(upper)]).collect()
                }
            }
        };
        let (areas, parts) = (records.len(), quantity.parts);
        match self.order {
            Order::AreaValue => (0..areas).flat_map(|area| of(area, 0)).collect(),
            Order::ValueArea => {
                let rows: Vec<Vec<f64>> = (0..areas).map(|area| of(area, 0)).collect();
                (0..self.values.len()).flat_map(|value| rows.iter().map(move |row| row[value])).collect()
            }
            Order::PartAreaValue => (0..parts * areas).flat_map(|at| of(at % areas, at / areas)).collect(),
            Order::AreaPart => (0..areas * parts).flat_map(|at| of(at / parts, at % parts)).collect(),
        }
    }
}

/// Words for the parts of the sea of an array.
fn of_what(areas: &Areas) -> String {
    let depths = |depths: &Depths| match depths {
        all if *all == Depths::ALL => String::new(),
        Depths { from, to } if to.is_infinite() => format!(" where the sea is {} m deep or deeper", short(*from)),
        Depths { from, to } => format!(" where the sea is {} to {} m deep", short(*from), short(*to)),
    };
    match areas {
        Areas::Zonal { depths: at, .. } => format!("wet cells of the latitude bin{}", depths(at)),
        Areas::Regions(_) => "wet cells of the region".to_owned(),
        Areas::Bins { depths: at, .. } => format!("wet cells of the longitude-latitude bin{}", depths(at)),
    }
}

/// CF attributes of a mean over `areas` of what has these `attributes`, weighted by the area in the array `weights`.
pub fn mean_attributes(areas: &Areas, attributes: &Map<String, Value>, weights: &str) -> Map<String, Value> {
    let mut mean = attributes.clone();
    mean.remove("coordinates");
    if let Some(Value::String(long_name)) = attributes.get("long_name") {
        mean.insert("long_name".into(), json!(format!("{long_name}, mean over area")));
    }
    let method = format!("area: mean where sea (over {}, weighted by cell area, {weights})", of_what(areas));
    let methods = match attributes.get("cell_methods") {
        Some(Value::String(time)) => format!("{time} {method}"),
        _ => method,
    };
    mean.insert("cell_methods".into(), json!(methods));
    mean
}

/// CF attributes of the area (`counted` false) or the number of the cells that a mean is of.
pub fn weight_attributes(areas: &Areas, of: &str, counted: bool) -> Map<String, Value> {
    let (what, units) = if counted { ("number", "1") } else { ("area", "m2") };
    let mut map = attributes(&format!("{what} of the cells that {of} is a mean of"), units, &[]);
    map.remove("coordinates");
    map.insert("comment".into(), json!(format!("{} that have a spectrum", of_what(areas))));
    map
}

/// CF attributes of the degrees of freedom that a mean has at least, or of its confidence limits.
pub fn quality_attributes(of: &str, limit: Option<(f64, bool)>) -> Map<String, Value> {
    let comment = "mean over the area of those of single points: as if all points told the same; points that are \
                   independent of each other make them more";
    let mut map = match limit {
        None => attributes(&format!("least equivalent degrees of freedom of one bin of {of}"), "1", &[]),
        Some((probability, upper)) => {
            let side = if upper { "upper" } else { "lower" };
            let percent = short(100.0 * probability);
            let long_name = format!("{side} {percent} % confidence limit of one bin of {of}, divided by the mean");
            attributes(&long_name, "1", &[("probability", json!(probability))])
        }
    };
    map.remove("coordinates");
    map.insert("comment".into(), json!(comment));
    map
}
