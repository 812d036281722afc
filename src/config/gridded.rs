//! The keys of `[input]` for files that describe themselves, netCDF and Zarr: names that differ from the known ones.

use super::check;
use super::document::Document;
use super::error::ConfigError;
use super::raw::{RawDimensions, RawGridNames, RawNames};

/// Names of dimensions; a role may have several, as staggered dimensions have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dimensions {
    /// Of time.
    pub time: Vec<String>,
    /// Of levels.
    pub level: Vec<String>,
    /// Of faces.
    pub face: Vec<String>,
    /// Of rows.
    pub j: Vec<String>,
    /// Of columns.
    pub i: Vec<String>,
}

/// Names of the grid's arrays; each may be the product of several, of which those after `1/` divide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GridNames {
    /// Longitude of cell centres.
    pub xc: Vec<String>,
    /// Latitude of cell centres.
    pub yc: Vec<String>,
    /// Depth of the sea floor.
    pub depth: Vec<String>,
    /// Area of cells.
    pub area: Vec<String>,
    /// Mask of cells.
    pub hfac_c: Vec<String>,
    /// Mask of west faces.
    pub hfac_w: Vec<String>,
    /// Mask of south faces.
    pub hfac_s: Vec<String>,
    /// Cosine of the angle from the columns' direction to east.
    pub angle_cs: Vec<String>,
    /// Sine of it.
    pub angle_sn: Vec<String>,
    /// The angle itself, in place of the two.
    pub angle: Option<String>,
}

/// The face of a cell on which a component of the velocity of the same index lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UFace {
    /// As in MITgcm.
    West,
    /// As in NEMO and ROMS.
    East,
}

/// See [`UFace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VFace {
    /// As in MITgcm.
    South,
    /// As in NEMO and ROMS.
    North,
}

/// What becomes of chunks that are not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingChunks {
    /// They hold the fill value, and are counted.
    Fill,
    /// They end the run.
    Fail,
}

pub(super) const U_FACES: [(&str, UFace); 2] = [("west", UFace::West), ("east", UFace::East)];
pub(super) const V_FACES: [(&str, VFace); 2] = [("south", VFace::South), ("north", VFace::North)];
pub(super) const MISSING_CHUNKS: [(&str, MissingChunks); 2] =
    [("fill", MissingChunks::Fill), ("fail", MissingChunks::Fail)];

/// Names of a key, one or several.
fn names(document: &Document, key: &str, raw: Option<RawNames>) -> Result<Vec<String>, ConfigError> {
    match raw {
        None => Ok(Vec::new()),
        Some(RawNames::One(name)) => Ok(vec![check::not_empty(document, key, name)?]),
        Some(RawNames::Several(names)) if names.is_empty() => {
            Err(document.wrong(key, "is empty; name at least one, or leave it out"))
        }
        Some(RawNames::Several(names)) => names
            .into_iter()
            .enumerate()
            .map(|(at, name)| check::not_empty(document, &format!("{key}[{at}]"), name))
            .collect(),
    }
}

fn raw_names(names: &[String]) -> Option<RawNames> {
    match names {
        [] => None,
        [one] => Some(RawNames::One(one.clone())),
        several => Some(RawNames::Several(several.to_vec())),
    }
}

impl Dimensions {
    pub(super) fn check(raw: RawDimensions, document: &Document) -> Result<Dimensions, ConfigError> {
        let of = |key: &str, raw| names(document, &format!("input.dimensions.{key}"), raw);
        let dimensions = Dimensions {
            time: of("time", raw.time)?,
            level: of("level", raw.level)?,
            face: of("face", raw.face)?,
            j: of("j", raw.j)?,
            i: of("i", raw.i)?,
        };
        let mut known: Vec<(&str, &String)> = Vec::new();
        for (role, names) in dimensions.by_role() {
            for name in names {
                if let Some((other, _)) = known.iter().find(|(_, of)| *of == name) {
                    let message = format!("\"{name}\" is said to be {other} as well");
                    return Err(document.wrong(&format!("input.dimensions.{role}"), message));
                }
                known.push((role, name));
            }
        }
        Ok(dimensions)
    }

    fn by_role(&self) -> [(&'static str, &[String]); 5] {
        [("time", &self.time), ("level", &self.level), ("face", &self.face), ("j", &self.j), ("i", &self.i)]
    }

    pub(super) fn raw(&self) -> Option<RawDimensions> {
        (*self != Dimensions::default()).then(|| RawDimensions {
            time: raw_names(&self.time),
            level: raw_names(&self.level),
            face: raw_names(&self.face),
            j: raw_names(&self.j),
            i: raw_names(&self.i),
        })
    }
}

impl GridNames {
    pub(super) fn check(raw: RawGridNames, document: &Document) -> Result<GridNames, ConfigError> {
        let of = |key: &str, raw| names(document, &format!("input.grid_names.{key}"), raw);
        Ok(GridNames {
            xc: of("XC", raw.xc)?,
            yc: of("YC", raw.yc)?,
            depth: of("Depth", raw.depth)?,
            area: of("rA", raw.area)?,
            hfac_c: of("hFacC", raw.hfac_c)?,
            hfac_w: of("hFacW", raw.hfac_w)?,
            hfac_s: of("hFacS", raw.hfac_s)?,
            angle_cs: of("AngleCS", raw.angle_cs)?,
            angle_sn: of("AngleSN", raw.angle_sn)?,
            angle: raw.angle.map(|name| check::not_empty(document, "input.grid_names.angle", name)).transpose()?,
        })
    }

    pub(super) fn raw(&self) -> Option<RawGridNames> {
        (*self != GridNames::default()).then(|| RawGridNames {
            xc: raw_names(&self.xc),
            yc: raw_names(&self.yc),
            depth: raw_names(&self.depth),
            area: raw_names(&self.area),
            hfac_c: raw_names(&self.hfac_c),
            hfac_w: raw_names(&self.hfac_w),
            hfac_s: raw_names(&self.hfac_s),
            angle_cs: raw_names(&self.angle_cs),
            angle_sn: raw_names(&self.angle_sn),
            angle: self.angle.clone(),
        })
    }
}
