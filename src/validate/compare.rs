//! Differences between two arrays, block by block.

use std::collections::BTreeMap;

use num_complex::Complex64;
use rayon::prelude::*;

use super::axis::Alignment;
use super::coordinates::Coordinates;
use super::report::{ArrayReport, Place, Worst};
use crate::align::{Axis, Block, Part, REFERENCE, RESULT, Role, blocks};
use crate::store::{ReadError, StoredArray};

/// A difference and where it is.
#[derive(Clone, Debug)]
struct Difference {
    /// |result - reference|, of complex numbers the length of their difference, relative if it is known to what.
    size: f64,
    result: Complex64,
    reference: Complex64,
    /// Index of the pair along each axis.
    pairs: Vec<usize>,
}

/// The larger of two differences; of equals the one that comes first, whatever the order in which blocks are done.
fn larger(a: Option<Difference>, b: Option<Difference>) -> Option<Difference> {
    match (a, b) {
        (Some(a), Some(b)) => {
            let b_is_larger = b.size.total_cmp(&a.size).then_with(|| a.pairs.cmp(&b.pairs)).is_gt();
            Some(if b_is_larger { b } else { a })
        }
        (a, b) => a.or(b),
    }
}

/// What is known of a map, or of a spectrum: its largest magnitude in the reference and the largest difference.
#[derive(Clone, Debug, Default)]
struct Group {
    magnitude: f64,
    difference: Option<Difference>,
}

impl Group {
    fn merge(self, other: Group) -> Group {
        Group { magnitude: self.magnitude.max(other.magnitude), difference: larger(self.difference, other.difference) }
    }

    /// The largest difference, relative to the largest magnitude; absolute if that is 0.
    fn relative(self) -> Option<Difference> {
        let scale = if self.magnitude > 0.0 { self.magnitude } else { 1.0 };
        self.difference.map(|difference| Difference { size: difference.size / scale, ..difference })
    }
}

/// What was found in a part of an array.
#[derive(Debug, Default)]
struct Tally {
    values: u64,
    one_sided: u64,
    /// First place, and the values there, of what is finite on one side only.
    one_sided_at: Option<Difference>,
    /// Spectra: the largest relative difference.
    spectra: Option<Difference>,
    /// Maps, by the pairs along the axes of bands, segments of time and edges that there are.
    maps: BTreeMap<Vec<usize>, Group>,
}

impl Tally {
    fn merge(mut self, other: Tally) -> Tally {
        for (sheet, group) in other.maps {
            let mine = self.maps.remove(&sheet).unwrap_or_default();
            self.maps.insert(sheet, mine.merge(group));
        }
        Tally {
            values: self.values + other.values,
            one_sided: self.one_sided + other.one_sided,
            one_sided_at: larger(self.one_sided_at, other.one_sided_at),
            spectra: larger(self.spectra, other.spectra),
            maps: self.maps,
        }
    }
}

/// Compares two aligned arrays, in blocks of at most `block_elements` in each.
pub(super) fn compare(
    name: &str,
    reference: &StoredArray,
    result: &StoredArray,
    alignment: Alignment,
    coordinates: &Coordinates,
    block_elements: u64,
) -> Result<ArrayReport, ReadError> {
    let Alignment { axes, result_dimensions, reference_points, problems } = alignment;
    let parts = [reference.read_shape(), result.read_shape()];
    let tally = blocks(&axes, [&parts[0], &parts[1]], block_elements)
        .into_par_iter()
        .map(|block| compare_block(&axes, &block, reference, result))
        .try_reduce(Tally::default, |a, b| Ok(a.merge(b)))?;

    let place = |difference: Difference| {
        let element = RESULT.element(&axes, &difference.pairs, result_dimensions.len());
        Worst {
            difference: difference.size,
            place: Place::new(&result_dimensions, &element, coordinates),
            result: difference.result,
            reference: difference.reference,
        }
    };
    let worst = tally.maps.into_values().map(Group::relative).fold(tally.spectra, larger);
    let points = axes.iter().filter(|axis| axis.role == Role::Space).map(|axis| axis.pairs.len() as u64).product();
    Ok(ArrayReport {
        name: name.to_owned(),
        points,
        reference_points,
        values: tally.values,
        worst: worst.map(place),
        one_sided: tally.one_sided,
        one_sided_at: tally.one_sided_at.map(place),
        problems,
    })
}

/// Whether values that are not finite agree: NaN with NaN, infinity with the same infinity, in each part.
fn same(a: Complex64, b: Complex64) -> bool {
    let agree = |a: f64, b: f64| a == b || (a.is_nan() && b.is_nan());
    agree(a.re, b.re) && agree(a.im, b.im)
}

fn compare_block(
    axes: &[Axis],
    block: &Block,
    reference: &StoredArray,
    result: &StoredArray,
) -> Result<Tally, ReadError> {
    let theirs = Part::read(reference, axes, block, REFERENCE)?;
    let ours = Part::read(result, axes, block, RESULT)?;
    // The frequencies, which come last, are the inner loop; all other axes turn like an odometer.
    let spectral = axes.last().is_some_and(|axis| axis.role == Role::Frequency);
    let outer = axes.len() - usize::from(spectral);
    let sheets: Vec<usize> = (0..axes.len()).filter(|&axis| axes[axis].role == Role::Sheet).collect();
    let inner = |part: &Part| if spectral { part.offsets[outer].clone() } else { vec![0] };
    let (inner_theirs, inner_ours) = (inner(&theirs), inner(&ours));

    let mut tally = Tally::default();
    let mut turn = vec![0; outer];
    loop {
        let base = |part: &Part| (0..outer).map(|axis| part.offsets[axis][turn[axis]]).sum::<usize>();
        let (base_theirs, base_ours) = (base(&theirs), base(&ours));
        let mut spectrum = Group::default();
        let group = if spectral {
            &mut spectrum
        } else {
            let sheet = sheets.iter().map(|&axis| block[axis].start + turn[axis]).collect();
            tally.maps.entry(sheet).or_default()
        };
        for (frequency, (from_theirs, from_ours)) in inner_theirs.iter().zip(&inner_ours).enumerate() {
            let reference = theirs.value(base_theirs + from_theirs);
            let result = ours.value(base_ours + from_ours);
            let size = (result - reference).norm();
            let here = |size: f64| {
                let outer_pairs = (0..outer).map(|axis| block[axis].start + turn[axis]);
                let pairs = outer_pairs.chain(spectral.then(|| block[outer].start + frequency)).collect();
                Some(Difference { size, result, reference, pairs })
            };
            if reference.is_finite() && result.is_finite() {
                tally.values += 1;
                group.magnitude = group.magnitude.max(reference.norm());
                if group.difference.as_ref().is_none_or(|worst| size > worst.size) {
                    group.difference = here(size);
                }
            } else if !same(reference, result) {
                tally.one_sided += 1;
                if tally.one_sided_at.is_none() {
                    tally.one_sided_at = here(0.0);
                }
            }
        }
        tally.spectra = larger(tally.spectra, spectrum.relative());
        let Some(axis) = (0..outer).rev().find(|&axis| turn[axis] + 1 < block[axis].len()) else { break };
        turn[axis] += 1;
        turn[axis + 1..].fill(0);
    }
    Ok(tally)
}
