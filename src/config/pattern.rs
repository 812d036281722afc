//! The template of the input's file names.

use std::fmt;
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

/// The numbers in a tile's file name, `.III.JJJ` before the extension: along i, then along j, both from 1.
pub type TileNumber = [u32; 2];

/// A file name taken apart by a [`Pattern`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileName {
    /// What stands for `{name}`; empty where the pattern has none.
    pub name: String,
    /// What stands for `{iter}`; none for a restart file, which has `ckptA` or the like there.
    pub iteration: Option<u64>,
    /// For one tile of a snapshot: which.
    pub tile: Option<TileNumber>,
}

/// What the parts of a pattern stand for in a path.
#[derive(Clone, Copy, Default)]
struct Bound<'a> {
    name: Option<&'a str>,
    stamp: Option<Stamp<'a>>,
}

#[derive(Clone, Copy)]
enum Stamp<'a> {
    Iteration(u64),
    /// A restart file that the model overwrites in turn, `ckptA`, `ckptB`.
    Restart(&'a str),
}

impl Pattern {
    /// The relative path of variable `name` at iteration `iteration`.
    pub fn file_name(&self, name: &str, iteration: u64) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.clone(),
                Part::Name => name.to_owned(),
                Part::Iteration { digits } => format!("{iteration:0digits$}"),
            })
            .collect()
    }

    /// Whether `{name}` is in the template; if not, a file holds all variables of a time.
    pub fn has_name(&self) -> bool {
        self.parts.contains(&Part::Name)
    }

    /// How many folders below `input.path` the files lie.
    pub fn depth(&self) -> usize {
        let slashes = |part: &Part| if let Part::Literal(text) = part { text.matches('/').count() } else { 0 };
        self.parts.iter().map(slashes).sum()
    }

    /// Takes a path relative to `input.path` apart: of a snapshot, of a restart file, or of one tile of these, which has
    /// `.III.JJJ` before its extension. With `name` given, only that name is looked for; else the shortest that fits.
    pub fn split(&self, name: Option<&str>, relative_path: &str) -> Option<FileName> {
        let taken = |path: &str, tile| {
            let bound = bind(&self.parts, path, Bound { name, stamp: None })?;
            let name = if self.has_name() { bound.name.unwrap_or_default() } else { "" };
            let iteration = match bound.stamp? {
                Stamp::Iteration(iteration) => Some(iteration),
                Stamp::Restart(_) => None,
            };
            Some(FileName { name: name.to_owned(), iteration, tile })
        };
        taken(relative_path, None).or_else(|| {
            let (whole, tile) = without_tile(relative_path)?;
            taken(&whole, Some(tile))
        })
    }
}

/// The first way in which `parts` make up `text`, shortest name and number first.
fn bind<'a>(parts: &[Part], text: &'a str, bound: Bound<'a>) -> Option<Bound<'a>> {
    let Some((part, after)) = parts.split_first() else { return text.is_empty().then_some(bound) };
    match (part, bound.name, bound.stamp) {
        (Part::Literal(literal), ..) => bind(after, text.strip_prefix(literal.as_str())?, bound),
        (Part::Name, Some(name), _) => bind(after, text.strip_prefix(name)?, bound),
        (Part::Name, None, _) => {
            let letters = text.char_indices().take_while(|(_, letter)| *letter != '/');
            letters.map(|(at, letter)| at + letter.len_utf8()).find_map(|end| {
                let (name, rest) = text.split_at(end);
                bind(after, rest, Bound { name: Some(name), ..bound })
            })
        }
        (Part::Iteration { .. }, _, Some(Stamp::Restart(word))) => bind(after, text.strip_prefix(word)?, bound),
        (Part::Iteration { digits }, _, Some(Stamp::Iteration(iteration))) => {
            bind(after, text.strip_prefix(format!("{iteration:0digits$}").as_str())?, bound)
        }
        (Part::Iteration { digits }, _, None) => {
            if let Some(letter) = text.strip_prefix("ckpt").and_then(|rest| rest.chars().next())
                && letter.is_ascii_alphanumeric()
            {
                let (word, rest) = text.split_at("ckpt".len() + 1);
                return bind(after, rest, Bound { stamp: Some(Stamp::Restart(word)), ..bound });
            }
            let count = text.bytes().take_while(u8::is_ascii_digit).count().min(MOST_DIGITS);
            // A digit in the literal that follows may belong to the number or not: the rest decides.
            (1..=count).find_map(|len| {
                let (number, rest) = text.split_at(len);
                let iteration: u64 = number.parse().ok()?;
                let written_so = number.len() == *digits || (number.len() > *digits && !number.starts_with('0'));
                let bound = Bound { stamp: Some(Stamp::Iteration(iteration)), ..bound };
                written_so.then(|| bind(after, rest, bound)).flatten()
            })
        }
    }
}

