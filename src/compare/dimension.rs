//! The labels that A and B have in common along each dimension.

use std::collections::BTreeMap;

use super::CompareError;
use crate::align::{by_number, by_value};
use crate::store::{ElementKind, ReadError, StoredGroup};

/// How far apart the same number may be, in distances of labels, where both are stored in float64 or as whole numbers.
const EXACT: f64 = 1e-9;

/// The same where one is stored in float32: longitudes in it are off by 1.5e-5 degrees.
const SINGLE: f64 = 1e-3;

/// Labels of a dimension.
#[derive(Clone, Debug)]
pub(super) enum Labels {
    Numbers(Vec<f64>),
    Names(Vec<String>),
}

impl Labels {
    /// The coordinate of a group along a dimension, and how it is stored.
    fn read(group: &StoredGroup, dimension: &str) -> Result<Option<(Labels, ElementKind)>, ReadError> {
        let lies_along = |names: &[String]| names.len() == 1 && names[0] == dimension;
        if !group.headers().get(dimension).is_some_and(|header| lies_along(&header.dimensions)) {
            return Ok(None);
        }
        let array = group.array(dimension)?;
        Ok(match array.kind() {
            Some(ElementKind::Text) => Some((Labels::Names(array.read_text()?), ElementKind::Text)),
            Some(kind) if kind.is_real() => Some((Labels::Numbers(array.read_all_f64()?), kind)),
            _ => None,
        })
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Labels::Numbers(numbers) => numbers.len(),
            Labels::Names(names) => names.len(),
        }
    }

    fn kept(self, positions: &[u64]) -> Labels {
        match self {
            Labels::Numbers(numbers) => Labels::Numbers(positions.iter().map(|&at| numbers[at as usize]).collect()),
            Labels::Names(names) => Labels::Names(positions.iter().map(|&at| names[at as usize].clone()).collect()),
        }
    }

    /// One label as text.
    pub(super) fn text(&self, at: usize) -> String {
        match self {
            Labels::Numbers(numbers) => numbers[at].to_string(),
            Labels::Names(names) => names[at].clone(),
        }
    }

    /// First and last, or all of a few.
    fn span(&self) -> String {
        match self.len() {
            0 => "nothing".to_owned(),
            few if few <= 5 => (0..few).map(|at| self.text(at)).collect::<Vec<_>>().join(", "),
            many => format!("{many} from {} to {}", self.text(0), self.text(many - 1)),
        }
    }
}

/// What A and B have in common along a dimension, in A's order.
#[derive(Clone, Debug)]
pub(super) struct Dimension {
    /// A's labels of what is in both.
    pub(super) labels: Labels,
    /// How A stores them.
    pub(super) kind: ElementKind,
    /// By position in A, the same label's position in B.
    found: Vec<Option<u64>>,
    /// Labels of A and B.
    lengths: [usize; 2],
}

impl Dimension {
    fn new(groups: &[StoredGroup; 2], array: &str, name: &str) -> Result<Self, CompareError> {
        let missing = |group| CompareError::NoCoordinate { array: array.to_owned(), group, dimension: name.to_owned() };
        let (a, kind) = Labels::read(&groups[0], name)?.ok_or_else(|| missing('A'))?;
        let (b, other_kind) = Labels::read(&groups[1], name)?.ok_or_else(|| missing('B'))?;
        let found = match (&a, &b) {
            (Labels::Names(a), Labels::Names(b)) => by_value(a, b),
            (Labels::Numbers(a), Labels::Numbers(b)) => {
                let single = [kind, other_kind].contains(&ElementKind::F32);
                by_number(a, b, if single { SINGLE } else { EXACT })
            }
            _ => return Err(CompareError::Kinds { dimension: name.to_owned() }),
        };
        let kept: Vec<u64> = (0..).zip(&found).filter(|(_, at)| at.is_some()).map(|(at, _)| at).collect();
        if kept.is_empty() {
            return Err(CompareError::NoneInCommon { dimension: name.to_owned(), a: a.span(), b: b.span() });
        }
        let lengths = [a.len(), b.len()];
        Ok(Dimension { labels: a.kept(&kept), kind, found, lengths })
    }

    /// By position in A, the same label's position in B.
    pub(super) fn found(&self) -> &[Option<u64>] {
        &self.found
    }

    /// Labels of A, and of B.
    pub(super) fn lengths(&self) -> [usize; 2] {
        self.lengths
    }
}

/// Dimensions by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Dimensions(BTreeMap<String, Dimension>);

impl Dimensions {
    /// The dimension of this name, matched now if it was not before.
    pub(super) fn match_up(
        &mut self,
        groups: &[StoredGroup; 2],
        array: &str,
        name: &str,
    ) -> Result<&Dimension, CompareError> {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), Dimension::new(groups, array, name)?);
        }
        // It is there: of no other the labels are wanted.
        self.get(name).ok_or_else(|| CompareError::Kinds { dimension: name.to_owned() })
    }

    pub(super) fn get(&self, name: &str) -> Option<&Dimension> {
        self.0.get(name)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &Dimension)> {
        self.0.iter()
    }
}

/// Bands of one name whose limits are written differently in A and B.
pub(super) fn band_notes(groups: &[StoredGroup; 2], dimensions: &Dimensions) -> Result<Vec<String>, CompareError> {
    const LIMITS: &str = "band_limits";
    let Some(Dimension { labels: Labels::Names(common), .. }) = dimensions.get("band") else { return Ok(vec![]) };
    let mut limits = Vec::with_capacity(2);
    for group in groups {
        if group.headers().get(LIMITS).is_none_or(|header| header.dimensions != ["band"]) {
            return Ok(vec![]);
        }
        let (names, written) = (group.array("band")?.read_text()?, group.array(LIMITS)?.read_text()?);
        limits.push(names.into_iter().zip(written).collect::<BTreeMap<String, String>>());
    }
    let note = |name: &String| {
        let (a, b) = (limits[0].get(name)?, limits[1].get(name)?);
        (a != b).then(|| format!("the band {name} is {a} in A, {b} in B"))
    };
    Ok(common.iter().filter_map(note).collect())
}
