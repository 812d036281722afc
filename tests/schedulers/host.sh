#!/bin/bash
# host.sh NAME ADDRESS: the first process of a host, in namespaces of its own. Waits for a line that says that the link
# is there, then is a machine with that name and address, its own loopback and shared memory, and runs slurmd. When this
# process is killed the kernel ends every other one of the host and takes its link away, as a power cut would.
set -euo pipefail
name=$1 address=$2
read -r _
hostname "$name"
ip link set lo up
ip address add "$address/24" dev eth0
ip link set eth0 up
mount -t tmpfs tmpfs /dev/shm
slurmd -D &
wait $!
