//! The text of a configuration, and where each key stands in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Excerpt, Words};
use super::keys;
use super::overlay;
use super::raw::RawConfig;

/// The file's text followed by the text of every `--set`, so that one byte range tells any place.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// The file; none if all is default.
    origin: Option<PathBuf>,
    /// The file's text, then each `--set`, with a newline after each.
    text: String,
    /// Length of the file's text in bytes.
    file_len: usize,
    /// Where each `--set` stands in `text`.
    sets: Vec<Range<usize>>,
    /// By the path of a key: `spectrum.segment`, `bands[0].limits[1]`.
    places: BTreeMap<String, Place>,
}

/// The text with a sign for each character that would move a terminal's cursor: values of the file stand in messages.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

#[derive(Clone, Debug)]
struct Place {
    key: Range<usize>,
    value: Range<usize>,
}

impl Document {
    /// Reads the file's text, lays each `--set` over it, and checks the names and types of all keys.
    ///
    /// # Errors
    /// `Syntax`, `Set`, `UnknownKey`, and `Value` for a wrong type.
    pub(super) fn read(
        origin: Option<&Path>,
        file_text: &str,
        sets: &[String],
    ) -> Result<(Document, RawConfig), ConfigError> {
        let file_text = file_text.strip_prefix('\u{feff}').unwrap_or(file_text);
        let mut text = format!("{file_text}\n");
        let mut ranges = Vec::new();
        for set in sets {
            ranges.push(text.len()..text.len() + set.len());
            text.push_str(set);
            text.push('\n');
        }
        let mut document = Document {
            origin: origin.map(Path::to_owned),
            text,
            file_len: file_text.len(),
            sets: ranges,
            places: BTreeMap::new(),
        };
        let merged = document.merged()?;
        keys::check_names(merged.get_ref(), &document)?;
        let mut places = BTreeMap::new();
        for (key, value) in merged.get_ref() {
            record_places(key.get_ref(), &key.span(), value, &mut places);
        }
        let raw = RawConfig::deserialize(toml::de::Deserializer::from(merged.clone()));
        drop(merged);
        document.places = places;
        let raw = raw.map_err(|error| document.wrong_type(&error))?;
        Ok((document, raw))
    }

