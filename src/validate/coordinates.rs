//! The coordinates by which two groups are matched.

use crate::store::{ReadError, StoredGroup};

/// Axes of frequency: of the first spectrum of a result, and of scalars beside a velocity.
pub(super) const FREQUENCIES: [&str; 2] = ["freq_time", "freq_time_one_sided"];

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
        Ok(Coordinates {
            face: indices(group, "face")?,
            j: indices(group, "j")?,
            i: indices(group, "i")?,
            frequencies: [frequency(FREQUENCIES[0])?, frequency(FREQUENCIES[1])?],
            band: match dimension_of(group, "band") {
                Some("band") => Some(group.array("band")?.read_text()?),
                _ => None,
            },
        })
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
