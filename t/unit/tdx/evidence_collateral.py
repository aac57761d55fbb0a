#!/usr/bin/python3
"""Intel's collateral: what each check refuses, alone, under keys of our own.

Speaks TAP.
"""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../driver"))
import vendorfeed as vf
from collateral import (CA_LEAF, CRL, DAY, LATE, MACHINE, NOW, OTHER_ROOT,
                        ROOT, SIGNER, SLACK, STRANGER, Case, expect, level,
                        refused, run_cases)
from vendorfeed import all_ok, compact, ok, rfc3339

from cryptography.hazmat.primitives import hashes


def test_statuses():
    expect("all is well", "", "ok", "UpToDate", since=0, advisories="-")
    expect("without CRLs", "c.crls = [b'', b'']", "ok", "UpToDate")
    expect("more than the levels ask",
           "c.quote.update(pck=[255] * 16, pcesvn=65535, "
           "tee=[255, 1] + [255] * 14, svn=65535)", "ok", "UpToDate")
    expect("the module's version is judged by its identity alone",
           "c.quote['tee'] = [3, 3, 2] + [0] * 13", "ok", "UpToDate")
    expect("version 0: by the platform's level alone",
           "c.quote['tee'] = [5, 0, 2] + [0] * 13", "ok", "UpToDate")
    expect("version 0: below it",
           "c.quote['tee'] = [4, 0, 2] + [0] * 13; "
           "c.quote['pcesvn'] = 9", "ok", "OutOfDate")
    expect("QE identity version 3", "c.qe['version'] = 3", "ok", "UpToDate")
    expect("no module identities, version 0",
           "del c.tcb['tdxModuleIdentities']; "
           "c.quote['tee'] = [5, 0, 2] + [0] * 13", "ok", "UpToDate")
    expect("the platform's configuration", "c.quote['pcesvn'] = 10", "ok",
           "ConfigurationNeeded", since=0, advisories="INTEL-SA-9")
    expect("the platform is out of date since the better level's date",
           "c.quote['pcesvn'] = 9", "ok", "OutOfDate", since=1000 * DAY,
           advisories="INTEL-SA-1,INTEL-SA-2")
    expect("one more behind: since the oldest of the better ones",
           "c.quote['pcesvn'] = 8", "ok", "OutOfDateConfigurationNeeded",
           since=900 * DAY)
    expect("no better date: since its own",
           "c.tcb['tcbLevels'] = c.tcb['tcbLevels'][2:]", "ok", "OutOfDate",
           since=900 * DAY)
    expect("the module is out of date", "c.quote['tee'][0] = 3", "ok",
           "OutOfDate", since=1000 * DAY, advisories="INTEL-SA-2")
    expect("the QE is out of date", "c.quote['svn'] = 3", "ok", "OutOfDate",
           since=1000 * DAY)
    expect("the QE needs hardening", "c.quote['svn'] = 2", "ok",
           "SWHardeningNeeded", advisories="INTEL-SA-3")
    expect("module out of date, platform's configuration",
           "c.quote.update(pcesvn=10); c.quote['tee'][0] = 3", "ok",
           "OutOfDateConfigurationNeeded",
           advisories="INTEL-SA-9,INTEL-SA-2")
    expect("platform's configuration, QE's hardening",
           "c.quote.update(pcesvn=10, svn=2)", "ok",
           "ConfigurationAndSWHardeningNeeded")
    expect("platform out of date, QE's hardening",
           "c.quote.update(pcesvn=9, svn=2)", "ok", "OutOfDate",
           advisories="INTEL-SA-1,INTEL-SA-2,INTEL-SA-3")
    expect("earliest of three dates",
           "c.quote.update(pcesvn=8, svn=3); c.quote['tee'][0] = 3", "ok",
           "OutOfDateConfigurationNeeded", since=900 * DAY)
    expect("revoked platform", "c.quote['pcesvn'] = 5", "ok", "Revoked")
    expect("revoked module", "c.quote['tee'][0] = 1", "ok", "Revoked")
    expect("revoked QE", "c.quote['svn'] = 1", "ok", "Revoked")
    run_cases()


