#!/usr/bin/env bash
# unpack.sh DIR: lays the sample (mds/, grid/), its configuration and the two reference stores into DIR.
set -euo pipefail
case_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${1:?usage: unpack.sh DIR}
mkdir -p "$dir"
tar -xJf "$case_dir/regional-nio.tar.xz" -C "$dir" --no-same-owner
tar -xJf "$case_dir/reference.tar.xz" -C "$dir" --no-same-owner
cp "$case_dir/config.toml" "$dir/config.toml"
