//! `--set KEY.PATH=VALUE` laid over the file's tables.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::Document;
use super::error::ConfigError;

/// Parts in the path of the deepest key.
const DEEPEST: usize = 3;

/// Lays the `--set` that stands at `range` of the document over `root`; tables on the way are made.
///
/// The value is TOML, or, where it is not TOML, a bare string: `output.path=out.zarr`. What starts
/// like an array, a table or a quoted string must be TOML.
///
/// # Errors
/// [`ConfigError::Set`] for a text without `=` or a path that cannot be followed, [`ConfigError::Syntax`] for
/// a broken array, table or quoted string.
pub(super) fn lay<'d>(root: &mut DeTable<'d>, document: &'d Document, range: Range<usize>) -> Result<(), ConfigError> {
    let text = document.slice(range.clone());
    let wrong = |message: &str, at: Range<usize>| ConfigError::Set {
        message: message.to_owned(),
        excerpt: document.excerpt(range.start + at.start..range.start + at.end),
    };
    let Some(equals) = text.find('=') else {
        return Err(wrong("needs KEY.PATH=VALUE, for example spectrum.overlap=0.5", 0..text.len()));
    };
    let mut keys = Vec::new();
    let mut start = 0;
    for part in text[..equals].split('.') {
        let name = part.trim();
        let at = start + part.len() - part.trim_start().len();
        if name.is_empty() {
            return Err(wrong("has an empty key; it needs KEY.PATH=VALUE", 0..equals));
        }
        keys.push(Spanned::new(range.start + at..range.start + at + name.len(), Cow::Borrowed(name)));
        start += part.len() + 1;
    }
    if keys.len() > DEEPEST {
        let message = format!(
            "has a key path of {} parts; the deepest key, prepare.missing.interpolate, has {DEEPEST}",
            keys.len()
        );
        return Err(wrong(&message, 0..equals));
    }
    let value = value(document, range.start + equals + 1..range.end)?;
    let Some(last) = keys.pop() else { return Ok(()) };
    let mut table = root;
    for key in keys {
        let span = key.span();
        let entry = table.entry(key).or_insert_with(|| Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
        if let DeValue::Array(_) = entry.get_ref() {
            let message = "cannot reach into an array; set it whole, as in bands=[{ name = \"a\", limits = [1, 2] }]";
            return Err(wrong(message, span.start - range.start..span.end - range.start));
        }
        if !entry.get_ref().is_table() {
            *entry = Spanned::new(span.clone(), DeValue::Table(DeTable::new()));
        }
        let DeValue::Table(inner) = entry.get_mut() else { return Ok(()) };
        table = inner;
    }
    // Inserting over a key would keep the place of the old one.
    table.remove(last.get_ref().as_ref());
    table.insert(last, value);
    Ok(())
}

/// The value that stands at `range` of the document.
fn value(document: &Document, range: Range<usize>) -> Result<Spanned<DeValue<'_>>, ConfigError> {
    let text = document.slice(range.clone());
    let trimmed = text.trim();
    let start = range.start + text.len() - text.trim_start().len();
    match DeValue::parse(trimmed) {
        Ok(value) => Ok(shifted(value, start)),
        Err(error) if trimmed.starts_with(['[', '{', '"', '\'']) => {
            Err(document.syntax(&error, start, start + trimmed.len()))
        }
        Err(_) => Ok(Spanned::new(start..start + trimmed.len(), DeValue::String(Cow::Borrowed(trimmed)))),
    }
}

/// The value with its places counted from the start of the document.
fn shifted<'d>(value: Spanned<DeValue<'d>>, by: usize) -> Spanned<DeValue<'d>> {
    let span = |span: Range<usize>| span.start + by..span.end + by;
    let place = span(value.span());
    let moved = match value.into_inner() {
        DeValue::Array(items) => DeValue::Array(items.into_iter().map(|item| shifted(item, by)).collect()),
        DeValue::Table(table) => DeValue::Table(
            table
                .into_iter()
                .map(|(key, value)| (Spanned::new(span(key.span()), key.into_inner()), shifted(value, by)))
                .collect(),
        ),
        single => single,
    };
    Spanned::new(place, moved)
}
