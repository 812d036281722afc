//! The whole of a configuration: the documented example, defaults, paths, and the files in `configs/`.

mod each_key;
mod messages;
mod products;
mod random;
mod regions;
mod sets;
mod values;

use std::path::PathBuf;

use jiff::civil::date;

use super::*;
use crate::terms::{BandLimit, Bytes, CyclesPerDay, Depths, Detrend, Precision, WallTime, Window};

/// The example of the interface, key by key.
const EXAMPLE: &str = r#"
[input]
format    = "mds"                     # mds | netcdf | zarr
path      = "data/mds"
pattern   = "{name}.{iter:010}.data"  # default; a template, because portals and sites rename files
grid      = "data/grid"
layout    = "plain"                   # plain | llc; recognised where it can be
u         = "U"                       # or: scalar = ["Eta", ...]
v         = "V"
level     = 1                         # 1-based
record    = 1                         # number (1-based) or field name in a multi-record file
timestep  = "25 s"                    # one iteration
epoch     = 2011-09-10T00:00:00       # iteration 0
endian    = "big"
dtype     = "float32"                 # with shape = [nj, ni] where there is no .meta
periodic  = []                        # "i", "j": plain grids that wrap

[prepare]
centre      = true
rotate      = true
valid_range = [-10.0, 10.0]
missing     = "fail"                  # "fail" | "reject" | { interpolate = 3 }

[select]
faces  = [1, 2]
lon    = [-60.0, -30.0]
lat    = [20.0, 50.0]
i      = [0, 100]
j      = [0, 100]
stride = 1
time   = [2011-10-01T00:00:00, 2011-12-01T00:00:00]

[spectrum]
method    = "welch"
segment   = "60 days"
overlap   = 0.5
window    = "hann"
detrend   = "constant"
precision = "f32"
confidence = 0.95

[[bands]]
name   = "near_inertial"
limits = ["0.9 f", "1.1 f"]

[output]
path     = "spectra.zarr"
spectrum = true
codec    = "zstd"

[run]
memory  = "8 GiB"
threads = 4
walltime = "11:50:00"
stall_timeout = "10 min"
"#;

fn parse(text: &str) -> Config {
    match Config::parse(text, Path::new("/runs/a/run.toml"), &[]) {
        Ok(config) => config,
        Err(error) => panic!("{error}\n{text}"),
    }
}

fn refused(text: &str, sets: &[&str]) -> ConfigError {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    match Config::parse(text, Path::new("run.toml"), &sets) {
        Ok(_) => panic!("accepted: {text} {sets:?}"),
        Err(error) => error,
    }
}

fn variables_of(velocity: Option<[&str; 2]>, scalars: &[&str]) -> Variables {
    Variables {
        velocity: velocity.map(|[u, v]| Velocity { u: u.to_owned(), v: v.to_owned() }),
        scalars: scalars.iter().map(|name| (*name).to_owned()).collect(),
    }
}

