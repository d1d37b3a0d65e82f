#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# close_archive.sh OUT OBJECT...: merges objects into one that exports no weak symbol.
#
# The sanitizer presets compile the scheduler differently from its users. A function template
# (ours or the standard library's) that both instantiate would reach the linker twice, and it
# keeps whichever comes first: the scheduler would run instrumented code, or the model would run
# uninstrumented code and hide its races. Merged and localised, each side keeps its own copy.
#
# For clang's objects: it emits the vtable and typeinfo of a class with a key function as strong
# symbols, which users may refer to, where g++ makes them weak. What the scheduler's headers must
# not do: an inline variable or a static in an inline function would exist twice, and an explicit
# instantiation behind `extern template` would not be found.
set -eu
out=$1
shift
ld.bfd -r --force-group-allocation -o "$out.merged" "$@"
# V and W are nm's letters for a weak object and a weak function.
nm --defined-only --format=posix "$out.merged" | awk '$2 ~ /^[VW]$/ { print $1 }' >"$out.weak"
objcopy --localize-symbols="$out.weak" "$out.merged" "$out"
rm "$out.merged" "$out.weak"
