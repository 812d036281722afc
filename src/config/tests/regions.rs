//! Regions from GeoJSON files, good and bad.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// A folder with the file `basins.geojson`.
struct Site(tempfile::TempDir);

impl Site {
    fn new(geojson: impl AsRef<[u8]>) -> Site {
        let site = Site(tempfile::tempdir().unwrap());
        std::fs::write(site.file(), geojson).unwrap();
        site
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("basins.geojson")
    }

    fn parse(&self, text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, &self.0.path().join("run.toml"), &[])
    }

    /// The message after the file's name.
    fn refused(&self) -> String {
        let error = self.parse("[[regions]]\ngeojson = \"basins.geojson\"").unwrap_err();
        let text = error.to_string();
        assert!(matches!(&error, ConfigError::Value { key, .. } if key == "regions[0].geojson"), "{text}");
        assert!(text.contains("run.toml:2:11\n"), "{text}");
        let message = text.lines().next().unwrap();
        message.split_once("basins.geojson").unwrap_or_else(|| panic!("{text}")).1.to_owned()
    }
}

fn feature(name: &str, kind: &str, coordinates: &str) -> String {
    format!(
        "{{\"type\": \"Feature\", \"properties\": {{{name}}}, \"geometry\": {{\"type\": \"{kind}\", \"coordinates\": {coordinates}}}}}"
    )
}

fn collection(features: &[String]) -> String {
    // Other members, before and after, with lists in them.
    format!(
        "{{\"bbox\": [-180, -90, 180, 90], \"type\": \"FeatureCollection\", \"name\": \"basins\", \"features\": [{}], \"x\": [1]}}",
        features.join(", ")
    )
}

const SQUARE: &str = "[[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]";

fn two_basins() -> String {
    collection(&[
        feature("\"name\": \"Atlantic\", \"id\": 3", "Polygon", "[[[-60, 0], [0, 0], [0, 50], [-60, 50], [-60, 0]]]"),
        feature(
            "\"name\": \"Pacific\"",
            "MultiPolygon",
            "[[[[150, 0], [180, 0, 7], [180, 40], [150, 40], [150, 0]], [[160, 10], [170, 10], [170, 20], [160, 20], [160, 10]]],
              [[[-180, 0], [-130, 0], [-130, 40], [-180, 40], [-180, 0]]]]",
        ),
    ])
}

#[test]
fn each_feature_is_a_region_or_all_are_one() {
    let site = Site::new(two_basins());
    let config = site.parse("[[regions]]\ngeojson = \"basins.geojson\"\ndepth = [200, inf]").unwrap();
    let names = |config: &Config| config.regions.iter().map(|region| region.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&config), ["Atlantic", "Pacific"]);
    assert!(config.regions.iter().all(|region| region.depths == Depths { from: 200.0, to: f64::INFINITY }));
    for (lon, lat, atlantic, pacific) in [
        (-30.0, 20.0, true, false),
        (330.0, 20.0, true, false),
        (155.0, 20.0, false, true),
        (180.0, 20.0, false, true),
        (-150.0, 20.0, false, true),
        (165.0, 15.0, false, false),
        (-30.0, -1.0, false, false),
    ] {
        let within = config.regions.iter().map(|region| region.outline.contains(lon, lat)).collect::<Vec<_>>();
        assert_eq!(within, [atlantic, pacific], "{lon} {lat}");
    }
    let one = site
        .parse(
            "[[regions]]\nname = \"box\"\nlon = [0, 1]\nlat = [0, 1]\n[[regions]]\nname = \"both\"\ngeojson = \"basins.geojson\"\n\
             [[regions]]\ngeojson = \"basins.geojson\"",
        )
        .unwrap();
    assert_eq!(names(&one), ["box", "both", "Atlantic", "Pacific"]);
    let both = &one.regions[1].outline;
    assert!(both.contains(-30.0, 20.0) && both.contains(-150.0, 20.0) && !both.contains(165.0, 15.0));
    assert_eq!(one.paths_read(), [site.file()]);
    // Names of features do not matter where all are one.
    let nameless = Site::new(collection(&[feature("", "Polygon", SQUARE), feature("", "Polygon", SQUARE)]));
    let config = nameless.parse("[[regions]]\nname = \"a\"\ngeojson = \"basins.geojson\"").unwrap();
    assert!(config.regions.len() == 1 && config.regions[0].outline.contains(5.0, 5.0));
    // A file of one feature, and a byte order mark.
    let alone = Site::new(format!("\u{feff}{}", feature("\"name\": \"é\"", "Polygon", SQUARE)));
    assert_eq!(names(&alone.parse("[[regions]]\ngeojson = \"basins.geojson\"").unwrap()), ["é"]);
}

