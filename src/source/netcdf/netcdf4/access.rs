//! How the values of a dataset can be reached.

use std::fs::File;
use std::path::Path;

use hdf5::{ObjectReference, ObjectReference1};

use super::super::super::SourceError;
use super::super::super::dataset::Element;
use super::super::super::number::Endian;
use super::super::filters;
use super::chunk_table::MOST_BY_LIBRARY;
use super::library::failed;
use super::raw::{ChunkIndex, DatasetHeader, Layout, Odd, UNDEFINED, superblock};

/// An open netCDF-4 file: by HDF5, and its bytes.
pub(super) struct OpenFile {
    hdf5: hdf5::File,
    pub(super) file: File,
    pub(super) length: u64,
}

/// How values are reached.
#[derive(Debug)]
pub(super) enum Access {
    /// By what the object header says.
    Header(DatasetHeader),
    /// By the library alone; why.
    Library(String),
    /// Not at all: it has a filter of this name and number that nobody here can undo.
    Filtered(DatasetHeader, String),
}

/// Fails where a file is shorter than it says; the library's own words for it are "HDF error".
pub(super) fn check_length(path: &Path) -> Result<(), SourceError> {
    let unreadable = |error: std::io::Error| SourceError::io(path, &error);
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    match superblock(&(&file, length)) {
        Ok(Some(block)) if block.usual && block.end_of_file > length => Err(SourceError::Length {
            path: path.to_owned(),
            got: length,
            expected: block.end_of_file,
            why: "by its superblock".into(),
            more: String::new(),
        }),
        // Whatever else is wrong the library finds.
        _ => Ok(()),
    }
}

impl OpenFile {
    /// Opens a file; only within [`with_library`](super::library::with_library).
    pub(super) fn open(path: &Path) -> Result<Self, SourceError> {
        let unreadable = |error: std::io::Error| SourceError::io(path, &error);
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let hdf5 = hdf5::File::open(path).map_err(|error| failed(path, "opening it", error))?;
        Ok(OpenFile { hdf5, file, length })
    }

    /// The file's bytes.
    pub(super) fn bytes(&self) -> (&File, u64) {
        (&self.file, self.length)
    }

    /// Where the dataset of a netCDF variable is.
    fn dataset_path(&self, variable: &str) -> String {
        // What has the name of a dimension, and is not its coordinate, has another name in HDF5.
        let (group, name) = variable.rsplit_once('/').unwrap_or(("", variable));
        let other = format!("{group}/_nc4_non_coord_{name}");
        if self.hdf5.link_exists(&other) { other } else { format!("{group}/{name}") }
    }

    /// The dataset of a netCDF variable, by the library.
    pub(super) fn dataset(&self, variable: &str) -> Option<hdf5::Dataset> {
        self.hdf5.dataset(&self.dataset_path(variable)).ok()
    }

    /// Address of a dataset's object header.
    fn address(&self, dataset: &str) -> Result<u64, Odd> {
        let unknown = |error: hdf5::Error| Odd(format!("its place is not told: {error}"));
        if self.hdf5.loc_info_by_name(dataset).map_err(unknown)?.fileno != self.hdf5.loc_info().map_err(unknown)?.fileno
        {
            return Err(Odd("it is a link to another file".into()));
        }
        let reference: ObjectReference1 = self.hdf5.reference(dataset).map_err(unknown)?;
        // SAFETY: an object reference of the first kind is a `hobj_ref_t`, 8 bytes that hold the object's address, to
        // which `ptr` points as long as `reference` lives; an unaligned read needs nothing else.
        Ok(unsafe { reference.ptr().cast::<u64>().read_unaligned() })
    }

