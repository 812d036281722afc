//! One lane group of time series in, estimates out; pure.
//!
//! In: u and v of 16 neighbouring locations, each `&[Line<T>]` of `steps` lines [time][lane] in m s-1, T being
//! f32 or f64, with NaN where a sample is missing; the angles to east and north; scratch that the caller owns. Short
//! gaps may be filled first, linearly in time; segments that touch any other are left out.
//! Out: rotary spectra S_ww [m2 s-2 d], 16 rows [lane][frequency], two-sided and ascending from -Nyquist; means,
//! variances, segments used and degrees of freedom by lane; energies of bands [m2 s-2]; where asked for, spectra of classes of
//! segments, and the cross-spectra from which components and ellipses come. Of one scalar in place of u and v:
//! one-sided spectra [unit2 d], 16 rows of N/2 + 1 frequencies from 0, with the same statistics, and variances of bands. The
//! inner calls neither allocate nor fail, and a lane's numbers do not depend on its neighbours.
//!
//! Any room may call this one; it calls only `terms`. Sums are float64 in either precision.

mod band;
mod chi_squared;
mod cross;
mod dof;
mod dpss;
mod ellipse;
mod energy_dof;
mod error;
mod frequency;
mod gaps;
mod group;
mod moments;
mod power;
mod rows;
mod segment_classes;
mod segment_cost;
mod segments;
#[doc(hidden)]
pub mod stages;
mod transform;
mod turn;
mod welch;
mod window;

#[cfg(test)]
mod truth;

pub use rustfft::num_complex::Complex;

pub use band::{RotaryEnergy, band_energy, band_variance};
pub use chi_squared::{chi_squared_quantile, confidence_factors};
pub use dof::SegmentCorrelation;
pub use ellipse::{Ellipse, RotaryBin};
pub use energy_dof::{BinCovariance, band_energy_dof, kinetic_energy_dof};
pub use error::SpectrumError;
pub use frequency::{
    ascending_frequencies, ascending_start, frequency_step, one_sided_bins, one_sided_frequencies, zero_index,
};
pub use gaps::GapCounts;
pub use group::{GroupSummary, Rotation, ScalarSummary, Summary};
pub use segment_classes::SegmentClasses;
pub use segment_cost::{LengthCost, SegmentCost};
pub use segments::{SegmentSet, Segmentation};
pub use welch::{Extras, Welch, WelchScratch, WelchSpec};
pub use window::{equivalent_noise_bandwidth, window_coefficients};