/// `XC.001.002.data` is tile (1, 2) of `XC.data`.
pub fn without_tile(path: &str) -> Option<(String, TileNumber)> {
    let (stem, extension) = path.rsplit_once('.')?;
    let (stem, j) = stem.rsplit_once('.')?;
    let (stem, i) = stem.rsplit_once('.')?;
    let number = |text: &str| -> Option<u32> {
        let number: u32 = text.parse().ok()?;
        (number > 0 && format!("{number:03}") == text).then_some(number)
    };
    let tile = [number(i)?, number(j)?];
    (!extension.contains('/')).then(|| (format!("{stem}.{extension}"), tile))
}

/// The way back from [`without_tile`]; none where the path has no extension.
pub fn with_tile(path: &str, [i, j]: TileNumber) -> Option<String> {
    let (stem, extension) = path.rsplit_once('.').filter(|(_, extension)| !extension.contains('/'))?;
    Some(format!("{stem}.{i:03}.{j:03}.{extension}"))
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

    /// The iteration of a whole snapshot's path.
    fn iteration_of(pattern: &Pattern, name: &str, path: &str) -> Option<u64> {
        pattern.split(Some(name), path).filter(|found| found.tile.is_none())?.iteration
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
            assert_eq!(iteration_of(&plain, "U", path), iteration, "{path}");
        }
    }

    #[test]
    fn folders_and_repeated_numbers_agree() {
        let nested = pattern("{iter:010}/{name}.{iter:010}.data.shrunk");
        assert_eq!(nested.file_name("U", 10_368), "0000010368/U.0000010368.data.shrunk");
        assert_eq!(iteration_of(&nested, "U", "0000010368/U.0000010368.data.shrunk"), Some(10_368));
        assert_eq!(iteration_of(&nested, "U", "0000010368/U.0000010369.data.shrunk"), None);
        assert_eq!(iteration_of(&nested, "U", "U.0000010368.data.shrunk"), None);
    }

    #[test]
    fn numbers_without_padding_have_no_leading_zero() {
        let plain = pattern("{name}_{iter}.bin");
        assert_eq!(iteration_of(&plain, "U", "U_0.bin"), Some(0));
        assert_eq!(iteration_of(&plain, "U", "U_144.bin"), Some(144));
        assert_eq!(iteration_of(&plain, "U", "U_0144.bin"), None);
    }

    #[test]
    fn digits_beside_the_number_are_no_part_of_it() {
        let tight = pattern("{name}{iter}2.bin");
        assert_eq!(iteration_of(&tight, "U1", "U132.bin"), Some(3));
        assert_eq!(iteration_of(&tight, "U", "U22.bin"), Some(2));
        assert_eq!(iteration_of(&pattern("{iter}{iter}"), "U", "1212"), Some(12));
    }

    #[test]
    fn any_file_is_taken_apart() {
        let plain = pattern("{name}.{iter:010}.data");
        let found = |name: &str, iteration, tile| Some(FileName { name: name.to_owned(), iteration, tile });
        for (path, expected) in [
            ("U.0000010368.data", found("U", Some(10_368), None)),
            ("U.0000010368.001.002.data", found("U", Some(10_368), Some([1, 2]))),
            ("U.0000010368.1001.002.data", found("U", Some(10_368), Some([1001, 2]))),
            ("oce.Ave.0000010368.data", found("oce.Ave", Some(10_368), None)),
            ("pickup.ckptA.data", found("pickup", None, None)),
            ("pickup.ckptB.003.001.data", found("pickup", None, Some([3, 1]))),
            ("pickup.ckpt.data", None),
            ("U.0000010368.01.002.data", None),
            ("U.0000010368.000.002.data", None),
            ("U.0000010368.001.data", None),
            (".0000010368.data", None),
            ("U.0000010368.meta", None),
            ("XC.data", None),
            ("XC.001.001.data", None),
        ] {
            assert_eq!(plain.split(None, path), expected, "{path}");
        }
        assert_eq!(pattern("state3d.{iter:010}.data").split(None, "state3d.0000000007.data"), found("", Some(7), None));
        let nested = pattern("{iter:04}/{name}.{iter:04}");
        assert_eq!(nested.split(None, "0007/V.0007"), found("V", Some(7), None));
        assert_eq!(nested.split(None, "ckptA/pickup.ckptA"), found("pickup", None, None));
        assert_eq!(nested.split(None, "ckptA/pickup.ckptB"), None);
        assert_eq!(nested.split(None, "0007/V.0007.001.001"), None);
        assert_eq!((nested.depth(), plain.depth()), (1, 0));
        assert!(nested.has_name() && !pattern("{iter}").has_name());
        assert_eq!(without_tile("a/XC.001.012.data"), Some(("a/XC.data".to_owned(), [1, 12])));
        for path in ["XC.data", "001.002.data", "XC.001.002", "XC.001.002.da/ta", "XC.+01.002.data"] {
            assert_eq!(without_tile(path), None, "{path}");
        }
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
            tile in [1..=u32::MAX, 1..=2000_u32],
        ) {
            prop_assume!(!text.starts_with('/'));
            let pattern: Pattern = text.parse().unwrap();
            let file = pattern.file_name(&name, iteration);
            prop_assert_eq!(iteration_of(&pattern, &name, &file), Some(iteration));
            let found = pattern.split(Some(&name), &file).unwrap();
            prop_assert_eq!((found.iteration, found.tile), (Some(iteration), None));
            if let Some(tiled) = with_tile(&file, tile) {
                // The pattern may have places for such numbers itself.
                prop_assert!(pattern.split(Some(&name), &tiled).is_some());
                prop_assert_eq!(without_tile(&tiled), Some((file, tile)));
            }
            let shown = pattern.to_string();
            prop_assert_eq!(shown.parse::<Pattern>().unwrap(), pattern);
        }

        #[test]
        fn what_a_path_is_taken_for_gives_the_path_again(
            text in "(\\{name\\})?[0-9._]{0,2}\\{iter(:0(1|4|10))?\\}(/\\{name\\})?(\\{iter:04\\})?[.0-9]{0,2}(data)?",
            path in "[A0-9./ckpt]{0,8}[.]?[0-9]{0,10}[.]?(001[.]002)?[.]?(ckptA)?(data)?",
        ) {
            let pattern: Pattern = text.parse().unwrap();
            if let Some(found) = pattern.split(None, &path) {
                prop_assert!(!found.name.contains('/'));
                if let Some(iteration) = found.iteration {
                    let whole = pattern.file_name(&found.name, iteration);
                    prop_assert_eq!(match found.tile { Some(tile) => with_tile(&whole, tile), None => Some(whole) }, Some(path));
                }
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}:iter0-9é/]{0,24}", path in "\\PC{0,24}") {
            if let Ok(pattern) = text.parse::<Pattern>()
                && let Some(iteration) = iteration_of(&pattern, "é", &path)
            {
                prop_assert_eq!(pattern.file_name("é", iteration), path);
            }
        }
    }
}
