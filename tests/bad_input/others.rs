//! The commands beside `run`.

use std::fs;

use crate::row::{Row, row};

pub fn rows() -> Vec<Row> {
    let mut rows = validate();
    rows.extend(compare());
    rows.extend(plan());
    rows.extend(synth());
    rows
}

fn validate() -> Vec<Row> {
    const SELF: &str = "{}/result.zarr";
    vec![
        row("validate: no Zarr", 3, &["no Zarr group (a folder with `zarr.json` or `.zgroup`)", "{}/mds"]).command(&[
            "validate",
            "{}/mds",
            "--against",
            SELF,
        ]),
        row("validate: nothing there", 3, &["no Zarr group (a folder with `zarr.json` or `.zgroup`)", "{}/none"])
            .command(&["validate", SELF, "--against", "{}/none.zarr"]),
        row("validate: broken metadata", 3, &["EOF while parsing", "{}/result.zarr/zarr.json"])
            .spoil(|site| fs::write(site.path("result.zarr/zarr.json"), "{").unwrap())
            .command(&["validate", SELF, "--against", SELF]),
        row("validate: nothing in common", 6, &["have no array in common", "{}/empty.zarr"])
            .spoil(|site| {
                fs::create_dir(site.path("empty.zarr")).unwrap();
                let text = r#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#;
                fs::write(site.path("empty.zarr/zarr.json"), text).unwrap();
            })
            .command(&["validate", SELF, "--against", "{}/empty.zarr"]),
        row("validate: a tolerance that is no number", 2, &["`--tolerance` takes a number from 0 up", "NaN"])
            .command(&["validate", SELF, "--against", SELF, "--tolerance", "nan"]),
        row("validate: a negative tolerance", 2, &["`--tolerance` takes a number from 0 up", "-1"]).command(&[
            "validate",
            SELF,
            "--against",
            SELF,
            "--tolerance",
            "-1",
        ]),
        row(
            "a command of one process on several ranks",
            2,
            &["is for one process: start it without mpirun", "validate"],
        )
        .command(&["validate", SELF, "--against", SELF])
        .only_on_ranks(),
    ]
}

fn compare() -> Vec<Row> {
    const SELF: &str = "{}/result.zarr";
    /// A second result, with something in its metadata replaced.
    fn other(site: &crate::site::Site, file: &str, from: &str, to: &str) {
        site.copy_result("other.zarr");
        let path = site.path("other.zarr").join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(&path, text.replace(from, to)).unwrap();
    }
    vec![
        row("compare: no Zarr", 3, &["no Zarr group (a folder with `zarr.json` or `.zgroup`)", "{}/mds"])
            .command(&["compare", SELF, "{}/mds"]),
        row("compare: other units", 3, &["`u_mean` is in \"m s-1\" in A and in \"cm s-1\" in B", "--arrays"])
            .spoil(|site| other(site, "u_mean/zarr.json", "\"m s-1\"", "\"cm s-1\""))
            .command(&["compare", SELF, "{}/other.zarr"]),
        row("compare: other dimensions", 3, &["`u_mean` has the dimensions (j, i) in A and (lat, i) in B", "--arrays"])
            .spoil(|site| other(site, "u_mean/zarr.json", "\"j\"", "\"lat\""))
            .command(&["compare", SELF, "{}/other.zarr"]),
        row("compare: a dimension without coordinate", 3, &["B has no coordinate `j` along its dimension `j`"])
            .spoil(|site| {
                site.copy_result("other.zarr");
                fs::remove_dir_all(site.path("other.zarr/j")).unwrap();
            })
            .command(&["compare", SELF, "{}/other.zarr"]),
        row("compare: nothing in common", 6, &["have no array in common that can be compared", "{}/empty.zarr"])
            .spoil(|site| {
                fs::create_dir(site.path("empty.zarr")).unwrap();
                let text = r#"{"zarr_format": 3, "node_type": "group", "attributes": {}}"#;
                fs::write(site.path("empty.zarr/zarr.json"), text).unwrap();
            })
            .command(&["compare", SELF, "{}/empty.zarr"]),
        row("compare: an array that is not there", 2, &["has no array `speed`", "--arrays", "{}/result.zarr"])
            .command(&["compare", SELF, SELF, "--arrays", "u_mean,speed"]),
        row("compare: an array of names", 2, &["`band` has the labels of a dimension, and cannot be compared"])
            .command(&["compare", SELF, SELF, "--arrays", "band"]),
        row(
            "compare: ratios in place of a result",
            2,
            &["which is compared; choose another place", "{}/result.zarr", "--output"],
        )
        .command(&["compare", SELF, SELF, "--output", SELF, "--overwrite"]),
        row(
            "compare: a result at the output",
            4,
            &["there is a result already; give `--overwrite`", "that is `--output`"],
        )
        .spoil(|site| site.copy_result("other.zarr"))
        .command(&["compare", SELF, SELF, "--output", "{}/other.zarr"]),
    ]
}

