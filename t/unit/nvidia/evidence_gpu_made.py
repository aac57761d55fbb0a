#!/usr/bin/python3
"""GPU evidence made here under a root of our own: each check alone fails.

CORE_DIR is where driver was built.  Speaks TAP.
"""

import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import minicert as mc
import tap
from gpujudge import (BLOCKS, CHAIN, FWID, INVALID, KEYS, NONCE, NOW, OK,
                      RECORDS, ROOT_MADE, STRANGER, SWITCHES, bad, block, but,
                      checks, composite, expect, gpus, judge, make, make_chain,
                      record, run, tcb_info, text, versioned)
from tap import ok



def test_made():
    expect("Hopper", judge([(make(), CHAIN)], ROOT_MADE, nonce=NONCE), OK)
    for chip in ("GB100", "GB102", "GB202"):
        chain = make_chain(chip)
        line = judge([(make(), text(chain))], mc.pem(chain[4]), nonce=NONCE)
        ok(line[0] == OK and gpus(line)[0][:2] == [chip, "BLACKWELL"],
           "Blackwell, " + chip, line)
    line = judge([(make(but(20, None)), CHAIN)], ROOT_MADE, nonce=NONCE)
    expect("no firmware hash", line, OK)
    ok(checks(line)["gpu.0.fwid"] == "not made",
       "and that is named", line)
    expect("records that are not known", judge(
        [(make(RECORDS + [(999, b"x"), (999, b""), (0, b"y"),
                          (65535, b"z")]), CHAIN)],
        ROOT_MADE, nonce=NONCE), OK)
    evidence = make()
    line = judge([(evidence, CHAIN)], ROOT_MADE, nonce=NONCE, how="e",
                 flips=b"0-%d\0" % len(evidence))
    ok(line[0] == "0", "a bit of each of %d bytes flipped" % len(evidence),
       line)
    lines = run([record([(evidence[:i], CHAIN)], ROOT_MADE, nonce=NONCE)
                 for i in range(len(evidence))])
    ok({line[0] for line in lines} == {INVALID}, "each of %d prefixes"
       % len(lines))
    for i in (0, 1, 31):
        other = bytearray(NONCE)
        other[i] ^= 1
        bad("a nonce that differs in byte %d" % i, "nonce",
            nonce=bytes(other))


def test_curve():
    small = mc.p256()
    chain = make_chain(keys=[small] + KEYS[1:], dice=False)
    expect("a key on P-256", judge(
        [(make(but(20, None), key=small), text(chain))], mc.pem(chain[4]),
        nonce=NONCE), INVALID, "gpu.0.signature")


def test_each_form():
    bad("another request", "layout", make(head=b"\x11\xe1\x01\xff"))
    bad("SPDM 1.2", "layout", make(head=b"\x12\xe0\x01\xff"))
    bad("no signature was asked for", "layout", make(head=b"\x11\xe0\0\xff"))
    bad("one block was asked for", "layout", make(head=b"\x11\xe0\x01\x01"))
    bad("another slot", "layout", make(slot=b"\1"))
    bad("another answer", "layout", make(answer=b"\x11\x7f\0\0"))
    bad("an answer of SPDM 1.2", "layout", make(answer=b"\x12\x60\0\0"))
    bad("no blocks", "layout", make(blocks=[]))
    bad("a block more than said", "layout", make(n=2))
    bad("a block less than said", "layout", make(n=4))
    bad("more blocks than there can be", "layout", make(
        blocks=[block(i, b"x") for i in range(129)]))
    bad("a block twice", "layout", make(blocks=[block(1), block(1)]))
    bad("no DMTF measurement", "layout", make(blocks=[block(1, spec=2)]))
    bad("a block that says it is longer", "layout",
        make(blocks=[block(1, size=52)]))
    bad("a block that says it is shorter", "layout",
        make(blocks=[block(1, size=50)]))
    bad("a value that says it is longer", "layout",
        make(blocks=[block(1, length=49)]))
    bad("a value that says it is shorter", "layout",
        make(blocks=[block(1, length=47)]))
    bad("an empty value", "layout", make(blocks=[block(1, b"")]))
    bad("a long value", "layout", make(blocks=[block(1, bytes(65))]))
    bad("a record that is too long", "layout", make(record_len=0xffffff))
    bad("opaque data that is too long", "layout", make(opaque_len=0xffff))
    bad("opaque data that is cut", "layout", make(opaque=b"\3\0\4\0abc"))
    bad("opaque data with less than a head", "layout", make(opaque=b"\3\0\4"))
    for kind in (3, 6, 11, 20, 21, 22, 36, 15, 17, 18, 35):
        value = dict(RECORDS).get(kind, b"x")
        bad("record %d twice" % kind, "layout", make(
            but(kind, None) + [(kind, value), (kind, value)]))