def test_levels():
    for i in range(16):
        expect("SGX component %d below every level" % i,
               lambda c, i=i: (
                   [l["tcb"]["sgxtcbcomponents"][i].update(svn=3)
                    for l in c.tcb["tcbLevels"]],
                   c.quote["pck"].__setitem__(i, 2)),
               "tcb_rejected", failed="tdx.tcb.platform")
        reason = ("ok", "UpToDate", "-") if i < 2 else \
            ("tcb_rejected", "unknown", "tdx.tcb.platform")
        expect("TDX component %d below every level" % i,
               lambda c, i=i: (
                   [l["tcb"]["tdxtcbcomponents"][i].update(
                       svn=c.quote["tee"][i] + 1)
                    for l in c.tcb["tcbLevels"]]),
               reason[0], reason[1], failed=reason[2])
        expect("TDX component %d below every level, version 0" % i,
               lambda c, i=i: (
                   c.quote.update(tee=[5, 0, 2] + [0] * 13),
                   [l["tcb"]["tdxtcbcomponents"][i].update(
                       svn=c.quote["tee"][i] + 1)
                    for l in c.tcb["tcbLevels"]]),
               "tcb_rejected", failed="tdx.tcb.platform")
    refused("pcesvn below every level", "c.quote['pcesvn'] = 4",
            "tdx.tcb.platform")
    refused("module below every level", "c.quote['tee'][0] = 0",
            "tdx.tcb.module")
    refused("QE below every level", "c.quote['svn'] = 0", "tdx.tcb.qe")
    refused("module without identity", "c.quote['tee'][1] = 2",
            "tdx.tcb.module_identity")
    refused("no identities at all", "del c.tcb['tdxModuleIdentities']",
            "tdx.tcb.module_identity")
    refused("one identity twice",
            "c.tcb['tdxModuleIdentities'].append("
            "c.tcb['tdxModuleIdentities'][1])", "tdx.tcb.module_identity")
    expect("version 16 is TDX_10",
           "c.quote['tee'][1] = 16; "
           "c.tcb['tdxModuleIdentities'][0]['id'] = 'TDX_10'", "ok",
           "UpToDate")
    run_cases()


