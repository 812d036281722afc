//! What can be wrong with a configuration, and the lines of text that show where.

use std::fmt;
use std::path::PathBuf;

/// Why a configuration is refused; the text of each is ready for the user.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The path of the configuration names no file.
    #[error("{} is not a file; CONFIG is the run's TOML file", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// The file is too long for a configuration.
    #[error("{} has {bytes} bytes, a configuration at most {most}; CONFIG is the run's TOML file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// The length that is still read.
        most: u64,
    },
    /// The file is no UTF-8 text.
    #[error(
        "{}: line {line} holds the byte 0x{byte:02x}, which is not UTF-8; CONFIG is the run's TOML file, a text in UTF-8",
        path.display()
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line of the first wrong byte, from 1.
        line: usize,
        /// The byte.
        byte: u8,
    },
    /// The current folder, on which a relative path depends, is not known.
    #[error("`{key}` is the relative path {}, and the current folder cannot be found: {source}", path.display())]
    CurrentFolder {
        /// The key.
        key: String,
        /// The path as written.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What another process handed over is no configuration.
    #[error("what came in place of the configuration cannot be read: {source}")]
    Handed {
        /// Why.
        source: serde_json::Error,
    },
    /// The text is not TOML.
    #[error("not valid TOML: {message}\n{excerpt}")]
    Syntax {
        /// What the parser found and expected.
        message: String,
        /// Where.
        excerpt: Box<Excerpt>,
    },
    /// A `--set` is not of the form KEY.PATH=VALUE.
    #[error("--set {message}\n{excerpt}")]
    Set {
        /// What is wrong and what would be right.
        message: String,
        /// The text as given.
        excerpt: Box<Excerpt>,
    },
    /// A key that does not exist.
    #[error("unknown key `{key}` in {table}; {hint}\n{excerpt}")]
    UnknownKey {
        /// The key as written.
        key: String,
        /// The table it stands in, as it is written: `[spectrum]`.
        table: String,
        /// The nearest known key, or all known keys of the table.
        hint: String,
        /// Where.
        excerpt: Box<Excerpt>,
    },
    /// A key whose value has the wrong type, unit or size.
    #[error("`{key}`: {message}\n{excerpt}")]
    Value {
        /// The key with its table, `spectrum.overlap`.
        key: String,
        /// What is wrong and what would be right.
        message: String,
        /// Where.
        excerpt: Box<Excerpt>,
    },
    /// A key that this command needs is not given.
    #[error("`{key}` is not given: {message}\n{excerpt}")]
    Missing {
        /// The key with its table, `input.timestep`.
        key: String,
        /// What it is for, and an example.
        message: String,
        /// The file.
        excerpt: Box<Excerpt>,
    },
}

impl ConfigError {
    /// The place in the file or in a `--set` that the error is about.
    pub fn excerpt(&self) -> Option<&Excerpt> {
        match self {
            ConfigError::Read { .. }
            | ConfigError::NotAFile { .. }
            | ConfigError::TooLong { .. }
            | ConfigError::NotUtf8 { .. }
            | ConfigError::CurrentFolder { .. }
            | ConfigError::Handed { .. } => None,
            ConfigError::Syntax { excerpt, .. }
            | ConfigError::Set { excerpt, .. }
            | ConfigError::UnknownKey { excerpt, .. }
            | ConfigError::Value { excerpt, .. }
            | ConfigError::Missing { excerpt, .. } => Some(excerpt),
        }
    }
}

/// A place in the configuration, shown as compilers do: file, line, and a caret under the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// The file as the user named it, or `--set`, or what stands for a file that is not there.
    pub origin: String,
    /// The words within it; none where the key is not given.
    pub words: Option<Words>,
}

/// Words in a line of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// 1-based number of the line; none in a `--set`.
    pub line_number: Option<usize>,
    /// The line.
    pub line: String,
    /// 0-based column of the first character, in characters.
    pub column: usize,
    /// Count of characters, at least 1.
    pub width: usize,
}

/// Characters of a line that are shown.
const WIDEST: usize = 120;

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(Words { line_number, line, column, width }) = &self.words else {
            return write!(f, " --> {}", self.origin);
        };
        // Of a very long line, the part around the words.
        let skipped = if line.chars().count() > WIDEST { column.saturating_sub(WIDEST / 2) } else { 0 };
        // A tab or another control character would move the caret away from its word.
        let clean = |c: char| if c.is_control() { ' ' } else { c };
        let line: String = line.chars().skip(skipped).take(WIDEST).map(clean).collect();
        let indent = column - skipped;
        let carets = "^".repeat((*width).min(WIDEST.saturating_sub(indent)).max(1));
        match line_number {
            Some(number) => {
                writeln!(f, " --> {}:{number}:{}", self.origin, column + 1)?;
                let gutter = number.to_string().len();
                writeln!(f, " {number} | {line}")?;
                write!(f, " {:gutter$} | {:indent$}{carets}", "", "")
            }
            None => {
                writeln!(f, " --> {}", self.origin)?;
                writeln!(f, "   | {line}")?;
                write!(f, "   | {:indent$}{carets}", "")
            }
        }
    }
}
