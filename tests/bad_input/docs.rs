//! docs/errors.md against the table.

use std::path::Path;

/// A row of a table of the docs: exit code of its section, what is wrong, message, what mends it.
struct DocsRow {
    code: i32,
    cells: Vec<String>,
}

fn docs_rows() -> Vec<DocsRow> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut code = 0;
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            let number = title.rsplit_once('(').and_then(|(_, number)| number.strip_suffix(')'));
            code = number.and_then(|number| number.parse().ok()).unwrap_or(0);
        } else if let Some(cells) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) {
            rows.push(DocsRow { code, cells: cells.split(" | ").map(str::to_owned).collect() });
        }
    }
    rows
}

#[test]
fn every_row_stands_in_the_docs() {
    let docs = docs_rows();
    let mut wrong = Vec::new();
    for row in crate::all() {
        let found = docs.iter().find(|docs| docs.code == row.code && docs.cells[0] == row.name);
        match found {
            Some(DocsRow { cells, .. })
                if cells.len() == 3 && cells[1].contains(row.says[0]) && !cells[2].is_empty() => {}
            Some(DocsRow { cells, .. }) => wrong.push(format!("{cells:?} does not have `{}`", row.says[0])),
            None => wrong.push(format!("section ({}) has no row `{}`", row.code, row.name)),
        }
    }
    assert!(wrong.is_empty(), "docs/errors.md:\n{}", wrong.join("\n"));
}

/// What the docs show is what is tested, but for the rows of tests elsewhere.
#[test]
fn the_docs_have_no_row_twice() {
    let docs = docs_rows();
    let mut names: Vec<(i32, &str)> =
        docs.iter().filter(|row| row.code > 0).map(|row| (row.code, &*row.cells[0])).collect();
    names.retain(|(_, name)| *name != "what" && !name.starts_with("---"));
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
