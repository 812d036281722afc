//! What the tables of products need of each other and of the input.

use super::Config;
use super::error::ConfigError;
use super::spectrogram::SpectrogramKind;

/// Refuses products of what is not computed.
///
/// # Errors
/// [`ConfigError::Value`] at the table, or the word, that needs something.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let wrong = |key: &str, message: &str| Err(config.document.wrong(key, message));
    if config.input.variables.velocity.is_none() {
        let given = [("spectrogram", config.spectrogram.is_some()), ("components", config.components.is_some())];
        if let Some((key, _)) = given.iter().find(|(_, given)| *given) {
            let message = "is of a velocity, and scalar in [input] stands alone; u and v beside it, or leave this out";
            return wrong(key, message);
        }
    }
    let kept = config.spectrogram.as_ref().map_or(&[][..], |spectrogram| &spectrogram.keep);
    for (at, kind) in kept.iter().enumerate() {
        let (there, needed) = match kind {
            SpectrogramKind::Points => (true, ""),
            SpectrogramKind::Zonal => (config.zonal.is_some(), "[zonal]"),
            SpectrogramKind::Regions => (!config.regions.is_empty(), "[[regions]]"),
            SpectrogramKind::Bins => (config.bins.is_some(), "[bins]"),
            SpectrogramKind::Bands => (!config.bands.is_empty(), "[[bands]]"),
        };
        if !there {
            let message = format!("is \"{}\", and there is no {needed}; add it, or leave this out", kind.name());
            return wrong(&format!("spectrogram.keep[{at}]"), &message);
        }
    }
    if config.bins.is_some() && config.bands.is_empty() && !kept.contains(&SpectrogramKind::Bins) {
        return wrong(
            "bins",
            "is for means of bands, and there are no [[bands]]; add one, or keep = [\"bins\"] in [spectrogram]",
        );
    }
    Ok(())
}
