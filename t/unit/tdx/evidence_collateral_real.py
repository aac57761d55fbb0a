#!/usr/bin/python3
"""Intel's collateral: damage of every kind, and what the real samples say at
the times at which they were good.

IOATTEST_EVIDENCE says where they are (default ../shared/evidence).
Speaks TAP.
"""

import datetime
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import vendorfeed as vf
from collateral import DAY, Case, expect, run_cases
from vendorfeed import all_ok


def test_damage():
    """Every prefix and a flip of every bit of both bodies and chains."""
    rnd = random.Random(3)
    for field, name in ((0, "TCB info"), (1, "chain"), (2, "QE identity")):
        c = Case()
        record = c.record()[1]
        whole = record[field]
        records, labels = [], []
        for n in range(len(whole) - 1):
            if field == 1 and n >= len(whole) - 30:
                continue
            if rnd.randrange(4) == 0:
                f = list(record)
                f[field] = whole[:n]
                records.append(("c", f))
                labels.append(n)
        bad = [n for n, a in zip(labels, vf.run(records)) if a[0] == "ok"]
        all_ok(bad, len(labels), name + ": prefixes are refused")
        records, labels = [], []
        for n in range(len(whole)):
            f = list(record)
            bit = rnd.randrange(8)
            flipped = bytes([whole[n] ^ (1 << bit)])
            f[field] = whole[:n] + flipped + whole[n + 1:]
            if field != 1 and whole[n:n + 1].isalpha() and bit == 5 \
                    and n > len(whole) - 131:
                continue        # hex digits of the signature: two cases
            records.append(("c", f))
            labels.append((n, bit))
        bad = [n for n, a in zip(labels, vf.run(records)) if a[0] == "ok"]
        if field == 1:
            # what stands in PEM's marks and line feeds may have other forms
            bad = [b for b in bad if whole[b[0]:b[0] + 1] not in (b"\n",)]
        all_ok(bad, len(labels), name + ": a flipped bit is refused")


def real_dcap(path):
    data = vf.evidence(path)
    if data is None:
        return None
    j = json.loads(data)
    return {
        "tcb_body": b'{"tcbInfo":%s,"signature":"%s"}'
        % (j["tcb_info"].encode(), j["tcb_info_signature"].encode()),
        "tcb_chain": j["tcb_info_issuer_chain"].encode(),
        "qe_body": b'{"enclaveIdentity":%s,"signature":"%s"}'
        % (j["qe_identity"].encode(), j["qe_identity_signature"].encode()),
        "qe_chain": j["qe_identity_issuer_chain"].encode(),
        "crls": [bytes.fromhex(j["root_ca_crl"]),
                 bytes.fromhex(j["pck_crl"])]}


def utc(text):
    return int(datetime.datetime.fromisoformat(text + "+00:00").timestamp())


def test_real():
    """Verdicts and times of the collection's MANIFEST.tsv."""
    dcap = "Phala-Network+dcap-qvl/"
    go = "google+go-tdx-guest/testing/testdata/"
    root = vf.evidence("derived/roots/intel_sgx_root_ca.der")
    skipped = 0
    chain = None

    def real(name, parts, quote, at, reason, status, failed, crls=True,
             since=None, advisories=None):
        nonlocal skipped
        if parts is None or quote is None or root is None:
            skipped += 1
            return

        def change(c):
            c.slack = 0
            for k, v in parts.items():
                setattr(c, k, v)
            if not crls:
                c.crls = [b"", b""]
            c.roots = root
            c.now = utc(at)
            c.quote = quote
        expect(name, change, reason, status, failed, since, advisories)

    def go_parts(tcb, qe):
        a, b = vf.evidence(go + tcb), vf.evidence(go + qe)
        if a is None or b is None or chain is None:
            return None
        return {"tcb_body": a, "qe_body": b, "tcb_chain": chain,
                "qe_chain": chain}

    a = real_dcap(dcap + "sample/tdx_quote_collateral.json")
    q = vf.evidence(dcap + "sample/tdx_quote")
    if a is not None:
        chain = a["tcb_chain"]
    real("tdx_quote", a, q, "2025-06-20T12:00:00", "ok", "UpToDate", "-",
         since=0, advisories="-")
    real("tdx_quote before its collateral", a, q, "2025-06-19T10:16:02",
         "tcb_rejected", "unknown", "tdx.tcb_info.issue_date")
    real("tdx_quote in the collateral's last second", a, q,
         "2025-07-19T10:16:02", "ok", "UpToDate", "-", False)
    real("tdx_quote when the collateral has run out", a, q,
         "2025-07-19T10:16:03", "tcb_rejected", "unknown",
         "tdx.tcb_info.next_update", False)
    b = real_dcap(dcap + "sample/tdx_quote_outdated_collateral.json")
    qb = vf.evidence(dcap + "sample/tdx_quote_outdated")
    real("tdx_quote_outdated: no level", b, qb, "2026-02-20T00:00:00",
         "tcb_rejected", "unknown", "tdx.tcb.platform")
    real("tdx_quote with the collateral of another platform", b, q,
         "2026-02-20T00:00:00", "tcb_rejected", "unknown", "tdx.tcb.fmspc")
    d = real_dcap(dcap + "sample/sgx_quote_collateral.json")
    real("SGX collateral", d, q, "2025-06-20T12:00:00", "tcb_rejected",
         "unknown", "tdx.tcb_info.id", False)
    e = real_dcap(dcap + "tests/near/contracts/gas-test/tests/quote/"
                         "quote_collateral.json")
    h = vf.evidence(dcap + "tests/near/contracts/gas-test/tests/quote/"
                           "quote_hex.txt")
    real("gas-test", e, h and bytes.fromhex(h.decode().strip()),
         "2025-09-03T00:00:00", "ok", "UpToDate", "-")
    g = go_parts("sample_tcbinfo_response_v5", "sample_qeIdentity_response")
    q5 = vf.evidence(go + "quote_v5_sample.dat")
    real("go-tdx-guest v5: its QE identity is of 2023", g, q5,
         "2026-02-10T00:00:00", "tcb_rejected", "unknown",
         "tdx.qe_identity.next_update", False)
    if g is not None and b is not None:
        g = dict(g, qe_body=b["qe_body"])
    real("go-tdx-guest v5 with a QE identity of its month", g, q5,
         "2026-02-20T00:00:00", "ok", "UpToDate", "-", False)
    s = go_parts("sample_tcbInfo_response", "sample_qeIdentity_response")
    spr = vf.evidence(go + "tdx_prod_quote_SPR_E4.dat")
    real("SPR_E4 in 2023: before the signer's certificate that is here", s,
         spr, "2023-06-19T00:00:00", "tcb_rejected", "unknown",
         "tdx.tcb_info.chain", False)
    real("SPR_E4 with a slack of two years: no level",
         s and dict(s, slack=800 * DAY), spr, "2025-06-20T00:00:00",
         "tcb_rejected", "unknown", "tdx.tcb.platform", False)
    real("go-tdx-guest of 2023, under another quote", s, q,
         "2025-06-20T00:00:00", "tcb_rejected", "unknown",
         "tdx.tcb_info.next_update", False)
    run_cases()
    print("# %d of the real samples skipped: not there" % skipped)


test_damage()
test_real()
vf.done()
