//! What a site file says: TOML in, checked settings out.

use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use super::{Scheduler, SubmitError};
use crate::config::{Excerpt, Words, nearest};
use crate::terms::{Bytes, ParseTermError, WallTime};

/// Settings of a site; what is none is left to the command line, the configuration or the machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    /// Used where the command line names none.
    pub scheduler: Option<Scheduler>,
    /// Queue of PBS, partition of Slurm; one word.
    pub queue: Option<String>,
    /// What the hours are charged to; one word.
    pub account: Option<String>,
    /// Cores of a node that a job may use, 1 to 4096.
    pub cores_per_node: Option<usize>,
    /// Memory of a node that a run may use, all its ranks together.
    pub memory: Option<Memory>,
    /// MPI ranks on a node, 1 to 4096.
    pub ranks_per_node: Option<usize>,
    /// Nodes that a job may have, from 1.
    pub max_nodes: Option<usize>,
    /// Wall time where neither the command line nor the configuration has one.
    pub walltime: Option<WallTime>,
    /// Modules to load, each one word.
    pub modules: Vec<String>,
    /// Lines of shell, after the modules.
    pub setup: Vec<String>,
    /// Further lines for the scheduler, as they stand in a script.
    pub directives: Vec<String>,
    /// What else PBS is to know of each chunk, as in `model=bro`; one word.
    pub chunk: Option<String>,
    /// A job script of the site's own, relative to the site file.
    pub template: Option<PathBuf>,
}

/// Memory as the site wrote it, and in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The text, which `[run] memory` takes as well.
    pub text: String,
    /// What it means.
    pub bytes: Bytes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawSite {
    scheduler: Option<Spanned<String>>,
    queue: Option<Spanned<String>>,
    account: Option<Spanned<String>>,
    cores_per_node: Option<Spanned<i64>>,
    memory_per_node: Option<Spanned<String>>,
    ranks_per_node: Option<Spanned<i64>>,
    max_nodes: Option<Spanned<i64>>,
    walltime: Option<Spanned<String>>,
    modules: Vec<Spanned<String>>,
    setup: Vec<String>,
    directives: Vec<String>,
    chunk: Option<Spanned<String>>,
    template: Option<PathBuf>,
}

const KEYS: [&str; 13] = [
    "scheduler",
    "queue",
    "account",
    "cores_per_node",
    "memory_per_node",
    "ranks_per_node",
    "max_nodes",
    "walltime",
    "modules",
    "setup",
    "directives",
    "chunk",
    "template",
];

const CORES_AT_MOST: i64 = 4096;
const NODES_AT_MOST: i64 = 1_000_000;

impl Site {
    /// Checks the text of a site file; `origin` is its name for messages.
    ///
    /// # Errors
    /// [`SubmitError::Site`]: text that is not TOML, unknown keys, wrong types and values, each with its line.
    pub fn parse(text: &str, origin: &str) -> Result<Site, SubmitError> {
        let source = Source { text, origin };
        let of_toml = |error: toml::de::Error| {
            let message = error.message().trim().replace('\n', ", ").replace("i64", "a whole number");
            source.wrong(message, error.span().unwrap_or(0..0))
        };
        let table = DeTable::parse(text).map_err(of_toml)?;
        // In the order of the file.
        let unknown = table.get_ref().keys().filter(|key| !KEYS.contains(&key.get_ref().as_ref()));
        if let Some(key) = unknown.min_by_key(|key| key.span().start) {
            let name: &str = key.get_ref();
            let hint = match nearest(name, &KEYS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", KEYS.join(" ")),
            };
            return Err(
                source.wrong(format!("unknown key `{}` in the site file; {hint}", name.escape_debug()), key.span())
            );
        }
        let raw: RawSite = toml::from_str(text).map_err(of_toml)?;
        let site = Site {
            scheduler: source.term("scheduler", raw.scheduler)?,
            queue: source.word("queue", raw.queue)?,
            account: source.word("account", raw.account)?,
            cores_per_node: source.count("cores_per_node", raw.cores_per_node, CORES_AT_MOST)?,
            memory: source.memory(raw.memory_per_node)?,
            ranks_per_node: source.count("ranks_per_node", raw.ranks_per_node.clone(), CORES_AT_MOST)?,
            max_nodes: source.count("max_nodes", raw.max_nodes, NODES_AT_MOST)?,
            walltime: source.term("walltime", raw.walltime)?,
            modules: raw
                .modules
                .into_iter()
                .filter_map(|name| source.word("modules", Some(name)).transpose())
                .collect::<Result<_, _>>()?,
            setup: raw.setup,
            directives: raw.directives,
            chunk: source.word("chunk", raw.chunk)?,
            template: raw.template,
        };
        if let (Some(cores), Some(ranks), Some(place)) = (site.cores_per_node, site.ranks_per_node, raw.ranks_per_node)
            && ranks > cores
        {
            let message = format!("`ranks_per_node` is {ranks}, more than `cores_per_node` = {cores}");
            return Err(source.wrong(message, place.span()));
        }
        Ok(site)
    }
}

/// The text of the file, in which errors have their place.
struct Source<'a> {
    text: &'a str,
    origin: &'a str,
}

