#!/bin/sh
# usage: ioattest-fetch-roots [DIR]
#        ioattest-fetch-roots --by-hand | --help
#
# Gets the vendors' root certificates and compares them.
#
# They are what ioattest and the nginx module trust. Each must have the SHA-256
# fingerprint that is written here, each of those must be there, and anything
# else is refused: then no file is written or changed. So it does not matter
# which way the certificates come. Do not take our word for the fingerprints:
# --by-hand says how to compare.
#
#   DIR         where the files go; default: /etc/nginx/ioattest
#   --by-hand   how to verify the certificates without this program
#   --help
#
# Files:
#   DIR/cpu-roots.pem
#               Intel SGX Root CA; AMD's ARK, ASK and ASVK for Milan, Genoa and
#               Turin (ioattest_cpu_trusted_certificate)
#   DIR/nvidia-root.pem
#               NVIDIA Device Identity CA (ioattest_gpu_trusted_certificate)
#
# Environment:
#   https_proxy, HTTPS_PROXY, no_proxy
#               a proxy, and what does without, as for curl
#   IOATTEST_INTEL_URL
#               a mirror with the same paths, in the place of
#               https://certificates.trustedservices.intel.com
#   IOATTEST_AMD_URL
#               the same for https://kdsintf.amd.com
#   IOATTEST_NVIDIA_URL
#               and for https://raw.githubusercontent.com/NVIDIA/nvtrust/main
#
# Needs curl and openssl.
#
# Exit status: 0 both files are as they should be, 1 something was wrong or could
# not be fetched, 2 usage.

set -eu

LC_ALL=C
export LC_ALL
umask 022

