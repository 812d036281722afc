//! The TOML as typed: every key optional, nothing checked but the type. The checked types are
//! written through these too, so that what is read and what is written have the same names.
//!
//! Whole numbers are `i64` and pairs are lists here, so that a wrong sign or length meets a message
//! that knows the key's meaning.

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawConfig {
    pub(super) input: RawInput,
    pub(super) prepare: RawPrepare,
    pub(super) select: RawSelect,
    pub(super) spectrum: RawSpectrum,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) bands: Vec<RawBand>,
    pub(super) zonal: Option<RawZonal>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) regions: Vec<RawRegion>,
    pub(super) bins: Option<RawBins>,
    pub(super) spectrogram: Option<RawSpectrogram>,
    pub(super) components: Option<RawComponents>,
    pub(super) output: RawOutput,
    pub(super) run: RawRun,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawInput {
    pub(super) format: Option<String>,
    pub(super) path: Option<RawNames>,
    pub(super) pattern: Option<String>,
    pub(super) grid: Option<String>,
    pub(super) layout: Option<String>,
    pub(super) u: Option<String>,
    pub(super) v: Option<String>,
    pub(super) scalar: Option<Vec<String>>,
    pub(super) level: Option<i64>,
    pub(super) record: Option<RawRecords>,
    pub(super) timestep: Option<String>,
    pub(super) epoch: Option<RawDate>,
    pub(super) endian: Option<String>,
    pub(super) dtype: Option<String>,
    pub(super) shape: Option<Vec<i64>>,
    pub(super) periodic: Option<Vec<String>>,
    pub(super) shrunk_mask: Option<String>,
    pub(super) u_face: Option<String>,
    pub(super) v_face: Option<String>,
    pub(super) missing_chunks: Option<String>,
    pub(super) dimensions: Option<RawDimensions>,
    pub(super) grid_names: Option<RawGridNames>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "must be a text, or a list of texts")]
pub(super) enum RawNames {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawDimensions {
    pub(super) time: Option<RawNames>,
    pub(super) level: Option<RawNames>,
    pub(super) face: Option<RawNames>,
    pub(super) j: Option<RawNames>,
    pub(super) i: Option<RawNames>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawGridNames {
    #[serde(rename = "XC")]
    pub(super) xc: Option<RawNames>,
    #[serde(rename = "YC")]
    pub(super) yc: Option<RawNames>,
    #[serde(rename = "Depth")]
    pub(super) depth: Option<RawNames>,
    #[serde(rename = "rA")]
    pub(super) area: Option<RawNames>,
    #[serde(rename = "hFacC")]
    pub(super) hfac_c: Option<RawNames>,
    #[serde(rename = "hFacW")]
    pub(super) hfac_w: Option<RawNames>,
    #[serde(rename = "hFacS")]
    pub(super) hfac_s: Option<RawNames>,
    #[serde(rename = "AngleCS")]
    pub(super) angle_cs: Option<RawNames>,
    #[serde(rename = "AngleSN")]
    pub(super) angle_sn: Option<RawNames>,
    pub(super) angle: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(
    untagged,
    expecting = "must be a number, counted from 1, or the name of a field in quotes; or a list of these, one for each variable"
)]
pub(super) enum RawRecords {
    One(RawRecord),
    Several(Vec<RawRecord>),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
pub(super) enum RawRecord {
    Number(i64),
    Name(String),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "must be a date or a date with time")]
pub(super) enum RawDate {
    Toml(Datetime),
    Text(String),
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawPrepare {
    pub(super) centre: Option<bool>,
    pub(super) rotate: Option<bool>,
    pub(super) valid_range: Option<Vec<f64>>,
    pub(super) missing: Option<RawMissing>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "must be \"fail\", \"reject\" or { interpolate = STEPS }")]
pub(super) enum RawMissing {
    Word(String),
    Table(RawInterpolate),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawInterpolate {
    pub(super) interpolate: i64,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawSelect {
    pub(super) faces: Option<Vec<i64>>,
    pub(super) lon: Option<Vec<f64>>,
    pub(super) lat: Option<Vec<f64>>,
    pub(super) i: Option<Vec<i64>>,
    pub(super) j: Option<Vec<i64>>,
    pub(super) stride: Option<i64>,
    pub(super) time: Option<Vec<RawDate>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawSpectrum {
    pub(super) method: Option<String>,
    pub(super) segment: Option<String>,
    pub(super) overlap: Option<f64>,
    pub(super) window: Option<String>,
    pub(super) detrend: Option<String>,
    pub(super) precision: Option<String>,
    pub(super) confidence: Option<f64>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawBand {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preset: Option<String>,
    pub(super) name: Option<String>,
    pub(super) limits: Option<Vec<RawLimit>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(
    untagged,
    expecting = "a limit must be a number (cycles per day) or text such as \"0.9 f\", \"f + 0.1 cpd\", \"nyquist\""
)]
pub(super) enum RawLimit {
    Number(f64),
    Text(String),
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawZonal {
    pub(super) width: Option<f64>,
    pub(super) depth: Option<Vec<f64>>,
    pub(super) f_ratio_limit: Option<f64>,
    pub(super) f_ratio_step: Option<f64>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawRegion {
    pub(super) name: Option<String>,
    pub(super) lon: Option<Vec<f64>>,
    pub(super) lat: Option<Vec<f64>>,
    pub(super) geojson: Option<String>,
    pub(super) depth: Option<Vec<f64>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawBins {
    pub(super) width: Option<Vec<f64>>,
    pub(super) depth: Option<Vec<f64>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawSpectrogram {
    pub(super) average: Option<String>,
    pub(super) keep: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawComponents {
    pub(super) keep: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawOutput {
    pub(super) path: Option<String>,
    pub(super) spectrum: Option<bool>,
    pub(super) codec: Option<String>,
    pub(super) keep_bits: Option<i64>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub(super) struct RawRun {
    pub(super) memory: Option<String>,
    pub(super) threads: Option<i64>,
    pub(super) walltime: Option<RawWallTime>,
    pub(super) stall_timeout: Option<String>,
}

/// `11:50:00` without quotes is a time of the day to TOML.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged, expecting = "must be a time in quotes")]
pub(super) enum RawWallTime {
    Text(String),
    Toml(Datetime),
}
