#!/bin/sh
# Builds nginx and the module from other sources, with other compilers and other
# options, and runs some tests of each.
#
#   versions.sh DIR ...     DIR: sources of nginx, or of something made of it
#
# Each is built with the module as a dynamic one; the first one also with clang,
# with the module linked in, and without each of TLS, threads, PCRE and cache.
# Prints which ioattest it is, and a row of a table for each: what it is, how it
# was built, the OpenSSL that it runs with, how many tests of it passed. What was
# built, and the logs, are in build/versions.
#
# Tests are those of "every" below, and where something is left out those that
# need none of it: each row says which.
#
#   ROWS     only these rows: dynamic clang static no-ssl no-threads no-pcre
#            no-cache
#   NGX_OPTS further options of nginx's configure for every row, as of a module
#            that is to be linked in: --add-module=DIR; separated by spaces
#   PORT     their first port (27000)
#   MAKE     make -j2
#
# Exit status: 0 if all passed, 1 if something did not; 2 usage.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { echo "versions.sh: usage: versions.sh DIR ..." >&2; exit 2; }

every='end_to_end text_body stream statuses evidence status_fleet'
ssl='--with-http_ssl_module --with-http_v2_module'
more='--with-http_realip_module --with-http_auth_request_module
    --with-http_slice_module --with-http_addition_module
    --with-http_sub_module --with-http_gunzip_module
    --with-http_stub_status_module'
work=$top/build/versions
status=0
mkdir -p "$work"

# What the binary says that it is.
name_of() {
    "$1" -v 2>&1 | sed -n 's/^[A-Za-z ]*version: *//p' | sed 's/ .*//' | tail -n 1
}

# The OpenSSL that the binary runs with; where it has none, what the module was
# built with.
openssl_of() {
    said=$("$1" -V 2>&1 | sed -n -e 's/.*(running with \([^)]*\)).*/\1/p;t' \
                               -e 's/^built with \([A-Za-z]*SSL .*\)/\1/p' \
           | tail -n 1)
    [ -n "$said" ] || said="OpenSSL $(pkg-config --modversion libcrypto \
                                      2> /dev/null || echo unknown)"
    echo "$said" | sed -e 's/^OpenSSL //' -e 's/ [0-9]* [A-Z][a-z]* [0-9]*$//'
}

# build NAME SRC ARG ...: configures and builds; $binary and $module are it.
build() {
    dir=$work/$1 src=$(cd "$2" && pwd)
    shift 2
    rm -rf "$dir"
    mkdir -p "$dir/src" "$dir/objs"
    for f in "$src"/*; do
        case ${f##*/} in Makefile | objs) ;; *) ln -s "$f" "$dir/src/" ;; esac
    done
    configure=./auto/configure
    [ ! -f "$src/configure" ] || configure=./configure
    (
        cd "$dir/src"
        $configure --builddir="$dir/objs" --with-debug \
            --with-cc-opt='-O1 -fPIC -Wall -Wextra -Wno-unused-parameter' "$@" \
            ${NGX_OPTS:-} \
        && ${MAKE:-make -j2} -f "$dir/objs/Makefile" binary modules
    ) > "$dir/log" 2>&1 || return 1
    binary=
    for f in nginx angie tengine; do
        [ ! -x "$dir/objs/$f" ] || binary=$dir/objs/$f
    done
    module=$dir/objs/ngx_http_ioattest_module.so
    [ -e "$module" ] || module=
    [ -n "$binary" ]
}

# wanted ROW: whether ROWS has it, or is not there
wanted() {
    case " ${ROWS:-$1} " in *" $1 "*) ;; *) return 1 ;; esac
}

# row HOW TESTS ROW SRC ARG ...: builds as build() does, and tests.
row() {
    how=$1 files=
    for f in $2; do files="$files t/$f.t"; done
    shift 2
    wanted "${1#[0-9]*-}" || return 0
    if ! build "$@"; then
        echo "| $2 | $how | | not built |"
        tail -n 3 "$dir/log" >&2
        status=1
        return
    fi
    said=$(cd "$top" && TEST_NGINX_BINARY=$binary TEST_NGINX_PORT=${PORT:-27000} \
               TEST_NGINX_LOAD_MODULES=$module ASAN_OPTIONS=detect_leaks=0 \
               prove -It/lib -It/runner $files 2>"$dir/test.err" \
               | tee "$dir/test.log" | sed -n 's/^Files=\([0-9]*\), Tests=\([0-9]*\).*/\2/p')
    if grep -q '^Result: PASS' "$dir/test.log"; then
        said="$said passed"
    else
        said="FAILED: $(sed -n 's/^\(t\/[^ ]*\) .*Failed: \([0-9]*\).*/\1 \2/p' \
                            "$dir/test.log" | tr '\n' ' ')"
        status=1
    fi
    echo "| $(name_of "$binary") | $how | $(openssl_of "$binary") | $said |"
}

version=$(sed -n 's/^#define IOA_VERSION *"\(.*\)"/\1/p' \
              "$top/src/core/attest/ioattest.h")
commit=$(git -C "$top" describe --always --dirty 2> /dev/null || echo none)
echo "ioattest $version, commit $commit${NGX_OPTS:+; every row also with $NGX_OPTS}"
echo
echo "| nginx | built | OpenSSL | tests |"
echo "| --- | --- | --- | --- |"
n=0
for src in "$@"; do
    n=$((n + 1))
    row "dynamic, ${CC:-gcc}" "$every" "$n-dynamic" "$src" --with-compat --with-threads \
        $ssl $more --add-dynamic-module="$top"
done

if command -v clang > /dev/null; then
    row "dynamic, clang" "$every" 1-clang "$1" --with-compat --with-threads \
        $ssl $more --with-cc=clang --add-dynamic-module="$top"
elif wanted clang; then
    echo "| | dynamic, clang | | clang: not here |"
fi
row "linked in" "$every" 1-static "$1" --with-threads $ssl $more \
    --add-module="$top"

some='end_to_end text_body statuses'
row "without TLS" "$some" 1-no-ssl "$1" --with-threads $more \
    --add-dynamic-module="$top"
row "without threads" "$some" 1-no-threads "$1" $ssl $more \
    --add-dynamic-module="$top"
row "without PCRE, and so without rewrite" 'end_to_end text_body' 1-no-pcre \
    "$1" --without-pcre --with-threads $ssl $more \
    --without-http_rewrite_module --add-dynamic-module="$top"
row "without cache" 'end_to_end statuses' 1-no-cache "$1" --with-threads \
    --without-http-cache $ssl $more --add-dynamic-module="$top"
exit $status
