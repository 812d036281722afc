//! The one-sided spectrum of a scalar itself.

use serde_json::{Map, Value, json};

use super::{Scalar, attributes};

/// CF attributes of `psd_NAME`; `frequency` is the name of its frequency axis.
pub fn one_sided_psd_attributes(scalar: &Scalar, frequency: &str) -> Map<String, Value> {
    let mut comment = format!("density: the integral over {frequency} is the variance");
    if let Some(remark) = scalar.remark() {
        comment = format!("{comment}; {remark}");
    }
    attributes(
        &format!("one-sided power spectral density of {}", scalar.words()),
        &scalar.units_of_density(),
        &[
            ("sidedness", json!("one-sided: every bin but 0 and Nyquist has the power of both signs of the frequency")),
            ("comment", json!(comment)),
            ("cell_methods", json!("time: mean (of periodograms of overlapping segments)")),
        ],
    )
}
