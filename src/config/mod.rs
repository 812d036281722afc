//! TOML in, a checked [`Config`] out: a configuration that is here cannot be wrong in itself; what
//! only the data can tell is left to the rooms that read them.
//!
//! Every key and its meaning stands in the types [`Input`], [`Prepare`], [`Select`], [`Spectrum`],
//! [`Band`], [`Zonal`], [`Region`], [`LatLonBins`], [`Spectrogram`], [`Components`], [`Output`] and [`Run`]; names are those of the TOML. Messages show the line of the file,
//! or the `--set`, with a caret; [`Config::explain`] does the same for what is found later.
//!
//! Two steps: `raw` is the TOML as typed, the section files turn it into types that hold. Any room
//! may import this one; it imports `terms` only.

mod band_preset;
mod bands;
mod check;
mod date;
mod document;
mod error;
mod format_keys;
mod geojson;
mod gridded;
mod handed;
mod input;
mod keys;
mod lat_lon_bins;
mod output;
mod overlay;
mod pattern;
mod prepare;
mod products;
mod raw;
mod read;
mod regions;
mod run;
mod select;
mod spectrogram;
mod spectrum;
#[cfg(test)]
mod tests;
mod zonal;

use std::path::{Path, PathBuf};

use jiff::civil::DateTime;

use crate::terms::{Band, Region, Seconds};
use document::Document;
use geojson::Files;

pub use error::{ConfigError, Excerpt, Words};
pub use gridded::{Dimensions, GridNames, MissingChunks, UFace, VFace};
pub use input::{Dtype, Endian, Format, Input, Layout, Periodic, Record, ShrunkMask, Variables, Velocity};
pub use keys::nearest;
pub use lat_lon_bins::LatLonBins;
pub use output::{Codec, Output};
pub use pattern::{FileName, Pattern, TileNumber, with_tile, without_tile};
pub use prepare::{Missing, Prepare};
pub use run::{Run, WallLimit};
pub use select::Select;
pub use spectrogram::{Components, Spectrogram, SpectrogramKind};
pub use spectrum::{Method, Segment, Spectrum};
pub use zonal::{RatioAxis, Zonal};

/// A checked configuration; equal if all values are, wherever they were written.
#[derive(Clone, Debug)]
pub struct Config {
    /// What is read.
    pub input: Input,
    /// What is done to a snapshot before the exchange.
    pub prepare: Prepare,
    /// The part of the input that is analysed.
    pub select: Select,
    /// How spectra are estimated.
    pub spectrum: Spectrum,
    /// Frequency bands whose kinetic energy, or variance, is kept.
    pub bands: Vec<Band>,
    /// Means over bins of latitude, if they are asked for.
    pub zonal: Option<Zonal>,
    /// Parts of the sea over which means are taken.
    pub regions: Vec<Region>,
    /// Means of bands over longitude-latitude bins, if they are asked for.
    pub bins: Option<LatLonBins>,
    /// Spectra through time, if they are asked for.
    pub spectrogram: Option<Spectrogram>,
    /// Spectra of the velocity's components, if they are asked for.
    pub components: Option<Components>,
    /// Where the result goes and what is kept.
    pub output: Output,
    /// What the machine may be asked for.
    pub run: Run,
    /// By band, the key that its limits come from.
    band_keys: Vec<String>,
    /// What `regions` comes from.
    region_entries: regions::Entries,
    /// Texts of the files that the regions come from.
    files: Files,
    document: Document,
}

impl PartialEq for Config {
    fn eq(&self, other: &Config) -> bool {
        self.input == other.input
            && self.prepare == other.prepare
            && self.select == other.select
            && self.spectrum == other.spectrum
            && self.bands == other.bands
            && self.zonal == other.zonal
            && self.regions == other.regions
            && self.region_entries == other.region_entries
            && self.bins == other.bins
            && self.spectrogram == other.spectrogram
            && self.components == other.components
            && self.output == other.output
            && self.run == other.run
    }
}

impl Config {
    /// Reads the file at `path`; `sets` are `key.path=VALUE`, laid over it in order.
    ///
    /// # Errors
    /// The file cannot be read, or as [`Config::parse`].
    pub fn load(path: &Path, sets: &[String]) -> Result<Config, ConfigError> {
        Config::parse(&read::text(path)?, path, sets)
    }

    /// Checks the TOML `text` of the file `origin`; `sets` are `key.path=VALUE`, laid over it in order.
    ///
    /// Relative paths in the text are relative to the folder of `origin`, those of `sets` to the current
    /// folder. A VALUE is TOML, or, where it is not, a bare string.
    ///
    /// # Errors
    /// Text that is not TOML, unknown keys, wrong types, values that cannot hold: the first one found.
    pub fn parse(text: &str, origin: &Path, sets: &[String]) -> Result<Config, ConfigError> {
        Config::read(Some(origin), text, sets, Files::default())
    }

    /// All defaults but for `sets`, without a file.
    ///
    /// # Errors
    /// As [`Config::parse`].
    pub fn assumed(sets: &[String]) -> Result<Config, ConfigError> {
        Config::read(None, "", sets, Files::default())
    }

