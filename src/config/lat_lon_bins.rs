//! `[bins]`: means over longitude-latitude bins.

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::RawBins;
use crate::terms::Depths;

/// Means of bands over longitude-latitude bins.
#[derive(Clone, Debug, PartialEq)]
pub struct LatLonBins {
    /// Degrees of longitude of a bin; 360 over it is a whole number.
    pub lon_degrees: f64,
    /// Degrees of latitude of a bin; 180 over it is a whole number.
    pub lat_degrees: f64,
    /// Depths of the sea floor that count.
    pub depths: Depths,
}

const DEFAULT_WIDTH: f64 = 1.0;

impl LatLonBins {
    pub(super) fn check(raw: RawBins, document: &Document) -> Result<LatLonBins, ConfigError> {
        let width = raw.width.unwrap_or_else(|| vec![DEFAULT_WIDTH; 2]);
        let [lon_degrees, lat_degrees] =
            check::two(document, "bins.width", width, "degrees of longitude, degrees of latitude")?;
        check::bin_width(document, "bins.width[0]", lon_degrees, 360.0)?;
        check::bin_width(document, "bins.width[1]", lat_degrees, 180.0)?;
        Ok(LatLonBins { lon_degrees, lat_degrees, depths: check::depths(document, "bins.depth", raw.depth)? })
    }

    pub(super) fn raw(&self) -> RawBins {
        RawBins {
            width: Some(vec![self.lon_degrees, self.lat_degrees]),
            depth: Some(vec![self.depths.from, self.depths.to]),
        }
    }
}
