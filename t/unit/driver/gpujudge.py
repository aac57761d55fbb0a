"""Feeds driver gpu, and makes evidence and chains for it, wrong ones too."""

import base64
import os
import struct
import subprocess

import minicert as mc
from tap import ok


DRIVER = os.path.join(os.environ.get("CORE_DIR", "build/core"), "driver")

OK = "ok"
INVALID = "gpu_evidence_invalid"
MISSING = "gpu_evidence_missing"

NOW = 1783000000        # July 2026


def record(devices, root, nonce=None, how="r", now=NOW, flips=b""):
    if nonce is None:
        nonce = devices[0][0][4:36] if devices else bytes(32)
    out = struct.pack("<q", now) + nonce + how.encode() + struct.pack(
        "<I", len(devices))
    blobs = [root, flips]
    for evidence, chain in devices:
        if how == "b" and isinstance(evidence, bytes):
            evidence = base64.b64encode(evidence)
            chain = base64.b64encode(chain)
        blobs += [x.encode() if isinstance(x, str) else x
                  for x in (evidence, chain)]
    for blob in blobs:
        out += struct.pack("<I", len(blob)) + blob
    return out


def run(records):
    p = subprocess.run([DRIVER, "gpu"], input=b"".join(records),
                       stdout=subprocess.PIPE, check=True)
    lines = p.stdout.decode().splitlines()
    assert len(lines) == len(records), (len(lines), len(records))
    return [line.split("\t") for line in lines]


def judge(devices, root, **kw):
    return run([record(devices, root, **kw)])[0]


def checks(line):
    return dict(c.split("=") for c in line[-1].split(",") if c)


def failed(line):
    return [k for k, v in checks(line).items() if v == "failed"]


def expect(name, line, verdict, *checks_that_fail):
    ok(line[0] == verdict and failed(line) == list(checks_that_fail), name,
       line)


def gpus(line):
    return [g.split("/") for g in line[1].split(",") if g]


NONCE = bytes(range(100, 132))
FWID = bytes(range(48))
SHA384 = mc.oid("2.16.840.1.101.3.4.2.2")
KEYS = [mc.p384() for _ in range(5)]
STRANGER = mc.p384()


def composite(fwid=FWID, version=1, alg=SHA384):
    return ("2.23.133.5.4.1", mc.seq(
        mc.integer(version), mc.spki(KEYS[0]),
        mc.seq(alg, mc.octets(fwid))))


def tcb_info(fwid=FWID):
    return ("2.23.133.5.4.1.1", mc.seq(
        mc.tlv(0x80, b"NVIDIA"), mc.tlv(0x83, b"\1"),
        mc.tlv(0xa6, mc.seq(SHA384, mc.octets(fwid)),
               mc.seq(SHA384, mc.octets(bytes(48)))),
        mc.tlv(0x87, b"\0\0")))


def make_chain(chip="GH100", dice=None, names=None, keys=KEYS, ca=(1, 2, 3, 4),
               at=None, leaf_extra=(), **kw):
    """PEM, leaf first.  at: the certificate that kw is about."""
    names = names or ["%s A01 GSP FMC LF" % chip, "%s A01 GSP BROM" % chip,
                      "NVIDIA %s Provisioner ICA 1" % chip,
                      "NVIDIA %s Identity" % chip, "Root"]
    if dice is None:
        dice = composite() if chip == "GH100" else tcb_info()
    out = []
    for i in range(5):
        up = min(i + 1, 4)
        exts = (mc.extensions_ca if i in ca else mc.extensions_leaf)(
            keys[i], keys[up])
        if i == 0 and dice:
            exts.append(mc.extension(*dice))
        out.append(mc.cert(names[i], keys[i], names[up], keys[up], exts,
                           **(kw if i == at else {})))
    return out


def text(certs):
    return b"".join(mc.pem(c) for c in certs)


def block(index, value=bytes(48), spec=1, kind=1, size=None, length=None):
    length = len(value) if length is None else length
    size = 3 + len(value) if size is None else size
    return struct.pack("<BBHBH", index, spec, size, kind, length) + value


SWITCHES = [bytes([n]) * 8 for n in (9, 3, 200, 7)]
RECORDS = [(6, bytes.fromhex("009f009601000000")), (14, b"abcd"),
           (3, b"570.124.03\0"), (11, b"\x55"), (20, FWID), (21, b"\xaa"),
           (22, b"".join(SWITCHES[i % 4] for i in range(18))),
           (36, b"\2\0")]
BLOCKS = [(i, bytes([i]) * 48) for i in range(1, 65)]


def make(records=None, blocks=None, n=None, record_len=None, nonce=NONCE,
         head=b"\x11\xe0\x01\xff", slot=b"\0", answer=b"\x11\x60\0\0",
         opaque=None, opaque_len=None, key=KEYS[0], tail=b""):
    if blocks is None:
        blocks = [block(*b) for b in BLOCKS]
    if opaque is None:
        opaque = b"".join(struct.pack("<HH", t, len(v)) + v for t, v in
                          (RECORDS if records is None else records))
    body = b"".join(blocks)
    data = head + nonce + slot + answer + bytes(
        [len(blocks) if n is None else n]) + (
        len(body) if record_len is None else record_len).to_bytes(
        3, "little") + body + bytes(range(32)) + struct.pack(
        "<H", len(opaque) if opaque_len is None else opaque_len) + opaque
    r, s = mc.raw_signature(key, data)
    return data + r.to_bytes(48, "big") + s.to_bytes(48, "big") + tail


def but(kind, value):
    """The records, one of them another or (None) left out."""
    return [(t, value if t == kind else v) for t, v in RECORDS
            if t != kind or value is not None]


def versioned(records=None, header=b"NVDAOD\0\0\2\0\0\0", kind=0x82):
    """Opaque data as drivers since CUDA 13.5 write it."""
    return header + b"".join(
        struct.pack("<HHH", t, kind, len(v)) + v
        for t, v in (RECORDS if records is None else records))


CHAIN = text(make_chain())
ROOT_MADE = mc.pem(make_chain()[4])


def bad(name, check, evidence=None, chain=CHAIN, root=None, nonce=NONCE):
    expect(name, judge([(make() if evidence is None else evidence, chain)],
                       root or ROOT_MADE, nonce=nonce), INVALID,
           "gpu.0." + check)
