//! Where the points of a facet lie on the sphere, and which way its axes point there.
//!
//! Facets 0, 1, 3 and 4 are sectors of 90 degrees of longitude between two parallels, with even spacing in degrees. On 0
//! and 1 i runs east and j north, on 3 and 4 i runs south and j east. The cap, facet 2, is a square mapped to the disc
//! about the pole: with a, b from -π/4 to π/4 along its axes,
//!
//! X = √2 sin a cos b,  Y = √2 cos a sin b,
//!
//! the elliptical map of the square (x, y) = √2 (sin a, sin b). It takes even steps along the four edges to even steps of
//! longitude, as the sectors have them; the distance from the pole in degrees is proportional to √(X² + Y²).
//!
//! The cap's grid lines do not cross at right angles near its edge, and no smooth map of a square to a disc makes them.
//! Velocities have axes at right angles all the same: at the edge they are normal and tangent to it, so that both sides
//! of a seam name the same component, and between the edges they turn smoothly, but for the four corners. Where there is
//! water they are up to 50 degrees off the lines, 9 degrees in the root mean square.

use std::f64::consts::{FRAC_PI_4, SQRT_2};

use super::layout::Layout;
use super::sphere::{Vector, east_and_north, point, scaled, sum};

/// Longitude of the western edge of facet 0 [degrees]: LLC4320's.
const WEST: f64 = -38.0;
/// Parallel at which the sectors end in the south [degrees].
const SOUTH: f64 = -78.0;
/// Parallel of the cap's edge [degrees]; here rows of the sectors and of the cap are about equally far apart.
pub(super) const CAP_EDGE: f64 = 60.0;

/// A point of the grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    /// From -180 to 180 [degrees].
    pub(super) longitude: f64,
    /// [degrees]
    pub(super) latitude: f64,
    /// Cosine and sine of the angle from east to the i axis: `AngleCS`, `AngleSN`.
    pub(super) axis: [f64; 2],
}

impl Place {
    /// Unit vector from the earth's centre.
    pub(super) fn position(&self) -> Vector {
        point(self.longitude, self.latitude)
    }

    /// Unit vectors along i and j, at right angles to each other.
    pub(super) fn axes(&self) -> [Vector; 2] {
        let [east, north] = east_and_north(self.longitude, self.latitude);
        let [cs, sn] = self.axis;
        [sum(scaled(cs, east), scaled(sn, north)), sum(scaled(-sn, east), scaled(cs, north))]
    }
}

impl Layout {
    /// The point of a facet at row `j` and column `i`, which are whole numbers at the corners of cells.
    pub(super) fn place(&self, facet: usize, j: f64, i: f64) -> Place {
        let nx = self.nx as f64;
        if facet == 2 {
            return cap(2.0 * i / nx - 1.0, 2.0 * j / nx - 1.0);
        }
        let turned = facet > 2;
        let (eastward, southward) = if turned { (j, i) } else { (i, 3.0 * nx - j) };
        let sector = if turned { facet - 1 } else { facet };
        Place {
            longitude: wrapped(WEST + 90.0 * (sector as f64 + eastward / nx)),
            latitude: CAP_EDGE - (CAP_EDGE - SOUTH) * southward / (3.0 * nx),
            axis: if turned { [0.0, -1.0] } else { [1.0, 0.0] },
        }
    }
}

/// Longitude so far east of facet 0's western edge [degrees].
pub(super) fn longitude(east: f64) -> f64 {
    wrapped(WEST + east)
}

/// The point of the cap at x, y from -1 to 1 along i and j.
fn cap(x: f64, y: f64) -> Place {
    let ((sin_a, cos_a), (sin_b, cos_b)) = ((FRAC_PI_4 * x).sin_cos(), (FRAC_PI_4 * y).sin_cos());
    let (right, up) = (SQRT_2 * sin_a * cos_b, SQRT_2 * cos_a * sin_b);
    // Counter-clockwise about the pole, eastward, from the middle of the eastern edge.
    let around = up.atan2(right);
    // Angle from `right` to the i axis: that of the outward normal, less whole quarters, at each edge.
    let corner = 1.0 - x * x * y * y;
    let turn = if corner > 0.0 { FRAC_PI_4 * x * y * (x * x - y * y) / corner } else { 0.0 };
    // Outward is southward.
    let (sine, cosine) = (turn - around).sin_cos();
    Place {
        longitude: wrapped(WEST + 225.0 + around.to_degrees()),
        latitude: 90.0 - (90.0 - CAP_EDGE) * right.hypot(up),
        axis: [sine, -cosine],
    }
}

