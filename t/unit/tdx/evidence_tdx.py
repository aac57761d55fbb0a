#!/usr/bin/python3
"""Runs the TDX verifier over every TDX quote of the evidence.

What a file is and what must come of it is read from MANIFEST.tsv.  Quotes
are judged at the clock that the manifest names, if it names one, and at one
at which their certificates are good.  Whether the certificates' own dates
matter is looked at as well.

IOATTEST_EVIDENCE says where the evidence is (default ../shared/evidence);
with IOATTEST_FULL=1 every bit of two quotes is flipped, otherwise one of each
byte.  Speaks TAP.
"""

import base64
import calendar
import csv
import datetime
import json
import os
import re
import struct
import subprocess
import sys

from cryptography import x509

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
EVIDENCE = os.environ.get("IOATTEST_EVIDENCE",
                          os.path.join(TOP, "..", "shared", "evidence"))
DRIVER = os.path.join(TOP, os.environ.get("CORE_DIR", "build/core"), "driver")

FULL = os.environ.get("IOATTEST_FULL", "") not in ("", "0")

SIGNED = ["tdx.layout", "tdx.pck_chain", "tdx.pck_certificate",
          "tdx.qe_report_signature", "tdx.qe_report_data",
          "tdx.qe", "tdx.signature"]
SEPT_VE_DISABLE = 1 << 28

failures = 0
count = 0


def ok(good, name, more=""):
    global failures, count
    count += 1
    if not good:
        failures += 1
    print("%sok %d - %s" % ("" if good else "not ", count, name))
    if not good and more:
        print("# " + str(more))


def judge(mode, quote, roots, now, crls=()):
    record = mode + struct.pack("<qB", int(now), len(crls))
    for blob in [roots, quote] + list(crls):
        record += struct.pack("<I", len(blob)) + blob
    run = subprocess.run([DRIVER, "tdx"], input=record,
                         capture_output=True)
    if run.returncode != 0:
        return "died: " + run.stderr.decode()[:300]
    return run.stdout.decode().rstrip("\n")


class Verdict:
    def __init__(self, *args, **kwargs):
        self.line = judge(b"v", *args, **kwargs)
        parts = self.line.split("\t")
        parts += [""] * (9 - len(parts))
        self.status, self.fmspc, self.report_data, self.mr_td = parts[:4]
        self.ca, self.trailing, self.not_after, self.sept = parts[4:8]
        self.checks = dict(c.split("=") for c in parts[8].split("|") if c)

    def passed(self, names):
        return all(self.checks.get(n) == "passed" for n in names)


def load(path, what):
    """The quote's bytes out of a file of any form."""
    data = open(path, "rb").read()
    if "at offset 4" in what:
        return data[4:]
    if path.endswith(".json"):
        data = json.loads(data)["quote"].encode()
    text = data.strip()
    text = text[2:] if text.startswith(b"0x") else text
    if re.fullmatch(rb"[0-9a-fA-F\s]+", text):
        return bytes.fromhex(text.decode())
    return data


def pem_of(quote):
    first = quote.index(b"-----BEGIN")
    last = quote.rindex(b"-----END CERTIFICATE-----") + 25
    return quote[first:last], last


def seconds(cert, name):
    # the one is not in Debian 12's, the other will be in no later one
    date = getattr(cert, name + "_utc", None) or getattr(cert, name)
    return calendar.timegm(date.utctimetuple())


def dates_of(quote):
    # load_pem_x509_certificates() is not in Debian 12's
    end = b"-----END CERTIFICATE-----"
    certs = [x509.load_pem_x509_certificate(text + end)
             for text in pem_of(quote)[0].split(end)[:-1]]
    return (max(seconds(c, "not_valid_before") for c in certs),
            min(seconds(c, "not_valid_after") for c in certs))


def clocks(quote, verdict):
    first, last = dates_of(quote)
    found = [first + 86400, last]
    for day in re.findall(r"(?:time|at) (\d{4}-\d\d-\d\d)", verdict):
        day = datetime.datetime.fromisoformat(day + "T12:00:00+00:00")
        found.append(day.timestamp())
    return found


def is_quote(row):
    what, verdict = row[1], row[4]
    return ("QE report sig" in verdict
            or ("quote" in what and verdict.startswith("as ")))


