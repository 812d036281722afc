//! `synth --grid llc` from the command line: what is said, what is left, and that its configuration is one.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use std::path::Path;

use oceanspec::config::{Config, Layout};
use support::program::Program;

fn count(folder: &Path, ending: &str) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(ending)).count()
}

#[test]
fn the_whole_ocean_is_made_whole_and_shrunk() {
    let folder = tempfile::tempdir().unwrap();
    let synth = |name: &str, flags: &[&str]| {
        let dir = folder.path().join(name);
        let usual = ["--grid", "llc", "--nx", "6", "--nt", "100"];
        let outcome = Program::alone().arg("synth").arg(&dir).args(usual).args(flags).run().succeeded();
        assert!(outcome.stdout.contains("100 snapshots of 13 faces of 6 x 6 cells"), "{outcome:#?}");
        let config = Config::load(&dir.join("run.toml"), &[]).unwrap();
        assert_eq!(config.input.layout, Some(Layout::Llc));
        (dir, config)
    };
    let (whole, config) = synth("whole", &["--no-meta", "--scalar"]);
    assert_eq!((count(&whole.join("mds"), ".data"), count(&whole, ".meta")), (300, 0));
    assert_eq!(config.input.shape, Some([78, 6]));
    assert_eq!(config.input.pattern.file_name("Eta", 10_368), "Eta.0000010368.data");
    assert!(whole.join("mds/Eta.0000010368.data").exists());

    let (shrunk, config) = synth("shrunk", &["--shrunk", "--levels", "2"]);
    assert_eq!((count(&shrunk.join("mds"), ".data.shrunk"), count(&shrunk.join("mds"), "")), (200, 200));
    assert_eq!(config.input.shape, None);
    assert!(shrunk.join("mds").join(config.input.pattern.file_name("V", 10_512)).exists());
    let size = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().len();
    assert_eq!(size("shrunk/grid/hFacC.data"), 2 * size("whole/grid/hFacC.data"));
}
