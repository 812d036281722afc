//! File systems of a test's own.

use std::process::{Command, Stdio};

/// How this user gets mounts of its own; none, with a word, where the system does not allow it.
pub fn private_mounts(test: &str) -> Option<&'static str> {
    let works = |unshare: &&str| {
        let script = format!("{unshare} sh -c 'mount -t tmpfs -o size=64k none /mnt'");
        let mut command = Command::new("sh");
        command.args(["-c", &script]).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let found = ["unshare -m", "unshare -rm"].into_iter().find(works);
    if found.is_none() {
        eprintln!("NOT TESTED: {test} needs mounts of its own, which this user may not have");
    }
    found
}
