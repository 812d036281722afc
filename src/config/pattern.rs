//! The template of the input's file names.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use crate::terms::ParseTermError;

/// Digits of the largest iteration number, 2^64 - 1.
const MOST_DIGITS: usize = 20;

/// A file name with places for the variable and the iteration, relative to `input.path`:
/// `{name}.{iter:010}.data`, or with folders, `{iter:010}/{name}.{iter:010}.data.shrunk`.
///
/// `{name}` is the variable's name as given by `u`, `v` or `scalar`; `{iter}` the iteration number
/// without padding; `{iter:0N}` the number with zeros in front up to N digits, and longer where it
/// has more digits. At least one `{iter}` is there; several agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Name,
    /// Iteration number of at least this many digits; 1 is a number without padding.
    Iteration {
        digits: usize,
    },
}

impl Pattern {
    /// The relative path of variable `name` at iteration `iteration`.
    pub fn file_name(&self, name: &str, iteration: u64) -> String {
        self.render(&self.parts, name, iteration)
    }

    /// The iteration number in a path relative to `input.path`, if the path is exactly one that
    /// [`Pattern::file_name`] would give for this `name`.
    pub fn iteration_of(&self, name: &str, relative_path: impl AsRef<Path>) -> Option<u64> {
        let path = relative_path.as_ref().to_str()?;
        let first = self.parts.iter().position(|part| matches!(part, Part::Iteration { .. }))?;
        let after = path.strip_prefix(self.render(&self.parts[..first], name, 0).as_str())?;
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        // A digit in the literal that follows may belong to the number or not: writing the name anew decides.
        (1..=digits.min(MOST_DIGITS)).find_map(|len| {
            let iteration = after[..len].parse().ok()?;
            (self.file_name(name, iteration) == path).then_some(iteration)
        })
    }

    fn render(&self, parts: &[Part], name: &str, iteration: u64) -> String {
        parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.clone(),
                Part::Name => name.to_owned(),
                Part::Iteration { digits } => format!("{iteration:0digits$}"),
            })
            .collect()
    }
}

impl FromStr for Pattern {
    type Err = ParseTermError;

