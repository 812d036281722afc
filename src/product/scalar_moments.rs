//! Mean and variance of a scalar.

use serde_json::json;

use super::{Estimate, MapArray, MapKind, Product, Scalar, attributes};
use crate::spectrum::ScalarSummary;
use crate::terms::{LANES, Sample};

/// `NAME_mean`, `NAME_variance`: over valid samples, ddof 0.
#[derive(Clone, Debug)]
pub struct ScalarMoments {
    /// Of what.
    pub scalar: Scalar,
}

impl<T: Sample> Product<T, ScalarSummary> for ScalarMoments {
    fn maps(&self) -> Vec<MapArray> {
        let Scalar { name, .. } = &self.scalar;
        let words = self.scalar.words();
        let map = |name, attributes| MapArray { name, kind: MapKind::Real, over: &[], attributes };
        let mut mean =
            attributes(&format!("mean {words}"), &self.scalar.units(), &[("cell_methods", json!("time: mean"))]);
        if let Some(standard_name) = self.scalar.standard_name() {
            mean.insert("standard_name".into(), json!(standard_name));
        }
        if let Some(remark) = self.scalar.remark() {
            mean.insert("comment".into(), json!(remark));
        }
        let variance = attributes(
            &format!("variance of {words}"),
            &self.scalar.units_squared(),
            &[("cell_methods", json!("time: variance")), ("comment", json!("ddof = 0"))],
        );
        vec![map(format!("{name}_mean"), mean), map(format!("{name}_variance"), variance)]
    }

    fn plane_count(&self) -> usize {
        2
    }

    fn derive(&self, estimate: &Estimate<'_, T, ScalarSummary>, planes: &mut [[f64; LANES]]) {
        planes[0] = estimate.summary.mean;
        planes[1] = estimate.summary.variance;
    }
}
