#!/bin/sh
# Writes the list behind /v1/models of ioattest-clients.conf: of the API's
# models those that can be attested. For cron: where anything is wrong the list
# that is there stays, and the exit status is 1.
#
#   refresh-models.sh [FILE [KEYFILE]]
#
#   FILE      /etc/nginx/ioattest/models.json
#   KEYFILE   /etc/nginx/ioattest/key.conf, with ioattest_authorization "..."; if
#             it is not there, no key is sent
#
# IOATTEST_API_URL is another API than https://api.intelligence.io.net. Needs
# curl and jq. The key is in no argument, which other users could see.

set -eu

file=${1:-/etc/nginx/ioattest/models.json}
key=${2:-/etc/nginx/ioattest/key.conf}
api=${IOATTEST_API_URL:-https://api.intelligence.io.net}

new=$(mktemp "$file.XXXXXX")
trap 'rm -f "$new" "$new.list"' EXIT
trap 'exit 1' HUP INT TERM

{ [ ! -f "$key" ] || sed -n \
    's/^ *ioattest_authorization *"\(Bearer [^"]*\)".*/Authorization: \1/p' "$key"
} | curl -fsS --max-time 60 --max-filesize 4194304 -H @- -o "$new.list" \
        "$api/v1/models"

jq -ce '{object: "list", data: [.data[] | select(.supports_attestation == true)]}
        | select(.data | length > 0)' "$new.list" > "$new" || {
    echo "refresh-models.sh: the API's list has no model that can be attested" >&2
    exit 1
}

chmod 644 "$new"
mv "$new" "$file"