def test_order():
    """The order of the text means nothing: highest SVNs first."""
    low = "dict(level(5, 'UpToDate', 700 * DAY, (1, 1), (1, 0, 1)))"
    out = "c.tcb['tcbLevels'][0]['tcbStatus'] = 'OutOfDate'; "
    expect("a lower level that stands first is not taken",
           out + "c.tcb['tcbLevels'][4:] = []; "
           "c.tcb['tcbLevels'].insert(0, %s)" % low, "ok", "OutOfDate",
           since=1000 * DAY)
    for i in range(16):
        for name, at in (("sgx", "pck"), ("tdx", "tee")):
            if name == "tdx" and i < 2:
                continue
            expect("%s component %d orders them" % (name, i),
                   lambda c, i=i, name=name, at=at: (
                       c.quote[at].__setitem__(i, 9),
                       c.tcb.update(tcbLevels=[
                           level(5, status, 900 * DAY, (), ())
                           for status in ("UpToDate", "OutOfDate")]),
                       c.tcb["tcbLevels"][1]["tcb"][
                           name + "tcbcomponents"][i].update(svn=9)),
                   "ok", "OutOfDate")
    expect("pcesvn orders them", "c.tcb['tcbLevels'] = ["
           "level(5, 'UpToDate', DAY, (2,), (4,)), "
           "level(6, 'OutOfDate', DAY, (2,), (4,))]", "ok", "OutOfDate")
    expect("SGX components before pcesvn", "c.tcb['tcbLevels'] = ["
           "level(6, 'UpToDate', DAY, (1,), (4,)), "
           "level(5, 'OutOfDate', DAY, (2,), (4,))]", "ok", "OutOfDate")
    expect("pcesvn before TDX components", "c.tcb['tcbLevels'] = ["
           "level(5, 'UpToDate', DAY, (2,), (0, 0, 2)), "
           "level(6, 'OutOfDate', DAY, (2,), (0, 0, 1))]", "ok", "OutOfDate")
    expect("the first SGX component that differs",
           "c.tcb['tcbLevels'] = ["
           "level(6, 'UpToDate', DAY, (1, 2), (4,)), "
           "level(5, 'OutOfDate', DAY, (2, 1), (4,))]", "ok", "OutOfDate")
    expect("out of date since: of the better levels, not of those before",
           "c.quote['pcesvn'] = 9; c.tcb['tcbLevels'].reverse()", "ok",
           "OutOfDate", since=1000 * DAY)
    for name, levels, change in (
            ("module", "c.tcb['tdxModuleIdentities'][1]['tcbLevels']",
             "c.quote['tee'][0] = 4"),
            ("QE", "c.qe['tcbLevels']", "c.quote['svn'] = 4")):
        expect(name + ": levels reversed", levels + ".reverse(); " + change,
               "ok", "UpToDate")
        expect(name + ": a lower level that stands first is not taken",
               levels + "[0]['tcbStatus'] = 'OutOfDate'; "
               + levels + ".reverse(); "
               + levels + "[0]['tcbStatus'] = 'UpToDate'; " + change, "ok",
               "OutOfDate")
    alike = "%s.append(dict(%s[1], tcbStatus='UpToDate'))"
    refused("two levels of one platform alike",
            alike % (("c.tcb['tcbLevels']",) * 2), "tdx.tcb_info.levels")
    refused("two levels of one module alike", alike % (
        ("c.tcb['tdxModuleIdentities'][1]['tcbLevels']",) * 2),
        "tdx.tcb_info.modules")
    refused("two levels of the QE alike",
            alike % (("c.qe['tcbLevels']",) * 2), "tdx.qe_identity.levels")
    run_cases()


def test_platform():
    refused("fmspc_mismatch", "c.quote['fmspc'] = bytes(6)", "tdx.tcb.fmspc")
    refused("pceid mismatch", "c.quote['pceid'] = b'\\0\\1'", "tdx.tcb.pce_id")
    for what in ("seam", "attr"):
        refused("module's " + what,
                "c.quote['%s'] = b'\\1' + c.quote['%s'][1:]" % (what, what),
                "tdx.tcb.module_signer", "cpu_evidence_invalid")
        refused("version 0: module's " + what,
                "c.quote['%s'] = b'\\1' + c.quote['%s'][1:]; "
                "c.quote['tee'] = [5, 0, 2] + [0] * 13" % (what, what),
                "tdx.tcb.module_signer", "cpu_evidence_invalid")
    expect("module's attributes are masked",
           "c.quote['attr'] = b'\\1' + bytes(7); "
           "c.tcb['tdxModuleIdentities'][1]['attributesMask'] = "
           "'FE' + 'FF' * 7", "ok", "UpToDate")
    refused("qe mrsigner mismatch", "c.quote['qe_signer'] = bytes(32)",
            "tdx.tcb.qe_mrsigner", "cpu_evidence_invalid")
    refused("qe prodid mismatch", "c.quote['prodid'] = 1",
            "tdx.tcb.qe_isvprodid",
            "cpu_evidence_invalid")
    refused("qe miscselect mismatch", "c.quote['misc'] = b'\\0\\0\\0\\1'",
            "tdx.tcb.qe_miscselect", "cpu_evidence_invalid")
    refused("qe attributes mismatch",
            "c.quote['qe_attr'] = bytes.fromhex('31' + '00' * 15)",
            "tdx.tcb.qe_attributes", "cpu_evidence_invalid")
    refused("qe_debug",
            "c.quote['qe_attr'] = bytes.fromhex('13' + '00' * 15)",
            "tdx.tcb.qe_attributes", "cpu_evidence_invalid")
    refused("qe_debug that an identity would allow",
            "c.quote['qe_attr'] = bytes.fromhex('13' + '00' * 15); "
            "c.qe['attributes'] = '13' + '00' * 15",
            "tdx.tcb.qe_attributes", "cpu_evidence_invalid")
    expect("qe attributes are masked",
           "c.quote['qe_attr'] = bytes.fromhex('15' + '00' * 7 + 'ff' * 8)",
           "ok", "UpToDate")
    run_cases()


