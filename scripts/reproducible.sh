#!/bin/sh
# Builds module, library and tool twice, and compares: what somebody else builds
# of the same sources, with the same packages, is the same byte by byte.
#
#   reproducible.sh
#
# The trees are what git has committed, in directories of different names; user
# name, home, time zone, language, mask and number of jobs differ as well. Prints
# the SHA-256 of each file. Exit status: 0 all are the same, 1 one is not, or
# something was not built.

set -eu

cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

files='ngx_http_ioattest_module.so libioattest.a ioattest'

# tree NAME: what is committed
tree() {
    mkdir "$work/$1"
    git archive HEAD | tar -C "$work/$1" -xf -
}

tree first
tree another-name

(
    umask 022
    cd "$work/first"
    env -i PATH="$PATH" HOME="$work" USER=first TZ=UTC LC_ALL=C \
        make module lib tool > "$work/first.log" 2>&1
) || { cat "$work/first.log"; exit 1; }

(
    umask 027
    cd "$work/another-name"
    env -i PATH="$PATH" HOME=/ USER=another TZ=Asia/Tokyo LC_ALL=C.UTF-8 \
        make -j2 module lib tool > "$work/another.log" 2>&1
) || { cat "$work/another.log"; exit 1; }

status=0
for file in $files; do
    one=$(sha256sum < "$work/first/build/$file" | cut -d ' ' -f 1)
    two=$(sha256sum < "$work/another-name/build/$file" | cut -d ' ' -f 1)
    if [ "$one" = "$two" ]; then
        echo "same: $file $one"
    else
        echo "differs: $file $one $two"
        status=1
    fi
done
exit $status
