//! The coordinates by which two groups are matched.

use std::collections::BTreeMap;

use crate::align::Role;
use crate::store::{ElementKind, ReadError, StoredGroup};

/// Axes of frequency: of the first spectrum of a result, and of scalars beside a velocity.
pub(super) const FREQUENCIES: [&str; 2] = ["freq_time", "freq_time_one_sided"];

/// Other dimensions that have a coordinate of their name, numbers or text, and what runs along them.
pub(super) const LABELLED: [(&str, Role); 6] = [
    ("lat", Role::Space),
    ("region", Role::Space),
    ("bin_lat", Role::Space),
    ("bin_lon", Role::Space),
    ("time_segment", Role::Sheet),
    // Last, as frequencies are.
    ("f_ratio", Role::Frequency),
];

/// The two edges of a bin or a segment, which have no coordinate.
pub(super) const EDGES: &str = "edges";

/// The coordinates of a group, as far as it has them.
#[derive(Debug, Default)]
pub(super) struct Coordinates {
    /// Face number along `face` or, of a list of points, along `point`.
    pub(super) face: Option<Indices>,
    /// Row in the source's grid along `j` or `point`.
    pub(super) j: Option<Indices>,
    /// Column in the source's grid along `i` or `point`.
    pub(super) i: Option<Indices>,
    /// Frequency [cycles per day] along each of [`FREQUENCIES`] that there is.
    frequencies: [Option<Vec<f64>>; 2],
    /// Names along `band`.
    pub(super) band: Option<Vec<String>>,
    /// Labels along each of [`LABELLED`] that there is.
    labels: BTreeMap<&'static str, Labels>,
}

/// The labels of a dimension.
#[derive(Debug)]
pub(super) enum Labels {
    Numbers(Vec<f64>),
    Names(Vec<String>),
}

/// A coordinate of whole numbers.
#[derive(Debug)]
pub(super) struct Indices {
    /// The one dimension that it lies along.
    pub(super) dimension: String,
    /// Its values; None where one is not whole.
    pub(super) values: Vec<Option<i64>>,
}

impl Coordinates {
    pub(super) fn read(group: &StoredGroup) -> Result<Self, ReadError> {
        let frequency = |name: &str| match dimension_of(group, name) {
            Some(dimension) if dimension == name => group.array(name)?.read_all_f64().map(Some),
            _ => Ok(None),
        };
        let mut labels = BTreeMap::new();
        for (name, _) in LABELLED {
            if let Some(found) = Labels::read(group, name)? {
                labels.insert(name, found);
            }
        }
        Ok(Coordinates {
            face: indices(group, "face")?,
            j: indices(group, "j")?,
            i: indices(group, "i")?,
            frequencies: [frequency(FREQUENCIES[0])?, frequency(FREQUENCIES[1])?],
            band: match dimension_of(group, "band") {
                Some("band") => Some(group.array("band")?.read_text()?),
                _ => None,
            },
            labels,
        })
    }

    /// Labels along a dimension of [`LABELLED`].
    pub(super) fn labels(&self, name: &str) -> Option<&Labels> {
        self.labels.get(name)
    }

    /// Frequencies along an axis of this name.
    pub(super) fn frequencies(&self, name: &str) -> Option<&[f64]> {
        let at = FREQUENCIES.iter().position(|known| *known == name)?;
        self.frequencies[at].as_deref()
    }

    /// The coordinate of whole numbers of this name.
    pub(super) fn indices(&self, name: &str) -> Option<&Indices> {
        match name {
            "face" => self.face.as_ref(),
            "j" => self.j.as_ref(),
            "i" => self.i.as_ref(),
            _ => None,
        }
    }
}

impl Labels {
    /// The coordinate of this name along the dimension of this name; None where it is neither numbers nor text.
    fn read(group: &StoredGroup, name: &str) -> Result<Option<Self>, ReadError> {
        if dimension_of(group, name) != Some(name) {
            return Ok(None);
        }
        let array = group.array(name)?;
        Ok(match array.kind() {
            Some(ElementKind::Text) => Some(Labels::Names(array.read_text()?)),
            Some(kind) if kind.is_real() => Some(Labels::Numbers(array.read_all_f64()?)),
            _ => None,
        })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Labels::Numbers(numbers) => numbers.len(),
            Labels::Names(names) => names.len(),
        }
    }

    /// One label as text.
    pub(super) fn text(&self, at: usize) -> Option<String> {
        match self {
            Labels::Numbers(numbers) => numbers.get(at).map(f64::to_string),
            Labels::Names(names) => names.get(at).cloned(),
        }
    }
}

/// The dimension of a one-dimensional array.
fn dimension_of<'a>(group: &'a StoredGroup, name: &str) -> Option<&'a str> {
    match group.headers().get(name)?.dimensions.as_slice() {
        [dimension] => Some(dimension),
        _ => None,
    }
}

fn indices(group: &StoredGroup, name: &str) -> Result<Option<Indices>, ReadError> {
    let Some(dimension) = dimension_of(group, name) else { return Ok(None) };
    let values = group.array(name)?.read_all_f64()?;
    let whole = |x: f64| (x.fract() == 0.0 && x.abs() < 1e15).then_some(x as i64);
    Ok(Some(Indices { dimension: dimension.to_owned(), values: values.into_iter().map(whole).collect() }))
}
