#!/bin/sh
# Puts OpenAI's client into build/client, as the npm registry has it.
#
# The version is in package.json, its checksum in package-lock.json. Where it
# is there already nothing is done. None of its scripts is run.

set -eu

from=$(cd "$(dirname "$0")" && pwd)
cd "$from/../.."

there=build/client
new=build/client.$$

is_there() {
    [ -f $there/node_modules/openai/package.json ] \
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
