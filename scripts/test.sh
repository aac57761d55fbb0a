#!/bin/sh
# Everything: dependencies, build, unit tests, laws, the module under nginx.
#
#   test.sh [t/file.t ...]      all, or the module's tests in these files alone
#
# The last line is "N passed, N failed", with ", N skipped" where any was.
#
#   TEST_JOBS             how many test files run at once; as many as processors
#   TEST_NO_DEPS=1        install nothing
#   CI                    also install nginx's modules for Lua, njs and Perl,
#                         without which t/foreign.t skips those cases
#   IOATTEST_NO_CLIENT=1  go without OpenAI's and Vercel's clients, which npm
#                         installs; else their tests fail where they could
#                         not be installed
#   TEST_KEEP=1           keep the servers' directories, and say where they are
#   TEST_NGINX_BINARY, TEST_NGINX_LOAD_MODULES
#                         another nginx, and the module built for it
#   NGINX_SRC, CC, CFLAGS   as make takes them

set -eu

cd "$(dirname "$0")/.."

# where Debian has nginx, for those who are not root
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
        *ai.t*|*openai*.t*) client=client ;;
    esac
    IOATTEST_NEED_CLIENT=1
    export IOATTEST_NEED_CLIENT
fi

if [ -z "${TEST_NO_DEPS-}" ]; then
    sh scripts/deps.sh $client \
        || give_up "not all that is needed could be installed"

    # Debian enables them for the machine's own nginx: not on anybody's desk
    if [ -n "${CI-}" ]; then
        sh scripts/deps.sh modules || echo "no modules for Lua, njs, Perl" >&2
    fi

    if [ -n "$client" ]; then
        sh t/client/install.sh || echo "the clients are not there" >&2
    fi
fi

make all unit zone-test || give_up "it does not build"

exec perl scripts/run-tests.pl "$@"
