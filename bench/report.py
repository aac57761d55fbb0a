#!/usr/bin/python3
"""What verifying an attestation report with 8 GPUs and a quote costs.

  report.py [--max RATIO]      after make build/bench_report

Asks the simulator for the report, and runs bench_report on it, with reference
values that have what the GPUs measure.
"""
import json
import os
import subprocess
import sys
import tempfile
import urllib.request

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOP + "/t/lib/sim")

from evidence import reference

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
        f.write(reference.file(*reference.rims(
            json.loads(reply)["gpu"]["evidence_list"][0])))
    return subprocess.call([TOP + "/build/bench_report"] + [
        f"{where}/{name}" for name in ("reply", "cpu.pem", "gpu.pem",
                                       "references")] + options)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        sys.exit(main(sys.argv[1:], temporary))
