//! `[[bands]]`: frequency bands whose kinetic energy is kept, one by one or as a preset.

use super::band_preset::PRESETS;
use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::{RawBand, RawLimit};
use crate::terms::{Band, BandLimit};

/// A band and the key that it comes from, as in `bands[0].limits`.
type Keyed = (Band, String);

/// The bands of all entries in their order, each with the key of its limits; an entry is a preset, or one band. Names are
/// not empty and differ; a band that would be empty at every latitude is refused.
pub(super) fn check(raw: Vec<RawBand>, document: &Document) -> Result<(Vec<Band>, Vec<String>), ConfigError> {
    let mut bands: Vec<Keyed> = Vec::with_capacity(raw.len());
    for (at, raw) in raw.into_iter().enumerate() {
        let key = |name: &str| format!("bands[{at}].{name}");
        if let Some(word) = &raw.preset {
            let key = key("preset");
            if raw.name.is_some() || raw.limits.is_some() {
                let message =
                    "stands alone: its bands have their names and limits; a band of your own is another [[bands]]";
                return Err(document.wrong(&key, message));
            }
            let preset = check::choice(document, &key, word, &PRESETS)?;
            for (name, limits) in preset {
                if let Some((_, first)) = bands.iter().find(|(band, _)| band.name == *name) {
                    let message =
                        format!("its band \"{name}\" has the name of one of {}; names must differ", entry(first));
                    return Err(document.wrong(&key, message));
                }
                bands.push((band((*name).to_owned(), limits.map(str::to_owned), [&key; 2], document)?, key.clone()));
            }
            continue;
        }
        let name = raw.name.ok_or_else(|| {
            document
                .wrong(&key("name"), "is not given; each band needs a name, or the entry is preset = \"literature\"")
        })?;
        let name = check::not_empty(document, &key("name"), name)?;
        if name.contains(char::is_control) {
            return Err(document.wrong(&key("name"), "holds a control character; a name is letters, digits and blanks"));
        }
        if let Some((_, first)) = bands.iter().find(|(band, _)| band.name == name) {
            let of = if first.ends_with(".preset") { "a band" } else { "the name" };
            let message = format!("\"{name}\" is {of} of {} already; names must differ", entry(first));
            return Err(document.wrong(&key("name"), message));
        }
        let limits = raw.limits.ok_or_else(|| {
            document.wrong(&key("limits"), "is not given; each band needs limits, for example [\"0.9 f\", \"1.1 f\"]")
        })?;
        let written = check::two(document, &key("limits"), limits, "[low, high]")?.map(|limit| match limit {
            RawLimit::Number(number) => number.to_string(),
            RawLimit::Text(text) => text,
        });
        let band = band(name, written, [&key("limits[0]"), &key("limits[1]")], document)?;
        if never_below(band.limits[0], band.limits[1]) {
            let message =
                format!("the low limit {} is nowhere below the high limit {}", band.limits[0], band.limits[1]);
            return Err(document.wrong(&key("limits"), message));
        }
        bands.push((band, key("limits")));
    }
    Ok(bands.into_iter().unzip())
}

/// The entry `bands[0]` of the key `bands[0].limits`.
fn entry(key: &str) -> &str {
    key.split_once('.').map_or(key, |(entry, _)| entry)
}

fn band(name: String, written: [String; 2], keys: [&str; 2], document: &Document) -> Result<Band, ConfigError> {
    let low: BandLimit = check::term(document, keys[0], &written[0])?;
    let high: BandLimit = check::term(document, keys[1], &written[1])?;
    Ok(Band { name, limits: [low, high], written })
}

pub(super) fn raw(bands: &[Band]) -> Vec<RawBand> {
    bands
        .iter()
        .map(|band| RawBand {
            preset: None,
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
        BandLimit::Nyquist => (0.0, f64::INFINITY),
    };
    if low == BandLimit::Nyquist {
        return true;
    }
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
            ("2.1", "nyquist", false),
            ("f + 2 cpd", "nyquist", false),
            ("nyquist", "2.1", true),
            ("nyquist", "1.1 f", true),
            ("nyquist", "nyquist", true),
        ] {
            assert_eq!(never_below(low.parse().unwrap(), high.parse().unwrap()), empty, "{low} to {high}");
        }
    }
}
