//! Groups that tests write: coordinates, and fields by place.

use std::path::Path;

use serde_json::Map;

use crate::store::{ArraySpec, Codec, ElementKind, Fill, GroupSpec, ResultStore, Start, Values};

/// Dimensions with numbers, beside those of points and frequency.
pub(super) const NUMBERED: [&str; 5] = ["lat", "f_ratio", "bin_lat", "bin_lon", "time_segment"];

/// The coordinates of a group that a test writes; an empty one is left out, with its dimension.
#[derive(Clone, Default)]
pub(super) struct Grid {
    pub(super) face: Vec<i64>,
    pub(super) j: Vec<i64>,
    pub(super) i: Vec<i64>,
    /// Points: the coordinates above then lie along `point`.
    pub(super) listed: bool,
    pub(super) frequency: Vec<f64>,
    pub(super) band: Vec<&'static str>,
    /// Numbers along dimensions of [`NUMBERED`].
    pub(super) numbers: Vec<(&'static str, Vec<f64>)>,
    /// Names along any other dimension.
    pub(super) names: Vec<(&'static str, Vec<&'static str>)>,
    /// Places along `edges`.
    pub(super) edges: usize,
    /// Length of a chunk in each dimension; 0: the whole array is one chunk.
    pub(super) chunk: u64,
}

/// Where a value is, by the labels of its dimensions.
#[derive(Clone, Copy, Default)]
pub(super) struct At {
    pub(super) face: i64,
    pub(super) j: i64,
    pub(super) i: i64,
    pub(super) frequency: f64,
    pub(super) band: &'static str,
    /// Labels along [`NUMBERED`], 0 where the array has no such dimension.
    pub(super) numbers: [f64; 5],
    pub(super) name: &'static str,
    pub(super) edge: usize,
}

impl At {
    /// The label along one of [`NUMBERED`].
    pub(super) fn number(&self, dimension: &str) -> f64 {
        self.numbers[NUMBERED.iter().position(|known| *known == dimension).unwrap()]
    }

    /// A number of all numbers along [`NUMBERED`], with the length of the name and the edge.
    pub(super) fn all_numbers(&self) -> f64 {
        let sum: f64 = self.numbers.iter().zip([1.0, 0.3, 0.7, 0.9, 1e-3]).map(|(x, weight)| x * weight).sum();
        sum + self.name.len() as f64 * 0.2 + self.edge as f64
    }
}

pub(super) type Field<'a> = (&'a str, &'a str, &'a dyn Fn(At) -> f64);

impl Grid {
    fn numbers_along(&self, dimension: &str) -> Option<&[f64]> {
        self.numbers.iter().find(|(name, _)| *name == dimension).map(|(_, numbers)| &numbers[..])
    }

    fn names_along(&self, dimension: &str) -> Option<&[&'static str]> {
        self.names.iter().find(|(name, _)| *name == dimension).map(|(_, names)| &names[..])
    }

    fn length(&self, dimension: &str) -> usize {
        match dimension {
            "face" => self.face.len(),
            "j" | "point" => self.j.len(),
            "i" => self.i.len(),
            "freq_time" => self.frequency.len(),
            "band" => self.band.len(),
            "edges" => self.edges,
            _ => self
                .numbers_along(dimension)
                .map(<[f64]>::len)
                .or(self.names_along(dimension).map(<[_]>::len))
                .unwrap_or(3),
        }
    }

    fn place(&self, dimension: &str, n: usize, at: &mut At) {
        match dimension {
            "face" => at.face = self.face[n],
            "j" => at.j = self.j[n],
            "i" => at.i = self.i[n],
            "freq_time" => at.frequency = self.frequency[n],
            "band" => at.band = self.band[n],
            "point" => {
                at.face = self.face.get(n).copied().unwrap_or_default();
                (at.j, at.i) = (self.j[n], self.i[n]);
            }
            "edges" => at.edge = n,
            _ => {
                if let Some(numbers) = self.numbers_along(dimension) {
                    at.numbers[NUMBERED.iter().position(|known| *known == dimension).unwrap()] = numbers[n];
                } else if let Some(names) = self.names_along(dimension) {
                    at.name = names[n];
                }
            }
        }
    }