fn plan() -> Vec<Row> {
    const EXAMPLE: &str = "--assume faces=13,nj=4320,ni=4320,snapshots=10311";
    vec![
        row("plan: a size without =", 2, &["has no =; write for example --assume", EXAMPLE])
            .command(&["plan", "--assume", "4320"]),
        row("plan: a size is missing", 2, &["snapshots is not given", EXAMPLE]).command(&[
            "plan",
            "--assume",
            "nj=4320,ni=4320",
        ]),
        row("plan: an unknown size", 2, &["`nx` is not known; known: faces nj ni snapshots step", EXAMPLE])
            .command(&["plan", "--assume", "nx=4320"]),
        row("plan: a size of 0", 2, &["it must be a number from 1 to 2^40", "nj is `0`"]).command(&[
            "plan",
            "--assume",
            "nj=0,ni=4320,snapshots=10311",
        ]),
        row("plan: a size beyond counting", 2, &["it must be a number from 1 to 2^40", "99999999999999999999"])
            .command(&["plan", "--assume", "nj=99999999999999999999,ni=1,snapshots=10311"]),
        row("plan: a step of no time", 2, &["step is 0, it must be 1e-6 s to 36500 days"]).command(&[
            "plan",
            "--assume",
            "nj=1,ni=1,snapshots=10311,step=0",
        ]),
        row("plan: more points than can be counted", 2, &["the problem is too large to plan", "2^60"]).command(&[
            "plan",
            "--assume",
            "nj=1099511627776,ni=1099511627776,snapshots=10311",
        ]),
        row("plan: more snapshots than can be held", 2, &["1099511627776 snapshots, more than 16777216"]).command(&[
            "plan",
            "--assume",
            "nj=1,ni=1,snapshots=1099511627776",
        ]),
        row("plan: more overlap than can be counted", 2, &["too many to count their pairs", "16776217 segments"])
            .command(&[
                "plan",
                "--assume",
                "nj=1,ni=1,snapshots=16777216",
                "--set",
                "spectrum.segment=1000 samples",
                "--set",
                "spectrum.overlap=0.9999",
            ]),
        row("plan: no ranks", 2, &["invalid value '0' for '--ranks <TOTAL>': 0 is not in 1..=10000000"]).command(&[
            "plan",
            "{}/run.toml",
            "--ranks",
            "0",
        ]),
        row("plan: more nodes than ranks", 2, &["--nodes 4 is more than --ranks 2"]).command(&[
            "plan",
            "{}/run.toml",
            "--ranks",
            "2",
            "--nodes",
            "4",
        ]),
        row("plan: neither CONFIG nor sizes", 2, &["required arguments were not provided", "<CONFIG>"])
            .command(&["plan"]),
    ]
}

fn synth() -> Vec<Row> {
    vec![
        row("synth: a folder that is not empty", 4, &["synth writes only to a new or empty folder", "{}/mds"])
            .command(&["synth", "{}/mds"]),
        row("synth: no columns", 2, &["--nx is 0, but it must be 1 to 4294967294"])
            .command(&["synth", "{}/new", "--nx", "0"]),
        row("synth: one snapshot", 2, &["--nt is 1, but a record has 2 to 4294967294 snapshots"])
            .command(&["synth", "{}/new", "--nt", "1"]),
        row(
            "synth: an interval of no whole steps",
            2,
            &["it must be a whole number of time steps of 7 s (--timestep)"],
        )
        .command(&["synth", "{}/new", "--interval", "1 h", "--timestep", "7 s"]),
        row("synth: a duration without unit", 2, &["invalid value '60' for '--interval <DURATION>'", "has no unit"])
            .command(&["synth", "{}/new", "--interval", "60"]),
        row("synth: a latitude beyond the pole", 2, &["--south is 95, but a latitude lies in -90 to 90 degrees"])
            .command(&["synth", "{}/new", "--south", "95"]),
        row("synth: a negative amplitude", 2, &["--noise-rms is -1, but it must be 0 to 1e6 m s-1"]).command(&[
            "synth",
            "{}/new",
            "--noise-rms",
            "-1",
        ]),
        row("synth: rows of a lat-lon-cap grid", 2, &["--ny is 9, but --grid llc is the whole sphere"])
            .command(&["synth", "{}/new", "--grid", "llc", "--ny", "9"]),
        row("synth: shrunk files of a plain grid", 2, &["--shrunk is set, but it is for --grid llc alone"])
            .command(&["synth", "{}/new", "--shrunk"]),
        row("synth: faces of three columns", 2, &["--nx is 3, but a face of an llc grid has 4 to 18176"])
            .command(&["synth", "{}/new", "--grid", "llc", "--nx", "3"]),
        row("synth: more cells than can be counted", 2, &["there may be at most 4294967294 cells", "100000 × 100000"])
            .command(&["synth", "{}/new", "--nx", "100000", "--ny", "100000"]),
    ]
}
