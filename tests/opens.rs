//! What a file system's server sees: on several ranks and in several passes each snapshot is opened once, by the rank that
//! reads it, and rank 0 alone looks at the rest.
#![cfg(feature = "mpi")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

use oceanspec::synth::{LlcSpec, synthesise_llc};
use support::result::ResultArrays;
use support::run::{Run, memory};

/// The kernel's list of files that are opened in a folder.
struct Opens {
    inotify: OwnedFd,
}

impl Opens {
    fn watch(folder: &Path) -> Opens {
        // SAFETY: plain system calls; the path is a C string that lives over the call.
        let inotify = unsafe { OwnedFd::from_raw_fd(libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC)) };
        let path = CString::new(folder.to_str().unwrap()).unwrap();
        // SAFETY: as above.
        let watch = unsafe { libc::inotify_add_watch(inotify.as_raw_fd(), path.as_ptr(), libc::IN_OPEN) };
        assert!(watch >= 0, "{}", std::io::Error::last_os_error());
        Opens { inotify }
    }

    /// How often each file was opened so far.
    fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        let mut buffer = vec![0_u8; 1 << 16];
        loop {
            // SAFETY: the buffer has as many bytes as it says.
            let read = unsafe { libc::read(self.inotify.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
            let Ok(bytes) = usize::try_from(read) else { return counts };
            let mut rest = &buffer[..bytes];
            while !rest.is_empty() {
                let header = size_of::<libc::inotify_event>();
                let number = |at: usize| u32::from_ne_bytes(rest[at..at + 4].try_into().unwrap());
                let (mask, length) = (number(4), number(12) as usize);
                assert_eq!(mask & libc::IN_Q_OVERFLOW, 0, "more opens than the kernel keeps");
                if length > 0 {
                    let name = CStr::from_bytes_until_nul(&rest[header..header + length]).unwrap();
                    *counts.entry(name.to_str().unwrap().to_owned()).or_insert(0) += 1;
                }
                rest = &rest[header + length..];
            }
        }
    }
}

#[test]
fn each_snapshot_is_opened_once_on_four_ranks_and_in_many_passes() {
    let folder = tempfile::tempdir().unwrap();
    let spec = LlcSpec { nx: 24, nt: 96, ..LlcSpec::default() };
    synthesise_llc(folder.path(), &spec, &|_, _| {}).unwrap();
    let run = Run::of(folder.path().join("run.toml")).set("spectrum.segment=48 samples").set("run.threads=1").on(4);
    let run = run.set(memory(run.memory_for(5)));
    let opens = Opens::watch(&folder.path().join("mds"));
    let result = run.to(folder.path().join("a.zarr"));
    assert!(ResultArrays::open(&result).planned("passes") >= 5);
    let counts = opens.counts();
    let (meta, data): (BTreeMap<_, _>, BTreeMap<_, _>) =
        counts.into_iter().partition(|(name, _)| name.ends_with(".meta"));
    assert_eq!(data.len(), 2 * 96);
    assert!(data.values().all(|&count| count == 1), "{data:?}");
    // Rank 0 reads each once, and those of the first and the last snapshot once more where it looks for the field's name.
    assert_eq!(meta.len(), 2 * 96);
    assert!(meta.values().all(|&count| count <= 2), "{meta:?}");
}