/// A longitude from -180 up to but not 180.
fn wrapped(longitude: f64) -> f64 {
    (longitude + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::llc::layout::{Axis, Cell};
    use crate::synth::llc::sphere::{angle, dot};

    /// The middle of a cell's low or high face across an axis, and the unit vector into the next cell there.
    fn face(layout: Layout, axis: Axis, cell: Cell, high: bool) -> (Place, Vector) {
        let (j, i, far) = (cell.j as f64, cell.i as f64, f64::from(u8::from(high)));
        let place = match axis {
            Axis::I => layout.place(cell.facet, j + 0.5, i + far),
            Axis::J => layout.place(cell.facet, j + far, i + 0.5),
        };
        (place, place.axes()[axis as usize])
    }

    fn ends(layout: Layout, axis: Axis, cell: Cell, high: bool) -> [Vector; 2] {
        let (j, i, far) = (cell.j as f64, cell.i as f64, f64::from(u8::from(high)));
        let at = |step: f64| match axis {
            Axis::I => layout.place(cell.facet, j + step, i + far),
            Axis::J => layout.place(cell.facet, j + far, i + step),
        };
        [at(0.0).position(), at(1.0).position()]
    }

    /// Every face is in the same place, with the same ends and the same component, seen from both of its cells. Within
    /// a facet that is so by construction; across seams it proves map, axes and order together.
    #[test]
    fn facets_join_at_their_seams() {
        for nx in [4, 7] {
            let layout = Layout { nx };
            let mut seams = 0;
            for (axis, cell) in layout.cells().flat_map(|cell| [(Axis::I, cell), (Axis::J, cell)]) {
                let Some((high, behind)) = layout.behind(axis, cell) else { continue };
                seams += usize::from(behind.facet != cell.facet);
                let ((low_place, low_axis), (high_place, high_axis)) =
                    (face(layout, axis, cell, false), face(layout, high, behind, true));
                let apart = angle(low_place.position(), high_place.position());
                assert!(apart < 1e-14, "{axis:?} {cell:?}, {high:?} {behind:?}: {apart} rad apart");
                let turned = angle(low_axis, high_axis);
                assert!(turned < 1e-14, "{axis:?} {cell:?}, {high:?} {behind:?}: {turned} rad between the axes");
                let (low, mut other) = (ends(layout, axis, cell, false), ends(layout, high, behind, true));
                if axis != high {
                    other.reverse();
                }
                assert!(low.iter().zip(other).all(|(a, b)| angle(*a, b) < 1e-14), "{cell:?} {behind:?}");
            }
            assert_eq!(seams, nx * (4 * 3 + 4));
        }
    }

    /// Along an axis lies the next cell: exactly in the sectors, within the angle by which its lines are off in the cap.
    #[test]
    fn axes_point_along_the_grid() {
        let layout = Layout { nx: 24 };
        let mut worst = 1.0f64;
        // The four cells at the cap's corners are slivers.
        let sliver = |&Cell { facet, j, i }: &Cell| facet == 2 && [j, i].iter().all(|at| [0, 23].contains(at));
        for Cell { facet, j, i } in layout.cells().filter(|cell| !sliver(cell)) {
            let place = layout.place(facet, j as f64 + 0.5, i as f64 + 0.5);
            let [along_i, along_j] = place.axes();
            assert!(dot(along_i, along_j).abs() < 1e-15 && dot(along_i, place.position()).abs() < 1e-15);
            let step = |dj: f64, di: f64| {
                let next = layout.place(facet, j as f64 + 0.5 + dj, i as f64 + 0.5 + di).position();
                let way = sum(next, scaled(-1.0, place.position()));
                scaled(1.0 / dot(way, way).sqrt(), way)
            };
            let cosines = [dot(along_i, step(0.0, 0.01)), dot(along_j, step(0.01, 0.0))];
            if facet != 2 {
                assert!(cosines.iter().all(|cosine| *cosine > 1.0 - 1e-6), "{facet} {j} {i}: {cosines:?}");
            }
            worst = cosines.into_iter().fold(worst, f64::min);
        }
        // At the edge, beside the corners, where there is land.
        assert!(worst > 0.5 && worst < 0.6, "{worst}");
    }

    #[test]
    fn the_sphere_is_where_it_should_be() {
        let layout = Layout { nx: 6 };
        let places =
            [((0, 0.0, 0.0), [-38.0, -78.0]), ((1, 18.0, 6.0), [142.0, 60.0]), ((3, 0.0, 18.0), [142.0, -78.0])];
        for ((facet, j, i), [longitude, latitude]) in places {
            let place = layout.place(facet, j, i);
            assert!(
                (place.longitude - longitude).abs() < 1e-12 && (place.latitude - latitude).abs() < 1e-12,
                "{place:?}"
            );
        }
        assert!((layout.place(2, 3.0, 3.0).latitude - 90.0).abs() < 1e-12);
        let corners = [(0.0, 0.0), (0.0, 6.0), (6.0, 6.0), (6.0, 0.0)];
        for ((j, i), east) in corners.into_iter().zip([90.0, 180.0, 270.0, 360.0]) {
            assert!(angle(layout.place(2, j, i).position(), point(longitude(east), CAP_EDGE)) < 1e-14);
        }
    }
}
