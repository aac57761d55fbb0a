"""Misbehaviour of collateral: TCB info, QE identity and revocation lists of
Intel's service.  Each breaks one check.

Stage "reply", before signing: a Collateral or Crl of evidence/pcs.py.  What
concerns another document leaves this one as it is.
"""
import time

from evidence import der, keys, pcs, pki
from faults.expect import collateral
from faults.misbehave import number

DAY = 86400


# --- TCB info and QE identity ----------------------------------------------


def _of(kinds, name, breaks, doc, reason=None):
    """fn(target) for documents of these kinds alone."""
    def put(fn):
        @collateral(name, breaks, doc, reason)
        def _(c, value):
            if c.kind in kinds:
                fn(c)
        return fn
    return put


def _both(suffix, breaks, doc):
    def put(fn):
        _of(("tcb",), "tcb_" + suffix, "tcb_" + breaks, "TCB info: " + doc)(fn)
        _of(("qe",), "qe_" + suffix, "qe_" + breaks, "QE identity: " + doc)(fn)
        return fn
    return put


@_both("expired", "date", "nextUpdate has passed")
def _(c):
    now = time.time()
    c.value["issueDate"] = pcs.stamp(now - 60 * DAY)
    c.value["nextUpdate"] = pcs.stamp(now - 30 * DAY)


@_both("future", "date", "issueDate is yet to come")
def _(c):
    now = time.time()
    c.value["issueDate"] = pcs.stamp(now + 30 * DAY)
    c.value["nextUpdate"] = pcs.stamp(now + 60 * DAY)


@_both("bad_date", "date", "nextUpdate that is no date")
def _(c):
    c.value["nextUpdate"] = "never"


@_both("signature", "signature", "signed by another key")
def _(c):
    c.key = pcs.nobody()


@_both("changed", "signature", "a date changed after signing")
def _(c):
    c.after.append(lambda b: b.replace(b"T00:00:00Z", b"T00:00:01Z", 1))


@_both("signature_short", "signature", "half a signature")
def _(c):
    c.after.append(lambda b: b[:-66] + b'"}')


@_both("bad_json", "json", "no JSON")
def _(c):
    c.text = "{"


@_both("no_signature", "json", "without signature")
def _(c):
    c.after.append(lambda b: b[:b.rindex(b',"signature"')] + b"}")


@_both("short_chain", "chain", "issuer chain without its root")
def _(c):
    c.chain = c.chain[:1]


@_both("no_chain", "chain", "an empty issuer chain")
def _(c):
    c.chain = []


@_both("root", "chain", "signed below another root of the same name")
def _(c):
    signer = pki.tcb_signing("foreign")
    c.key = signer.key
    c.chain = [signer, pki.intel_root("foreign")]


@_both("ca_leaf", "chain", "signed by the platform CA, as if it were the "
       "TCB signer")
def _(c):
    c.chain[0] = pki.intel_ca()
    c.key = c.chain[0].key


@_both("pck_signer", "chain", "signed by a machine's PCK")
def _(c):
    from evidence import make
    c.chain = [make.platform(0).leaf, pki.intel_ca(),
               pki.intel_root()]
    c.key = c.chain[0].key


@_both("chain_swapped", "chain", "the root before the signer, and its key "
       "signs")
def _(c):
    c.chain = c.chain[::-1]
    c.key = pki.intel_root().key


@_both("cn", "chain", "signed by a certificate of the root's with another "
       "name")
def _(c):
    c.key = keys.p256("another signer")
    c.chain[0] = pki.intel_leaf("Intel SGX PCK Certificate", c.key,
                                pki.intel_root())


@_both("below", "chain", "signed by a TCB signer of the platform CA's")
def _(c):
    c.key = keys.p256("another signer")
    c.chain = [pki.intel_leaf("Intel SGX TCB Signing", c.key,
                              pki.intel_ca()),
               pki.intel_ca(), pki.intel_root()]


@_both("evaluation", "form", "without tcbEvaluationDataNumber")
def _(c):
    del c.value["tcbEvaluationDataNumber"]


@_of(("tcb",), "tcb_evaluation_old", "", "of the evaluation before")
def _(c):
    c.value["tcbEvaluationDataNumber"] -= 1


@_of(("qe",), "qe_evaluation_old", "", "of the evaluation before")
def _(c):
    c.value["tcbEvaluationDataNumber"] -= 1


@_both("version", "form", "version 1")
def _(c):
    c.value["version"] = 1


@_both("version_newer", "form", "version 4")
def _(c):
    c.value["version"] = 4


@_both("no_levels", "form", "without TCB levels")
def _(c):
    del c.value["tcbLevels"]


@_both("twice", "form", "with one level twice")
def _(c):
    c.value["tcbLevels"].append(dict(c.value["tcbLevels"][-1]))