    /// Writes a group with its coordinates and these fields (name, dimensions, values by place).
    pub(super) fn write(&self, path: &Path, kind: ElementKind, fields: &[Field]) {
        let mut arrays = vec![];
        let mut spec = |name: &str, dims: &str, kind: ElementKind| {
            let dimensions: Vec<String> = dims.split_whitespace().map(str::to_owned).collect();
            let shape: Vec<u64> = dimensions.iter().map(|dimension| self.length(dimension) as u64).collect();
            let chunk = shape.iter().map(|&n| if self.chunk == 0 { n } else { n.min(self.chunk) }).collect();
            let fill = match kind {
                ElementKind::F32 | ElementKind::F64 | ElementKind::C128 => Fill::Nan,
                ElementKind::Text => Fill::Empty,
                _ => Fill::Zero,
            };
            let attributes = Map::new();
            let name = name.to_owned();
            arrays.push(ArraySpec {
                name,
                dimensions,
                shape,
                chunk,
                inner: None,
                kind,
                fill,
                attributes,
                keep_bits: None,
            });
        };
        let along = |name: &'static str| if self.listed { "point" } else { name };
        let whole = [("face", &self.face), ("j", &self.j), ("i", &self.i)].map(|(name, x)| (name, x.clone()));
        for (name, values) in &whole {
            if !values.is_empty() {
                spec(name, along(name), ElementKind::I64);
            }
        }
        if !self.frequency.is_empty() {
            spec("freq_time", "freq_time", ElementKind::F64);
        }
        if !self.band.is_empty() {
            spec("band", "band", ElementKind::Text);
        }
        for (name, _) in &self.numbers {
            spec(name, name, ElementKind::F64);
        }
        for (name, _) in &self.names {
            spec(name, name, ElementKind::Text);
        }
        for (name, dims, _) in fields {
            spec(name, dims, kind);
        }
        let group = GroupSpec { arrays: arrays.clone(), attributes: Map::new(), codec: Codec::Zstd(1) };
        let store = ResultStore::create(path, group, Start::Overwrite).unwrap();
        for array in &arrays {
            let counts: Vec<u64> = array.shape.iter().zip(&array.chunk).map(|(n, c)| n.div_ceil(*c)).collect();
            for chunk in combinations(&vec![0; counts.len()], &counts) {
                let start: Vec<u64> = chunk.iter().zip(&array.chunk).map(|(n, c)| n * c).collect();
                let end: Vec<u64> = (0..start.len()).map(|d| array.shape[d].min(start[d] + array.chunk[d])).collect();
                let all = combinations(&start, &end);
                let first = |index: &Vec<u64>| index[0] as usize;
                let names = if array.name == "band" { Some(&self.band[..]) } else { self.names_along(&array.name) };
                let is_frequency = array.name == "freq_time";
                let numbers = if is_frequency { Some(&self.frequency[..]) } else { self.numbers_along(&array.name) };
                if let Some(names) = names {
                    let names: Vec<String> = all.iter().map(|index| names[first(index)].to_owned()).collect();
                    store.write_chunk(&array.name, &chunk, Values::Text(&names)).unwrap();
                } else if let Some(numbers) = numbers {
                    let values: Vec<f64> = all.iter().map(|index| numbers[first(index)]).collect();
                    store.write_chunk(&array.name, &chunk, Values::F64(&values)).unwrap();
                } else if let Some((name, coordinate)) = whole.iter().find(|(name, _)| *name == array.name) {
                    let values: Vec<i64> = all.iter().map(|index| coordinate[first(index)]).collect();
                    store.write_chunk(name, &chunk, Values::I64(&values)).unwrap();
                } else if let Some((name, _, value)) = fields.iter().find(|(name, ..)| *name == array.name) {
                    let values: Vec<f64> = all
                        .iter()
                        .map(|index| {
                            let mut at = At::default();
                            for (dimension, &n) in array.dimensions.iter().zip(index) {
                                self.place(dimension, n as usize, &mut at);
                            }
                            value(at)
                        })
                        .collect();
                    if kind == ElementKind::F32 {
                        let values: Vec<f32> = values.iter().map(|&x| x as f32).collect();
                        store.write_chunk(name, &chunk, Values::F32(&values)).unwrap();
                    } else if kind == ElementKind::C128 {
                        // Of the magnitude and the phase x.
                        let values: Vec<[f64; 2]> = values.iter().map(|&x| [x * x.cos(), x * x.sin()]).collect();
                        store.write_chunk(name, &chunk, Values::C128(&values)).unwrap();
                    } else {
                        store.write_chunk(name, &chunk, Values::F64(&values)).unwrap();
                    }
                }
            }
        }
        let files_written = store.files_written();
        store.finish(files_written).unwrap();
    }
}

fn combinations(start: &[u64], end: &[u64]) -> Vec<Vec<u64>> {
    let mut all = vec![vec![]];
    for (&start, &end) in start.iter().zip(end) {
        all =
            all.into_iter().flat_map(|head: Vec<u64>| (start..end).map(move |x| [&head[..], &[x]].concat())).collect();
    }
    all
}
