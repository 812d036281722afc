#!/bin/bash
# Stands in for mpirun, srun and oceanspec under the name it is linked to: writes its arguments, folder and
# environment beside that link, waits for the seconds and leaves with the code that the files there name.
me=$0
if [ "${1:-}" = --version ]; then
  echo "$(basename "$me") 9.8.7"
  exit 0
fi
printf '%s\n' "$@" >"$me.argv"
pwd >"$me.cwd"
env >"$me.env"
sleep "$(cat "$(dirname "$me")/seconds")"
exit "$(cat "$(dirname "$me")/code")"