def test_documents():
    for doc, d, signer, chain in (("tcb_info", "tcb", "tcb_signer",
                                   "tcb_chain"),
                                  ("qe_identity", "qe", "qe_signer",
                                   "qe_chain")):
        refused("%s expired" % doc,
                "c.%s['nextUpdate'] = rfc3339(NOW - SLACK)" % d,
                "tdx." + doc + ".next_update")
        expect("%s expired, within the slack" % doc,
               "c.%s['nextUpdate'] = rfc3339(NOW - SLACK + 1)" % d, "ok",
               "UpToDate")
        refused("%s expired, no slack" % doc,
                "c.%s['nextUpdate'] = rfc3339(NOW); c.slack = 0" % d,
                "tdx." + doc + ".next_update")
        refused("%s issue date future" % doc,
                "c.%s['issueDate'] = rfc3339(NOW + 1)" % d,
                "tdx." + doc + ".issue_date")
        expect("%s issued this second" % doc,
               "c.%s['issueDate'] = rfc3339(NOW)" % d, "ok", "UpToDate")
        for value in ("'SGX'", "'QE'", "'TD_QE '", "'tdx'",
                      "'TD_QE'" if d == "tcb" else "'TDX'"):
            refused("%s id %s" % (doc, value), "c.%s['id'] = %s" % (d, value),
                    "tdx." + doc + ".id")
        for value in (1, 4, 2 if d == "tcb" else 1):
            refused("%s version %d" % (doc, value),
                    "c.%s['version'] = %d" % (d, value),
                    "tdx." + doc + ".version")
        refused("%s short chain" % doc,
                "c.%s = SIGNER.pem" % chain, "tdx." + doc + ".chain")
        refused("%s chain order swapped" % doc,
                "c.%s = ROOT.pem + SIGNER.pem" % chain,
                "tdx." + doc + ".chain")
        refused("%s no certificate" % doc, "c.%s = b'none'" % chain,
                "tdx." + doc + ".chain")
        refused("%s signed under another root" % doc,
                "c.%s = STRANGER; c.%s = STRANGER.pem + OTHER_ROOT.pem"
                % (signer, chain), "tdx." + doc + ".chain")
        refused("%s another root's signer over the pinned root" % doc,
                "c.%s = STRANGER" % signer, "tdx." + doc + ".chain")
        refused("%s signed with a machine's key" % doc,
                "c.%s = MACHINE; c.crls = [b'', b'']" % signer,
                "tdx." + doc + ".signer")
        refused("%s signed by a signer that is not the root's" % doc,
                "c.%s = BELOW; c.%s = BELOW.pem + SUB_CA.pem + ROOT.pem; "
                "c.crls = [b'', b'']" % (signer, chain),
                "tdx." + doc + ".signer")
        refused("%s the same, its root left out" % doc,
                "c.%s = BELOW; c.%s = BELOW.pem + SUB_CA.pem; "
                "c.crls = [b'', b'']" % (signer, chain),
                "tdx." + doc + ".signer")
        for value in ("None", "-1", "'17'", "1.5"):
            refused("%s evaluation number %s" % (doc, value),
                    "c.%s['tcbEvaluationDataNumber'] = %s" % (d, value),
                    "tdx." + doc + ".evaluation")
        refused("%s no evaluation number" % doc,
                "del c.%s['tcbEvaluationDataNumber']" % d,
                "tdx." + doc + ".evaluation")
        refused("%s CA used as end entity" % doc,
                "c.%s = CA_LEAF" % signer, "tdx." + doc + ".chain")
        refused("%s signer's certificate expired" % doc,
                "c.%s = LATE" % signer, "tdx." + doc + ".chain")
        refused("%s signed by another key" % doc,
                "c.%s = STRANGER; c.%s = SIGNER.pem + ROOT.pem"
                % (signer, chain), "tdx." + doc + ".signature")
    refused("revoked signer",
            "c.crls = [ROOT.crl(NOW - DAY, NOW + DAY, [SIGNER]), b'']",
            "tdx.tcb_info.chain", "revoked")
    refused("CRL out of date",
            "c.crls = [ROOT.crl(NOW - 2 * DAY, NOW - 1), b'']",
            "tdx.tcb_info.chain")
    refused("CRL of another CA",
            "c.crls = [OTHER_ROOT.crl(NOW - DAY, NOW + DAY), b'']",
            "tdx.tcb_info.chain")
    run_cases()


