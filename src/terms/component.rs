//! The arrays that spectra of the components of a velocity give.

use std::fmt;
use std::str::FromStr;

use super::ParseTermError;

/// What `[components] keep` may name; one array each, but four for the ellipse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// One-sided spectrum of the eastward velocity.
    Suu,
    /// One-sided spectrum of the northward velocity.
    Svv,
    /// One-sided cross-spectrum, complex.
    Suv,
    /// One-sided spectrum of kinetic energy, 1/2 (S_uu + S_vv).
    KineticEnergy,
    /// (S_ccw - S_cw) / (S_ccw + S_cw).
    RotaryCoefficient,
    /// Semi-axes, inclination and stability of the ellipse of each frequency.
    Ellipse,
}

impl Component {
    /// All, in the order of the result.
    pub const ALL: [Component; 6] = [
        Component::Suu,
        Component::Svv,
        Component::Suv,
        Component::KineticEnergy,
        Component::RotaryCoefficient,
        Component::Ellipse,
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Component::Suu => "S_uu",
            Component::Svv => "S_vv",
            Component::Suv => "S_uv",
            Component::KineticEnergy => "ke_psd",
            Component::RotaryCoefficient => "rotary_coefficient",
            Component::Ellipse => "ellipse",
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Component {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        Component::ALL.into_iter().find(|component| component.name() == text).ok_or_else(|| ParseTermError {
            text: text.to_owned(),
            reason: "is none of \"S_uu\", \"S_vv\", \"S_uv\", \"ke_psd\", \"rotary_coefficient\", \"ellipse\"".into(),
        })
    }
}
