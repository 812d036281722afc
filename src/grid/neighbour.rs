//! Where the neighbour beyond a face's last row or column is.

use serde::{Deserialize, Serialize};

use super::Extent;

/// Axes along which a plain grid wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Periodic {
    /// The column after the last is the first.
    pub i: bool,
    /// The row after the last is the first.
    pub j: bool,
}

/// What lies beyond the high edge of a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halo {
    /// Nothing: centred velocities of the last row or column are unknown.
    None,
    /// The same face's first row or column.
    Wrap,
}

impl Periodic {
    /// Beyond the last column.
    pub fn east(&self) -> Halo {
        if self.i { Halo::Wrap } else { Halo::None }
    }

    /// Beyond the last row.
    pub fn north(&self) -> Halo {
        if self.j { Halo::Wrap } else { Halo::None }
    }

    /// Whether cell (j, i) has both the neighbours that centring needs.
    pub fn complete(&self, extent: &Extent, j: usize, i: usize) -> bool {
        (i + 1 < extent.ni || self.i) && (j + 1 < extent.nj || self.j)
    }
}