#[test]
fn the_documented_example_has_the_documented_meaning() {
    let config = parse(EXAMPLE);
    assert_eq!(
        config.input,
        Input {
            format: Format::Mds,
            paths: vec![PathBuf::from("/runs/a/data/mds")],
            pattern: "{name}.{iter:010}.data".parse().unwrap(),
            grid: Some(PathBuf::from("/runs/a/data/grid")),
            layout: Some(Layout::Plain),
            variables: variables_of(Some(["U", "V"]), &[]),
            level: 1,
            record: vec![Record::Number(1)],
            timestep: Some(Seconds(25.0)),
            epoch: Some(date(2011, 9, 10).at(0, 0, 0, 0)),
            endian: Endian::Big,
            dtype: Dtype::Float32,
            shape: None,
            periodic: Periodic { i: false, j: false },
            shrunk_mask: None,
            u_face: UFace::West,
            v_face: VFace::South,
            missing_chunks: MissingChunks::Fill,
            dimensions: Dimensions::default(),
            grid_names: GridNames::default(),
        }
    );
    assert_eq!(
        config.prepare,
        Prepare { centre: true, rotate: true, valid_range: Some([-10.0, 10.0]), missing: Missing::Fail }
    );
    assert_eq!(
        config.select,
        Select {
            faces: Some(vec![1, 2]),
            lon: Some([-60.0, -30.0]),
            lat: Some([20.0, 50.0]),
            i: Some(0..100),
            j: Some(0..100),
            stride: 1,
            time: Some(date(2011, 10, 1).at(0, 0, 0, 0)..date(2011, 12, 1).at(0, 0, 0, 0)),
        }
    );
    assert_eq!(
        config.spectrum,
        Spectrum {
            method: Method::Welch,
            segment: Segment::Duration(Seconds(60.0 * 86_400.0)),
            overlap: 0.5,
            window: Window::Hann,
            detrend: Detrend::Constant,
            precision: Precision::F32,
            confidence: Some(0.95),
        }
    );
    assert_eq!(
        config.bands,
        [Band {
            name: "near_inertial".to_owned(),
            limits: [BandLimit::Relative(0.9), BandLimit::Relative(1.1)],
            written: ["0.9 f".to_owned(), "1.1 f".to_owned()],
        }]
    );
    assert_eq!(
        config.output,
        Output {
            path: PathBuf::from("/runs/a/spectra.zarr"),
            spectrum: true,
            codec: Codec::Zstd { level: 3 },
            keep_bits: None,
        }
    );
    assert_eq!(
        config.run,
        Run {
            memory: Some(Bytes(8 << 30)),
            threads: Some(4),
            walltime: WallTime::new(42_600).map(WallLimit::Limit),
            stall_timeout: Some(Seconds(600.0)),
        }
    );
}

#[test]
fn every_other_form_of_a_value_is_understood() {
    let config = parse(
        r#"
        input    = { scalar = ["Eta", "PhiBot"], record = "UVEL", epoch = "2011-09-10 06:30:00Z", shape = [30, 40],
                     periodic = ["j", "i"], endian = "little", dtype = "float64" }
        prepare  = { missing = { interpolate = 3 }, centre = false, rotate = false }
        select   = { faces = [7, 0], lon = [170, -170], stride = 2, time = ["2011-10-01", 2011-10-02] }
        spectrum = { segment = "1440 samples", window = "tukey(0.25)", detrend = "record", precision = "f64", overlap = 0,
                     confidence = 0 }
        bands    = [{ name = "a", limits = [0.5, 1] }, { name = "b", limits = ["f - 0.1 cpd", "f + 0.1 cpd"] }]
        output   = { codec = "zstd(19)", keep_bits = 12, spectrum = false }
        "#,
    );
    let input = &config.input;
    assert_eq!(input.variables, variables_of(None, &["Eta", "PhiBot"]));
    assert_eq!(input.record, [Record::Name("UVEL".to_owned())]);
    assert_eq!(input.epoch, Some(date(2011, 9, 10).at(6, 30, 0, 0)));
    assert_eq!(input.shape, Some([30, 40]));
    assert_eq!(input.periodic, Periodic { i: true, j: true });
    assert_eq!((input.format, input.endian, input.dtype), (Format::Mds, Endian::Little, Dtype::Float64));
    assert_eq!(
        config.prepare,
        Prepare { centre: false, rotate: false, valid_range: None, missing: Missing::Interpolate(3) }
    );
    assert_eq!(config.select.faces, Some(vec![0, 7]));
    assert_eq!(config.select.lon, Some([170.0, -170.0]));
    assert_eq!(config.select.time, Some(date(2011, 10, 1).at(0, 0, 0, 0)..date(2011, 10, 2).at(0, 0, 0, 0)));
    assert_eq!(config.spectrum.segment, Segment::Samples(1440));
    assert_eq!(config.spectrum.window, Window::Tukey(0.25));
    assert_eq!((config.spectrum.detrend, config.spectrum.precision), (Detrend::Record, Precision::F64));
    assert_eq!((config.spectrum.overlap, config.spectrum.confidence), (0.0, None));
    assert_eq!(config.bands[0].limits, [BandLimit::Fixed(CyclesPerDay(0.5)), BandLimit::Fixed(CyclesPerDay(1.0))]);
    assert_eq!(config.bands[0].written, ["0.5", "1"]);
    assert_eq!(config.bands[1].limits, [BandLimit::Offset(CyclesPerDay(-0.1)), BandLimit::Offset(CyclesPerDay(0.1))]);
    let output = &config.output;
    assert_eq!((output.codec, output.keep_bits, output.spectrum), (Codec::Zstd { level: 19 }, Some(12), false));
    assert_eq!(parse("output.codec = \"none\"").output.codec, Codec::None);
    let both = parse("input = { u = \"state3d\", v = \"state3d\", record = [\"UVEL\", 2] }").input;
    assert_eq!(both.variables, variables_of(Some(["state3d", "state3d"]), &[]));
    assert_eq!((both.record_of(0), both.record_of(1)), (&Record::Name("UVEL".to_owned()), &Record::Number(2)));
    assert_eq!(input.record_of(1), input.record_of(0));
    let half_a_day = parse("run.walltime = \"12:00:00\"").run.walltime;
    assert_eq!(half_a_day, WallTime::new(43_200).map(WallLimit::Limit));
    for same in ["12:00:00", "\"0-12:00:00\"", "\"11 h 60 min\"", "\"0.5 days\""] {
        assert_eq!(parse(&format!("run.walltime = {same}")).run.walltime, half_a_day, "{same}");
    }
    let unbounded = parse("run = { walltime = \"none\", stall_timeout = \"none\" }").run;
    assert_eq!((unbounded.walltime, unbounded.stall_timeout), (Some(WallLimit::Unlimited), None));
    assert_eq!(parse("run.stall_timeout = \"2 s\"").run.stall_timeout, Some(Seconds(2.0)));
    assert_eq!(parse("prepare.missing = \"reject\"").prepare.missing, Missing::Reject);
    assert_eq!(parse("input.layout = \"llc\"").input.layout, Some(Layout::Llc));
    assert_eq!(
        parse("input = { scalar = [\"Eta\"] }\nprepare.valid_range = [-inf, 3]").prepare.valid_range.unwrap()[1],
        3.0
    );
}

