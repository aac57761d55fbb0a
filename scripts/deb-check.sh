#!/bin/sh
# Packages in fresh systems of Debian: builds, installs, upgrades, removes.
#
#   deb-check.sh [SUITE ...]        bookworm and trixie, unless named
#
# Run as root, with debootstrap. For each suite, in build/deb/SUITE:
#
#   - a system of the packages that are required and no others, kept for the
#     next time as "base";
#   - one with what debian/control says a build needs: there the packages are
#     built without a network, in this version and in a lower one, and lintian
#     looks at them;
#   - one with apt and nginx: the lower version is installed, nginx -t takes
#     conf.example, an answer is verified before the simulated API; so too after
#     the upgrade; after removal and purge nginx runs, and no file is left;
#   - one with git and the sources: what the README begins with, which
#     is scripts/demo.sh, installs what it needs, builds and runs; with DEB_TEST=1
#     so does scripts/test.sh, which takes half an hour.
#
# Packages come from the mirror that apt uses here, or that of DEB_MIRROR.
# DEB_KEEP=1 leaves the systems in place.

set -eu

cd "$(dirname "$0")/.."
top=$(pwd)

give_up() {
    echo "deb-check.sh: $1" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || give_up "only root can do that"
command -v debootstrap >/dev/null || give_up "install debootstrap"

# apt_mirror LABEL: where apt gets Debian, or its security updates
apt_mirror() {
    apt-get indextargets --format '$(ORIGIN)/$(LABEL) $(REPO_URI)' \
        'Created-By: Packages' 2>/dev/null \
        | sed -n "s|^Debian/$1 ||p" | head -n 1
}

mirror=${DEB_MIRROR:-$(apt_mirror Debian)}
[ -n "$mirror" ] || give_up "apt knows no mirror of Debian: name one, DEB_MIRROR"
security=${DEB_MIRROR_SECURITY:-$(apt_mirror Debian-Security)}

step() {
    printf '%s  %s: %s\n' "$(date +%T)" "$suite" "$1"
}

# within ROOT COMMAND ...: in that system, with processes and mounts of its own
within() {
    root=$1
    shift
    unshare --mount --pid --fork --kill-child sh -c '
        mount --make-rprivate /
        mount -t proc proc "$0/proc"
        mount --rbind /dev "$0/dev"
        exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
    ' "$root" "$@"
}

# The same without a network, as nobody in particular.
within_alone() {
    root=$1
    shift
    unshare --net sh -c 'ip link set lo up 2>/dev/null; exec "$@"' sh \
        sh -c '
        root=$1; shift
        unshare --mount --pid --fork --kill-child sh -c "
            mount --make-rprivate /
            mount -t proc proc \"\$0/proc\"
            mount --rbind /dev \"\$0/dev\"
            exec chroot --userspec=65534:65534 \"\$0\" env -i \
                PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/nonexistent \
                LC_ALL=C.UTF-8 \"\$@\"
        " "$root" "$@"
    ' sh "$root" "$@"
}

apt() {
    root=$1
    shift
    within "$root" apt-get -q -y -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root \
        -o Acquire::Retries=3 --no-install-recommends "$@"
}

make_base() {
    rm -rf "$work/base" "$work/base.new"
    # what it mounts ends with it
    unshare --mount sh -c 'mount --make-rprivate / && exec "$@"' sh \
        debootstrap --variant=minbase "$suite" "$work/base.new" "$mirror" \
        || return 1
    {
        echo "deb $mirror $suite main"
        [ -z "$security" ] || echo "deb $security $suite-security main"
    } > "$work/base.new/etc/apt/sources.list"
    cp /etc/resolv.conf "$work/base.new/etc/resolv.conf"

    # nothing is started by installing it, and no write waits for the disk
    printf '#!/bin/sh\nexit 101\n' > "$work/base.new/usr/sbin/policy-rc.d"
    chmod 755 "$work/base.new/usr/sbin/policy-rc.d"
    echo force-unsafe-io > "$work/base.new/etc/dpkg/dpkg.cfg.d/unsafe-io"
    apt "$work/base.new" update && mv "$work/base.new" "$work/base"
}

# fresh NAME: a system of that name, as "base" is
fresh() {
    rm -rf "$work/$1"
    cp -a --one-file-system "$work/base" "$work/$1"
}

# build RELEASE INTO: the packages of $tree with this part of the version
build() {
    sed -i "1s/-[0-9.]*~/-$1~/" "$work/builder/build/ioattest-$version/debian/changelog"
    within_alone "$work/builder" sh -c "
        set -e
        [ \$(wc -l < /proc/net/route) -le 1 ] || { echo 'a network'; exit 1; }
        cd /build/ioattest-$version && rm -f debian/files
        dpkg-buildpackage -us -uc -ui $3" \
        || return 1
    mkdir -p "$work/$2"
    mv "$work/builder/build"/ioattest_*-"$1"~* "$work/builder/build"/*.deb \
        "$work/$2/" && cp "$work/builder/build"/*.orig.tar.* "$work/$2/"
}

# What a system with the packages can do: RELEASE is the version that is there.
works() {
    got=$(within "$work/system" \
        dpkg-query -W -f '${Version} ' libnginx-mod-http-ioattest \
        ioattest-tools ioattest-doc) || return 1
    for one in $got; do
        case $one in
            *-"$1"~deb*) ;;
            *) echo "versions: $got"; return 1 ;;
        esac
    done
    within "$work/system" /src/debian/tests/conf || return 1
    within "$work/system" /src/debian/tests/answer || return 1
    tool=$(sed -n 's/^Test-Command: //p' debian/tests/control)
    within "$work/system" sh -c "cd /src && { $tool; }" || return 1
    within "$work/system" sh -c 'for command in attest audit pin report rim; do
        ioattest $command --help > /dev/null || exit 1
        test -s /usr/share/man/man1/ioattest-$command.1.gz || exit 1
    done'
}

nginx_runs() {
    within "$work/system" sh -c '
        nginx -t && nginx && sleep 1 && curl -sf -o /dev/null http://127.0.0.1:80/
        status=$?
        nginx -s quit; sleep 1
        exit $status'
}

left_behind() {
    find "$work/system" -xdev \( -path "$work/system/src" \
        -o -path "$work/system/debs" -o -path "$work/system/proc" \
        -o -path "$work/system/tmp" -o -path "$work/system/var/log" \
        -o -path "$work/system/var/lib/apt" \
        -o -path "$work/system/var/cache" \) -prune \
        -o -name '*ioattest*' -print
}

failed() {
    step "FAILED: $1 (what was said is in $log)"
    tail -n 25 "$log"
    bad=1
    return 1
}

# what a build needs, and the sources
make_builder() {
    fresh builder
    mkdir "$work/builder/build"
    cp -r "$work/source/." "$work/builder/build/"
    chown -R 65534:65534 "$work/builder/build"
    apt "$work/builder" update \
        && apt "$work/builder" install build-essential lintian \
        && apt "$work/builder" build-dep "/build/ioattest-$version"
}

# Sources follow the policy of the newest suite, which an older lintian does not
# know.
lint() {
    status=0
    rm -rf "$work/builder/new"
    cp -r "$work/new" "$work/builder/new"
    within "$work/builder" sh -c '
        lintian --allow-root --fail-on error,warning --display-info \
            --suppress-tags newer-standards-version /new/*.changes' > "$work/lintian" 2>&1 || status=$?
    cat "$work/lintian"
    return $status
}

# what an operator's machine has before, with what the packages recommend
make_system() {
    fresh system
    mkdir -p "$work/system/src" "$work/system/debs"
    cp -r "$work/new" "$work/old" "$work/system/debs/"
    cp -r "$work/source/ioattest-$version/." "$work/system/src/"
    rm -f "$work/system/debs"/*/*dbgsym*
    apt "$work/system" update \
        && apt "$work/system" install nginx ca-certificates curl \
            python3 python3-cryptography
}

# install old|new RELEASE: and see whether it works
install() {
    within "$work/system" sh -c "apt-get -q -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 install /debs/$1/*.deb" && works "$2"
}

# take_away remove|purge
take_away() {
    apt "$work/system" "$1" libnginx-mod-http-ioattest ioattest-tools \
        ioattest-doc && nginx_runs
}

# What the README begins with, where nothing is installed.
make_first() {
    fresh first
    mkdir "$work/first/src"
    cp -r "$work/source/ioattest-$version/." "$work/first/src/"

    # npm's, where a proxy of the company's stands before its registry
    if [ -n "${NODE_EXTRA_CA_CERTS-}" ]; then
        cp "$NODE_EXTRA_CA_CERTS" "$work/first/npm-ca.pem"
    fi

    apt "$work/first" update && apt "$work/first" install git
}

# first SCRIPT: as root, in the sources
first() {
    within "$work/first" sh -c "
        [ ! -f /npm-ca.pem ] || export NODE_EXTRA_CA_CERTS=/npm-ca.pem
        cd /src && sh scripts/$1" < /dev/null
}

try_first() {
    do_step "a system for the README's commands" make_first \
        && do_step "scripts/demo.sh" first demo.sh || return
    [ -z "${DEB_TEST-}" ] || do_step "scripts/test.sh" first test.sh
}

nothing_left() {
    left=$(left_behind)
    [ -z "$left" ] || { echo "left behind: $left"; return 1; }
}

# do_step WHAT COMMAND ...
do_step() {
    step "$1"
    what=$1
    shift
    "$@" >> "$log" 2>&1 || failed "$what"
}

build_both() {
    rm -rf "$work/new" "$work/old"
    do_step "build, without a network" build 1 new '' \
        && do_step "build a lower version" build 0.9 old '-b -nc' \
        && do_step "lintian" lint
}

try_out() {
    do_step "a system with nginx" make_system \
        && do_step "install the lower version" install old 0.9 \
        && do_step "upgrade" install new 1 \
        && do_step "remove" take_away remove \
        && do_step "purge" take_away purge \
        && do_step "nothing is left behind" nothing_left \
        && do_step "install again" install new 1
}

check_suite() {
    work=$top/build/deb/$suite
    log=$work/log
    mkdir -p "$work"
    : > "$log"

    [ -d "$work/base" ] || do_step "debootstrap" make_base || return

    tree=$(sh scripts/deb.sh --tree --suite "$suite" "$work/source")
    version=${tree##*-}

    do_step "what a build needs" make_builder && build_both && try_out \
        && try_first \
        || return

    [ -n "${DEB_KEEP-}" ] || rm -rf "$work/builder" "$work/system" \
        "$work/first"
    step "passed"
    passed=$((passed + 1))
}

bad=0
passed=0

for suite in "${@:-bookworm trixie}"; do
    for suite in $suite; do
        check_suite || true
    done
done

echo "$passed passed, $bad failed"
exit $bad
