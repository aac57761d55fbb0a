#!/usr/bin/python3
"""Real SEV-SNP reports and their verdicts.

IOATTEST_EVIDENCE says where they are (default ../shared/evidence).  CORE_DIR
is where driver was built.  Speaks TAP.
"""

import base64
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import minicert as mc
import tap
from snpjudge import (INVALID, MISSING, OK, JULY_2026, JUNE_2025, checks,
                      failed, flips, judge, record, run, table)
from tap import ok


EVIDENCE = os.environ.get("IOATTEST_EVIDENCE", "../shared/evidence")


def read(path):
    with open(os.path.join(EVIDENCE, path), "rb") as f:
        return f.read()


TRUSTEE = "confidential-containers+trustee/deps/verifier/test_data/"
DSTACK = "Dstack-TEE+dstack/dstack/dstack-attest/tests/"
VIRTEE = "virtee+sev/tests/certs_data/"
GOOGLE = "google+go-sev-guest/verify/testdata/"
SECRET = "scrtlabs+secretvm-verify/test-data/"


REPORTS = {
    DSTACK + "sev_snp_attestation.bin": lambda b: b[4:1188],
    TRUSTEE + "az-snp-vtpm/evidence-genoa.json":
        lambda b: bytes(json.loads(b)["report"])[32:1216],
    TRUSTEE + "az-snp-vtpm/hcl-report.bin": lambda b: b[32:1216],
    TRUSTEE + "snp/test-report.bin": lambda b: b,
    TRUSTEE + "snp/test-vlek-report.bin": lambda b: b,
    GOOGLE + "attestation.bin": lambda b: b,
    SECRET + "amd_cpu_docker_check_quote.txt": base64.b64decode,
    SECRET + "amd_cpu_quote.txt": base64.b64decode,
    VIRTEE + "report_milan.hex": lambda b: bytes.fromhex(b.decode()),
}

# report, certificate, verdict, the check that fails, time
PAIRS = [
    (DSTACK + "sev_snp_attestation.bin", DSTACK + "sev_snp_vcek.pem",
     OK, None, JULY_2026),
    (DSTACK + "sev_snp_attestation.bin", DSTACK + "sev_snp_vcek.pem",
     INVALID, "sev_snp.chain", JUNE_2025),          # not yet valid
    (TRUSTEE + "az-snp-vtpm/evidence-genoa.json",
     TRUSTEE + "az-snp-vtpm/vcek-genoa.pem", OK, None, JUNE_2025),
    (TRUSTEE + "az-snp-vtpm/hcl-report.bin",
     TRUSTEE + "az-snp-vtpm/vcek.pem", OK, None, JUNE_2025),
    (TRUSTEE + "snp/test-report.bin", TRUSTEE + "snp/test-vcek.der",
     OK, None, JUNE_2025),
    (TRUSTEE + "snp/test-report.bin",
     TRUSTEE + "snp/test-vcek-invalid-legacy.der", INVALID, "sev_snp.chain",
     JUNE_2025),
    (TRUSTEE + "snp/test-report.bin",
     TRUSTEE + "snp/test-vcek-invalid-new.der", INVALID, "sev_snp.chain",
     JUNE_2025),
    (TRUSTEE + "snp/test-vlek-report.bin", TRUSTEE + "snp/test-vlek.der",
     OK, None, JUNE_2025),
    (TRUSTEE + "snp/test-vlek-report.bin", TRUSTEE + "snp/test-vlek.der",
     INVALID, "sev_snp.chain", JULY_2026),          # expired
    (TRUSTEE + "snp/test-vlek-report.bin", TRUSTEE + "snp/test-vcek.der",
     INVALID, "sev_snp.certificate_names", JUNE_2025),
    (TRUSTEE + "snp/test-report.bin", TRUSTEE + "snp/test-vlek.der",
     INVALID, "sev_snp.certificate_names", JUNE_2025),
    (GOOGLE + "attestation.bin", GOOGLE + "vcek.testcer",
     INVALID, "sev_snp.debug", JUNE_2025),      # DEBUG is on
    (SECRET + "amd_cpu_docker_check_quote.txt", None, MISSING,
     "sev_snp.certificate", JUNE_2025),
    (SECRET + "amd_cpu_quote.txt", None, MISSING, "sev_snp.certificate",
     JUNE_2025),
    (VIRTEE + "report_milan.hex", VIRTEE + "vcek_milan.der", OK, None,
     JUNE_2025),
    (VIRTEE + "report_milan.hex", VIRTEE + "vcek_turin.der", INVALID,
     "sev_snp.certificate_names", JUNE_2025),
    # another chip of the same product and level
    (VIRTEE + "report_milan.hex", TRUSTEE + "snp/test-vcek.der", INVALID,
     "sev_snp.certificate_chip_id", JUNE_2025),
]