def body_of(quote):
    version, = struct.unpack_from("<H", quote)
    return quote[48 if version == 4 else 54:]


def test_valid(name, quote, verdict, root):
    body = body_of(quote)
    attributes, = struct.unpack_from("<Q", body, 120)
    debug = "DEBUG bit set" in verdict
    first, last = dates_of(quote)

    for now in clocks(quote, verdict):
        v = Verdict(quote, root, now)
        ok(v.passed(SIGNED), "%s at %d: signatures" % (name, now), v.line)
        ok(v.checks.get("tdx.pck_revocation") == "not made",
           "%s: no CRLs, not made" % name, v.line)
        ok(v.status == ("cpu_evidence_invalid" if debug else "ok"),
           "%s: %s" % (name, "debug, refused" if debug else "verified"),
           v.line)
        if debug:
            ok(v.checks["tdx.debug"] == "failed", "%s: for debug" % name,
               v.line)
            continue
        ok(v.report_data == body[520:584].hex()
           and v.mr_td == body[136:184].hex(), "%s: fields" % name, v.line)
        ok(int(v.not_after) == int(last), "%s: not after" % name, v.line)

    v = Verdict(quote, root, first + 86400)
    m = re.search(r"fmspc ([0-9a-f]{12})", verdict)
    if m and not debug:
        ok(v.fmspc == m.group(1), "%s: fmspc" % name, v.line)
    m = re.search(r"(\d+) (?:zero|NON-ZERO) trailing", verdict)
    if m or "no trailing" in verdict:
        want = m.group(1) if m else "0"
        ok(debug or v.trailing == want, "%s: bytes behind" % name, v.line)

    ok((v.sept == "1") == (not debug and bool(attributes & SEPT_VE_DISABLE)),
       "%s: SEPT_VE_DISABLE" % name, v.line)

    for now in (first - 1, last + 1):
        v = Verdict(quote, root, now)
        ok(v.status == "cpu_evidence_invalid"
           and v.checks["tdx.pck_chain"] == "failed",
           "%s: outside of its dates" % name, v.line)


def test_roots(name, quote, now):
    """Certificates that are fine, but not Intel's."""
    roots = os.path.join(EVIDENCE, "derived", "roots")
    for root in sorted(os.listdir(roots)):
        if root.startswith("intel") or "rim" in root:
            continue
        data = open(os.path.join(roots, root), "rb").read()
        v = Verdict(quote, data, now)
        ok(v.checks.get("tdx.pck_chain") == "failed",
           "%s: pinned %s" % (name, root), v.line)


def test_crls(root):
    sample = os.path.join(EVIDENCE, "Phala-Network+dcap-qvl", "sample")
    quote = open(os.path.join(sample, "tdx_quote"), "rb").read()
    outdated = open(os.path.join(sample, "tdx_quote_outdated"), "rb").read()
    own = json.load(open(os.path.join(sample, "tdx_quote_collateral.json")))
    late = json.load(open(os.path.join(
        sample, "tdx_quote_outdated_collateral.json")))
    crls = [bytes.fromhex(own[k]) for k in ("root_ca_crl", "pck_crl")]
    newer = [bytes.fromhex(late[k]) for k in ("root_ca_crl", "pck_crl")]
    now = datetime.datetime(2025, 6, 20,
                            tzinfo=datetime.timezone.utc).timestamp()
    then = datetime.datetime(2026, 2, 20,
                             tzinfo=datetime.timezone.utc).timestamp()

    def case(name, want, *args, **kwargs):
        v = Verdict(*args, **kwargs)
        ok(v.status == want, "crls: %s" % name, v.line)
        return v

    v = case("current", "ok", quote, root, now, crls=crls)
    ok(v.passed(SIGNED + ["tdx.pck_revocation"]), "crls: made", v.line)
    case("in the other order", "ok", quote, root, now, crls=crls[::-1])
    case("newer ones at their time", "ok", outdated, root, then, crls=newer)
    case("old beside new", "ok", outdated, root, then, crls=crls + newer)
    for i in (0, 1):
        case("only one", "cpu_evidence_invalid", quote, root, now,
             crls=crls[i:i + 1])
    case("stale", "cpu_evidence_invalid", quote, root, now + 366 * 86400,
         crls=crls)
    case("not yet", "cpu_evidence_invalid", quote, root, now - 9 * 86400,
         crls=crls)
    for i in (0, 1):
        for at in (40, -1):
            bad = list(crls)
            bad[i] = bytearray(crls[i])
            bad[i][at] ^= 1
            line = judge(b"v", quote, root, now, crls=bad)
            ok(line == "malformed crl"
               or line.startswith("cpu_evidence_invalid\t"),
               "crls: one bit of %d at %d" % (i, at), line)
    pem = b"-----BEGIN X509 CRL-----\n"
    pem += base64.encodebytes(crls[0]) + b"-----END X509 CRL-----\n"
    case("as text", "ok", quote, root, now, crls=[pem, crls[1]])