    fn from_str(text: &str) -> Result<Self, ParseTermError> {
        let wrong = |reason: String| ParseTermError { text: text.to_owned(), reason };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (literal, from_brace) = rest.split_at(at);
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            let inside = from_brace.strip_prefix('{').ok_or_else(|| wrong("a `}` has no `{` before it".to_owned()))?;
            let (placeholder, after) =
                inside.split_once('}').ok_or_else(|| wrong("a `{` has no `}` after it".to_owned()))?;
            parts.push(placeholder_part(placeholder).map_err(wrong)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        if !parts.iter().any(|part| matches!(part, Part::Iteration { .. })) {
            return Err(wrong(
                "has no {iter}, so all times would be one file; for example {name}.{iter:010}.data".into(),
            ));
        }
        if text.starts_with('/') {
            return Err(wrong("is an absolute path; it starts at `input.path`".into()));
        }
        Ok(Pattern { parts })
    }
}

/// What stands between two braces.
fn placeholder_part(text: &str) -> Result<Part, String> {
    match text {
        "name" => return Ok(Part::Name),
        "iter" => return Ok(Part::Iteration { digits: 1 }),
        _ => {}
    }
    let Some(width) = text.strip_prefix("iter:") else {
        return Err(format!("`{{{text}}}` is not known; known: {{name}} {{iter}} {{iter:010}}"));
    };
    // The parser of numbers would let a plus sign through.
    let digits = width.strip_prefix('0').filter(|digits| !digits.starts_with('+'));
    match digits.map(str::parse) {
        Some(Ok(digits)) if (1..=MOST_DIGITS).contains(&digits) => Ok(Part::Iteration { digits }),
        _ => Err(format!("the width in `{{{text}}}` must be 0 and a count of digits, 01 to 020, as in {{iter:010}}")),
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Name => f.write_str("{name}"),
            Part::Iteration { digits: 1 } => f.write_str("{iter}"),
            Part::Iteration { digits } => write!(f, "{{iter:0{digits}}}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_padded_and_found_again() {
        let plain = pattern("{name}.{iter:010}.data");
        assert_eq!(plain.file_name("U", 10_368), "U.0000010368.data");
        assert_eq!(plain.file_name("U", 12_345_678_901), "U.12345678901.data");
        for (path, iteration) in [
            ("U.0000010368.data", Some(10_368)),
            ("U.0000000000.data", Some(0)),
            ("U.12345678901.data", Some(12_345_678_901)),
            ("U.18446744073709551615.data", Some(u64::MAX)),
            ("U.18446744073709551616.data", None),
            ("U.99999999999999999999999999.data", None),
            ("U.00000010368.data", None),
            ("U.000010368.data", None),
            ("U.0000010368.meta", None),
            ("V.0000010368.data", None),
            ("xU.0000010368.data", None),
            ("U.0000010368.data.gz", None),
            ("U..data", None),
            ("U.+000010368.data", None),
            ("", None),
        ] {
            assert_eq!(plain.iteration_of("U", path), iteration, "{path}");
        }
    }

    #[test]
    fn folders_and_repeated_numbers_agree() {
        let nested = pattern("{iter:010}/{name}.{iter:010}.data.shrunk");
        assert_eq!(nested.file_name("U", 10_368), "0000010368/U.0000010368.data.shrunk");
        assert_eq!(nested.iteration_of("U", Path::new("0000010368/U.0000010368.data.shrunk")), Some(10_368));
        assert_eq!(nested.iteration_of("U", "0000010368/U.0000010369.data.shrunk"), None);
        assert_eq!(nested.iteration_of("U", "U.0000010368.data.shrunk"), None);
    }

    #[test]
    fn numbers_without_padding_have_no_leading_zero() {
        let plain = pattern("{name}_{iter}.bin");
        assert_eq!(plain.iteration_of("U", "U_0.bin"), Some(0));
        assert_eq!(plain.iteration_of("U", "U_144.bin"), Some(144));
        assert_eq!(plain.iteration_of("U", "U_0144.bin"), None);
    }

    #[test]
    fn digits_beside_the_number_are_no_part_of_it() {
        let tight = pattern("{name}{iter}2.bin");
        assert_eq!(tight.iteration_of("U1", "U132.bin"), Some(3));
        assert_eq!(tight.iteration_of("U", "U22.bin"), Some(2));
        assert_eq!(pattern("{iter}{iter}").iteration_of("U", "1212"), Some(12));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, part) in [
            ("", "has no {iter}"),
            ("{name}.data", "has no {iter}"),
            ("{name}.{iter", "has no `}`"),
            ("{name}.iter}", "has no `{`"),
            ("{name}.{it{er}}", "`{it{er}` is not known"),
            ("{var}.{iter}", "`{var}` is not known"),
            ("{}.{iter}", "`{}` is not known"),
            ("{iter:10}", "width"),
            ("{iter:0}", "width"),
            ("{iter:021}", "width"),
            ("{iter:0+5}", "width"),
            ("{iter:}", "width"),
            ("/data/{iter}", "absolute"),
        ] {
            let error = text.parse::<Pattern>().unwrap_err().to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn every_written_name_is_read_back(
            text in "[a-z0-9./]{0,3}(\\{name\\})?[0-9._]{0,3}\\{iter(:0(1|7|10|20))?\\}[0-9a-z/.]{0,3}(\\{iter\\})?[0-9a-z]{0,2}",
            name in "[A-Za-z0-9_]{1,4}",
            iteration in prop_oneof![0_u64..1000, any::<u64>()],
        ) {
            prop_assume!(!text.starts_with('/'));
            let pattern: Pattern = text.parse().unwrap();
            let file = pattern.file_name(&name, iteration);
            prop_assert_eq!(pattern.iteration_of(&name, &file), Some(iteration));
            let shown = pattern.to_string();
            prop_assert_eq!(shown.parse::<Pattern>().unwrap(), pattern);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}:iter0-9é/]{0,24}", path in "\\PC{0,24}") {
            if let Ok(pattern) = text.parse::<Pattern>()
                && let Some(iteration) = pattern.iteration_of("é", &path)
            {
                prop_assert_eq!(pattern.file_name("é", iteration), path);
            }
        }
    }
}
