//! A closed line of longitudes and latitudes, laid out so that its edges do not jump.

use super::longitude::principal;

/// A corner: longitude = `lon` + 360 `turns`, in degrees, and latitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Corner {
    /// -180 to below 180.
    pub(super) lon: f64,
    /// Whole turns that belong to it.
    pub(super) turns: i32,
    /// -90 to 90.
    pub(super) lat: f64,
}

/// Why positions are no ring.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RingError {
    /// Less than a triangle.
    #[error("has {count} positions; a ring has at least 4, the last one equal to the first")]
    Short {
        /// Positions.
        count: usize,
    },
    /// The last position is another than the first.
    #[error("begins at [{}, {}] and ends at [{}, {}]; a ring ends where it begins", first[0], first[1], last[0], last[1])]
    Open {
        /// First position.
        first: [f64; 2],
        /// Last position.
        last: [f64; 2],
    },
    /// A longitude or latitude that there is not.
    #[error(
        "has the position [{}, {}]; positions are [longitude, latitude] in degrees, within -360 to 360 and -90 to 90",
        position[0], position[1]
    )]
    Place {
        /// The position.
        position: [f64; 2],
    },
    /// An edge that can be read in two ways.
    #[error(
        "goes from [{}, {}] to [{}, {}], {} degrees of longitude in one edge; whether the short way or the long one is meant \
         cannot be told: put a position between",
        from[0], from[1], to[0], to[1], (to[0] - from[0]).abs()
    )]
    Ambiguous {
        /// Where the edge begins.
        from: [f64; 2],
        /// Where it ends.
        to: [f64; 2],
    },
    /// A ring round the globe with latitudes of both hemispheres.
    #[error(
        "goes round the globe, between the latitudes {south} and {north}; which pole is within cannot be told: \
         close it along 180 and -180 and by way of that pole, [180, 90] and [-180, 90]"
    )]
    BothHemispheres {
        /// Least latitude.
        south: f64,
        /// Greatest latitude.
        north: f64,
    },
    /// A ring that is wider than the globe.
    #[error("spans {width} degrees of longitude, more than 360")]
    Wide {
        /// Degrees of longitude.
        width: f64,
    },
}

/// The corners of the ring of `positions`, `[longitude, latitude]` in degrees, the last one equal to the first.
///
/// An edge of at most 180 degrees of longitude is a straight line from longitude to longitude as they are written (RFC 7946,
/// section 3.1.1); a wider one goes the short way, across 180 (or 0, where longitudes are 0 to 360). But one of 360 degrees is
/// the whole way round, as in files that are cut at 180 (section 3.1.9), if the ring goes on along that meridian at both ends,
/// or lies on a pole; and another wide edge is refused if it ends where the ring goes on along a meridian at which files are
/// cut: it may be the long side of what was cut there.
///
/// A ring that goes once round the globe is closed by way of the pole of its hemisphere, which is then within.
///
/// # Errors
/// [`RingError`].
pub(super) fn corners(positions: &[[f64; 2]]) -> Result<Vec<Corner>, RingError> {
    let (Some(&first), Some(&last)) = (positions.first(), positions.last()) else {
        return Err(RingError::Short { count: 0 });
    };
    if positions.len() < 4 {
        return Err(RingError::Short { count: positions.len() });
    }
    let there_is = |[lon, lat]: &[f64; 2]| (-360.0..=360.0).contains(lon) && (-90.0..=90.0).contains(lat);
    if let Some(&position) = positions.iter().find(|position| !there_is(position)) {
        return Err(RingError::Place { position });
    }
    if first != last {
        return Err(RingError::Open { first, last });
    }
    let mut turns_added = 0;
    let mut corners = Vec::with_capacity(positions.len() + 2);
    for (at, &[lon, lat]) in positions.iter().enumerate() {
        if at > 0 {
            turns_added -= short_way(positions, at - 1)?;
        }
        let principal = principal(lon);
        // A difference of whole turns, up to one rounding.
        let turns = ((lon - principal) / 360.0).round() as i32 + turns_added;
        corners.push(Corner { lon: principal, turns, lat });
    }
    if turns_added != 0 {
        close_by_pole(&mut corners)?;
    }
    // The first corner is there again at the end.
    corners.pop();
    let [west, east] = span(&corners);
    if east - west > 360.0 + 1e-9 || turns_added.abs() > 1 {
        return Err(RingError::Wide { width: east - west });
    }
    Ok(corners)
}

/// Turns by which the edge from position `at` to the next is shortened: 1 or -1 if it goes the short way, else 0.
fn short_way(positions: &[[f64; 2]], at: usize) -> Result<i32, RingError> {
    let (from, to) = (positions[at], positions[at + 1]);
    let eastward = to[0] - from[0];
    if eastward.abs() <= 180.0 {
        return Ok(0);
    }
    let ambiguous = Err(RingError::Ambiguous { from, to });
    // The last position is the first again.
    let before = positions[if at == 0 { positions.len() - 2 } else { at - 1 }];
    let after = positions[if at + 2 == positions.len() { 1 } else { at + 2 }];
    let [along_from, along_to] = [before[0] == from[0], after[0] == to[0]];
    if eastward.abs() == 360.0 {
        let on_a_pole = from[1].abs() == 90.0 && from[1] == to[1];
        return if (along_from && along_to) || on_a_pole { Ok(0) } else { ambiguous };
    }
    let cut = |lon: f64| lon % 180.0 == 0.0;
    if eastward.abs() > 360.0 || (along_from && cut(from[0])) || (along_to && cut(to[0])) {
        return ambiguous;
    }
    Ok(if eastward > 0.0 { 1 } else { -1 })
}

/// Leads a ring that ends a turn from where it begins to its pole, along it, and back.
fn close_by_pole(corners: &mut Vec<Corner>) -> Result<(), RingError> {
    let (Some(&first), Some(&last)) = (corners.first(), corners.last()) else { return Ok(()) };
    let south = corners.iter().map(|corner| corner.lat).fold(90.0, f64::min);
    let north = corners.iter().map(|corner| corner.lat).fold(-90.0, f64::max);
    let pole = if south >= 0.0 {
        90.0
    } else if north <= 0.0 {
        -90.0
    } else {
        return Err(RingError::BothHemispheres { south, north });
    };
    corners.extend([Corner { lat: pole, ..last }, Corner { lat: pole, ..first }, first]);
    Ok(())
}

/// West and east end of corners, in degrees as they are laid out.
pub(super) fn span(corners: &[Corner]) -> [f64; 2] {
    let lons = corners.iter().map(|corner| corner.lon + 360.0 * f64::from(corner.turns));
    lons.fold([f64::INFINITY, f64::NEG_INFINITY], |[west, east], lon| [west.min(lon), east.max(lon)])
}
