//! Whether a result will fit on its disk.

use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Bytes that this user may still write where `folder` is. Quotas are not seen; none where the system does not tell.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let name = CString::new(folder.as_os_str().as_bytes()).ok()?;
    // SAFETY: statvfs is plain numbers, for which zero is valid; `name` ends with NUL and lives through the call, which
    // reads it and fills the structure.
    let (answer, room) = unsafe {
        let mut room: libc::statvfs = std::mem::zeroed();
        (libc::statvfs(name.as_ptr(), &mut room), room)
    };
    // Some file systems of networks and memory tell no sizes at all.
    let tells = answer == 0 && room.f_blocks > 0;
    tells.then(|| room.f_bavail.saturating_mul(room.f_frsize))
}

/// Bytes of all files below a folder; what cannot be looked at counts nothing.
pub(super) fn tree_bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => tree_bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_told_in_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let free = free_bytes(folder.path()).unwrap();
        let output =
            std::process::Command::new("df").args(["-B1", "--output=avail"]).arg(folder.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let expected: u64 = text.lines().last().unwrap().trim().parse().unwrap();
        // Others write meanwhile.
        assert!(free.abs_diff(expected) < expected / 10 + (1 << 28), "{free} and {expected}");
        assert_eq!(free_bytes(&folder.path().join("none")), None);

        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        fs::write(folder.path().join("a/b/c"), [0; 1000]).unwrap();
        fs::write(folder.path().join("a/d"), [0; 234]).unwrap();
        assert_eq!(tree_bytes(folder.path()), 1234);
    }
}
