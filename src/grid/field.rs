//! Names of grid fields.

use serde::{Deserialize, Serialize};

/// A field of the grid, by MITgcm's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GridField {
    /// Longitude of cell centres [degrees east].
    Xc,
    /// Latitude of cell centres [degrees north].
    Yc,
    /// Depth of the sea floor [m].
    Depth,
    /// Area of cells around the centres [m2].
    Ra,
    /// Open share of a cell.
    HFacC,
    /// Open share of a cell's west face.
    HFacW,
    /// Open share of a cell's south face.
    HFacS,
    /// Cosine of the angle from the grid's i axis to east.
    AngleCs,
    /// Sine of the angle from the grid's i axis to east.
    AngleSn,
}

impl GridField {
    /// Every field.
    pub const ALL: [GridField; 9] = [
        GridField::Xc,
        GridField::Yc,
        GridField::Depth,
        GridField::Ra,
        GridField::HFacC,
        GridField::HFacW,
        GridField::HFacS,
        GridField::AngleCs,
        GridField::AngleSn,
    ];

    /// The name in MITgcm's output.
    pub fn name(self) -> &'static str {
        match self {
            GridField::Xc => "XC",
            GridField::Yc => "YC",
            GridField::Depth => "Depth",
            GridField::Ra => "RAC",
            GridField::HFacC => "hFacC",
            GridField::HFacW => "hFacW",
            GridField::HFacS => "hFacS",
            GridField::AngleCs => "AngleCS",
            GridField::AngleSn => "AngleSN",
        }
    }

    /// Whether the field is given at every level.
    pub fn has_levels(self) -> bool {
        matches!(self, GridField::HFacC | GridField::HFacW | GridField::HFacS)
    }

    /// Other names under which copies of the field go.
    pub fn aliases(self) -> &'static [&'static str] {
        match self {
            GridField::Ra => &["rA", "RA"],
            GridField::AngleCs => &["CS"],
            GridField::AngleSn => &["SN"],
            _ => &[],
        }
    }
}
