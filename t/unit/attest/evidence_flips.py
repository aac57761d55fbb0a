#!/usr/bin/python3
"""Evidence of each kind that no other test cuts and flips: made quotes of
both versions and both bodies, Blackwell's evidence, GPUs' certificates.

Every prefix must be refused and every flipped bit.  There is one excuse: the
line feed that ends the text of a GPU's certificates may be left out, for the
text says the same without it; in a quote sizes say where the text ends.

With IOATTEST_FULL=1 every bit is flipped, otherwise one of each byte.
CORE_DIR is where driver was built.  Speaks TAP.
"""

import os
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [os.path.join(HERE, "../driver"), os.path.join(TOP, "t/lib/sim")]
from check import evidencetest
from evidence import pki
import minicert as mc
import tap
from gpujudge import (INVALID, NONCE, OK, judge, make, make_chain, record,
                      run, text)
from tap import ok

FULL = os.environ.get("IOATTEST_FULL", "") not in ("", "0")
DRIVER = os.path.join(TOP, os.environ.get("CORE_DIR", "build/core"), "driver")
LAYOUTS = ({"quote_version": 4}, {"quote_version": 5, "td_body": "1.0"},
           {"quote_version": 5, "td_body": "1.5"})


def tdx(mode, quote):
    data = mode + struct.pack("<qB", int(time.time()), 0)
    for blob in (pki.intel_root().pem, quote):
        data += struct.pack("<I", len(blob)) + blob
    done = subprocess.run([DRIVER, "tdx"], input=data, capture_output=True,
                          check=True)
    return done.stdout.decode().split()


def test_tdx():
    for how in LAYOUTS:
        world = evidencetest.World(evidence="tdx", quote_trailing=0, **how)
        quote = bytes.fromhex(world.evidence()[0])
        name = " ".join(map(str, how.values()))
        ok(tdx(b"v", quote)[0] == "ok", "quote %s" % name)
        ok(tdx(b"p", quote) == [], "quote %s: each of %d prefixes"
           % (name, len(quote)))
        ok(tdx(b"f" if FULL else b"s", quote) == [],
           "quote %s: %d flipped bits" % (name,
                                          len(quote) * (8 if FULL else 1)))


def flipped(name, evidence, chain, bits, one):
    data = {"e": evidence, "d": chain}[one]
    line = judge([(evidence, chain)], mc.pem(ROOTS[name]), nonce=NONCE,
                 how=bits if FULL else one, flips=b"0-%d\0" % len(data))
    ok(line[0] == "0", "%s: %d flipped bits of %s"
       % (name, len(data) * (8 if FULL else 1),
          "the evidence" if one == "e" else "the certificates"), line)


ROOTS = {}


def test_gpu():
    for name, chip in (("Hopper", "GH100"), ("Blackwell", "GB100")):
        chain, evidence = make_chain(chip), make()
        ROOTS[name], chain = chain[4], text(chain)
        ok(judge([(evidence, chain)], mc.pem(ROOTS[name]),
                 nonce=NONCE)[0] == OK, name)
        flipped(name, evidence, chain, "f", "e")
        flipped(name, evidence, chain, "c", "d")
        lines = run([record([(evidence, chain[:i])], mc.pem(ROOTS[name]),
                            nonce=NONCE) for i in range(len(chain) - 1)])
        ok({line[0] for line in lines} == {INVALID},
           "%s: each of %d prefixes of the certificates"
           % (name, len(lines)))
        ok(judge([(evidence, chain[:-1])], mc.pem(ROOTS[name]),
                 nonce=NONCE)[0] == OK,
           "%s: save without the last line feed" % name)


test_tdx()
test_gpu()
sys.exit(tap.done())
