#!/bin/sh
# Gets promtool out of Debian's packages, for t/status_promtool.t: build/promtool.
#
# It is in the package promtool, or, in Debian 12, in prometheus, which would
# start a service: nothing is installed. Where one is there, in build/ or in the
# path, nothing is done. Exit status: 0 it is there, 1 it cannot be had.

set -eu

cd "$(dirname "$0")/.."

if [ -x build/promtool ] || command -v promtool >/dev/null 2>&1; then
    exit 0
fi

command -v apt-get >/dev/null 2>&1 || exit 1

package=prometheus
if apt-cache show promtool >/dev/null 2>&1; then
    package=promtool
fi

mkdir -p build
work=$(mktemp -d build/promtool.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

(cd "$work" && timeout 200 apt-get -q -o Acquire::Retries=1 \
    -o APT::Sandbox::User= download $package) >/dev/null 2>&1 || exit 1
dpkg-deb -x "$work"/*.deb "$work/root"
mv "$work/root/usr/bin/promtool" build/promtool
