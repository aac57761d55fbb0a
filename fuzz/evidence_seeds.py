#!/usr/bin/python3
"""Makes the seeds of fuzz_evidence, from what the simulator shows.

  evidence_seeds.py DIR        its format: see fuzz_evidence.c
"""
import base64
import json
import os
import struct
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOP + "/t/lib/sim")
from check import appraise, appraise_ocsp, evidencetest
from evidence import pki

TDX, SNP, LOCAL, NRAS, OCSP, COLLATERAL, KDS = 1, 2, 4, 8, 12, 64, 128
FETCH_OCSP, FETCH_MAX = 10, 58      # as in ioa_evidence.h
PCS = "/tdx/certification/v4/"


def seed(flags, fetch=lambda world, quote, gpu: {}, roots=b"", spec="",
         **settings):
    world = evidencetest.World(**{"gpus": 1, **settings})
    quote, gpu = world.evidence(spec)
    fields = [pki.cpu_roots() + pki.gpu_roots() + roots] + [b""] * (FETCH_MAX + 2)
    for at, data in fetch(world, quote, gpu).items():
        fields[1 + at] = data
    reply = json.dumps({"nonce": evidencetest.NONCE.hex(),
                        "signing_address": world.machine.address,
                        "cpu": {"quote": quote}, "gpu": gpu}).encode()
    return (struct.pack("<BQ", flags, int(time.time()))
            + b"".join(struct.pack("<H", len(f)) + f for f in fields) + reply)


def intel(world, quote, gpu):
    info = world.fetch(PCS + "tcb?fmspc=A0B06F000000")
    qe = world.fetch(PCS + "qe/identity")
    return {0: info[2], 1: qe[2],
            2: world.fetch("/sgx/certification/v4/pckcrl?ca=platform"
                           "&encoding=der")[2],
            3: world.fetch("/IntelSGXRootCA.der")[2],
            FETCH_MAX: info[1]["TCB-Info-Issuer-Chain"].encode(),
            FETCH_MAX + 1: qe[1]["SGX-Enclave-Identity-Issuer-Chain"].encode()}


def early(world, quote, gpu):
    """With what Intel will ask for next."""
    return {**intel(world, quote, gpu),
            8: world.fetch(PCS + "tcb?fmspc=A0B06F000000&update=early")[2],
            9: world.fetch(PCS + "qe/identity?update=early")[2]}


def amd(world, quote, gpu):
    raw = bytes.fromhex(quote)
    return {4: world.kds("Milan", raw[0x1a0:0x1e0], raw[0x180:0x188]),
            5: world.fetch("/vcek/v1/Milan/crl")[2]}


def nvidia(world, quote, gpu):
    return {6: world.fetch("/v4/attest/gpu", json.dumps(gpu).encode())[2],
            7: world.fetch("/.well-known/jwks.json")[2]}


def ocsp(asked=None):
    """Answers about each certificate of each GPU; asked: another world."""
    def answers(world, quote, gpu):
        out, seen = {}, set()
        for i, item in enumerate(gpu["evidence_list"]):
            certs = appraise.load(base64.b64decode(item["certificate"]))
            for k in (1, 2, 3):
                if certs[k] not in seen:
                    seen.add(certs[k])
                    out[FETCH_OCSP + 3 * i + k - 1] = (asked or world).fetch(
                        "/ocsp", appraise_ocsp.request(
                            certs[k], certs[k + 1], evidencetest.NONCE))[2]
        return out
    return answers


SEEDS = {
    "tdx": lambda: seed(TDX | LOCAL, evidence="tdx"),
    "tdx-bound": lambda: seed(TDX | LOCAL, evidence="tdx",
                              report_data="address-nonce"),
    "tdx-collateral": lambda: seed(TDX | COLLATERAL, intel, evidence="tdx",
                                   gpus=0),
    "tdx-early": lambda: seed(TDX | COLLATERAL, early, evidence="tdx", gpus=0,
                              collateral_early="short"),
    "snp": lambda: seed(SNP | KDS, amd, evidence="snp", gpus=0),
    "snp-certs": lambda: seed(SNP, evidence="snp", snp_certs=True, gpus=0),
    "nras": lambda: seed(TDX | NRAS, nvidia, evidence="tdx"),
    "ocsp": lambda: seed(OCSP, ocsp(), evidence="tdx"),
    "ocsp-hold": lambda: seed(OCSP, ocsp(), evidence="tdx", ocsp="ocsp_hold"),
    "wants": lambda: seed(TDX | NRAS | COLLATERAL, evidence="tdx"),
}

if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for name, make in SEEDS.items():
        with open(f"{sys.argv[1]}/{name}", "wb") as f:
            f.write(make())
