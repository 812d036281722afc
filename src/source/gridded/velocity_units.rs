//! Whether velocities are in metres per second, by the attribute `units`: nothing else is converted.

use super::super::SourceError;
use super::assemble::info_of;
use super::files::Format;
use super::scan::{Found, GriddedRequest};

/// What `units` of a velocity say.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Units {
    /// Nothing, or metres per second.
    Fine,
    /// Another speed: so many metres per second.
    Speed(f64),
    /// No speed that is known here.
    Other,
}

/// Texts that say nothing.
const SILENT: [&str; 4] = ["", "none", "unknown", "-"];

/// A name of a unit: whether it is one of length, and metres or seconds in it.
fn unit(name: &str) -> Option<(bool, f64)> {
    Some(match name {
        "m" | "meter" | "meters" | "metre" | "metres" => (true, 1.0),
        "cm" | "centimeter" | "centimeters" | "centimetre" | "centimetres" => (true, 0.01),
        "mm" | "millimeter" | "millimeters" | "millimetre" | "millimetres" => (true, 0.001),
        "km" | "kilometer" | "kilometers" | "kilometre" | "kilometres" => (true, 1000.0),
        "s" | "sec" | "secs" | "second" | "seconds" => (false, 1.0),
        "min" | "minute" | "minutes" => (false, 60.0),
        "h" | "hr" | "hour" | "hours" => (false, 3600.0),
        "d" | "day" | "days" => (false, 86_400.0),
        _ => return None,
    })
}

/// A factor of units, `s-1`, `s^-1`, `s**-1`, `s^{-1}`: its name and its power.
fn factor(text: &str) -> Option<(&str, i32)> {
    let end = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let (name, power) = text.split_at(end);
    let power = power.trim_start_matches(['*', '^', '{']).trim_end_matches('}').replace('\u{2212}', "-");
    Some((name, if power.is_empty() { 1 } else { power.parse().ok()? }))
}

/// Reads the text of `units`.
fn units(text: &str) -> Units {
    let text = text.trim().to_lowercase().replace('\u{207b}', "-").replace('\u{b9}', "1");
    if SILENT.contains(&text.as_str()) {
        return Units::Fine;
    }
    // Blanks within a power, `s ** -1`, are none; those around a stroke neither.
    let joined = text.replace(" per ", "/").replace("**", "^").replace(" ^", "^").replace("^ ", "^");
    let mut metres_per_second = 1.0;
    let (mut lengths, mut times) = (0, 0);
    for (at, part) in joined.split('/').enumerate() {
        for word in part.split(|c: char| c.is_whitespace() || ['.', '*', '\u{b7}'].contains(&c)) {
            let sign = if at == 0 { 1 } else { -1 };
            match word {
                "" | "1" => continue,
                // What is meant of a velocity, though it is a millisecond by the book.
                "ms-1" | "ms^-1" | "ms^{-1}" if at == 0 => {
                    (lengths, times) = (lengths + 1, times - 1);
                    continue;
                }
                "knot" | "knots" | "kt" => {
                    (lengths, times) = (lengths + sign, times - sign);
                    metres_per_second *= (1852.0_f64 / 3600.0).powi(sign);
                    continue;
                }
                _ => {}
            }
            let Some((name, power)) = factor(word) else { return Units::Other };
            let Some((is_length, size)) = unit(name) else { return Units::Other };
            let power = power.saturating_mul(sign);
            *(if is_length { &mut lengths } else { &mut times }) += power.clamp(-9, 9);
            metres_per_second *= size.powi(power.clamp(-9, 9));
        }
    }
    match (lengths, times) {
        (1, -1) if metres_per_second == 1.0 => Units::Fine,
        (1, -1) => Units::Speed(metres_per_second),
        _ => Units::Other,
    }
}

