#!/usr/bin/python3
"""SEV-SNP reports made here under roots of our own: each check alone fails.

CORE_DIR is where driver was built.  Speaks TAP.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import minicert as mc
import tap
from snpjudge import (CHIP, FMS, INVALID, KEYS, LEVEL, MISSING, OK, REVOKED,
                      TCB, JUNE_2025, checks, expect, flips, judge, make_leaf,
                      make_report, make_roots, pair, table)
from tap import ok



def test_made():
    roots = pair()
    expect("Milan", judge(make_report(), roots, make_leaf()), OK)
    expect("as PEM", judge(make_report(), roots, mc.pem(make_leaf())), OK)
    expect("version 2", judge(make_report(version=2), roots, make_leaf()), OK)
    expect("version 5", judge(make_report(version=5), roots, make_leaf()), OK)
    expect("Genoa", judge(make_report("Genoa"), pair("Genoa"),
                          make_leaf("Genoa", label="Genoa")), OK)
    level = dict(LEVEL, fmc=3)
    turin = make_report("Turin", 5, reported=level, current=level,
                        committed=level, launch=level)
    line = judge(turin, pair("Turin"), make_leaf("Turin", level=level))
    expect("Turin", line, OK)
    ok(line[7] == "3.4.1.23.213" and "?fmcSPL=3&blSPL=4&" in line[9],
       "Turin's levels", line)
    expect("Turin, its chip as an OCTET STRING",
           judge(turin, pair("Turin"), make_leaf(
               "Turin", level=level, chip=mc.octets(CHIP[:8]))), OK)
    expect("the chip as an OCTET STRING",
           judge(make_report(), roots, make_leaf(chip=mc.octets(CHIP))), OK)
    expect("VLEK", judge(make_report(signer=1, chip=bytes(64)),
                         pair(vlek=True), make_leaf(vlek=True)), OK)
    line = judge(make_report(chip=bytes(64)), roots, make_leaf())
    expect("a masked chip", line, OK)
    ok(line[8] == "0"
       and checks(line)["sev_snp.certificate_chip_id"] == "not made",
       "and the check is named as not made", line)
    hits = flips(turin, pair("Turin"), make_leaf("Turin", level=level),
                 JUNE_2025)
    ok(hits[0] == 0, "each of %d bits flipped" % (8 * len(turin)), hits)


def test_each_check():
    """Signed well, and wrong in one thing."""
    roots = pair()
    leaf = make_leaf()

    def bad(name, check, verdict=INVALID, leaf=leaf, roots=roots, **kw):
        expect(name, judge(make_report(**kw), roots, leaf), verdict, check)

    bad("version 1", "sev_snp.layout", version=1)
    bad("version 6", "sev_snp.layout", version=6)
    bad("another algorithm", "sev_snp.layout", change={0x34: 2})
    bad("policy: bit 17 is clear", "sev_snp.layout", policy=0x1001f)
    bad("policy: a reserved bit", "sev_snp.layout", policy=0x403001f)
    for at in (0x49, 0x4c, 0x18b, 0x19f, 0x1eb, 0x1ef, 0x1f8, 0x29f, 0x3a,
               0x1e2, 0x1f5):
        bad("reserved byte 0x%x" % at, "sev_snp.layout", change={at: 1})
    bad("the debugger may look", "sev_snp.debug", policy=0xb001f)
    bad("a migration agent may take it", "sev_snp.migration", policy=0x7001f)
    bad("not signed", "sev_snp.signing_key", signer=7)
    bad("a signer that is reserved", "sev_snp.layout", signer=2)
    bad("signed by another key", "sev_snp.signature", key="stranger")
    bad("no signature", "sev_snp.signature", key=None)
    bad("a key on P-256", "sev_snp.signature", key="p256",
        leaf=make_leaf(key="p256"))
    bad("another chip", "sev_snp.certificate_chip_id",
        chip=bytes(64 - 1) + b"\1")
    bad("VLEK is said, a VCEK given", "sev_snp.certificate_names", signer=1)
    bad("another product's processor", "sev_snp.certificate_names",
        fms=FMS["Genoa"])
    bad("a processor that is not known", "sev_snp.certificate_names",
        fms=(0x19, 0x61, 1))
    for part in ("bl", "tee", "snp", "ucode"):
        for by in (-1, 1):
            level = dict(LEVEL, **{part: LEVEL[part] + by})
            bad("reported level %s %+d" % (part, by),
                "sev_snp.certificate_tcb",
                reported=level)
        lower = dict(LEVEL, **{part: LEVEL[part] - 1})
        old = make_leaf(level=lower)
        bad("reported %s above what is committed" % part,
            "sev_snp.committed_tcb", TCB, committed=lower, launch=lower)
        bad("committed %s above what runs" % part,
            "sev_snp.committed_tcb", TCB,
            leaf=old, reported=lower, current=lower, launch=lower)
        bad("committed %s below the launch" % part, "sev_snp.launch_tcb", TCB,
            leaf=old, reported=lower, committed=lower)
        bad("current %s below the launch" % part, "sev_snp.launch_tcb", TCB,
            leaf=old, reported=lower, committed=lower, current=lower)
    for at, what in ((0x1ec, "build"), (0x1ed, "minor"), (0x1ee, "major")):
        version = {0x1ec: 0x1d, 0x1ed: 0x37, 0x1ee: 1}[at]
        bad("committed firmware's %s above that of what runs" % what,
            "sev_snp.committed_tcb", TCB, change={at: version + 1})
        expect("committed firmware's %s below that of what runs" % what,
               judge(make_report(change={at: version - 1}), roots, leaf), OK)
    expect("an older major with a newer minor and build is older", judge(
        make_report(change={0x1ee: 0, 0x1ed: 0xff, 0x1ec: 0xff}), roots,
        leaf), OK)
    expect("an older minor with a newer build is older", judge(
        make_report(change={0x1ed: 0x36, 0x1ec: 0xff}), roots, leaf), OK)
    older = dict(LEVEL, snp=0x15)
    expect("launch, reported, committed, current: each newer", judge(
        make_report(launch=dict(LEVEL, snp=0x14), reported=older,
                    committed=dict(LEVEL, snp=0x16)),
        roots, make_leaf(level=older)), OK)
    expect("reported below the launch", judge(make_report(reported=older),
                                              roots, make_leaf(level=older)),
           OK)
    level = dict(LEVEL, fmc=3)
    expect("Turin: another FMC", judge(
        make_report("Turin", 5), pair("Turin"),
        make_leaf("Turin", level=level)), INVALID, "sev_snp.certificate_tcb")
    expect("Turin: the launch's FMC", judge(
        make_report("Turin", 5, launch=level), pair("Turin"),
        make_leaf("Turin")), TCB, "sev_snp.launch_tcb")
    expect("Turin: an FMC that is committed and does not run", judge(
        make_report("Turin", 5, committed=level), pair("Turin"),
        make_leaf("Turin")), TCB, "sev_snp.committed_tcb")
    expect("Turin: a chip's id that goes on", judge(
        make_report("Turin", 5, chip=CHIP[:9]), pair("Turin"),
        make_leaf("Turin")), INVALID, "sev_snp.certificate_chip_id")
    level = dict(LEVEL, tee=0, snp=0)       # as version 2 lays it out
    expect("Turin in version 2", judge(
        make_report("Turin", 2, reported=level, current=level,
                    committed=level, launch=level),
        pair("Turin"), make_leaf("Turin")), INVALID,
        "sev_snp.certificate_names")


def test_table():
    """A key out of the report's own table."""
    roots, report, leaf = pair(), make_report(), make_leaf()
    ask, ark = make_roots()
    expect("no key", judge(report, roots), MISSING, "sev_snp.certificate")
    expect("an empty table", judge(report + table(), roots), MISSING,
           "sev_snp.certificate")
    expect("a key in the table", judge(report + table(vcek=leaf), roots), OK)
    expect("a key of the other kind in the table", judge(
        report + table(vlek=leaf), roots), MISSING, "sev_snp.certificate")
    expect("the ASK in the table too", judge(
        report + table(vcek=leaf, ask=ask), mc.pem(ark)), OK)
    expect("an ASK for nothing in the table", judge(
        report + table(vcek=leaf, ask=b"x"), roots), OK)
    expect("an ASK in the table that is none", judge(
        report + table(vcek=leaf, ask=b"x"), mc.pem(ark)), INVALID,
        "sev_snp.chain")
    expect("another's ASK in the table", judge(
        report + table(vcek=leaf, ask=make_roots(ark="other")[0]),
        mc.pem(ark)), INVALID, "sev_snp.chain")
    expect("a bad key in the table", judge(
        report + table(vcek=b"x"), roots), INVALID, "sev_snp.certificate")
    expect("what is given goes first", judge(
        report + table(vcek=b"x"), roots, leaf), OK)
    expect("a VLEK in the table", judge(
        make_report(signer=1, chip=bytes(64))
        + table(vlek=make_leaf(vlek=True), vcek=leaf), pair(vlek=True)), OK)
    expect("bytes behind that are no table", judge(
        report + b"\0", roots, leaf), INVALID, "sev_snp.layout")


