#!/bin/sh
# Builds what a release publishes twice, and compares: module, library, tool,
# manual pages, bill of materials, Debian packages and their sources.  What
# somebody else builds of the same sources, with the same packages installed, is
# the same byte by byte.
#
#   reproducible.sh
#
# The trees are what git had committed at the start, in directories of different
# names; user name, home, time zone, language, mask, number of jobs and the files'
# times differ as well, and the second is built after the first. Prints the
# SHA-256 of each file. Without dpkg-buildpackage no packages are built, and that
# is said. Exit status: 0 all are the same, 1 one is not, or something was not
# built.

set -eu

cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

packages=yes
command -v dpkg-buildpackage >/dev/null 2>&1 || packages=no

# somebody may commit meanwhile
commit=$(git rev-parse HEAD)

# tree NAME: what is committed
tree() {
    mkdir "$work/$1"
    git archive "$commit" | tar -C "$work/$1" -xf -
}

# build NAME JOBS VARIABLE=VALUE ...: all of it in that tree, with nothing else
# in its environment
build() {
    name=$1
    jobs=$2
    shift 2
    (
        cd "$work/$name"
        env -i PATH="$PATH" "$@" make -j"$jobs" module lib tool \
            && env -i PATH="$PATH" "$@" make man sbom \
            && if [ $packages = yes ]; then
                env -i PATH="$PATH" "$@" DEB_BUILD_OPTIONS="parallel=$jobs" \
                    sh scripts/deb.sh "$work/$name.packages" \
                    && mv "$work/$name.packages" build/packages
            fi
    ) > "$work/$name.log" 2>&1 || { cat "$work/$name.log"; exit 1; }
}

# published NAME: the files to compare
published() (
    cd "$work/$1/build"
    ls ngx_http_ioattest_module.so libioattest.a ioattest man/*.1 \
        ioattest.cdx.json
    if [ $packages = yes ]; then
        ls packages/*.deb packages/*.tar.xz packages/*.dsc
    fi
)

umask 022
tree first
build first 1 HOME="$work" USER=first TZ=UTC LC_ALL=C

# the packages' date is that of CHANGES, where there is no git
umask 027
tree another-name
find "$work/another-name" -type f ! -name CHANGES \
    -exec touch -d '2020-02-02 UTC' {} +
build another-name 2 HOME=/ USER=another TZ=Asia/Tokyo LC_ALL=C.UTF-8

published first > "$work/files"
published another-name > "$work/others"
if ! cmp -s "$work/files" "$work/others"; then
    diff "$work/files" "$work/others" || echo "differs: what was built"
    exit 1
fi

status=0
while read -r file; do
    one=$(sha256sum < "$work/first/build/$file" | cut -d ' ' -f 1)
    two=$(sha256sum < "$work/another-name/build/$file" | cut -d ' ' -f 1)
    if [ "$one" = "$two" ]; then
        echo "same: $file $one"
    else
        echo "differs: $file $one $two"
        status=1
    fi
done < "$work/files"

[ $packages = yes ] || echo "not built: packages, there is no dpkg-buildpackage"
exit $status
