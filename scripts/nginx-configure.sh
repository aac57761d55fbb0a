#!/bin/sh
# Configures nginx's sources for the module, out of tree.
#
#   nginx-configure.sh SRC DIR module|binary|san [nginx configure option ...]
#
# For the module only, for nginx with the module, or for both with sanitizers.
#
# SRC is an nginx source tree (release or repository), or the one that Debian's
# nginx-dev installs. Nothing is written there: DIR/src holds links to it, and
# DIR/objs what is configured and built, by make -C DIR/src -f ../objs/Makefile.
# If DIR is already configured like that, it is left unchanged. One at a time:
# a second one waits for the first, 10 minutes at most, or IOATTEST_LOCK_WAIT
# seconds, and then finds its work done.

set -eu

export LC_ALL=C

top=$(cd "$(dirname "$0")/.." && pwd)
if ! src=$(cd "$1" 2>/dev/null && pwd) || [ ! -f "$src/auto/module" ]; then
    echo "no nginx sources in $1: install Debian's nginx-dev," \
         "or give a source tree with NGINX_SRC=DIR" >&2
    exit 1
fi
mkdir -p "$2"
dir=$(cd "$2" && pwd)
what=$3
shift 3

case $top$src$dir in
    *[[:space:]]*)
        echo "nginx's makefiles cannot do with spaces in the names of" \
             "directories: $top, $src, $dir" >&2
        exit 1
    ;;
esac

if [ "$what" != module ] && [ ! -f "$src/src/core/nginx.c" ]; then
    echo "$src has headers alone, and nginx itself needs all of its" \
         "sources: give them with NGINX_SRC=DIR" >&2
    exit 1
fi

cc=${CC:-cc}
cflags="${CFLAGS--O2 -g} -fPIC -Wall -Wextra"
ldflags=${LDFLAGS-}

if [ "$what" = san ]; then
    # nginx itself calls memcpy(p, NULL, 0), and stores words at unaligned
    # addresses on processors that allow it
    san_flags="-fsanitize=address,undefined -fno-sanitize-recover=undefined"
    san_flags="$san_flags -fno-sanitize=nonnull-attribute,alignment"
    cflags="-O1 -g -fPIC -Wall -Wextra -fno-omit-frame-pointer $san_flags"
    cflags="$cflags -DNGX_DEBUG_PALLOC=1"
    export ASAN_OPTIONS=detect_leaks=0
    ldflags="$ldflags $san_flags"
else
    cflags="$cflags -fstack-protector-strong -Wformat -Werror=format-security"
    case $cflags in
        *-O[123s]*) cflags="$cflags -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2" ;;
    esac
    ldflags="$ldflags -Wl,-z,relro -Wl,-z,now"
fi

# what is built does not tell where: scripts/reproducible.sh
cflags="$cflags -fdebug-prefix-map=$top=. -fmacro-prefix-map=$top=."

# with CFLAGS in its environment nginx would omit all flags of its own
unset CFLAGS LDFLAGS

# The lock is flock's, which ends with the process; where there is no flock, a
# link whose text is the number of its process: it is made at once or not at all.
# A signal ends this script only after what configures has ended.

lock=$dir/configure.lock
wait=${IOATTEST_LOCK_WAIT:-600}

give_up() {
    echo "another make has been configuring $dir for $wait seconds: wait" \
         "for it, or end it${1-}" >&2
    exit 1
}

alive() {
    kill -0 "$1" 2>/dev/null || ps -p "$1" >/dev/null 2>&1
}

# A lock whose process has ended is taken away by one alone, which looks again.
break_lock() {
    mkdir "$lock.broken" 2>/dev/null || return 0
    alive "$(readlink "$lock")" || rm -f "$lock"
    rmdir "$lock.broken"
}

lock_by_link() {
    until ln -s $$ "$lock" 2>/dev/null; do
        owner=$(readlink "$lock") && ! alive "$owner" && break_lock
        [ "$wait" -gt "${waited=0}" ] \
            || give_up "; if there is none, remove $lock and $lock.broken"
        waited=$((waited + 1))
        sleep 1
    done
    trap 'rm -f "$lock"' EXIT
}

trap 'exit 1' HUP INT TERM

if command -v flock >/dev/null 2>&1; then
    exec 9>> "$dir/configure.flock"
    flock -w "$wait" 9 || give_up
else
    lock_by_link
fi

wanted=$(
    printf '%s\n' "$src" "$cc" "$cflags" "$ldflags" "$*"
    cksum "$0" "$top/config" "$src/src/core/nginx.h" "$src/auto/modules"
    cd "$top" && ls src/core/*/*.[ch] src/nginx/*/*.[ch]
)

if [ -f "$dir/objs/Makefile" ] \
    && [ "$wanted" = "$(cat "$dir/configured" 2>/dev/null)" ]
then
    exit 0
fi

rm -rf "$dir/configured" "$dir/src" "$dir/objs"
mkdir -p "$dir/src" "$dir/objs"

for f in "$src"/*; do
    case ${f##*/} in
        Makefile | objs) ;;
        *) ln -s "$f" "$dir/src/" ;;
    esac
done

# A dynamic module must be configured with the options of its nginx, except those
# that --with-compat covers. Debian's nginx-dev has them (quoted for bash); for
# another tree the options are ours and the caller's.

if [ -f "$src/conf_flags" ]; then
    set -- bash -c '
        . "$0/conf_flags"
        ./configure "${NGX_CONF_FLAGS[@]}" "$@"
    ' "$src" "$@"
else
    configure=./auto/configure
    if [ -f "$src/configure" ]; then
        configure=./configure
    fi
    set -- "$configure" \
        --with-compat --with-debug --with-threads \
        --with-http_ssl_module --with-http_v2_module \
        --with-http_realip_module --with-http_auth_request_module \
        --with-http_slice_module --with-http_addition_module \
        --with-http_sub_module --with-http_gunzip_module \
        --with-http_stub_status_module "$@"

    # of nginx 1.31.5 and later: doc/ai-gateway.md
    if grep -q -e --with-http_json_module "$src/auto/options" 2>/dev/null; then
        set -- "$@" --with-http_json_module
    fi
fi

cd "$dir/src"

if "$@" --with-cc="$cc" --with-cc-opt="$cflags" --with-ld-opt="$ldflags" \
    --builddir="$dir/objs" --add-dynamic-module="$top" \
    > "$dir/configure.log" 2>&1 9>&-
then
    printf '%s\n' "$wanted" > "$dir/configured"
    exit 0
fi

tail -n 12 "$dir/configure.log" >&2
echo "nginx's configure failed; all it said is in $dir/configure.log" >&2
exit 1
