//! Rates of reading alone: `read_rate [--threads N] [--repeats N] PATH...`.
//!
//! Every PATH is a netCDF file or a Zarr store, whose arrays of three dimensions and more are read whole, all into buffers
//! that are used again, values as stored: by this program's readers on N threads (chunks in turn), of netCDF also by the
//! netCDF library on one thread and on N (whole rows of chunks along the first dimension, so that it decodes each chunk
//! once; each thread has a file of its own), and as a floor every stored byte once, without decoding. All ways take turns;
//! seconds are medians, rates are decoded bytes (the floor's: stored bytes) over seconds. Finding the places of the chunks,
//! once for a run, is told apart. Prints JSON, with `to_library`, ours over the library's better rate, and `to_zarr`,
//! ours over ours of the first Zarr store with chunks of the same lengths.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::exit, clippy::unwrap_used, missing_docs)]

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use clap::Parser;
use oceanspec::source::dataset::{ArrayInfo, Chunk, ChunkReader, Storage};
use oceanspec::source::{netcdf as our_netcdf, zarr as our_zarr};
use serde_json::{Value, json};

/// Bytes that the floor reads at once.
const PIECE_BYTES: u64 = 1 << 20;
/// Steps that are read at once where there are no chunks.
const STEPS: u64 = 24;

#[derive(Parser)]
struct Arguments {
    /// netCDF files and Zarr stores.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Threads; as many as there are cores, if not said.
    #[arg(long)]
    threads: Option<usize>,
    /// Measured times of each way.
    #[arg(long, default_value_t = 5)]
    repeats: usize,
}

struct Array {
    info: ArrayInfo,
    storage: Storage,
}

struct Input {
    path: PathBuf,
    format: String,
    arrays: Vec<Array>,
    locate_seconds: f64,
}

/// Something to read of an array: first indices and lengths of a chunk, or of a run of steps, and the bytes of it that lie
/// within the array.
struct Piece {
    array: usize,
    index: Vec<u64>,
    start: Vec<u64>,
    count: Vec<u64>,
    bytes: u64,
}

impl Input {
    fn open(path: &Path) -> Input {
        let is_zarr = path.is_dir();
        let dataset = if is_zarr { our_zarr::describe(path) } else { our_netcdf::describe(path) }.unwrap();
        let start = Instant::now();
        let of_fields = dataset.arrays.iter().filter(|info| info.shape.len() > 2);
        let locate =
            |info: &ArrayInfo| if is_zarr { our_zarr::locate(path, info) } else { our_netcdf::locate(path, info) };
        let arrays: Vec<Array> =
            of_fields.map(|info| Array { info: info.clone(), storage: locate(info).unwrap() }).collect();
        let locate_seconds = start.elapsed().as_secs_f64();
        assert!(!arrays.is_empty(), "{} has no array of three dimensions or more", path.display());
        Input { path: path.to_owned(), format: dataset.format, arrays, locate_seconds }
    }

    /// All blocks of so many values along each dimension, of all arrays in turn.
    fn pieces(&self, lengths: impl Fn(&ArrayInfo) -> Vec<u64>) -> Vec<Piece> {
        let mut pieces = Vec::new();
        for (array, Array { info, .. }) in self.arrays.iter().enumerate() {
            let lengths = lengths(info);
            let grid: Vec<u64> =
                info.shape.iter().zip(&lengths).map(|(whole, length)| whole.div_ceil(*length)).collect();
            for number in 0..grid.iter().product() {
                let mut rest: u64 = number;
                let mut index = vec![0; grid.len()];
                for (index, count) in index.iter_mut().zip(&grid).rev() {
                    *index = rest % count;
                    rest /= count;
                }
                let start: Vec<u64> = index.iter().zip(&lengths).map(|(at, length)| at * length).collect();
                let count: Vec<u64> = start
                    .iter()
                    .zip(&lengths)
                    .zip(&info.shape)
                    .map(|((at, length), whole)| (at + length).min(*whole) - at)
                    .collect();
                let bytes = count.iter().product::<u64>() * info.element.bytes() as u64;
                pieces.push(Piece { array, index, start, count, bytes });
            }
        }
        pieces.sort_by(|one, other| one.start.cmp(&other.start));
        pieces
    }

