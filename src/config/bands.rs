//! `[[bands]]`: frequency bands whose kinetic energy is kept.

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::{RawBand, RawLimit};
use crate::terms::{Band, BandLimit};

/// Names are not empty and differ; a band that would be empty at every latitude is refused.
pub(super) fn check(raw: Vec<RawBand>, document: &Document) -> Result<Vec<Band>, ConfigError> {
    let mut bands: Vec<Band> = Vec::with_capacity(raw.len());
    for (at, raw) in raw.into_iter().enumerate() {
        let key = |name: &str| format!("bands[{at}].{name}");
        let name = raw.name.ok_or_else(|| document.wrong(&key("name"), "is not given; each band needs a name"))?;
        let name = check::not_empty(document, &key("name"), name)?;
        if name.contains(char::is_control) {
            return Err(document.wrong(&key("name"), "holds a control character; a name is letters, digits and blanks"));
        }
        if let Some(first) = bands.iter().position(|band| band.name == name) {
            let message = format!("\"{name}\" is the name of bands[{first}] already; names must differ");
            return Err(document.wrong(&key("name"), message));
        }
        let limits = raw.limits.ok_or_else(|| {
            document.wrong(&key("limits"), "is not given; each band needs limits, for example [\"0.9 f\", \"1.1 f\"]")
        })?;
        let written = check::two(document, &key("limits"), limits, "[low, high]")?.map(|limit| match limit {
            RawLimit::Number(number) => number.to_string(),
            RawLimit::Text(text) => text,
        });
        let low: BandLimit = check::term(document, &key("limits[0]"), &written[0])?;
        let high: BandLimit = check::term(document, &key("limits[1]"), &written[1])?;
        if never_below(low, high) {
            let message = format!("the low limit {low} is nowhere below the high limit {high}");
            return Err(document.wrong(&key("limits"), message));
        }
        bands.push(Band { name, limits: [low, high], written });
    }
    Ok(bands)
}

pub(super) fn raw(bands: &[Band]) -> Vec<RawBand> {
    bands
        .iter()
        .map(|band| RawBand {
            name: Some(band.name.clone()),
            limits: Some(band.written.iter().cloned().map(RawLimit::Text).collect()),
        })
        .collect()
}

/// Whether `low` is at or above `high` for every inertial frequency, which is 0 or above.
fn never_below(low: BandLimit, high: BandLimit) -> bool {
    // Each limit is a straight line in |f0|: a multiple of it, and a fixed part in cpd.
    let line = |limit| match limit {
        BandLimit::Fixed(frequency) => (0.0, frequency.0),
        BandLimit::Relative(multiple) => (multiple, 0.0),
        BandLimit::Offset(offset) => (1.0, offset.0),
    };
    let ((low_multiple, low_fixed), (high_multiple, high_fixed)) = (line(low), line(high));
    low_multiple >= high_multiple && low_fixed >= high_fixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_compared_where_they_can_be() {
        for (low, high, empty) in [
            ("1", "2", false),
            ("2", "2", true),
            ("2 cpd", "1", true),
            ("0.9 f", "1.1 f", false),
            ("1.1 f", "0.9 f", true),
            ("f - 0.1 cpd", "f + 0.1 cpd", false),
            ("f + 0.1 cpd", "f - 0.1 cpd", true),
            ("f", "f + 0.1 cpd", false),
            ("f + 0.1 cpd", "f", true),
            ("f + 0.1 cpd", "0.9 f", true),
            ("1.8", "1.1 f", false),
            ("1.1 f", "1.8", false),
            ("2", "f - 1 cpd", false),
            ("0", "f", false),
        ] {
            assert_eq!(never_below(low.parse().unwrap(), high.parse().unwrap()), empty, "{low} to {high}");
        }
    }
}
