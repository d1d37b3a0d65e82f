#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# check_archive.sh ARCHIVE: fails unless close_archive.sh did its work. Explicit calls to TSan
# (fibers, acquire, release, ignore, functions, atomics) are legal; those that the compiler inserts
# are not: no file that it instruments is without reads and writes.
set -eu
archive=$1
inserted='^__(tsan_(unaligned_)?(read|write|vptr|volatile|mem)|sanitizer_cov_)'
instrumented=$(nm --undefined-only --format=posix "$archive" | grep -E "$inserted" || true)
weak=$(nm --defined-only --format=posix "$archive" | grep -E ' [VWu] ' || true)
defined=$(nm --defined-only --extern-only --format=posix "$archive" | grep -c ' [TDBR] ' || true)
echo "$archive: $defined exported symbols"
[ -z "$instrumented" ] || printf 'calls inserted by a sanitizer:\n%s\n' "$instrumented"
[ -z "$weak" ] || printf 'exported weak symbols:\n%s\n' "$weak"
[ -z "$instrumented$weak" ] && [ "$defined" -gt 0 ]
