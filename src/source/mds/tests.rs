//! The first look at folders of all kinds: what is taken, what is refused and in which words.

mod contents;
mod gaps;
mod random;
mod tiles;

use std::path::Path;

use super::super::StepStatus;
use super::*;
use crate::grid::Window;

/// Rows and columns of the snapshots here.
const NJ: usize = 3;
const NI: usize = 4;
/// Iterations from one snapshot to the next; an iteration is 25 s.
const STEP: u64 = 10;

/// A folder of input and what is asked of it.
struct Folder {
    folder: tempfile::TempDir,
    request: MdsRequest,
}

fn value(field: &str, iteration: u64, at: usize) -> f32 {
    field.bytes().map(f32::from).sum::<f32>() + iteration as f32 * 100.0 + at as f32
}

fn bytes(values: impl Iterator<Item = f32>) -> Vec<u8> {
    values.flat_map(f32::to_be_bytes).collect()
}

impl Folder {
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let request = MdsRequest { folder: folder.path().to_owned(), ..MdsRequest::default() };
        Folder { folder, request }
    }

    /// U and V at iterations 10, 20, ... with `.meta`.
    fn with_snapshots(count: u64) -> Self {
        let folder = Self::empty();
        for iteration in (1..=count).map(|at| at * STEP) {
            folder.snapshot("U", iteration);
            folder.snapshot("V", iteration);
        }
        folder
    }

    fn reject(mut self) -> Self {
        self.request.fail_on_gaps = false;
        self
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path().join(name)).unwrap();
    }

    fn cut(&self, name: &str, by: usize) {
        let path = self.folder.path().join(name);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() - by]).unwrap();
    }

    fn snapshot(&self, field: &str, iteration: u64) {
        self.write(&data(field, iteration), &bytes((0..NJ * NI).map(|at| value(field, iteration, at))));
        self.write(&meta(field, iteration), header(iteration, "").as_bytes());
    }

    fn scan(&self) -> Result<MdsCatalog, crate::source::SourceError> {
        scan(&self.request, None)
    }

    fn catalog(&self) -> MdsCatalog {
        self.scan().unwrap_or_else(|error| panic!("{error}"))
    }

    #[track_caller]
    fn fails(&self, parts: &[&str]) -> String {
        let text = match self.scan() {
            Ok(catalog) => panic!("{parts:?} was expected: {catalog:?}"),
            Err(error) => error.to_string(),
        };
        for part in parts {
            assert!(text.contains(part), "`{part}` is not in: {text}");
        }
        assert!(!text.contains('\n'), "{text}");
        text
    }

    fn pattern(mut self, text: &str) -> Self {
        self.request.pattern = text.parse().unwrap();
        self
    }

    fn field(mut self, at: usize, name: &str, record: Option<RecordChoice>) -> Self {
        self.request.fields[at].name = name.to_owned();
        self.request.fields[at].record = record;
        self
    }
}

fn data(field: &str, iteration: u64) -> String {
    format!("{field}.{iteration:010}.data")
}

fn meta(field: &str, iteration: u64) -> String {
    format!("{field}.{iteration:010}.meta")
}

/// A `.meta` of a snapshot of one level; `more` follows.
fn header(iteration: u64, more: &str) -> String {
    format!(
        "dimList = [ {NI},1,{NI}, {NJ},1,{NJ} ]; dataprec = ['float32']; timeStepNumber = [ {iteration} ]; \
         timeInterval = [ {} ]; {more}",
        iteration * 25
    )
}

/// All points of all steps of a field, [step, j, i].
fn read(catalog: &MdsCatalog, field: usize) -> Vec<f32> {
    let window = Window { face: 0, j: 0..catalog.extent.nj, i: 0..catalog.extent.ni };
    let mut stored = Vec::new();
    let block = catalog.open_block(field, 0..catalog.time.len()).unwrap_or_else(|error| panic!("{error}"));
    block.read(&window, &mut stored).unwrap_or_else(|error| panic!("{error}"));
    super::block::tests::decoded(&block, &window, &stored)
}

fn record_name(name: &str) -> Option<RecordChoice> {
    Some(RecordChoice::Name(name.to_owned()))
}

fn record_number(number: u64) -> Option<RecordChoice> {
    Some(RecordChoice::Number(number))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