intel=${IOATTEST_INTEL_URL:-https://certificates.trustedservices.intel.com}
amd=${IOATTEST_AMD_URL:-https://kdsintf.amd.com}
nvidia=${IOATTEST_NVIDIA_URL:-https://raw.githubusercontent.com/NVIDIA/nvtrust/main}

# What is fetched: FILE URL, and below each what it must hold: NAME FINGERPRINT.
wanted() {
    cat <<EOF
cpu-roots.pem $intel/Intel_SGX_Provisioning_Certification_RootCA.pem
  Intel-SGX-Root-CA 44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3
cpu-roots.pem $amd/vcek/v1/Milan/cert_chain
  ARK-Milan 69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd
  ASK-Milan 67d303bd3905fd38db8b20e0793699870e7fa612eaad5dec358293fd8c0bac1b
cpu-roots.pem $amd/vlek/v1/Milan/cert_chain
  ARK-Milan 69d063b45344d26a2e94e1f4210de49ef555308287d4c174445c95639a540bcd
  ASVK-Milan c5e081f59b7efab1fe2f8b505e159704e72f29cab7ef7cf628a05a42439082f5
cpu-roots.pem $amd/vcek/v1/Genoa/cert_chain
  ARK-Genoa 4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1
  ASK-Genoa 5464738c1546aed5f2cecf1dc98c5c960a92e8913238a61711bc90ec6e828521
cpu-roots.pem $amd/vlek/v1/Genoa/cert_chain
  ARK-Genoa 4c6598d19c18719c5dfd4a7d335f674e5bfe1d8f800cea2cf270c10d103db2f1
  ASVK-Genoa 197e610743a917d6b9bb982a5a9226ccc0a15b611be0619e626aca9151457372
cpu-roots.pem $amd/vcek/v1/Turin/cert_chain
  ARK-Turin 1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a
  ASK-Turin 5b77ef5fe7a7a004fd9032668fba9d0fda22f88c4442069a479636a6ae3b3185
cpu-roots.pem $amd/vlek/v1/Turin/cert_chain
  ARK-Turin 1f084161a44bb6d93778a904877d4819cafa5d05ef4193b2ded9dd9c73dd3f6a
  ASVK-Turin 104e10a8bd060a3c20a434261a57d0588fd65a88915b4f65b08bdecaf8df1a3c
nvidia-root.pem $nvidia/guest_tools/gpu_verifiers/local_gpu_verifier/src/verifier/certs/verifier_device_root.pem
  NVIDIA-Device-Identity-CA 102bf659d5419614c9d8e6aecebc80454eb26b1df6a769ac720b9a690b167b48
EOF
}

by_hand() {
    cat <<'EOF'
To verify the certificates by hand:

1. Get each from its maker by another way than this script: with a browser, on
   another network, or from software that you trust already and that has it
   built in (Intel's DCAP, AMD's snpguest, NVIDIA's nvtrust).

EOF
    wanted | sed -n 's/^[a-z].* /   /p' | sort -u
    cat <<'EOF'

2. Print the fingerprint of each certificate in it:

   openssl crl2pkcs7 -nocrl -certfile FILE | openssl pkcs7 -print_certs \
       | awk '/BEGIN/ { n++ } n { print > "cert" n ".pem" }'
   for f in cert*.pem; do
       openssl x509 -in $f -noout -subject -fingerprint -sha256
   done

3. Compare with these, and with those in doc/evidence.md:

EOF
    wanted | sed -n 's/^  \([^ ]*\) /   \1 /p' | sort -u \
        | awk '{ printf "   %-26s %s\n", $1, $2 }'
    cat <<'EOF'

4. Signatures can be compared as well: each ASK and ASVK is signed by its ARK.

   openssl verify -CAfile ark.pem ask.pem

ioattest inspect FILE prints the same of certificates, and of all that is in
the files of this script.
EOF
}

complain() {
    echo "fetch-roots.sh: $1" >&2
}

case ${1-} in
    --by-hand) by_hand; exit 0 ;;
    -h|--help) sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) complain "usage: ioattest-fetch-roots [DIR], --by-hand or --help"; exit 2 ;;
esac

[ $# -le 1 ] || { complain "one directory only"; exit 2; }
dir=${1:-/etc/nginx/ioattest}

for program in curl openssl; do
    command -v $program >/dev/null 2>&1 \
        || { complain "$program is not there"; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The certificates of a file of PEM blocks, each into WORK/N.pem; nothing else
# than these and white space may be there.
split_pem() {
    rm -f "$work"/[0-9]*.pem
    tr -d '\r' < "$1" | awk -v to="$work" '
        /^-----BEGIN CERTIFICATE-----$/ { if (inside) exit 1
                                          inside = 1; n++ }
        inside { print > (to "/" n ".pem") }
        /^-----END CERTIFICATE-----$/ { if (!inside) exit 1
                                        inside = 0; next }
        !inside && /[^ \t]/ { bad = 1; exit 1 }
        END { exit bad || inside || n == 0 || n > 8 }'
}

# examine FILE: $print is its fingerprint, and $work/cert is it, written anew;
# $print is empty if it cannot be read.
examine() {
    openssl x509 -in "$1" -fingerprint -sha256 > "$work/cert" 2>/dev/null \
        || : > "$work/cert"
    print=$(sed -n 's/^sha256 Fingerprint=//Ip; 1q' "$work/cert" \
                | tr -d ':\n' | tr A-F a-f)
    [ ${#print} = 64 ] && sed -i 1d "$work/cert" || print=
}

# name_of FINGERPRINT LIST: $name is what the list calls it, or empty
name_of() {
    name=
    while read -r one_name one_print; do
        [ "$one_print" != "$1" ] || name=$one_name
    done <<EOF
$2
EOF
}

# take FILE URL LIST: fetches, compares with LIST (NAME FINGERPRINT a line), and
# adds to WORK/FILE what is not there yet. Returns: 0, 1 if anything is wrong.
take() {
    if ! curl -fsSL --proto '=https,http' --max-time 60 --retry 2 \
        --max-filesize 65536 -o "$work/got" "$2"
    then
        complain "$2: not fetched"
        return 1
    fi

    if ! split_pem "$work/got"; then
        complain "$2: that is not just certificates in PEM"
        return 1
    fi

    found=
    for one in "$work"/[0-9]*.pem; do
        examine "$one"
        name_of "${print:-none}" "$3"

        if [ -z "$print" ] || [ -z "$name" ]; then
            complain "$2: a certificate that is not expected, with SHA-256
    fingerprint ${print:-(it cannot be read)}: refused"
            return 1
        fi

        found="$found $name "
        case $names in
            *" $name "*) continue ;;
        esac

        names="$names $name "
        {
            echo "# $name"
            echo "# SHA-256 $print"
            cat "$work/cert"
        } >> "$work/$1"
        echo "ok: $name"
    done

    while read -r name print; do
        case $found in
            *" $name "*) ;;
            *) complain "$2: $name is not there"
               return 1 ;;
        esac
    done <<EOF
$3
EOF
}

names=
wrong=0
wanted > "$work/wanted"

while read -r file url; do
    list=$(awk -v url="$url" '$1 !~ /\.pem$/ { if (on) print $1, $2; next }
                              { on = ($2 == url) }' "$work/wanted")
    take "$file" "$url" "$list" < /dev/null || wrong=1
done <<EOF
$(grep '^[a-z]' "$work/wanted")
EOF

if [ $wrong != 0 ]; then
    complain "no file was written"
    exit 1
fi

mkdir -p "$dir"
for file in cpu-roots.pem nvidia-root.pem; do
    cp "$work/$file" "$dir/$file.new"
    chmod 644 "$dir/$file.new"
done
for file in cpu-roots.pem nvidia-root.pem; do
    mv "$dir/$file.new" "$dir/$file"
    echo "$dir/$file"
done
