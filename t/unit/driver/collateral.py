"""Collateral and quotes under keys of our own, one change at a time."""

import vendorfeed as vf
from vendorfeed import Cert, compact, ok, rfc3339

from cryptography.hazmat.primitives import hashes

NOW = 1750500000
DAY = 86400
SLACK = 3600
SEAM = "00" * 48
QE_SIGNER = "DC9E2A7C6F948F17474E34A7FC43ED03" \
            "0F7C1563F1BABDDF6340C82E0E54A8C5"

ROOT = Cert("Test Root", ca=True, start=0, end=4000000000)
SIGNER = Cert("Intel SGX TCB Signing", ROOT, start=0, end=NOW + 90 * DAY)
OTHER_ROOT = Cert("Test Root", ca=True, start=0, end=4000000000)
STRANGER = Cert("Intel SGX TCB Signing", OTHER_ROOT, start=0, end=4000000000)
MACHINE = Cert("Intel SGX PCK Certificate", ROOT, start=0, end=4000000000)
LATE = Cert("Intel SGX TCB Signing", ROOT, start=0, end=NOW - 1)
CA_LEAF = Cert("Intel SGX TCB Signing", ROOT, ca=True, start=0,
               end=4000000000)
SUB_CA = Cert("Test Platform CA", ROOT, ca=True, start=0, end=4000000000)
BELOW = Cert("Intel SGX TCB Signing", SUB_CA, start=0, end=4000000000)
CRL = ROOT.crl(NOW - DAY, NOW + DAY)


def svns(*values):
    return [{"svn": v} for v in values + (0,) * (16 - len(values))]


def level(pcesvn, status, date, sgx, tdx, advisories=None):
    v = {"tcb": {"sgxtcbcomponents": svns(*sgx), "pcesvn": pcesvn,
                 "tdxtcbcomponents": svns(*tdx)},
         "tcbDate": rfc3339(date), "tcbStatus": status}
    if advisories:
        v["advisoryIDs"] = advisories
    return v


def isv(svn, status, date, advisories=None):
    v = {"tcb": {"isvsvn": svn}, "tcbDate": rfc3339(date),
         "tcbStatus": status}
    if advisories:
        v["advisoryIDs"] = advisories
    return v


def module(name, levels):
    return {"id": name, "mrsigner": SEAM, "attributes": "00" * 8,
            "attributesMask": "FF" * 8, "tcbLevels": levels}


class Case:
    """Collateral and a quote that pass; a test changes one thing."""

    def __init__(self):
        self.tcb = {
            "id": "TDX", "version": 3, "issueDate": rfc3339(NOW - DAY),
            "nextUpdate": rfc3339(NOW + 20 * DAY), "fmspc": "B0C06F000000",
            "pceId": "0000", "tcbType": 0, "tcbEvaluationDataNumber": 17,
            "tdxModule": {"mrsigner": SEAM, "attributes": "00" * 8,
                          "attributesMask": "FF" * 8},
            "tdxModuleIdentities": [
                module("TDX_03", [isv(3, "UpToDate", 1000 * DAY)]),
                module("TDX_01", [
                    isv(4, "UpToDate", 1000 * DAY),
                    isv(2, "OutOfDate", 900 * DAY, ["INTEL-SA-2"]),
                    isv(1, "Revoked", 800 * DAY)])],
            "tcbLevels": [
                level(11, "UpToDate", 1000 * DAY, (2, 2), (5, 0, 2)),
                level(10, "ConfigurationNeeded", 1000 * DAY, (2, 2),
                      (5, 0, 2), ["INTEL-SA-9"]),
                level(9, "OutOfDate", 900 * DAY, (2, 1), (4, 0, 2),
                      ["INTEL-SA-1", "INTEL-SA-2"]),
                level(8, "OutOfDateConfigurationNeeded", 800 * DAY, (2, 1),
                      (4, 0, 2)),
                level(5, "Revoked", 700 * DAY, (1, 1), (1, 0, 1))]}
        self.qe = {
            "id": "TD_QE", "version": 2, "issueDate": rfc3339(NOW - DAY),
            "nextUpdate": rfc3339(NOW + 10 * DAY),
            "tcbEvaluationDataNumber": 17, "miscselect": "00000000",
            "miscselectMask": "FFFFFFFF",
            "attributes": "11" + "00" * 15,
            "attributesMask": "FBFFFFFFFFFFFFFF0000000000000000",
            "mrsigner": QE_SIGNER, "isvprodid": 2,
            "tcbLevels": [isv(4, "UpToDate", 1000 * DAY),
                          isv(3, "OutOfDate", 950 * DAY),
                          isv(2, "SWHardeningNeeded", 940 * DAY,
                              ["INTEL-SA-3"]),
                          isv(1, "Revoked", 930 * DAY)]}
        self.tcb_signer = self.qe_signer = SIGNER
        self.tcb_chain = self.qe_chain = None
        self.tcb_body = self.qe_body = None
        self.roots = ROOT.pem
        self.crls = [CRL, b""]
        self.now = NOW
        self.slack = SLACK
        self.quote = {
            "fmspc": bytes.fromhex("b0c06f000000"), "pceid": bytes(2),
            "pck": [2, 2] + [0] * 14, "pcesvn": 11,
            "tee": [4, 1, 2] + [0] * 13, "seam": bytes(48), "attr": bytes(8),
            "misc": bytes(4), "qe_attr": bytes.fromhex("11" + "00" * 15),
            "qe_signer": bytes.fromhex(QE_SIGNER), "prodid": 2, "svn": 4}

    def quote_bytes(self):
        q = self.quote
        if isinstance(q, bytes):
            return q
        return (q["fmspc"] + q["pceid"] + bytes(q["pck"])
                + q["pcesvn"].to_bytes(2, "little") + bytes(q["tee"])
                + q["seam"] + q["attr"] + q["misc"] + q["qe_attr"]
                + q["qe_signer"] + q["prodid"].to_bytes(2, "little")
                + q["svn"].to_bytes(2, "little"))

    @staticmethod
    def body(member, inner, signer):
        text = compact(inner)
        sig = vf.raw_sign(signer.key, text, hashes.SHA256())
        return b'{"%s":%s,"signature":"%s"}' % (member, text,
                                                sig.hex().encode())

    def record(self):
        return ("c", [
            self.tcb_body or self.body(b"tcbInfo", self.tcb,
                                       self.tcb_signer),
            self.tcb_chain or self.tcb_signer.pem + ROOT.pem,
            self.qe_body or self.body(b"enclaveIdentity", self.qe,
                                      self.qe_signer),
            self.qe_chain or self.qe_signer.pem + ROOT.pem,
            self.roots, self.crls[0], self.crls[1], str(self.now).encode(),
            str(self.slack).encode(), self.quote_bytes()])


cases = []


def expect(name, change, reason, status="unknown", failed="-", since=None,
           advisories=None):
    """change: statements over c; or a function of it."""
    c = Case()
    if callable(change):
        change(c)
    else:
        exec(change, globals(), {"c": c})
    cases.append((name, c, reason, status, failed, since, advisories))


def refused(name, change, failed, reason="tcb_rejected"):
    expect(name, change, reason, failed=failed)


def run_cases():
    answers = vf.run([c[1].record() for c in cases])
    for (name, _, reason, status, failed, since, adv), a in zip(cases,
                                                                answers):
        good = (a[0] == reason and a[1] == status and a[5] == failed
                and (since is None or a[2] == str(since))
                and (adv is None or a[4] == adv))
        ok(good, name, " ".join(a))
    cases.clear()