    /// The file's tables with every `--set` laid over them, in order; spans are those of `self.text`.
    fn merged(&self) -> Result<Spanned<DeTable<'_>>, ConfigError> {
        let mut root =
            DeTable::parse(&self.text[..self.file_len]).map_err(|error| self.syntax(&error, 0, self.file_len))?;
        for range in &self.sets {
            overlay::lay(root.get_mut(), self, range.clone())?;
        }
        Ok(root)
    }

    /// The text that a byte range stands for.
    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        &self.text[range]
    }

    /// A syntax error of the part of the text from byte `start` to `end`, which was parsed on its own.
    pub(super) fn syntax(&self, error: &toml::de::Error, start: usize, end: usize) -> ConfigError {
        let excerpt = match error.span() {
            Some(span) => self.excerpt((start + span.start).min(end)..(start + span.end).min(end)),
            None => self.excerpt(end..end),
        };
        ConfigError::Syntax { message: error.message().trim().replace('\n', ", "), excerpt }
    }

    fn wrong_type(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span().unwrap_or(0..0);
        let innermost = self
            .places
            .iter()
            .filter(|(_, place)| {
                let whole = place.key.start.min(place.value.start)..=place.value.end;
                whole.contains(&span.start) && whole.contains(&span.end)
            })
            .min_by_key(|(_, place)| place.value.len());
        let key = innermost.map_or("", |(key, _)| key.as_str());
        // serde speaks of Rust's types; a user of TOML's.
        let mut message = error
            .message()
            .replace("expected i64", "expected a whole number")
            .replace("expected f64", "expected a number")
            .replace("expected a sequence", "expected an array")
            .replace("invalid type: sequence", "invalid type: array")
            .replace("invalid type: map", "invalid type: table");
        if let Some(example) = keys::example(key) {
            message = format!("{message}; for example {example}");
        }
        ConfigError::Value { key: visible(key), message: visible(&message), excerpt: self.excerpt(span) }
    }

    /// The value of `key` is wrong.
    pub(super) fn wrong(&self, key: &str, message: impl Into<String>) -> ConfigError {
        let excerpt = match self.places.get(key) {
            Some(place) => self.excerpt(place.value.clone()),
            None => self.excerpt_of(key),
        };
        ConfigError::Value { key: visible(key), message: visible(&message.into()), excerpt }
    }

    /// `key`, which stays open in the configuration, is needed now.
    pub(super) fn missing(&self, key: &str, what_for: &str) -> ConfigError {
        let example = keys::example(key).unwrap_or_default();
        let table = key.rsplit_once('.').map_or("", |(table, _)| table);
        let message = format!("{what_for}; for example {example} in [{table}]");
        ConfigError::Missing {
            key: key.to_owned(),
            message,
            excerpt: Box::new(Excerpt { origin: self.name(), words: None }),
        }
    }

    /// Whether the value of `key` comes from a `--set`.
    pub(super) fn is_set(&self, key: &str) -> bool {
        self.places.get(key).is_some_and(|place| place.value.start > self.file_len)
    }

    /// Whether `key` is given.
    pub(super) fn gives(&self, key: &str) -> bool {
        self.places.contains_key(key)
    }

    /// The file, as given.
    pub(super) fn origin(&self) -> Option<&Path> {
        self.origin.as_deref()
    }

    /// The line where `key` and its value stand; for a key that is not given, the table or list it would stand in.
    pub(super) fn excerpt_of(&self, key: &str) -> Box<Excerpt> {
        if let Some(place) = self.places.get(key) {
            // A key and the end of its value may come from different texts if a --set added to a table.
            let whole = place.key.start..place.value.end;
            return self.excerpt(if place.key.start <= place.value.start { whole } else { place.key.clone() });
        }
        match key.rfind(['.', '[']) {
            Some(at) if key[..at].ends_with(']') => self.excerpt_of(&key[..at]),
            _ => {
                let origin = format!("{} (`{key}` is not given there: its default)", self.name());
                Box::new(Excerpt { origin, words: None })
            }
        }
    }

    /// The line around a byte range, with its words marked; the first line, if there are several.
    pub(super) fn excerpt(&self, range: Range<usize>) -> Box<Excerpt> {
        let start = self.text.floor_char_boundary(range.start.min(self.text.len()));
        let set = self.sets.iter().find(|set| set.start <= start && start <= set.end);
        let part = set.cloned().unwrap_or(0..self.file_len);
        let start = start.min(part.end);
        let line_start = self.text[part.start..start].rfind('\n').map_or(part.start, |at| part.start + at + 1);
        let line_end = self.text[start..part.end].find('\n').map_or(part.end, |at| start + at);
        let end = self.text.floor_char_boundary(range.end.clamp(start, line_end));
        let line = self.text[line_start..line_end].trim_end_matches('\r');
        Box::new(Excerpt {
            origin: if set.is_some() { "--set".to_owned() } else { self.name() },
            words: Some(Words {
                line_number: match set {
                    Some(_) => None,
                    None => Some(self.text[..line_start].matches('\n').count() + 1),
                },
                line: line.to_owned(),
                column: self.text[line_start..start].chars().count(),
                width: self.text[start..end].trim_end().chars().count().max(1),
            }),
        })
    }

    fn name(&self) -> String {
        self.origin.as_ref().map_or("no configuration file".to_owned(), |path| path.display().to_string())
    }
}

fn record_places(path: &str, key: &Range<usize>, value: &Spanned<DeValue<'_>>, places: &mut BTreeMap<String, Place>) {
    places.insert(path.to_owned(), Place { key: key.clone(), value: value.span() });
    match value.get_ref() {
        DeValue::Table(table) => {
            for (key, value) in table {
                record_places(&format!("{path}.{}", key.get_ref()), &key.span(), value, places);
            }
        }
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                record_places(&format!("{path}[{index}]"), &item.span(), item, places);
            }
        }
        _ => {}
    }
}
