#!/bin/sh
# Demonstrates the module: builds it, and runs nginx in front of a simulated
# API, all on this machine. Exits non-zero if anything is not as expected.

set -eu

cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
export PATH

sh scripts/deps.sh
make module

top=$(pwd)
dir=$(mktemp -d)
chmod 755 "$dir"
mkdir "$dir/logs" "$dir/tmp"
sim=
nginx=
bad=0

clean_up() {
    for pid in $nginx $sim; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$dir"
}

trap clean_up EXIT
trap 'exit 1' HUP INT TERM

python3 t/lib/sim/sim.py --port 0 --machines 4 > "$dir/sim.out" 2>&1 &
sim=$!

n=0
until api=$(sed -n 's/^ready //p' "$dir/sim.out") && [ -n "$api" ]; do
    n=$((n + 1))
    if [ $n -gt 100 ]; then
        cat "$dir/sim.out" >&2
        echo "demo.sh: the simulated API does not start" >&2
        exit 1
    fi
    sleep 0.1
done

port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')

cat > "$dir/nginx.conf" <<EOF
load_module $top/build/ngx_http_ioattest_module.so;
daemon off;
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/logs/error.log;
events { }
http {
    access_log off;
    client_body_temp_path $dir/tmp/body;
    proxy_temp_path $dir/tmp/proxy;
    fastcgi_temp_path $dir/tmp/fastcgi;
    uwsgi_temp_path $dir/tmp/uwsgi;
    scgi_temp_path $dir/tmp/scgi;
    ioattest_zone io:1m;
    ioattest_ssl_verify off;
    client_body_buffer_size 1m;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    server {
        listen 127.0.0.1:$port;
        location /v1/private/ {
            ioattest zone=io;
            ioattest_cpu off;
            ioattest_gpu off;
            ioattest_request /_ioattest/attestation;
            ioattest_models /_ioattest/models;
            proxy_pass http://127.0.0.1:$api;
        }
        location = /_ioattest/attestation {
            internal;
            proxy_pass http://127.0.0.1:$api/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass http://127.0.0.1:$api/v1/models;
        }
        location = /ioattest_status { ioattest_status; }
    }
}
EOF

nginx -e "$dir/logs/error.log" -p "$dir" -c "$dir/nginx.conf" &
nginx=$!

n=0
until curl -s -o /dev/null "http://127.0.0.1:$port/ioattest_status"; do
    n=$((n + 1))
    if [ $n -gt 100 ]; then
        cat "$dir/logs/error.log" >&2
        echo "demo.sh: nginx does not start" >&2
        exit 1
    fi
    sleep 0.1
done

# ask TITLE STATUS WANTED MODEL MORE [HEADER]
ask() {
    echo
    echo "== $1"
    : > "$dir/logs/error.log"
    curl -s -m 30 -D "$dir/head" -o "$dir/body" \
        -H 'Content-Type: application/json' -H "${6:-X-None: 1}" \
        -d "{\"model\":\"$4\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]$5}" \
        "http://127.0.0.1:$port/v1/private/completions" || true
    head -n 1 "$dir/head" | tr -d '\r'
    cat "$dir/body"
    echo
    grep -o 'ioattest: .*' "$dir/logs/error.log" | sed 's/, client: .*//' \
        | sed 's/^/log: /' || true

    if ! head -n 1 "$dir/head" | grep -q " $2" \
        || ! grep -q "$3" "$dir/body"
    then
        echo "NOT AS EXPECTED: wanted status $2 and $3"
        bad=1
    fi
}

llama=meta-llama/Llama-3.3-70B-Instruct
qwen=Qwen/Qwen3-32B

ask "A good answer: the machine is attested, the signature verifies" \
    200 'echo: hello' $llama ''
ask "One bit of the signature is flipped on the way: refused" \
    502 '"attestation_error"' $llama '' 'X-Sim: sig_flip'
ask "One byte of the answer is changed on the way: refused" \
    502 '"response_hash_mismatch"' $llama '' 'X-Sim: flip_body'
ask "An event stream flows, and its end is held until it verifies" \
    200 '^data: \[DONE\]' $llama ',"stream":true'
ask "A word of a stream is changed: it ends in an error, not in [DONE]" \
    200 '^event: error' $llama ',"stream":true' 'X-Sim: tamper_line=2'

curl -s -o /dev/null -d '{"attest":"nonce_wrong"}' \
    "http://127.0.0.1:$api/_sim/set"
ask "Another model, whose attestation has a wrong nonce: no prompt is sent" \
    502 '"nonce_mismatch"' $qwen ''

# five prompts were passed on, the sixth was not
if ! curl -s "http://127.0.0.1:$api/_sim/stats" \
    | grep -q '"completions":{"total":5,'
then
    echo "NOT AS EXPECTED: the simulated API got other than five prompts"
    bad=1
fi

echo
echo "== The status page counts them"
curl -s "http://127.0.0.1:$port/ioattest_status" > "$dir/status"
grep -o '"responses":{[^}]*}}' "$dir/status" > "$dir/part" || bad=1
head -n 1 "$dir/part"
grep -q '"verified":2,' "$dir/status" || { echo "NOT AS EXPECTED"; bad=1; }

echo
if [ $bad != 0 ]; then
    echo "The demonstration did not go as expected."
    exit 1
fi
echo "All as expected."