def test_forms():
    def inner(name, change, failed):
        refused(name, change, failed)
    lv = "c.tcb['tcbLevels'][0]"
    for name, change in (
            ("tdx_missing_components", "del %s['tcb']['tdxtcbcomponents']"),
            ("15 TDX components", "%s['tcb']['tdxtcbcomponents'].pop()"),
            ("17 TDX components",
             "%s['tcb']['tdxtcbcomponents'].append({'svn': 0})"),
            ("10,000 TDX components",
             "%s['tcb']['tdxtcbcomponents'].extend([{'svn': 0}] * 9984)"),
            ("sgx missing components", "del %s['tcb']['sgxtcbcomponents']"),
            ("15 SGX components", "%s['tcb']['sgxtcbcomponents'].pop()"),
            ("svn of 256",
             "%s['tcb']['sgxtcbcomponents'][3]['svn'] = 256"),
            ("svn as a string",
             "%s['tcb']['sgxtcbcomponents'][3]['svn'] = '1'"),
            ("negative svn", "%s['tcb']['tdxtcbcomponents'][3]['svn'] = -1"),
            ("no svn", "%s['tcb']['tdxtcbcomponents'][3] = {}"),
            ("no pcesvn", "del %s['tcb']['pcesvn']"),
            ("pcesvn of 65536", "%s['tcb']['pcesvn'] = 65536"),
            ("no tcb", "del %s['tcb']"),
            ("no date", "del %s['tcbDate']"),
            ("a day that is none", "%s['tcbDate'] = '2025-02-29T00:00:00Z'"),
            ("a date with an offset",
             "%s['tcbDate'] = '2025-02-28T00:00:00+00:00'"),
            ("unknown_tcb_status", "%s['tcbStatus'] = 'Fine'"),
            ("status unknown", "%s['tcbStatus'] = 'unknown'"),
            ("no status", "del %s['tcbStatus']"),
            ("advisories no list", "%s['advisoryIDs'] = 'INTEL-SA-1'"),
            ("an advisory no string", "%s['advisoryIDs'] = [1]"),
            ("too many advisories",
             "%s['advisoryIDs'] = ['A-%%d' %% i for i in range(129)]")):
        inner(name, change % lv, "tdx.tcb_info.levels")
        inner(name + ", in a level that is not reached",
              change % "c.tcb['tcbLevels'][4]", "tdx.tcb_info.levels")
    for change in ("c.tcb['tcbLevels'] = []", "del c.tcb['tcbLevels']",
                   "c.tcb['tcbLevels'] = {}"):
        inner(change, change, "tdx.tcb_info.levels")
    expect("64 levels", "c.tcb['tcbLevels'][1:] = "
           "[level(i, 'Revoked', DAY, (1,), ()) for i in range(63)]",
           "ok", "UpToDate")
    refused("65 levels", "c.tcb['tcbLevels'][1:] = "
            "[level(i, 'Revoked', DAY, (1,), ()) for i in range(64)]",
            "tdx.tcb_info.levels")
    for change in ("c.tcb['fmspc'] = 'B0C06F0000'", "del c.tcb['fmspc']",
                   "c.tcb['fmspc'] = 'B0C06F00000000'",
                   "c.tcb['pceId'] = 0", "c.tcb['tcbType'] = 1",
                   "del c.tcb['tcbType']"):
        inner(change, change, "tdx.tcb_info.platform")
    for change in ("del c.tcb['tdxModule']",
                   "c.tcb['tdxModule']['mrsigner'] = '00'",
                   "c.tcb['tdxModuleIdentities'] = {}",
                   "del c.tcb['tdxModuleIdentities'][0]['attributesMask']",
                   "del c.tcb['tdxModuleIdentities'][0]['id']",
                   "c.tcb['tdxModuleIdentities'][0]['tcbLevels'] = []",
                   "c.tcb['tdxModuleIdentities'][0]['tcbLevels'][0]['tcb']"
                   "['isvsvn'] = 65536"):
        inner(change, change, "tdx.tcb_info.modules")
    for change in ("del c.qe['miscselect']", "c.qe['miscselectMask'] = ''",
                   "c.qe['attributes'] = '11'", "c.qe['mrsigner'] = None",
                   "c.qe['isvprodid'] = '2'"):
        inner(change, change, "tdx.qe_identity.enclave")
    for change in ("c.qe['tcbLevels'] = []",
                   "c.qe['tcbLevels'][0]['tcbStatus'] = ''",
                   "del c.qe['tcbLevels'][3]['tcb']"):
        inner(change, change, "tdx.qe_identity.levels")
    for doc, d in (("tcb_info", "tcb"), ("qe_identity", "qe")):
        for change in ("del c.%s['issueDate']", "del c.%s['nextUpdate']",
                       "c.%s['nextUpdate'] = c.%s['issueDate']",
                       "c.%s['issueDate'] = 1", "del c.%s['id']",
                       "c.%s['version'] = '3'", "c.%s['version'] = 3.5"):
            change = change.replace("%s", d)
            inner(change, change, "tdx." + doc + ".form")
    run_cases()


