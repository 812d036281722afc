//! `[prepare]`: what is done to a snapshot before the exchange.

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::input::Variables;
use super::raw::{RawInterpolate, RawMissing, RawPrepare};

/// Centring, rotation and quality control.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepare {
    /// Bring a C grid's u and v to the cell centres; if not, they are taken to be at one point.
    pub centre: bool,
    /// Rotate to east and north.
    pub rotate: bool,
    /// Least and greatest believable value as stored, of every field, land exempt; none where scalars are analysed and
    /// it is not given. [`Prepare::valid_range_of`] has it for a field.
    pub valid_range: Option<[f64; 2]>,
    /// What happens to a missing, truncated or out-of-range snapshot.
    pub missing: Missing,
}

/// Policy for a missing, truncated or out-of-range snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The run stops.
    Fail,
    /// Segments that touch it are left out.
    Reject,
    /// Linear in time over at most this many steps, at least 1.
    Interpolate(usize),
}

const WORDS: [(&str, Missing); 2] = [("fail", Missing::Fail), ("reject", Missing::Reject)];

/// Beyond any velocity in an ocean model [m s-1].
const VALID_VELOCITY: [f64; 2] = [-10.0, 10.0];

impl Prepare {
    pub(super) fn check(raw: RawPrepare, variables: &Variables, document: &Document) -> Result<Prepare, ConfigError> {
        let valid_range = match raw.valid_range {
            Some(list) => Some(valid_range(document, list)?),
            None => variables.scalars.is_empty().then_some(VALID_VELOCITY),
        };
        let missing = match raw.missing {
            None => Missing::Fail,
            Some(RawMissing::Word(word)) if word == "interpolate" => {
                let message = "needs a count of steps: missing = { interpolate = 3 }";
                return Err(document.wrong("prepare.missing", message));
            }
            Some(RawMissing::Word(word)) => check::choice(document, "prepare.missing", &word, &WORDS)?,
            Some(RawMissing::Table(RawInterpolate { interpolate })) => Missing::Interpolate(check::at_least(
                document,
                "prepare.missing.interpolate",
                interpolate,
                1,
                "it is the longest gap that is filled, in steps",
            )?),
        };
        Ok(Prepare { centre: raw.centre.unwrap_or(true), rotate: raw.rotate.unwrap_or(true), valid_range, missing })
    }

    /// Least and greatest believable value of a component of the velocity, or of a scalar; none: any number.
    pub fn valid_range_of(&self, velocity: bool) -> Option<[f64; 2]> {
        self.valid_range.or(velocity.then_some(VALID_VELOCITY))
    }

    pub(super) fn raw(&self) -> RawPrepare {
        RawPrepare {
            centre: Some(self.centre),
            rotate: Some(self.rotate),
            valid_range: self.valid_range.map(|range| range.to_vec()),
            missing: Some(match self.missing {
                Missing::Interpolate(steps) => RawMissing::Table(RawInterpolate { interpolate: steps as i64 }),
                Missing::Fail => RawMissing::Word("fail".to_owned()),
                Missing::Reject => RawMissing::Word("reject".to_owned()),
            }),
        }
    }
}

fn valid_range(document: &Document, list: Vec<f64>) -> Result<[f64; 2], ConfigError> {
    let [least, greatest] = check::two(document, "prepare.valid_range", list, "[least, greatest]")?;
    // Not a number fails this too; infinities are a way to leave one side open.
    if least < greatest {
        return Ok([least, greatest]);
    }
    let message = format!("is [{least}, {greatest}]; the least value must be below the greatest");
    Err(document.wrong("prepare.valid_range", message))
}
