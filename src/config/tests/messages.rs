//! How a message shows the file: its lines, a long one, one that is no TOML, and what is found after reading.

use super::*;

#[test]
fn a_message_is_a_few_aligned_lines() {
    let text = "\n".repeat(10) + "[spectrum]\n\tsegmnet = \"60 days\"\r\n";
    assert_eq!(
        refused(&text, &[]).to_string(),
        "unknown key `segmnet` in [spectrum]; did you mean `segment`?\n \
         --> run.toml:12:2\n \
         12 |  segmnet = \"60 days\"\n    \
            |  ^^^^^^^"
    );
    assert_eq!(
        refused("[select]\nlat = [50,\n  20]", &[]).to_string(),
        "`select.lat`: is [50, 20]; the south must be below the north\n \
         --> run.toml:2:7\n \
         2 | lat = [50,\n   \
           |       ^^^^"
    );
}

#[test]
fn of_a_long_line_the_part_around_the_words_is_shown() {
    let text = format!("input.scalar = [\"\", {}]", "\"T\", ".repeat(100));
    let (first, long) = (refused(&text, &[]).to_string(), "x".repeat(300));
    assert!(first.lines().all(|line| line.chars().count() <= 130), "{first}");
    assert!(first.ends_with(&format!("\n   | {}^^", " ".repeat(16))), "{first}");
    let text = refused(&format!("input.scalar = [\"{long}\", \"{long}\"]"), &[]).to_string();
    let lines: Vec<&str> = text.lines().skip(1).collect();
    assert_eq!(lines[0], " --> run.toml:1:321");
    assert_eq!(lines[2].find('^'), lines[1].find("\"xxx"), "{text}");
    assert_eq!((lines[1].len(), lines[2].len()), (125, 125), "{text}");
}

#[test]
fn syntax_errors_show_the_line_too() {
    for (text, line, column) in [
        ("[input]\nlevel = \n", 2, 8),
        ("[input\nlevel = 1", 1, 6),
        ("[input]\nlevel = 1\nlevel = 2", 3, 0),
        ("[input]\nu = \"U", 2, 6),
        ("é", 1, 1),
    ] {
        let error = refused(text, &["run.threads=2"]);
        let ConfigError::Syntax { excerpt, .. } = &error else { panic!("{error:?}") };
        let place = excerpt.words.as_ref().unwrap();
        assert_eq!((place.line_number, place.column), (Some(line), column), "{error}");
        assert!(error.to_string().starts_with("not valid TOML: "), "{error}");
    }
}

#[test]
fn later_findings_are_explained_at_the_key() {
    let text = "\u{feff}[spectrum]\nsegment = \"61 hours\"\noverlap = 0.5\n[[bands]]\nname = \"a\"\nlimits = [1, 9]";
    let sets = ["spectrum.overlap=0.25".to_owned()];
    let config = Config::parse(text, Path::new("run.toml"), &sets).unwrap();
    assert_eq!(
        config.explain("spectrum.segment", "61 h are 30.5 samples of 2 h"),
        "`spectrum.segment`: 61 h are 30.5 samples of 2 h\n \
         --> run.toml:2:1\n \
         2 | segment = \"61 hours\"\n   \
           | ^^^^^^^^^^^^^^^^^^^^"
    );
    assert_eq!(
        config.explain("spectrum.overlap", "too small"),
        "`spectrum.overlap`: too small\n --> --set\n   | spectrum.overlap=0.25\n   |          ^^^^^^^^^^^^"
    );
    assert!(
        config.explain("bands[0].limits[1]", "beyond Nyquist").ends_with("6 | limits = [1, 9]\n   |              ^")
    );
    assert_eq!(
        config.explain("spectrum.window", "too wide"),
        "`spectrum.window`: too wide\n --> run.toml (`spectrum.window` is not given there: its default)"
    );
    assert_eq!(
        Config::assumed(&[]).unwrap().explain("input.level", "is too deep"),
        "`input.level`: is too deep\n --> no configuration file (`input.level` is not given there: its default)"
    );
}
