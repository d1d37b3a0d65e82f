# SPDX-License-Identifier: GPL-2.0-only OR MIT
# shellcheck shell=bash disable=SC2034
#
# What tools/quickstart and tools/test share: the packages, the builds, the headings. Debian
# packages are all that is ever downloaded.

release_packages=(cmake g++-12 ninja-build
  libboost-context1.81-dev libcli11-dev libexpected-dev libfmt-dev libgmock-dev libgtest-dev
  libxxhash-dev nlohmann-json3-dev)
sanitizer_packages=(clang-19 libclang-rt-19-dev llvm-19)
test_packages=(libbenchmark-dev shellcheck)

heading() {
  printf '\n== %s\n' "$*"
}

# Installs those of the packages that are missing. Without the means to, says what to type.
install_packages() {
  local package missing=() as_root=()
  for package in "$@"; do
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then
    return
  fi
  local install=(apt-get install -y --no-install-recommends "${missing[@]}")
  if ((EUID != 0)); then
    as_root=(sudo)
  fi
  if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
    echo "${as_root[@]}" "${install[@]}"
    as_root+=(env DEBIAN_FRONTEND=noninteractive)
    if apt-get install -s "${missing[@]}" >/dev/null 2>&1 &&
      "${as_root[@]}" "${install[@]}" -qq >/dev/null; then
      return
    fi
    echo 'Refreshing the package lists.'
    "${as_root[@]}" apt-get update -qq &&
      "${as_root[@]}" "${install[@]}" -qq >/dev/null && return
  fi
  printf 'Packages are missing. As root on Debian 12, type:\n  %s && %s\n' \
    'apt-get update' "${install[*]}" >&2
  exit 2
}

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  cmake --preset "$preset" >/dev/null &&
    cmake --build --preset "$preset" -j "$(nproc)" ${1:+--target "$@"}
}
