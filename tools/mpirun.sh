#!/usr/bin/env bash
# mpirun.sh RANKS COMMAND...: mpirun on this machine, where it may be root's (containers) and have fewer cores than ranks.
set -euo pipefail
ranks=${1:?usage: mpirun.sh RANKS COMMAND...}
shift
options=()
if [[ $(mpirun --version 2>&1) == *"Open MPI"* ]]; then
  options+=(--oversubscribe --bind-to none) # each rank runs its own threads on the cores there are
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
