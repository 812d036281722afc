//! What `plan` tells of segments whose length has large prime factors, and that it tells it only.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support;

use serde_json::{Value, json};
use support::program::Program;
use support::run::Run;
use support::samples::regional_run;

fn assumed(segment: &str) -> Program {
    Program::alone()
        .args(["plan", "--assume", "nj=40,ni=48,snapshots=2160", "--set", "run.memory=4 GiB", "--set"])
        .arg(format!("spectrum.segment={segment}"))
}

fn row(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("segment ")).map(str::trim)
}

#[test]
fn a_length_with_a_large_prime_is_told_beside_its_neighbours() {
    let text = assumed("1438 samples").run().succeeded().stdout;
    let row = row(&text).unwrap_or_else(|| panic!("no row: {text}"));
    for part in [
        "1438 samples (59.917 days) = 2 x 719:",
        "1350 samples (56.25 days, bins 6.5 % wider)",
        "1440 samples (60 days, bins 0.14 % narrower)",
        "measured here",
    ] {
        assert!(row.contains(part), "{part}: {row}");
    }
    for precision in ["f32", "f64"] {
        let set = format!("spectrum.precision={precision}");
        let plan = assumed("1438 samples").args(["--set", &set, "--json"]).run().succeeded().json();
        let cost = &plan["segment_cost"];
        assert_eq!(cost["prime_factors"], json!([2, 719]), "{plan}");
        for (key, samples) in [("segment", 1438), ("shorter", 1350), ("longer", 1440)] {
            assert_eq!(cost[key]["samples"], samples, "{plan}");
            assert!(cost[key]["ns_per_sample"].as_f64().is_some_and(|ns| ns.is_finite() && ns > 0.0), "{plan}");
        }
    }
}

#[test]
fn nothing_is_said_of_quick_lengths() {
    for segment in ["720 samples", "1440 samples", "60 days"] {
        let text = assumed(segment).run().succeeded().stdout;
        assert_eq!(row(&text), None, "{text}");
        assert!(!text.contains("measured"), "{text}");
        let plan = assumed(segment).arg("--json").run().succeeded().json();
        assert!(plan["passes"].is_u64() && plan.get("segment_cost").is_none(), "{plan}");
    }
}

/// Times differ from one measurement to the next: they stand beside the plan, and the result has none.
#[test]
fn the_result_holds_no_measured_times() {
    let run = regional_run().set("spectrum.segment=358 samples").set("run.threads=1");
    let mut plan = run.plan().succeeded().json();
    let cost = plan.as_object_mut().unwrap().remove("segment_cost").unwrap();
    assert_eq!((&cost["prime_factors"], &cost["segment"]["samples"]), (&json!([2, 179]), &json!(358)));
    let folder = tempfile::tempdir().unwrap();
    let result = run.to(folder.path().join("result.zarr"));
    let written: Value =
        serde_json::from_str(support::result::ResultArrays::open(&result).attribute("plan").as_str().unwrap()).unwrap();
    assert_eq!(written, plan);
    let text = people(&run);
    assert!(row(&text).is_some_and(|row| row.contains("= 2 x 179:") && row.contains("360 samples (15 days")), "{text}");
}

/// The plan of a configuration, for people.
fn people(run: &Run) -> String {
    let sets = run.sets.iter().flat_map(|set| ["--set", set.as_str()]);
    Program::alone().arg("plan").arg(&run.config).args(sets).run().succeeded().stdout
}