@_of(("tcb",), "tcb_module_twice", "tcb_form", "one level of the module "
     "twice")
def _(c):
    levels = c.value["tdxModuleIdentities"][1]["tcbLevels"]
    levels.append(dict(levels[-1]))


@_of(("tcb",), "tcb_id", "tcb_form", "TCB info for SGX")
def _(c):
    c.value["id"] = "SGX"


@_of(("tcb",), "tcb_type", "tcb_form", "TCB info of type 1")
def _(c):
    c.value["tcbType"] = 1


@_of(("tcb",), "tcb_fmspc", "tcb_fmspc", "TCB info of another fmspc")
def _(c):
    c.value["fmspc"] = "00606A000000"


@_of(("tcb",), "tcb_pceid", "tcb_fmspc", "TCB info of another pceId")
def _(c):
    c.value["pceId"] = "0001"


def _components(name, doc, member, change):
    @_of(("tcb",), name, "tcb_form", doc)
    def _(c):
        for level in c.value["tcbLevels"]:
            change(level["tcb"], member)


_components("tcb_no_tdx", "levels without TDX components",
            "tdxtcbcomponents", lambda tcb, m: tcb.pop(m))
_components("tcb_short_tdx", "levels of 15 TDX components",
            "tdxtcbcomponents", lambda tcb, m: tcb[m].pop())
_components("tcb_short_sgx", "levels of 15 SGX components",
            "sgxtcbcomponents", lambda tcb, m: tcb[m].pop())
_components("tcb_long_sgx", "levels of 17 SGX components",
            "sgxtcbcomponents", lambda tcb, m: tcb[m].append({"svn": 0}))


@_of(("tcb",), "tcb_sgx_svn", "level", "every level asks for a newer "
     "processor")
def _(c):
    for level in c.value["tcbLevels"]:
        level["tcb"]["sgxtcbcomponents"][0]["svn"] = 99


@_of(("tcb",), "tcb_tdx_svn", "level", "every level asks for a newer module")
def _(c):
    for level in c.value["tcbLevels"]:
        level["tcb"]["tdxtcbcomponents"][2]["svn"] = 99


@_of(("tcb",), "tcb_pcesvn", "level", "every level asks for a newer PCE")
def _(c):
    for level in c.value["tcbLevels"]:
        level["tcb"]["pcesvn"] = 99


def _status(name, status, reason=None, breaks="status"):
    @_of(("tcb",), "tcb_status_" + name, breaks,
         f"the platform's level is {status}", reason)
    def _(c):
        for level in c.value["tcbLevels"][:2]:
            level["tcbStatus"] = status


_status("out_of_date", "OutOfDate")
_status("configuration", "ConfigurationNeeded")
_status("out_of_date_configuration", "OutOfDateConfigurationNeeded")
_status("configuration_hardening", "ConfigurationAndSWHardeningNeeded")
_status("revoked", "Revoked", "revoked")
_status("unknown", "Wonderful")
_status("hardening", "SWHardeningNeeded", breaks="")


@_of(("tcb",), "tcb_advisories", "", "the platform's level has 30 advisories")
def _(c):
    for level in c.value["tcbLevels"][:2]:
        level["tcbStatus"] = "SWHardeningNeeded"
        level["advisoryIDs"] = [f"INTEL-SA-{n:05}" for n in range(30)]


@_of(("qe",), "qe_status_out_of_date", "qe_status",
     "the QE's level is OutOfDate")
def _(c):
    c.value["tcbLevels"][0]["tcbStatus"] = "OutOfDate"


@_of(("qe",), "qe_status_revoked", "qe_status", "the QE's level is Revoked",
     "revoked")
def _(c):
    c.value["tcbLevels"][0]["tcbStatus"] = "Revoked"


@_of(("tcb",), "tcb_module_status", "module_status",
     "the TDX module's level is OutOfDate")
def _(c):
    c.value["tdxModuleIdentities"][1]["tcbLevels"][0]["tcbStatus"] = \
        "OutOfDate"


@_of(("tcb",), "tcb_module_revoked", "module_status",
     "the TDX module's level is Revoked", "revoked")
def _(c):
    c.value["tdxModuleIdentities"][1]["tcbLevels"][0]["tcbStatus"] = "Revoked"


def _unsorted(levels):
    """The lowest first, and good; what the machine reaches is not."""
    levels.reverse()
    levels[0].update(tcbStatus="UpToDate")
    levels[0].pop("advisoryIDs", None)
    for level in levels[1:]:
        level["tcbStatus"] = "OutOfDate"


@_of(("tcb",), "tcb_unsorted", "status", "OutOfDate, behind a lower level "
     "that is UpToDate")
def _(c):
    _unsorted(c.value["tcbLevels"])


