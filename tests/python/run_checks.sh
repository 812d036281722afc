#!/usr/bin/env bash
# run_checks.sh OCEANSPEC: the program from outside, on the regional sample, against float64 scipy; its result in
# xarray; the seams of the LLC90 grid, where that is at hand. Needs .venv (setup.sh). Prints one line a check, and the output of those that failed.
set -uo pipefail
oceanspec=$(realpath "${1:?usage: run_checks.sh OCEANSPEC}")
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
python=$PWD/.venv/bin/python
case_dir=$PWD/validation/regional-nio
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

passed=0 failed=0
check() { # expected exit code, name, command...
  local expected=$1 name=$2 code=0 seconds=$SECONDS
  shift 2
  "$@" >"$work/output.txt" 2>&1 </dev/null || code=$?
  if [ "$code" = "$expected" ]; then
    passed=$((passed + 1))
    printf 'ok    %s (%d s)\n' "$name" $((SECONDS - seconds))
  else
    failed=$((failed + 1))
    printf 'FAIL  %s: exit code %s, expected %s\n      %s\n' "$name" "$code" "$expected" "$*"
    tail -n 40 "$work/output.txt" | sed 's/^/      | /'
  fi
}

check 0 "the sample unpacks" "$case_dir/unpack.sh" "$work"
config=$work/config.toml
run() { # result, options...: on one process
  "$oceanspec" run "$config" --set output.path="\"$work/$1\"" "${@:2}"
}
run2() { # the same on two ranks
  tools/mpirun.sh 2 "$oceanspec" run "$config" --set output.path="\"$work/$1\"" "${@:2}"
}
validate() { # result, reference, options...
  "$oceanspec" validate "$work/$1" --against "$work/$2" "${@:3}"
}

check 0 "centred, one process" run centred-1.zarr
check 0 "centred, one process: validates" validate centred-1.zarr reference-centred.zarr
check 0 "centred, two ranks" run2 centred-2.zarr
check 0 "centred, two ranks: validates" validate centred-2.zarr reference-centred.zarr
check 0 "native, one process" run native-1.zarr --set prepare.centre=false
check 0 "native, one process: validates" validate native-1.zarr reference-native.zarr
check 0 "native, two ranks" run2 native-2.zarr --set prepare.centre=false
check 0 "native, two ranks: validates" validate native-2.zarr reference-native.zarr
check 0 "centred, float64" run centred-f64.zarr --set 'spectrum.precision="f64"'
check 0 "centred, float64: validates to 1e-12" validate centred-f64.zarr reference-centred.zarr --tolerance 1e-12
check 6 "centred is not native: validate says so" validate centred-1.zarr reference-native.zarr
compare() { # writes the ratios of centred and native, and the numbers as JSON
  "$oceanspec" compare "$work"/{centred-1,native-1}.zarr --output "$work/ratios.zarr" --json >"$work/comparison.json"
}
check 0 "centred and native: ratios and differences" compare
check 0 "ratios and differences are numpy's" "$python" -W error tests/python/compare.py \
  "$work"/{centred-1,native-1,ratios}.zarr "$work/comparison.json"

check 0 "the reference is what scipy gives" "$python" "$case_dir/make_reference.py" --check "$work"
check 0 "opens in xarray" "$python" -W error tests/python/open_result.py \
  "$work"/{centred-1,centred-2,native-1,native-2,centred-f64}.zarr
check 0 "centred, with gaps" run centred-gaps.zarr --set prepare.missing=reject --set 'prepare.valid_range=[-1.0, 1.0]'
check 0 "confidence limits: scipy" "$python" tests/python/confidence.py "$work"/{centred-2,centred-f64,centred-gaps}.zarr
check 0 "zonal and regional means, spectrograms, components: numpy, scipy, known answers" \
  "$python" -W error tests/python/products.py "$oceanspec" "$work" "$work/products"
check 0 "the same open in xarray" "$python" -W error tests/python/open_result.py \
  "$work/products"/{regional-f32-segment,regional-f32-month,equator-60-f64-season,equator-45-f64-segment}.zarr