    /// How the values of a variable of this shape and type are reached.
    pub(super) fn access(&self, variable: &str, shape: &[u64], element: Element) -> Access {
        let header = match self.header(variable) {
            Ok(header) => header,
            Err(Odd(why)) => return Access::Library(why),
        };
        let within = header.extent.len() == shape.len()
            && header.extent.iter().zip(shape).all(|(extent, length)| extent <= length);
        if !within || header.element.kind != element.kind {
            return Access::Library(format!(
                "HDF5 has {} {:?} for {} {shape:?}",
                header.element.name(),
                header.extent,
                element.name()
            ));
        }
        match &header.layout {
            Layout::Compact => Access::Library("it lies in its object header".into()),
            Layout::Virtual => Access::Library("it is made of other datasets".into()),
            Layout::Contiguous { .. } if header.extent != shape => {
                Access::Library(format!("HDF5 has {:?} for {shape:?}", header.extent))
            }
            Layout::Contiguous { .. } => Access::Header(header),
            Layout::Chunked { index: ChunkIndex::UnfilteredEdges, .. } => {
                Access::Library("only its whole chunks have filters".into())
            }
            Layout::Chunked { index: ChunkIndex::Newer, .. } if !self.has_few_chunks(variable) => Access::Library(
                "it has many chunks in an index of HDF5 1.10's kind; nccopy FILE OUT makes one that is read \
                 here"
                    .into(),
            ),
            Layout::Chunked { .. } => match header.filters.iter().find(|filter| !filters::is_known(filter.id)) {
                None => Access::Header(header),
                Some(filter) if hdf5::filters::Filter::get_info(i32::from(filter.id)).decode_enabled => {
                    Access::Library(format!("it has {}", filters::words(filter)))
                }
                Some(filter) => {
                    let words = filters::words(filter);
                    Access::Filtered(header, words)
                }
            },
        }
    }

    fn has_few_chunks(&self, variable: &str) -> bool {
        self.dataset(variable).and_then(|dataset| dataset.num_chunks()).is_some_and(|count| count <= MOST_BY_LIBRARY)
    }

    /// The object header of a variable's dataset.
    pub(super) fn header(&self, variable: &str) -> Result<DatasetHeader, Odd> {
        let bytes = self.bytes();
        match superblock(&bytes)? {
            Some(block) if block.usual => {}
            Some(_) => return Err(Odd("addresses that are not of 64 bits".into())),
            None => return Err(Odd("a user block before the file".into())),
        }
        DatasetHeader::read(&bytes, self.address(&self.dataset_path(variable))?)
    }
}

impl Access {
    /// The type of the values as readers give it, of one that the library gives in the machine's order.
    pub(super) fn element(&self, native: Element) -> Element {
        match self {
            Access::Header(header) | Access::Filtered(header, _) => header.element,
            Access::Library(_) => native,
        }
    }

    /// Lengths of a chunk as readers give it; `file_chunk` are those that the library tells.
    pub(super) fn chunk(&self, shape: &[u64], element: Element, file_chunk: Option<Vec<u64>>) -> Option<Vec<u64>> {
        match self {
            Access::Header(DatasetHeader { layout: Layout::Chunked { chunk, .. }, .. })
            | Access::Filtered(DatasetHeader { layout: Layout::Chunked { chunk, .. }, .. }, _) => Some(chunk.clone()),
            // Without an address nothing was written, which a table of chunks can say.
            Access::Header(DatasetHeader { layout: Layout::Contiguous { address, .. }, .. }) => {
                (*address == UNDEFINED).then(|| block_of(shape, element))
            }
            Access::Library(_) | Access::Header(_) | Access::Filtered(..) => {
                Some(file_chunk.unwrap_or_else(|| block_of(shape, element)))
            }
        }
    }
}

/// The type in the machine's own order, in which the library gives values.
pub(super) fn native() -> Endian {
    if cfg!(target_endian = "big") { Endian::Big } else { Endian::Little }
}

/// Blocks of whole trailing dimensions that have 4 MiB at most; a compact dataset, of 64 KiB at most, is one.
fn block_of(shape: &[u64], element: Element) -> Vec<u64> {
    const MOST_BYTES: u64 = 1 << 22;
    let mut bytes = element.bytes() as u64;
    let mut block: Vec<u64> = Vec::with_capacity(shape.len());
    for length in shape.iter().rev() {
        let fits = (MOST_BYTES / bytes).clamp(1, (*length).max(1));
        block.push(fits);
        bytes = bytes.saturating_mul(fits);
    }
    block.reverse();
    block
}
