"""Feeds driver snp, and makes reports and certificates for it, wrong ones too."""

import os
import struct
import subprocess

import minicert as mc
from tap import ok


DRIVER = os.path.join(os.environ.get("CORE_DIR", "build/core"), "driver")

OK = "ok"
INVALID = "cpu_evidence_invalid"
MISSING = "attestation_unavailable"
REVOKED = "revoked"
TCB = "tcb_rejected"

JUNE_2025 = 1750377600
JULY_2026 = 1783000000


def record(report, roots, key=b"", now=JUNE_2025, crl=None,
           flips=b""):
    out = struct.pack("<qB", now, crl is not None)
    for blob in (report, roots, key, crl or b"", flips):
        out += struct.pack("<I", len(blob)) + blob
    return out


def run(records):
    p = subprocess.run([DRIVER, "snp"], input=b"".join(records),
                       stdout=subprocess.PIPE, check=True)
    lines = p.stdout.decode().splitlines()
    assert len(lines) == len(records), (len(lines), len(records))
    return [line.split("\t") for line in lines]


def judge(*args, **kw):
    return run([record(*args, **kw)])[0]


def checks(line):
    return dict(c.split("=") for c in line[-1].split(","))


def failed(line):
    return [k for k, v in checks(line).items() if v == "failed"]


def flips(report, roots, key, now):
    """How many of all single-bit flips of the report are accepted."""
    line = judge(report, roots, key, now=now,
                 flips=b"0-%d\0" % len(report))
    return int(line[0]), int(line[1])


GUIDS = {
    "vcek": "63da758de6644564adc5f4b93be8accd",
    "vlek": "a8074bc2a25a483eaae639c045a0b8a1",
    "ask": "4ab7b379bbac4fe4a02f05aef327c782",
}


def table(**certs):
    head, data = b"", b""
    start = 24 * (len(certs) + 1)
    for kind, cert in certs.items():
        head += bytes.fromhex(GUIDS[kind]) + struct.pack(
            "<II", start + len(data), len(cert))
        data += cert
    return head + bytes(24) + data


OID = "1.3.6.1.4.1.3704.1."
CHIP = bytes(range(1, 65))
LEVEL = {"fmc": 0, "bl": 4, "tee": 1, "snp": 0x17, "ucode": 0xd5}
KEYS = {k: mc.rsa_key() for k in ("ark", "ask", "other")}
KEYS["leaf"] = mc.p384()
KEYS["stranger"] = mc.p384()
KEYS["p256"] = mc.p256()
FMS = {"Milan": (0x19, 0x01, 1), "Genoa": (0x19, 0x11, 1),
       "Turin": (0x1a, 0x02, 1)}


def tcb(level, product):
    if product == "Turin":
        return bytes([level["fmc"], level["bl"], level["tee"], level["snp"],
                      0, 0, 0, level["ucode"]])
    return bytes([level["bl"], level["tee"], 0, 0, 0, 0, level["snp"],
                  level["ucode"]])


def make_report(product="Milan", version=3, signer=0, vmpl=1, policy=0x3001f,
                reported=LEVEL, current=LEVEL, committed=LEVEL, launch=LEVEL,
                chip=None, key="leaf", fms=None, change=None):
    if chip is None:
        chip = CHIP[:8] if product == "Turin" else CHIP
    r = bytearray(1184)
    struct.pack_into("<IIQ", r, 0, version, 7, policy)
    r[0x10:0x30] = bytes(range(32))
    struct.pack_into("<II", r, 0x30, vmpl, 1)
    r[0x38:0x40] = tcb(current, product)
    struct.pack_into("<QI", r, 0x40, 0x25, signer << 2)
    for i in range(0x50, 0x180):
        r[i] = i & 0xff
    r[0x180:0x188] = tcb(reported, product)
    if version >= 3:
        r[0x188:0x18b] = bytes(fms or FMS[product])
    r[0x1a0:0x1a0 + len(chip)] = chip
    r[0x1e0:0x1e8] = tcb(committed, product)
    r[0x1e8:0x1f0] = bytes([0x1d, 0x37, 1, 0, 0x1d, 0x37, 1, 0])
    r[0x1f0:0x1f8] = tcb(launch, product)
    if version >= 5:
        r[0x1f8:0x208] = bytes(range(16))
    for at, value in (change or {}).items():
        r[at] = value
    if key:
        pair = mc.raw_signature(KEYS[key], bytes(r[:0x2a0]))
        for at, n in zip((0x2a0, 0x2a0 + 72), pair):
            r[at:at + 48] = n.to_bytes(48, "little")
    return bytes(r)


def make_roots(product="Milan", ask_serial=7, kind="SEV-", ark="ark"):
    """ASK or ASVK, and ARK."""
    cn = "ARK-" + product
    ask = mc.cert(kind + product, KEYS["ask"], cn, KEYS[ark],
                  mc.extensions_ca(KEYS["ask"], KEYS[ark]), ask_serial)
    root = mc.cert(cn, KEYS[ark], cn, KEYS[ark],
                   mc.extensions_ca(KEYS[ark], KEYS[ark]), 6)
    return ask, root


def make_leaf(product="Milan", vlek=False, level=LEVEL, chip=None, cn=None,
              issuer=None, label=None, ask="ask", version=None, drop=(),
              extra=(), key="leaf", **kw):
    if chip is None:
        chip = CHIP[:8] if product == "Turin" else CHIP
    values = {"1": mc.integer((product == "Turin") if version is None
                              else version),
              "2": mc.tlv(0x16, (label or product + "-B0").encode()),
              "3.1": mc.integer(level["bl"]),
              "3.2": mc.integer(level["tee"]),
              "3.3": mc.integer(level["snp"]),
              "3.4": mc.integer(0), "3.5": mc.integer(0),
              "3.8": mc.integer(level["ucode"])}
    if product == "Turin":
        values["3.9"] = mc.integer(level["fmc"])
    if vlek:
        values["5"] = mc.tlv(0x16, b"CN=test")
    else:
        values["4"] = chip
    values.update(dict(extra))
    exts = [mc.extension(OID + k, v) for k, v in values.items()
            if k not in drop]
    return mc.cert(cn or ("SEV-VLEK" if vlek else "SEV-VCEK"), KEYS[key],
                   issuer or (("SEV-VLEK-" if vlek else "SEV-") + product),
                   KEYS[ask], exts, serial=0, **kw)


def pair(product="Milan", vlek=False):
    ask, ark = make_roots(product, kind="SEV-VLEK-" if vlek else "SEV-")
    return mc.pem(ask) + mc.pem(ark)


def expect(name, line, verdict, check=None):
    ok(line[0] == verdict and failed(line) == ([check] if check else []),
       name, line)