/// Order of the fields, their records, and what counts as believable.
#[test]
fn a_velocity_and_scalars_are_one_list_of_fields() {
    for (text, names, first_scalar, ranges) in [
        ("", &["U", "V"][..], 2, [Some([-10.0, 10.0]), Some([-10.0, 10.0])]),
        ("input.scalar = [\"Eta\", \"Theta\"]", &["Eta", "Theta"], 0, [Some([-10.0, 10.0]), None]),
        ("input = { scalar = [\"Eta\"], v = \"VVEL\" }", &["U", "VVEL", "Eta"], 2, [Some([-10.0, 10.0]), None]),
        (
            "input = { scalar = [\"Eta\"], u = \"UVEL\" }\nprepare.valid_range = [-2, 40]",
            &["UVEL", "V", "Eta"],
            2,
            [Some([-2.0, 40.0]), Some([-2.0, 40.0])],
        ),
    ] {
        let config = parse(text);
        let variables = &config.input.variables;
        assert_eq!((&variables.names()[..], variables.count()), (names, names.len()), "{text}");
        assert_eq!(variables.first_scalar(), first_scalar, "{text}");
        assert_eq!([true, false].map(|velocity| config.prepare.valid_range_of(velocity)), ranges, "{text}");
        assert_eq!(parse(&config.to_toml()), config, "{text}");
    }
    let input = parse("input = { u = \"a\", v = \"a\", scalar = [\"a\", \"b\"], record = [1, 2, 3, \"x\"] }").input;
    assert_eq!((input.record_of(2), input.record_of(3)), (&Record::Number(3), &Record::Name("x".to_owned())));
}

