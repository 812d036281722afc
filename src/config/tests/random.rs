//! Generated configurations come back from their TOML, and no text makes the parser panic.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;

fn number(range: std::ops::Range<f64>) -> impl Strategy<Value = f64> {
    prop_oneof![range.clone(), range.prop_map(|x| (x * 4.0).round() / 4.0)]
}

fn quoted(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(|word| format!("\"{word}\""))
}

fn duration() -> impl Strategy<Value = String> {
    (number(0.25..1e4), select(&["s", "min", "hours", "days"][..])).prop_map(|(x, unit)| format!("\"{x} {unit}\""))
}

fn time() -> impl Strategy<Value = String> {
    (0..3000_u16, 1..=12_u8, 1..=28_u8, 0..24_u8, 0..60_u8, prop_oneof![Just(0), 0..1_000_000_000_u32]).prop_map(
        |(year, month, day, hour, second, nano)| {
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:30:{second:02}.{nano:09}")
        },
    )
}

fn limit_pair() -> impl Strategy<Value = String> {
    (number(0.0..2.0), number(0.25..2.0), 0..5).prop_map(|(low, width, form)| match form {
        0 => format!("[{low}, {}]", low + width),
        1 => format!("[\"{low} f\", \"{} f\"]", low + width),
        2 => format!("[\"f - {low} cpd\", \"f + {width} cpd\"]"),
        4 => format!("[{low}, \"nyquist\"]"),
        _ => format!("[{low}, \"{width}f\"]"),
    })
}

/// Lines of one table, each there or not.
fn lines(all: Vec<BoxedStrategy<String>>) -> impl Strategy<Value = String> {
    let count = all.len();
    (all, subsequence((0..count).collect::<Vec<_>>(), 0..=count))
        .prop_map(|(lines, chosen)| chosen.into_iter().map(|at| lines[at].clone() + "\n").collect())
}

