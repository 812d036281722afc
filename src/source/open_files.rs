//! Open files of the input, shared by all who read them: as many as the process may have, and of more those that were used
//! last.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Files of a process besides the input: results, libraries, MPI.
pub(crate) const OTHER_FILES: usize = 256;

/// Files by their paths. A file that must make room is closed when the last who reads it is done.
#[derive(Debug)]
pub(super) struct OpenFiles {
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    entries: HashMap<PathBuf, Entry>,
    /// Counts the uses.
    clock: u64,
    most: usize,
    /// Whether the system may be asked for more.
    grows: bool,
}

#[derive(Debug)]
struct Entry {
    slot: Slot,
    used: u64,
}

/// A file once it is open; it is opened by one thread while others wait for it.
type Slot = Arc<Mutex<Option<Arc<File>>>>;

impl OpenFiles {
    /// Those of this process. Its limit is raised as more files are in use, as far as the system allows.
    pub(super) fn of_process() -> &'static OpenFiles {
        static FILES: OnceLock<OpenFiles> = OnceLock::new();
        FILES.get_or_init(|| OpenFiles::new(room_in(allowed_files(0)), true))
    }

    fn new(most: usize, grows: bool) -> OpenFiles {
        OpenFiles { inside: Mutex::new(Inside { entries: HashMap::new(), clock: 0, most, grows }) }
    }

    /// An open file.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn get(&self, path: &Path) -> io::Result<Arc<File>> {
        let slot = self.lock().slot(path);
        let mut open = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.as_ref() {
            return Ok(Arc::clone(file));
        }
        let opened = File::open(path).or_else(|error| {
            // Others of the process have taken more than was left for them.
            if !matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE)) {
                return Err(error);
            }
            self.lock().halve();
            File::open(path)
        });
        match opened {
            Ok(file) => Ok(Arc::clone(open.insert(Arc::new(file)))),
            Err(error) => {
                self.lock().entries.remove(path);
                Err(error)
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inside> {
        // Entries are whole between calls, so that a panic elsewhere leaves nothing half done.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn slot(&mut self, path: &Path) -> Slot {
        self.clock += 1;
        if let Some(entry) = self.entries.get_mut(path) {
            entry.used = self.clock;
            return Arc::clone(&entry.slot);
        }
        if self.entries.len() >= self.most && self.grows {
            let most = room_in(allowed_files(2 * self.most + OTHER_FILES));
            self.grows = most > self.most;
            self.most = self.most.max(most);
        }
        self.keep(self.most.saturating_sub(1));
        let slot = Slot::default();
        self.entries.insert(path.to_owned(), Entry { slot: Arc::clone(&slot), used: self.clock });
        slot
    }

    /// Lets go of all but so many, those first that were not used for the longest time.
    fn keep(&mut self, most: usize) {
        let excess = self.entries.len().saturating_sub(most);
        if excess == 0 {
            return;
        }
        let mut uses: Vec<u64> = self.entries.values().map(|entry| entry.used).collect();
        let (_, last, _) = uses.select_nth_unstable(excess - 1);
        let last = *last;
        self.entries.retain(|_, entry| entry.used > last);
    }

    fn halve(&mut self) {
        self.most = (self.entries.len() / 2).max(1);
        self.grows = false;
        self.keep(self.most.saturating_sub(1));
    }
}

/// How many of so many files may be those of the input.
fn room_in(allowed: usize) -> usize {
    allowed.saturating_sub(OTHER_FILES).max(allowed / 4).max(1)
}

/// How many files this process may have open, after the limit was raised towards `wanted` as far as the system allows.
pub(crate) fn allowed_files(wanted: usize) -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: a plain system call that fills the struct.
    if unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) } != 0 {
        return 0;
    }
    let wanted = (wanted as libc::rlim_t).min(limit.rlim_max);
    if wanted > limit.rlim_cur {
        let more = libc::rlimit { rlim_cur: wanted, ..limit };
        // SAFETY: a plain system call that reads the struct.
        if unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const more) } == 0 {
            limit.rlim_cur = wanted;
        }
    }
    usize::try_from(limit.rlim_cur).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_the_system_allows() {
        let before = allowed_files(0);
        assert!(before >= 64);
        assert!(allowed_files(before + 1) >= before);
        assert!(allowed_files(usize::MAX / 2) >= before);
        assert_eq!([1, 64, 256, 1024].map(room_in), [1, 16, 64, 768]);
    }

    #[test]
    fn files_are_shared_and_those_not_used_for_long_are_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |at: usize| folder.path().join(at.to_string());
        (0..5).for_each(|at| std::fs::write(path(at), [at as u8]).unwrap());
        let files = OpenFiles::new(3, false);
        let first = files.get(&path(0)).unwrap();
        assert!(Arc::ptr_eq(&first, &files.get(&path(0)).unwrap()));
        let weak: Vec<_> = (1..3).map(|at| Arc::downgrade(&files.get(&path(at)).unwrap())).collect();
        files.get(&path(0)).unwrap();
        files.get(&path(3)).unwrap();
        assert!(weak[0].upgrade().is_none() && weak[1].upgrade().is_some());
        assert!(Arc::ptr_eq(&first, &files.get(&path(0)).unwrap()));
        // What is being read stays open as long as that takes.
        (1..4).for_each(|at| drop(files.get(&path(at)).unwrap()));
        assert_eq!(Arc::strong_count(&first), 1);
        let mut byte = [9];
        first.read_exact_at(&mut byte, 0).unwrap();
        assert_eq!(byte, [0]);
        assert!(files.get(&path(7)).is_err());
        assert_eq!(files.lock().entries.len(), 2);
        files.lock().halve();
        assert_eq!(files.lock().most, 1);
        files.get(&path(4)).unwrap();
        assert_eq!(files.lock().entries.len(), 1);
    }

    #[test]
    fn threads_that_need_more_files_than_may_be_open_get_them_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = |at: usize| folder.path().join(at.to_string());
        (0..40).for_each(|at| std::fs::write(path(at), [at as u8]).unwrap());
        let files = OpenFiles::new(4, false);
        std::thread::scope(|scope| {
            for start in 0..4 {
                let (files, path) = (&files, &path);
                scope.spawn(move || {
                    for at in (0..400).map(|step| (start + 7 * step) % 40) {
                        let mut byte = [99];
                        files.get(&path(at)).unwrap().read_exact_at(&mut byte, 0).unwrap();
                        assert_eq!(byte, [at as u8]);
                    }
                });
            }
        });
        assert!(files.lock().entries.len() <= 4);
    }
}