# what of the manifest's SNP files is no report: what it is used as
OTHERS = {
    DSTACK + "sev_snp_ask.pem": "ask",
    DSTACK + "sev_snp_vcek.pem": "key",
    TRUSTEE + "az-snp-vtpm/vcek-genoa.pem": "key",
    TRUSTEE + "az-snp-vtpm/vcek.pem": "key",
    TRUSTEE + "snp/test-vcek-invalid-legacy.der": "key",
    TRUSTEE + "snp/test-vcek-invalid-new.der": "key",
    TRUSTEE + "snp/test-vcek.der": "key",
    TRUSTEE + "snp/test-vlek.der": "key",
    GOOGLE + "vcek.testcer": "key",
    GOOGLE + "milan.testcer": "roots",
    GOOGLE + "milanvlek.testcer": "roots",
    VIRTEE + "vcek_milan.der": "key",
    VIRTEE + "vcek_turin.der": "key",
    VIRTEE + "cert_chain_milan": "roots",
    VIRTEE + "cert_chain_turin": "roots",
}
for product in ("genoa", "genoa_vlek", "milan", "milan_vlek", "turin_vcek",
                "turin_vlek"):
    OTHERS["derived/roots/ask_ark_%s.pem" % product] = "roots"
    OTHERS["google+go-sev-guest/verify/trust/ask_ark_%s.pem"
           % product] = "roots"


def manifest_snp():
    """The manifest's files that are of SEV-SNP, by what it says of them."""
    out = []
    for line in read("MANIFEST.tsv").decode().splitlines()[1:]:
        path, what = line.split("\t")[:2]
        if any(w in (path + what).lower() for w in (
                "snp", "vcek", "vlek", "ask", "milan", "turin", "genoa")):
            out.append(path)
    return out


def pems(data):
    begin = b"-----BEGIN"
    return [begin + p for p in data.split(begin)[1:]]


def all_roots():
    return b"".join(read("derived/roots/" + f) for f in sorted(
        os.listdir(os.path.join(EVIDENCE, "derived/roots")))
        if f.startswith("ask_ark"))


def arks():
    return b"".join(pems(read("derived/roots/ask_ark_%s.pem" % p))[1]
                    for p in ("milan", "genoa", "turin_vcek"))


def test_manifest():
    listed = manifest_snp()
    known = set(REPORTS) | set(OTHERS)
    ok(set(listed) == known, "every SNP file of the manifest has a case (%d)"
       % len(listed), set(listed) ^ known)


def test_pairs():
    roots = all_roots()
    for report, key, verdict, check, now in PAIRS:
        line = judge(REPORTS[report](read(report)), roots,
                     read(key) if key else b"", now=now)
        ok(line[0] == verdict and failed(line) == ([check] if check else []),
           "%s with %s: %s" % (report.split("/")[-1],
                               (key or "nothing").split("/")[-1],
                               check or verdict), line)
    seen = {p[0] for p in PAIRS}
    ok(seen == set(REPORTS), "every report is judged", set(REPORTS) - seen)


def test_said():
    roots = all_roots()
    path = TRUSTEE + "snp/test-report.bin"
    report = read(path)
    line = judge(report, roots, read(TRUSTEE + "snp/test-vcek.der"))
    ok(line[1:4] == ["Milan", "0", "0"] and line[4] == report[
        0x90:0xc0].hex() and line[5] == report[0xc0:0xe0].hex()
       and line[6] == report[0x50:0x90].hex() and line[7] == "0.3.0.8.115"
       and line[8] == "1"
       and checks(line)["sev_snp.revocation"] == "not made",
       "what a verified report says", line)
    line = judge(read(TRUSTEE + "snp/test-vlek-report.bin"), roots,
                 read(TRUSTEE + "snp/test-vlek.der"))
    ok(line[2:4] == ["1", "1"] and line[8] == "0"
       and checks(line)["sev_snp.certificate_chip_id"] == "not made",
       "a VLEK names no chip", line)
    ok(checks(line)["sev_snp.revocation"] == "not made",
       "a check that was not made is named")
    report = base64.b64decode(read(SECRET + "amd_cpu_quote.txt"))
    line = judge(report, roots)
    ok(line[9] == "vcek/v1/Genoa/%s?blSPL=9&teeSPL=0&snpSPL=23&ucodeSPL=72"
       % report[0x1a0:0x1e0].hex(), "what to ask the key service for",
       line[9])
    line = judge(read(VIRTEE + "report_milan.hex") and bytes.fromhex(
        read(VIRTEE + "report_milan.hex").decode()), roots)
    ok(line[0] == MISSING and line[9] == "",
       "version 2 does not say which product")


