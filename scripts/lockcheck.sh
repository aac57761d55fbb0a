#!/bin/sh
# Builds the module with checks of its locks, for make lockcheck.
#
#   lockcheck.sh NGINX_SRC DIR
#
# It is built from a copy of the sources in which locking and unlocking count how
# often the worker holds a zone's lock, and each function whose name ends in
# _locked first checks that count.  If it is called without the lock, or a lock is
# taken twice, the worker says so on stderr and calls abort().
#
# DIR/good.so is that module.  Three more show that the checks can fail:
# DIR/unlocked.so lacks a lock, DIR/twice.so takes one twice, and DIR/slow.so
# sleeps with it, for scripts/held.py, which reads what is called with the lock.

set -eu

src=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
top=$(cd "$(dirname "$0")/.." && pwd)
tree=$dir/tree
new=$dir/new

cat > "$dir/lockcheck.h" <<'EOF'
#ifndef LOCKCHECK_H
#define LOCKCHECK_H

#include <stdio.h>
#include <stdlib.h>

__attribute__((weak)) __thread int  lockcheck_depth;

static inline void
lockcheck(int want, int change, const char *what, const char *file, int line)
{
    if (lockcheck_depth != want) {
        fprintf(stderr, "lockcheck: %s at depth %d in %s:%d\n", what,
                lockcheck_depth, file, line);
        fflush(stderr);
        abort();
    }

    lockcheck_depth += change;
}

#define LOCKCHECK(want, change, what)                                        \
    lockcheck(want, change, what, __FILE__, __LINE__)

#define ngx_shmtx_lock(m)                                                    \
    (LOCKCHECK(0, 1, "ngx_shmtx_lock()"), (ngx_shmtx_lock)(m))
#define ngx_shmtx_trylock(m)                                                 \
    (LOCKCHECK(0, 0, "ngx_shmtx_trylock()"),                                 \
     (ngx_shmtx_trylock)(m) ? (lockcheck_depth++, 1) : 0)
#define ngx_shmtx_unlock(m)                                                  \
    (LOCKCHECK(1, -1, "ngx_shmtx_unlock()"), (ngx_shmtx_unlock)(m))

/* nginx's own that lock by themselves, and their twins that do not */

#define ngx_slab_alloc(p, n)                                                 \
    (LOCKCHECK(0, 0, "ngx_slab_alloc()"), (ngx_slab_alloc)(p, n))
#define ngx_slab_free(p, n)                                                  \
    (LOCKCHECK(0, 0, "ngx_slab_free()"), (ngx_slab_free)(p, n))
#define ngx_slab_alloc_locked(p, n)                                          \
    (LOCKCHECK(1, 0, "ngx_slab_alloc_locked()"), (ngx_slab_alloc_locked)(p, n))
#define ngx_slab_calloc_locked(p, n)                                         \
    (LOCKCHECK(1, 0, "ngx_slab_calloc_locked()"),                            \
     (ngx_slab_calloc_locked)(p, n))
#define ngx_slab_free_locked(p, n)                                           \
    (LOCKCHECK(1, 0, "ngx_slab_free_locked()"), (ngx_slab_free_locked)(p, n))

#endif
EOF

# in nginx's style the name of a function in its definition, and the brace of its
# body, are each at the start of a line
watched() {
    awk '
        FNR == NR { if (/^#[ \t]*include/) last = FNR; next }
        { print }
        FNR == last { print "#include \"lockcheck.h\"" }
        /^ngx_[a-z0-9_]*_locked\(/ {
            name = $0
            sub(/\(.*/, "", name)
        }
        /^{/ {
            if (name != "") {
                printf "    LOCKCHECK(1, 0, \"%s()\");\n", name
                name = ""
            }
        }
    ' "$1" "$1"
}

# copied FROM TO: a copy, with the checks added
copied() {
    case $1 in
        *.c) watched "$1" > "$2" ;;
        *) cp "$1" "$2" ;;
    esac
}

rm -rf "$new"
mkdir -p "$new/scripts" "$new/src"
cp "$top/config" "$new/"
cp "$top/scripts/nginx-configure.sh" "$new/scripts/"
cp -R "$top/src/core" "$new/src/"
copied "$top/ngx_http_ioattest_module.c" "$new/ngx_http_ioattest_module.c"
for file in "$top"/src/nginx/*/*.[ch]; do
    to=$new/src/nginx/$(basename "$(dirname "$file")")
    mkdir -p "$to"
    copied "$file" "$to/$(basename "$file")"
done
cp "$dir/lockcheck.h" "$new/src/nginx/"

# each definition must have got its check
defined=$(cat "$top"/src/nginx/*/*.c | grep -c '^ngx_[a-z0-9_]*_locked(')
watched=$(cat "$new"/src/nginx/*/*.c | grep -c '    LOCKCHECK(1, 0, ')
if [ "$defined" = 0 ] || [ "$defined" != "$watched" ] \
    || grep -n '^static.*_locked(.*{\|^ngx_[a-z0-9_]*_locked(.*{' \
        "$top"/src/nginx/*/*.[ch]
then
    echo "lockcheck.sh: $watched of $defined functions are watched" >&2
    exit 1
fi

# unchanged files keep their time, and are not compiled again
mkdir -p "$tree"
(cd "$new" && find . -type f) | while read -r file; do
    cmp -s "$new/$file" "$tree/$file" || {
        mkdir -p "$tree/$(dirname "$file")"
        cp "$new/$file" "$tree/$file"
    }
done
(cd "$tree" && find . -type f) | while read -r file; do
    [ -f "$new/$file" ] || rm -f "$tree/$file"
done
rm -rf "$new"

# built NAME
built() {
    CFLAGS='-O0 -g' sh "$tree/scripts/nginx-configure.sh" "$src" \
        "$dir/nginx" module
    make --no-print-directory -j"$(getconf _NPROCESSORS_ONLN)" \
        -C "$dir/nginx/src" -f ../objs/Makefile modules > "$dir/log" 2>&1 \
        || { tail -n 20 "$dir/log" >&2; exit 1; }
    cp "$dir/nginx/objs/ngx_http_ioattest_module.so" "$dir/$1.new"
    mv "$dir/$1.new" "$dir/$1.so"
}

built good

# planted NAME AWK: the same, with the file that locks changed by AWK
planted() {
    file=$(grep -l 'ngx_shmtx_lock(' "$tree"/src/nginx/zone/*.c | head -n 1)
    cp -p "$file" "$dir/keep.c"
    awk "$2" "$dir/keep.c" > "$file"
    if cmp -s "$file" "$dir/keep.c"; then
        echo "lockcheck.sh: there is no lock to plant a mistake at" >&2
        exit 1
    fi
    built "$1"
    cp "$dir/keep.c" "$file"
}

planted unlocked '/^    ngx_shmtx_lock\(&shpool->mutex\)/ {
    print "    (void) shpool;"
    next
}
{ print }'
planted slow '{ print }
/^    ngx_shmtx_lock\(&shpool->mutex\)/ { print "    ngx_msleep(1);" }'
planted twice '{ print } /^    ngx_shmtx_lock\(&shpool->mutex\)/'
