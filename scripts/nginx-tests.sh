#!/bin/sh
# Runs nginx's own tests with the module: what it does not touch has to behave
# as without it.
#
#   nginx-tests.sh PATH [FILE.t ...]      after make; PATH: a clone of nginx-tests
#
# Each file runs three times: without the module, with it loaded and off, and
# with it on in a dry run for all of http (a dry run sends what the upstream
# sent). Files: those given, else all. What a file said in the second and the
# third run is compared with the first. A file that differs is run once more
# each way, for some tests depend on time; what still differs is listed, with
# the lines that do, and must stand in scripts/nginx-tests.txt with the reason.
#
#   TEST_NGINX_BINARY     nginx: one that "make nginx NGINX_SRC=DIR" has built,
#                         with NGX_OPTS='--with-http_v2_module ...' for more of
#                         the tests. Debian's names modules that may not be there.
#   MODULE                ioattest's for it (beside it, else build/)
#   TEST_NGINX_MODULES    where nginx's own dynamic modules are
#   JOBS                  how many files at once (4)
#   RESULTS               a directory that keeps what each file said
#
# Exit status: 0 if each difference has a reason there, and some files have run;
# else 1; 2 usage.

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
case $way in
none) ;;
off)  TEST_NGINX_GLOBALS="load_module $module;" ;;
dry)  TEST_NGINX_GLOBALS="load_module $module;"
      TEST_NGINX_GLOBALS_HTTP="ioattest_zone nginx_tests:1m;
          ioattest zone=nginx_tests; ioattest_dry_run on;
          ioattest_trust 0x0000000000000000000000000000000000000001;
          ioattest_ssl_verify off;" ;;
esac
[ "$way" = none ] || export TEST_NGINX_GLOBALS
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

# differing FILE ...: those of which one way said something else.
differing() {
    for file in "$@"; do
        for way in off dry; do
            if ! cmp -s "$results/$file.none" "$results/$file.$way"; then
                echo "$file"
                break
            fi
        done
    done
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
again=$(differing $again)

wrong=0 explained=0
for file in $again; do
    for way in off dry; do
        diff "$results/$file.none" "$results/$file.$way" > "$work/diff" \
            && continue
        if grep -q "^$way $file " "$top/scripts/nginx-tests.txt"; then
            explained=$((explained + 1))
            grep "^$way $file " "$top/scripts/nginx-tests.txt"
            continue
        fi
        wrong=$((wrong + 1))
        echo "$file, $way: differs"
        sed -n 's/^[<>]/    &/p' "$work/diff"
    done
done

echo "$("$TEST_NGINX_BINARY" -v 2>&1): $ran files ran, of which $failed failed" \
     "without the module too; $skipped skipped themselves;" \
     "$explained differences with a reason, $wrong without"
[ $wrong = 0 ] && [ $ran -gt 0 ]
