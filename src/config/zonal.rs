//! `[zonal]`: means over bins of latitude.

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::RawZonal;
use crate::terms::{Depths, short};

/// Means over bins of latitude.
#[derive(Clone, Debug, PartialEq)]
pub struct Zonal {
    /// Degrees of latitude of a bin; 180 over it is a whole number.
    pub width_degrees: f64,
    /// Depths of the sea floor that count.
    pub depths: Depths,
    /// Axis of spectra against frequency over f0; none: no such spectra.
    pub f_ratio: Option<RatioAxis>,
}

/// Bins of frequency over the signed inertial frequency, centred on whole multiples of the step from -limit to limit:
/// -1, 0 and 1 are centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RatioAxis {
    /// Last centre, at least 1; a whole number of steps.
    pub limit: f64,
    /// Width of a bin; 1 over it is a whole number.
    pub step: f64,
}

const DEFAULT_WIDTH: f64 = 1.0;
const DEFAULT_LIMIT: f64 = 3.0;
const DEFAULT_STEP: f64 = 0.05;
/// Ratios are bins of a spectrum, of which there is one for each latitude.
const STEPS_AT_MOST: f64 = 10_000.0;

impl Zonal {
    pub(super) fn check(raw: RawZonal, document: &Document) -> Result<Zonal, ConfigError> {
        let width_degrees = raw.width.unwrap_or(DEFAULT_WIDTH);
        check::bin_width(document, "zonal.width", width_degrees, 180.0)?;
        let limit = raw.f_ratio_limit.unwrap_or(DEFAULT_LIMIT);
        let step = raw.f_ratio_step.unwrap_or(DEFAULT_STEP);
        Ok(Zonal {
            width_degrees,
            depths: check::depths(document, "zonal.depth", raw.depth)?,
            f_ratio: ratio_axis(document, limit, step)?,
        })
    }

    pub(super) fn raw(&self) -> RawZonal {
        RawZonal {
            width: Some(self.width_degrees),
            depth: Some(vec![self.depths.from, self.depths.to]),
            f_ratio_limit: Some(self.f_ratio.map_or(0.0, |axis| axis.limit)),
            f_ratio_step: self.f_ratio.map(|axis| axis.step),
        }
    }
}

fn ratio_axis(document: &Document, limit: f64, step: f64) -> Result<Option<RatioAxis>, ConfigError> {
    let (limit_key, step_key) = ("zonal.f_ratio_limit", "zonal.f_ratio_step");
    if limit != 0.0 && !(1.0..=STEPS_AT_MOST).contains(&limit) {
        let message = format!(
            "is {limit}; it must be 1 to {STEPS_AT_MOST}, so that inertial motion, at -1, is within, or 0 for no spectra \
             scaled by f"
        );
        return Err(document.wrong(limit_key, message));
    }
    if !(step > 0.0 && step <= 1.0) {
        return Err(document.wrong(step_key, format!("is {step}; it must be above 0 and at most 1")));
    }
    if !check::is_whole(1.0 / step) {
        let near = check::nearest_parts(1.0, step);
        let message = format!("is {step}, and 1 / {step} is {}, no whole number; {near} would do", short(1.0 / step));
        return Err(document.wrong(step_key, message));
    }
    if limit == 0.0 {
        return Ok(None);
    }
    let steps = limit / step;
    if steps > STEPS_AT_MOST * (1.0 + 1e-9) {
        let message = format!("is {step}, {} steps up to {limit}; at most {STEPS_AT_MOST}", short(steps));
        return Err(document.wrong(step_key, message));
    }
    if !check::is_whole(steps) {
        let [below, above] = [steps.floor(), steps.ceil()].map(|count| short(count * step));
        let message =
            format!("is {limit}, {} steps of {step}, no whole number; {below} or {above} would do", short(steps));
        return Err(document.wrong(limit_key, message));
    }
    Ok(Some(RatioAxis { limit, step }))
}
