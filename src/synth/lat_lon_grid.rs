//! A latitude-longitude C grid: where its points are, its lengths and areas, its wet faces, its files.

use std::path::Path;

use super::coast::depths;
use super::mds_writer::{MdsHeader, write_data};
use super::{SynthError, SynthSpec};

/// MITgcm's default `rSphere` [m].
const EARTH_RADIUS: f64 = 6_370_000.0;

/// Geometry and masks of the domain. All arrays are `[j, i]`.
pub(super) struct LatLonGrid {
    pub(super) nx: usize,
    pub(super) ny: usize,
    west: f64,
    south: f64,
    spacing: f64,
    /// Depth of cells [m], 0 on land.
    depth: Vec<f32>,
}

impl LatLonGrid {
    pub(super) fn of(spec: &SynthSpec) -> LatLonGrid {
        LatLonGrid {
            nx: spec.nx,
            ny: spec.ny,
            west: spec.west,
            south: spec.south,
            spacing: spec.spacing_degrees,
            depth: depths(spec),
        }
    }

    /// Degrees from the western edge to the west face (U points) of column i, and to its centre (V points).
    pub(super) fn east_of_edge(&self, i: usize) -> [f64; 2] {
        [i as f64 * self.spacing, (i as f64 + 0.5) * self.spacing]
    }

    /// Degrees from the southern edge to the centre (U points) of row j, and to its south face (V points).
    pub(super) fn north_of_edge(&self, j: usize) -> [f64; 2] {
        [(j as f64 + 0.5) * self.spacing, j as f64 * self.spacing]
    }

    /// Latitude of row j's U points (YC) and V points (YG) [degrees].
    pub(super) fn latitudes(&self, j: usize) -> [f64; 2] {
        self.north_of_edge(j).map(|north| self.south + north)
    }

    fn wet(&self, j: usize, i: usize) -> bool {
        self.depth[j * self.nx + i] > 0.0
    }

    /// Wet cells.
    pub(super) fn wet_cells(&self) -> u64 {
        self.depth.iter().filter(|&&depth| depth > 0.0).count() as u64
    }

    /// Whether the west face of a cell is wet: both cells at it are. The western edge of the domain is open.
    pub(super) fn west_face_wet(&self, j: usize, i: usize) -> bool {
        self.wet(j, i) && (i == 0 || self.wet(j, i - 1))
    }

    /// Whether the south face of a cell is wet. The southern edge of the domain is open.
    pub(super) fn south_face_wet(&self, j: usize, i: usize) -> bool {
        self.wet(j, i) && (j == 0 || self.wet(j - 1, i))
    }

