//! How much data stands behind a spectrum.

use serde_json::json;

use super::{Estimate, MapArray, MapKind, Product, attributes};
use crate::spectrum::Summary;
use crate::terms::{LANES, Sample};

/// `segments_used` and `dof`, with the name of a field behind them where there are several fields.
#[derive(Clone, Debug)]
pub struct Quality {
    /// The array of the spectra that they are about.
    pub of: String,
    /// The name of the field behind those of the maps; none for the first field of a run.
    pub named: Option<String>,
    /// Whether the spectra are one-sided.
    pub one_sided: bool,
}

impl<T: Sample, S: Summary> Product<T, S> for Quality {
    fn maps(&self) -> Vec<MapArray> {
        let name = |of: &str| self.named.as_ref().map_or_else(|| of.to_owned(), |field| format!("{of}_{field}"));
        let away_from = if self.one_sided {
            "away from 0, Nyquist and their neighbours; half of it at Nyquist"
        } else {
            "away from 0 and +- df, where a taper mixes both senses"
        };
        vec![
            MapArray {
                name: name("segments_used"),
                kind: MapKind::Int32,
                over: &[],
                attributes: attributes(
                    &match &self.named {
                        None => "number of segments averaged".to_owned(),
                        Some(_) => format!("number of segments averaged in {}", self.of),
                    },
                    "1",
                    &[],
                ),
            },
            MapArray {
                name: name("dof"),
                kind: MapKind::Float32,
                over: &[],
                attributes: attributes(
                    &format!("equivalent degrees of freedom of one bin of {}", self.of),
                    "1",
                    &[
                        ("comment", json!(away_from)),
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

    fn derive(&self, estimate: &Estimate<'_, T, S>, planes: &mut [[f64; LANES]]) {
        planes[0] = estimate.summary.segments_used().map(f64::from);
        planes[1] = *estimate.summary.degrees_of_freedom();
    }
}
