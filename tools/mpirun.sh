#!/usr/bin/env bash
# mpirun.sh [--pin THREADS] RANKS COMMAND...: mpirun on this machine, where it may be root's (containers) and have fewer
# cores than ranks. With --pin each rank has THREADS cores of its own, as in a job.
set -euo pipefail
usage="usage: mpirun.sh [--pin THREADS] RANKS COMMAND..."
binding=(--oversubscribe --bind-to none) # each rank runs its own threads on the cores there are
if [ "${1:-}" = --pin ]; then
  binding=(--map-by "slot:PE=${2:?$usage}" --bind-to core)
  shift 2
fi
ranks=${1:?$usage}
shift
options=()
if [[ $(mpirun --version 2>&1) == *"Open MPI"* ]]; then
  options+=("${binding[@]}")
  if [ "$(id -u)" = 0 ]; then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    # In containers, where one is root, ranks may often not read each other's memory: not under a filter of system calls,
    # nor without the capability to trace (bit 19).
    capabilities=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
    if ! grep -q '^Seccomp:[[:space:]]*0$' /proc/self/status || [ $((0x${capabilities:-0} >> 19 & 1)) = 0 ]; then
      export OMPI_MCA_btl_vader_single_copy_mechanism=none
    fi
  fi
fi
exec mpirun -np "$ranks" "${options[@]}" "$@"