@_of(("qe",), "qe_unsorted", "qe_status", "the same of the QE's levels")
def _(c):
    _unsorted(c.value["tcbLevels"])


@_of(("tcb",), "tcb_module_unsorted", "module_status", "the same of the "
     "module's levels")
def _(c):
    _unsorted(c.value["tdxModuleIdentities"][1]["tcbLevels"])


@_of(("tcb", "qe"), "levels_reversed", "", "levels in reverse order")
def _(c):
    c.value["tcbLevels"].reverse()
    for module in c.value.get("tdxModuleIdentities", []):
        module["tcbLevels"].reverse()


@_of(("tcb",), "tcb_module_missing", "module", "no identity for the module")
def _(c):
    del c.value["tdxModuleIdentities"][1]


@_of(("tcb",), "tcb_module_signer", "module", "the module's identity has "
     "another signer", "cpu_evidence_invalid")
def _(c):
    c.value["tdxModuleIdentities"][1]["mrsigner"] = "5A" * 48


def _dated(name, kind, doc):
    @collateral(name, "", doc)
    def _(c, value):
        if c.kind == kind:
            date = pcs.stamp(time.time() - number(value, 3) * DAY)
            for level in c.value["tcbLevels"]:
                level["tcbDate"] = date


_dated("tcb_dates", "tcb", "[=N]: every level's tcbDate is N (3) days ago")
_dated("qe_dates", "qe", "[=N]: every tcbDate of the QE is N (3) days ago")


@_of(("tcb",), "tcb_extra", "", "an unknown member more")
def _(c):
    c.value["news"] = {"a": [1, "\u00e9"]}


@_of(("tcb",), "tcb_header_v3", "", "the header version 3 had for the chain")
def _(c):
    c.header = "SGX-" + c.header


@_of(("tcb", "qe"), "header_case", "", "the chains' headers in lower case")
def _(c):
    c.header = c.header.lower()


def _identity(name, doc, **values):
    @_of(("qe",), name, "qe_identity", doc, "cpu_evidence_invalid")
    def _(c):
        c.value.update(values)


@_of(("qe",), "qe_id", "qe_form", "identity of the SGX QE")
def _(c):
    c.value["id"] = "QE"


_identity("qe_mrsigner", "identity of another signer", mrsigner="5A" * 32)
_identity("qe_prodid", "identity of another product", isvprodid=1)
_identity("qe_miscselect", "identity with miscselect 1",
          miscselect="01000000")
_identity("qe_attributes", "identity with other attributes",
          attributes="31" + "0" * 30)


@_of(("qe",), "qe_svn", "qe_status", "no level for this QE")
def _(c):
    c.value["tcbLevels"] = [pcs.svn_level(
        99, "2026-01-01T00:00:00Z", "UpToDate")]


# --- revocation lists ------------------------------------------------------


@_of(("platform",), "crl_pck", "revoked", "machine 0's PCK is revoked",
     "revoked")
def _(c):
    from evidence import make
    c.revoked.append(make.platform(0).leaf.serial)


@_of(("root",), "crl_ca", "revoked", "the platform CA is revoked", "revoked")
def _(c):
    c.revoked.append(pki.intel_ca().serial)


@_of(("root",), "crl_tcb_signing", "revoked", "the TCB signer is revoked",
     "revoked")
def _(c):
    c.revoked.append(pki.tcb_signing().serial)


def _lists(suffix, breaks, doc):
    """Without a sound list of its CA, a PCK is not known to be good."""
    def put(fn):
        _of(("platform",), "crl_pck_" + suffix, breaks, "PCK CRL: " + doc,
            "cpu_evidence_invalid")(fn)
        _of(("root",), "crl_root_" + suffix, breaks, "root CRL: " + doc)(fn)
        return fn
    return put


@_lists("expired", "crl_date", "nextUpdate has passed")
def _(c):
    c.first, c.last = c.first - 60 * DAY, c.first - 30 * DAY


@_lists("future", "crl_date", "thisUpdate is yet to come")
def _(c):
    c.first, c.last = c.last, c.last + 30 * DAY


@_lists("signature", "crl_signature", "signed by another key")
def _(c):
    c.key = pcs.nobody()


@_lists("issuer", "crl_signature", "a list of another authority")
def _(c):
    c.issuer = pki.intel_ca(kind="Processor")
    c.key = c.issuer.key
    c.chain[:1] = [c.issuer]


@_lists("garbage", "crl_form", "no DER")
def _(c):
    c.after.append(lambda b: bytes(len(b)))


@_of(("platform", "root"), "crl_hex", "", "lists in hex, as a cache has them")
def _(c):
    c.after.append(lambda b: b.hex().upper().encode())


@_of(("platform", "root"), "crl_pem", "", "lists as PEM")
def _(c):
    c.after.append(lambda b: der.pem(b, "X509 CRL"))
