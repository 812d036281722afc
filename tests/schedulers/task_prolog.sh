#!/bin/bash
# Slurm runs this before each task and each batch script; what it prints as `export` and `unset` changes the task's
# environment. Jobs of qsub get what Slurm's imitation of PBS leaves out: the node file, with a host once for each of its
# ranks, and NCPUS and OMP_NUM_THREADS, which PBS Pro sets to the cores asked for on a host. Jobs of sbatch lose the PBS
# variables that the plugin gives to all jobs.
set -euo pipefail
folder=${0%/*}
echo "export TMPDIR=$folder/tmp/$SLURMD_NODENAME"
# As root, which containers often are; of no effect for others.
echo "export OMPI_ALLOW_RUN_AS_ROOT=1"
echo "export OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1"
if [ "${SUBMITTED_BY:-}" = sbatch ]; then
  for name in $(compgen -e PBS_); do echo "unset $name"; done
  exit 0
fi
[ -z "${PBS_NODEFILE:-}" ] || exit 0
node_file=$folder/nodes-of-$SLURM_JOB_ID
mapfile -t hosts < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
counts=()
IFS=, read -ra groups <<<"$SLURM_TASKS_PER_NODE" # as in 2(x3),1
for group in "${groups[@]}"; do
  times=1
  [[ $group =~ \(x([0-9]+)\) ]] && times=${BASH_REMATCH[1]}
  for ((n = 0; n < times; n++)); do counts+=("${group%%(*}"); done
done
for index in "${!hosts[@]}"; do
  for ((rank = 0; rank < counts[index]; rank++)); do echo "${hosts[index]}"; done
done >"$node_file"
echo "export PBS_NODEFILE=$node_file"
ncpus=$(scontrol --oneliner show job "$SLURM_JOB_ID" | grep -o 'MinCPUsNode=[0-9]*')
echo "export NCPUS=${ncpus#*=}"
echo "export OMP_NUM_THREADS=${ncpus#*=}"