def test_bodies():
    c = Case()
    body = c.body(b"tcbInfo", c.tcb, SIGNER)
    text = compact(c.tcb)
    for name, value in (
            ("bad json", body[:-1]), ("json and more", body + b"x"),
            ("inner without body", text), ("a list", b"[" + body + b"]"),
            ("empty", b" "), ("another member",
                              c.body(b"enclaveIdentity", c.tcb, SIGNER)),
            ("member in another case", c.body(b"TcbInfo", c.tcb, SIGNER)),
            ("no signature", body[:body.index(b',"signature"')] + b"}"),
            ("short signature", body[:-4] + b'"}'),
            ("signature no hex", body[:-3] + b'g"}'),
            ("inner a string", b'{"tcbInfo":%s,"signature":"%s"}'
             % (json.dumps(text.decode()).encode(), b"00" * 64)),
            ("inner twice", body[:-1] + b',"tcbInfo":{}}'),
            ("a member twice within", body.replace(b'"version":3',
                                                   b'"version":3,"id":"TDX"')
             ),
            ("larger than may be", body + b" " * (256 * 1024))):
        refused(name, lambda c, v=value: setattr(c, "tcb_body", v),
                "tdx.tcb_info.form")
    for name, value in (
            ("white space within", body.replace(b'"version":3',
                                                b'"version": 3')),
            ("members in another order",
             b'{"tcbInfo":%s,' % compact(dict(reversed(c.tcb.items())))
             + body[len(text) + 12:]),
            ("invalid_tcb_signature",
             body[:-20] + (b"1" if body[-20:-19] == b"0" else b"0")
             + body[-19:])):
        refused(name, lambda c, v=value: setattr(c, "tcb_body", v),
                "tdx.tcb_info.signature")
    body_qe = c.body(b"enclaveIdentity", c.qe, SIGNER)
    refused("QE identity bad json",
            lambda c: setattr(c, "qe_body", body_qe[:-1]),
            "tdx.qe_identity.form")
    refused("TCB info in the QE identity's place",
            lambda c: setattr(c, "qe_body", body), "tdx.qe_identity.form")
    refused("QE identity in the TCB info's place",
            lambda c: setattr(c, "tcb_body", body_qe), "tdx.tcb_info.form")
    refused("QE identity invalid signature",
            lambda c: setattr(c, "qe_body", body_qe[:-130] + b"0" * 128
                              + body_qe[-2:]), "tdx.qe_identity.signature")
    padded = json.dumps(c.tcb, indent=1).replace("\n", "\r\n\t").encode()
    sig = vf.raw_sign(SIGNER.key, padded, hashes.SHA256()).hex().encode()
    for name, value in (
            ("white space around", b' \n{ "tcbInfo" :\t'
             + body[11:-1] + b"\r\n } "),
            ("signature first", b'{"signature":"%s","x":[{"tcbInfo":1}],'
             b'"tcbInfo":%s}' % (body[-130:-2], text)),
            ("a name that looks like it before",
             b'{"a":"tcbInfo","b":"{\\"tcbInfo\\":","tcbInfo":%s,'
             b'"signature":"%s"}' % (text, body[-130:-2])),
            ("name escaped", body.replace(b'"tcbInfo"', b'"\\u0074cbInfo"')),
            ("white space within that was signed",
             b'{"tcbInfo":%s,"signature":"%s"}' % (padded, sig))):
        expect(name, lambda c, v=value: setattr(c, "tcb_body", v), "ok",
               "UpToDate")
    run_cases()


