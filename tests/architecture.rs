//! The rules of the house that a compiler does not know: which room may import which, and where each library is used.
//!
//! Rooms are the folders of src/. Paths of comments and texts do not count; tests inside the rooms do.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms, and what each must never import. `terms` is everybody's and imports nobody; `pipeline` alone wires rooms
/// together, so that only the command line, and the sum of all errors, may import it.
const ROOMS: [(&str, Never); 21] = [
    // Both by `store` alone.
    ("align", Never::These(&OTHERS_THAN_STORE)),
    ("compare", Never::These(&OTHERS_THAN_STORE)),
    ("cli", Never::These(&["spectrum", "prepare", "store", "source", "grid", "product"])),
    ("config", Never::Any),
    ("exchange", Never::These(&["source", "spectrum", "store"])),
    ("fault", Never::These(&["pipeline", "cli", "exchange"])),
    ("grid", Never::These(&["source", "plan", "exchange"])),
    ("inspect", Never::These(&["plan", "exchange", "spectrum", "prepare", "product", "store"])),
    ("pipeline", Never::These(&["cli"])),
    ("plan", Never::These(&["source", "store", "exchange"])),
    ("prepare", Never::These(&["exchange", "spectrum"])),
    ("product", Never::These(&["source", "exchange"])),
    ("report", Never::These(&["source", "exchange"])),
    ("source", Never::These(&["plan", "exchange"])),
    ("spectrum", Never::Any),
    ("store", Never::These(&["source", "exchange"])),
    (
        "submit",
        Never::These(&["exchange", "grid", "plan", "prepare", "product", "report", "source", "spectrum", "store"]),
    ),
    ("synth", Never::Any),
    ("terms", Never::Any),
    ("validate", Never::These(&["source", "exchange", "plan", "spectrum", "prepare", "grid"])),
    // src/error.rs, src/lib.rs, src/main.rs.
    ("", Never::These(&[])),
];

/// All that a comparison of stored groups has no need of.
const OTHERS_THAN_STORE: [&str; 13] = [
    "config", "exchange", "grid", "inspect", "plan", "prepare", "product", "report", "source", "spectrum", "submit",
    "synth", "validate",
];

