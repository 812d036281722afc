//! A part of the sea by its outline and its depth.

use super::Outline;

/// A named part of the sea: the points within the outline whose depth is within the depths.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Name in the output's `region` coordinate.
    pub name: String,
    /// Depths of the sea floor.
    pub depths: Depths,
    /// Its edge.
    pub outline: Outline,
}

/// Depths [m], both limits within.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Depths {
    /// Shallowest.
    pub from: f64,
    /// Deepest; may be infinite.
    pub to: f64,
}

impl Depths {
    /// The whole sea.
    pub const ALL: Depths = Depths { from: 0.0, to: f64::INFINITY };

    /// Whether a depth is within; one that is not known (NaN) is within all depths only.
    pub fn contain(&self, depth: f64) -> bool {
        *self == Depths::ALL || (self.from..=self.to).contains(&depth)
    }
}

impl Default for Depths {
    fn default() -> Self {
        Depths::ALL
    }
}