def test_each_certificate():
    roots = pair()
    report = make_report()

    def bad(name, check="sev_snp.certificate_names", roots=roots,
            more=b"", **kw):
        expect(name, judge(report, roots, make_leaf(**kw) + more), INVALID,
               check)

    bad("another commonName", cn="SEV-VCEK2")
    bad("issued for another product", issuer="SEV-Genoa")
    bad("issued for no product", issuer="SEV-")
    bad("issued for a product that is not known", issuer="SEV-Naples")
    bad("issued by the ARK's name", issuer="ARK-Milan")
    bad("issued by an ASVK's name", issuer="SEV-VLEK-Milan")
    bad("product name of another", label="Genoa-B0")
    bad("product name and more", label="Milano")
    bad("struct version 2", version=2)
    for part in ("1", "2", "3.1", "3.2", "3.3", "3.8", "4"):
        bad("without extension " + part, drop=(part,))
    bad("a level of two bytes", extra={"3.1": mc.integer(0x104)}.items())
    bad("a negative level", extra={"3.1": b"\x02\x01\x84"}.items())
    bad("a level and more", extra={"3.1": mc.integer(4) + b"\0"}.items())
    bad("a level that is none", extra={"3.1": mc.octets(b"\4")}.items())
    bad("a reserved level", extra={"3.4": mc.integer(1)}.items())
    bad("a short chip's id", chip=CHIP[:63])
    bad("a long chip's id", chip=CHIP + b"\0")
    bad("Turin's form of a chip's id", chip=CHIP[:8])
    bad("a short chip's id as an OCTET STRING", chip=mc.octets(CHIP[:63]))
    bad("a byte behind that", chip=mc.octets(CHIP) + b"\0")
    bad("not issued by the ASK's key", "sev_snp.chain", ask="other")
    bad("expired", "sev_snp.chain", end=JUNE_2025 - 1)
    bad("not yet valid", "sev_snp.chain", start=JUNE_2025 + 1)
    expect("valid to the second", judge(report, roots, make_leaf(
        start=JUNE_2025, end=JUNE_2025)), OK)
    strangers = make_roots(ark="other")
    expect("a chain of its own", judge(
        report, roots, mc.pem(make_leaf()) + mc.pem(strangers[0])
        + mc.pem(strangers[1])), INVALID, "sev_snp.chain")
    expect("a chain of its own, behind it", judge(
        report, b"".join(mc.pem(c) for c in make_roots("Genoa")),
        b"".join(mc.pem(c) for c in (make_leaf(),) + make_roots())),
        INVALID, "sev_snp.chain")
    expect("a VLEK without a provider", judge(
        make_report(signer=1), pair(vlek=True),
        make_leaf(vlek=True, drop=("5",))), INVALID,
        "sev_snp.certificate_names")
    for name, value in (("a number", mc.integer(5)),
                        ("a text and a byte", mc.tlv(0x16, b"x") + b"\0"),
                        ("empty", mc.tlv(0x16, b""))):
        expect("a VLEK, its provider " + name, judge(
            make_report(signer=1), pair(vlek=True),
            make_leaf(vlek=True, extra=(("5", value),))), INVALID,
            "sev_snp.certificate_names")
    expect("a VLEK of an ASK", judge(
        make_report(signer=1), pair(), make_leaf(
            vlek=True, issuer="SEV-Milan")), INVALID,
            "sev_snp.certificate_names")
    expect("Turin without FMC", judge(
        make_report("Turin", 5), pair("Turin"),
        make_leaf("Turin", drop=("3.9",))), INVALID,
        "sev_snp.certificate_names")


