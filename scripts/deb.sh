#!/bin/sh
# Builds Debian packages of this tree, or only what they are built of.
#
#   deb.sh [--tree] [--suite SUITE] [--release N] DIR
#
# DIR/ioattest-VERSION/ is a copy of the tree with debian/changelog, beside it
# is the archive of the sources; with --tree that is all. Without it the
# packages are built there, of what is installed here: nothing is fetched.
#
# The version is that of src/core/attest/ioattest.h, which is the first line of
# CHANGES too; debian/changelog is made of it, and so is not in the tree. N
# (1) is the packages' own part of the version: 0.2.0-1~deb12 for --suite
# bookworm, which is older than 0.2.0-1~deb13 of trixie.

set -eu

give_up() {
    echo "deb.sh: $1" >&2
    exit 1
}

cd "$(dirname "$0")/.."

suite=
release=1
tree_only=no

while [ $# -gt 1 ]; do
    case $1 in
        --tree) tree_only=yes; shift ;;
        --suite) suite=$2; shift 2 ;;
        --release) release=$2; shift 2 ;;
        *) give_up "what is \"$1\"?" ;;
    esac
done

[ $# = 1 ] || give_up "in which directory?"
dir=$1

needed="xz dpkg-checkbuilddeps"
[ $tree_only = no ] || needed=xz

for command in $needed; do
    command -v $command >/dev/null 2>&1 || give_up \
        "there is no $command: apt-get install build-essential xz-utils"
done

case $suite in
    bookworm) suffix=~deb12 ;;
    trixie) suffix=~deb13 ;;
    '') suffix=; suite=unstable ;;
    *) give_up "which Debian is \"$suite\"?" ;;
esac

version=$(sed -n 's/^#define IOA_VERSION  "\([0-9.]*\)"$/\1/p' \
              src/core/attest/ioattest.h)
[ -n "$version" ] || give_up "src/core/attest/ioattest.h has no IOA_VERSION"
[ "$version" = "$(head -n 1 CHANGES)" ] \
    || give_up "CHANGES begins with another version than $version"

# What git knows of and what is new and not ignored; of an unpacked archive, all
# but what was built.
files() {
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        git ls-files -z --cached --others --exclude-standard
    else
        find . \( -path ./build -o -path ./.git -o -name node_modules \) \
            -prune -o -type f -print0
    fi
}

# The time of the last change that is committed, or that the archive has.
seconds=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || true)}
[ -n "$seconds" ] || seconds=$(stat -c %Y CHANGES)
SOURCE_DATE_EPOCH=$seconds
export SOURCE_DATE_EPOCH

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
tree=$dir/ioattest-$version
rm -rf "$tree" "$dir"/ioattest_* "$dir"/*.deb "$dir"/*.ddeb
mkdir "$tree"
files | tar --null -T - --ignore-failed-read -cf - | tar -C "$tree" -xf -

tar -C "$dir" --exclude="ioattest-$version/debian" --sort=name \
    --owner=0 --group=0 --mode=u=rwX,go=rX --mtime="@$seconds" \
    -cJf "$dir/ioattest_$version.orig.tar.xz" "ioattest-$version"

maintainer=$(sed -n 's/^Maintainer: //p' debian/control)
cat > "$tree/debian/changelog" <<EOF
ioattest ($version-$release$suffix) $suite; urgency=medium

  * What has changed in this version is in the changelog beside this file.

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$seconds")
EOF

# packages keep modes, and times that are older than the last change
chmod -R u=rwX,go=rX "$tree"
find "$tree" -exec touch -d "@$seconds" {} +

if [ $tree_only = yes ]; then
    echo "$tree"
    exit 0
fi

cd "$tree"
dpkg-checkbuilddeps || give_up "install them first, as root, with
    apt-get build-dep $tree"
dpkg-buildpackage -us -uc -ui
ls -l "$dir"/*.deb
