//! Where the values of a classic file's variables are.

use std::path::Path;

use super::header::{Header, Records, Variable};
use crate::source::SourceError;

/// A header with the lengths that follow from it.
#[derive(Debug)]
pub(super) struct Places {
    /// Records that are there.
    pub records: u64,
    /// Bytes from a record to the next.
    record_bytes: u64,
}

impl Places {
    /// Sums up the sizes, and checks that a file of `length` bytes holds all values.
    ///
    /// # Errors
    /// When sizes are beyond what can be counted, or the file is cut short.
    pub(super) fn find(path: &Path, header: &Header, length: u64) -> Result<Self, SourceError> {
        let too_large = |variable: &Variable| SourceError::Dataset {
            path: path.to_owned(),
            reason: format!("its header gives {} more bytes than can be counted", variable.name),
        };
        let mut slabs = Vec::with_capacity(header.variables.len());
        for variable in &header.variables {
            slabs.push(slab_bytes(header, variable).ok_or_else(|| too_large(variable))?);
        }
        let in_records = || header.variables.iter().zip(&slabs).filter(|(variable, _)| header.is_record(variable));
        // The values of a single record variable follow each other without padding.
        let padding = if in_records().count() == 1 { 1 } else { 4 };
        let mut record_bytes = 0_u64;
        for (variable, slab) in in_records() {
            let padded = slab.checked_next_multiple_of(padding).and_then(|padded| record_bytes.checked_add(padded));
            record_bytes = padded.ok_or_else(|| too_large(variable))?;
        }
        let records = match header.records {
            Records::Count(count) => count,
            Records::ByLength => {
                let first = in_records().map(|(variable, _)| variable.begin).min().unwrap_or(length);
                length.saturating_sub(first).checked_div(record_bytes).unwrap_or(0)
            }
        };
        let places = Places { records, record_bytes };
        let mut end = (0, "");
        for (variable, slab) in header.variables.iter().zip(slabs) {
            let last = if header.is_record(variable) {
                (records > 0).then(|| (records - 1).checked_mul(record_bytes)?.checked_add(slab))
            } else {
                Some(Some(slab))
            };
            let Some(bytes) = last else { continue };
            let after = bytes.and_then(|bytes| bytes.checked_add(variable.begin)).ok_or_else(|| too_large(variable))?;
            end = end.max((after, variable.name.as_str()));
        }
        if end.0 > length {
            return Err(SourceError::Length {
                path: path.to_owned(),
                got: length,
                expected: end.0,
                why: format!("by its header, to the end of {}", end.1),
                more: String::new(),
            });
        }
        Ok(places)
    }

    /// Length of each dimension of a variable.
    pub(super) fn shape(&self, header: &Header, variable: &Variable) -> Vec<u64> {
        let length = |place: &usize| match header.dimensions[*place].1 {
            0 => self.records,
            length => length,
        };
        variable.dimensions.iter().map(length).collect()
    }

    /// Bytes from a value to the next along each dimension of a variable.
    pub(super) fn strides(&self, header: &Header, variable: &Variable) -> Vec<u64> {
        let mut strides: Vec<u64> = variable.dimensions.iter().map(|_| self.record_bytes).collect();
        let mut stride = variable.of.bytes();
        for (place, out) in variable.dimensions.iter().zip(&mut strides).rev() {
            let length = header.dimensions[*place].1;
            if length > 0 {
                *out = stride;
                // Counted before, by `slab_bytes`.
                stride = stride.saturating_mul(length);
            }
        }
        strides
    }
}

impl Header {
    /// Whether a variable has a part in every record.
    pub(super) fn is_record(&self, variable: &Variable) -> bool {
        variable.dimensions.first().is_some_and(|place| self.dimensions[*place].1 == 0)
    }
}

/// Bytes of a variable, of one in records those in one record.
fn slab_bytes(header: &Header, variable: &Variable) -> Option<u64> {
    let lengths = variable.dimensions.iter().map(|place| header.dimensions[*place].1);
    lengths.filter(|length| *length > 0).try_fold(variable.of.bytes(), u64::checked_mul)
}
