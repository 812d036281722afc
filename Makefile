# make demo    build, run the sample on two ranks, validate, show the near-inertial peaks
# make test    everything that is checked: format, lints, documentation, Rust and Python tests
# make check   the quick part: format, lints, documentation
# make soak    runs killed at random moments and gone on with, in the release profile; KILLS=1000 SEED=7 for others
# make schedulers   the job scripts under a real Slurm, started for this on three hosts of namespaces; SCENARIOS="sbatch qsub" for some; says NOT TESTED where it cannot
# make bench   ours, what users would write instead, and the machine's floor, side by side; BENCH="--nx 192 --ny 192" for other sizes
# make bench-sizes   time against the size of the grid and the length of the record, to 21 GiB; SIZES="--sizes 192x192x2160" for others
# make kernels each kernel alone on one core, in GB/s and GFLOP/s beside memcpy; KERNELS="turn" for those of a name
# Both of the first install what is missing (setup.sh). All Rust work is in the release profile: one build serves all.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build demo test check soak schedulers bench bench-sizes kernels
# Recipes run in the environment that setup.sh found.
ENV = . target/setup.env
CARGO_FLAGS = --release --locked
oceanspec = $${CARGO_TARGET_DIR:-target}/release/oceanspec

help:
	@sed -n '/^# make/s/^# //p' Makefile

setup:
	@./setup.sh

build: setup
	$(ENV); cargo build $(CARGO_FLAGS)

demo: build
	validation/regional-nio/unpack.sh demo
	tools/mpirun.sh 2 $(oceanspec) run demo/config.toml --overwrite
	$(oceanspec) validate demo/spectra.zarr --against demo/reference-centred.zarr
	.venv/bin/python validation/regional-nio/show_peaks.py demo/spectra.zarr

check: setup
	$(ENV); cargo fmt --check
	$(ENV); cargo clippy $(CARGO_FLAGS) --all-targets -- -D warnings
	$(ENV); cargo clippy $(CARGO_FLAGS) --all-targets --no-default-features --features faults -- -D warnings
	$(ENV); RUSTDOCFLAGS="-D warnings" cargo doc $(CARGO_FLAGS) --no-deps

test: check
	$(ENV); cargo test $(CARGO_FLAGS)
	$(ENV); cargo test $(CARGO_FLAGS) --no-default-features --lib --test launch
	$(ENV); cargo test $(CARGO_FLAGS) --features faults --test faults --test fault_suite --test log
	$(ENV); cargo build $(CARGO_FLAGS)
	tests/python/run_checks.sh $(oceanspec)

KILLS = 200
soak: setup
	$(ENV); OCEANSPEC_KILLS=$(KILLS) $(if $(SEED),OCEANSPEC_SEED=$(SEED)) cargo test $(CARGO_FLAGS) --test resume kills_at_random_moments -- --nocapture

schedulers: build
	.venv/bin/python -B tests/schedulers/drive.py $(oceanspec) $(SCENARIOS)

bench: build
	$(ENV); cargo build $(CARGO_FLAGS) --example floor --example read_rate
	.venv/bin/pip install -q -r benches/requirements.txt
	.venv/bin/python benches/side_by_side.py $(oceanspec) $${CARGO_TARGET_DIR:-target}/release/examples/floor --json target/bench.json $(BENCH)

bench-sizes: build
	.venv/bin/pip install -q -r benches/requirements.txt
	.venv/bin/python benches/sizes.py $(oceanspec) --json target/bench-sizes.json $(SIZES)

kernels: setup
	$(ENV); cargo bench --locked --bench kernels -- $(KERNELS)