#[test]
fn files_that_describe_themselves() {
    let input = parse(
        "input = { path = [\"u.nc\", \"/v/*.nc\"], u_face = \"east\", v_face = \"north\", missing_chunks = \"fail\", \
         dimensions = { time = \"t\", i = [\"x\", \"xu\"] }, grid_names = { XC = \"nav_lon\", rA = [\"e1t\", \"1/pm\"], angle = \"a\" } }",
    )
    .input;
    assert_eq!(input.format, Format::Netcdf);
    assert_eq!(input.paths, [PathBuf::from("/runs/a/u.nc"), PathBuf::from("/v/*.nc")]);
    assert_eq!((input.u_face, input.v_face, input.missing_chunks), (UFace::East, VFace::North, MissingChunks::Fail));
    assert_eq!(
        (input.dimensions.time, input.dimensions.i),
        (vec!["t".to_owned()], vec!["x".to_owned(), "xu".to_owned()])
    );
    assert_eq!((input.grid_names.xc, input.grid_names.area.len()), (vec!["nav_lon".to_owned()], 2));
    for (path, format) in
        [("a.zarr", Format::Zarr), ("a.zarr/", Format::Zarr), ("{name}.nc4", Format::Netcdf), ("a.nc/b", Format::Mds)]
    {
        assert_eq!(parse(&format!("input = {{ path = \"{path}\" }}")).input.format, format, "{path}");
    }
}

#[test]
fn defaults_are_those_of_the_example() {
    let mut with_defaults = parse("");
    assert!(with_defaults.input.paths.is_empty());
    assert_eq!(with_defaults.input.layout, None);
    assert_eq!(with_defaults.bands, []);
    assert_eq!(
        with_defaults.run,
        Run { memory: None, threads: None, walltime: None, stall_timeout: Some(Seconds(600.0)) }
    );
    let example = parse(EXAMPLE);
    with_defaults.input.paths = example.input.paths.clone();
    with_defaults.input.grid = example.input.grid.clone();
    with_defaults.input.layout = example.input.layout;
    with_defaults.input.timestep = example.input.timestep;
    with_defaults.input.epoch = example.input.epoch;
    with_defaults.select = example.select.clone();
    with_defaults.bands = example.bands.clone();
    with_defaults.run = example.run.clone();
    assert_eq!(with_defaults, example);
    assert_eq!(parse("").select, Select { faces: None, lon: None, lat: None, i: None, j: None, stride: 1, time: None });
}

/// Also beside bands of one's own, and written out in the effective configuration.
#[test]
fn the_preset_stands_for_its_bands() {
    let text = "[[bands]]\nname = \"m2\"\nlimits = [1.88, 1.98]\n[[bands]]\npreset = \"literature\"\n\
                [[bands]]\nname = \"fast\"\nlimits = [\"f + 1 cpd\", \"Nyquist\"]\n";
    let config = parse(text);
    let shown: Vec<[&str; 3]> =
        config.bands.iter().map(|band| [&*band.name, &*band.written[0], &*band.written[1]]).collect();
    assert_eq!(
        shown,
        [
            ["m2", "1.88", "1.98"],
            ["low", "0", "0.5"],
            ["diurnal", "0.9", "1.1"],
            ["semidiurnal", "1.9", "2.1"],
            ["near_inertial", "0.9 f", "1.1 f"],
            ["supertidal", "2.1", "nyquist"],
            ["fast", "f + 1 cpd", "Nyquist"],
        ]
    );
    assert_eq!(config.bands[5].limits, [BandLimit::Fixed(CyclesPerDay(2.1)), BandLimit::Nyquist]);
    let written = config.to_toml();
    assert!(!written.contains("preset") && written.contains("\"2.1\", \"nyquist\""), "{written}");
    assert_eq!(parse(&written), config);
    let keys: Vec<&str> = (0..7).map(|at| config.band_key(at)).collect();
    let [own, preset, last] = ["bands[0].limits", "bands[1].preset", "bands[2].limits"];
    assert_eq!(keys, [own, preset, preset, preset, preset, preset, last]);
    assert!(
        config.explain(preset, "beyond Nyquist").ends_with("5 | preset = \"literature\"\n   | ^^^^^^^^^^^^^^^^^^^^^")
    );
}

/// Keys of `[input]` that MDS files have no use for.
const OF_OTHERS: [&str; 5] = ["u_face", "v_face", "missing_chunks", "dimensions", "grid_names"];

