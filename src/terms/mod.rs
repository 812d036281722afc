//! The words that every room shares: plain data with units, what is within an outline, the machine's vectors; no I/O.
//!
//! Any room may import this one; it imports none.

mod averaging;
mod band;
mod base64;
mod calendar;
mod component;
mod date_time;
mod instruction_set;
mod longitude;
mod method;
mod outline;
#[cfg(test)]
mod outlines;
mod polygon;
mod quantity;
mod region;
mod ring;
mod sample;
mod strips;
#[cfg(test)]
mod texts;
mod wall_time;

pub use averaging::Averaging;
pub use band::{Band, BandLimit};
pub use base64::base64;
pub use calendar::Calendar;
pub use component::Component;
pub use date_time::DateTime;
pub use instruction_set::{InstructionSet, VectorLoop};
pub use method::{Detrend, Precision, Window};
pub use outline::{Outline, Polygons};
pub use polygon::Polygon;
pub use quantity::{Bytes, CyclesPerDay, ParseTermError, Seconds, short};
pub use region::{Depths, Region};
pub use ring::RingError;
pub use sample::{LANES, Line, Sample};
pub use wall_time::WallTime;

/// Seconds in a day of the frequency unit, cycles per day.
pub const SECONDS_PER_DAY: f64 = 86_400.0;

/// Time steps of a model, and intervals of its snapshots, that there can be [s]: what lies beyond is a slip of the pen.
pub const TIME_STEPS: std::ops::RangeInclusive<f64> = 1e-6..=36_500.0 * SECONDS_PER_DAY;

/// Earth's rotation rate [rad s-1]: 2π over MITgcm's default `rotationPeriod` of 86164 s.
pub const OMEGA: f64 = 2.0 * std::f64::consts::PI / 86_164.0;

/// Inertial frequency f0 = 2 Ω sin(latitude), signed, positive north, in cycles per day.
///
/// `latitude` is in degrees.
pub fn inertial_frequency(latitude: f64) -> CyclesPerDay {
    let radians_per_second = 2.0 * OMEGA * latitude.to_radians().sin();
    CyclesPerDay(radians_per_second * SECONDS_PER_DAY / (2.0 * std::f64::consts::PI))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inertial_frequency_is_signed_and_in_cycles_per_day() {
        let at_30_north = inertial_frequency(30.0).0;
        assert!((at_30_north - 86_400.0 / 86_164.0).abs() < 1e-12);
        assert_eq!(inertial_frequency(-30.0).0, -at_30_north);
        assert_eq!(inertial_frequency(0.0).0, 0.0);
    }
}
