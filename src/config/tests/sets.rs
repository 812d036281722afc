//! `--set` in all its forms.

use super::*;

fn with(text: &str, sets: &[&str]) -> Config {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    Config::parse(text, Path::new("/runs/run.toml"), &sets).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn values_are_toml_or_bare_strings() {
    let config = with(
        "[run]\nthreads = 2\n",
        &[
            "run.memory=192 GiB",
            "run.walltime=02:00:00",
            "run.stall_timeout=none",
            "spectrum.overlap=0.25",
            "spectrum.window=\"tukey(0.25)\"",
            "spectrum.segment=1440 samples",
            "select.lon=[-60, -30]",
            "select.time=[2011-10-01, 2011-12-01T12:00:00]",
            " input . epoch = 2011-09-10 ",
            "input.u=UVEL",
            "input.record='1'",
            "prepare.missing={ interpolate = 2 }",
            "output.path=/a=b.zarr",
            "output.spectrum=false",
            "zonal.depth=[200, inf]",
            "zonal.width = 0.5",
            "regions=[{ name = \"a\", lon = [0, 1], lat = [0, 1], depth = [0, 100] }]",
            "spectrogram.keep=[\"regions\"]",
        ],
    );
    assert_eq!((config.run.memory, config.run.threads), (Some(Bytes(192 << 30)), Some(2)));
    assert_eq!(config.run.walltime, WallTime::new(7200).map(WallLimit::Limit));
    assert_eq!(config.run.stall_timeout, None);
    // What is no time of the day is a bare string.
    assert_eq!(with("", &["run.walltime=48:00:00"]).run.walltime, WallTime::new(172_800).map(WallLimit::Limit));
    assert_eq!(config.spectrum.overlap, 0.25);
    assert_eq!(config.spectrum.window, Window::Tukey(0.25));
    assert_eq!(config.spectrum.segment, Segment::Samples(1440));
    assert_eq!(config.select.lon, Some([-60.0, -30.0]));
    assert_eq!(config.select.time, Some(date(2011, 10, 1).at(0, 0, 0, 0)..date(2011, 12, 1).at(12, 0, 0, 0)));
    assert_eq!(config.input.epoch, Some(date(2011, 9, 10).at(0, 0, 0, 0)));
    assert_eq!(config.input.variables, variables_of(Some(["UVEL", "V"]), &[]));
    assert_eq!(config.input.record, [Record::Name("1".to_owned())]);
    assert_eq!(config.prepare.missing, Missing::Interpolate(2));
    assert_eq!(config.output.path, Path::new("/a=b.zarr"));
    assert!(!config.output.spectrum);
    let zonal = config.zonal.as_ref().unwrap();
    assert_eq!((zonal.depths, zonal.width_degrees), (Depths { from: 200.0, to: f64::INFINITY }, 0.5));
    assert_eq!(config.regions[0].depths, Depths { from: 0.0, to: 100.0 });
    assert_eq!(config.spectrogram.as_ref().unwrap().keep, [SpectrogramKind::Regions]);
    assert_eq!(with("", &["run.memory=\"192 GiB\""]).run.memory, Some(Bytes(192 << 30)));
}

#[test]
fn a_set_wins_over_the_file_and_the_last_set_over_all() {
    let file = "[spectrum]\noverlap = 0.1\nsegment = \"5 days\"\n[prepare]\nmissing = \"reject\"\n\
                [[bands]]\nname = \"a\"\nlimits = [1, 2]";
    let config = with(file, &["spectrum.overlap=0.2", "spectrum.overlap=0.3"]);
    assert_eq!(config.spectrum.overlap, 0.3);
    assert_eq!(config.spectrum.segment, Segment::Duration(Seconds(432_000.0)));
    assert_eq!(with(file, &["prepare.missing.interpolate=4"]).prepare.missing, Missing::Interpolate(4));
    // A table or an array is set whole.
    assert_eq!(with(file, &["spectrum={ overlap = 0.2 }"]).spectrum.segment, parse("").spectrum.segment);
    let bands = with(file, &["bands=[{ name = \"b\", limits = [\"f\", 2.5] }]"]).bands;
    assert_eq!(bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(with(file, &["bands=[]"]).bands, []);
    // A value that is wrong in the file is mended.
    assert_eq!(with("spectrum.overlap = 7", &["spectrum.overlap=0"]).spectrum.overlap, 0.0);
}

#[test]
fn mistakes_show_the_set_instead_of_a_line() {
    for (set, marked, part) in [
        ("spectrum.overlap", "spectrum.overlap", "needs KEY.PATH=VALUE"),
        ("", "", "needs KEY.PATH=VALUE"),
        ("=3", "", "empty key"),
        ("spectrum..overlap=3", "spectrum..overlap", "empty key"),
        ("spectrum.segmnet=60 days", "segmnet", "unknown key `segmnet` in [spectrum]; did you mean `segment`?"),
        ("spectrm.segment=60 days", "spectrm", "unknown key `spectrm` in the top level; did you mean `spectrum`?"),
        ("segment=60 days", "segment", "belongs in [spectrum], as `spectrum.segment`"),
        ("spectrum={ overlp = 0.5 }", "overlp", "did you mean `overlap`?"),
        ("spectrum.overlap=1.5", "1.5", "`spectrum.overlap`: is 1.5; it must be"),
        ("spectrum.overlap=half", "half", "expected a number"),
        ("spectrum.overlap=", "", "expected a number"),
        ("spectrum.overlap.x=1", "overlap", "invalid type: table, expected a number"),
        ("spectrum=3", "3", "expected a table"),
        ("run.threads=4 # four", "4 # four", "expected a whole number"),
        ("select.lat=[20, 95]", "95", "is 95; latitudes"),
        ("select.lat=[20, 50", "", "not valid TOML"),
        ("output.path=\"a", "", "not valid TOML"),
        ("bands.name=b", "bands", "set it whole"),
        ("zonal.depth=[200, 100]", "[200, 100]", "`zonal.depth`: is [200, 100]"),
        ("zonal.depth=deep", "deep", "expected an array; for example depth = [200, inf]"),
        ("regions=[{ geojson = \"none.geojson\" }]", "\"none.geojson\"", "none.geojson: No such file"),
        ("bands=[{ name = \"é\", limits = [2, 1] }]", "[2, 1]", "nowhere below"),
        ("output.path=", "", "is empty"),
    ] {
        let error = refused("# é\n[[bands]]\nname = \"a\"\nlimits = [1, 2]\n", &["run.threads=1", set]);
        let text = error.to_string();
        assert!(text.contains(part), "{set}\n{text}");
        let excerpt = error.excerpt().unwrap();
        assert_eq!(excerpt.origin, "--set", "{text}");
        let words = excerpt.words.as_ref().unwrap();
        assert_eq!((words.line_number, words.line.as_str()), (None, set), "{text}");
        if !marked.is_empty() {
            let under: String = words.line.chars().skip(words.column).take(words.width).collect();
            assert_eq!(under, marked, "{text}");
        }
    }
}

#[test]
fn the_file_is_to_blame_for_what_a_set_leaves() {
    let error = refused("[spectrum]\noverlap = 7", &["spectrum.segment=3 days"]);
    assert!(error.to_string().contains(" --> run.toml:2:11\n"), "{error}");
}

#[test]
fn keys_of_a_file_whose_format_is_set_are_not_meant() {
    let text =
        "input = { path = \"mds\", timestep = \"25 s\", shape = [2, 3], record = 3, pattern = \"{name}.{iter}\" }";
    for set in ["input.format=zarr", "input.path=a.zarr"] {
        let config = Config::parse(text, Path::new("run.toml"), &[set.to_owned()]).unwrap();
        assert_eq!((config.input.timestep, config.input.shape), (None, None), "{set}");
        assert!(!config.is_meant("input.shape") && !config.is_meant("input.layout"), "{set}");
        assert_eq!(Config::parse(&config.to_toml(), Path::new("run.toml"), &[]).unwrap(), config);
    }
    let error = refused(text, &["input.format=zarr", "input.timestep=30 s"]);
    assert!(matches!(&error, ConfigError::Value { key, .. } if key == "input.timestep"), "{error}");
}