/// The stored configuration names the file by its whole path; what is handed to other processes holds it.
#[test]
fn regions_come_back_from_toml_and_from_what_is_handed_over() {
    let site = Site::new(two_basins());
    let text = "[[regions]]\ngeojson = \"basins.geojson\"\ndepth = [200, inf]\n[[regions]]\nname = \"é\"\ngeojson = \"basins.geojson\"";
    let config = site.parse(text).unwrap();
    let written = config.to_toml();
    assert!(written.contains(site.file().to_str().unwrap()), "{written}");
    assert_eq!(Config::parse(&written, Path::new("elsewhere/other.toml"), &[]).unwrap(), config);

    let handed = config.hand_over();
    let other = Site::new(collection(&[feature("\"name\": \"Atlantic\"", "Polygon", SQUARE)]));
    assert_ne!(other.parse(text).unwrap(), config);
    std::fs::remove_file(site.file()).unwrap();
    let received = Config::received(&handed, Path::new("run.toml")).unwrap();
    assert_eq!(received, config);
    assert_eq!(received.to_toml(), written);
    assert_eq!(received.paths_read(), config.paths_read());
    assert!(matches!(Config::received(b"", Path::new("run.toml")), Err(ConfigError::Handed { .. })));
    let without_files = br#"{"toml": "[[regions]]\ngeojson = \"/none/a.geojson\"", "files": {}}"#;
    let error = Config::received(without_files, Path::new("run.toml")).unwrap_err().to_string();
    assert!(error.contains("/none/a.geojson was not handed over"), "{error}");
    let plain = parse(EXAMPLE);
    assert_eq!(Config::received(&plain.hand_over(), Path::new("run.toml")).unwrap(), plain);
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_the_feature() {
    let named = |kind: &str, coordinates: &str| {
        collection(&[feature("\"name\": \"a\"", "Polygon", SQUARE), feature("\"name\": \"b\"", kind, coordinates)])
    };
    let with_names =
        |names: &[&str]| collection(&names.iter().map(|name| feature(name, "Polygon", SQUARE)).collect::<Vec<_>>());
    for (text, message) in [
        ("".to_owned(), ": is no GeoJSON: EOF while parsing a value at line 1 column 0"),
        ("{\"type\": \"FeatureCollection\"".to_owned(), ": is no GeoJSON: EOF while parsing an object"),
        ("[1, 2]".to_owned(), ": is no GeoJSON: "),
        ("{}".to_owned(), ": has no type; a FeatureCollection of GeoJSON is wanted"),
        ("{\"type\": \"Topology\"}".to_owned(), ": is a Topology; a FeatureCollection, a Feature, a Polygon or a MultiPolygon is wanted"),
        ("{\"type\": \"FeatureCollection\"}".to_owned(), ": missing field `features`"),
        (collection(&[]), ": has no features; each feature is a region"),
        (collection(&["3".to_owned()]), ": feature 1: invalid type: integer `3`"),
        (with_names(&["\"name\": \"a\"", "\"nom\": \"b\""]), ": feature 2: has no property `name`; give it one, or a name beside"),
        (with_names(&["\"name\": 7"]), ": feature 1: its property `name` is no text"),
        (with_names(&["\"name\": \" \""]), ": feature 1: its name is empty"),
        (with_names(&["\"name\": \"a/b\""]), ": feature 1: its name holds the character '/'"),
        (
            with_names(&["\"name\": \"a\"", "\"name\": \"b\"", "\"name\": \"a\""]),
            ": feature 3 is named \"a\", as is feature 1 of regions[0]; names must differ",
        ),
        (named("Point", "[1, 2]"), ": feature 2 (\"b\"): is a Point; a Polygon or a MultiPolygon is wanted"),
        (named("Blob", "[1, 2]"), ": feature 2: unknown variant `Blob`"),
        (named("Polygon", "[1, 2]"), ": feature 2: Encountered geometry type: `Polygon` with unexpected coordinates"),
        (named("Polygon", "[]"), ": feature 2 (\"b\"): has no rings"),
        (named("MultiPolygon", "[]"), ": feature 2 (\"b\"): has no polygons"),
        (named("Polygon", "[[]]"), ": feature 2 (\"b\"): ring 1 has 0 positions; a ring has at least 4"),
        (named("Polygon", "[[[1], [2], [3], [1]]]"), ": feature 2 (\"b\"): ring 1 has a position of 1 numbers"),
        (named("Polygon", "[[[0, 0], [1, 0], [1, \"1\"], [0, 0]]]"), ": feature 2: invalid type: string \"1\""),
        (named("Polygon", "[[[0, 0], [1, 0], [1, 1e999], [0, 0]]]"), ": feature 2: number out of range at line"),
        (
            named("MultiPolygon", &format!("[{SQUARE}, [[[0, 0], [1, 0], [1, 1], [0, 1]]]]")),
            ": feature 2 (\"b\"): polygon 2 ring 1 begins at [0, 0] and ends at [0, 1]; a ring ends where it begins",
        ),
        (
            named("Polygon", "[[[500000, 4100000], [600000, 4100000], [600000, 4200000], [500000, 4100000]]]"),
            ": feature 2 (\"b\"): ring 1 has the position [500000, 4100000]; positions are [longitude, latitude] in degrees",
        ),
        (
            "{\"type\": \"FeatureCollection\", \"features\": [{\"type\": \"Feature\", \"properties\": null, \"geometry\": null}]}".to_owned(),
            ": feature 1: has no geometry",
        ),
    ] {
        let found = Site::new(&text).refused();
        assert!(found.starts_with(message), "{text}\n{found}");
    }
    assert!(Site::new([b'{', 0xff]).refused().starts_with(" is no text in UTF-8, from byte 1 on"));
    let folder = Site::new("");
    std::fs::remove_file(folder.file()).unwrap();
    std::fs::create_dir(folder.file()).unwrap();
    assert_eq!(folder.refused(), " is not a file");
}

/// Large and deep files end soon, and in a message.
#[test]
fn no_file_is_too_large_to_be_refused() {
    let started = Instant::now();
    let of_spaces = vec![b' '; (16 << 20) + 1];
    assert!(Site::new(of_spaces).refused().starts_with(" has 16777217 bytes, at most 16777216 are read"));
    let [open, close] = ["[".repeat(1 << 20), "]".repeat(1 << 20)];
    for (text, part) in [
        (format!("{{\"type\": \"FeatureCollection\", \"features\": {open}"), "EOF while parsing"),
        (format!("{{\"type\": \"FeatureCollection\", \"features\": {open}{close}}}"), "feature 1: "),
        (collection(&[feature("\"name\": \"a\"", "Polygon", &format!("{open}{close}"))]), "recursion limit exceeded"),
        (collection(&[feature(&format!("\"x\": {open}{close}"), "Polygon", SQUARE)]), "recursion limit exceeded"),
        (collection(&[feature(&format!("\"name\": \"{open}\""), "Point", "[1, 2]")]), "..."),
    ] {
        let found = Site::new(text).refused();
        assert!(found.contains(part) && found.len() < 5000, "{found}");
    }
    let many =
        collection(&[feature("\"name\": \"a\"", "Polygon", &format!("[[{}[0,0]]]", "[0,0],".repeat(1_000_001)))]);
    assert!(
        Site::new(many).refused().starts_with(": feature 1 (\"a\"): with it the regions have more than 1000000 pos")
    );
    let names = |count: usize| {
        (0..count).map(|at| feature(&format!("\"name\": \"{at}\""), "Polygon", SQUARE)).collect::<Vec<_>>()
    };
    let site = Site::new(collection(&names(10_001)));
    let error = site.parse("[[regions]]\ngeojson = \"basins.geojson\"").unwrap_err().to_string();
    assert!(error.contains("`regions[0]`: makes more than 10000 regions"), "{error}");
    // A coast of a quarter of a million positions is read, and points are found within it.
    let corner = |at: u32| {
        let angle = f64::from(at) * std::f64::consts::TAU / 250_000.0;
        let radius = 20.0 + 5.0 * (angle * 1000.0).sin();
        format!("[{:.6}, {:.6}]", radius * angle.cos(), radius * angle.sin())
    };
    let coast = (0..250_000).chain([0]).map(corner).collect::<Vec<_>>().join(", ");
    let site = Site::new(collection(&[feature("\"name\": \"a\"", "Polygon", &format!("[[{coast}]]"))]));
    let config = site.parse("[[regions]]\ngeojson = \"basins.geojson\"").unwrap();
    let outline = &config.regions[0].outline;
    let within = (0..200_000_u32).filter(|at| outline.contains(14.0, f64::from(*at) * 1e-4)).count();
    assert!((1..200_000).contains(&within), "{within}");
    assert!(outline.bytes() < 50 << 20, "{}", outline.bytes());
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damage_to_a_file_makes_it_panic(
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..20_usize, "[\\[\\]{}\":,\\-0-9a-zA-Z é\u{0}]{0,6}"), 1..5),
    ) {
        let mut text: Vec<char> = two_basins().chars().collect();
        for (at, len, with) in cuts {
            let at = at.index(text.len() + 1);
            let end = (at + len).min(text.len());
            text.splice(at..end, with.chars());
        }
        let text: String = text.into_iter().collect();
        let site = Site::new(&text);
        match site.parse("[[regions]]\ngeojson = \"basins.geojson\"") {
            Ok(config) => {
                let again = Config::parse(&config.to_toml(), Path::new("other.toml"), &[]).unwrap();
                prop_assert_eq!(again, config);
            }
            Err(error) => {
                let error = error.to_string();
                prop_assert!(error.contains("basins.geojson") && error.lines().count() == 4, "{}\n{}", text, error);
            }
        }
    }
}