def test_roots():
    report = read(TRUSTEE + "snp/test-report.bin")
    vcek = read(TRUSTEE + "snp/test-vcek.der")
    milan = pems(read("derived/roots/ask_ark_milan.pem"))
    ok(judge(report, arks(), vcek)[0] == INVALID,
       "no ASK: the leaf alone does not reach the ARK")
    ok(judge(report, arks(), mc.pem(vcek) + milan[0])[0] == OK,
       "ASK behind the VCEK")
    ok(judge(report, arks(), mc.pem(vcek) + b"".join(milan))[0] == OK,
       "ASK and ARK behind the VCEK")
    ok(judge(report, milan[0], vcek)[0] == OK, "the ASK alone is pinned")
    genoa = read("derived/roots/ask_ark_genoa.pem")
    for key in (vcek, mc.pem(vcek) + b"".join(milan)):
        line = judge(report, genoa, key)
        ok(line[0] == INVALID and failed(line) == ["sev_snp.chain"],
           "another product's root", line)
    line = judge(read(TRUSTEE + "snp/test-vlek-report.bin"),
                 read("derived/roots/ask_ark_milan.pem"),
                 read(TRUSTEE + "snp/test-vlek.der"))
    ok(line[0] == INVALID and failed(line) == ["sev_snp.chain"],
       "a VLEK needs its ASVK", line)
    ok(judge(report, all_roots(), vcek[:-1])[0] == INVALID, "a cut VCEK")
    ok(judge(report, all_roots(), b"x")[0] == INVALID, "no certificate")
    asks = read(DSTACK + "sev_snp_ask.pem")
    ok(judge(read(DSTACK + "sev_snp_attestation.bin")[4:1188], arks(),
             read(DSTACK + "sev_snp_vcek.pem") + asks, now=JULY_2026)[0]
       == OK, "the ASK that came with the report")


def test_real_table():
    report = read(TRUSTEE + "snp/test-report.bin")
    vcek = read(TRUSTEE + "snp/test-vcek.der")
    ask = pems(read("derived/roots/ask_ark_milan.pem"))[0]
    roots = all_roots()
    ok(judge(report + table(vcek=vcek), roots)[0] == OK,
       "the VCEK out of the report's table")
    ok(judge(report + table(vcek=vcek, ask=ask), arks())[0] == OK,
       "and the ASK too")
    ok(judge(report + table(vlek=vcek), roots)[0] == MISSING,
       "a VLEK is of no use")
    ok(judge(report + table(), roots)[0] == MISSING, "an empty table")
    ok(judge(report + table(vcek=b"bad"), roots)[0] == INVALID,
       "a bad one in the table")
    ok(judge(report + table(vcek=b"bad"), roots, vcek)[0] == OK,
       "what was given goes first")
    ok(judge(report + b"\0", roots, vcek)[0] == INVALID,
       "a byte behind the report")


def test_real_damage():
    roots = (read("derived/roots/ask_ark_milan.pem")
             + read("derived/roots/ask_ark_milan_vlek.pem"))
    for report, key in (("snp/test-report.bin", "snp/test-vcek.der"),
                        ("snp/test-vlek-report.bin", "snp/test-vlek.der")):
        data, vcek = read(TRUSTEE + report), read(TRUSTEE + key)
        ok(judge(data, roots, vcek)[0] == OK, "whole")
        hits = flips(data, roots, vcek, JUNE_2025)
        ok(hits[0] == 0, "%s: each of %d bits flipped"
           % (report.split("/")[-1], 8 * len(data)), hits)
    lines = run([record(data[:i], roots, vcek) for i in range(len(data))])
    ok({line[0] for line in lines} == {INVALID}, "each of %d prefixes"
       % len(lines))
    data = read(TRUSTEE + "snp/test-report.bin")
    vcek = read(TRUSTEE + "snp/test-vcek.der")
    lines = run([record(data, roots, vcek[:i]) for i in range(1, len(vcek))])
    ok({line[0] for line in lines} == {INVALID},
       "each of %d prefixes of the VCEK" % len(lines))
    records = []
    for i in range(8 * len(vcek)):
        bad = bytearray(vcek)
        bad[i // 8] ^= 1 << i % 8
        records.append(record(data, roots, bytes(bad)))
    lines = run(records)
    hits = [i // 8 for i, line in enumerate(lines) if line[0] != INVALID]
    ok(not hits, "each of %d bits of the VCEK flipped" % len(lines),
       hits[:9])


def main():
    if not os.path.exists(os.path.join(EVIDENCE, "MANIFEST.tsv")):
        print("1..0 # SKIP %d real reports, not at %s"
              % (len(REPORTS), EVIDENCE))
        return 0
    for test in (test_manifest, test_pairs, test_said,
                 test_roots, test_real_table, test_real_damage):
        test()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
