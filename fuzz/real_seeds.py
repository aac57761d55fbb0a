#!/usr/bin/python3
"""Makes seeds of real evidence: DIR/tdx, snp, spdm, chain, json, rim.

  real_seeds.py DIR

IOATTEST_EVIDENCE says where the evidence is (default ../shared/evidence);
where it is not there, the directories stay empty and a line says so.  Files
are told by what they begin with: a quote or a report binary, in hex, in
base64, or as a text of a JSON document, behind an envelope of 4 bytes too.
"""
import base64
import binascii
import json
import os
import re
import shutil
import struct
import sys

EVIDENCE = os.environ.get("IOATTEST_EVIDENCE", "../shared/evidence")
TARGETS = ("tdx", "snp", "spdm", "chain", "json", "rim")
MAX = 65536                 # as the fuzzers are run


def decoded(text):
    """TEXT, and what it is the hex or base64 of."""
    yield text
    bare = b"".join(text.split())
    bare = bare[2:] if bare[:2] == b"0x" else bare
    if re.fullmatch(b"(?:[0-9a-fA-F]{2})+", bare):
        yield binascii.unhexlify(bare)
    elif re.fullmatch(b"[A-Za-z0-9+/]+=*", bare) and len(bare) % 4 == 0:
        yield base64.b64decode(bare)


def pieces(text):
    """What a file holds: evidence, and the chain beside it or nothing."""
    for data in decoded(text):
        yield data, b""
    try:
        todo = [json.loads(text)]
    except ValueError:
        return
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo.extend(value.values())
            if isinstance(value.get("evidence"), str):
                chain = [*decoded(str(value.get("certificate")).encode())][-1]
                for data in decoded(value["evidence"].encode()):
                    yield data, chain
        elif isinstance(value, list):
            todo.extend(value)
        elif isinstance(value, str) and len(value) > 500:
            for data in decoded(value.encode()):
                yield data, b""


def kind(data):
    if len(data) > 1000 and data[:2] in (b"\x04\x00", b"\x05\x00") \
            and data[4:8] == b"\x81\0\0\0":
        return "tdx"
    if len(data) >= 1184 and data[:4] in (b"\x02\0\0\0", b"\x03\0\0\0",
                                          b"\x05\0\0\0"):
        return "snp"
    if data[:2] == b"\x11\xe0":
        return "spdm"
    if data[:11] == b"-----BEGIN " or data[:2] == b"\x30\x82":
        return "chain"
    return None


def seeds(text):
    for data, chain in pieces(text):
        for at in (0, 4):
            what = kind(data[at:])
            if what == "spdm":
                yield what, struct.pack("<H", len(data) - at) + data[at:] \
                    + chain
            elif what:
                yield what, data[at:]
    if text[:1] in (b"{", b"["):
        yield "json", text
    if text.lstrip()[:17] == b"<SoftwareIdentity":
        yield "rim", text


def main(out):
    count = dict.fromkeys(TARGETS, 0)
    for target in TARGETS:
        shutil.rmtree(f"{out}/{target}", ignore_errors=True)
        os.makedirs(f"{out}/{target}")
    for where, _, names in sorted(os.walk(EVIDENCE)):
        for name in sorted(names):
            with open(os.path.join(where, name), "rb") as f:
                text = f.read()
            for what, seed in seeds(text):
                if len(seed) > MAX:
                    continue
                with open(f"{out}/{what}/real-{count[what]}", "wb") as f:
                    f.write(seed)
                count[what] += 1
    print("seeds of real evidence:", ", ".join(
        f"{n} {what}" for what, n in count.items()))


main(sys.argv[1])
