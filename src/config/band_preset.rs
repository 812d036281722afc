//! Bands that the literature has in common, by one word.

/// A band: its name, low and high limit as they would be written.
type Written = (&'static str, [&'static str; 2]);

/// Bands by the name of their preset.
pub(super) const PRESETS: [(&str, &[Written]); 1] = [("literature", LITERATURE)];

/// The bands of comparisons of global models with surface drifters: low, near-inertial, diurnal and semidiurnal as in Yu et
/// al. (2019, Geophysical Research Letters 46, doi:10.1029/2019GL083074) and Arbic et al. (2022, Journal of Geophysical
/// Research: Oceans 127, doi:10.1029/2022JC018551); and what is above the semidiurnal band.
const LITERATURE: &[Written] = &[
    ("low", ["0", "0.5"]),
    ("diurnal", ["0.9", "1.1"]),
    ("semidiurnal", ["1.9", "2.1"]),
    ("near_inertial", ["0.9 f", "1.1 f"]),
    ("supertidal", ["2.1", "nyquist"]),
];