def test_each_check():
    bad("signed by another key", "signature", make(key=STRANGER))
    bad("signed by the device's own key", "signature", make(key=KEYS[1]))
    bad("another firmware", "fwid", make(but(20, bytes(48))))
    bad("a short firmware hash", "fwid", make(but(20, FWID[:47])))
    bad("a long firmware hash", "fwid", make(but(20, FWID + b"\0")))
    bad("an empty firmware hash", "fwid", make(but(20, b"")))
    for name, value in (("empty", b""), ("of nothing", b"\0"),
                        ("with a space", b"570 1\0"),
                        ("that goes on", b"570.1\0x"),
                        ("that is long", b"1" * 32)):
        bad("a driver " + name, "versions", make(but(3, value)))
    bad("a short VBIOS", "versions", make(but(6, bytes(7))))
    bad("a long VBIOS", "versions", make(but(6, bytes(14))))
    bad("no driver", "versions", make(but(3, None)))
    bad("no VBIOS", "versions", make(but(6, None)))
    bad("no records at all", "versions", make([]))
    bad("NVDEC0 neither on nor off", "nvdec0", make(but(11, b"\1")))
    bad("NVDEC0 is not said", "nvdec0", make(but(11, None)))


def test_shape():
    """64 measurements of 48 bytes: no GPU has others."""
    def blocks(*changed):
        return make(blocks=[block(*b) for b in changed])

    bad("one measurement", "shape", blocks(*BLOCKS[:1]))
    bad("63 measurements", "shape", blocks(*BLOCKS[:63]))
    bad("another for the last", "shape",
        blocks(*BLOCKS[:63], (65, bytes(48))))
    bad("one of index 0", "shape", blocks((0, bytes(48)), *BLOCKS[1:]))
    bad("65 measurements", "shape", blocks(*BLOCKS, (65, bytes(48))))
    for i in (0, 31, 63):
        for n in (1, 47, 49, 64):
            bad("measurement %d of %d bytes" % (i, n), "shape", blocks(
                *BLOCKS[:i], (BLOCKS[i][0], bytes(n)), *BLOCKS[i + 1:]))
    expect("in another order", judge(
        [(blocks(*reversed(BLOCKS)), CHAIN)], ROOT_MADE, nonce=NONCE), OK)


def test_modes():
    def said(name, want, **records):
        changed = [(t, records.get("r%d" % t, v)) for t, v in RECORDS]
        line = judge([(make([r for r in changed if r[1] is not None]),
                       CHAIN)], ROOT_MADE, nonce=NONCE)
        ok(line[0] == OK and gpus(line)[0][5] == want, name, line)
        return gpus(line)[0][6:]

    one, two, three = sorted(SWITCHES)[:3]
    ok(said("protected PCIe", "protected-pcie") == [
        "0", "4", b"".join(sorted(SWITCHES)).hex()], "its switches, sorted")
    said("as drivers before 580 say it", "protected-pcie", r36=None)
    said("record 36 alone", "protected-pcie", r21=None)
    said("single", "single", r21=b"\x55", r36=b"\0\0")
    said("single, by an older driver", "single", r21=b"\x55", r36=None)
    said("single, by Blackwell", "single", r21=None, r36=None)
    said("multi", "multi", r21=b"\x55", r36=b"\1\0")
    ok(said("without switches, which do not count then", "single",
            r21=b"\x55", r36=b"\0\0", r22=None)[1] == "0", "none")
    ok(said("three switches", "protected-pcie", r22=three + one + two + one)
       == ["0", "3", (one + two + three).hex() + "00" * 8], "three")
    ok(said("five switches", "protected-pcie", r22=b"".join(
        bytes([n]) * 8 for n in (5, 4, 3, 2, 1, 5)))[1] == "5", "too many")
    bad("protected PCIe neither on nor off", "mode", make(but(21, b"\0")))
    bad("a long flag", "mode", make(but(21, b"\xaa\0\0")))
    bad("a feature of three bytes", "mode", make(but(36, b"\0\0\0")))
    for n in (3, 7, 99, 0x200):
        bad("feature %d" % n, "mode", make(but(36, struct.pack("<H", n))))
        bad("feature %d, and nothing of protected PCIe" % n, "mode",
            make([(t, struct.pack("<H", n) if t == 36 else v)
                  for t, v in RECORDS if t != 21]))
    bad("single, with protected PCIe on", "mode", make(but(36, b"\0\0")))
    bad("protected PCIe off, and the mode", "mode", make(but(21, b"\x55")))
    bad("no switches", "mode", make(but(22, None)))
    bad("an empty list of switches", "mode", make(but(22, b"")))
    bad("half a switch", "mode", make(but(22, bytes(12))))


