//! What a comparison found, as a table and as JSON.

use std::fmt;
use std::path::PathBuf;

use serde_json::{Map, Value, json};

/// What a comparison found.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The first group.
    pub a: PathBuf,
    /// The second, which ratios divide by.
    pub b: PathBuf,
    /// The arrays that were compared.
    pub arrays: Vec<ArrayComparison>,
    /// Arrays that could be compared but are not in B.
    pub only_in_a: Vec<String>,
    /// Arrays that could be compared but are not in A.
    pub only_in_b: Vec<String>,
    /// What is to be known beside the numbers.
    pub notes: Vec<String>,
}

/// What was found in one array; means are plain ones, not weighted by area.
#[derive(Clone, Debug)]
pub struct ArrayComparison {
    /// Its name.
    pub name: String,
    /// Units of A, of B and of their differences.
    pub units: Option<String>,
    /// Its dimensions and how much of each A and B have in common.
    pub dimensions: Vec<(String, u64)>,
    /// Values that are finite in both, which all numbers here but those of ratios are of.
    pub values: u64,
    /// Values that are finite in one only.
    pub one_sided: u64,
    /// Values of which there is a ratio: B is not 0.
    pub ratios: u64,
    /// Mean of A.
    pub mean_a: Option<f64>,
    /// Mean of B.
    pub mean_b: Option<f64>,
    /// 5th percentile, median and 95th percentile of A/B, exact, interpolated linearly between values.
    pub ratio_quantiles: Option<[f64; 3]>,
    /// Root mean square of A - B.
    pub rms_difference: Option<f64>,
    /// Where |A - B| is largest; the first such place.
    pub largest: Option<Largest>,
}

/// A difference and where it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Largest {
    /// A - B.
    pub difference: f64,
    /// A's value.
    pub a: f64,
    /// B's value.
    pub b: f64,
    /// Where.
    pub place: Place,
}

/// A place by the labels of the array's dimensions, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Place(pub Vec<(String, Label)>);

/// A label of a dimension.
#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    /// Of a dimension of numbers.
    Number(f64),
    /// Of a dimension of names.
    Name(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = |(dimension, label): &(String, Label)| match label {
            Label::Name(name) => name.clone(),
            Label::Number(number) if dimension.starts_with("freq_time") => format!("{number} cpd"),
            Label::Number(number) => format!("{dimension} {number}"),
        };
        f.write_str(&self.0.iter().map(label).collect::<Vec<_>>().join(", "))
    }
}

impl ArrayComparison {
    fn to_json(&self) -> Value {
        let common: Map<String, Value> =
            self.dimensions.iter().map(|(name, length)| (name.clone(), json!(length))).collect();
        let largest = self.largest.as_ref().map(|Largest { difference, a, b, place }| {
            let label = |label: &Label| match label {
                Label::Number(number) => json!(number),
                Label::Name(name) => json!(name),
            };
            let at: Map<String, Value> = place.0.iter().map(|(name, at)| (name.clone(), label(at))).collect();
            json!({ "difference": difference, "a": a, "b": b, "at": at })
        });
        json!({
            "name": self.name,
            "units": self.units,
            "common": common,
            "values": self.values,
            "one_sided": self.one_sided,
            "ratios": self.ratios,
            "mean_a": self.mean_a,
            "mean_b": self.mean_b,
            "ratio_p05": self.ratio_quantiles.map(|all| all[0]),
            "ratio_median": self.ratio_quantiles.map(|all| all[1]),
            "ratio_p95": self.ratio_quantiles.map(|all| all[2]),
            "rms_difference": self.rms_difference,
            "largest": largest,
        })
    }
}

impl Comparison {
    /// All of it; numbers with all their digits, null where there is none.
    pub fn to_json(&self) -> Value {
        json!({
            "a": self.a.display().to_string(),
            "b": self.b.display().to_string(),
            "arrays": self.arrays.iter().map(ArrayComparison::to_json).collect::<Vec<_>>(),
            "only_in_a": self.only_in_a,
            "only_in_b": self.only_in_b,
            "notes": self.notes,
        })
    }
}

/// Columns of the table; the first and the last read from the left, numbers from the right.
const HEAD: [&str; 12] = [
    "array",
    "units",
    "values",
    "one-sided",
    "mean A",
    "mean B",
    "A/B 5 %",
    "median",
    "95 %",
    "rms A-B",
    "largest A-B",
    "where",
];

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "A  {}\nB  {}", self.a.display(), self.b.display())?;
        let mut rows = vec![HEAD.map(str::to_owned)];
        for array in &self.arrays {
            let short = |number: Option<f64>| number.map_or("-".to_owned(), |number| format!("{number:.4e}"));
            let ratio = |at: usize| array.ratio_quantiles.map_or("-".to_owned(), |all| format!("{:.4}", all[at]));
            rows.push([
                array.name.clone(),
                array.units.clone().unwrap_or_else(|| "-".to_owned()),
                array.values.to_string(),
                array.one_sided.to_string(),
                short(array.mean_a),
                short(array.mean_b),
                ratio(0),
                ratio(1),
                ratio(2),
                short(array.rms_difference),
                short(array.largest.as_ref().map(|largest| largest.difference)),
                array.largest.as_ref().map_or("-".to_owned(), |largest| largest.place.to_string()),
            ]);
        }
        let widths: Vec<usize> =
            (0..HEAD.len()).map(|n| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0)).collect();
        for row in &rows {
            let mut line = String::new();
            for (n, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                let left = [0, 1, HEAD.len() - 1].contains(&n);
                line += &if left { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        for (group, names) in [("A", &self.only_in_a), ("B", &self.only_in_b)] {
            if !names.is_empty() {
                writeln!(f, "only in {group}: {}", names.join(", "))?;
            }
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        Ok(())
    }
}
