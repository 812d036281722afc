#!/usr/bin/env bash
# setup.sh [--check] [--no-python]
#
# Installs what building, testing and the demonstration need, as far as it is missing: system packages (MPI, netCDF,
# HDF5, libclang, C and C++ compilers, xz), a Rust toolchain, and a Python environment in .venv for the checks and summaries.
# With --check it only says what is missing (exit 1 if anything is). Quick and silent when all is there.
# Writes target/setup.env, which puts the toolchain it found on PATH, where it is not:  . target/setup.env && cargo build
#
# Packages come by apt-get from the machine's own sources (Debian, Ubuntu), as root or with sudo. On other systems
# it names what is missing: see docs/install.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly RUST_MINOR_NEEDED=91 PYTHON_MINOR_NEEDED=11 # Rust 1.91, Python 3.11
readonly REQUIREMENTS=validation/requirements.txt VENV=.venv ENV_FILE=target/setup.env
check_only=false with_python=true
for argument in "$@"; do
  case $argument in
  --check) check_only=true ;;
  --no-python) with_python=false ;;
  *)
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
    ;;
  esac
done

say() { printf 'setup: %s\n' "$*"; }
fail() {
  printf 'setup: %s\n' "$@" >&2
  exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# ---- apt -----------------------------------------------------------------------------------------------------

# How to become root: nothing, "sudo", or "none" where that would need a password and nobody can type it.
root_prefix() {
  if [ "$(id -u)" = 0 ]; then
    echo ""
  elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    echo sudo
  else
    echo none
  fi
}

apt_get() {
  local prefix
  prefix=$(root_prefix)
  # shellcheck disable=SC2086 # an empty prefix is no word
  $prefix env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

lists_updated=false
apt_update_once() {
  $lists_updated || [ "$(root_prefix)" = none ] || apt_get update >/dev/null || say "apt-get update reported errors; going on with the lists at hand"
  lists_updated=true
}

candidate() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'; }

# Installs packages and removes none; with stale or empty lists, once more after an update.
apt_install() {
  local package log
  [ "$(root_prefix)" != none ] ||
    fail "not root, and no sudo without a password. As root, run:" "  apt-get update && apt-get install --no-install-recommends $*"
  for package in "$@"; do
    [ -n "$(candidate "$package")" ] || apt_update_once
  done
  say "installing by apt-get: $*"
  log=$(mktemp)
  if ! apt_get install -y --no-install-recommends --no-remove "$@" >"$log" 2>&1; then
    if $lists_updated || ! { apt_update_once && apt_get install -y --no-install-recommends --no-remove "$@" >"$log" 2>&1; }; then
      tail -n 15 "$log" >&2
      rm -f "$log"
      return 1
    fi
  fi
  rm -f "$log"
}

# ---- system packages -----------------------------------------------------------------------------------------

any_file() { compgen -G "$1" >/dev/null; }

libclang_in() { # folder; libclang-cpp.so is another library
  any_file "$1/libclang.so*" || any_file "$1/libclang-[0-9]*.so*"
}

have_libclang() { # the library and its own headers (stddef.h ...), which reading mpi.h needs
  [ -n "${LIBCLANG_PATH:-}" ] && return 0
  libclang_in '/usr/lib/llvm-*/lib' && any_file '/usr/lib/llvm-*/lib/clang/*/include/stddef.h' && return 0
  libclang_in /usr/lib64 && any_file '/usr/lib*/clang/*/include/stddef.h' && return 0
  have llvm-config && libclang_in "$(llvm-config --libdir)" && any_file "$(llvm-config --libdir)/clang/*/include/stddef.h"
}

have_hdf5() { # the library with its headers, where the build looks for it
  [ -n "${HDF5_DIR:-}" ] && return 0
  have pkg-config && pkg-config --exists hdf5 && return 0
  any_file '/usr/include/hdf5/*/hdf5.h' || any_file '/usr/include/hdf5.h'
}

have_netcdf() { # the library with its headers; the build asks nc-config where they are
  [ -n "${NETCDF_DIR:-}" ] && return 0
  have nc-config && any_file "$(nc-config --includedir)/netcdf_meta.h"
}

missing=() wanted_packages=()
need() { # what it is for; the packages that bring it
  missing+=("$1")
  shift
  wanted_packages+=("$@")
}

system_needs() {
  { have cc && have c++; } || need "C and C++ compilers (compression libraries)" g++
  have make || need "make" make
  have xz || need "xz (the validation data)" xz-utils
  have mpicc || need "an MPI library with its headers" libopenmpi-dev
  have mpirun || need "mpirun" openmpi-bin
  have_hdf5 || need "HDF5 with its headers" libhdf5-dev
  have_netcdf || need "netCDF with its headers" libnetcdf-dev
  have_libclang || need "libclang (binds the MPI headers)" libclang-dev
  any_file '/etc/ssl/certs/ca-*' || [ -n "${SSL_CERT_FILE:-}" ] || need "certificates (for downloads)" ca-certificates
}

# ---- Rust ----------------------------------------------------------------------------------------------------

rust_minor() { # minor version of the rustc in folder $1
  "$1/rustc" --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\).*/\1/p'
}

complete_rust() { # folder $1 has a new enough cargo, rustc, clippy and rustfmt
  local minor
  [ -x "$1/cargo" ] && [ -x "$1/rustc" ] && minor=$(rust_minor "$1") && [ "${minor:-0}" -ge $RUST_MINOR_NEEDED ] &&
    PATH="$1:$PATH" "$1/cargo-clippy" --version >/dev/null 2>&1 && PATH="$1:$PATH" "$1/cargo-fmt" --version >/dev/null 2>&1
}

rust_folder='' rust_toolchain=''
find_rust() {
  local cargo folder
  cargo=$(command -v cargo || true)
  for folder in "${cargo%/*}" "${CARGO_HOME:-$HOME/.cargo}/bin" $(printf '%s\n' /usr/lib/rust-1.*/bin | sort -rV); do
    [ -d "$folder" ] || continue
    if complete_rust "$folder"; then
      rust_folder=$folder
      return 0
    fi
    # A rustup whose default toolchain is old or lacks a component may have a complete `stable`.
    if [ -x "$folder/rustup" ] && RUSTUP_TOOLCHAIN=stable RUSTUP_AUTO_INSTALL=0 complete_rust "$folder"; then
      rust_folder=$folder rust_toolchain=stable
      return 0
    fi
  done
  return 1
}

rust_state() {
  local found
  if found=$(rustc --version 2>/dev/null); then
    echo "found $found, needed: 1.$RUST_MINOR_NEEDED or newer with clippy and rustfmt"
  else
    echo "none found, needed: 1.$RUST_MINOR_NEEDED or newer with clippy and rustfmt"
  fi
}

# Names of a distribution's packages that make a complete new enough toolchain, one set a line, best first.
rust_package_sets() {
  local version number
  version=$(candidate cargo)
  version_is_enough "$version" && echo "cargo rustc rust-clippy rustfmt"
  version=$(candidate cargo-web) # Debian keeps these up to date for its browsers
  version_is_enough "$version" && echo "cargo-web rustc-web rust-web-clippy rustfmt-web"
  for number in $(apt-cache pkgnames cargo-1. | sed -n 's/^cargo-1\.\([0-9]*\)$/\1/p' | sort -rn); do # Ubuntu
    [ "$number" -ge $RUST_MINOR_NEEDED ] && echo "cargo-1.$number rustc-1.$number rust-1.$number-clippy rustfmt-1.$number"
  done
  return 0
}

version_is_enough() { # a package version such as 1.96.0+dfsg1-1 (or 1.85.0ubuntu2)
  local minor
  minor=$(sed -n 's/^\([0-9]*:\)\{0,1\}1\.\([0-9]*\).*/\2/p' <<<"$1")
  [ -n "$minor" ] && [ "$minor" -ge $RUST_MINOR_NEEDED ]
}

rustup_stable() { # $1: the rustup command
  say "rustup: installing the stable toolchain"
  "$1" toolchain install stable --profile minimal --component clippy --component rustfmt
}

install_rust() {
  local rustup set
  say "Rust: $(rust_state)"
  rustup=$(command -v rustup || echo "${CARGO_HOME:-$HOME/.cargo}/bin/rustup")
  if [ -x "$rustup" ]; then
    rustup_stable "$rustup" && find_rust && return 0
    say "rustup brought no usable toolchain"
  fi
  if have apt-get && [ "$(root_prefix)" != none ]; then
    apt_update_once
    while read -r set <&3; do
      # shellcheck disable=SC2086 # a set is several words
      apt_install $set && find_rust && return 0
    done 3< <(rust_package_sets)
    if [ ! -x "$rustup" ] && [ -n "$(candidate rustup)" ] && apt_install rustup; then
      rustup_stable "$(command -v rustup)" && find_rust && return 0
    fi
    have curl || apt_install curl
  fi
  say "no Rust package of this system is new enough: running the official rustup installer (into ~/.cargo and ~/.rustup)"
  have curl || fail "curl is missing: install it, or Rust 1.$RUST_MINOR_NEEDED by other means (docs/install.md)"
  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs |
    sh -s -- -y --no-modify-path --profile minimal --component clippy --component rustfmt || true
  find_rust || fail "no Rust toolchain of at least 1.$RUST_MINOR_NEEDED with clippy and rustfmt ($(rust_state)); see docs/install.md"
}

# ---- Python --------------------------------------------------------------------------------------------------

python=''
find_python() { # one that is new enough and can make an environment
  local name
  for name in python3 python3.13 python3.12 python3.11; do
    if have "$name" && "$name" -c "import sys, venv, ensurepip
sys.exit(sys.version_info < (3, $PYTHON_MINOR_NEEDED))" 2>/dev/null; then
      python=$name
      return 0
    fi
  done
  return 1
}

install_python() {
  local version name
  have apt-get || fail "no Python of at least 3.$PYTHON_MINOR_NEEDED with venv and pip: install one (docs/install.md)"
  [ -n "$(candidate python3-venv)" ] || apt_update_once
  version=$(candidate python3)
  if [ "$(sed -n 's/^3\.\([0-9]*\).*/\1/p' <<<"$version")" -ge $PYTHON_MINOR_NEEDED ] 2>/dev/null; then
    apt_install python3 python3-venv
  else
    for name in python3.13 python3.12 python3.11; do
      [ -n "$(candidate $name-venv)" ] && apt_install $name $name-venv && break
    done
  fi
  find_python || fail "no Python of at least 3.$PYTHON_MINOR_NEEDED with venv and pip (docs/install.md)"
}

venv_ready() { cmp -s "$REQUIREMENTS" "$VENV/installed-requirements.txt" && "$VENV/bin/python" -c '' 2>/dev/null; }

make_venv() {
  find_python || install_python
  say "making $VENV with $($python --version), packages of $REQUIREMENTS"
  "$python" -m venv --clear "$VENV"
  "$VENV/bin/python" -m pip install -q --disable-pip-version-check -r "$REQUIREMENTS"
  cp "$REQUIREMENTS" "$VENV/installed-requirements.txt"
}

# ---- do it ---------------------------------------------------------------------------------------------------

system_needs
rust_ok=true python_ok=true
find_rust || rust_ok=false
$with_python && ! venv_ready && python_ok=false

if $check_only; then
  for what in "${missing[@]}"; do say "missing: $what"; done
  [ ${#wanted_packages[@]} = 0 ] || say "would install by apt-get: ${wanted_packages[*]}"
  $rust_ok || say "would install a Rust toolchain: $(rust_state)"
  $python_ok || say "would make $VENV from $REQUIREMENTS"
  [ ${#missing[@]} = 0 ] && $rust_ok && $python_ok || exit 1
  say "all there: Rust in $rust_folder${rust_toolchain:+ (+$rust_toolchain)}, MPI $(command -v mpirun)"
  exit 0
fi

if [ ${#missing[@]} -gt 0 ]; then
  for what in "${missing[@]}"; do say "missing: $what"; done
  have apt-get || fail "this system has no apt-get: install these by its own means (docs/install.md)"
  apt_install "${wanted_packages[@]}" || fail "apt-get could not install ${wanted_packages[*]}"
fi
if ! $rust_ok; then install_rust; fi
if ! $python_ok; then make_venv; fi

mkdir -p "$(dirname "$ENV_FILE")"
{
  [ "$(command -v cargo)" = "$rust_folder/cargo" ] || echo "export PATH=\"$rust_folder:\$PATH\""
  [ -z "$rust_toolchain" ] || echo "export RUSTUP_TOOLCHAIN=$rust_toolchain"
} >"$ENV_FILE"