fn line<T: std::fmt::Display + std::fmt::Debug>(
    key: &'static str,
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<String> {
    value.prop_map(move |value| format!("{key} = {value}")).boxed()
}

fn increasing(range: std::ops::Range<f64>) -> impl Strategy<Value = String> {
    (number(range.clone()), number(range))
        .prop_filter("equal", |(a, b)| a != b)
        .prop_map(|(a, b)| format!("[{}, {}]", a.min(b), a.max(b)))
}

fn configuration() -> impl Strategy<Value = String> {
    let indices = || (0..1000_u32, 1..1000_u32).prop_map(|(first, count)| format!("[{first}, {}]", first + count));
    let input = lines(vec![
        line("format", quoted(&["mds", "netcdf", "zarr"])),
        line("path", quoted(&["a", "../b", "/c", "dé\\\"q"])),
        line("grid", quoted(&["a", "/grid/ü"])),
        line("pattern", quoted(&["{name}.{iter:010}.data", "{iter}/{name}", "{name}x{iter:04}"])),
        line("layout", quoted(&["plain", "llc"])),
        line("level", 1..100_u32),
        line(
            "record",
            prop_oneof![(1..9_u32).prop_map(|n| n.to_string()), quoted(&["UVEL", "1"]), Just("[2, \"b\"]".to_owned())],
        ),
        line("timestep", duration()),
        line("epoch", time()),
        line("endian", quoted(&["big", "little"])),
        line("dtype", quoted(&["float32", "float64"])),
        line("shrunk_mask", quoted(&["hFacC", "hFacW", "hFacS"])),
        line("u_face", quoted(&["west", "east"])),
        line("v_face", quoted(&["south", "north"])),
        line("missing_chunks", quoted(&["fill", "fail"])),
        line(
            "dimensions",
            select(&["{ time = \"t\" }", "{ face = \"f\", level = \"k\", j = [\"y\", \"é\"], i = [\"x\"] }"][..]),
        ),
        line(
            "grid_names",
            select(
                &[
                    "{ XC = \"lon\", YC = \"lat\", rA = [\"a\", \"1/b\"], Depth = \"h\", angle = \"w\" }",
                    "{ hFacC = \"m\", hFacW = \"n\", hFacS = \"o\", AngleCS = \"c\", AngleSN = \"s\" }",
                ][..],
            ),
        ),
        line("shape", (1..5000_u32, 1..5000_u32).prop_map(|(nj, ni)| format!("[{nj}, {ni}]"))),
    ]);
    let variables = select(
        &[
            "",
            "u = \"UVEL\"\n",
            "v = \"VVEL\"\nperiodic = [\"i\"]\nlayout = \"plain\"\n",
            "scalar = [\"Eta\", \"T\"]\n",
        ][..],
    );
    let prepare = lines(vec![
        line("centre", any::<bool>()),
        line("rotate", any::<bool>()),
        line("valid_range", increasing(-1e3..1e3)),
        line("missing", select(&["\"fail\"", "\"reject\"", "{ interpolate = 7 }"][..])),
    ]);
    let selection = lines(vec![
        line("faces", subsequence((0..13).collect::<Vec<u32>>(), 1..13).prop_map(|faces| format!("{faces:?}"))),
        line("lon", increasing(-180.0..180.0)),
        line("lat", increasing(-90.0..90.0)),
        line("i", indices()),
        line("j", indices()),
        line("stride", 1..50_u32),
        line("time", time().prop_map(|start| format!("[{start}, 9000-01-01]"))),
    ]);
    let segment = prop_oneof![duration(), (2..10_000_u32).prop_map(|count| format!("\"{count} samples\""))];
    let spectrum = lines(vec![
        line("method", quoted(&["welch"])),
        line("segment", segment),
        line("overlap", number(0.0..0.99).prop_filter("1", |overlap| *overlap < 1.0)),
        line("window", quoted(&["hann", "hamming", "blackman", "boxcar", "tukey(0.3)", "kaiser(8.6)", "dpss(2.5)"])),
        line("detrend", quoted(&["none", "constant", "linear", "record"])),
        line("precision", quoted(&["f32", "f64"])),
        line("confidence", number(0.0..0.999).prop_filter("1", |confidence| *confidence < 1.0)),
    ]);
    let bands = proptest::collection::vec(limit_pair(), 0..4).prop_map(|limits| {
        let band = |(at, limits)| format!("[[bands]]\nname = \"band é {at}\"\nlimits = {limits}\n");
        limits.into_iter().enumerate().map(band).collect::<String>()
    });
    let preset = select(&["", "[[bands]]\npreset = \"literature\"\n"][..]);
    let bands = (bands, preset).prop_map(|(bands, preset)| bands + preset);
    let depth = || prop_oneof![increasing(0.0..6000.0), number(0.0..6000.0).prop_map(|from| format!("[{from}, inf]")),];
    let parts = |whole: u32| (1..500_u32).prop_map(move |count| f64::from(whole) / f64::from(count));
    let zonal = lines(vec![
        line("width", parts(180)),
        line("depth", depth()),
        line("f_ratio_limit", select(&["0", "1", "2.0", "5"][..])),
        line("f_ratio_step", parts(1)),
    ]);
    let bins = lines(vec![
        line("width", (parts(360), parts(180)).prop_map(|(lon, lat)| format!("[{lon}, {lat}]"))),
        line("depth", depth()),
    ]);
    let region = (increasing(-170.0..170.0), increasing(-90.0..90.0), depth())
        .prop_map(|(lon, lat, depth)| format!("lon = {lon}\nlat = {lat}\ndepth = {depth}\n"));
    let regions = proptest::collection::vec(region, 0..3).prop_map(|regions| {
        let region = |(at, lines)| format!("[[regions]]\nname = \"é {at}\"\n{lines}");
        regions.into_iter().enumerate().map(region).collect::<String>()
    });
    let keep = select(&["", "keep = [\"bins\"]\n", "keep = [\"zonal\", \"points\"]\n"][..]);
    let average = select(&["", "average = \"segment\"\n", "average = \"season\"\n"][..]);
    let components = select(&["", "keep = [\"S_uv\", \"ellipse\"]\n"][..]);
    let products = (zonal, regions, bins, keep, average, components).prop_map(
        |(zonal, regions, bins, keep, average, components)| {
            [
                format!("[[bands]]\nname = \"of bins\"\nlimits = [1, 2]\n[zonal]\n{zonal}{regions}[bins]\n{bins}"),
                format!("[spectrogram]\n{keep}{average}[components]\n{components}"),
            ]
        },
    );
    let products = prop_oneof![Just([String::new(), String::new()]), products];
    let output = lines(vec![
        line("path", quoted(&["a.zarr", "/b/c"])),
        line("spectrum", any::<bool>()),
        line("codec", quoted(&["none", "zstd", "zstd(1)", "zstd(22)"])),
        line("keep_bits", 1..=23_u8),
    ]);
    let memory = (number(0.1..1e4), select(&["kB", "MiB", "GiB", "TB"][..])).prop_filter_map("0 B", |(x, unit)| {
        let text = format!("{x} {unit}");
        (text.parse::<Bytes>().unwrap() != Bytes(0)).then(|| format!("\"{text}\""))
    });
    let walltime = prop_oneof![
        quoted(&["none", "11:50:00", "1-00:00:01", "3 days"]),
        (1..1_000_000_u32).prop_map(|seconds| format!("\"{seconds} s\"")),
        (0..24_u8, 0..60_u8, 1..60_u8)
            .prop_map(|(hours, minutes, seconds)| format!("{hours:02}:{minutes:02}:{seconds:02}")),
    ];
    let stall = (number(2.0..1e4), select(&["s", "min", "hours"][..])).prop_map(|(x, unit)| format!("\"{x} {unit}\""));
    let run = lines(vec![
        line("memory", memory),
        line("threads", 1..100_u32),
        line("walltime", walltime),
        line("stall_timeout", prop_oneof![quoted(&["none"]), stall]),
    ]);
    (input, variables, prepare, selection, spectrum, bands, products, output, run).prop_map(
        |(input, variables, prepare, selection, spectrum, bands, [means, of_velocity], output, run)| {
            let of_velocity = if variables.starts_with("scalar") { String::new() } else { of_velocity };
            let lines_of = |text: &str, keys: &[&str]| -> String {
                let keep = |line: &&str| !line.split_once(" = ").is_some_and(|(key, _)| keys.contains(&key));
                text.lines().filter(keep).map(|line| format!("{line}\n")).collect()
            };
            // Each format has keys of its own.
            let of_mds = ["pattern", "record", "timestep", "shrunk_mask"];
            let of_its_grid = ["layout", "endian", "dtype", "shape"];
            let (mut input, mut variables) = (input, variables.to_owned());
            if input.contains("format = \"netcdf\"") || input.contains("format = \"zarr\"") {
                input = lines_of(&input, &of_mds);
                if !input.lines().any(|line| line.starts_with("grid = ")) {
                    [input, variables] = [input, variables].map(|text| lines_of(&text, &of_its_grid));
                }
            } else {
                input = lines_of(&input, &super::OF_OTHERS);
            }
            let input: String = match variables.contains("layout") {
                true => input.lines().filter(|line| !line.starts_with("layout")).map(|l| format!("{l}\n")).collect(),
                false => input,
            };
            format!(
                "[input]\n{input}{variables}[prepare]\n{prepare}[select]\n{selection}[spectrum]\n{spectrum}{bands}\
                 {means}{of_velocity}[output]\n{output}[run]\n{run}"
            )
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_configuration_comes_back_from_its_toml(text in configuration()) {
        let config = parse(&text);
        let written = config.to_toml();
        let again = match Config::parse(&written, Path::new("elsewhere/other.toml"), &[]) {
            Ok(config) => config,
            Err(error) => panic!("{error}\nfrom\n{text}\nwritten\n{written}"),
        };
        prop_assert_eq!(&again, &config, "{}", written);
        prop_assert_eq!(again.to_toml(), written);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", set in "(spectrum|input|bands|\\PC{0,3})(\\.\\PC{0,6})?=?\\PC{0,12}") {
        let origin = Path::new("run.toml");
        let _ = Config::parse(&text, origin, &[]).map_err(|error| error.to_string());
        let _ = Config::parse("[spectrum]\noverlap = 0.5", origin, &[set]).map_err(|error| error.to_string());
        let _ = text.parse::<Segment>();
        let _ = text.parse::<Codec>();
        let _ = text.parse::<BandLimit>();
        let _ = text.parse::<Seconds>();
        let _ = text.parse::<Bytes>();
        let _ = text.parse::<WallTime>();
        let _ = text.parse::<Window>();
    }

    #[test]
    fn no_damage_to_the_example_makes_it_panic(
        cuts in proptest::collection::vec((0..EXAMPLE.len(), 0..12_usize, "[\\[\\]{}=\"'#.,\\-0-9a-zé\n\r\t\u{0}]{0,5}"), 1..4),
        sets in proptest::collection::vec(
            (select(&["input", "spectrum", "bands", "prepare.missing", "select.lon"][..]), "(\\.[a-z]{1,3})?=[\\[{\"0-9a-z \\]}é]{0,8}")
                .prop_map(|(key, rest)| format!("{key}{rest}")),
            0..3,
        ),
    ) {
        let mut text: Vec<char> = EXAMPLE.chars().collect();
        for (at, len, with) in cuts {
            let at = at.min(text.len());
            let end = (at + len).min(text.len());
            text.splice(at..end, with.chars());
        }
        let text: String = text.into_iter().collect();
        match Config::parse(&text, Path::new("run.toml"), &sets) {
            Ok(config) => {
                let again = Config::parse(&config.to_toml(), Path::new("run.toml"), &[]).unwrap();
                prop_assert_eq!(again, config);
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

/// Tables within tables are dropped one inside the other: no depth may exhaust the stack.
#[test]
fn no_depth_exhausts_the_stack() {
    let path = vec!["run"; 100_000].join(".");
    let origin = Path::new("run.toml");
    for text in [
        format!("{path} = 1"),
        format!("[{path}]"),
        format!("run = {}", "[".repeat(100_000)),
        format!("run = {}", "{a=".repeat(100_000)),
    ] {
        assert!(Config::parse(&text, origin, &[]).is_err());
    }
    for set in [format!("{path}=1"), format!("run={}", "[".repeat(100_000)), format!("run={}", "{a=".repeat(100_000))] {
        assert!(Config::parse("", origin, &[set]).is_err());
    }
}
