//! Input: the regional sample of validation/, and synthetic folders.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use oceanspec::synth::{SynthSpec, synthesise};

use super::run::Run;

/// The unpacked regional sample: `mds/`, `grid/`, `config.toml` and the two references. Once per test program.
pub fn regional() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // A static is never dropped; a folder of one name for each test program is replaced, and does not pile up.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(concat!("regional-", env!("CARGO_CRATE_NAME")));
        let _ = std::fs::remove_dir_all(&folder);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("validation/regional-nio/unpack.sh");
        let status = Command::new(&script).arg(&folder).status().unwrap();
        assert!(status.success(), "{}: {status}", script.display());
        folder
    })
}

/// A run of the regional sample.
pub fn regional_run() -> Run {
    Run::of(regional().join("config.toml"))
}

/// Makes synthetic input in `folder` and returns a run of it.
pub fn synthetic(folder: &Path, spec: &SynthSpec) -> Run {
    let summary = synthesise(folder, spec, &|_, _| {}).unwrap();
    Run::of(summary.config)
}
