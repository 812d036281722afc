//! What is found in the values of shared arrays.

use rayon::prelude::*;

use super::CompareError;
use super::dimension::{Dimensions, Labels};
use super::quantiles::Quantiles;
use super::ratios::Ratios;
use super::report::{ArrayComparison, Label, Largest, Place};
use super::shared::{Shared, Values};
use crate::store::ReadError;

/// Of A/B: the middle, and the two between which nine tenths lie.
const WANTED: [f64; 3] = [0.05, 0.5, 0.95];

/// Compares all arrays, and writes ratios and differences where they are wanted.
pub(super) fn all(
    shared: &[Shared],
    dimensions: &Dimensions,
    ratios: Option<&Ratios>,
) -> Result<Vec<ArrayComparison>, CompareError> {
    shared.iter().map(|array| one(array, dimensions, ratios)).collect()
}

/// A/B; None where one is not finite, or B is 0.
pub(super) fn ratio(a: f64, b: f64) -> Option<f64> {
    (a.is_finite() && b.is_finite() && b != 0.0).then(|| a / b)
}

/// Sums over values that are finite in both.
#[derive(Clone, Debug, Default)]
struct Sums {
    values: u64,
    one_sided: u64,
    a: f64,
    b: f64,
    squares: f64,
    /// The largest |A - B| and the number of its value in the chunk.
    largest: Option<(f64, usize)>,
}

impl Sums {
    fn of(values: &Values) -> Self {
        let mut sums = Sums::default();
        for (at, (&a, &b)) in values.a.iter().zip(&values.b).enumerate() {
            if !(a.is_finite() && b.is_finite()) {
                sums.one_sided += u64::from(a.is_finite() != b.is_finite());
                continue;
            }
            let difference = a - b;
            sums.values += 1;
            sums.a += a;
            sums.b += b;
            sums.squares += difference * difference;
            if sums.largest.is_none_or(|(largest, _)| difference.abs() > largest) {
                sums.largest = Some((difference.abs(), at));
            }
        }
        sums
    }
}

/// Calls `each` with the chunks of an array in C order; some are read at once.
fn for_each_chunk(
    shared: &Shared,
    mut each: impl FnMut(&[u64], Values) -> Result<(), CompareError>,
) -> Result<(), CompareError> {
    for wave in shared.chunks().chunks(rayon::current_num_threads().max(1)) {
        let read: Vec<Result<Values, ReadError>> = wave.par_iter().map(|index| shared.read(index)).collect();
        for (index, values) in wave.iter().zip(read) {
            each(index, values?)?;
        }
    }
    Ok(())
}

fn one(shared: &Shared, dimensions: &Dimensions, ratios: Option<&Ratios>) -> Result<ArrayComparison, CompareError> {
    let mut quantiles = Quantiles::new(WANTED);
    let mut divided = 0;
    let count = |quantiles: &mut Quantiles<3>, values: &Values| {
        let found = values.a.iter().zip(&values.b).filter_map(|(&a, &b)| ratio(a, b));
        found.fold(0_u64, |count, ratio| {
            quantiles.count(ratio);
            count + 1
        })
    };
    let mut sums = Sums::default();
    let mut largest: Option<(f64, Largest)> = None;
    // Chunk after chunk in their order: the same sums for any number of threads.
    for_each_chunk(shared, |index, values| {
        let here = Sums::of(&values);
        divided += count(&mut quantiles, &values);
        if let Some((size, at)) = here.largest
            && largest.as_ref().is_none_or(|(largest, _)| size > *largest)
        {
            let place = place(shared, dimensions, &shared.place(index, at));
            let (a, b) = (values.a[at], values.b[at]);
            largest = Some((size, Largest { difference: a - b, a, b, place }));
        }
        sums = Sums {
            values: sums.values + here.values,
            one_sided: sums.one_sided + here.one_sided,
            a: sums.a + here.a,
            b: sums.b + here.b,
            squares: sums.squares + here.squares,
            largest: None,
        };
        ratios.map_or(Ok(()), |ratios| ratios.write(shared, index, &values))
    })?;
    while quantiles.narrow() {
        for_each_chunk(shared, |_, values| {
            count(&mut quantiles, &values);
            Ok(())
        })?;
    }
    let mean = |sum: f64| (sums.values > 0).then(|| sum / sums.values as f64);
    Ok(ArrayComparison {
        name: shared.name.clone(),
        units: shared.units.clone(),
        dimensions: shared.dimensions.iter().cloned().zip(shared.shape.iter().copied()).collect(),
        values: sums.values,
        one_sided: sums.one_sided,
        ratios: divided,
        mean_a: mean(sums.a),
        mean_b: mean(sums.b),
        ratio_quantiles: quantiles.values(),
        rms_difference: mean(sums.squares).map(f64::sqrt),
        largest: largest.map(|(_, largest)| largest),
    })
}

/// The labels at a position along each dimension.
fn place(shared: &Shared, dimensions: &Dimensions, position: &[usize]) -> Place {
    let label = |(name, &at): (&String, &usize)| {
        let label = match &dimensions.get(name)?.labels {
            Labels::Numbers(numbers) => Label::Number(*numbers.get(at)?),
            Labels::Names(names) => Label::Name(names.get(at)?.clone()),
        };
        Some((name.clone(), label))
    };
    Place(shared.dimensions.iter().zip(position).filter_map(label).collect())
}
