#!/bin/sh
# Checks the sources with cppcheck and clang-tidy, for make lint.
#
#   lint.sh [FILE.c ...]        all files, or only these; after make
#
# Exits with 1 if either reports something.  .clang-tidy says which checks are
# made, and why others are not.

set -eu

cd "$(dirname "$0")/.."

for tool in cppcheck clang-tidy; do
    command -v $tool >/dev/null 2>&1 || {
        echo "lint.sh: no $tool: scripts/deps.sh lint" >&2
        exit 2
    }
done

nginx=build/nginx-module
[ -f $nginx/objs/ngx_auto_config.h ] || {
    echo "lint.sh: nginx is not configured: make" >&2
    exit 2
}

if [ $# = 0 ]; then
    set -- $(find src tools -name '*.c' | sort) ngx_http_ioattest_module.c
fi

core=
glue=
for file in "$@"; do
    case $file in
        src/core/*|tools/*) core="$core $file" ;;
        *) glue="$glue $file" ;;
    esac
done

bad=0

# warnings in nginx's headers are not reported
include=
for dir in src/core src/event src/event/modules src/event/quic src/os/unix \
    src/http src/http/modules src/http/v2 src/http/v3
do
    include="$include -isystem $nginx/src/$dir"
done

# of the glue cppcheck says much that is wrong: it lacks nginx's macros
# shellcheck disable=SC2086
[ -z "$core" ] || cppcheck -q --enable=warning,performance,portability \
    --std=c11 --language=c --error-exitcode=1 -Isrc/core $core || bad=1

# what ioattest rim reads XML by
xml=$(pkg-config --cflags libxml-2.0 2>/dev/null) || xml=

# tidy FILES FLAG ...
tidy() {
    files=$1
    shift
    [ -n "$files" ] || return 0

    # it always reports the number of warnings in system headers
    # shellcheck disable=SC2086
    clang-tidy --quiet $files -- "$@" 2>build/lint.log || {
        bad=1
        grep -v '^[0-9]* warnings\{0,1\} generated\.$' build/lint.log >&2 || :
    }
}

# shellcheck disable=SC2086
tidy "$core" -std=c11 -Isrc/core $xml
# shellcheck disable=SC2086
tidy "$glue" -Isrc/core -Isrc/nginx -I. -isystem $nginx/objs $include

exit $bad