    /// Writes the grid files into `folder` and returns how many bytes they hold.
    ///
    /// MITgcm writes no AngleCS and AngleSN on such a grid; hFac are three-dimensional, here of one level.
    pub(super) fn write(&self, folder: &Path, meta: bool) -> Result<u64, SynthError> {
        let metres = EARTH_RADIUS * self.spacing.to_radians();
        let longitude = |east: f64| (self.west + east) as f32;
        let parallel = |latitude: f64| (metres * latitude.to_radians().cos()) as f32;
        let meridian = metres as f32;
        // R² Δλ (sin y₂ - sin y₁) by the product formula, which does not cancel in narrow cells.
        let area = |latitude: f64| {
            let half = 0.5 * self.spacing.to_radians();
            (EARTH_RADIUS * metres * 2.0 * latitude.to_radians().cos() * half.sin()) as f32
        };
        let fraction = |wet: bool| if wet { 1.0f32 } else { 0.0 };
        let centre = |j: usize| self.latitudes(j)[0];
        let face = |j: usize| self.latitudes(j)[1];
        type Field<'a> = (&'static str, &'a dyn Fn(usize, usize) -> f32);
        let fields: [Field<'_>; 16] = [
            ("XC", &|_, i| longitude(self.east_of_edge(i)[1])),
            ("YC", &|j, _| centre(j) as f32),
            ("XG", &|_, i| longitude(self.east_of_edge(i)[0])),
            ("YG", &|j, _| face(j) as f32),
            ("DXC", &|j, _| parallel(centre(j))),
            ("DYC", &|_, _| meridian),
            ("DXG", &|j, _| parallel(face(j))),
            ("DYG", &|_, _| meridian),
            ("RAC", &|j, _| area(centre(j))),
            ("RAW", &|j, _| area(centre(j))),
            ("RAS", &|j, _| area(face(j))),
            ("RAZ", &|j, _| area(face(j))),
            ("Depth", &|j, i| self.depth[j * self.nx + i]),
            ("hFacC", &|j, i| fraction(self.wet(j, i))),
            ("hFacW", &|j, i| fraction(self.west_face_wet(j, i))),
            ("hFacS", &|j, i| fraction(self.south_face_wet(j, i))),
        ];
        let mut values = Vec::with_capacity(self.nx * self.ny);
        for (name, value) in fields {
            values.clear();
            values.extend((0..self.ny).flat_map(|j| (0..self.nx).map(move |i| value(j, i))));
            let dims: &[usize] = if name.starts_with("hFac") { &[self.nx, self.ny, 1] } else { &[self.nx, self.ny] };
            let header = meta.then(|| MdsHeader::of(dims));
            write_data(&folder.join(format!("{name}.data")), &values, header.as_ref())?;
        }
        Ok((fields.len() * self.nx * self.ny * size_of::<f32>()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(folder: &Path, name: &str) -> Vec<f64> {
        let bytes = std::fs::read(folder.join(format!("{name}.data"))).unwrap();
        bytes.chunks_exact(4).map(|b| f64::from(f32::from_be_bytes(b.try_into().unwrap()))).collect()
    }

    /// Values at cells (j, i) that MITgcm (checkpoint69p) wrote for this grid; it computes areas from rounded
    /// latitudes, hence the tolerance.
    #[test]
    fn the_geometry_is_the_models() {
        let folder = tempfile::tempdir().unwrap();
        let spec =
            SynthSpec { nx: 48, ny: 40, west: -60.0, south: 20.0, spacing_degrees: 0.75, ..SynthSpec::default() };
        LatLonGrid::of(&spec).write(folder.path(), true).unwrap();
        let cells = [(0, 0), (0, 1), (1, 0), (20, 7), (39, 47)];
        for (name, expected) in [
            ("XC", [-59.625, -58.875, -59.625, -54.375, -24.375]),
            ("YC", [20.375, 20.375, 21.125, 35.375, 49.625]),
            ("XG", [-60.0, -59.25, -60.0, -54.75, -24.75]),
            ("YG", [20.0, 20.0, 20.75, 35.0, 49.25]),
            ("DXC", [78166.15625, 78166.15625, 77779.4609375, 67988.953125, 54014.5390625]),
            ("DYC", [83383.1015625; 5]),
            ("DXG", [78354.4921875, 78354.4921875, 77974.4765625, 68303.4375, 54429.13671875]),
            ("DYG", [83383.1015625; 5]),
            ("RAC", [6517690368.0, 6517690368.0, 6485446144.0, 5669089792.0, 4503867904.0]),
            ("RAW", [6517690368.0, 6517690368.0, 6485446144.0, 5669089792.0, 4503867904.0]),
            ("RAS", [6533393920.0, 6533393920.0, 6501707776.0, 5695312384.0, 4538437632.0]),
            ("RAZ", [6533393920.0, 6533393920.0, 6501707776.0, 5695312384.0, 4538437632.0]),
        ] {
            let values = read(folder.path(), name);
            assert_eq!(values.len(), 48 * 40);
            for ((j, i), expected) in cells.into_iter().zip(expected) {
                let got = values[j * 48 + i];
                assert!((got / expected - 1.0).abs() < 2e-7, "{name} at {j}, {i}: {got} for {expected}");
            }
        }
        let meta = std::fs::read_to_string(folder.path().join("hFacC.meta")).unwrap();
        assert_eq!(meta, MdsHeader::of(&[48, 40, 1]).text());
        assert!(!folder.path().join("AngleCS.data").exists());
    }

    #[test]
    fn faces_are_wet_between_wet_cells() {
        let folder = tempfile::tempdir().unwrap();
        let (nx, ny) = (31, 29);
        LatLonGrid::of(&SynthSpec { nx, ny, ..SynthSpec::default() }).write(folder.path(), false).unwrap();
        let [depth, centre, west, south] = ["Depth", "hFacC", "hFacW", "hFacS"].map(|name| read(folder.path(), name));
        assert!(centre.contains(&0.0) && centre.contains(&1.0));
        for j in 0..ny {
            for i in 0..nx {
                let here = j * nx + i;
                let wet = |n: usize| depth[n] > 0.0;
                assert_eq!(centre[here] == 1.0, wet(here));
                assert_eq!(west[here] == 1.0, wet(here) && (i == 0 || wet(here - 1)));
                assert_eq!(south[here] == 1.0, wet(here) && (j == 0 || wet(here - nx)));
            }
        }
        assert!(std::fs::read_dir(folder.path()).unwrap().all(|e| e.unwrap().path().extension().unwrap() == "data"));
    }
}