/// What mends an array `name` of some units.
fn mend(format: Format, name: &str, found: Units) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    let (what, factor) = match found {
        Units::Speed(factor) => {
            // Those of knots, miles and days do not end.
            let factor = format!("{factor:.9}");
            let factor = factor.trim_end_matches('0').trim_end_matches('.').to_owned();
            let times = format!("the values or their scale_factor times {factor}, and units = \"m s-1\"");
            (times, Some(factor))
        }
        Units::Fine | Units::Other => ("units = \"m s-1\" if that is what they are".to_owned(), None),
    };
    let by = match (format, factor) {
        (Format::Netcdf, Some(factor)) => {
            format!(
                ", as by ncatted -a scale_factor,{name},c,d,{factor} -a units,{name},o,c,\"m s-1\" where there is no scale_factor yet"
            )
        }
        (Format::Netcdf, None) => format!(", as by ncatted -a units,{name},o,c,\"m s-1\""),
        (Format::Zarr, _) => String::new(),
    };
    format!("set in the attributes of all files {what}{by}")
}

/// Compares the units of u and v in all their files; those of scalars may be any.
///
/// # Errors
/// Units that are given and are not metres per second.
pub(super) fn check_velocity_units(request: &GriddedRequest, found: &[Found]) -> Result<(), SourceError> {
    let velocity = request.fields.iter().zip(found).filter(|_| request.has_velocity()).take(2);
    for ((name, _), found) in velocity {
        for holder in &found.holders {
            let Some(text) = info_of(holder, name)?.attributes.text("units") else { continue };
            let what = units(text);
            if what != Units::Fine {
                let mend = mend(request.format, name, what);
                return Err(SourceError::Dataset {
                    path: holder.dataset.path.clone(),
                    reason: format!("{name} has units = \"{text}\"; velocities must be in m s-1: {mend}"),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metres_per_second_in_every_spelling() {
        for text in [
            "",
            " ",
            "none",
            "m s-1",
            "m s**-1",
            "m s^-1",
            "m.s-1",
            "m.s^-1",
            "m*s-1",
            "m s ** -1",
            "m/s",
            "m / s",
            "M/S",
            "m/sec",
            "meter second-1",
            "meters second-1",
            "metre second-1",
            "meter/second",
            "meters/second",
            "metres/s",
            "Meters/Second",
            "meters per second",
            "m per s",
            "ms-1",
            "ms^-1",
            "m s^{-1}",
            "s-1 m",
            "m s\u{207b}\u{b9}",
            "m\u{b7}s-1",
            "m s\u{2212}1",
            "1 m s-1",
            "unknown",
        ] {
            assert_eq!(units(text), Units::Fine, "{text}");
        }
    }

    #[test]
    fn what_is_not_metres_per_second_is_told_with_its_factor() {
        for (text, factor) in [
            ("cm/s", 0.01),
            ("cm s-1", 0.01),
            ("centimeter/s", 0.01),
            ("mm s-1", 0.001),
            ("km/h", 1000.0 / 3600.0),
            ("m/day", 1.0 / 86_400.0),
            ("knots", 1852.0 / 3600.0),
            ("m min-1", 1.0 / 60.0),
        ] {
            let Units::Speed(found) = units(text) else { panic!("{text}: {:?}", units(text)) };
            assert!((found / factor - 1.0).abs() < 1e-12, "{text}: {found}");
        }
        for text in [
            "m",
            "s-1",
            "m2 s-1",
            "m3/s",
            "m s",
            "1",
            "degC",
            "m s-2",
            "m/s/s",
            "Pa",
            "m s-1 (east)",
            "m s-x",
            "/",
            "^",
            "m s-999999999999",
            "m s-2147483648",
            "\u{e9}-1",
        ] {
            assert_eq!(units(text), Units::Other, "{text}");
        }
        let cm = units("cm/s");
        let words = mend(Format::Netcdf, "ocean/UVEL", cm);
        assert!(words.contains("scale_factor,UVEL,c,d,0.01 ") && words.contains("times 0.01,"), "{words}");
        assert!(!mend(Format::Zarr, "UVEL", cm).contains("ncatted"));
    }
}
