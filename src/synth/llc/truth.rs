//! What is in a lat-lon-cap record, for comparison with what an analysis finds.

use serde::Serialize;

use super::LlcSpec;
use super::currents::{Currents, SeaLevel};
use super::record::LEVEL_FACTOR;

/// The content of `truth.json`. Speeds in m s-1, frequencies in cycles per day; vectors have their third component along
/// the earth's axis and their first at longitude 0.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LlcTruth {
    /// Version of the program that made the data.
    pub oceanspec_version: &'static str,
    /// The specification.
    pub spec: LlcSpec,
    /// Ω [rad s-1] behind f0.
    pub omega: f64,
    /// Time from the first snapshot at which t = 0 [s].
    pub phase_reference_seconds: f64,
    /// Speed of a level over that of the one above.
    pub level_factor: f64,
    /// The formulas, in words.
    pub formulas: Formulas,
    /// The currents of the uppermost level.
    pub currents: Currents,
    /// The sea level.
    pub sea_level: Option<SeaLevel>,
}

/// The formulas, in words.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Formulas {
    place: &'static str,
    velocity: &'static str,
    mean: &'static str,
    tide: &'static str,
    tide_circles: &'static str,
    inertial: &'static str,
    components: &'static str,
    centring: &'static str,
    inertial_centred: &'static str,
    edges: &'static str,
    sea_level: &'static str,
}

const FORMULAS: Formulas = Formulas {
    place: "r = (cos lat cos lon, cos lat sin lon, sin lat); east = (-sin lon, cos lon, 0), north = (-sin lat cos lon, \
            -sin lat sin lon, cos lat); x is the vector product, . the scalar product; t = 0 at phase_reference_seconds after \
            the first snapshot",
    velocity: "the sum of mean, tides and inertial",
    mean: "rotation x r",
    tide: "(cosine x r) cos p + (sine x r) sin p, p = 2 pi frequency t - wavenumber . r + phase",
    tide_circles: "with b = east . (cosine x r) + i north . (cosine x r), c the same of sine: |b - i c| / 2 is the radius of \
                   the counter-clockwise circle, at plus the frequency, |b + i c| / 2 that of the clockwise one; the variance \
                   of w that the tide adds is the sum of their squares, and half of it is kinetic energy",
    inertial: "amplitude (2 z)^3 (1 - z^2) ((Z x r) cos q - (Z - z r) sin q), q = 2 pi f0 t + wavenumber . r + phase, \
               Z = (0, 0, 1), z = sin lat, f0 = 2 omega sin lat in cycles per day: a circle of radius \
               amplitude |sin 2 lat|^3 at -f0",
    components: "U and V are the components along two axes at right angles, at the middle of the cell's west and south side: \
                 along i and j on faces 0-5 and 7-12; on the cap, face 6, normal and tangent to its edge at the edge, turning \
                 smoothly between the edges, up to 50 degrees off its grid lines, which are not at right angles near the edge. \
                 AngleCS and AngleSN turn these axes, at the centres, to east and north",
    centring: "u_c = (U + that of the east side) / 2, v_c alike, then turned by AngleCS, AngleSN: the velocity at XC, YC but \
               for an error of second order in the size of the cell, largest at the land around the cap's four corners, where \
               the axes turn fast; where a side is dry (hFacW or hFacS is 0), it counts as 0",
    inertial_centred: "f0 is that of each side's own latitude, so the mean of two sides of different f0 is the product of \
                       the cell's circle and cos(pi (f0 of one - f0 of the other) t): over a long record on a coarse grid the \
                       line is wider and lower than the formula at the centre says. On faces 0-5 that is so of v, on 7-12 \
                       of u, on the cap of both",
    edges: "faces 9 and 12 have no cell past i = nx - 1 (Antarctica): no centred velocity there. The south sides of faces 0 and \
            3 are open where their cells are, though no cell lies behind them",
    sea_level: "Eta at XC, YC: steady . r + amplitude cos(2 pi frequency t - wavenumber . r + phase); its line has the variance \
                amplitude^2 / 2",
};

impl LlcTruth {
    /// The truth about the data that [`synthesise_llc`](super::synthesise_llc) makes of a specification.
    pub fn of(spec: &LlcSpec) -> LlcTruth {
        LlcTruth {
            oceanspec_version: env!("CARGO_PKG_VERSION"),
            spec: spec.clone(),
            omega: crate::terms::OMEGA,
            phase_reference_seconds: spec.times().phase_reference_seconds(),
            level_factor: f64::from(LEVEL_FACTOR),
            formulas: FORMULAS,
            currents: Currents::of(spec),
            sea_level: spec.scalar.then(SeaLevel::usual),
        }
    }
}
