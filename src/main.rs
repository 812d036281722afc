//! The `oceanspec` program: a thin shell over the library.

fn main() {
    std::process::exit(oceanspec::cli::main());
}