/// Libraries that belong to one room, or to a few.
const LIBRARIES: [(&str, &[&str]); 11] = [
    ("mpi", &["exchange"]),
    ("zarrs", &["store", "source"]),
    ("zarrs_storage", &["store", "source"]),
    ("netcdf", &["source"]),
    ("hdf5", &["source"]),
    ("libdeflater", &["source"]),
    ("lz4_flex", &["source"]),
    ("zstd", &["source"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("tracing_subscriber", &["cli"]),
];

/// Longest file, without its tests.
const MOST_LINES: usize = 500;

enum Never {
    /// No room but `terms`.
    Any,
    These(&'static [&'static str]),
}

impl Never {
    fn forbids(&self, room: &str, target: &str) -> bool {
        if target == room || target == "terms" {
            return false;
        }
        // `fault` makes errors of any room on demand.
        let wires = ["cli", "pipeline", "fault", ""].contains(&room);
        match self {
            Never::Any => true,
            Never::These(_) if matches!(target, "cli" | "pipeline" | "Error") && !wires => true,
            Never::These(these) => these.contains(&target),
        }
    }
}

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Rust files below a folder of the repository, by their paths from its top.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut waiting = vec![top().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push((path.strip_prefix(top()).unwrap().to_owned(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The room of a file of src/; empty for those beside the rooms.
fn room(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_str().unwrap()).collect();
    if parts.len() > 2 { parts[1].to_owned() } else { String::new() }
}

/// The text with comments and the insides of texts and of single characters made blank; lines stay.
fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let blank = |code: &mut String, part: &str| code.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
    while let Some(first) = rest.chars().next() {
        let before = code.chars().next_back();
        let word_before = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_text(rest).filter(|_| !word_before) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
        } else if first == '"' {
            quoted(rest, '"')
        } else if first == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        blank(&mut code, &rest[..length]);
        rest = &rest[length..];
    }
    code
}

/// Number of `#` where a raw text begins.
fn raw_text(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let hashes = after.bytes().take_while(|byte| *byte == b'#').count();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Whether a quote begins a character, not a lifetime.
fn is_character(text: &str) -> bool {
    let mut characters = text.chars().skip(1);
    match characters.next() {
        Some('\\') => true,
        Some(_) => characters.next() == Some('\''),
        None => false,
    }
}

/// Bytes up to and with the closing quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// The first names after a path's beginning at `rest`: one, or those of a `{...}`.
fn first_names(rest: &str) -> Vec<String> {
    let name =
        |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(list) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 0 => {
                names.push(name(&list[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// Whether what stands at `at` begins a word.
fn begins_word(text: &str, at: usize) -> bool {
    !text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
}

/// Names of the crate's root that a file uses, by `crate::` or by going up with `super::`, with line numbers.
fn roots_used(path: &Path, code: &str) -> Vec<(usize, String)> {
    let line = |at: usize| code[..at].matches('\n').count() + 1;
    let mut found = Vec::new();
    for (at, start) in code.match_indices("crate::").filter(|(at, _)| begins_word(code, *at)) {
        found.extend(first_names(&code[at + start.len()..]).into_iter().map(|name| (line(at), name)));
    }
    // src/room/mod.rs is one module deep, src/room/file.rs two; blocks of tests are one more.
    let parts = path.iter().count() - 1;
    let file = path.file_name().unwrap().to_str().unwrap();
    let depth = if file == "mod.rs" { parts - 1 } else { parts };
    for (at, _) in code.match_indices("super::").filter(|(at, _)| begins_word(code, *at)) {
        let mut rest = &code[at..];
        let mut up = 0;
        while let Some(after) = rest.strip_prefix("super::") {
            rest = after;
            up += 1;
        }
        let opens_module =
            |text: &str| !text.starts_with(' ') && text.ends_with('{') && text.split(' ').any(|word| word == "mod");
        let inside_block = code[..at].lines().any(opens_module);
        if up >= depth + usize::from(inside_block) {
            found.extend(first_names(rest).into_iter().map(|name| (line(at), name)));
        }
    }
    found
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut seen: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut forbidden = Vec::new();
    for (path, text) in sources("src") {
        let room = room(&path);
        let Some((_, never)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            panic!("{} is in a room that the table here does not know", path.display());
        };
        for (line, target) in roots_used(&path, &code_only(&text)) {
            if never.forbids(&room, &target) {
                forbidden.push(format!("{}:{line}: {room} imports {target}", path.display()));
            }
            seen.entry(room.clone()).or_default().insert(target);
        }
    }
    assert!(forbidden.is_empty(), "{}", forbidden.join("\n"));
    // That arrows are seen at all.
    for (from, to) in [("pipeline", "exchange"), ("cli", "pipeline"), ("exchange", "plan"), ("spectrum", "terms")] {
        assert!(seen[from].contains(to), "{from} to {to} was not seen: {seen:?}");
    }
    for (name, _) in ROOMS.iter().filter(|(name, _)| !name.is_empty()) {
        assert!(top().join("src").join(name).is_dir(), "there is no room {name}");
    }
}

#[test]
fn libraries_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for (path, text) in sources("src") {
        let (room, code) = (room(&path), code_only(&text));
        for (library, homes) in LIBRARIES {
            let with_path = format!("{library}::");
            let uses = code.match_indices(&with_path).any(|(at, _)| begins_word(&code, at));
            if uses && homes.contains(&room.as_str()) {
                used.insert(library);
            } else if uses {
                // `super::mpi::` and the exchange's own module are paths of this crate; those begin no word.
                wrong.push(format!("{}: {library} belongs to {}", path.display(), homes.join(" and ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(["mpi", "zarrs", "clap", "hdf5", "netcdf"].iter().all(|library| used.contains(library)), "{used:?}");
}

#[test]
fn no_test_is_switched_off() {
    let all: Vec<_> = ["src", "tests", "benches"].into_iter().flat_map(sources).collect();
    let ignored: Vec<_> = all
        .iter()
        .filter(|(_, text)| {
            let code = code_only(text);
            code.match_indices("#[").any(|(at, _)| {
                let attribute = code[at + 2..].split(']').next().unwrap();
                let words = attribute.split(|c: char| !(c.is_alphanumeric() || c == '_'));
                words.into_iter().any(|word| word == "ignore")
            })
        })
        .map(|(path, _)| path)
        .collect();
    assert!(ignored.is_empty(), "{ignored:?}");
    assert!(all.iter().any(|(path, _)| path.ends_with("tests/architecture.rs")));
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for (path, text) in sources("src") {
        if path.iter().any(|part| part == "tests") || path.ends_with("tests.rs") {
            continue;
        }
        // A room's test block is the last thing in a file.
        let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = code.lines().count();
        if lines > MOST_LINES {
            long.push(format!("{}: {lines} lines", path.display()));
        }
    }
    assert!(long.is_empty(), "past {MOST_LINES} lines look for the seam: {}", long.join(", "));
}

/// The reader of paths itself.
#[test]
fn paths_are_found_in_code_and_not_in_words() {
    let text = r##"
        //! [`Line`](crate::comment::Line)
        use crate::{plan::{Plan, Tile}, Error, store::read};
        /* crate::block */ fn f<'a>(x: &'a str) -> crate::grid::Bits { '"'; "crate::text \" crate::more"; r#"crate::raw "x" "# }
        fn g(c: char) { c == '\''; super::super::product::f(); super::inside::f(); xcrate::no(); }
        use crate::terms::*;
    "##;
    let found = roots_used(Path::new("src/room/file.rs"), &code_only(text));
    let names: Vec<&str> = found.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["plan", "Error", "store", "grid", "terms", "product"]);
    assert_eq!(found[0].0, 3);
    assert_eq!(room(Path::new("src/a/b/c.rs")), "a");
    assert_eq!(room(Path::new("src/lib.rs")), "");
    let grid = &ROOMS.iter().find(|(name, _)| *name == "grid").unwrap().1;
    assert!(grid.forbids("grid", "plan") && grid.forbids("grid", "pipeline") && !grid.forbids("grid", "terms"));
    assert!(!grid.forbids("grid", "grid"));
}