    /// By our readers; returns decoded bytes, those of chunks that are not stored left out, and bytes read.
    fn ours(&self, threads: usize) -> (u64, u64) {
        let readers: Vec<Option<Box<dyn ChunkReader>>> =
            self.arrays.iter().map(|array| array.storage.open(&array.info).unwrap()).collect();
        let files: Vec<Option<File>> = self
            .arrays
            .iter()
            .map(|array| match &array.storage {
                Storage::Direct(direct) => Some(File::open(&direct.path).unwrap()),
                _ => None,
            })
            .collect();
        let pieces = self.pieces(|info| info.chunk.clone().unwrap_or_else(|| first_dimension(info, 1)));
        let (decoded, read) = (AtomicU64::new(0), AtomicU64::new(0));
        in_turn(threads, pieces.len(), || {
            let mut buffer = Vec::new();
            let (pieces, readers, files, decoded, read) = (&pieces, &readers, &files, &decoded, &read);
            move |at| {
                let piece = &pieces[at];
                let stored = match (&readers[piece.array], &files[piece.array], &self.arrays[piece.array].storage) {
                    (Some(reader), _, _) => match reader.read(&piece.index, &mut buffer).unwrap() {
                        Chunk::Read(bytes) => bytes,
                        Chunk::NotThere => return,
                    },
                    (None, Some(file), Storage::Direct(direct)) => {
                        let step_bytes = direct.strides[1] * self.arrays[piece.array].info.shape[1];
                        assert_eq!(step_bytes, piece.bytes, "the values of a step lie apart");
                        buffer.resize(piece.bytes as usize, 0);
                        file.read_exact_at(&mut buffer, direct.offset + piece.start[0] * direct.strides[0]).unwrap();
                        piece.bytes
                    }
                    _ => unreachable!(),
                };
                black_box(&buffer);
                decoded.fetch_add(piece.bytes, Ordering::Relaxed);
                read.fetch_add(stored, Ordering::Relaxed);
            }
        });
        (decoded.into_inner(), read.into_inner())
    }

    /// By the netCDF library; returns decoded bytes.
    fn library(&self, threads: usize) -> u64 {
        let pieces = self.pieces(|info| first_dimension(info, info.chunk.as_ref().map_or(STEPS, |chunk| chunk[0])));
        in_turn(threads, pieces.len(), || {
            // The library looks for attributes that are not there, and HDF5 would print that.
            hdf5::silence_errors(true);
            let file = netcdf::open(&self.path).unwrap();
            let mut buffer = Vec::new();
            let pieces = &pieces;
            move |at| {
                let piece = &pieces[at];
                let variable = file.variable(&self.arrays[piece.array].info.name).unwrap();
                let extents: Vec<std::ops::Range<usize>> = piece
                    .start
                    .iter()
                    .zip(&piece.count)
                    .map(|(start, count)| *start as usize..(start + count) as usize)
                    .collect();
                buffer.resize(piece.bytes as usize, 0);
                variable.get_raw_values_into(&mut buffer, extents).unwrap();
                black_box(&buffer);
            }
        });
        pieces.iter().map(|piece| piece.bytes).sum()
    }

    /// All bytes of the file, or of the files of the store; returns how many.
    fn floor(&self, threads: usize) -> u64 {
        let mut files = Vec::new();
        files_below(&self.path, &mut files);
        let pieces: Vec<(usize, u64, u64)> = files
            .iter()
            .enumerate()
            .flat_map(|(file, (_, length))| {
                let length = *length;
                (0..length.div_ceil(PIECE_BYTES))
                    .map(move |at| (file, at * PIECE_BYTES, PIECE_BYTES.min(length - at * PIECE_BYTES)))
            })
            .collect();
        in_turn(threads, pieces.len(), || {
            let mut buffer = vec![0; PIECE_BYTES as usize];
            let mut open: Option<(usize, File)> = None;
            let (files, pieces) = (&files, &pieces);
            move |at| {
                let (number, offset, length) = pieces[at];
                if open.as_ref().is_none_or(|(other, _)| *other != number) {
                    open = Some((number, File::open(&files[number].0).unwrap()));
                }
                let (_, file) = open.as_ref().unwrap();
                file.read_exact_at(&mut buffer[..length as usize], offset).unwrap();
                black_box(&buffer);
            }
        });
        files.iter().map(|(_, length)| length).sum()
    }
}

