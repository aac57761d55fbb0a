#!/bin/sh
# Demonstrates the module: builds it, and runs nginx in front of a simulated
# API with TLS, all on this machine. Exits non-zero if anything is not as
# expected. All that the steps print is in build/demo.log.
#
# In a terminal the gateway stays until Enter is pressed, for five minutes at
# most, so that its status page can be opened. build/demo-status.html is that
# page as it was at the end.

set -eu

cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
export PATH

top=$(pwd)
mkdir -p build
log=$top/build/demo.log
: > "$log"
dir=$(mktemp -d)
chmod 755 "$dir"
mkdir "$dir/logs" "$dir/tmp" "$dir/tls"
started=
bad=0

clean_up() {
    for pid in $started; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$dir"
}

trap clean_up EXIT
trap 'exit 1' HUP INT TERM

give_up() {
    echo "failed"
    echo
    tail -n 20 "$log"
    echo
    echo "demo.sh: $1; all that was printed is in build/demo.log" >&2
    exit 1
}

# step TEXT COMMAND ...: a line with what it took, and no other
step() {
    printf '  %-58s ' "$1"
    echo "== $1" >> "$log"
    begin=$(date +%s)
    shift
    "$@" >> "$log" 2>&1 || give_up "this step failed"
    echo "$(($(date +%s) - begin)) s"
}

# soon COMMAND ...: until it succeeds, for ten seconds
soon() {
    n=0
    until "$@" > /dev/null 2>&1; do
        n=$((n + 1))
        [ $n -lt 100 ] || return 1
        sleep 0.1
    done
}

# two ports that nobody has
free_ports() {
    python3 -c 'import socket
both = [socket.socket(), socket.socket()]
for s in both:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in both))'
}


# --- the API: machines with evidence, and a server with TLS before them ----