def test_changes(name, quote, root, now):
    """Every prefix, and one bit of every byte or all of them."""
    end = pem_of(quote)[1]
    size = 48 + 584 if quote[0] == 4 else 54 + 648
    end_of_quote = size + 4 + struct.unpack_from("<I", quote, size)[0]

    # cut behind its end it is whole: nothing reads what stands there
    accepted = judge(b"p", quote, root, now).split()
    ok(accepted == [str(n) for n in range(end_of_quote, len(quote))],
       "%s: no prefix is accepted (%d)" % (name, end_of_quote), accepted[:5])

    # nothing signs the bytes behind the quote, and NUL behind the
    # certificates' text may be a space
    accepted = judge(b"f" if FULL else b"s", quote, root, now).split()
    behind = ["%d.%d" % (i, b) for i in range(end_of_quote, len(quote))
              for b in (range(8) if FULL else [i % 8])]
    blanks = ["%d.5" % i for i in range(end, end_of_quote)
              if quote[i] == 0 and (FULL or i % 8 == 5)]
    ok(set(accepted) == set(behind + blanks),
       "%s: no flipped bit is accepted (%d), save %d behind the quote and "
       "%d in what ends the text" % (name, (8 if FULL else 1) * len(quote),
                                     len(behind), len(blanks)),
       sorted(set(accepted) ^ set(behind + blanks))[:8])


def main():
    manifest = os.path.join(EVIDENCE, "MANIFEST.tsv")
    if not os.path.exists(manifest):
        print("1..0 # SKIP no evidence: 346 checks of 36 files are left "
              "out")
        return 0

    rows = list(csv.reader(open(manifest), delimiter="\t",
                           quoting=csv.QUOTE_NONE))[1:]
    root = open(os.path.join(EVIDENCE, "derived", "roots",
                             "intel_sgx_root_ca.der"), "rb").read()
    pem = open(os.path.join(EVIDENCE, "google+go-tdx-guest", "verify",
                            "trusted_root.pem"), "rb").read()
    seen = {"valid": 0, "other": 0, "changed": 0}

    for row in rows:
        path, what, verdict = row[0], row[1], row[4]
        full = os.path.join(EVIDENCE, path)
        name = os.path.basename(path)
        if is_quote(row):
            quote = load(full, what)
            if what.startswith("SGX"):
                v = Verdict(quote, root, dates_of(quote)[0] + 86400)
                ok(v.checks.get("tdx.layout") == "failed",
                   "%s: no TDX quote" % name, v.line)
                seen["other"] += 1
                continue
            seen["valid"] += 1
            test_valid(name, quote, verdict, root)
            now = dates_of(quote)[0] + 86400
            ok(Verdict(quote, pem, now).line
               == Verdict(quote, root, now).line,
               "%s: the root as text" % name)
            if name in ("tdx_quote", "quote_v5_sample.dat"):
                seen["changed"] += 1
                test_roots(name, quote, now)
                test_changes(name, quote, root, now)
        elif re.search(r"TDREPORT|SNP report|GPU report|HCL", what) \
                and not path.endswith(".json"):
            quote = load(full, what)
            v = Verdict(quote, root, 1750000000)
            ok(v.status == "cpu_evidence_invalid"
               and v.checks.get("tdx.layout") == "failed",
               "%s: no TDX quote" % name, v.line)
            seen["other"] += 1

    test_crls(root)
    ok(seen["valid"] == 18, "quotes: %(valid)d" % seen)
    ok(seen["other"] >= 5, "others: %(other)d" % seen)
    ok(seen["changed"] == 2, "changed: %(changed)d" % seen)

    print("1..%d" % count)
    return failures != 0


sys.exit(main())
