#!/usr/bin/env bash
# run_checks.sh OCEANSPEC: the program from outside, on the regional sample, against float64 scipy; and its result in
# xarray. Needs .venv (setup.sh). Prints one line a check, and the output of those that failed.
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

check 0 "the reference is what scipy gives" "$python" "$case_dir/make_reference.py" --check "$work"
check 0 "opens in xarray" "$python" -W error tests/python/open_result.py \
  "$work"/{centred-1,centred-2,native-1,native-2,centred-f64}.zarr
check 0 "the near-inertial peaks" "$python" -W error "$case_dir/show_peaks.py" "$work/centred-2.zarr"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
