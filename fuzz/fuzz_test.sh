#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# fuzz_test.sh TARGET WORK CORPUS TITLE ARG...: runs a fuzz target in a fresh folder, from the files
# of CORPUS (none if it is empty). Fails unless what it finds begins with TITLE; with an empty one,
# if it finds anything.
set -eu
target=$1 work=$2 corpus=$3 title=$4
shift 4
rm -rf "$work"
mkdir -p "$work"
# By name: in which order a folder is read is the file system's.
inputs=$([ -z "$corpus" ] || printf '%s\n' "$corpus"/* | paste -sd,)
status=0
"$target" -artifact_prefix="$work/" ${inputs:+-seed_inputs="$inputs"} "$@" >"$work/log" 2>&1 ||
  status=$?
if [ -n "$title" ]; then
  grep -a "^$title" "$work/log" && exit
elif [ "$status" -eq 0 ]; then
  exit
fi
grep -av '^#' "$work/log" | tail -n 50
exit 1