impl Source<'_> {
    fn term<T: FromStr<Err = ParseTermError>>(
        &self,
        key: &str,
        value: Option<Spanned<String>>,
    ) -> Result<Option<T>, SubmitError> {
        let parsed = value.map(|value| {
            value.get_ref().parse().map_err(|error| self.wrong(format!("`{key}`: {error}"), value.span()))
        });
        parsed.transpose()
    }

    fn memory(&self, value: Option<Spanned<String>>) -> Result<Option<Memory>, SubmitError> {
        let key = "memory_per_node";
        let Some(value) = value else { return Ok(None) };
        match self.term(key, Some(value.clone()))? {
            Some(Bytes(0)) => Err(self.wrong(format!("`{key}` is 0 B; it must be above 0"), value.span())),
            bytes => Ok(bytes.map(|bytes| Memory { text: value.into_inner(), bytes })),
        }
    }

    fn word(&self, key: &str, value: Option<Spanned<String>>) -> Result<Option<String>, SubmitError> {
        let Some(value) = value else { return Ok(None) };
        let word = value.get_ref();
        if word.is_empty() || word.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(self.wrong(format!("`{key}` must be one word without blanks"), value.span()));
        }
        Ok(Some(value.into_inner()))
    }

    fn count(&self, key: &str, value: Option<Spanned<i64>>, most: i64) -> Result<Option<usize>, SubmitError> {
        let Some(value) = value else { return Ok(None) };
        let count = *value.get_ref();
        if !(1..=most).contains(&count) {
            return Err(self.wrong(format!("`{key}` is {count}; it must be 1 to {most}"), value.span()));
        }
        Ok(Some(count as usize))
    }

    fn wrong(&self, message: String, span: Range<usize>) -> SubmitError {
        let start = self.text.floor_char_boundary(span.start.min(self.text.len()));
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let end = self.text.floor_char_boundary(span.end.clamp(start, line_end));
        let words = Words {
            line_number: Some(self.text[..line_start].matches('\n').count() + 1),
            line: self.text[line_start..line_end].trim_end_matches('\r').to_owned(),
            column: self.text[line_start..start].chars().count(),
            width: self.text[start..end].chars().count().max(1),
        };
        SubmitError::Site { message, excerpt: Box::new(Excerpt { origin: self.origin.to_owned(), words: Some(words) }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read() {
        let site = Site::parse(
            "scheduler = 'pbs'\nqueue = 'long'\naccount = 'a1'\ncores_per_node = 28\nmemory_per_node = '120 GiB'\n\
             ranks_per_node = 4\nmax_nodes = 12\nwalltime = '11 h 50 min'\nmodules = ['gcc/12', 'openmpi']\n\
             setup = ['ulimit -s unlimited']\ndirectives = ['#PBS -m n']\nchunk = 'model=bro'\ntemplate = 'own.pbs'\n",
            "site.toml",
        )
        .unwrap();
        let texts = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let expected = Site {
            scheduler: Some(Scheduler::Pbs),
            queue: Some("long".to_owned()),
            account: Some("a1".to_owned()),
            cores_per_node: Some(28),
            memory: Some(Memory { text: "120 GiB".to_owned(), bytes: Bytes(120 << 30) }),
            ranks_per_node: Some(4),
            max_nodes: Some(12),
            walltime: WallTime::new(42_600),
            modules: texts(&["gcc/12", "openmpi"]),
            setup: texts(&["ulimit -s unlimited"]),
            directives: texts(&["#PBS -m n"]),
            chunk: Some("model=bro".to_owned()),
            template: Some("own.pbs".into()),
        };
        assert_eq!(site, expected);
        assert_eq!(Site::parse("", "site.toml").unwrap(), Site::default());
    }

    /// The keys that are checked are those that serde reads.
    #[test]
    fn known_keys_are_those_of_the_raw_type() {
        for key in KEYS {
            // No key takes a date.
            let message = Site::parse(&format!("{key} = 2011-09-10"), "site.toml").unwrap_err().to_string();
            assert!(message.contains("invalid type"), "{key}: {message}");
        }
        assert_eq!(format!("{:?}", RawSite::default()).matches(": ").count(), KEYS.len());
    }

    #[test]
    fn what_is_wrong_is_shown_where_it_stands() {
        for (text, part) in [
            (
                "queue = \"a\"\ncore_per_node = 28",
                "unknown key `core_per_node` in the site file; did you mean `cores_per_node`?",
            ),
            ("nonesuch = 1", "known: scheduler queue"),
            ("[site]\nqueue = 'a'", "unknown key `site`"),
            ("queue = a", "site.toml:1:9"),
            ("queue = 'a'\nqueue = 'b'", "site.toml:2:1"),
            ("queue = 'two words'", "`queue` must be one word"),
            ("modules = ['a', 'b;\\n c']", "`modules` must be one word"),
            ("account = ''", "`account` must be one word"),
            ("cores_per_node = 0", "`cores_per_node` is 0; it must be 1 to 4096"),
            ("cores_per_node = 28.0", "expected a whole number"),
            ("max_nodes = -1", "`max_nodes` is -1"),
            ("cores_per_node = 4\nranks_per_node = 8", "more than `cores_per_node` = 4"),
            ("memory_per_node = '120'", "`memory_per_node`: `120`: has no unit"),
            ("memory_per_node = '0 GiB'", "above 0"),
            ("walltime = '11:50'", "means 11 minutes 50 seconds to PBS and to Slurm"),
            ("walltime = 11:50:00", "invalid type"),
            ("scheduler = 'lsf'", "known: pbs slurm torque"),
            ("setup = 'one'", "invalid type"),
        ] {
            let message = Site::parse(text, "site.toml").unwrap_err().to_string();
            assert!(message.contains(part) && message.contains(" --> site.toml:"), "{text}: {message}");
        }
    }
}
