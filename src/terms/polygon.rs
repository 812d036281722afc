//! A polygon on the globe, and the points within it.

use super::longitude::principal;
use super::ring::{Corner, RingError, corners, span};
use super::strips::Strips;

/// A polygon: an outer ring and holes, whose edges are straight in longitude and latitude.
///
/// A point is within if a line from it eastward meets an odd number of edges. Of an edge the southern end counts and the
/// northern does not, and a point on an edge lies east of it. What is found of an edge hangs on its two ends and the point
/// alone, to the bit, whichever way and in whatever longitudes a ring takes it: polygons that share an edge, end to end,
/// never both hold a point, nor both miss it.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    /// Of all rings, those along a parallel left out.
    edges: Vec<Edge>,
    by_latitude: Strips,
    /// South and north end.
    lat: [f64; 2],
    /// West and east end as laid out.
    lon: [f64; 2],
    /// Least and greatest turns of a corner.
    turns: [i32; 2],
}

/// An edge, from its southern end to the northern one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    south: Corner,
    north: Corner,
}

/// Longitudes as laid out are rounded, and ends of polygons are only to save time [degrees].
const SLACK: f64 = 1e-6;

impl Edge {
    fn new(a: Corner, b: Corner) -> Option<Edge> {
        if a.lat < b.lat {
            Some(Edge { south: a, north: b })
        } else {
            (b.lat < a.lat).then_some(Edge { south: b, north: a })
        }
    }

    /// Whether the edge is met eastward of the point at `lon` (-180 to below 180) + 360 `turns` and `lat`.
    fn is_met(&self, lon: f64, turns: i32, lat: f64) -> bool {
        let Edge { south, north } = self;
        if !(south.lat <= lat && lat < north.lat) {
            return false;
        }
        // From the southern end's own turn, so that an edge a turn away gives the same numbers.
        let from_south = |lon: f64, turns: i32| lon + 360.0 * f64::from(turns - south.turns);
        let [west_end, point] = [from_south(north.lon, north.turns), from_south(lon, turns)];
        point < south.lon + (west_end - south.lon) * ((lat - south.lat) / (north.lat - south.lat))
    }
}

impl Polygon {
    /// The polygon of `rings` of `[longitude, latitude]` in degrees, longitudes within -360 to 360; of each ring the last
    /// position equals the first. The first ring is the outer one, the others are holes; which way round they go does not
    /// matter. Edges across 180 and rings round a pole are understood: see [`RingError`] for those that are not.
    ///
    /// # Errors
    /// Number of the ring, from 0, and what is wrong with it.
    pub fn new(rings: &[Vec<[f64; 2]>]) -> Result<Polygon, (usize, RingError)> {
        let mut polygon = Polygon {
            edges: Vec::with_capacity(rings.iter().map(Vec::len).sum()),
            by_latitude: Strips::new(std::iter::empty()),
            lat: [f64::INFINITY, f64::NEG_INFINITY],
            lon: [f64::INFINITY, f64::NEG_INFINITY],
            turns: [i32::MAX, i32::MIN],
        };
        for (number, ring) in rings.iter().enumerate() {
            let ring = corners(ring).map_err(|error| (number, error))?;
            polygon.add(&ring);
        }
        polygon.edges.shrink_to_fit();
        polygon.by_latitude = Strips::new(polygon.edges.iter().map(|edge| [edge.south.lat, edge.north.lat]));
        Ok(polygon)
    }

    fn add(&mut self, ring: &[Corner]) {
        let next = ring.iter().cycle().skip(1);
        self.edges.extend(ring.iter().zip(next).filter_map(|(a, b)| Edge::new(*a, *b)));
        for Corner { turns, lat, .. } in ring {
            self.lat = [self.lat[0].min(*lat), self.lat[1].max(*lat)];
            self.turns = [self.turns[0].min(*turns), self.turns[1].max(*turns)];
        }
        let [west, east] = span(ring);
        self.lon = [self.lon[0].min(west), self.lon[1].max(east)];
    }

    /// Whether a point, in degrees, is within; longitudes of any convention. A pole itself belongs to the polygons that
    /// reach it at the point's longitude.
    pub fn contains(&self, lon: f64, lat: f64) -> bool {
        let (lon, lat) = (principal(lon), if lat == 90.0 { lat.next_down() } else { lat });
        if !(self.lat[0] <= lat && lat < self.lat[1]) || lon.is_nan() {
            return false;
        }
        let mut within = false;
        for turns in self.turns[0]..=self.turns[1] {
            let laid_out = lon + 360.0 * f64::from(turns);
            if (self.lon[0] - SLACK..=self.lon[1] + SLACK).contains(&laid_out) {
                let edges = self.by_latitude.at(lat).iter().map(|&number| &self.edges[number as usize]);
                within ^= edges.filter(|edge| edge.is_met(lon, turns, lat)).count() % 2 == 1;
            }
        }
        within
    }

    /// South and north end, in degrees.
    pub(super) fn latitudes(&self) -> [f64; 2] {
        self.lat
    }

    /// Bytes in memory.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Polygon>() + self.edges.len() * size_of::<Edge>() + self.by_latitude.bytes()
    }
}
