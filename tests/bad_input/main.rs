//! The table of bad input: each row spoils a good input in one way, and looks at the message, the exit code and the disk.
//! docs/errors.md has the same rows for users.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]
#![allow(unreachable_pub, reason = "a program of its own")]

mod config;
mod docs;
mod files;
mod grid;
mod others;
mod products;
mod row;
mod run;
mod site;
#[path = "../support/mod.rs"]
mod support;

use std::panic::{AssertUnwindSafe, catch_unwind};

use row::Row;

fn all() -> Vec<Row> {
    [config::rows(), products::rows(), files::rows(), grid::rows(), run::rows(), others::rows()]
        .into_iter()
        .flatten()
        .collect()
}

/// Checks all rows before it fails, so that one look shows all that is wrong.
fn check(rows: Vec<Row>, ranks: Option<usize>) {
    let wrong: Vec<&str> = rows
        .iter()
        .filter(|row| if ranks.is_some() { row.on_ranks } else { row.alone })
        .filter(|row| {
            // For the output of a row that fails.
            eprintln!("row: {}", row.name);
            catch_unwind(AssertUnwindSafe(|| row.check(ranks))).is_err()
        })
        .map(|row| row.name)
        .collect();
    assert!(wrong.is_empty(), "{} rows are wrong: {wrong:#?}", wrong.len());
}

#[test]
fn configurations() {
    check(config::rows(), None);
}

#[test]
fn tables_of_products() {
    check(products::rows(), None);
}

#[test]
fn snapshot_files() {
    check(files::rows(), None);
}

#[test]
fn grid_files() {
    check(grid::rows(), None);
}

#[test]
fn settings_values_and_places() {
    check(run::rows(), None);
}

#[test]
fn other_commands() {
    check(others::rows(), None);
}

/// One line from one rank, and all ranks end.
#[cfg(feature = "mpi")]
#[test]
fn three_ranks() {
    check(all(), Some(3));
}

#[test]
fn rows_have_names_of_their_own() {
    let mut names: Vec<&str> = all().iter().map(|row| row.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count >= 60, "{count} rows");
}

/// The good input is good: what the rows find is what they spoiled.
#[test]
fn the_good_input_runs() {
    let site = site::Site::new();
    let run = support::run::Run::of(site.path("run.toml"));
    run.to(site.path("another.zarr"));
}
