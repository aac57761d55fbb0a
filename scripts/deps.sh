#!/bin/sh
# Installs what building and testing need, on Debian 12 or 13.
#
#   deps.sh [client] [fuzz] [lint] [modules] [browser] [bench]
#                               with "client" also packages for OpenAI's client,
#                               with "fuzz" those for building the fuzzers,
#                               with "lint" those for make lint,
#                               with "modules" nginx's modules for Lua, njs and
#                               Perl, for t/foreign.t,
#                               with "browser" Chromium, for
#                               t/status_browser.t; it is large,
#                               with "bench" what make bench compares with
#
# Quickly ends if everything is installed. A newly installed nginx is neither
# left running nor enabled.

set -eu

packages="bash ca-certificates curl gcc jq libc6-dev libcjson-dev
    libcurl4-openssl-dev libpcre2-dev libsecp256k1-dev libssl-dev libxml2-dev make nghttp2-client
    nginx nginx-dev openssl perl pkg-config procps python3
    python3-cryptography python3-yaml valgrind libc6-dbg xmlsec1 zlib1g-dev"

for more in "$@"; do
    case $more in
    client)
        # a Node.js from elsewhere includes npm, and conflicts with Debian's
        if ! { command -v node && command -v npm; } >/dev/null 2>&1; then
            packages="$packages nodejs npm"
        fi
        ;;
    fuzz)
        packages="$packages clang"
        ;;
    lint)
        packages="$packages clang-tidy cppcheck"
        ;;
    modules)
        packages="$packages libnginx-mod-http-ndk libnginx-mod-http-lua
            libnginx-mod-http-js libnginx-mod-http-perl"
        ;;
    browser)
        command -v chromium >/dev/null 2>&1 || packages="$packages chromium"
        ;;
    bench)
        packages="$packages libnginx-mod-http-ndk libnginx-mod-http-lua
            linux-perf nettle-dev python3-pycryptodome python3-uvloop"
        ;;
    *)
        echo "deps.sh: what is \"$more\"?" >&2
        exit 2
        ;;
    esac
done

if ! command -v apt-get >/dev/null 2>&1; then
    echo "deps.sh: this is no Debian; what is needed goes there by the names" \
         $packages >&2
    exit 0
fi

is_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

missing=
for package in $packages; do
    is_installed "$package" || missing="$missing $package"
done

if [ -z "$missing" ]; then
    exit 0
fi

echo "deps.sh: installing$missing"

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1; then
    as_root=sudo
else
    echo "deps.sh: only root can do that: apt-get install$missing" >&2
    exit 1
fi

# While this file exists, no installed service is started; port 80 may be in
# use. If it exists already it is left in place.

policy=/usr/sbin/policy-rc.d
own_policy=no

clean_up() {
    if [ $own_policy = yes ]; then
        $as_root rm -f "$policy"
        own_policy=no
    fi
}

trap clean_up EXIT
trap 'exit 1' HUP INT TERM

if [ ! -e "$policy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod 755 "$policy"
fi

new_nginx=no
case " $missing " in
    *" nginx "*) new_nginx=yes ;;
esac

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

apt() {
    $as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -q -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@"
}

apt update
apt install -y --no-install-recommends $missing

if [ $new_nginx = yes ]; then
    if [ $own_policy = no ] && command -v service >/dev/null 2>&1; then
        $as_root service nginx stop >/dev/null 2>&1 || true
    fi
    if command -v systemctl >/dev/null 2>&1; then
        $as_root systemctl --quiet disable nginx >/dev/null 2>&1 || true
    fi
    echo "deps.sh: nginx is installed, and neither runs nor is enabled"
fi
