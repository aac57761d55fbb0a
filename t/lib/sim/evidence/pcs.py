"""A small Intel Provisioning Certification Service, version 4: TCB info, QE
identity and revocation lists for the test hardware.

A Collateral holds what will be said; misbehaviour changes it before it is
signed, or what comes of it.
"""
import json
import time
import urllib.parse

from api import wire
from evidence import der, keys, pki, tdx as quotes

DAY = 86400
MODULE = {"mrsigner": "0" * 96, "attributes": "0" * 16,
          "attributesMask": "F" * 16}
TYPES = {0: ("BIOS", "Early Microcode Update"),
         1: ("OS/VMM", "SGX Late Microcode Update"),
         2: ("OS/VMM", "TXT SINIT"), 3: ("BIOS", None), 4: ("BIOS", None),
         5: ("BIOS", None), 7: ("OS/VMM", "SEAMLDR ACM")}
TDX_TYPES = {0: ("OS/VMM", "TDX Module"), 1: ("OS/VMM", "TDX Module"),
             2: ("OS/VMM", "TDX Late Microcode Update")}


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _components(svns, types):
    out = []
    for i, svn in enumerate(svns):
        one = {"svn": svn}
        category, kind = types.get(i, (None, None))
        if category:
            one["category"] = category
        if kind:
            one["type"] = kind
        out.append(one)
    return out


def _level(sgx, pcesvn, tdx, date, status, *advisories):
    out = {"tcb": {"sgxtcbcomponents": _components(sgx, TYPES),
                   "pcesvn": pcesvn,
                   "tdxtcbcomponents": _components(tdx, TDX_TYPES)},
           "tcbDate": date, "tcbStatus": status}
    if advisories:
        out["advisoryIDs"] = list(advisories)
    return out


def svn_level(svn, date, status, *advisories):
    out = {"tcb": {"isvsvn": svn}, "tcbDate": date, "tcbStatus": status}
    if advisories:
        out["advisoryIDs"] = list(advisories)
    return out


def _pad(*svns):
    return list(svns) + [0] * (16 - len(svns))


def tcb_levels():
    """Newest first, as Intel has them."""
    return [
        _level(list(quotes.CPUSVN), quotes.PCESVN, _pad(5, 0, 2),
               "2025-05-14T00:00:00Z", "UpToDate"),
        _level(list(quotes.CPUSVN), quotes.PCESVN, _pad(4, 0, 2),
               "2024-11-13T00:00:00Z", "UpToDate"),
        _level(_pad(1, 1, 2, 2, 2, 1, 0, 2), 5, _pad(3, 0, 1),
               "2024-03-13T00:00:00Z", "OutOfDate", "INTEL-SA-00837",
               "INTEL-SA-01036"),
        _level(_pad(1, 1, 1, 1, 1, 1, 0, 1), 5, _pad(),
               "2023-02-15T00:00:00Z", "Revoked", "INTEL-SA-00615")]


def module_identities():
    return [{"id": "TDX_03", **MODULE, "tcbLevels": [
                svn_level(3, "2024-11-13T00:00:00Z", "UpToDate")]},
            {"id": "TDX_01", **MODULE, "tcbLevels": [
                svn_level(5, "2024-11-13T00:00:00Z", "UpToDate"),
                svn_level(4, "2024-03-13T00:00:00Z", "OutOfDate",
                           "INTEL-SA-01036")]}]


class Collateral:
    """A signed JSON object and its issuer chain."""

    def __init__(self, kind, now):
        self.kind = kind                # tcb or qe
        self.value = {"issueDate": stamp(now - DAY),
                      "nextUpdate": stamp(now + 29 * DAY)}
        self.key = pki.tcb_signing().key
        self.chain = [pki.tcb_signing(), pki.intel_root()]
        self.header = ("TCB-Info-Issuer-Chain" if kind == "tcb"
                       else "SGX-Enclave-Identity-Issuer-Chain")
        self.text = None                # None: dump of the value
        self.after = []                 # functions over the body

    def body(self):
        text = self.text
        if text is None:
            text = json.dumps(self.value, separators=(",", ":"))
        name = "tcbInfo" if self.kind == "tcb" else "enclaveIdentity"
        signature = self.key.sign_raw(text.encode()).hex()
        out = f'{{"{name}":{text},"signature":"{signature}"}}'.encode()
        for change in self.after:
            out = change(out)
        return out


