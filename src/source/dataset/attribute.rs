//! Attributes of arrays and of files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// Several texts.
    Texts(Vec<String>),
    /// Numbers of any type; a single number is a list of one. Whole numbers beyond 2^53 are rounded.
    Numbers(Vec<f64>),
}

/// Attributes by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attributes(pub BTreeMap<String, Attribute>);

impl Attributes {
    /// A text, without blanks around it.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Attribute::Text(text) => Some(text.trim_matches(|c: char| c.is_whitespace() || c == '\0')),
            Attribute::Texts(texts) => texts.first().map(|text| text.trim()),
            Attribute::Numbers(_) => None,
        }
    }

    /// Numbers; none of a text.
    pub fn numbers(&self, name: &str) -> Option<&[f64]> {
        match self.0.get(name)? {
            Attribute::Numbers(numbers) => Some(numbers),
            _ => None,
        }
    }

    /// The first of some numbers.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.numbers(name)?.first().copied()
    }
}
