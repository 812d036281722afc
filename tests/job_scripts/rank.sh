#!/bin/bash
# Stands in for oceanspec under a real mpirun: says which rank it is and how many cores it may use.
[ "${1:-}" = --version ] && exit 0
echo "rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE on $(nproc) core"
exit "$(cat "$0.code" 2>/dev/null || echo 0)"
