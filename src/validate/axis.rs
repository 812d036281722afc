//! Which elements of a result and a reference belong together, and what of the reference has no partner.

use super::coordinates::{Coordinates, EDGES, FREQUENCIES, Indices, LABELLED, Labels};
use super::problem::{Problem, Side};
use crate::align::{Axis, Pair, Role, by_number, by_value};
use crate::store::StoredArray;

/// How far apart the same frequency, or another number that is a label, may be in the two: in distances of the result's.
const LABEL_TOLERANCE: f64 = 1e-9;

#[derive(Debug)]
pub(super) struct Alignment {
    /// Frequency, or its ratio to the inertial one, comes last if there is one.
    pub(super) axes: Vec<Axis>,
    /// Where the values of the result lie by name: the dimension of each coordinate.
    pub(super) result_dimensions: Vec<String>,
    /// Points of the reference, also those that the result lacks.
    pub(super) reference_points: u64,
    /// What could not be compared.
    pub(super) problems: Vec<Problem>,
}

/// The two arrays, their dimensions and coordinates.
struct Sides<'a> {
    reference: &'a [String],
    result: &'a [String],
    of_reference: &'a Coordinates,
    of_result: &'a Coordinates,
    result_array: &'a StoredArray,
    reference_lengths: &'a [u64],
}

/// Matches the elements of two arrays by their coordinates.
pub(super) fn align(
    reference: &StoredArray,
    of_reference: &Coordinates,
    result: &StoredArray,
    of_result: &Coordinates,
) -> Result<Alignment, Problem> {
    let sides = Sides {
        reference: &reference.header().dimensions,
        result: &result.header().dimensions,
        of_reference,
        of_result,
        result_array: result,
        reference_lengths: &reference.header().shape,
    };
    let grid = ["face", "j", "i"];
    let elsewhere = |name: &str| ["band", EDGES].contains(&name) || FREQUENCIES.contains(&name) || role(name).is_some();
    let listed = sides.reference.iter().any(|name| name == "point");
    for (side, names, shape) in
        [(Side::Reference, sides.reference, reference.header()), (Side::Result, sides.result, result.header())]
            .map(|(side, names, header)| (side, names, &header.shape))
    {
        if names.len() != shape.len() {
            return Err(Problem::UnknownDimension { side, dimension: String::new() });
        }
        let in_place = |name: &str| match side {
            Side::Reference if listed => name == "point" || elsewhere(name),
            _ => grid.contains(&name) || elsewhere(name),
        };
        if let Some(dimension) = names.iter().find(|name| !in_place(name)) {
            return Err(Problem::UnknownDimension { side, dimension: dimension.clone() });
        }
    }
    let mut problems = vec![];
    let mut axes = if listed { vec![sides.points()?] } else { sides.grid()? };
    if axes.iter().any(|axis| axis.pairs.is_empty()) {
        return Err(Problem::NoPointInCommon);
    }
    axes.extend(sides.bands(&mut problems)?);
    axes.extend(sides.edges()?);
    for (name, role) in LABELLED {
        axes.extend(sides.labels(name, role, &mut problems)?);
    }
    for name in FREQUENCIES {
        axes.extend(sides.frequencies(name, &mut problems)?);
    }
    let spatial = |name: &String| name == "point" || grid.contains(&name.as_str()) || role(name) == Some(Role::Space);
    let reference_points =
        sides.reference.iter().zip(sides.reference_lengths).filter(|(name, _)| spatial(name)).map(|(_, n)| n).product();
    Ok(Alignment { axes, result_dimensions: sides.result.to_vec(), reference_points, problems })
}

