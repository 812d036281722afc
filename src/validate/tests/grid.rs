//! Groups that tests write: coordinates, and fields by place.

use std::path::Path;

use serde_json::Map;

use crate::store::{ArraySpec, Codec, ElementKind, Fill, GroupSpec, ResultStore, Start, Values};

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
    /// Length of a chunk in each dimension; 0: the whole array is one chunk.
    pub(super) chunk: u64,
}

/// Where a value is: face, j, i, frequency, band number in the list of names of `Grid`.
#[derive(Clone, Copy, Default)]
pub(super) struct At {
    pub(super) face: i64,
    pub(super) j: i64,
    pub(super) i: i64,
    pub(super) frequency: f64,
    pub(super) band: &'static str,
}

pub(super) type Field<'a> = (&'a str, &'a str, &'a dyn Fn(At) -> f64);

impl Grid {
    fn length(&self, dimension: &str) -> usize {
        match dimension {
            "face" => self.face.len(),
            "j" | "point" => self.j.len(),
            "i" => self.i.len(),
            "freq_time" => self.frequency.len(),
            "band" => self.band.len(),
            _ => 3,
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
            _ => {}
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
                if array.name == "band" {
                    let names: Vec<String> = all.iter().map(|index| self.band[first(index)].to_owned()).collect();
                    store.write_chunk("band", &chunk, Values::Text(&names)).unwrap();
                } else if array.name == "freq_time" {
                    let values: Vec<f64> = all.iter().map(|index| self.frequency[first(index)]).collect();
                    store.write_chunk("freq_time", &chunk, Values::F64(&values)).unwrap();
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
