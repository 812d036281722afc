//! A small piece of ocean with known currents, and the many ways in which MDS files can hold it.

use std::path::Path;

use oceanspec::synth::{MdsHeader, Stamp, write_data, write_meta};

/// Iterations between hourly snapshots of 25 s each.
pub const ITERATIONS: u64 = 144;

/// Currents of white noise on a C grid, hourly; some cells are land.
#[derive(Clone, Debug)]
pub struct Waters {
    pub nx: usize,
    pub ny: usize,
    pub nt: usize,
    /// Whether faces at the low edge lie between the first and the last cell.
    pub periodic: [bool; 2],
    pub land: fn(usize, usize) -> bool,
}

/// A velocity component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    U,
    V,
}

impl Component {
    pub const BOTH: [Component; 2] = [Component::U, Component::V];

    pub fn name(self) -> &'static str {
        match self {
            Component::U => "U",
            Component::V => "V",
        }
    }
}

/// A number within (-1, 1) that looks random, the same for the same words (splitmix64).
pub fn noise(words: &[usize]) -> f32 {
    let mut state = words.iter().fold(0x9e37_79b9_7f4a_7c15_u64, |state, &word| {
        let mut z = state.wrapping_add(word as u64).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    });
    state >>= 40;
    (state as f32 + 0.5) / (1 << 23) as f32 - 1.0
}

impl Waters {
    pub fn wet(&self, j: usize, i: usize) -> bool {
        !(self.land)(j, i)
    }

    /// Whether the west (U) or south (V) face of a cell is open: both cells at it are wet; at an edge that does not
    /// wrap, the one that there is.
    pub fn open(&self, component: Component, j: usize, i: usize) -> bool {
        let behind = match (component, j, i) {
            (Component::U, j, 0) => self.periodic[0].then_some((j, self.nx - 1)),
            (Component::U, j, i) => Some((j, i - 1)),
            (Component::V, 0, i) => self.periodic[1].then_some((self.ny - 1, i)),
            (Component::V, j, i) => Some((j - 1, i)),
        };
        self.wet(j, i) && behind.is_none_or(|(j, i)| self.wet(j, i))
    }

    /// The velocity at the west or south face of a cell, 0 where the face is dry.
    pub fn velocity(&self, component: Component, t: usize, j: usize, i: usize) -> f32 {
        let mean = if component == Component::U { 0.3 } else { -0.2 };
        if self.open(component, j, i) { noise(&[component as usize, t, j, i]) + mean } else { 0.0 }
    }

    /// All velocities of a snapshot, [j, i], with `on_land` at dry faces.
    pub fn snapshot(&self, component: Component, t: usize, on_land: f32) -> Vec<f32> {
        let value = |j, i| {
            if self.open(component, j, i) { self.velocity(component, t, j, i) } else { on_land }
        };
        (0..self.ny).flat_map(|j| (0..self.nx).map(move |i| value(j, i))).collect()
    }

    pub fn iteration(&self, t: usize) -> u64 {
        (t as u64 + 1) * ITERATIONS
    }

    /// The series of a cell: at its faces, or centred; none where centring needs a face beyond an edge that does not
    /// wrap.
    pub fn series(&self, component: Component, j: usize, i: usize, centred: bool) -> Option<Vec<f64>> {
        let at = |t, j, i| f64::from(self.velocity(component, t, j, i));
        let series = |(j2, i2)| (0..self.nt).map(|t| 0.5 * (at(t, j, i) + at(t, j2, i2))).collect();
        if !centred {
            return Some((0..self.nt).map(|t| at(t, j, i)).collect());
        }
        let next = match component {
            Component::U if i + 1 < self.nx => Some((j, i + 1)),
            Component::U => self.periodic[0].then_some((j, 0)),
            Component::V if j + 1 < self.ny => Some((j + 1, i)),
            Component::V => self.periodic[1].then_some((0, i)),
        };
        next.map(series)
    }

