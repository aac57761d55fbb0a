#!/bin/sh
# Runs nginx's own tests with the module: what it does not touch has to behave
# as without it.
#
#   nginx-tests.sh PATH [FILE.t ...]      after make; PATH: a clone of nginx-tests
#
# Each file runs three times: without the module, with it loaded and off, and
# with it on in a dry run for all of http (a dry run sends what the upstream
# sent). Files: those given, else all. What a file said in the second and the
# third run is compared with the first, but for the tests that may differ, each
# of which stands in scripts/nginx-tests.txt with the reason. A file that differs
# is run once more each way, for some tests depend on time: if it does not differ
# then, it is named and counted as "differed once"; if it does, the lines that
# differ are listed.
#
#   TEST_NGINX_BINARY     nginx: one that "make nginx NGINX_SRC=DIR" has built,
#                         with NGX_OPTS='--with-http_v2_module ...' for more of
#                         the tests. Debian's names modules that may not be there.
#   MODULE                ioattest's for it (beside it, else build/)
#   TEST_NGINX_MODULES    where nginx's own dynamic modules are
#   JOBS                  how many files at once (4)
#   RESULTS               a directory that keeps what each file said
#
# As root, nginx's workers are root's too, in all three runs: others could not
# read what the tests write.
#
# Exit status: 0 if no file differs twice but where it may, and some files have
# run; else 1; 2 usage.

set -eu

top=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] && [ -e "$1/lib/Test/Nginx.pm" ] || {
    echo "nginx-tests.sh: usage: nginx-tests.sh PATH [FILE.t ...]" >&2
    exit 2
}
tests=$(cd "$1" && pwd)
shift

TEST_NGINX_BINARY=$(command -v "${TEST_NGINX_BINARY:-nginx}")
case $TEST_NGINX_BINARY in /*) ;; *) TEST_NGINX_BINARY=$PWD/$TEST_NGINX_BINARY ;; esac

module=${MODULE:-$(dirname "$TEST_NGINX_BINARY")/ngx_http_ioattest_module.so}
[ -e "$module" ] || module=$top/build/ngx_http_ioattest_module.so
[ -e "$module" ] || { echo "nginx-tests.sh: $module: make first" >&2; exit 2; }
case $module in /*) ;; *) module=$PWD/$module ;; esac
TEST_NGINX_MODULES=${TEST_NGINX_MODULES:-/usr/lib/nginx/modules}
export TEST_NGINX_BINARY TEST_NGINX_MODULES

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
results=${RESULTS:-$work/results}
mkdir -p "$results"


# one WAY FILE: what the file said, without what differs from run to run.
cat > "$work/one" <<'EOF'
way=$1 file=$2
TEST_NGINX_GLOBALS=
[ "$(id -u)" != 0 ] || TEST_NGINX_GLOBALS='user root;'
case $way in
none) ;;
off)  TEST_NGINX_GLOBALS="$TEST_NGINX_GLOBALS load_module $module;" ;;
dry)  TEST_NGINX_GLOBALS="$TEST_NGINX_GLOBALS load_module $module;"
      TEST_NGINX_GLOBALS_HTTP="ioattest_zone nginx_tests:1m;
          ioattest zone=nginx_tests; ioattest_dry_run on;
          ioattest_trust 0x0000000000000000000000000000000000000001;
          ioattest_ssl_verify off;" ;;
esac
export TEST_NGINX_GLOBALS
[ "$way" != dry ] || export TEST_NGINX_GLOBALS_HTTP
cd "$tests"
out=$results/$file.$way
status=0
timeout 120 perl "$file" < /dev/null > "$out.all" 2>&1 || status=$?
{
    sed -n -e 's/^\(not ok\|ok\) [0-9]* *\(.*\)/\1 \2/p' -e 's/^1\.\..*/&/p' \
        "$out.all"
    echo "exit status $status"
} > "$out"
EOF

# run FILE ...: each the three ways.
run() {
    for file in "$@"; do
        for way in none off dry; do
            echo "$way $file"
        done
    done | module=$module work=$work tests=$tests results=$results \
        xargs -P "${JOBS:-4}" -L 1 sh "$work/one"
}

ends='(ends there)'
skips='(may skip)'

# rest WAY FILE RUN: what RUN of the file said, without the tests that may differ
# in WAY. Where there are some, the exit status is left out too if it is the
# number of failed tests, and no sign of a crash or of too little time; where the
# file may end there, also if it is Perl's for that.
rest() {
    awk -v way="$1" -v file="$2" -v ends="$ends" '
        FNR == NR {
            if (split($0, part, " [|] ") == 4 && part[1] == way \
                && part[2] == file)
                may[part[3]] = named = 1
            next
        }
        /^not ok/ { failed++ }
        {
            name = $0
            sub(/^(not )?ok (- )?/, "", name)
            sub(/ # .*/, "", name)
        }
        name != $0 && name in may { next }
        /^exit status/ && named && $3 == failed + 0 { next }
        /^exit status 255$/ && ends in may { next }
        { print }
    ' "$top/scripts/nginx-tests.txt" "$results/$2.$3" | sort
}

# same WAY FILE: whether nothing differs but what may, in whatever order; else
# $work/diff has it
same() {
    if grep -qF "$1 | $2 | $skips |" "$top/scripts/nginx-tests.txt" \
        && grep -q '^1\.\.0' "$results/$2.none" "$results/$2.$1"
    then
        return
    fi
    rest "$1" "$2" none > "$work/none"
    rest "$1" "$2" "$1" > "$work/way"
    diff "$work/none" "$work/way" > "$work/diff" && return
    # what comes after the file has ended is not compared; all before it is
    grep -qF "$1 | $2 | $ends |" "$top/scripts/nginx-tests.txt" \
        && ! grep -q '^>' "$work/diff"
}

# differing FILE ...: those of which one way said something else
differing() {
    for file in "$@"; do
        for way in off dry; do
            if ! same "$way" "$file"; then
                echo "$file"
                break
            fi
        done
    done
}

# named FILE ...: how many tests differed that may
named() {
    for file in "$@"; do
        for way in off dry; do
            sort "$results/$file.none" > "$work/none"
            sort "$results/$file.$way" | diff "$work/none" - \
                | sed -n 's/^> \(not \)*ok //p' | sed "s/^/$way $file /"
        done
    done | wc -l
}

[ $# -gt 0 ] || set -- $(cd "$tests" && ls *.t)
run "$@"
ran=0 skipped=0 failed=0
for file in "$@"; do
    if grep -q '^1\.\.0' "$results/$file.none"; then
        skipped=$((skipped + 1))
    else
        ran=$((ran + 1))
        grep -q '^exit status 0' "$results/$file.none" || failed=$((failed + 1))
    fi
done
again=$(differing "$@")
[ -z "$again" ] || run $again

wrong=0 once=0
for file in $again; do
    twice=
    for way in off dry; do
        same "$way" "$file" && continue
        twice=1
        wrong=$((wrong + 1))
        echo "$file, $way: differs"
        sed -n 's/^[<>]/    &/p' "$work/diff"
    done
    [ -z "$twice" ] || continue
    once=$((once + 1))
    echo "$file: differed once"
done
explained=$(named "$@")

echo "$("$TEST_NGINX_BINARY" -v 2>&1): $ran files ran, of which $failed failed" \
     "without the module too; $skipped skipped themselves;" \
     "$once differed once; $explained tests differed that may, $wrong files that" \
     "may not"
[ $wrong = 0 ] && [ $ran -gt 0 ]
