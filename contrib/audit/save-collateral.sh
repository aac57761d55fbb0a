#!/bin/sh
# Saves what Intel says today of one kind of TDX platform, as "ioattest report
# --collateral" takes it: Intel serves no old documents, and without those of
# that day a verdict cannot be repeated years later (doc/audit.md).
#
#   save-collateral.sh FMSPC CA DIR       DIR/2026-11-28/tcb_info.json and so on
#
# FMSPC and CA (platform or processor) are in the addresses that "ioattest report
# REPLY --collateral DIR" names while DIR is empty. For cron, daily; a day that
# was saved is left as it is. Needs curl, and verifies nothing: that
# is what report does. In the environment, for mirrors or a PCCS:
#
#   IOATTEST_INTEL_API_URL   https://api.trustedservices.intel.com
#   IOATTEST_INTEL_URL       https://certificates.trustedservices.intel.com
#
# Exit status: 0 saved, 1 not; 2 usage.

set -eu

if [ $# != 3 ]; then
    echo "save-collateral.sh: usage: save-collateral.sh FMSPC CA DIR" >&2
    exit 2
fi

fmspc=$1
ca=$2
day=$3/$(date -u +%F)
api=${IOATTEST_INTEL_API_URL:-https://api.trustedservices.intel.com}
root=${IOATTEST_INTEL_URL:-https://certificates.trustedservices.intel.com}

[ ! -e "$day" ] || exit 0
mkdir -p "$3"
new=$(mktemp -d "$3/.new-XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM

# get FILE URL
get() {
    curl -fsS --max-time 60 --retry 2 --max-filesize 1048576 \
        -D "$new/head" -o "$new/$1" "$2" || exit 1
}

# chain FILE: the issuer chain, which is in the header of the last reply
chain() {
    sed -n 's/^[A-Za-z-]*-Issuer-Chain: *//Ip' "$new/head" \
        | tr -d '\r' | head -n 1 > "$new/$1"
    [ -s "$new/$1" ] || { echo "save-collateral.sh: no $1" >&2; exit 1; }
}

get tcb_info.json "$api/tdx/certification/v4/tcb?fmspc=$fmspc"
chain tcb_info_chain.pem
get qe_identity.json "$api/tdx/certification/v4/qe/identity"
chain qe_identity_chain.pem
get pck_crl.der "$api/sgx/certification/v4/pckcrl?ca=$ca&encoding=der"
get root_crl.der "$root/IntelSGXRootCA.der"
rm "$new/head"

chmod 755 "$new"
mv "$new" "$day"
echo "$day"
