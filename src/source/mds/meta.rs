//! The `.meta` text beside a data file.
//!
//! Statements of the form `name = [ values ];` or `name = { values };`, values separated by blanks or
//! commas, strings in single quotes; padding varies with the version and entries may be missing.

use std::path::Path;

/// What a `.meta` file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Global size of each dimension, i first, then j, then levels.
    pub dimensions: Vec<u64>,
    /// First and last 1-based index of this file in each dimension; the whole, unless the file is a tile.
    pub ranges: Vec<[u64; 2]>,
    /// Stored type: `float32` or `float64`.
    pub data_precision: Option<String>,
    /// Number of records.
    pub records: Option<u64>,
    /// Iteration.
    pub iteration: Option<u64>,
    /// Model time [s]: one number for a snapshot, two for an average.
    pub time_interval: Vec<f64>,
    /// Names of the fields, blanks trimmed.
    pub fields: Vec<String>,
}

/// A `.meta` longer than this is something else.
const LONGEST: usize = 1 << 20;

impl Meta {
    /// Reads and parses a file.
    ///
    /// # Errors
    /// Why it cannot be read or understood; the text does not name the file.
    pub fn read(path: &Path) -> Result<Self, String> {
        let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
        let length = std::fs::metadata(path).map_err(unreadable)?.len();
        if length > LONGEST as u64 {
            return Err(format!("is {length} bytes long, which no .meta file is (most are under 1000)"));
        }
        let bytes = std::fs::read(path).map_err(unreadable)?;
        // Bytes of a file that is no text would play with the terminal.
        Self::parse(&String::from_utf8_lossy(&bytes))
            .map_err(|reason| format!("is not the text of a .meta file: {}", reason.escape_debug()))
    }

    /// For a time average, the length of the interval [s].
    pub fn averaged_over(&self) -> Option<f64> {
        match self.time_interval[..] {
            [start, end] if end > start => Some(end - start),
            _ => None,
        }
    }

    /// Model time of the snapshot, or of the end of the averaging interval [s].
    pub fn model_seconds(&self) -> Option<f64> {
        self.time_interval.last().copied()
    }

    /// Bytes of one value; `otherwise` where no type is named, none where it is one that cannot be read.
    pub fn value_bytes(&self, otherwise: u64) -> Option<u64> {
        match self.data_precision.as_deref() {
            None => Some(otherwise),
            Some("float32" | "real*4") => Some(4),
            Some("float64" | "real*8") => Some(8),
            Some(_) => None,
        }
    }

    /// Parses the text.
    ///
    /// # Errors
    /// A reason that names the entry.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut meta = Meta::default();
        let mut count = None;
        for (name, values) in statements(text)? {
            match name.as_str() {
                "nDims" => count = Some(whole(&name, &values)?),
                "dimList" => {
                    let numbers = values.iter().map(|value| number(&name, value)).collect::<Result<Vec<_>, _>>()?;
                    if numbers.is_empty() || numbers.len() % 3 != 0 {
                        return Err(format!("dimList has {} numbers, expected three a dimension", numbers.len()));
                    }
                    for triple in numbers.chunks_exact(3) {
                        let (size, first, last) = (triple[0], triple[1], triple[2]);
                        if first < 1 || last < first || last > size {
                            return Err(format!("dimList says {first} to {last} of {size}, which is no range"));
                        }
                        meta.dimensions.push(size);
                        meta.ranges.push([first, last]);
                    }
                }
                "dataprec" | "format" => meta.data_precision = values.first().cloned(),
                "nrecords" => meta.records = Some(whole(&name, &values)?),
                "timeStepNumber" => meta.iteration = Some(whole(&name, &values)?),
                "timeInterval" => meta.time_interval = time_interval(&values)?,
                "fldList" => meta.fields = values,
                _ => {}
            }
        }
        if meta.dimensions.is_empty() {
            return Err("has no dimList".into());
        }
        if let Some(count) = count
            && count != meta.dimensions.len() as u64
        {
            return Err(format!("nDims is {count}, but dimList has {} dimensions", meta.dimensions.len()));
        }
        if meta.dimensions.len() < 2 || meta.dimensions.len() > 3 {
            return Err(format!("has {} dimensions; 2 or 3 can be read", meta.dimensions.len()));
        }
        Ok(meta)
    }
}

fn time_interval(values: &[String]) -> Result<Vec<f64>, String> {
    let number = |value: &String| {
        let number = value.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| format!("timeInterval holds `{value}`, which is not a number"))
    };
    let numbers = values.iter().map(number).collect::<Result<Vec<_>, _>>()?;
    match numbers[..] {
        [start, end] if end < start => Err(format!("timeInterval goes back, from {start} s to {end} s")),
        [_] | [_, _] | [] => Ok(numbers),
        _ => Err(format!("timeInterval has {} numbers, expected one or two", numbers.len())),
    }
}

fn number(name: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{name} holds `{value}`, which is not a whole number"))
}

