//! What a comparison found, and how it is shown.

use std::fmt;

use num_complex::Complex64;

use super::coordinates::{Coordinates, EDGES, FREQUENCIES};
use super::problem::Problem;

/// What a comparison found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The largest relative difference that passes.
    pub tolerance: f64,
    /// The arrays that both groups have, by name.
    pub arrays: Vec<ArrayReport>,
    /// Arrays of the reference that could be compared but are not in the result; no failure.
    pub not_in_result: Vec<String>,
}

/// What was found in one array.
#[derive(Clone, Debug)]
pub struct ArrayReport {
    /// Its name.
    pub name: String,
    /// Points, bins or regions that both sides have.
    pub points: u64,
    /// Those that the reference has.
    pub reference_points: u64,
    /// Values that are finite on both sides, and so were compared.
    pub values: u64,
    /// The largest relative difference; None where there was no value to compare.
    pub worst: Option<Worst>,
    /// Values that are NaN (or infinite) on one side and not the same on the other.
    pub one_sided: u64,
    /// The first of these.
    pub one_sided_at: Option<Worst>,
    /// What could not be compared.
    pub problems: Vec<Problem>,
}

/// A difference, where it is and between what.
#[derive(Clone, Debug)]
pub struct Worst {
    /// Relative to the largest magnitude of the reference's spectrum or map; absolute where that is 0.
    pub difference: f64,
    /// Where it is.
    pub place: Place,
    /// The result's value; of an array of real numbers, without an imaginary part.
    pub result: Complex64,
    /// The reference's value.
    pub reference: Complex64,
}

/// A place by the result's coordinates; None for those that the array does not have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// Face number.
    pub face: Option<i64>,
    /// Row in the source's grid.
    pub j: Option<i64>,
    /// Column in the source's grid.
    pub i: Option<i64>,
    /// Frequency [cycles per day].
    pub frequency: Option<f64>,
    /// Name of the band.
    pub band: Option<String>,
    /// Other dimensions, each with its label there; of `edges` with its place, 0 or 1.
    pub labels: Vec<(String, String)>,
}

impl Place {
    /// The place of an element of the result.
    pub(super) fn new(dimensions: &[String], element: &[u64], coordinates: &Coordinates) -> Self {
        let at = |name: &str| dimensions.iter().position(|other| other == name).map(|d| element[d] as usize);
        let index = |name: &str| coordinates.indices(name).and_then(|indices| *indices.values.get(at(name)?)?);
        let label = |(name, &at): (&String, &u64)| {
            let edge = || (name == EDGES).then(|| at.to_string());
            let text = coordinates.labels(name).and_then(|labels| labels.text(at as usize)).or_else(edge)?;
            Some((name.clone(), text))
        };
        Place {
            face: index("face"),
            j: index("j"),
            i: index("i"),
            frequency: FREQUENCIES
                .iter()
                .find_map(|name| at(name).and_then(|at| coordinates.frequencies(name)?.get(at).copied())),
            band: coordinates.band.as_ref().and_then(|names| names.get(at("band")?).cloned()),
            labels: dimensions.iter().zip(element).filter_map(label).collect(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.labels.iter().map(|(name, label)| format!("{name} {label}"));
        let parts = [
            self.face.map(|x| format!("face {x}")),
            self.j.map(|x| format!("j {x}")),
            self.i.map(|x| format!("i {x}")),
            self.frequency.map(|x| format!("{x} cpd")),
        ];
        let parts = self.band.iter().cloned().chain(labels).chain(parts.into_iter().flatten());
        f.write_str(&parts.collect::<Vec<_>>().join(", "))
    }
}

impl ArrayReport {
    pub(super) fn not_compared(name: &str, problem: Problem) -> Self {
        ArrayReport {
            name: name.to_owned(),
            points: 0,
            reference_points: 0,
            values: 0,
            worst: None,
            one_sided: 0,
            one_sided_at: None,
            problems: vec![problem],
        }
    }

    /// Whether everything that the reference has at the points in common is there and within the tolerance.
    pub fn passed(&self, tolerance: f64) -> bool {
        let within = self.worst.as_ref().is_none_or(|worst| worst.difference <= tolerance);
        within && self.one_sided == 0 && self.problems.is_empty()
    }
}

impl Report {
    /// Whether there are arrays and all of them passed.
    pub fn passed(&self) -> bool {
        !self.arrays.is_empty() && self.arrays.iter().all(|array| array.passed(self.tolerance))
    }
}

/// A real number, or a complex one as 1-2i.
fn written(value: Complex64, part: impl Fn(f64) -> String) -> String {
    if value.im == 0.0 {
        return part(value.re);
    }
    let sign = if value.im < 0.0 { "" } else { "+" };
    format!("{}{sign}{}i", part(value.re), part(value.im))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEAD: [&str; 9] = ["", "array", "points", "values", "one-sided", "worst", "result", "reference", "where"];
        let mut rows = vec![HEAD.map(str::to_owned)];
        for array in &self.arrays {
            let shown = array.worst.as_ref();
            let number = |get: fn(&Worst) -> Complex64| {
                shown.map_or("-".into(), |worst| written(get(worst), |part| format!("{part:.6e}")))
            };
            rows.push([
                if array.passed(self.tolerance) { "ok".into() } else { "MISS".into() },
                array.name.clone(),
                format!("{} of {}", array.points, array.reference_points),
                array.values.to_string(),
                array.one_sided.to_string(),
                shown.map_or("-".into(), |worst| format!("{:.2e}", worst.difference)),
                number(|worst| worst.result),
                number(|worst| worst.reference),
                shown.map_or("-".into(), |worst| worst.place.to_string()),
            ]);
        }
        let widths: Vec<usize> =
            (0..HEAD.len()).map(|n| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or(0)).collect();
        for row in &rows {
            let mut line = String::new();
            for (n, (cell, &width)) in row.iter().zip(&widths).enumerate() {
                // Names and places read from the left, numbers from the right.
                line += &if [0, 1, 8].contains(&n) { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        for array in &self.arrays {
            for problem in &array.problems {
                writeln!(f, "{}: {problem}", array.name)?;
            }
            if let Some(first) = &array.one_sided_at {
                let Worst { place, result, reference, .. } = first;
                let [result, reference] = [*result, *reference].map(|value| written(value, |part| part.to_string()));
                let count = array.one_sided;
                writeln!(
                    f,
                    "{}: {count} one-sided, first at {place}: result {result}, reference {reference}",
                    array.name
                )?;
            }
        }
        if !self.not_in_result.is_empty() {
            writeln!(f, "not in the result, so not compared: {}", self.not_in_result.join(", "))?;
        }
        let missed: Vec<&str> =
            self.arrays.iter().filter(|array| !array.passed(self.tolerance)).map(|array| array.name.as_str()).collect();
        let (count, tolerance) = (self.arrays.len(), self.tolerance);
        if self.passed() {
            write!(f, "passed: {count} arrays agree within {tolerance:e}")
        } else {
            write!(f, "failed: {} of {count} arrays miss ({tolerance:e}): {}", missed.len(), missed.join(", "))
        }
    }
}
