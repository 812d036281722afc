//! Texts of every term: what is accepted means what it says, and comes back from its own text; nothing panics.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Pieces of the grammars, and what does not belong there.
const PIECES: &[&str] = &[
    "0",
    "1",
    "25",
    "0.5",
    ".5",
    "5.",
    "1e3",
    "1e-3",
    "1E+2",
    "1e400",
    "-",
    "+",
    "e",
    "nan",
    "inf",
    "infinity",
    "_",
    " ",
    "  ",
    "\t",
    "s",
    "sec",
    "min",
    "h",
    "hours",
    "d",
    "days",
    ":",
    ":00",
    ":59:01",
    "day",
    "B",
    "kB",
    "MB",
    "GiB",
    "gib",
    "TiB",
    "f",
    "F",
    "cpd",
    "cph",
    "*",
    "**",
    "hann",
    "tukey",
    "kaiser",
    "dpss",
    "boxcar",
    "(",
    ")",
    "()",
    ",",
    "é",
    "\u{0}",
    "１",
    "f0",
    "99999999999",
];

fn soup() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => proptest::collection::vec(select(PIECES), 0..7).prop_map(|pieces| pieces.concat()),
        1 => "\\PC{0,24}",
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![0.0..100.0, (0_u32..2000).prop_map(|n| f64::from(n) / 4.0), any::<f64>()]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_accepted_of_any_text_is_in_range_and_comes_back(text in soup()) {
        if let Ok(seconds) = text.parse::<Seconds>() {
            prop_assert!(seconds.0.is_finite(), "{seconds:?}");
            let again: Seconds = seconds.to_string().parse().unwrap();
            prop_assert!((again.0 - seconds.0).abs() <= 1e-6 * seconds.0.abs(), "{text}: {seconds}");
        }
        if let Ok(bytes) = text.parse::<Bytes>() {
            let told = bytes.next_exact();
            prop_assert!(told >= bytes);
            if bytes.0 < 1 << 60 {
                prop_assert_eq!(told.to_string().parse::<Bytes>().unwrap(), told, "{}", text);
            }
        }
        if let Ok(limit) = text.parse::<BandLimit>() {
            match limit {
                BandLimit::Fixed(CyclesPerDay(number)) | BandLimit::Relative(number) => {
                    prop_assert!(number.is_finite() && number >= 0.0);
                }
                BandLimit::Offset(CyclesPerDay(number)) => prop_assert!(number.is_finite()),
                BandLimit::Nyquist => prop_assert_eq!(text.trim().to_lowercase(), "nyquist"),
            }
            prop_assert_eq!(limit.to_string().parse::<BandLimit>().unwrap(), limit, "{}", text);
            for f0 in [-2.0, 0.0, 1e-3, 1.9] {
                prop_assert!(limit.at(CyclesPerDay(f0)).0 >= 0.0);
            }
        }
        if let Ok(time) = text.parse::<WallTime>() {
            prop_assert!(time.seconds() > 0);
            prop_assert_eq!(time.to_string().parse::<WallTime>().unwrap(), time, "{}", text);
        }
        if let Ok(window) = text.parse::<Window>() {
            prop_assert_eq!(window.to_string().parse::<Window>().unwrap(), window, "{}", text);
        }
        let _ = (text.parse::<Detrend>(), text.parse::<Precision>());
    }

    #[test]
    fn a_number_and_its_unit_are_their_product(
        number in number(),
        (unit, seconds) in select(&[("s", 1.0), ("min", 60.0), ("hours", 3600.0), ("d", 86_400.0), ("fortnights", f64::NAN)][..]),
        blanks in " {0,2}",
    ) {
        let text = format!("{number}{blanks}{unit}");
        let expected = number * seconds;
        match text.parse::<Seconds>() {
            Ok(found) => prop_assert_eq!(found.0, expected),
            Err(_) => prop_assert!(!expected.is_finite(), "{}", text),
        }
    }

    #[test]
    fn a_wall_time_is_the_same_in_every_form(days in 0..30_u64, hours in 0..24_u64, minutes in 0..60_u64, seconds in 1..60_u64) {
        let expected = WallTime::new(((days * 24 + hours) * 60 + minutes) * 60 + seconds).unwrap();
        for text in [
            format!("{days}-{hours:02}:{minutes:02}:{seconds:02}"),
            format!("{}:{minutes:02}:{seconds:02}", days * 24 + hours),
            format!("{days} days {hours} h {minutes} min {seconds} s"),
            format!("{seconds}s{minutes}min{hours}h{days}d"),
        ] {
            prop_assert_eq!(text.parse::<WallTime>(), Ok(expected), "{}", text);
        }
    }

    #[test]
    fn a_count_of_bytes_is_a_number_and_its_unit(
        number in number(),
        (unit, bytes) in select(&[("B", 1.0), ("kB", 1e3), ("MiB", 1048576.0), ("tib", 1099511627776.0), ("GiBs", f64::NAN)][..]),
    ) {
        let text = format!("{number} {unit}");
        let expected = number * bytes;
        match text.parse::<Bytes>() {
            Ok(found) => prop_assert!((found.0 as f64 - expected).abs() <= 1.0_f64.max(1e-9 * expected), "{}", text),
            Err(_) => prop_assert!(!(0.0..=1.8e19).contains(&expected), "{}", text),
        }
    }

    #[test]
    fn a_band_limit_is_what_its_form_says(number in number(), form in 0..5_usize) {
        let expected = [
            BandLimit::Fixed(CyclesPerDay(number)),
            BandLimit::Fixed(CyclesPerDay(number)),
            BandLimit::Relative(number),
            BandLimit::Offset(CyclesPerDay(number)),
            BandLimit::Offset(CyclesPerDay(-number)),
        ][form];
        let text = match form {
            0 => format!("{number}"),
            1 => format!("{number} cpd"),
            2 => format!("{number} f"),
            3 => format!("f + {number} cpd"),
            _ => format!("f-{number}cpd"),
        };
        match text.parse::<BandLimit>() {
            Ok(found) => prop_assert_eq!(found, expected, "{}", text),
            Err(_) => prop_assert!(!(number.is_finite() && number.is_sign_positive()), "{}", text),
        }
    }
}
