//! Who holds an unfinished result, and a count by which others see that the holder lives.
//!
//! One line of fixed length in the lock's file: a number of the holder's own, a count, the host, its start, the process.
//! Nobody's clock is compared with another's: who wants to know whether the holder lives watches whether the count goes up.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use tracing::info;

/// The count goes up this often.
const BEAT: Duration = Duration::from_secs(3);
/// A holder whose count does not go up for so long is dead.
const WATCH: Duration = Duration::from_secs(12);
/// Where there are no locks, of two that take a result at the same time the second one has written by then.
const SETTLE: Duration = Duration::from_secs(1);
/// Longer than any line.
const LINE_BYTES: usize = 512;

/// A holder as the file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    /// Drawn at random.
    number: u64,
    count: u64,
    host: String,
    /// Of the host's start.
    boot: String,
    process: u32,
}

fn system(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

impl Lease {
    fn own() -> io::Result<Lease> {
        let mut number = [0; 8];
        File::open("/dev/urandom")?.read_exact(&mut number)?;
        Ok(Lease {
            number: u64::from_ne_bytes(number),
            count: 0,
            host: system("/proc/sys/kernel/hostname"),
            boot: system("/proc/sys/kernel/random/boot_id"),
            process: std::process::id(),
        })
    }

    /// The holder that a file names; none if it was let go, or the file is new.
    pub(super) fn read(file: &File) -> Option<Lease> {
        let mut line = [0; LINE_BYTES];
        let length = file.read_at(&mut line, 0).ok()?;
        let text = std::str::from_utf8(&line[..length]).ok()?;
        let mut words = text.split_whitespace();
        Some(Lease {
            number: u64::from_str_radix(words.next()?, 16).ok()?,
            count: words.next()?.parse().ok()?,
            process: words.next()?.parse().ok()?,
            boot: words.next()?.to_owned(),
            host: words.next().unwrap_or_default().to_owned(),
        })
    }

    fn write(&self, file: &File) -> io::Result<()> {
        let Lease { number, count, host, boot, process } = self;
        let boot = if boot.is_empty() { "-" } else { boot };
        let line = format!("{number:016x} {count:020} {process:010} {boot} {host}");
        file.write_all_at(format!("{line:<width$}\n", width = LINE_BYTES - 1).as_bytes(), 0)
    }

    /// For messages.
    pub(super) fn holder(&self) -> String {
        format!("process {} on {}", self.process, self.host)
    }

    /// Whether the holder lives, where its lock was not in the way. Another host's count is watched for some seconds.
    pub(super) fn lives(&self, path: &Path, has_locks: bool) -> bool {
        let here = !self.boot.is_empty() && self.boot == system("/proc/sys/kernel/random/boot_id");
        if here {
            // Its lock would have been in the way.
            return !has_locks && Path::new(&format!("/proc/{}", self.process)).exists() && self.counts_on(path);
        }
        self.counts_on(path)
    }

    fn counts_on(&self, path: &Path) -> bool {
        info!("held by {}; watching for {} s whether it is alive", self.holder(), WATCH.as_secs());
        let mut waited = Duration::ZERO;
        while waited < WATCH {
            std::thread::sleep(SETTLE);
            waited += SETTLE;
            // Opened anew: that is when the file systems of networks look at what others wrote.
            match File::open(path).ok().as_ref().and_then(Lease::read) {
                Some(now) if now == *self => {}
                // It went on counting, or another one took over.
                Some(_) => return true,
                None => return false,
            }
        }
        false
    }
}

/// A thread that counts as long as it lives; the end of this lets go.
#[derive(Debug)]
pub(super) struct Beating {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    taken: Arc<AtomicBool>,
}

impl Beating {
    /// Writes this process as the holder; none if another one took it at the same time.
    ///
    /// # Errors
    /// Errors of the file system.
    pub(super) fn start(file: &File, path: &Path, has_locks: bool) -> io::Result<Option<Beating>> {
        let mut lease = Lease::own()?;
        lease.write(file)?;
        file.sync_data()?;
        let is_own = |path: &Path, number: u64| {
            File::open(path).ok().as_ref().and_then(Lease::read).is_some_and(|lease| lease.number == number)
        };
        if !has_locks {
            std::thread::sleep(SETTLE);
            if !is_own(path, lease.number) {
                return Ok(None);
            }
        }
        let (end, ended) = mpsc::channel();
        let taken = Arc::new(AtomicBool::new(false));
        let (file, path, lost): (File, PathBuf, _) = (file.try_clone()?, path.to_owned(), Arc::clone(&taken));
        let thread = std::thread::Builder::new().name("hold".into()).spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = ended.recv_timeout(BEAT) {
                let now = File::open(&path).ok().as_ref().and_then(Lease::read);
                if now.is_some_and(|now| now.number != lease.number) {
                    lost.store(true, Ordering::Relaxed);
                    return;
                }
                lease.count += 1;
                // A full disk does not end a run that may have nothing more to write.
                let _ = lease.write(&file);
            }
            let _ = file.set_len(0);
        })?;
        Ok(Some(Beating { end: Some(end), thread: Some(thread), taken }))
    }

    /// Whether another run has taken the result: this one was held to be dead.
    pub(super) fn is_taken(&self) -> bool {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Drop for Beating {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It does not panic; were it to, there is nothing to do about it here.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_with(lease: &Lease) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        lease.write(&File::create(&path).unwrap()).unwrap();
        (folder, path)
    }

    fn lease() -> Lease {
        Lease { number: 7, count: 3, host: "n17".into(), boot: "another".into(), process: 4711 }
    }

    #[test]
    fn a_holder_comes_back_as_written() {
        let (_folder, path) = file_with(&lease());
        let file = File::options().read(true).write(true).open(&path).unwrap();
        assert_eq!(Lease::read(&file), Some(lease()));
        assert_eq!(file.metadata().unwrap().len(), LINE_BYTES as u64);
        Lease { boot: String::new(), ..lease() }.write(&file).unwrap();
        assert_eq!(Lease::read(&file).unwrap().boot, "-");
        file.set_len(0).unwrap();
        assert_eq!(Lease::read(&file), None);
    }

    /// Locks do not reach every host; the count does.
    #[test]
    fn a_holder_on_another_host_lives_while_it_counts() {
        let (_folder, path) = file_with(&lease());
        std::thread::scope(|scope| {
            let counting = scope.spawn(|| {
                std::thread::sleep(Duration::from_secs(2));
                let file = File::options().write(true).open(&path).unwrap();
                Lease { count: 4, ..lease() }.write(&file).unwrap();
            });
            assert!(lease().lives(&path, true));
            counting.join().unwrap();
        });
        assert!(!Lease { count: 4, ..lease() }.lives(&path, true), "it counts no more");
    }

    #[test]
    fn a_dead_process_of_this_host_holds_nothing() {
        let here = Lease { boot: system("/proc/sys/kernel/random/boot_id"), process: u32::MAX, ..lease() };
        let (_folder, path) = file_with(&here);
        assert!(!here.lives(&path, true) && !here.lives(&path, false));
        // Whatever its number is now: with locks, its lock would have been in the way.
        assert!(!Lease { process: std::process::id(), ..here }.lives(&path, true));
    }

    #[test]
    fn who_is_taken_for_dead_comes_to_know() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let file = File::options().read(true).write(true).create_new(true).open(&path).unwrap();
        let beating = Beating::start(&file, &path, true).unwrap().unwrap();
        assert_eq!(Lease::read(&file).unwrap().process, std::process::id());
        lease().write(&file).unwrap();
        std::thread::sleep(BEAT + SETTLE);
        assert!(beating.is_taken());
        drop(beating);
        assert_eq!(Lease::read(&file), Some(lease()), "it belongs to another now");
    }
}