    fn read(origin: Option<&Path>, text: &str, sets: &[String], mut files: Files) -> Result<Config, ConfigError> {
        let (document, raw) = Document::read(origin, text, sets)?;
        let input = Input::check(raw.input, &document)?;
        let (bands, band_keys) = bands::check(raw.bands, &document)?;
        let (regions, region_entries) = regions::check(raw.regions, &document, &mut files)?;
        let config = Config {
            prepare: Prepare::check(raw.prepare, &input.variables, &document)?,
            select: Select::check(raw.select, &document)?,
            spectrum: Spectrum::check(raw.spectrum, &document)?,
            bands,
            band_keys,
            zonal: raw.zonal.map(|raw| Zonal::check(raw, &document)).transpose()?,
            regions,
            region_entries,
            files,
            bins: raw.bins.map(|raw| LatLonBins::check(raw, &document)).transpose()?,
            spectrogram: raw.spectrogram.map(|raw| Spectrogram::check(raw, &document)).transpose()?,
            components: raw.components.map(|raw| Components::check(raw, &document)).transpose()?,
            output: Output::check(raw.output, &document)?,
            run: Run::check(raw.run, &document)?,
            input,
            document,
        };
        products::check(&config)?;
        Ok(config)
    }

    /// The files, absolute, that it was read from beside [`file`](Self::file), each once: those of regions. What they hold
    /// belongs to the configuration as its own text does.
    pub fn paths_read(&self) -> Vec<&Path> {
        self.region_entries.files()
    }

    /// The file that it was read from; none if all is default.
    pub fn file(&self) -> Option<&Path> {
        self.document.origin()
    }

    /// The effective configuration as TOML: all defaults filled in, all paths absolute.
    ///
    /// [`Config::parse`] of it gives an equal configuration, whatever the `origin`.
    pub fn to_toml(&self) -> String {
        let raw = raw::RawConfig {
            input: self.input.raw(),
            prepare: self.prepare.raw(),
            select: self.select.raw(),
            spectrum: self.spectrum.raw(),
            bands: bands::raw(&self.bands),
            zonal: self.zonal.as_ref().map(Zonal::raw),
            regions: self.region_entries.raw(),
            bins: self.bins.as_ref().map(LatLonBins::raw),
            spectrogram: self.spectrogram.as_ref().map(Spectrogram::raw),
            components: self.components.as_ref().map(Components::raw),
            output: self.output.raw(),
            run: self.run.raw(),
        };
        // Only keys that are not strings and numbers above 2^63 fail, and the raw types have neither.
        toml::to_string(&raw).unwrap_or_else(|error| format!("# not writable as TOML: {error}\n"))
    }

    /// `message` about `key` (`spectrum.segment`, `bands[0].limits`), with the line where the key stands and
    /// carets under it: for what is found wrong against the data.
    pub fn explain(&self, key: &str, message: &str) -> String {
        format!("`{key}`: {message}\n{}", self.document.excerpt_of(key))
    }

    /// Whether `key` is given, and not by a file whose format a `--set` changes.
    pub fn is_meant(&self, key: &str) -> bool {
        self.document.gives(key) && !format_keys::is_overlaid(&self.document, key)
    }

    /// The key that the limits of band number `at` come from, for [`explain`](Self::explain): `bands[0].limits`, or
    /// `bands[0].preset`.
    pub fn band_key(&self, at: usize) -> &str {
        self.band_keys.get(at).map_or("bands", String::as_str)
    }

    /// `input.path`: where the snapshots are.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if it is not given.
    pub fn input_path(&self) -> Result<&Path, ConfigError> {
        Ok(&self.input_paths()?[0])
    }

    /// `input.path`: files, folders, stores, or patterns of them; one at least.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if it is not given.
    pub fn input_paths(&self) -> Result<&[PathBuf], ConfigError> {
        match self.input.paths.as_slice() {
            [] => Err(self.document.missing("input.path", "the run needs the folder of the snapshots")),
            paths => Ok(paths),
        }
    }

    /// `input.grid`: where the grid files are; by default with the snapshots.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if neither it nor `input.path` is given.
    pub fn grid_path(&self) -> Result<&Path, ConfigError> {
        self.input.grid.as_deref().map_or_else(|| self.input_path(), Ok)
    }

    /// `input.timestep`: length of one iteration.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if it is not given.
    pub fn timestep(&self) -> Result<Seconds, ConfigError> {
        let timestep = self.input.timestep;
        let what = "the run needs the length of one iteration of MDS files; where these are netCDF or Zarr, [input] format \
                    says so, and it is not needed";
        timestep.ok_or_else(|| self.document.missing("input.timestep", what))
    }

    /// `input.epoch`: the time of iteration 0, UTC.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] if it is not given.
    pub fn epoch(&self) -> Result<DateTime, ConfigError> {
        let epoch = self.input.epoch;
        epoch.ok_or_else(|| self.document.missing("input.epoch", "the run needs the time of iteration 0 of MDS files; netCDF and Zarr ([input] format) tell dates themselves"))
    }
}
