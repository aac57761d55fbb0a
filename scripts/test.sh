#!/bin/sh
# Runs everything: dependencies, build, unit tests, architecture, nginx tests.
#
#   test.sh [t/file.t ...]      all, or only the module's tests in these files
#
# The last line is "N passed, N failed", with ", N skipped" if any was skipped.
#
#   TEST_JOBS             how many test files run at once; default: as many as
#                         processors, one more of those that drive nginx
#   TEST_NO_DEPS=1        install nothing
#   CI                    also install nginx's modules for Lua, njs and Perl,
#                         without which t/foreign.t skips those cases, and
#                         Chromium, without which t/status_browser.t is skipped
#   IOATTEST_NO_CLIENT=1  skip the tests of OpenAI's and Vercel's clients and of
#                         Phala's verifier, which npm installs; otherwise
#                         these tests fail if they cannot be installed
#   TEST_STDERR=1         show what test files write on stderr, also of those that
#                         pass
#   TEST_KEEP=1           keep the servers' directories, and say where they are
#   TEST_NGINX_BINARY, TEST_NGINX_LOAD_MODULES
#                         another nginx, and the module built for it
#   NGINX_SRC, CC, CFLAGS   as make takes them

set -eu

cd "$(dirname "$0")/.."

# the path of Debian's nginx, if the user is not root
PATH=$PATH:/usr/sbin:/sbin
export PATH

give_up() {
    echo "$1" >&2
    echo "0 passed, 1 failed"
    exit 1
}

client=
if [ -z "${IOATTEST_NO_CLIENT-}" ]; then
    case "${*:-openai.t}" in
        *ai.t*|*openai*.t*|*dcap_qvl.t*) client=client ;;
    esac
    IOATTEST_NEED_CLIENT=1
    export IOATTEST_NEED_CLIENT
fi

if [ -z "${TEST_NO_DEPS-}" ]; then
    sh scripts/deps.sh $client \
        || give_up "not all that is needed could be installed"

    # only in CI, since Debian enables them for the machine's own nginx
    if [ -n "${CI-}" ]; then
        sh scripts/deps.sh modules || echo "no modules for Lua, njs, Perl" >&2
        sh scripts/deps.sh browser || echo "there is no Chromium" >&2
    fi

    # without it t/status_promtool.t skips what promtool finds
    sh scripts/promtool.sh || echo "there is no promtool" >&2

    if [ -n "$client" ]; then
        sh t/client/install.sh || echo "the clients are not there" >&2
    fi
fi

make all unit zone-test || give_up "it does not build"

# A few files once more: with checks of locks, and under the newest nginx.

if [ $# = 0 ] && [ -z "${TEST_NGINX_BINARY-}${TEST_NGINX_LOAD_MODULES-}" ]; then
    make lockcheck || give_up "the module with its locks watched does not build"
    IOATTEST_LOCKCHECK=$PWD/build/lockcheck/good.so
    export IOATTEST_LOCKCHECK

    if [ -z "${TEST_NO_DEPS-}" ] || [ -f build/newest/nginx ]; then
        if sh scripts/newest.sh build/newest/source; then
            make newest > build/newest.log 2>&1 \
                || give_up "the newest nginx does not build: build/newest.log"
            IOATTEST_NEWEST=$PWD/build/newest
            export IOATTEST_NEWEST
        fi
    fi
fi

exec perl scripts/run-tests.pl "$@"
