#!/usr/bin/python3
"""Makes the seeds fuzz/seeds/TARGET/made-NAME, of what the simulator shows.

  key_seeds.py DIR

The keys of chips are that of fuzz_key.h, whose private key is 1: with it the
targets sign what was changed.
"""
import base64
import hashlib
import json
import os
import struct
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOP + "/t/lib/sim")
from check import evidencetest
from evidence import der, gpu, keys, nras, pki, snp

NOW = 1750000000                    # of the targets
NONCE = bytes(range(32))


class One(keys.EcKey):
    """The key of fuzz_key.h."""

    def __init__(self):
        super().__init__("", 384)
        self._d = 1
        x, y = self._times_g(1)
        self.xy = self._bytes(x) + self._bytes(y)
        self.public_der = der.seq(
            der.seq(der.oid("1.2.840.10045.2.1"), der.oid("1.3.132.0.34")),
            der.bits(b"\x04" + self.xy))
        self.identifier = hashlib.sha1(b"\x04" + self.xy).digest()


def report(product, signer="vcek", version=3, chip=None):
    """A report with its certificate and the issuer's behind it."""
    made = snp.Report(1, NONCE + bytes(32), version, product, signer)
    made.key = One()
    ask = pki.ask(product, signer == "vlek")
    if signer == "vlek":
        leaf = pki.amd_leaf("SEV-VLEK", made.key, ask, product,
                            snp.extensions(product, made.tcb),
                            csp=snp.VLEK_CSP)
    else:
        leaf = pki.amd_leaf("SEV-VCEK", made.key, ask,
                            product + "-B0" * (product == "Milan"),
                            snp.extensions(product, made.tcb),
                            hwid=chip or snp.hwid(product, made.chip))
    return made.build() + snp.table([(signer, leaf.der), ("ask", ask.der)])


def evidence(arch, fwid=48, **how):
    """Evidence and its chain; the leaf names so many bytes of firmware."""
    device = gpu.device(arch, 0, 0)
    device.leaf = pki.nvidia_leaf(arch, device.phrase, device.fwid[:fwid],
                                  device.brom, key=One())
    device.key = device.leaf.key
    made = gpu.Evidence(device, NONCE, **how)
    out = made.build()
    return struct.pack("<H", len(out)) + out \
        + b"".join(cert.pem for cert in made.chain)


def claims(count, version="3.0"):
    """Claims of a reply, as fuzz_nras reads them."""
    made = nras.Answer(bytes(32).hex(), count, version, 1, NOW,
                       [str(5 + i) for i in range(count)])
    made.overall["submods"] = {name: ["DIGEST", ["SHA-256", "@"]]
                               for name in made.devices}
    return b"s" + b"".join(
        json.dumps(value, separators=(",", ":")).encode() + b"\0"
        for value in (made.overall, *made.devices.values()))


def reply(**settings):
    """An attestation reply with a GPU, under the simulator's own keys."""
    world = evidencetest.World(evidence="tdx", gpus=1, **settings)
    quote, group = world.evidence("")
    return json.dumps({
        "nonce": NONCE.hex(), "signing_address": world.machine.address,
        "cpu": {"quote": quote[:64]}, "gpu": group}).encode()


SEEDS = {
    "snp/made-milan": lambda: report("Milan"),
    "snp/made-genoa-2": lambda: report("Genoa", version=2),
    "snp/made-turin": lambda: report("Turin", version=5),
    "snp/made-vlek": lambda: report("Milan", "vlek"),
    "snp/made-chip": lambda: report("Genoa", chip=der.octets(bytes(64))),
    "snp/made-chip-short": lambda: report("Genoa",
                                          chip=der.octets(bytes(63))),
    "snp/made-vcek-alone": lambda: snp.vcek(
        "Genoa", snp.chip_id("Genoa", 1), snp.TCB).der,
    "spdm/made-hopper": lambda: evidence("HOPPER"),
    "spdm/made-hopper-pcie": lambda: evidence("HOPPER", features="ppcie"),
    "spdm/made-hopper-records": lambda: evidence("HOPPER",
                                                 records="versioned"),
    "spdm/made-blackwell": lambda: evidence("BLACKWELL"),
    "spdm/made-hopper-short": lambda: evidence("HOPPER", 47),
    "spdm/made-blackwell-short": lambda: evidence("BLACKWELL", 47),
    "nras/made-claims-1": lambda: claims(1),
    "nras/made-claims-2": lambda: claims(2, "4.0"),
    "nras/made-ueid": lambda: b"i" + b"4781763792860821866189484457873936473",
    "nras/made-ueid-zero": lambda: b"i0123",
    "report/made-gpu": reply,
    "ocsp/made-request": lambda: b"q" + b"0a1B" * 29,
    "ocsp/made-request-long": lambda: b"q" + b"0a1B" * 31,
}

if __name__ == "__main__":
    for name, make in SEEDS.items():
        os.makedirs(os.path.dirname(f"{sys.argv[1]}/{name}"), exist_ok=True)
        with open(f"{sys.argv[1]}/{name}", "wb") as f:
            f.write(make())
