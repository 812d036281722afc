//! A configuration as one process hands it to others, which then read no file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Config;
use super::error::ConfigError;
use super::geojson::Files;

/// The effective text, and those of the files that it names.
#[derive(Serialize, Deserialize)]
struct Handed {
    toml: String,
    files: BTreeMap<PathBuf, String>,
}

impl Config {
    /// All that another process needs for the same configuration, without the files that this one was read from.
    pub fn hand_over(&self) -> Vec<u8> {
        let handed = Handed { toml: self.to_toml(), files: self.files.texts() };
        // Only keys that are no text fail, and paths here are UTF-8; what is empty is refused by `received`.
        serde_json::to_vec(&handed).unwrap_or_default()
    }

    /// The configuration that another process handed over; `origin` is the file that it was read from there.
    ///
    /// # Errors
    /// [`ConfigError::Handed`] for other bytes; else as [`Config::parse`].
    pub fn received(bytes: &[u8], origin: &Path) -> Result<Config, ConfigError> {
        let handed: Handed = serde_json::from_slice(bytes).map_err(|source| ConfigError::Handed { source })?;
        let config = Config::read(Some(origin), &handed.toml, &[], Files::given(handed.files))?;
        Ok(Config { files: Files::default(), ..config })
    }
}
