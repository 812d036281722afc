//! How much of cells and faces is open water, level by level: hFacC, hFacW, hFacS.

use super::layout::{Axis, Layout};

/// Lower edge of the deepest level [m]; levels are equally thick, and what is deeper is not in the files.
const LOWEST: f64 = 3000.0;
/// MITgcm's `hFacMin`: a cell with less water is closed or opened to this.
const LEAST_SHARE: f64 = 0.2;

/// Shares from 0 (land) to 1, levels outermost, each in compact order.
pub(super) struct OpenShare {
    /// Of cells.
    pub(super) centre: Vec<f32>,
    /// Of west faces.
    pub(super) west: Vec<f32>,
    /// Of south faces.
    pub(super) south: Vec<f32>,
}

impl OpenShare {
    /// Of cells of a depth [m], in compact order. A face is open as far as both cells at it are; at Antarctica, where no
    /// cell lies behind it, as far as its own.
    pub(super) fn new(layout: Layout, depths: &[f32], levels: usize) -> OpenShare {
        let count = layout.cell_count();
        let mut centre = Vec::with_capacity(levels * count);
        for level in 0..levels {
            centre.extend(depths.iter().map(|&depth| share(f64::from(depth), level, LOWEST / levels as f64) as f32));
        }
        let faces = |axis: Axis| {
            let plane = |cells: &[f32]| -> Vec<f32> {
                let share = |cell| {
                    let here = cells[layout.index(cell)];
                    layout.behind(axis, cell).map_or(here, |(_, behind)| here.min(cells[layout.index(behind)]))
                };
                layout.cells().map(share).collect()
            };
            centre.chunks(count).flat_map(plane).collect()
        };
        let [west, south] = [Axis::I, Axis::J].map(faces);
        OpenShare { centre, west, south }
    }
}

/// Share of a level of some thickness [m] that lies above the bottom; the uppermost is open wherever there is water.
fn share(depth: f64, level: usize, thickness: f64) -> f64 {
    let share = (depth / thickness - level as f64).clamp(0.0, 1.0);
    let least = if level == 0 { 0.0 } else { 0.5 * LEAST_SHARE };
    if share > least { share.max(LEAST_SHARE) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_by_hand() {
        for (depth, level, expected) in [
            (0.0, 0, 0.0),
            (20.0, 0, 0.2),
            (700.0, 0, 0.7),
            (4000.0, 0, 1.0),
            (700.0, 1, 0.0),
            (1090.0, 1, 0.0),
            (1110.0, 1, 0.2),
            (1600.0, 1, 0.6),
            (2999.0, 2, 0.999),
        ] {
            assert!((share(depth, level, 1000.0) - expected).abs() < 1e-12, "{depth} m, level {level}");
        }
    }
}