def test_expiry():
    c, d = Case(), Case()
    d.qe["nextUpdate"] = rfc3339(NOW + 200 * DAY)
    d.tcb["nextUpdate"] = rfc3339(NOW + 300 * DAY)
    a = vf.run([c.record(), d.record()])
    ok(a[0][3] == str(NOW + 10 * DAY), "expires with the QE identity",
       str(a[0]))
    ok(a[1][3] == str(NOW + 90 * DAY), "expires with the signer's "
       "certificate", str(a[1]))
    c.crls = [b"", b""]
    a = vf.run([c.record()])[0]
    ok(a[6] == "tdx.tcb_info.revocation,tdx.qe_identity.revocation",
       "no CRL: revocation is not made", str(a))
    c.quote["tee"] = [5, 0, 2] + [0] * 13
    d.crls = c.crls = [CRL, b""]
    d.quote["svn"] = 0
    e = Case()
    e.tcb["id"] = "SGX"
    a = vf.run([c.record(), d.record(), e.record()])
    ok(a[0][6] == "tdx.tcb.module" and a[1][6] == "tdx.tcb.rest"
       and a[2][6] == "tdx.collateral.rest",
       "what is not made is said", str(a))


def test_encoding():
    cases = [(b"-----BEGIN%20CERTIFICATE-----%0AMII+a/b%3D%3d%0A",
              b"-----BEGIN CERTIFICATE-----\nMII+a/b==\n"),
             (b"", b""), (b"%25", b"%"), (b"%41%61", b"Aa"),
             (b"%ff", b"\xff")]
    bad = [b"%", b"%4", b"%4g", b"a%", b"% 41", b"a b", b"a\nb", b"\x7f",
           b"\xff", b"%00", b"a%0", b"%%41", b"\0"]
    got = vf.run([("u", [t]) for t, _ in cases] + [("u", [t]) for t in bad])
    for (text, plain), a in zip(cases, got):
        ok("".join(a) == plain.hex(), "decoded: %r" % text, str(a))
    all_ok([t for t, a in zip(bad, got[len(cases):]) if a != ["bad"]],
           len(bad), "what is no URL encoding")


test_statuses()
test_levels()
test_order()
test_platform()
test_documents()
test_forms()
test_bodies()
test_expiry()
test_encoding()
vf.done()