def test_versioned():
    """Records of drivers since CUDA 13.5: the same rules."""
    def good(name, opaque):
        line = judge([(make(opaque=opaque), CHAIN)], ROOT_MADE, nonce=NONCE)
        expect(name, line, OK)
        return gpus(line)[0][2:]

    def worse(name, check, opaque):
        bad("versioned, " + name, check, make(opaque=opaque))

    plain = gpus(judge([(make(), CHAIN)], ROOT_MADE, nonce=NONCE))[0][2:]
    ok(good("versioned records", versioned()) == plain,
       "say what the others say", plain)
    good("of types that are not known",
         versioned(RECORDS + [(38, b"\xaa\0"), (999, b"")]))
    good("with values of any type", versioned(kind=0xffff))
    for i, n in ((8, 0), (8, 1), (9, 255), (10, 255)):
        header = bytearray(versioned([]))
        header[i] = n
        good("byte %d of the header is %d" % (i, n),
             versioned(header=bytes(header)))
    for i, n in ((6, 1), (7, 1), (8, 3), (8, 255), (11, 1)):
        header = bytearray(versioned([]))
        header[i] = n
        worse("byte %d of the header is %d" % (i, n), "layout",
              versioned(header=bytes(header)))
    for n in range(6, 12):
        worse("%d bytes of a header" % n, "layout", versioned([])[:n])
    worse("no records", "versions", versioned([]))
    worse("one cut off", "layout", versioned()[:-1])
    worse("half a head", "layout", versioned() + b"\x26\0\x82")
    worse("two headers", "layout", versioned(header=versioned([]) * 2))
    worse("the others behind the header", "layout", versioned([]) + b"".join(
        struct.pack("<HH", t, len(v)) + v for t, v in RECORDS))
    worse("behind the others", "layout", b"".join(
        struct.pack("<HH", t, len(v)) + v for t, v in RECORDS) + versioned())
    for kind in (3, 6, 11, 20, 21, 22, 36, 15, 17, 18, 35, 37):
        value = dict(RECORDS).get(kind, b"x")
        worse("record %d twice" % kind, "layout", versioned(
            but(kind, None) + [(kind, value), (kind, value)]))
    worse("no driver", "versions", versioned(but(3, None)))
    worse("no VBIOS", "versions", versioned(but(6, None)))
    worse("no NVDEC0", "nvdec0", versioned(but(11, None)))
    worse("another firmware", "fwid", versioned(but(20, bytes(48))))
    worse("another mode", "mode", versioned(but(36, b"\x63\0")))
    worse("no switches", "mode", versioned(but(22, None)))
    first, second = RECORDS[:2]
    covered = struct.pack("<HHH", second[0], 0x82, len(second[1])) + second[1]
    worse("the VBIOS' covers the next", "versions", versioned(
        [(first[0], first[1] + covered)] + RECORDS[2:]))


