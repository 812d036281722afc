//! The version of the program's numbers, by which an unfinished result of another version is refused: it has to go up
//! whenever the bytes of a result become others.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod support;

use oceanspec::pipeline::NUMBERS;
use oceanspec::synth::SynthSpec;
use support::compare::files;
use support::samples::synthetic;

/// Version, checksum of the sines below, and checksums of the values in float32 and float64 without confidence limits, as
/// they were when this was last set, with AVX2.
const KNOWN: (u32, u32, [u32; 2]) = (2, 0x9df8a1be, [0x3f1fb4b6, 0x632ce60f]);

/// Whether sine and cosine are those of the system that `KNOWN` was made on: transforms and windows are made of them.
fn sines() -> u32 {
    let bytes: Vec<u8> =
        (0..10_000).flat_map(|n| [f64::from(n).sin(), f64::from(n).cos()]).flat_map(f64::to_le_bytes).collect();
    crc32c::crc32c(&bytes)
}

fn has_avx2() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    return false;
}

#[test]
fn other_bytes_are_another_version() {
    let (version, known_sines, known) = KNOWN;
    if !has_avx2() || sines() != known_sines {
        eprintln!("NOT TESTED: vectors or sines of this machine are not those of the known values ({:#010x})", sines());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = synthetic(folder.path(), &SynthSpec { nx: 21, ny: 9, nt: 600, seed: 3, ..SynthSpec::default() });
    let run = run.set_all(&["output.codec=none", "spectrum.segment=150 samples", "spectrum.detrend=linear"]);
    let run = run.set("bands=[{ preset = \"literature\" }]");
    // The limits follow from `dof` alone, and are held to scipy's by tests/confidence.rs.
    let run = run.set("spectrum.confidence=0");
    let checksums = ["f32", "f64"].map(|precision| {
        let output = run.set(format!("spectrum.precision={precision}")).to(folder.path().join(precision));
        let mut all = files(&output);
        all.retain(|name, _| name.file_name().is_some_and(|name| name != "zarr.json"));
        all.values().fold(0, |checksum, bytes| crc32c::crc32c_append(checksum, bytes))
    });
    assert_eq!(
        (NUMBERS, checksums),
        (version, known),
        "the program gives other bytes for the same input: raise NUMBERS (src/pipeline/identity.rs), and set KNOWN here to \
         ({}, {known_sines:#010x}, [{:#010x}, {:#010x}])",
        version + 1,
        checksums[0],
        checksums[1]
    );
}