fn whole(name: &str, values: &[String]) -> Result<u64, String> {
    match values {
        [value] => number(name, value),
        _ => Err(format!("{name} has {} values, expected one", values.len())),
    }
}

/// Splits the text into names and values.
fn statements(text: &str) -> Result<Vec<(String, Vec<String>)>, String> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';' || c == '\0');
        if rest.is_empty() {
            return Ok(found);
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").ok_or("has a comment without end")?.1;
            continue;
        }
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let (name, after) = rest.split_once('=').ok_or_else(|| format!("ends within `{}`", excerpt(rest)))?;
        let name = name.trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("`{}` is no entry of the form name = [ ... ];", excerpt(name)));
        }
        let after = after.trim_start();
        let close = match after.chars().next() {
            Some('[') => ']',
            Some('{') => '}',
            _ => return Err(format!("{name} has no [ or {{ after its =")),
        };
        let (values, after) = values(name, &after[1..], close)?;
        found.push((name.to_owned(), values));
        rest = after;
    }
}

/// Values up to `close`; a quoted string may hold anything but a quote.
fn values<'a>(name: &str, text: &'a str, close: char) -> Result<(Vec<String>, &'a str), String> {
    let mut values = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let Some(first) = rest.chars().next() else {
            return Err(format!("{name} is not closed by {close}"));
        };
        if first == close {
            return Ok((values, &rest[1..]));
        }
        if let Some(quoted) = rest.strip_prefix('\'') {
            let (value, after) = quoted.split_once('\'').ok_or_else(|| format!("{name} has a string without end"))?;
            values.push(value.trim().to_owned());
            rest = after;
        } else {
            let end = rest
                .find(|c: char| c.is_whitespace() || c == ',' || c == close || c == '\'')
                .ok_or_else(|| format!("{name} is not closed by {close}"))?;
            values.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
    }
}

fn excerpt(text: &str) -> String {
    text.trim().chars().take(30).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REAL: &str = " nDims = [   2 ];\n dimList = [\n    48,    1,   48,\n    40,    1,   40\n ];\n dataprec = [ 'float32' ];\n \
        nrecords = [          1 ];\n timeStepNumber = [      10368 ];\n timeInterval = [  2.592000000000E+05 ];\n \
        missingValue = [ -9.99000000000000E+02 ];\n nFlds = [    1 ];\n fldList = {\n 'UVEL    '\n };\n";

    #[test]
    fn a_real_file_is_understood() {
        let meta = Meta::parse(REAL).unwrap();
        assert_eq!(meta.dimensions, [48, 40]);
        assert_eq!(meta.ranges, [[1, 48], [1, 40]]);
        assert_eq!(meta.data_precision.as_deref(), Some("float32"));
        assert_eq!((meta.records, meta.iteration), (Some(1), Some(10368)));
        assert_eq!(meta.time_interval, [259_200.0]);
        assert_eq!(meta.fields, ["UVEL"]);
    }

    #[test]
    fn padding_comments_and_missing_entries_do_not_matter() {
        let meta = Meta::parse("/* made by hand */ dimList=[48,1,48,40,1,40,6,1,6];dataprec=['float64'];").unwrap();
        assert_eq!(meta.dimensions, [48, 40, 6]);
        assert_eq!((meta.records, meta.iteration), (None, None));
        let several = Meta::parse("dimList = [ 4 1 4 3 1 3 ]; fldList = { 'A B' 'C;]' };").unwrap();
        assert_eq!(several.fields, ["A B", "C;]"]);
    }

    #[test]
    fn wrong_texts_are_named() {
        for (text, part) in [
            ("", "no dimList"),
            ("dimList = [ 48, 1 ];", "three a dimension"),
            ("dimList = [ 48, 1, 49, 40, 1, 40 ];", "1 to 49 of 48"),
            ("nDims = [ 3 ]; dimList = [ 4,1,4, 3,1,3 ];", "nDims is 3"),
            ("dimList = [ 4,1,4, x,1,3 ];", "`x`"),
            ("dimList = [ 4,1,4, 3,1,3", "not closed"),
            ("hello", "ends within"),
            ("dimList = 4;", "no ["),
            ("dimList = [ 99999999999999999999, 1, 2 ];", "not a whole number"),
            ("dimList = [ 1,1,1, 1,1,1 ]; timeInterval = [ NaN ];", "`NaN`"),
            ("dimList = [ 1,1,1, 1,1,1 ]; timeInterval = [ 5, 4 ];", "goes back"),
            ("dimList = [ 1,1,1, 1,1,1 ]; timeInterval = [ 3, 4, 5 ];", "3 numbers"),
        ] {
            let reason = Meta::parse(text).unwrap_err();
            assert!(reason.contains(part), "{text}: {reason}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Meta::parse(&text);
        }

        #[test]
        fn no_change_of_a_real_text_panics(at in 0..REAL.len(), with in "[\\[\\]{}=;',0-9 a-z]{0,3}") {
            let mut text = REAL.to_owned();
            text.replace_range(at..at + 1, &with);
            let _ = Meta::parse(&text);
        }
    }
}