#[test]
fn every_example_is_accepted() {
    for (table, name, example) in keys::tests::all() {
        let line = format!("{name} = {example}");
        let text = match table {
            "" if name != "bins" => line,
            "" => format!("bands = [{{ preset = \"literature\" }}]\n{line}"),
            "bands" if name == "preset" => format!("[[bands]]\n{line}"),
            "bands" if name == "name" => format!("[[bands]]\n{line}\nlimits = [1, 2]"),
            "bands" => format!("[[bands]]\nname = \"a\"\n{line}"),
            "regions" if name == "geojson" => continue, // a file that is there: tests/regions.rs
            "regions" => {
                let all = [("name", "\"a\""), ("lon", "[0, 1]"), ("lat", "[0, 1]")];
                let others =
                    all.iter().filter(|(key, _)| *key != name).map(|(key, value)| format!("{key} = {value}\n"));
                format!("[[regions]]\n{}{line}", others.collect::<String>())
            }
            "bins" => format!("bands = [{{ preset = \"literature\" }}]\n[bins]\n{line}"),
            "input.dimensions" | "input.grid_names" => format!("input.format = \"zarr\"\n[{table}]\n{line}"),
            "input" if OF_OTHERS.contains(&name) => format!("[input]\nformat = \"zarr\"\n{line}"),
            _ => format!("[{table}]\n{line}"),
        };
        parse(&text);
    }
}

#[test]
fn paths_start_at_the_file_and_those_of_set_at_the_current_folder() {
    let here = std::env::current_dir().unwrap();
    let text = "[input]\npath = \"../snapshots\"\ngrid = \"/grids/a\"";
    let sets = ["output.path=out.zarr".to_owned()];
    let config = Config::parse(text, Path::new("runs/a.toml"), &sets).unwrap();
    assert_eq!(config.input_path().unwrap(), here.join("runs/../snapshots"));
    assert_eq!(config.grid_path().unwrap(), Path::new("/grids/a"));
    assert_eq!(config.output.path, here.join("out.zarr"));

    let bare_name = Config::parse("input.path = \"a\"", Path::new("a.toml"), &[]).unwrap();
    assert_eq!(bare_name.grid_path().unwrap(), here.join("a"));
    assert_eq!(bare_name.output.path, here.join("spectra.zarr"));
    let no_file = Config::assumed(&["input={ path = \"b\" }".to_owned()]).unwrap();
    assert_eq!(no_file.input_path().unwrap(), here.join("b"));
    assert_eq!(no_file.output.path, here.join("spectra.zarr"));
}

#[test]
fn what_a_run_needs_is_asked_for_by_name() {
    let config = Config::parse("", Path::new("run.toml"), &[]).unwrap();
    for (key, error) in [
        ("input.path", config.input_path().unwrap_err()),
        ("input.path", config.grid_path().unwrap_err()),
        ("input.timestep", config.timestep().unwrap_err()),
        ("input.epoch", config.epoch().unwrap_err()),
    ] {
        let name = key.strip_prefix("input.").unwrap();
        let text = error.to_string();
        assert!(text.starts_with(&format!("`{key}` is not given: ")), "{text}");
        assert!(
            text.contains(&format!("; for example {name} = ")) && text.ends_with("in [input]\n --> run.toml"),
            "{text}"
        );
    }
    let config = parse(EXAMPLE);
    assert_eq!(config.timestep().unwrap(), Seconds(25.0));
    assert_eq!(config.epoch().unwrap(), date(2011, 9, 10).at(0, 0, 0, 0));
}

#[test]
fn the_files_in_configs_are_accepted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let config = Config::load(&path, &[]).unwrap_or_else(|error| panic!("{error}"));
            assert!(config.input_path().unwrap().starts_with(&folder), "{}", path.display());
            // Other formats tell their times themselves.
            if config.input.format == Format::Mds {
                config.timestep().unwrap();
                config.epoch().unwrap();
            }
            count += 1;
        }
    }
    assert!(count >= 2, "{count} files");
    let minimal = Config::load(&folder.join("minimal.toml"), &[]).unwrap();
    assert_eq!(minimal.spectrum, parse("").spectrum);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let error = Config::load(Path::new("no/such/run.toml"), &[]).unwrap_err();
    assert!(matches!(error, ConfigError::Read { .. }));
    assert!(error.to_string().contains("no/such/run.toml"), "{error}");
}