def test_each_certificate():
    def worse(name, check, **kw):
        bad(name, check, chain=text(make_chain(**kw)))

    worse("a switch", "chip", chip="LS_10")
    for chip in ("GR100", "Gr100", "G1100", "GR10X", "GB300", "GB10X", "GB1X0",
                 "GH101", "GX 00", "XH100", "GH1000"):
        worse("a chip " + chip, "chip", chip=chip)
    names = ["LS_10 A01 FSP FMC LF", "LS_10 A01 FSP BROM", "P",
             "NVIDIA GH100 Identity", "Root"]
    worse("a switch under a GPU's name", "chip", names=names)
    for leaf in ("GH100", "GH100A A01 LF", "GB300 A01 LF", "GB10x A01 LF",
                 "GA100 A01 LF", " GH100 A01", "gh100 A01 LF",
                 "X GH100 A01 LF"):
        names = [leaf, "B", "P", "NVIDIA GH100 Identity", "Root"]
        worse("a leaf called " + leaf, "chip", names=names)
    for leaf in ("GB1000 A01 LF", "GB1 A01 LF", "GB300 A01 LF",
                 "GB10x A01 LF", "GB1x0 A01 LF", "GB100"):
        names = [leaf, "B", "P", "NVIDIA GB100 Identity", "Root"]
        worse("a leaf called %s, of Blackwell" % leaf, "chip", names=names)
    for chip in ("NVIDIA GB100 Identity", "NVIDIA GH100 Identity 2",
                 "NVIDIA GH100", "GH100 Identity", "NVIDIA  Identity"):
        names = ["GH100 A01 GSP FMC LF", "B", "P", chip, "Root"]
        worse("an identity called " + chip, "chip", names=names)
    worse("no firmware hash in the leaf", "fwid", dice=())
    worse("Blackwell's form in a Hopper", "fwid", dice=tcb_info())
    worse("another version of the form", "fwid", dice=composite(version=2))
    worse("another hash", "fwid", dice=composite(
        alg=mc.oid("2.16.840.1.101.3.4.2.1")))
    worse("another firmware in the leaf", "fwid",
          dice=composite(bytes(48)))
    for i in range(5):
        worse("certificate %d is expired" % i, "chain", at=i, end=NOW - 1)
        worse("certificate %d is not yet valid" % i, "chain", at=i,
              start=NOW + 1)
    for i in range(4):
        worse("certificate %d has serial number 0" % i, "chain", at=i,
              serial=0)
    worse("a leaf that is a CA", "chain", ca=(0, 1, 2, 3, 4))
    for i in range(1, 5):
        worse("certificate %d is no CA" % i, "chain",
              ca=tuple({1, 2, 3, 4} - {i}))
    certs = make_chain()
    bad("the root is left out", "certificates", chain=text(certs[:4]))
    bad("the root is there twice", "certificates",
        chain=text(certs + certs[4:]))
    for i in range(5):
        bad("without certificate %d" % i, "certificates",
            chain=text(certs[:i] + certs[i + 1:]))
    bad("no certificates", "certificates", chain=b"\n")
    bad("certificates as DER", "certificates", chain=b"".join(certs))
    bad("text between", "certificates", chain=b"x\n".join(
        mc.pem(c) for c in certs))
    bad("a bad certificate", "certificates", chain=text(
        certs[:1] + [certs[1][:-1]] + certs[2:]))
    keys = KEYS[:4] + [STRANGER]
    chain = text(make_chain(keys=keys))
    bad("a chain with a root of its own", "chain", chain=chain)
    expect("which would do if it were pinned", judge(
        [(make(), chain)], mc.pem(make_chain(keys=keys)[4]), nonce=NONCE), OK)
    chain = make_chain("GB100", dice=composite())
    expect("Hopper's form in a Blackwell", judge(
        [(make(), text(chain))], mc.pem(chain[4]), nonce=NONCE), INVALID,
        "gpu.0.fwid")


def test_lists():
    """Devices under one root, the last of 17 too many."""
    devices = []
    for i in range(17):
        keys = [mc.p384(), mc.p384()] + KEYS[2:]
        devices.append((make(key=keys[0]),
                        text(make_chain(keys=keys, dice=composite()))))
    expect("16 devices", judge(devices[:16], ROOT_MADE, nonce=NONCE), OK)
    expect("17 devices", judge(devices, ROOT_MADE, nonce=NONCE), INVALID,
           "gpu.number")
    expect("one of two is another's", judge(
        [devices[0], (make(key=STRANGER), devices[1][1])], ROOT_MADE,
        nonce=NONCE), INVALID, "gpu.1.signature")
    keys = [STRANGER] + KEYS[1:]
    expect("one chip with two leaf certificates", judge(
        [(make(), CHAIN), (make(key=STRANGER), text(make_chain(keys=keys)))],
        ROOT_MADE, nonce=NONCE), INVALID, "gpu.distinct")
    keys = [mc.p384(), mc.p384(), mc.p384(), mc.p384(), KEYS[4]]
    expect("Hopper and Blackwell", judge(
        [(make(), CHAIN),
         (make(key=keys[0]), text(make_chain("GB100", keys=keys)))],
        ROOT_MADE, nonce=NONCE), OK)


def main():
    for test in (test_made, test_curve, test_each_form, test_each_check,
                 test_shape, test_modes, test_versioned,
                 test_each_certificate, test_lists):
        test()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
