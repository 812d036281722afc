//! A good input to spoil, with an older result beside it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use oceanspec::synth::{MdsHeader, SynthSpec, synthesise, write_data};

use crate::support::program::Program;

pub const NX: usize = 20;
pub const NY: usize = 12;
/// Hourly snapshots.
pub const NT: usize = 26;

const CONFIG: &str = r#"[input]
path = "mds"
grid = "grid"
timestep = "25 s"
epoch = 2011-09-10T00:00:00

[prepare]

[select]

[spectrum]
segment = "1 day"

[[bands]]
name = "semidiurnal"
limits = [1.7, 2.1]

[output]
path = "result.zarr"

[run]
threads = 2
"#;

/// A folder with `run.toml`, `mds/`, `grid/` and the older result `result.zarr`.
pub struct Site {
    folder: tempfile::TempDir,
}

/// What stands somewhere below a folder.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
    /// A pipe.
    Other,
}

/// The good input and its result, made once.
fn good() -> &'static Path {
    static GOOD: OnceLock<PathBuf> = OnceLock::new();
    GOOD.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad-input");
        let _ = fs::remove_dir_all(&folder);
        let spec = SynthSpec { nx: NX, ny: NY, nt: NT, land: false, ..SynthSpec::default() };
        synthesise(&folder, &spec, &|_, _| {}).unwrap();
        fs::remove_file(folder.join("truth.json")).unwrap();
        fs::write(folder.join("run.toml"), CONFIG).unwrap();
        Program::alone().arg("run").arg(folder.join("run.toml")).run().succeeded();
        folder
    })
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

impl Site {
    pub fn new() -> Site {
        let folder = tempfile::tempdir().unwrap();
        for name in ["mds", "grid", "result.zarr"] {
            copy(&good().join(name), &folder.path().join(name));
        }
        fs::write(folder.path().join("run.toml"), CONFIG).unwrap();
        Site { folder }
    }

    /// A second result beside the older one.
    pub fn copy_result(&self, name: &str) {
        copy(&self.path("result.zarr"), &self.path(name));
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A snapshot's `.data` file; steps count from 0.
    pub fn data(&self, variable: &str, step: usize) -> PathBuf {
        self.path(&format!("mds/{variable}.{:010}.data", SynthSpec::default().first_iteration + step as u64 * 144))
    }

    /// The `.meta` file beside it.
    pub fn meta(&self, variable: &str, step: usize) -> PathBuf {
        self.data(variable, step).with_extension("meta")
    }

    /// All snapshot files with this extension, of both variables.
    pub fn snapshots(&self, extension: &str) -> Vec<PathBuf> {
        let files = fs::read_dir(self.path("mds")).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
    }

    /// Replaces words of a file, which must be there.
    pub fn edit(&self, path: &Path, from: &str, to: &str) {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains(from), "{from} is not in {}", path.display());
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Replaces words of the configuration.
    pub fn edit_config(&self, from: &str, to: &str) {
        self.edit(&self.path("run.toml"), from, to);
    }

    /// Gives a table of the configuration a line, the key's old line goes; returns the new line's number, from 1.
    pub fn put(&self, table: &str, line: &str) -> usize {
        let text = fs::read_to_string(self.path("run.toml")).unwrap();
        let header = match table {
            "bands" => "[[bands]]".to_owned(),
            _ => format!("[{table}]"),
        };
        let key = |line: &str| line.split_once(" =").map(|(key, _)| key.to_owned());
        let mut lines: Vec<&str> = text.lines().collect();
        let first = lines.iter().position(|line| *line == header).unwrap_or_else(|| panic!("no {header}")) + 1;
        let len = lines[first..].iter().take_while(|line| !line.starts_with('[')).count();
        if let Some(old) = lines[first..first + len].iter().position(|old| key(old).is_some() && key(old) == key(line))
        {
            lines.remove(first + old);
        }
        lines.insert(first, line);
        fs::write(self.path("run.toml"), lines.join("\n") + "\n").unwrap();
        first + 1
    }

    /// Values of a grid field, [j, i].
    pub fn grid(&self, name: &str) -> Vec<f32> {
        let bytes = fs::read(self.path(&format!("grid/{name}.data"))).unwrap();
        bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_be_bytes(*bytes)).collect()
    }

    /// Writes a grid field of one level.
    pub fn set_grid(&self, name: &str, values: &[f32]) {
        let path = self.path(&format!("grid/{name}.data"));
        write_data(&path, values, Some(&MdsHeader::of(&[NX, NY]))).unwrap();
    }

    /// Changes each value of a grid field.
    pub fn change_grid(&self, name: &str, change: impl Fn(f32) -> f32) {
        let values: Vec<f32> = self.grid(name).into_iter().map(change).collect();
        self.set_grid(name, &values);
    }

    pub fn remove_grid(&self, names: &[&str]) {
        for name in names {
            for extension in ["data", "meta"] {
                fs::remove_file(self.path(&format!("grid/{name}.{extension}"))).unwrap();
            }
        }
    }

    /// Overwrites one value of a snapshot.
    pub fn poke(&self, path: &Path, [j, i]: [usize; 2], value: f32) {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.write_all_at(&value.to_be_bytes(), ((j * NX + i) * 4) as u64).unwrap();
    }

    /// Turns the bytes of each value round.
    pub fn swap_bytes(&self, path: &Path) {
        let mut bytes = fs::read(path).unwrap();
        bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|value| value.reverse());
        fs::write(path, bytes).unwrap();
    }

    /// Rewrites a snapshot or grid file as float64, without `.meta`.
    pub fn widen(&self, path: &Path) {
        let bytes = fs::read(path).unwrap();
        let values = bytes.as_chunks::<4>().0.iter().map(|bytes| f64::from(f32::from_be_bytes(*bytes)));
        fs::write(path, values.flat_map(f64::to_be_bytes).collect::<Vec<_>>()).unwrap();
        fs::remove_file(path.with_extension("meta")).unwrap();
    }

    /// A pipe that nobody writes into takes a file's place.
    pub fn pipe(&self, path: &Path) {
        let _ = fs::remove_file(path);
        let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    }

    /// Everything below the folder.
    pub fn entries(&self) -> BTreeMap<PathBuf, Entry> {
        let mut all = BTreeMap::new();
        let mut pending = vec![self.folder.path().to_owned()];
        while let Some(folder) = pending.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let kind = path.symlink_metadata().unwrap().file_type();
                let entry = if kind.is_symlink() {
                    Entry::Link(fs::read_link(&path).unwrap())
                } else if kind.is_dir() {
                    pending.push(path.clone());
                    Entry::Folder
                } else if kind.is_file() {
                    Entry::File(fs::read(&path).unwrap())
                } else {
                    Entry::Other
                };
                all.insert(path, entry);
            }
        }
        all
    }
}
