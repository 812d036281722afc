//! The rotary spectrum itself.

use serde_json::{Map, Value, json};

use super::attributes;

/// CF attributes of `rotary_psd`: S_ww of w = u + i v, two-sided.
pub fn rotary_psd_attributes() -> Map<String, Value> {
    attributes(
        "two-sided rotary power spectral density S_ww of u + i v",
        "m2 s-2 d",
        &[
            ("sidedness", json!("two-sided: negative frequencies turn clockwise, positive ones counter-clockwise")),
            (
                "comment",
                json!(
                    "density: the integral over freq_time is the variance of u plus that of v, twice the kinetic energy per unit mass"
                ),
            ),
            ("cell_methods", json!("time: mean (of periodograms of overlapping segments)")),
        ],
    )
}