impl Sides<'_> {
    /// The positions of a dimension in the reference and the result, if both have it.
    fn both(&self, name: &str) -> Result<Option<(usize, usize)>, Problem> {
        match (position(self.reference, name), position(self.result, name)) {
            (Some(reference), Some(result)) => Ok(Some((reference, result))),
            (None, None) => Ok(None),
            (reference, _) => {
                let side = if reference.is_some() { Side::Reference } else { Side::Result };
                Err(Problem::OnOneSide { side, dimension: name.to_owned() })
            }
        }
    }

    fn length(&self, side: Side, dimension: usize) -> usize {
        (match side {
            Side::Reference => self.reference_lengths[dimension],
            Side::Result => self.result_array.header().shape[dimension],
        }) as usize
    }

    /// The whole-numbered coordinate `name`, checked to lie along `dimension` of that side's array.
    fn indices(&self, side: Side, name: &'static str, dimension: &str) -> Result<Vec<i64>, Problem> {
        let (coordinates, names) = match side {
            Side::Reference => (self.of_reference, self.reference),
            Side::Result => (self.of_result, self.result),
        };
        let length = position(names, dimension).map(|at| self.length(side, at));
        coordinates
            .indices(name)
            .filter(|Indices { dimension: along, values }| along == dimension && Some(values.len()) == length)
            .and_then(|found| found.values.iter().copied().collect())
            .ok_or_else(|| Problem::NoCoordinate { side, name, dimension: dimension.to_owned() })
    }

    /// Axes of a reference on a grid: face, j, i.
    fn grid(&self) -> Result<Vec<Axis>, Problem> {
        let mut axes = vec![];
        for name in ["face", "j", "i"] {
            let (reference, result) = (position(self.reference, name), position(self.result, name));
            if name == "face" && reference.is_some() != result.is_some() {
                axes.push(self.only_face(reference, result)?);
                continue;
            }
            let Some((reference, result)) = self.both(name)? else { continue };
            let ours = self.indices(Side::Result, name, name)?;
            let theirs = self.indices(Side::Reference, name, name)?;
            axes.push(Axis::of_dimensions(Role::Space, reference, result, &by_value(&theirs, &ours)));
        }
        Ok(axes)
    }

    /// The face that one side has alone, if it is a single one.
    fn only_face(&self, reference: Option<usize>, result: Option<usize>) -> Result<Axis, Problem> {
        let (side, at) = match (reference, result) {
            (Some(at), _) => (Side::Reference, at),
            (None, at) => (Side::Result, at.unwrap_or_default()),
        };
        let count = self.length(side, at);
        if count != 1 {
            return Err(Problem::SeveralFaces { side, count });
        }
        Ok(Axis {
            role: Role::Space,
            reference_dims: reference.into_iter().collect(),
            result_dims: result.into_iter().collect(),
            pairs: vec![Pair { reference: [0], result: [0; 3] }],
        })
    }

    /// The axis of a reference that is a list of points.
    fn points(&self) -> Result<Axis, Problem> {
        let missing = |side, name: &str| Problem::OnOneSide { side, dimension: name.to_owned() };
        let reference = position(self.reference, "point").ok_or_else(|| missing(Side::Result, "point"))?;
        let mut columns = vec![];
        let mut result_dims = vec![];
        for name in ["face", "j", "i"] {
            let Some(result) = position(self.result, name) else {
                if name == "face" {
                    continue;
                }
                return Err(missing(Side::Reference, "point"));
            };
            result_dims.push(result);
            let count = self.length(Side::Result, result);
            if name == "face" && self.of_reference.face.is_none() {
                if count != 1 {
                    return Err(Problem::SeveralFaces { side: Side::Result, count });
                }
                columns.push(vec![Some(0); self.length(Side::Reference, reference)]);
                continue;
            }
            let ours = self.indices(Side::Result, name, name)?;
            let theirs = self.indices(Side::Reference, name, "point")?;
            columns.push(by_value(&theirs, &ours));
        }
        let mut pairs = vec![];
        'points: for n in 0..self.length(Side::Reference, reference) {
            let mut result = [0; 3];
            for (at, column) in result.iter_mut().zip(&columns) {
                let Some(found) = column[n] else { continue 'points };
                *at = found;
            }
            pairs.push(Pair { reference: [n as u64], result });
        }
        // Points that are decoded together are compared together.
        let parts = self.result_array.read_shape();
        pairs.sort_by_key(|pair| {
            let mut part = [0; 3];
            for (d, &dimension) in result_dims.iter().enumerate() {
                part[d] = pair.result[d] / parts[dimension].max(1);
            }
            (part, pair.result)
        });
        Ok(Axis { role: Role::Space, reference_dims: vec![reference], result_dims, pairs })
    }

    fn bands(&self, problems: &mut Vec<Problem>) -> Result<Option<Axis>, Problem> {
        let Some((reference, result)) = self.both("band")? else { return Ok(None) };
        let names = |side, coordinates: &Coordinates, length| {
            let names = coordinates.band.clone().filter(|names| names.len() == length);
            names.ok_or_else(|| Problem::NoCoordinate { side, name: "band", dimension: "band".into() })
        };
        let theirs = names(Side::Reference, self.of_reference, self.length(Side::Reference, reference))?;
        let ours = names(Side::Result, self.of_result, self.length(Side::Result, result))?;
        let found = by_value(&theirs, &ours);
        let missing: Vec<String> =
            theirs.into_iter().zip(&found).filter(|(_, at)| at.is_none()).map(|(name, _)| name).collect();
        if !missing.is_empty() {
            problems.push(Problem::MissingBands { names: missing });
        }
        Ok(Some(Axis::of_dimensions(Role::Sheet, reference, result, &found)))
    }

    /// The axis of a dimension whose elements meet by place.
    fn edges(&self) -> Result<Option<Axis>, Problem> {
        let Some((reference, result)) = self.both(EDGES)? else { return Ok(None) };
        let [theirs, ours] = [self.length(Side::Reference, reference), self.length(Side::Result, result)];
        if theirs != ours {
            return Err(Problem::Lengths { dimension: EDGES, result: ours, reference: theirs });
        }
        let found: Vec<_> = (0..).take(ours).map(Some).collect();
        Ok(Some(Axis::of_dimensions(Role::Sheet, reference, result, &found)))
    }

    fn labels(&self, name: &'static str, role: Role, problems: &mut Vec<Problem>) -> Result<Option<Axis>, Problem> {
        let Some((reference, result)) = self.both(name)? else { return Ok(None) };
        let [theirs, ours] = [(Side::Reference, self.of_reference, reference), (Side::Result, self.of_result, result)]
            .map(|(side, coordinates, at)| {
                let labels = coordinates.labels(name).filter(|labels| labels.len() == self.length(side, at));
                labels.ok_or_else(|| Problem::NoCoordinate { side, name, dimension: name.into() })
            });
        let (theirs, ours) = (theirs?, ours?);
        let found = match (theirs, ours) {
            (Labels::Names(theirs), Labels::Names(ours)) => by_value(theirs, ours),
            (Labels::Numbers(theirs), Labels::Numbers(ours)) => by_number(theirs, ours, LABEL_TOLERANCE),
            _ => return Err(Problem::LabelKinds { dimension: name }),
        };
        if let Some(first) = found.iter().position(Option::is_none) {
            let count = found.iter().filter(|at| at.is_none()).count();
            let first = theirs.text(first).unwrap_or_default();
            problems.push(Problem::MissingLabels { dimension: name, count, total: found.len(), first });
        }
        Ok(Some(Axis::of_dimensions(role, reference, result, &found)))
    }

    fn frequencies(&self, name: &'static str, problems: &mut Vec<Problem>) -> Result<Option<Axis>, Problem> {
        let Some((reference, result)) = self.both(name)? else { return Ok(None) };
        let values = |side, coordinates: &Coordinates, length| {
            let values = coordinates.frequencies(name).filter(|values| values.len() == length).map(<[f64]>::to_vec);
            values.ok_or_else(|| Problem::NoCoordinate { side, name, dimension: name.into() })
        };
        let theirs = values(Side::Reference, self.of_reference, self.length(Side::Reference, reference))?;
        let ours = values(Side::Result, self.of_result, self.length(Side::Result, result))?;
        let found = by_number(&theirs, &ours, LABEL_TOLERANCE);
        let missing: Vec<f64> =
            theirs.iter().zip(&found).filter(|(_, at)| at.is_none()).map(|(&frequency, _)| frequency).collect();
        if let Some(&first) = missing.first() {
            problems.push(Problem::MissingFrequencies { count: missing.len(), total: theirs.len(), first });
        }
        Ok(Some(Axis::of_dimensions(Role::Frequency, reference, result, &found)))
    }
}

fn position(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|other| other == name)
}

/// What runs along a dimension of [`LABELLED`].
fn role(name: &str) -> Option<Role> {
    LABELLED.into_iter().find(|(known, _)| *known == name).map(|(_, role)| role)
}
