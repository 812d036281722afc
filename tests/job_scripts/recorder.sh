#!/bin/bash
# Stands in for the program, for launchers and for schedulers' commands under the name it is linked to. Writes beside that
# link NAME.argv, .cwd, .env and .stdin, prints NAME.out and NAME.err, waits NAME.seconds, writes NAME.done, leaves with
# NAME.code. As under mpirun: at USR1 it leaves soon with that code (the ranks stop in time), at TERM with 1.
me=$0
if [ "${1:-}" = --version ]; then
  echo "$(basename "$me") 9.8.7"
  exit 0
fi
of() { cat "$me.$1" 2>/dev/null; }
code=$(of code || echo 0)
seconds=$(of seconds || echo 0)
trap 'exit "$code"' USR1 USR2
trap 'exit 1' TERM
cat >"$me.stdin"
printf '%s\n' "$@" >"$me.argv"
pwd >"$me.cwd"
of out
of err >&2
env >"$me.env"
[ "$seconds" = 0 ] || { sleep "$seconds" & wait; }
: >"$me.done"
exit "$code"
