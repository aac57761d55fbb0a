"""1, 1,000 and 100,000 trusted machines in the zone."""
import json
import os
import sys
import urllib.request

from rig import BUILD, LOAD_MODULE, Load, Rig, answer, post
from samples import made_of

SIZES = (1, 1000, 100000)
EACH = 1000                     # machines of a model
ROUNDS = 15
COUNT = 2500
FILL = BUILD + "/bench_fill.so"


def models(n):
    return max(1, n // EACH)


def listed(name):
    return {"id": name, "object": "model", "name": name,
            "model_id": name + "-id", "supports_attestation": True}


def template(rig, api):
    """An answer in which a signature and a signer are to be filled in."""
    where = rig.where + "/answers"
    os.mkdir(where)
    head, body = answer(api, "size=2048")
    lines = []
    for line in head.splitlines(True):
        name, _, value = line.partition(": ")
        if name == "text":
            with open(where + "/signed.text", "w") as f:
                f.write(value.strip())
        if name == "image_digest":
            continue
        lines.append({"signature": f"signature: {'S' * 130}\r\n",
                      "signing_address": f"signing_address: {'A' * 42}\r\n",
                      }.get(name, line))
    with open(where + "/signed", "wb") as f:
        f.write(f"{''.join(lines)}Content-Length: {len(body)}\r\n\r\n"
                .encode() + body)
    return where


def configuration(rig, up, api):
    zones = "".join(f"ioattest_zone io{n}:{16 + n // 500}m; " for n in SIZES)
    places = "".join(f"""
        location /{n}/ {{ ioattest zone=io{n}; proxy_pass http://u; }}
        location /fill/{n}/ {{ ioattest zone=io{n};
            bench_fill {rig.where}/addresses-{n} {models(n)};
            proxy_pass http://u; }}""" for n in SIZES)
    return f"""
        {zones} ioattest_ssl_verify off;
        upstream u {{ server 127.0.0.1:{up}; keepalive 64;
                      keepalive_requests 100000000; }}
        proxy_http_version 1.1; proxy_set_header Connection "";
        ioattest_cpu off; ioattest_gpu off; ioattest_valid 2h;
        ioattest_background off;
        ioattest_request /a; ioattest_models /m;
        server {{ listen 127.0.0.1:PORT backlog=2048; {places}
          location = /a {{ internal; proxy_pass
            http://127.0.0.1:{api}/v1/private/attestation; }}
          location = /m {{ internal; proxy_pass
            http://127.0.0.1:{api}/v1/models; }}
          location = /status {{ ioattest_status json; }} }}"""


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as reply:
        return reply.read()


def attested(api):
    return json.loads(get(api, "/_sim/stats"))["attestations"]["total"]


def zone(page):
    page.part("Trusted machines in the zone: JSON of 2 KB, each answer by "
              "another machine")
    with Rig() as rig:
        api, _ = rig.sim()
        post(api, "/_sim/set", {"list": [
            listed(f"bench-{i}") for i in range(models(max(SIZES)))]})
        where = template(rig, api)
        all_of_them = rig.where + "/addresses"
        up = rig.upstream(where, max(SIZES), all_of_them)
        with open(all_of_them) as f:
            lines = f.readlines()
        for n in SIZES:
            with open(f"{all_of_them}-{n}", "w") as f:
                f.writelines(lines[:n])
        port, worker = rig.nginx(
            "zone", configuration(rig, up, api),
            f"{LOAD_MODULE} load_module {FILL}; ")
        for n in SIZES:
            get(port, f"/fill/{n}/?fill")
        measure(page, rig, port, worker, api)


def measure(page, rig, port, worker, api):
    rows = {n: [] for n in SIZES}
    looks = {n: [] for n in SIZES}
    before = attested(api)
    for i in range(-1, ROUNDS):
        for n in SIZES if i % 2 else SIZES[::-1]:
            leg = Load(port, f"/{n}/signed-{n}", COUNT, worker,
                       models=models(n))
            get(port, f"/fill/{n}/")
            with open(f"{rig.where}/addresses-{n}.look") as f:
                look = float(f.read()) / 1e3
            if i >= 0:
                rows[n].append(leg.cpu)
                looks[n].append(look)
    for n in SIZES:
        page.figure(f"machines_{n}", rows[n], "us",
                    f"{n:,} trusted: worker CPU of a response")
        page.figure(f"look_{n}", looks[n], "us",
                    f"{n:,} trusted: key and look in the zone alone")
    page.ratio("machines_1000_x", rows[1000], rows[1],
               "CPU with 1,000 machines, divided by that with one")
    page.aim("a response with 100,000 machines beside one", page.ratio(
        "machines_100000_x", rows[100000], rows[1],
        "CPU with 100,000 machines, divided by that with one"), 1.1,
        rest=lambda: (
            "memory that is in no cache: the nodes of nginx's tree on the "
            "way to a machine, each in a page of its own, and the machine; "
            + made_of(
                rig, port, worker, "/1/signed-1",
                f"/{max(SIZES)}/signed-{max(SIZES)}", COUNT,
                (1, models(max(SIZES))))))
    if attested(api) != before:
        sys.exit("machines were attested while the zone was measured")
    page.say("The machines were stored by bench/bench_fill.c, 1,000 for each "
             "model, as attestations store them, and none was attested "
             "meanwhile; each answer is by the next machine in turn, so that "
             "with 100,000 none is found in the processor's cache.")
