//! The exchange under MPI itself. Started by cargo it starts itself under mpirun, on several numbers of ranks; there it
//! runs every check on the world that the program would have.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod exchange_checks;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Says to a process that it is a rank, and of how many.
const RANKS: &str = "OCEANSPEC_TEST_RANKS";
const LIMIT: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    match std::env::var(RANKS) {
        Ok(ranks) => as_rank(ranks.parse().unwrap()),
        Err(_) => as_launcher(),
    }
}

/// One rank: a check that fails ends them all.
fn as_rank(ranks: usize) -> ExitCode {
    let world = oceanspec::exchange::world().unwrap();
    let checks = || {
        assert_eq!(world.size(), ranks, "ranks of the world");
        for (name, check) in exchange_checks::all() {
            if world.rank() == 0 {
                println!("{name}");
            }
            check(&*world);
            world.barrier();
        }
    };
    if catch_unwind(AssertUnwindSafe(checks)).is_err() {
        eprintln!("rank {} of {ranks} failed", world.rank());
        world.abort(1);
    }
    ExitCode::SUCCESS
}

/// Runs itself on `ranks` ranks; what went wrong, if anything did.
fn launch(ranks: usize) -> Result<(), String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/mpirun.sh");
    let mut child = Command::new("bash")
        .arg(script)
        .arg(ranks.to_string())
        .arg(std::env::current_exe().map_err(|error| error.to_string())?)
        .env(RANKS, ranks.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| format!("bash tools/mpirun.sh: {error}"))?;
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if started.elapsed() > LIMIT {
            // mpirun ends its ranks when it is asked to end.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            std::thread::sleep(Duration::from_secs(3));
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("not done after {} s", LIMIT.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let told = String::from_utf8_lossy(&output.stdout);
    let done: Vec<&str> = told.lines().map(str::trim).collect();
    let expected: Vec<&str> = exchange_checks::all().iter().map(|(name, _)| *name).collect();
    match status.success() {
        true if done == expected => Ok(()),
        true => Err(format!("rank 0 ran {done:?}, not {expected:?}")),
        false => Err(format!("mpirun ended with {status} in or after {:?}", done.last())),
    }
}

fn as_launcher() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let tests = [1, 2, 3, 4, 6].map(|ranks| (format!("exchange_on_{ranks}_ranks"), ranks));
    if arguments.iter().any(|argument| argument == "--list") {
        for (name, _) in &tests {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    let chosen: Vec<_> =
        tests.iter().filter(|(name, _)| filter.is_none_or(|part| name.contains(part.as_str()))).collect();
    println!("\nrunning {} tests", chosen.len());
    let started = Instant::now();
    let mut failures = Vec::new();
    for (name, ranks) in &chosen {
        match launch(*ranks) {
            Ok(()) => println!("test {name} ... ok"),
            Err(reason) => {
                println!("test {name} ... FAILED: {reason}");
                failures.push(name);
            }
        }
    }
    let (failed, filtered) = (failures.len(), tests.len() - chosen.len());
    println!(
        "\ntest result: {}. {} passed; {failed} failed; 0 ignored; 0 measured; {filtered} filtered out; finished in {:.2}s\n",
        if failed == 0 { "ok" } else { "FAILED" },
        chosen.len() - failed,
        started.elapsed().as_secs_f64()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