/// Lengths of so many steps of the first dimension and the whole of all others.
fn first_dimension(info: &ArrayInfo, steps: u64) -> Vec<u64> {
    std::iter::once(steps.min(info.shape[0]).max(1)).chain(info.shape[1..].iter().copied()).collect()
}

fn files_below(path: &Path, found: &mut Vec<(PathBuf, u64)>) {
    let metadata = std::fs::metadata(path).unwrap();
    if metadata.is_dir() {
        std::fs::read_dir(path).unwrap().for_each(|entry| files_below(&entry.unwrap().path(), found));
    } else {
        found.push((path.to_owned(), metadata.len()));
    }
}

/// Calls what `worker` makes on each thread with the numbers below `count`, each once.
fn in_turn<W: FnMut(usize)>(threads: usize, count: usize, worker: impl Fn() -> W + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut work = worker();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= count {
                        break;
                    }
                    work(at);
                }
            });
        }
    });
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0
}

/// What one way did.
#[derive(Default)]
struct Measured {
    way: &'static str,
    threads: usize,
    bytes: u64,
    seconds: Vec<f64>,
}

impl Measured {
    /// MB a second, of 10^6 bytes.
    fn rate(&self) -> f64 {
        self.bytes as f64 / 1e6 / median(&self.seconds)
    }

    fn json(&self) -> Value {
        json!({"way": self.way, "threads": self.threads, "bytes": self.bytes, "seconds": self.seconds,
            "mb_per_second": self.rate()})
    }
}

fn main() {
    let Arguments { paths, threads, repeats } = Arguments::parse();
    let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let inputs: Vec<Input> = paths.iter().map(|path| Input::open(path)).collect();
    let ways = |input: &Input| -> Vec<Measured> {
        let library = [1, threads].map(|threads| ("library", threads));
        let library = library.into_iter().filter(|_| input.path.is_file()).take(if threads > 1 { 2 } else { 1 });
        let all = std::iter::once(("ours", threads)).chain(library).chain([("floor", threads)]);
        all.map(|(way, threads)| Measured { way, threads, ..Measured::default() }).collect()
    };
    let mut measured: Vec<(&Input, Vec<Measured>, u64)> = inputs.iter().map(|input| (input, ways(input), 0)).collect();
    // The first time brings the files into the page cache.
    for time in 0..=repeats.max(1) {
        for (input, ways, stored_bytes) in &mut measured {
            for way in ways {
                let start = Instant::now();
                way.bytes = match way.way {
                    "ours" => {
                        let (decoded, read) = input.ours(way.threads);
                        *stored_bytes = read;
                        decoded
                    }
                    "library" => input.library(way.threads),
                    _ => input.floor(way.threads),
                };
                let seconds = start.elapsed().as_secs_f64();
                if time > 0 {
                    way.seconds.push(seconds);
                }
            }
        }
    }
    let rate_of = |ways: &[Measured], name: &str| {
        ways.iter().filter(|way| way.way == name).map(Measured::rate).fold(0.0, f64::max)
    };
    let zarr_like = |input: &Input| {
        let same = |other: &&(&Input, Vec<Measured>, u64)| {
            other.0.path.is_dir() && other.0.arrays[0].info.chunk == input.arrays[0].info.chunk
        };
        measured.iter().find(same).map(|(_, ways, _)| rate_of(ways, "ours"))
    };
    let files: Vec<Value> = measured
        .iter()
        .map(|(input, ways, stored_bytes)| {
            let (ours, library) = (rate_of(ways, "ours"), rate_of(ways, "library"));
            let is_file = input.path.is_file();
            let info = &input.arrays[0].info;
            json!({
                "path": input.path, "format": input.format, "chunk": info.chunk, "codecs": info.codecs,
                "locate_seconds": input.locate_seconds, "stored_bytes": stored_bytes,
                "ways": ways.iter().map(Measured::json).collect::<Vec<_>>(),
                "to_library": is_file.then(|| ours / library),
                "to_zarr": zarr_like(input).filter(|_| is_file).map(|zarr| ours / zarr),
            })
        })
        .collect();
    println!("{}", serde_json::to_string_pretty(&json!({"threads": threads, "files": files})).unwrap());
}
