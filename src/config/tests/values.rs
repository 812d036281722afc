//! Any value for any key: it is refused with the key's place, or it comes back from the TOML of what it became.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Values as typed: right ones of some key, wrong ones of every kind.
fn single() -> impl Strategy<Value = String> {
    let words = select(
        &[
            "mds",
            "llc",
            "plain",
            "U",
            "V",
            "Eta",
            "i",
            "j",
            "big",
            "little",
            "float32",
            "float64",
            "fail",
            "reject",
            "interpolate",
            "welch",
            "hann",
            "tukey(0.25)",
            "dpss(2.5)",
            "kaiser(1e9)",
            "none",
            "linear",
            "f32",
            "f64",
            "zstd",
            "zstd(22)",
            "zstd(256)",
            "{name}.{iter}",
            "{iter:010}",
            "25 s",
            "1 hour",
            "60 days",
            "1e300 days",
            "1440 samples",
            "99999999999999999999 samples",
            "8 GiB",
            "11:50:00",
            "11:50",
            "1-00:00:00",
            "1e30 TiB",
            "0.9 f",
            "f - 0.1 cpd",
            "f + 1e308 cpd",
            "2011-09-10",
            "9999-12-31T23:59:59",
            "-60",
            "",
            " ",
            "../x",
            "/",
            "é",
            "\\u0000",
            "\\n",
            "a\\\"b",
        ][..],
    )
    .prop_map(|word| format!("\"{word}\""));
    let typed = select(
        &[
            "true",
            "false",
            "nan",
            "-inf",
            "inf",
            "1e308",
            "-0.0",
            "0.5",
            "1.0",
            "2011-09-10",
            "0000-01-01",
            "9999-12-31T23:59:59.999999999",
            "2011-09-10T00:00:00Z",
            "2011-09-10T00:00:00-23:59",
            "12:00:00",
            "0x7fffffffffffffff",
            "9223372036854775807",
            "-9223372036854775808",
            "9223372036854775808",
            "1_000",
            "'''x'''",
            "{}",
            "[]",
            "[[]]",
            "[0, inf]",
            "[-10.0, 20.0]",
            "[\"points\", \"zonal\"]",
            "[\"S_uu\"]",
        ][..],
    )
    .prop_map(str::to_owned);
    prop_oneof![
        words,
        typed,
        any::<i64>().prop_map(|number| number.to_string()),
        (-3_i64..400).prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:?}").replace("NaN", "nan")),
        "\\PC{0,8}".prop_map(|text| toml::Value::String(text).to_string()),
    ]
}

fn value() -> impl Strategy<Value = String> {
    single().prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            3 => proptest::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            1 => (select(&["interpolate", "name", "limits", "segment", "x"][..]), inner)
                .prop_map(|(key, value)| format!("{{ {key} = {value} }}")),
        ]
    })
}

/// A key, with the table before it.
fn key() -> impl Strategy<Value = (&'static str, &'static str)> {
    let all: Vec<_> = keys::tests::all().map(|(table, name, _)| (table, name)).collect();
    select(all)
}

fn check(config: Result<Config, ConfigError>, what: &str) -> Result<(), TestCaseError> {
    match config {
        Ok(config) => {
            let written = config.to_toml();
            let again = Config::parse(&written, Path::new("elsewhere/other.toml"), &[])
                .map_err(|error| TestCaseError::fail(format!("{what}\n{error}\nfrom\n{written}")))?;
            prop_assert_eq!(again, config, "{}", what);
        }
        Err(error) => {
            let text = error.to_string();
            prop_assert!(text.contains(" --> ") && !text.contains('\u{0}'), "{}\n{}", what, text);
            // The message, the place, the line, the carets; and what of the line is shown is bounded.
            prop_assert!(text.lines().count() <= 4, "{}\n{}", what, text);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_of_any_key_comes_back_or_is_refused_in_its_place((table, name) in key(), value in value()) {
        let text = match table {
            "" => format!("{name} = {value}\n"),
            "bands" if name == "limits" => format!("[[bands]]\nname = \"a\"\nlimits = {value}\n"),
            "bands" if name == "preset" => format!("[[bands]]\npreset = {value}\n"),
            "bands" => format!("[[bands]]\nlimits = [1, 2]\n{name} = {value}\n"),
            "regions" => {
                let all = [("name", "\"a\""), ("lon", "[0, 1]"), ("lat", "[0, 1]")];
                let others = all.iter().filter(|(key, _)| *key != name).map(|(key, value)| format!("{key} = {value}\n"));
                format!("[[regions]]\n{}{name} = {value}\n", others.collect::<String>())
            }
            _ => format!("[{table}]\n{name} = {value}\n"),
        };
        let started = Instant::now();
        check(Config::parse(&text, Path::new("run.toml"), &[]), &text)?;
        if !["bands", "regions"].contains(&table) {
            let set = format!("{}{name}={value}", if table.is_empty() { String::new() } else { format!("{table}.") });
            check(Config::parse("", Path::new("run.toml"), std::slice::from_ref(&set)), &set)?;
        }
        prop_assert!(started.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn no_damage_to_the_ready_configurations_makes_it_panic(
        which in 0..2_usize,
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..20_usize, "[\\[\\]{}=\"'#.,\\-0-9a-z é\n\r\t\u{0}]{0,6}"), 1..5),
    ) {
        let text = [include_str!("../../../configs/minimal.toml"), include_str!("../../../configs/regional-nio.toml")][which];
        let mut text: Vec<char> = text.chars().collect();
        for (at, len, with) in cuts {
            let at = at.index(text.len() + 1);
            let end = (at + len).min(text.len());
            text.splice(at..end, with.chars());
        }
        let text: String = text.into_iter().collect();
        check(Config::parse(&text, Path::new("run.toml"), &[]), &text)?;
    }

    #[test]
    fn any_set_is_laid_over_or_shown(set in "[a-z_.\\[\\]\"'= ]{0,20}(=[\\[{\"0-9a-z \\]},.é:-]{0,20})?") {
        check(Config::parse("[spectrum]\noverlap = 0.5\n", Path::new("run.toml"), std::slice::from_ref(&set)), &set)?;
    }
}
