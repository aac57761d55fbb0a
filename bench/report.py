#!/usr/bin/python3
"""What verifying an attestation report with 8 GPUs and a quote costs.

  report.py [--max RATIO]      after make build/bench_report

Asks the simulator for the report, and runs bench_report on it, with reference
values that have what the GPUs measure.
"""
import base64
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NONCE = bytes(range(32)).hex()


def post(port, path, body):
    return urllib.request.urlopen(urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(),
        {"Content-Type": "application/json"})).read()


def start_sim(where):
    """(process, port): a simulator, with what is to be trusted in WHERE."""
    sim = subprocess.Popen([sys.executable, TOP + "/t/lib/sim/sim.py",
                            "--port", "0", "--machines", "1"],
                           stdout=subprocess.PIPE, text=True)
    for line in sim.stdout:
        if line.startswith("ready "):
            port = int(line.split()[1])
            break
    else:
        sys.exit("the simulator does not start")
    for name in ("cpu.pem", "gpu.pem"):
        with open(f"{where}/{name}", "wb") as f:
            f.write(urllib.request.urlopen(
                f"http://127.0.0.1:{port}/_sim/roots/{name}").read())
    return sim, port


def seen(evidence):
    """(values, records): what a GPU measures, and says of itself."""
    values, records, at = {}, {}, 45
    for _ in range(evidence[41]):
        index, size = evidence[at], struct.unpack_from("<H", evidence,
                                                       at + 5)[0]
        values[index - 1] = evidence[at + 7:at + 7 + size].hex()
        at += 7 + size
    end = at + 34 + struct.unpack_from("<H", evidence, at + 32)[0]
    at += 34
    while at < end:
        kind, size = struct.unpack_from("<HH", evidence, at)
        records[kind] = evidence[at + 4:at + 4 + size]
        at += 4 + size
    return values, records


def references(reply):
    """A file of reference values that every GPU of the reply meets."""
    gpu = json.loads(reply)["gpu"]["evidence_list"][0]
    values, records = seen(base64.b64decode(gpu["evidence"]))
    word = {n: records[n].replace(b"\0", b"").decode() for n in (3, 15, 17, 18)}
    b = records[6]
    vbios = ".".join(f"{b[i]:02X}" for i in (3, 2, 1, 0, 4))
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 9e6))
    rims = [{"kind": kind, "chip": "GH100", "rim": rim, "id": name,
             "sha256": sha * 32, "not_after": until, "min_svn": {},
             "measurements": {str(i): [values[i]] for i in indices}}
            for kind, rim, name, sha, indices in (
                ("driver", word[3], "NV_GPU_DRIVER_GH100_" + word[3], "d1",
                 [7, *range(21, 41)]),
                ("vbios", vbios, "_".join(
                    ["NV_GPU_VBIOS", word[17], word[18], word[15],
                     vbios.replace(".", "")]), "f1",
                 [*range(7), *range(8, 13)]))]
    return json.dumps({"version": 1, "rims": rims})


def main(options, where):
    sim, port = start_sim(where)
    try:
        post(port, "/_sim/set", {"evidence": "tdx", "gpus": 8})
        models = json.load(urllib.request.urlopen(
            f"http://127.0.0.1:{port}/v1/models"))["data"]
        reply = post(port, "/v1/private/attestation",
                     {"model_id": models[0]["model_id"], "nonce": NONCE})
    finally:
        sim.terminate()
        sim.wait()
    with open(where + "/reply", "wb") as f:
        f.write(reply)
    with open(where + "/references", "w") as f:
        f.write(references(reply))
    return subprocess.call([TOP + "/build/bench_report"] + [
        f"{where}/{name}" for name in ("reply", "cpu.pem", "gpu.pem",
                                       "references")] + options)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(sys.argv[1:], temporary))
