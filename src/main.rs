//! The `oceanspec` program: a thin shell over the library.

#[expect(clippy::exit, reason = "the one place where the program ends")]
fn main() {
    std::process::exit(oceanspec::cli::main());
}