certificates() {
    cat > "$dir/tls/names" <<EOF
[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical, CA:TRUE
[server]
basicConstraints = CA:FALSE
subjectAltName = DNS:api.example.com
EOF
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -days 2 -config "$dir/tls/names" -extensions ca -subj '/CN=demo CA' \
        -keyout "$dir/tls/ca.key" -out "$dir/tls/ca.pem"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -config "$dir/tls/names" -subj /CN=api.example.com \
        -keyout "$dir/tls/api.key" -out "$dir/tls/api.csr"
    openssl x509 -req -days 2 -in "$dir/tls/api.csr" -CA "$dir/tls/ca.pem" \
        -CAkey "$dir/tls/ca.key" -CAcreateserial \
        -extfile "$dir/tls/names" -extensions server -out "$dir/tls/api.pem"
}

simulated_api() {
    certificates
    python3 t/lib/sim/sim.py --write-roots "$dir/tls"
    python3 t/lib/sim/sim.py --port 0 --machines 2 > "$dir/sim.out" 2>&1 &
    started="$started $!"

    if ! soon grep -q '^ready ' "$dir/sim.out"; then
        cat "$dir/sim.out"
        return 1
    fi
    api=$(sed -n 's/^ready //p' "$dir/sim.out")
    set_api '{"evidence":"tdx","gpus":8}'
    curl -sS -f "http://127.0.0.1:$api/_sim/evidence" > "$dir/evidence"
}

set_api() {
    curl -sS -f -o /dev/null -d "$1" "http://127.0.0.1:$api/_sim/set"
}

# What this deployment measures, as "ioattest inspect" shows it.
policy() {
    cat > "$dir/policy.json" <<EOF
{
  "tdx": {"mr_td": ["$(measured mr_td)"], "rtmr0": ["$(measured rtmr0)"],
          "rtmr1": ["$(measured rtmr1)"], "rtmr2": ["$(measured rtmr2)"]},
  "gpu": {"arch": ["HOPPER"], "count": 8}
}
EOF
}

measured() {
    grep -o "\"$1\":\"[0-9a-f]*\"" "$dir/evidence" | cut -d '"' -f 4
}


# --- the gateway -----------------------------------------------------------

gateway() {
    policy
    port=$(free_ports)
    tls_port=${port#* }
    port=${port% *}
    cat > "$dir/nginx.conf" <<EOF
load_module $top/build/ngx_http_ioattest_module.so;
daemon off;
worker_processes 1;
pid $dir/nginx.pid;
error_log $dir/logs/error.log info;
events { }
http {
    access_log off;
    client_body_temp_path $dir/tmp/body;
    proxy_temp_path $dir/tmp/proxy;
    fastcgi_temp_path $dir/tmp/fastcgi;
    uwsgi_temp_path $dir/tmp/uwsgi;
    scgi_temp_path $dir/tmp/scgi;
    proxy_http_version 1.1;

    # the API
    server {
        listen 127.0.0.1:$tls_port ssl;
        ssl_certificate     $dir/tls/api.pem;
        ssl_certificate_key $dir/tls/api.key;
        proxy_set_header Connection "";
        location / { proxy_pass http://127.0.0.1:$api; }
    }

    # the gateway
    ioattest_zone io:4m;
    upstream io_private { server 127.0.0.1:$tls_port; keepalive 4; }
    upstream io_attest  { server 127.0.0.1:$tls_port; }

    server {
        listen 127.0.0.1:$port;
        proxy_ssl_server_name on;
        proxy_ssl_name api.example.com;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $dir/tls/ca.pem;
        proxy_ssl_session_reuse off;
        proxy_set_header Connection "";
        client_max_body_size    1m;
        client_body_buffer_size 1m;

        location /v1/private/ {
            ioattest            zone=io;
            ioattest_cpu        tdx;
            ioattest_request    /_ioattest/attestation;
            ioattest_models     /_ioattest/models;
            ioattest_collateral /_ioattest/intel/;
            ioattest_policy     $dir/policy.json;
            ioattest_cpu_trusted_certificate $dir/tls/cpu.pem;
            ioattest_gpu_trusted_certificate $dir/tls/gpu.pem;
            proxy_pass https://io_private;
        }
        location = /_ioattest/attestation {
            internal;
            proxy_pass https://io_attest/v1/private/attestation;
        }
        location = /_ioattest/models {
            internal;
            proxy_pass https://io_attest/v1/models;
        }
        location /_ioattest/intel/ {
            internal;
            proxy_pass https://io_attest/;
        }
        location = /ioattest_status { ioattest_status; }
    }
}
EOF

    nginx -e "$dir/logs/error.log" -p "$dir" -c "$dir/nginx.conf" &
    started="$! $started"
    status="http://127.0.0.1:$port/ioattest_status"

    if ! soon curl -s -f "$status"; then
        cat "$dir/logs/error.log"
        return 1
    fi
}


# --- what is shown ---------------------------------------------------------

# wrong TEXT: what this demonstration did not expect
wrong() {
    echo "  NOT AS EXPECTED: $1"
    bad=1
}

# ask STATUS WANTED MODEL MORE [HEADER]: the answer and the log line
ask() {
    : > "$dir/logs/error.log"
    curl -s -m 60 -D "$dir/head" -o "$dir/body" \
        -H 'Content-Type: application/json' -H "${5:-X-None: 1}" \
        -d "{\"model\":\"$3\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]$4}" \
        "http://127.0.0.1:$port/v1/private/completions" || true
    cat "$dir/logs/error.log" >> "$log"

    printf '  < %s\n' "$(head -n 1 "$dir/head" | tr -d '\r')"
    grep . "$dir/body" | sed 's/{"id".*"choices"/{ ... "choices"/' \
        | cut -c 1-74 | sed 's/^/  < /'
    logged refused

    if ! head -n 1 "$dir/head" | grep -q " $1" \
        || ! grep -q "$2" "$dir/body"
    then
        wrong "wanted status $1 and $2"
    fi
}

# logged VERB: the first such line of the log, folded; of long numbers, as the
# ids of GPUs, the two ends
logged() {
    grep -o "ioattest: $1 .*" "$dir/logs/error.log" | head -n 1 \
        | sed 's/, client: .*//; s/, background: .*//; s/ while .*//' \
        | sed 's/\<\([0-9]\{4\}\)[0-9]\{30,\}\([0-9]\{4\}\)\>/\1..\2/g' \
        | fold -s -w 72 | sed 's/ *$//; 1s/^/  log: /; 2,$s/^/       /'
}

# What the evidence of a machine is verified for, as the tool says it of a
# reply that was asked for here.
checks() {
    nonce=$(openssl rand -hex 32)
    curl -sS -f -H 'Content-Type: application/json' -o "$dir/reply.json" \
        -d "{\"model_id\":\"$1\",\"nonce\":\"$nonce\"}" \
        "http://127.0.0.1:$api/v1/private/attestation"
    build/ioattest report "$dir/reply.json" --nonce "$nonce" \
        --cpu-roots "$dir/tls/cpu.pem" --gpu-roots "$dir/tls/gpu.pem" \
        --policy "$dir/policy.json" > "$dir/checks" || true
    cat "$dir/checks" >> "$log"
    head -n 1 "$dir/checks" | grep -q '^verified$' \
        || wrong "the tool does not verify the same machine"
    sed -n 's/^passed  *//p' "$dir/checks" | cut -c 1-70 > "$dir/passed"
}

# some PATTERN ...: the first checks of that name
some() {
    for name in "$@"; do
        grep -m 1 "^$name\([:.]\|$\)" "$dir/passed" | sed 's/^/    /'
    done
}

echo "ioattest: a demonstration with a simulated API, on this machine alone"
echo
step "what is missing is installed" sh scripts/deps.sh
step "module, library and command line tool are built" make all
step "an API with TLS: machines with Intel TDX and 8 NVIDIA GPUs" simulated_api
step "nginx with ioattest in front of it" gateway

llama=meta-llama/Llama-3.3-70B-Instruct
qwen=Qwen/Qwen3-32B
llama_id=$(curl -s "http://127.0.0.1:$api/v1/models" \
    | grep -o "\"name\":\"$llama\",\"model_id\":\"[^\"]*" | cut -d '"' -f 8)

echo
echo "A prompt: first a machine of the model is attested, then the answer verified"
ask 200 'echo: hello' $llama ''
logged attested
grep -q 'ioattest: attested' "$dir/logs/error.log" \
    || wrong "no machine was attested"

echo
checks "$llama_id"
total=$(wc -l < "$dir/passed")
each=$(grep -c '^gpu\.0\.' "$dir/passed")
echo "What was checked of the machine, $total checks, by \"ioattest report\":"
some reply.nonce tdx.pck_chain tdx.qe_report_signature tdx.signature \
    tdx.debug tdx.mr_td tdx.rtmr2 cpu.report_data gpu.number gpu.0.nonce \
    gpu.0.chain gpu.0.signature gpu.0.versions
echo "    ... $each for each GPU; and by the gateway also Intel's TCB status"
[ "$each" -gt 5 ] && [ "$(grep -c '^gpu\.7\.' "$dir/passed")" = "$each" ] \
    || wrong "eight GPUs are not in the list"

echo
echo "A stream: it flows, and its end is held until the signature verifies"
ask 200 '^data: \[DONE\]' $llama ',"stream":true'

echo
echo "Lie 1: one byte of an answer is changed on the way"
ask 502 '"response_hash_mismatch"' $llama '' 'X-Sim: flip_body'

echo
echo "Lie 2: a word of a stream is changed: it ends in an error, without [DONE]"
ask 200 '^event: error' $llama ',"stream":true' 'X-Sim: tamper_line=2'
! grep -q 'DONE' "$dir/body" || wrong "[DONE] was passed"

echo
echo "Lie 3: one bit of a TDX quote is changed: no prompt is sent to that model"
set_api '{"attest":"tdx_flip"}'
ask 502 '"cpu_evidence_invalid"' $qwen ''

curl -s "http://127.0.0.1:$api/_sim/stats" > "$dir/stats"
grep -q '"completions":{"total":4,' "$dir/stats" \
    || wrong "the API got other than four prompts"

echo
curl -s "$status" > "$dir/status"
curl -s -H 'Accept: text/html' "$status" > build/demo-status.html
echo "The status counts:"
grep -o '"responses":{[^}]*}}' "$dir/status" | head -n 1 \
    | sed 's/"[a-z_]*":0,//g; s/,"[a-z_]*":0//g; s/"rejected"/\
  &/; s/^/  /'
grep -q '"verified":2,' "$dir/status" \
    || wrong "the status page counts other than two verified"

echo
if [ $bad != 0 ]; then
    echo "The demonstration did not go as expected; see build/demo.log."
    exit 1
fi

echo "All as expected. All that was printed is in build/demo.log, the status page"
echo "as it is now in build/demo-status.html."

if [ -t 0 ] && [ -t 1 ]; then
    echo
    echo "It can be opened now: $status"
    echo "Enter ends this (or five minutes)."
    python3 -c 'import select, sys
select.select([sys.stdin], [], [], 300)'
fi
