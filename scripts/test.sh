#!/bin/sh
# Everything: dependencies, build, unit tests, laws, the module under nginx.
#
#   test.sh [t/file.t ...]      all, or the module's tests in these files alone
#
# The last line is "N passed, N failed", with ", N skipped" where any was.
#
#   TEST_JOBS             how many test files run at once; as many as processors
#   TEST_KEEP=1           keep the servers' directories, and say where they are
#   TEST_NGINX_BINARY, TEST_NGINX_LOAD_MODULES
#                         another nginx, and the module built for it
#   NGX_SRC, CC, CFLAGS   as make takes them

set -eu

cd "$(dirname "$0")/.."

# where Debian has nginx, for those who are not root
PATH=$PATH:/usr/sbin:/sbin
export PATH

if [ "${TEST_NO_DEPS-}" = "" ]; then
    sh scripts/deps.sh
fi

if ! make all unit; then
    echo "0 passed, 1 failed"
    exit 1
fi

exec perl scripts/run-tests.pl "$@"