def test_revocation():
    ask, ark = make_roots()
    report, leaf = make_report(), make_leaf()
    roots = mc.pem(ask) + mc.pem(ark)
    day = 86400

    def crl(serials, start=JUNE_2025 - day, end=JUNE_2025 + day, key="ark"):
        return mc.crl("ARK-Milan", KEYS[key], serials, start, end)

    line = judge(report, roots, leaf, crl=crl([]))
    expect("a CRL that lists nothing", line, OK)
    ok(checks(line)["sev_snp.revocation"] == "passed",
       "and the check was made", line)
    line = judge(report, roots, leaf)
    ok(checks(line)["sev_snp.revocation"] == "not made",
       "no CRL: named as not made")
    expect("another certificate is listed",
           judge(report, roots, leaf, crl=crl([8])), OK)
    for name, pinned, key in (
            ("pinned", roots, leaf),
            ("given", mc.pem(ark), mc.pem(leaf) + mc.pem(ask)),
            ("pinned and given", roots, mc.pem(leaf) + mc.pem(ask))):
        line = judge(report, pinned, key, crl=crl([7]))
        expect("the ASK is revoked, " + name, line, REVOKED, "sev_snp.chain")
    expect("the ASK is revoked, in the table", judge(
        report + table(vcek=leaf, ask=ask), mc.pem(ark), crl=crl([7])),
        REVOKED, "sev_snp.chain")
    expect("the CRL is stale", judge(
        report, roots, leaf, crl=crl([], JUNE_2025 - 2 * day,
                                     JUNE_2025 - day)), INVALID,
                                     "sev_snp.chain")
    expect("the CRL is another's", judge(
        report, roots, leaf, crl=crl([], key="other")), INVALID,
        "sev_snp.chain")
    expect("no CRL where one is wanted", judge(
        report, roots, leaf, crl=b""), INVALID, "sev_snp.chain")


def main():
    for test in (test_made, test_each_check, test_table,
                 test_each_certificate, test_revocation):
        test()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
