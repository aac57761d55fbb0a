#!/bin/sh
# Puts OpenAI's client, Vercel's AI SDK and Phala's quote verifier into
# build/client, as the npm registry has them.
#
# Versions are in package.json, checksums in package-lock.json, which is made
# with "npm install --package-lock-only --omit-lockfile-registry-resolved".
# Where they are there already nothing is done. None of their scripts is run.

set -eu

from=$(cd "$(dirname "$0")" && pwd)
cd "$from/../.."

there=build/client
new=build/client.$$

is_there() {
    [ -f $there/node_modules/openai/package.json ] \
        && [ -f $there/node_modules/ai/package.json ] \
        && [ -f $there/node_modules/@phala/dcap-qvl/package.json ] \
        && cmp -s "$from/package.json" $there/package.json \
        && cmp -s "$from/package-lock.json" $there/package-lock.json
}

if is_there; then
    exit 0
fi

for program in node npm; do
    if ! command -v $program >/dev/null 2>&1; then
        echo "install.sh: there is no $program" >&2
        exit 1
    fi
done

trap 'rm -rf $new' EXIT
trap 'exit 1' HUP INT TERM

mkdir -p $new
cp "$from/package.json" "$from/package-lock.json" $new/

(cd $new && npm ci --ignore-scripts --no-audit --no-fund --no-progress \
    --no-update-notifier --loglevel=error --fetch-retries=3 \
    --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000)

rm -rf $there
mv $new $there
