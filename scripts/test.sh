#!/bin/sh
# Everything: dependencies, build, unit tests, laws, the module under nginx.
#
#   test.sh [t/file.t ...]      all, or the module's tests in these files alone
#
# The last line is "N passed, N failed", with ", N skipped" where any was.
#
#   TEST_JOBS             how many test files run at once; as many as processors
#   TEST_NO_DEPS=1        install nothing
#   TEST_KEEP=1           keep the servers' directories, and say where they are
#   TEST_NGINX_BINARY, TEST_NGINX_LOAD_MODULES
#                         another nginx, and the module built for it
#   NGX_SRC, CC, CFLAGS   as make takes them

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

if [ -z "${TEST_NO_DEPS-}" ]; then
    sh scripts/deps.sh || give_up "not all that is needed could be installed"
fi

make all unit || give_up "it does not build"

exec perl scripts/run-tests.pl "$@"