    /// Makes `mds/`, `grid/` and `run.toml` in `folder`, as MITgcm would.
    pub fn write(&self, folder: &Path) {
        for name in ["mds", "grid"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        for t in 0..self.nt {
            for component in Component::BOTH {
                let header = self.header(t);
                let path = folder.join("mds").join(file_name(component, self.iteration(t)));
                write_data(&path, &self.snapshot(component, t, 0.0), Some(&header)).unwrap();
            }
        }
        self.write_grid(&folder.join("grid"), 1);
        self.write_config(folder);
    }

    /// The header of a snapshot of one level and record.
    pub fn header(&self, t: usize) -> MdsHeader {
        let iteration = self.iteration(t);
        let stamp = Stamp { iteration, seconds: iteration as f64 * 25.0 };
        MdsHeader { stamp: Some(stamp), ..MdsHeader::of(&[self.nx, self.ny]) }
    }

    /// Values of a grid field, [j, i].
    pub fn grid_field(&self, name: &str) -> Vec<f32> {
        let fraction = |wet: bool| if wet { 1.0 } else { 0.0 };
        let value = |j: usize, i: usize| match name {
            "XC" => 10.5 + i as f32,
            "YC" => 30.5 + j as f32,
            "Depth" => 4000.0 * fraction(self.wet(j, i)),
            "RAC" => 1e10 - 1e8 * j as f32,
            "hFacC" => fraction(self.wet(j, i)),
            "hFacW" => fraction(self.open(Component::U, j, i)),
            "hFacS" => fraction(self.open(Component::V, j, i)),
            _ => panic!("no field {name}"),
        };
        (0..self.ny).flat_map(|j| (0..self.nx).map(move |i| value(j, i))).collect()
    }

    /// Writes the grid; masks of `levels` levels, of which all but the last are land.
    pub fn write_grid(&self, folder: &Path, levels: usize) {
        for name in ["XC", "YC", "Depth", "RAC", "hFacC", "hFacW", "hFacS"] {
            let mut values = self.grid_field(name);
            let mut dims = vec![self.nx, self.ny];
            if name.starts_with("hFac") {
                let mut all = vec![0.0; values.len() * (levels - 1)];
                all.append(&mut values);
                values = all;
                dims.push(levels);
            }
            write_data(&folder.join(format!("{name}.data")), &values, Some(&MdsHeader::of(&dims))).unwrap();
        }
    }

    fn write_config(&self, folder: &Path) {
        let text = concat!(
            "[input]\npath = \"mds\"\ngrid = \"grid\"\ntimestep = \"25 s\"\nepoch = 2011-09-10T00:00:00\n",
            "[spectrum]\nsegment = \"10 samples\"\n",
            "[[bands]]\nname = \"semidiurnal\"\nlimits = [1.0, 7.0]\n",
            "[output]\npath = \"result.zarr\"\n"
        );
        std::fs::write(folder.join("run.toml"), text).unwrap();
    }
}

/// The default name of a snapshot file.
pub fn file_name(component: Component, iteration: u64) -> String {
    format!("{}.{iteration:010}.data", component.name())
}

/// How numbers are stored.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    LittleFloat32,
    BigFloat64,
    LittleFloat64,
}

impl Number {
    /// Writes a `.data` file of these numbers, with a `.meta` file if there is a header.
    pub fn write(self, path: &Path, values: &[f64], header: Option<&MdsHeader>) {
        let bytes: Vec<u8> = match self {
            Number::LittleFloat32 => values.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect(),
            Number::BigFloat64 => values.iter().flat_map(|value| value.to_be_bytes()).collect(),
            Number::LittleFloat64 => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        std::fs::write(path, bytes).unwrap();
        let Some(header) = header else { return };
        let meta = path.with_extension("meta");
        write_meta(&meta, header).unwrap();
        if !matches!(self, Number::LittleFloat32) {
            let text = std::fs::read_to_string(&meta).unwrap();
            assert!(text.contains("'float32'"));
            std::fs::write(&meta, text.replace("'float32'", "'float64'")).unwrap();
        }
    }
}

/// Big-endian float32 values of a file.
pub fn read_big_float32(path: &Path) -> Vec<f64> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    bytes.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_be_bytes(*bytes))).collect()
}
