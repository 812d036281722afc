//! Means and variances of the velocity.

use serde_json::json;

use super::{Estimate, MapArray, MapKind, Product, attributes};
use crate::spectrum::GroupSummary;
use crate::terms::{LANES, Sample};

/// `u_mean`, `v_mean`, `u_variance`, `v_variance`: over valid samples, ddof 0.
#[derive(Clone, Copy, Debug)]
pub struct Moments {
    /// Whether u is eastward and v northward; else they follow the grid's axes.
    pub eastward: bool,
}

impl<T: Sample> Product<T, GroupSummary> for Moments {
    fn maps(&self) -> Vec<MapArray> {
        let component = |u: bool| match (self.eastward, u) {
            (true, true) => ("eastward", "eastward_sea_water_velocity"),
            (true, false) => ("northward", "northward_sea_water_velocity"),
            (false, true) => ("grid-i", "sea_water_x_velocity"),
            (false, false) => ("grid-j", "sea_water_y_velocity"),
        };
        let mean = |name: &str, u| {
            let (direction, standard_name) = component(u);
            let more = [("standard_name", json!(standard_name)), ("cell_methods", json!("time: mean"))];
            let attributes = attributes(&format!("mean {direction} velocity"), "m s-1", &more);
            MapArray { name: name.to_owned(), kind: MapKind::Real, over: &[], attributes }
        };
        let variance = |name: &str, u| {
            let (direction, _) = component(u);
            let more = [("cell_methods", json!("time: variance")), ("comment", json!("ddof = 0"))];
            let attributes = attributes(&format!("variance of the {direction} velocity"), "m2 s-2", &more);
            MapArray { name: name.to_owned(), kind: MapKind::Real, over: &[], attributes }
        };
        vec![mean("u_mean", true), mean("v_mean", false), variance("u_variance", true), variance("v_variance", false)]
    }

    fn plane_count(&self) -> usize {
        4
    }

    fn derive(&self, estimate: &Estimate<'_, T, GroupSummary>, planes: &mut [[f64; LANES]]) {
        planes[0] = estimate.summary.u_mean;
        planes[1] = estimate.summary.v_mean;
        planes[2] = estimate.summary.u_variance;
        planes[3] = estimate.summary.v_variance;
    }
}
