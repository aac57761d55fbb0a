#!/bin/sh
# Gets the sources of the newest nginx in Debian, for features that this
# machine's version lacks: trailers, early hints.
#
#   newest.sh DIR       DIR/src/core/nginx.h and so on, unless present
#
# Uses apt's mirror, with directories of its own: nothing is installed, and apt's
# state on this machine is unchanged.

set -eu

dir=$1

if [ -f "$dir/src/core/nginx.h" ]; then
    exit 0
fi

give_up() {
    echo "newest.sh: $1" >&2
    exit 1
}

command -v apt-get >/dev/null 2>&1 || give_up "this is no Debian"

mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' \
             'Created-By: Packages' 2>/dev/null \
         | sed -n 's/^Debian Debian //p' | head -n 1)
[ -n "$mirror" ] || give_up "apt knows no mirror of Debian"

keys=/usr/share/keyrings/debian-archive-keyring.gpg
[ -f "$keys" ] || give_up "$keys is not there"

work=$dir.work
rm -rf "$work" "$dir"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/new"
work=$(cd "$work" && pwd)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

apt() {
    timeout 100 apt-get -q \
        -o Dir::Etc::SourceList="$work/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$work/lists" \
        -o Dir::Cache="$work/cache" \
        -o Acquire::Retries=1 -o Acquire::http::Timeout=15 \
        -o Acquire::Languages=none -o APT::Sandbox::User= "$@" 2>&1
}

# apt verifies the signature, and with it each file's hash; a mirror may list
# files that it does not have
got=
for suite in sid testing; do
    echo "deb-src [signed-by=$keys] $mirror $suite main" \
        > "$work/sources.list"

    if apt update -o APT::Update::Error-Mode=any > "$work/log" \
        && (cd "$work" && apt source --download-only --tar-only nginx) > "$work/log"
    then
        got=$suite
        break
    fi
done
[ -n "$got" ] || give_up "not to be had: $(grep '^E:' "$work/log" | head -n 1)"

for file in "$work"/nginx_*.orig.tar.*; do
    case $file in
        *.asc) ;;
        *) tar -xf "$file" -C "$work/new" --strip-components=1 ;;
    esac
done

[ -f "$work/new/src/core/nginx.h" ] || give_up "no nginx in the sources"
mv "$work/new" "$dir"