def tcb_info(now, fmspc):
    c = Collateral("tcb", now)
    c.value = {"id": "TDX", "version": 3, **c.value, "fmspc": fmspc,
               "pceId": "0000", "tcbType": 0, "tcbEvaluationDataNumber": 18,
               "tdxModule": dict(MODULE),
               "tdxModuleIdentities": module_identities(),
               "tcbLevels": tcb_levels()}
    return c


def qe_identity(now):
    c = Collateral("qe", now)
    c.value = {"id": "TD_QE", "version": 2, **c.value,
               "tcbEvaluationDataNumber": 18, "miscselect": "0" * 8,
               "miscselectMask": "F" * 8,
               "attributes": "11" + "0" * 30,
               "attributesMask": "FBFFFFFFFFFFFFFF" + "0" * 16,
               "mrsigner": quotes.QE_MRSIGNER.hex().upper(),
               "isvprodid": quotes.QE_PRODID, "tcbLevels": [
                   svn_level(6, "2024-11-13T00:00:00Z", "UpToDate"),
                   svn_level(4, "2023-08-09T00:00:00Z", "OutOfDate",
                              "INTEL-SA-00615")]}
    return c


def early(c, what):
    """What is said to update=early, if it differs: the evaluation to come;
    "short" asks for one SVN more than there is, "forged" is not signed."""
    if what == "same":
        return
    c.value["tcbEvaluationDataNumber"] += 1
    if what == "forged":
        c.key = nobody()
    if what == "short" and c.kind == "tcb":
        for level in c.value["tcbLevels"]:
            if level["tcbStatus"] == "UpToDate":
                level["tcbStatus"] = "OutOfDate"
                level["advisoryIDs"] = ["INTEL-SA-01400"]
        sgx = list(quotes.CPUSVN)
        sgx[0] += 1
        c.value["tcbLevels"].insert(0, _level(
            sgx, quotes.PCESVN, _pad(5, 0, 2), "2026-08-13T00:00:00Z",
            "UpToDate"))


class Crl:
    def __init__(self, kind, issuer, now):
        self.kind = kind                # root, platform or processor
        self.issuer = issuer
        self.key = issuer.key
        self.first, self.last = now - DAY, now + 29 * DAY
        self.revoked = [der.serial_for(f"revoked {i}") for i in range(3)]
        self.chain = [issuer, pki.intel_root()]
        self.after = []

    def body(self):
        out = der.revocation_list(self.issuer.subject, self.key, self.first,
                                  self.last, self.revoked)
        for change in self.after:
            out = change(out)
        return out


def _chain_header(name, chain):
    text = b"".join(c.pem for c in chain).decode()
    return [name, urllib.parse.quote(text, safe="")]


def _reply(kind, body, *headers):
    return wire.Reply(200, [["content-type", kind],
                            ["Request-ID", "sim"], *headers], [body])


def _crl(kind, issuer, query, run, now):
    crl = Crl(kind, issuer, now)
    run(crl)
    body, content = crl.body(), "application/pkix-crl"
    if kind != "root" and query.get("encoding", "pem") != "der":
        body = der.pem(body, "X509 CRL")
        content = "application/x-pem-file"
    headers = [] if kind == "root" else [
        _chain_header("SGX-PCK-CRL-Issuer-Chain", crl.chain)]
    return _reply(content, body, *headers)


def serve(path, query, run, now=None):
    """A reply, or None for what is not here.  run: applies misbehaviour to
    a Collateral or a Crl."""
    now = int(time.time()) if now is None else now
    if path == "/tdx/certification/v4/tcb":
        fmspc = query.get("fmspc", "")
        if fmspc.lower() != quotes.FMSPC.hex():
            return wire.Reply(404 if len(fmspc) == 12 else 400, [], [b""])
        c = tcb_info(now, fmspc.upper())
        run(c)
        return _reply("application/json", c.body(), _chain_header(
            c.header, c.chain))
    if path == "/tdx/certification/v4/qe/identity":
        c = qe_identity(now)
        run(c)
        return _reply("application/json", c.body(), _chain_header(
            c.header, c.chain))
    if path == "/sgx/certification/v4/pckcrl":
        ca = query.get("ca")
        if ca not in ("platform", "processor"):
            return wire.Reply(400, [], [b""])
        return _crl(ca, pki.intel_ca(kind=ca.capitalize()), query, run,
                    now)
    if path in ("/IntelSGXRootCA.der", "/IntelSGXRootCA.crl"):
        return _crl("root", pki.intel_root(), query, run, now)
    if path == "/sgx/certification/v4/rootcacrl":
        reply = _crl("root", pki.intel_root(), query, run, now)
        reply.set_body(reply.body().hex().encode())
        return reply
    return None


def nobody():
    return keys.p256("nobody")
