//! Vectors and distances on the unit sphere.

/// Cartesian, with the third axis through the north pole and the first through longitude 0.
pub(super) type Vector = [f64; 3];

pub(super) fn dot(a: Vector, b: Vector) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(super) fn scaled(factor: f64, a: Vector) -> Vector {
    a.map(|x| factor * x)
}

pub(super) fn sum(a: Vector, b: Vector) -> Vector {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

/// The point at a longitude and a latitude [degrees].
pub(super) fn point(longitude: f64, latitude: f64) -> Vector {
    let ((sin_x, cos_x), (sin_y, cos_y)) = (longitude.to_radians().sin_cos(), latitude.to_radians().sin_cos());
    [cos_y * cos_x, cos_y * sin_x, sin_y]
}

/// Unit vectors eastward and northward at a longitude and a latitude [degrees].
pub(super) fn east_and_north(longitude: f64, latitude: f64) -> [Vector; 2] {
    let ((sin_x, cos_x), (sin_y, cos_y)) = (longitude.to_radians().sin_cos(), latitude.to_radians().sin_cos());
    [[-sin_x, cos_x, 0.0], [-sin_y * cos_x, -sin_y * sin_x, cos_y]]
}

/// Angle between two points [rad], accurate for small ones too.
pub(super) fn angle(a: Vector, b: Vector) -> f64 {
    let normal = cross(a, b);
    dot(normal, normal).sqrt().atan2(dot(a, b))
}

/// Area of a quadrilateral of great circles, corners in order [sr].
pub(super) fn quadrilateral([a, b, c, d]: [Vector; 4]) -> f64 {
    (triangle(a, b, c) + triangle(a, c, d)).abs()
}

/// Area of a triangle, positive where its corners turn to the left (van Oosterom & Strackee 1983).
fn triangle(a: Vector, b: Vector, c: Vector) -> f64 {
    2.0 * dot(a, cross(b, c)).atan2(1.0 + dot(a, b) + dot(b, c) + dot(c, a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, PI};

    #[test]
    fn angles_and_areas_of_known_figures() {
        assert!((angle(point(10.0, 0.0), point(10.0, 90.0)) - FRAC_PI_2).abs() < 1e-15);
        assert!((angle(point(0.0, 60.0), point(180.0, 60.0)) - PI / 3.0).abs() < 1e-15);
        let tiny = angle(point(0.0, 0.0), point(1e-7, 0.0));
        assert!((tiny / 1e-7f64.to_radians() - 1.0).abs() < 1e-12);
        // An octant of the sphere, as a quadrilateral with a corner in the middle of an edge.
        let octant = [point(0.0, 0.0), point(45.0, 0.0), point(90.0, 0.0), point(0.0, 90.0)];
        assert!((quadrilateral(octant) - FRAC_PI_2).abs() < 1e-14);
        let [east, north] = east_and_north(30.0, 50.0);
        let here = point(30.0, 50.0);
        assert!(dot(east, here).abs() + dot(north, here).abs() + dot(east, north).abs() < 1e-15);
        let up = cross(east, north);
        assert!(angle(up, here) < 1e-15);
    }
}
