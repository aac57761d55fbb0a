#!/bin/sh
# Installs what "make bench" compares with, and nothing else needs: packages of
# Debian, and of npm into build/bench.  As root, or with sudo.

set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)

sh "$top/scripts/deps.sh" client bench

mkdir -p "$top/build/bench"
cp "$top/bench/others/package.json" "$top/build/bench/"

# they need no script to be run: both have their C compiled in the package
npm install --prefix "$top/build/bench" --ignore-scripts --no-audit --no-fund \
    --loglevel=error
