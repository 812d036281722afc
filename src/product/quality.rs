//! How much data stands behind a spectrum.

use serde_json::json;

use super::{Estimate, MapArray, MapKind, Product, attributes};
use crate::terms::{LANES, Sample};

/// `segments_used` and `dof`.
#[derive(Clone, Copy, Debug)]
pub struct Quality;

impl<T: Sample> Product<T> for Quality {
    fn maps(&self) -> Vec<MapArray> {
        vec![
            MapArray {
                name: "segments_used",
                kind: MapKind::Int32,
                by_band: false,
                attributes: attributes("number of segments averaged", "1", &[]),
            },
            MapArray {
                name: "dof",
                kind: MapKind::Float32,
                by_band: false,
                attributes: attributes(
                    "equivalent degrees of freedom of one bin of rotary_psd",
                    "1",
                    &[
                        ("comment", json!("away from 0 and +- df, where a taper mixes both senses")),
                        (
                            "references",
                            json!("Percival and Walden (1993), Spectral Analysis for Physical Applications, eq. 292b"),
                        ),
                    ],
                ),
            },
        ]
    }

    fn plane_count(&self) -> usize {
        2
    }

    fn derive(&self, estimate: &Estimate<'_, T>, planes: &mut [[f64; LANES]]) {
        planes[0] = estimate.summary.segments_used.map(f64::from);
        planes[1] = estimate.summary.degrees_of_freedom;
    }
}