check 0 "netCDF and Zarr, every form: the same bytes" "$python" -W ignore tests/python/contract.py "$oceanspec" "$work" "$work/contract"
check 0 "MITgcm, NEMO, ROMS, HYCOM, CMIP by their ready configurations: numpy, scipy" \
  "$python" -W error tests/python/models.py "$oceanspec" "$work/models"
check 0 "netCDF and Zarr with something wrong" "$python" -W ignore tests/python/bad_stores.py "$oceanspec" "$work" "$work/bad-stores"
check 0 "netCDF and Zarr: warnings, groups" "$python" -W ignore tests/python/good_stores.py "$oceanspec" "$work" "$work/good-stores"
check 0 "netCDF and Zarr: land, coasts, units" "$python" -W ignore tests/python/coasts.py "$oceanspec" "$work" "$work/coasts"
check 0 "netCDF and Zarr: every value, looked at" "$python" -W ignore tests/python/scan.py "$oceanspec" "$work" "$work/scan"
check 0 "the near-inertial peaks" "$python" -W error "$case_dir/show_peaks.py" "$work/centred-2.zarr"

ifremer=$PWD/configs/ifremer-llc4320.toml
run_ifremer() { # snapshots, grid, result, options...: the ready configuration, with what differs in small input laid over it
  "$oceanspec" run "$ifremer" --set input.path="\"$1\"" --set input.grid="\"$2\"" --set output.path="\"$3\"" \
    --set 'input.pattern="{name}.{iter:010}.data"' --set 'input.u="U"' --set 'input.v="V"' "${@:4}"
}
check 0 "Ifremer's analysis, regional" run_ifremer "$work/mds" "$work/grid" "$work/ifremer.zarr" --set 'input.layout="plain"' \
  --set 'input.shape=[40, 48]' --set 'select.time=["2011-09-13", "2011-11-12"]' --set 'spectrum.segment="10 days"'
check 0 "Ifremer's analysis: scipy with their settings" "$python" -W error tests/python/ifremer.py "$work/ifremer.zarr" "$work"/{mds,grid} 240

# The LLC90 grid may not be passed on with the clone: validation/llc90-seams/README.md.
grid=${OCEANSPEC_LLC90_GRID:-$PWD/../shared/data/llc90-grid}
seams_dir=$PWD/validation/llc90-seams
seams=$work/seams
run_llc() { # command..., then snapshots, grid, result: one of the cases of make_input.py
  "${@:1:$#-3}" run "$seams/config.toml" --set input.path="\"$seams/${*: -3:1}\"" --set input.grid="\"$seams/${*: -2:1}\"" \
    --set output.path="\"$seams/${*: -1}\""
}
if [ -r "$grid/XC.data" ]; then
  check 0 "LLC90: the seams by distance, input for them" "$python" -W error "$seams_dir/make_input.py" "$grid" "$seams"
  check 0 "LLC90: solid bodies, one process" run_llc "$oceanspec" solid grid solid.zarr
  check 0 "LLC90: turned axes, two ranks" run_llc tools/mpirun.sh 2 "$oceanspec" solid grid-turned turned.zarr
  check 0 "LLC90: no land, two ranks" run_llc tools/mpirun.sh 2 "$oceanspec" random grid-wet random.zarr
  check 0 "LLC90: truth, xgcm and scipy at every seam" "$python" -W error "$seams_dir/check.py" "$grid" "$seams"
  check 0 "LLC90: opens in xarray" "$python" -W error tests/python/open_result.py "$seams"/{solid,turned,random}.zarr
  check 0 "LLC90: Ifremer's analysis" run_ifremer "$seams/random" "$seams/grid" "$seams/ifremer.zarr" \
    --set 'input.timestep="1200 s"' --set 'input.shape=[1170, 90]' --set 'select.time=["2011-09-10", "2011-09-14"]' \
    --set 'spectrum.segment="8 samples"'
  check 0 "LLC90: Ifremer's analysis: scipy with their settings" "$python" -W error tests/python/ifremer.py \
    "$seams/ifremer.zarr" "$seams"/{random,grid} 8
else
  echo "SKIPPED: the seams of the LLC90 grid, 8 checks: no grid in $grid (OCEANSPEC_LLC90_GRID says where it is)"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
