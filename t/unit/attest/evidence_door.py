#!/usr/bin/python3
"""The door, ioa_attest_verify, before replies with the simulator's evidence:
good ones, ones for which answers of other services are missing, and ones that
the policy does not take.

Speaks TAP.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [os.path.join(HERE, "../driver"), os.path.join(TOP, "fuzz")]
import evidence_seeds as seeds
import tap
from evidence import reference
from faults import expect

DRIVER = os.path.join(TOP, os.environ.get("CORE_DIR", "build/core"), "driver")
TDX, SNP, LOCAL, NRAS = seeds.TDX, seeds.SNP, seeds.LOCAL, seeds.NRAS
PPID = hashlib.sha256(b"ppid machine 0").digest()[:16]     # as ev_tdx.py
FMSPC = bytes.fromhex("a0b06f000000")
COLLATERAL, KDS, NONCE, BOUND = seeds.COLLATERAL, seeds.KDS, 16, 32


def judge(record, *args, **environment):
    run = subprocess.run([DRIVER, "door", *args], input=record,
                         capture_output=True,
                         env={**os.environ, **environment})
    return run.stdout.decode().split() or ["died", run.stderr.decode()[:300]]


def good(name, want, record, *args, **environment):
    said = judge(record, *args, **environment)
    tap.ok(said == ["ok", "0"] + want.split() + ["0"], name, said)


def bad(name, reason, wants, record, *args, **environment):
    """Refused, with nothing left behind."""
    said = judge(record, *args, **environment)
    tap.ok(said[:2] == [reason, "%x" % wants] and said[-1] == "1", name, said)


def without(fetch, *which):
    def get(*args):
        return {k: v for k, v in fetch(*args).items() if k not in which}
    return get


def changed(fetch, which, change):
    def get(*args):
        fields = fetch(*args)
        return {**fields, which: change(fields[which])}
    return get


def pem(der):
    return (b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der)
            + b"-----END CERTIFICATE-----\n")


def asking(fetch, header, spec):
    """What the services say who are told to misbehave."""
    def get(world, *rest):
        plain = world.fetch
        world.fetch = lambda path, body=b"": plain(path, body,
                                                   [(header, spec)])
        return fetch(world, *rest)
    return get


def test_leaves():
    """A report without a certificate of its key: some are with the roots."""
    kept = {}

    def keep(product):
        def get(world, quote, gpu):
            raw = bytes.fromhex(quote)
            kept[product] = pem(world.kds(product, raw[0x1a0:0x1e0],
                                          raw[0x180:0x188]))
            return {}
        return get

    snp = {"evidence": "snp", "gpus": 0}
    seeds.seed(SNP, keep("Milan"), **snp)
    seeds.seed(SNP, keep("Genoa"), snp_product="Genoa", **snp)
    vcek, other = kept["Milan"], kept["Genoa"]
    good("a certificate among the roots", "2 unknown 0 0 1",
         seeds.seed(SNP, roots=vcek, **snp))
    good("and one of another chip", "2 unknown 0 0 1",
         seeds.seed(SNP, roots=other + vcek, **snp))
    bad("one of another chip alone", "cpu_evidence_invalid", 0,
        seeds.seed(SNP, roots=other, **snp))
    good("version 2, which names no processor", "2 unknown 0 0 1",
         seeds.seed(SNP, roots=vcek, snp_version=2, **snp))
    bad("nobody is asked for it then, but for the CRL",
        "attestation_unavailable", 0x20,
        seeds.seed(SNP | KDS, roots=other + vcek, **snp))
    bad("another chip's is no reason", "attestation_unavailable", 0x30,
        seeds.seed(SNP | KDS, roots=other, **snp))


def test_snp_policy(policy):
    """What is wanted of a report, each with its control."""
    records, chips, how = {}, {}, {"evidence": "snp", "gpus": 0}

    def keep(product):
        def get(world, quote, gpu):
            chips[product] = quote[2 * 0x1a0:2 * 0x1e0]
            return {}
        return get

    for product in "Milan", "Genoa", "Turin":
        records[product] = seeds.seed(SNP, keep(product), snp_certs=True,
                                      snp_product=product, **how)
    two = seeds.seed(SNP, snp_certs=True, snp_version=2, **how)
    vlek = seeds.seed(SNP, keep("vlek"), snp_certs=True, snp_signer="vlek",
                      **how)
    fits, no = "2 unknown 0 0 1", "measurement_mismatch"

    def both(name, reason, record, is_good, is_bad):
        good(name, fits, *policy(record, sev_snp=is_good))
        bad("not " + name, reason, 0, *policy(record, sev_snp=is_bad))

    for product, record in records.items():
        others = [other for other in records if other != product]
        both("products: " + product, no, record, {"products": [product]},
             {"products": others})
        both("chip_id: " + product, no, record,
             {"chip_id": ["00" * 64, chips[product]]},
             {"chip_id": [chips[other] for other in others]})
        both("min_tcb: " + product, "tcb_rejected", record,
             {"min_tcb": {other: {"snp": 255} for other in others}},
             {"min_tcb": {product: {"snp": 255}}})
    both("min_tcb: fmc", "tcb_rejected", records["Turin"],
         {"min_tcb": {"Turin": {"fmc": 1}}},
         {"min_tcb": {"Turin": {"fmc": 2}}})
    both("version 2 is a Milan by its certificate", no, two,
         {"products": ["Milan"]}, {"products": ["Genoa", "Turin"]})
    bad("a VLEK proves no chip", no, 0, *policy(
        vlek, sev_snp={"chip_id": [chips["Milan"], chips["vlek"]]}))

    milan = records["Milan"]
    both("platform_info", no, milan,
         {"platform_info": {"require": ["alias_check", "tsme"],
                            "refuse": ["ciphertext_hiding", "tio"]}},
         {"platform_info": {"require": ["ciphertext_hiding"]}})
    both("platform_info.refuse", no, milan,
         {"platform_info": {"refuse": ["rapl_dis"]}},
         {"platform_info": {"refuse": ["smt"]}})
    both("policy", no, milan, {"policy": {"require": ["smt"]}},
         {"policy": {"require": ["single_socket"]}})
    both("policy.refuse", no, milan, {"policy": {"refuse": ["cxl"]}},
         {"policy": {"refuse": ["cxl", "smt"]}})

    running = seeds.seed(SNP, snp_certs=True, spec="snp_uncommitted_build",
                         **how)
    both("provisional firmware", "tcb_rejected", running,
         {"provisional": True}, {"provisional": False})
    good("committed firmware", fits,
         *policy(milan, sev_snp={"provisional": False}))

    # what a report says by itself, before any document is asked for

    bare = seeds.seed(SNP | KDS, spec="snp_uncommitted_build", **how)
    bad("provisional firmware, and no document of AMD's", "tcb_rejected", 0,
        *policy(bare, sev_snp={"provisional": False}))
    bad("which is accepted", "attestation_unavailable", 0x30,
        *policy(bare, sev_snp={"provisional": True}))


def test_policy():
    other = "00" * 47 + "01"
    tdx = seeds.seed(TDX | LOCAL, evidence="tdx")
    snp = seeds.seed(SNP, evidence="snp", snp_certs=True, gpus=0)

    def policy(record, **what):
        return record, "new", json.dumps(what)

    bad("another TD", "measurement_mismatch", 0,
        *policy(tdx, tdx={"mr_td": [other]}))
    bad("another guest", "measurement_mismatch", 0,
        *policy(snp, sev_snp={"measurement": [other]}))
    test_snp_policy(policy)
    bad("a GPU too few", "gpu_evidence_missing", 0,
        *policy(tdx, gpu={"count": 2}))
    bad("another driver", "measurement_mismatch", 0,
        *policy(tdx, gpu={"driver_versions": ["1"]}))
    bad("another GPU", "measurement_mismatch", 0,
        *policy(tdx, gpu={"ueid": ["7"]}))
    ppid, fmspc = PPID.hex(), FMSPC.hex()
    good("this processor", "1 unknown 1 0 1",
         *policy(tdx, tdx={"ppid": ["00" * 16, ppid], "fmspc": [fmspc]}))
    bad("another processor", "measurement_mismatch", 0,
        *policy(tdx, tdx={"ppid": ["00" * 16], "fmspc": [fmspc]}))
    bad("another kind of platform", "measurement_mismatch", 0,
        *policy(tdx, tdx={"ppid": [ppid], "fmspc": ["00" * 6]}))
    recent = seeds.seed(TDX | COLLATERAL, seeds.intel, evidence="tdx",
                        gpus=0)
    good("an evaluation that is recent enough", "1 UpToDate 0 0 1",
         *policy(recent, tdx={"min_evaluation": 18}))
    bad("one that is not", "tcb_rejected", 0,
        *policy(recent, tdx={"min_evaluation": 19}))
    for document in "tcb", "qe":
        bad("the %s's is not" % document, "tcb_rejected", 0,
            *policy(seeds.seed(TDX | COLLATERAL, asking(
                seeds.intel, "X-Sim-Collateral",
                document + "_evaluation_old"), evidence="tdx", gpus=0),
                tdx={"min_evaluation": 18}))
    bad("no collateral at all", "tcb_rejected", 0,
        *policy(tdx, tdx={"min_evaluation": 1}))
    for given in (True, False):
        good("SEPT_VE_DISABLE %s" % given, "1 unknown 1 0 1",
             *policy(tdx, tdx={"sept_ve_disable": given}))
    status = seeds.seed(TDX | COLLATERAL, asking(
        seeds.intel, "X-Sim-Collateral", "tcb_status_out_of_date"),
        evidence="tdx", gpus=0)
    bad("a status that is not in the list", "tcb_rejected", 0, status)
    good("one that is", "1 OutOfDate 0 0 1",
         *policy(status, tdx={"tcb_status": ["OutOfDate"]}))


def test_early():
    """What Intel will ask for next: never refused for, and said or not."""
    def said(fetch, tdx=None, what="short", cpu="tdx", flags=TDX | COLLATERAL):
        record = seeds.seed(flags, fetch, evidence=cpu, gpus=0,
                            collateral_early=what)
        return judge(record, "new", json.dumps({"tdx": tdx or {}}), "early")

    def expect(name, want, got):
        tap.ok(got[:6] == want.split(), "early: " + name, got)

    words = "SGX component 1 (BIOS, Early Microcode Update) is".split()
    got = said(seeds.early)
    expect("short", "ok 0 OutOfDate 0 19 0", got)
    tap.ok(got[6:14] == words and got[-3:] == ["for", "UpToDate",
                                               "(2026-08-13)"],
           "early: which SVN", got)
    expect("met", "ok 0 UpToDate 1 19 0", said(seeds.early, what="next"))
    expect("no news", "ok 0 UpToDate 1 18 0", said(seeds.early, what="same"))
    expect("the policy takes it", "ok 0 OutOfDate 1 19 0",
           said(seeds.early, {"tcb_status": ["UpToDate", "OutOfDate"]}))
    got = said(seeds.early, {"tcb_status": ["UpToDate", "OutOfDate"],
                             "advisories_allowed": ["INTEL-SA-1"]})
    expect("the policy takes it, but not the advisory",
           "ok 0 OutOfDate 0 19 0", got)
    for fault, check in (("tcb_sgx_svn", "tdx.tcb.platform:"),
                         ("tcb_fmspc", "tdx.tcb.fmspc:")):
        def none(*args):
            right = seeds.early(*args)
            wrong = asking(seeds.early, "X-Sim-Collateral", fault)(*args)
            return {**right, 8: wrong[8]}
        got = said(none, what="next")
        expect(fault, "ok 0 unknown 0 19 0", got)
        tap.ok(got[6:7] == [check], "early: the check that it fails", got)
    expect("neither is there", "attestation_unavailable 300 unknown 0 0 1",
           said(seeds.intel))
    for at in 8, 9:
        expect(f"{at} is not there",
               "attestation_unavailable %x unknown 0 0 1" % (1 << at),
               said(without(seeds.early, at)))
        expect(f"{at} is no good", "tcb_rejected 0 unknown 0 0 1",
               said(changed(seeds.early, at, lambda text: text[:-9])))
    for at in 2, 3:
        expect(f"the CRL {at} is not there", "tcb_rejected 0 unknown 0 0 1",
               said(without(seeds.early, at)))
    expect("signed by another", "tcb_rejected 0 unknown 0 0 1",
           said(seeds.early, what="forged"))
    expect("of a platform that was proved without collateral",
           "tcb_rejected 0 unknown 0 0 1", said(seeds.early, flags=TDX))


def test_advisories():
    old = seeds.seed(TDX | COLLATERAL, seeds.intel, spec="tdx_tcb_old",
                     evidence="tdx", gpus=0)
    bad("an old platform", "tcb_rejected", 0, old)
    said = judge(old, "new", json.dumps({"tdx": {"tcb_status":
                                                 ["OutOfDate"]}}))
    tap.ok(said == ["ok", "0", "1", "OutOfDate", "0", "0", "1", "0",
                    "INTEL-SA-00837,INTEL-SA-01036"], "advisories", said)
    bad("one of them is not allowed", "tcb_rejected", 0, old, "new",
        json.dumps({"tdx": {"tcb_status": ["OutOfDate"],
                            "advisories_allowed": ["INTEL-SA-00837"]}}))
    bad("below every level", "tcb_rejected", 0,
        seeds.seed(TDX | COLLATERAL, seeds.intel, spec="tdx_tcb_none",
                   evidence="tdx", gpus=0))
    bad("a level that is revoked", "revoked", 0,
        seeds.seed(TDX | COLLATERAL, seeds.intel, spec="tdx_tcb_revoked",
                   evidence="tdx", gpus=0))


def test_many_gpus():
    record = seeds.seed(LOCAL, evidence="tdx", gpus=16)
    good("16 GPUs", "0 unknown 16 0 0", record)
    at = record.index(b'{"nonce"')
    reply = json.loads(record[at:])
    for n in (17, 18, 40):
        listed = reply["gpu"]["evidence_list"]
        listed += [listed[0]] * (n - len(listed))
        bad("%d GPUs" % n, "gpu_evidence_invalid", 0,
            record[:at] + json.dumps(reply).encode())
    record = seeds.seed(LOCAL, evidence="tdx")
    bad("no evidence of a GPU", "gpu_evidence_invalid", 0,
        record.replace(b'"evidence": "', b'"evident": "'))
    bad("no GPU member", "gpu_evidence_missing", 0,
        record.replace(b'"gpu": {', b'"gpus": {'))


def test_tdx():
    tdx = {"evidence": "tdx"}
    none = {"evidence": "tdx", "gpus": 0}
    good("a quote and a GPU", "1 unknown 1 0 1",
         seeds.seed(TDX | LOCAL, **tdx))
    good("bound by hardware", "1 unknown 1 1 1",
         seeds.seed(TDX | LOCAL, **tdx, report_data="address-nonce"))
    bad("bound before, not now", "report_data_mismatch", 0,
        seeds.seed(TDX, **none), "bound")
    bad("nonce alone is asked for", "report_data_mismatch", 0,
        seeds.seed(TDX | NONCE, **none, report_data="address-nonce"))
    bad("the address is asked for", "report_data_mismatch", 0,
        seeds.seed(TDX | BOUND, **none))
    bad("only SNP is taken", "cpu_evidence_invalid", 0,
        seeds.seed(SNP, **none))
    bad("no GPU", "gpu_evidence_missing", 0, seeds.seed(TDX | LOCAL, **none))
    record = seeds.seed(TDX | LOCAL, **tdx)
    bad("another nonce", "nonce_mismatch", 0,
        record.replace(b'"nonce": "00', b'"nonce": "01'))
    bad("no hex", "cpu_evidence_invalid", 0,
        record.replace(b'"quote": "0', b'"quote": "x'))
    bad("a sentence for a quote", "cpu_evidence_missing", 0,
        record.replace(b'"quote": "', b'"quote": "Error '))
    bad("an error for GPUs", "gpu_evidence_missing", 0,
        record.replace(b'"gpu": {', b'"gpu": {"error": "", '))
    bad("no list of GPUs", "gpu_evidence_missing", 0,
        record.replace(b'"evidence_list"', b'"evidence_lisp"'))
    bad("no text of a GPU", "gpu_evidence_invalid", 0,
        record.replace(b'"certificate"', b'"certificado"'))


def test_report_data():
    """Every wrong report data, of either kind of evidence, is refused."""
    how = {"tdx": (TDX, {}), "snp": (SNP, {"snp_certs": True})}
    for name, entry in expect.EXPECT.items():
        if entry.breaks == "report_data" and "downgrade" not in name:
            flags, more = how[entry.kind]
            bad(name, "report_data_mismatch", 0, seeds.seed(
                flags, spec=name, evidence=entry.kind, gpus=0, **more))


def test_revoked():
    """Who is listed in a CRL of Intel's, of either chain, or has a level that
    is revoked."""
    for name, entry in expect.EXPECT.items():
        if entry.kind == "collateral" and entry.reason == "revoked":
            def told(world, *rest):
                world.state.set({"collateral": name})
                return seeds.intel(world, *rest)
            bad(name, "revoked", 0, seeds.seed(TDX | COLLATERAL, told,
                                               evidence="tdx", gpus=0))


def test_ocsp():
    """Each certificate of a GPU must have been answered for."""
    how = {"evidence": "tdx", "gpus": 1}
    good("OCSP answers about a GPU", "0 unknown 1 0 1",
         seeds.seed(seeds.OCSP, seeds.ocsp(), **how))
    for k in range(3):
        said = judge(seeds.seed(seeds.OCSP, without(
            seeds.ocsp(), seeds.FETCH_OCSP + k), **how))
        tap.ok(said[0] == "attestation_unavailable" and said[-1] == "1",
               "no answer about certificate %d" % (k + 1), said)


def test_hold():
    """A certificate on certificateHold, where that is accepted or not, and an
    answer that was saved, to a nonce of somebody else's."""
    how = {"evidence": "tdx", "gpus": 1}
    held = seeds.seed(seeds.OCSP, asking(seeds.ocsp(), "X-Sim-Ocsp",
                                         "ocsp_hold=1"), **how)
    said = judge(held)
    tap.ok(said[0] == "revoked" and said[-1] == "1", "on hold", said)
    good("on hold, which is accepted", "0 unknown 1 0 1", held, DOOR_HOLD="1")
    said = judge(held, DOOR_SAVED="1")
    tap.ok(said[:2] == ["revoked", "0"], "saved, on hold: nobody is asked",
           said)
    plain = seeds.seed(seeds.OCSP, seeds.ocsp(), **how)
    said = judge(plain, DOOR_NO_NONCE="1")
    tap.ok(said[0] == "attestation_unavailable", "no nonce was sent", said)
    good("saved: none is needed", "0 unknown 1 0 1", plain,
         DOOR_NO_NONCE="1", DOOR_SAVED="1")


def test_references():
    """What NVIDIA published of driver and VBIOS, met by both GPUs or not."""
    kept = {}

    def keep(world, quote, gpu):
        kept.update(gpu)
        return {}

    record = seeds.seed(TDX | LOCAL, keep, evidence="tdx", gpus=2)
    ok = "1 unknown 2 0 1"
    good("without references", ok, record)
    driver, vbios = reference.rims(kept["evidence_list"][1])
    good("references that are met", ok, record,
         DOOR_REFERENCES=reference.file(driver, vbios))
    other = dict(driver, sha256="d2" * 32,
                 measurements={**driver["measurements"], "7": ["00" * 48]})
    good("by one of two that were issued", ok, record,
         DOOR_REFERENCES=reference.file(driver, other, vbios))
    bad("a measurement that differs", "measurement_mismatch", 0, record,
        DOOR_REFERENCES=reference.file(other, vbios))
    bad("no VBIOS", "measurement_mismatch", 0, record,
        DOOR_REFERENCES=reference.file(driver))
    ended = [dict(r, not_after="2020-01-01T00:00:00Z")
             for r in (driver, vbios)]
    bad("references that have expired", "measurement_mismatch", 0, record,
        DOOR_REFERENCES=reference.file(*ended))


def test_services():
    none = {"evidence": "tdx", "gpus": 0}
    intel, amd, nvidia = seeds.intel, seeds.amd, seeds.nvidia
    good("collateral", "1 UpToDate 0 0 1",
         seeds.seed(TDX | COLLATERAL, intel, **none))
    for at in range(4):
        bad("without answer %d" % at, "attestation_unavailable", 1 << at,
            seeds.seed(TDX | COLLATERAL, without(intel, at), **none))
        bad("answer %d is none" % at,
            "tcb_rejected" if at < 2 else "cpu_evidence_invalid", 0,
            seeds.seed(TDX | COLLATERAL,
                       changed(intel, at, lambda b: b"{}"), **none))
    for at in (seeds.FETCH_MAX, seeds.FETCH_MAX + 1):
        for bad_chain in (b"", b"%", b"no chain"):
            bad("issuer chain %d: %r" % (at, bad_chain), "tcb_rejected", 0,
                seeds.seed(TDX | COLLATERAL, changed(
                    intel, at, lambda b, c=bad_chain: c), **none))
    good("a PCCS gives hex", "1 UpToDate 0 0 1", seeds.seed(
        TDX | COLLATERAL, changed(intel, 3, lambda b: b.hex().encode()),
        **none))

    snp = {"evidence": "snp", "gpus": 0}
    good("SNP", "2 unknown 0 0 1", seeds.seed(SNP | KDS, amd, **snp))
    good("SNP with its certificates", "2 unknown 0 0 1",
         seeds.seed(SNP, **snp, snp_certs=True))
    bad("nobody has its certificate", "cpu_evidence_missing", 0,
        seeds.seed(SNP, **snp))
    bad("without both", "attestation_unavailable", 0x30,
        seeds.seed(SNP | KDS, **snp))
    bad("AMD's CRL is none", "cpu_evidence_invalid", 0, seeds.seed(
        SNP | KDS, changed(amd, 5, lambda b: b"none"), **snp))
    for version in (2, 3):
        how = dict(snp, snp_version=version)
        listless = seeds.seed(SNP | KDS, without(amd, 5), **how)
        bad("version %d, AMD's service has no list" % version,
            "attestation_unavailable", 0, listless, "new", "{}", "none")
        good("version %d, a mirror has no list" % version, "2 unknown 0 0 1",
             listless, "new", "{}", "no_crl")
        bad("version %d, no list nor a true report" % version,
            "cpu_evidence_invalid", 0, seeds.seed(
                SNP | KDS, without(changed(amd, 4, lambda b: b"none"), 5),
                **how), "new", "{}", "none")
    bad("another's report is taken for no quote", "cpu_evidence_invalid", 0,
        seeds.seed(TDX, **snp))

    bad("only a quote is none of AMD's", "cpu_evidence_invalid", 0,
        seeds.seed(SNP | KDS, intel, evidence="tdx", gpus=0))
    for product, signer in (("Genoa", "vcek"), ("Turin", "vcek"),
                            ("Genoa", "vlek")):
        good("SNP of %s, %s" % (product, signer), "2 unknown 0 0 1",
             seeds.seed(SNP, **snp, snp_product=product, snp_signer=signer,
                        snp_certs=True))
        bad("its CRL is wanted: %s, %s" % (product, signer),
            "attestation_unavailable", 0x20,
            seeds.seed(SNP | KDS, **snp, snp_product=product,
                       snp_signer=signer, snp_certs=True))
    def revoked(world, *args):
        world.state.set({"kds": "kds_crl_ask"})
        return {5: amd(world, *args)[5]}

    for version in (2, 3, 5):
        how = dict(snp, snp_version=version, snp_certs=True)
        good("version %d, nobody is asked" % version, "2 unknown 0 0 1",
             seeds.seed(SNP, **how))
        bad("version %d, its CRL is wanted" % version,
            "attestation_unavailable", 0x20, seeds.seed(SNP | KDS, **how))
        good("version %d with its CRL" % version, "2 unknown 0 0 1",
             seeds.seed(SNP | KDS, without(amd, 4), **how))
        bad("version %d, its ASK is revoked" % version, "revoked", 0,
            seeds.seed(SNP | KDS, revoked, **how))
    bad("version 2, a CRL of Genoa's", "cpu_evidence_invalid", 0, seeds.seed(
        SNP | KDS, lambda world, *_: {
            5: world.fetch("/vcek/v1/Genoa/crl")[2]}, **snp, snp_version=2,
        snp_certs=True))

    two = dict(snp, snp_version=2)
    bad("version 2 without both", "attestation_unavailable", 0x10,
        seeds.seed(SNP | KDS, **two))
    bad("version 2 with its certificate", "attestation_unavailable", 0x20,
        seeds.seed(SNP | KDS, without(amd, 5), **two))
    good("version 2 with both", "2 unknown 0 0 1",
         seeds.seed(SNP | KDS, amd, **two))

    record = seeds.seed(SNP, **snp, snp_certs=True)
    at = record.index(b'"quote": "') + 10
    bad("half a report", "cpu_evidence_invalid", 0,
        record[:at + 1000] + record[record.index(b'"', at):])
    bad("an empty quote", "cpu_evidence_missing", 0,
        record[:at] + record[record.index(b'"', at):])
    bad("neither", "cpu_evidence_invalid", 0,
        record[:at] + b"00" * 700 + record[record.index(b'"', at):])
    bad("a few bytes", "cpu_evidence_invalid", 0,
        record[:at] + b"0300" + record[record.index(b'"', at):])
    bad("too long", "cpu_evidence_invalid", 0, record[:at]
        + b"00" * 66000 + record[record.index(b'"', at):])
    bad("SNP bound before, not now", "report_data_mismatch", 0, record,
        "bound")

    both = {"evidence": "tdx"}
    good("NVIDIA's service", "1 unknown 1 0 1",
         seeds.seed(TDX | NRAS, nvidia, **both))
    bad("all is wanted at once", "attestation_unavailable", 0xcf,
        seeds.seed(TDX | NRAS | COLLATERAL, **both))
    bad("no key set", "gpu_evidence_invalid", 0, seeds.seed(
        TDX | NRAS, changed(nvidia, 7, lambda b: b"{}"), **both))
    bad("a key that is not known", "gpu_evidence_invalid", 0x80, seeds.seed(
        TDX | NRAS, changed(nvidia, 7, lambda b: b.replace(
            b'"kid":"', b'"kid":"x')), **both))
    good("nothing is asked for", "0 unknown 0 0 0", seeds.seed(0, **both))


def asked(record):
    """What NVIDIA's service is asked for this reply; None for nothing."""
    run = subprocess.run([DRIVER, "door", "nras"], input=record, capture_output=True)
    if run.returncode != 0:
        return "died"
    return json.loads(run.stdout) if run.stdout else None


def test_nras_body():
    """It is ours: of the reply it has the evidence and nothing else."""
    record = seeds.seed(TDX | NRAS, evidence="tdx", gpus=2)
    at = record.index(b'{"nonce"')
    reply = json.loads(record[at:])
    gpu = reply["gpu"]

    def made(change):
        other = json.loads(json.dumps(reply))
        change(other["gpu"])
        return record[:at] + json.dumps(other).encode()

    want = {"nonce": bytes(range(32)).hex(), "arch": "HOPPER",
            "evidence_list": [
                {"certificate": d["certificate"], "evidence": d["evidence"]}
                for d in gpu["evidence_list"]], "claims_version": "3.0"}
    tap.ok(asked(record) == want, "nonce, arch, evidence, version 3.0",
           asked(record))

    def devices(change):
        return lambda g: [change(d) for d in g["evidence_list"]]

    for name, change in (
            ("another nonce", lambda g: g.update(nonce="ff" * 32)),
            ("another architecture", lambda g: g.update(arch="BLACKWELL")),
            ("no architecture", lambda g: g.pop("arch")),
            ("older claims", lambda g: g.update(claims_version="2.0")),
            ("a member that is not known", lambda g: g.update(
                ocsp_allow_cert_hold=True)),
            ("members of a device", devices(lambda d: d.update(
                firmware_version="x", nonce="00", arch="x")))):
        tap.ok(asked(made(change)) == want, name + " is not sent")

    for name, change in (
            ("no base64", lambda d: d.update(evidence="A" * 8 + '"}')),
            ("base64 with a line feed", lambda d: d.update(
                evidence=d["evidence"][:4] + "\n" + d["evidence"][4:])),
            ("base64 that is cut", lambda d: d.update(
                certificate=d["certificate"][:-1])),
            ("no text", lambda d: d.update(certificate=5)),
            ("nothing", lambda d: d.pop("evidence")),
            ("an empty text", lambda d: d.update(evidence="")),
            ("more than a GPU has", lambda d: d.update(
                evidence="A" * 200000)),
            ("more certificates than a chain has", lambda d: d.update(
                certificate="A" * 100000)),
            ("no certificates", lambda d: d.update(
                certificate=base64.b64encode(b"x").decode()))):
        other = made(lambda g, change=change: change(g["evidence_list"][1]))
        tap.ok(asked(other) is None, name + " is not sent")
        bad(name + " is refused, and nobody is asked",
            "gpu_evidence_invalid", 0, other)

    many = seeds.seed(TDX | NRAS, evidence="tdx", gpus=16)
    tap.ok(len(asked(many)["evidence_list"]) == 16, "sixteen devices")
    tap.ok(asked(made(lambda g: g["evidence_list"].extend(
        g["evidence_list"] * 8))) is None, "eighteen are not sent")
    tap.ok(asked(made(lambda g: g["evidence_list"].clear())) is None,
           "and none neither")
    mixed = seeds.seed(TDX | NRAS, evidence="tdx", gpus=2,
                       spec="gpu_arch_mixed")
    tap.ok(asked(mixed) is None, "two architectures are not sent")
    bad("and refused", "gpu_evidence_invalid", 0, mixed)


def test_nras_modes():
    """What the service does not say is read from what it was sent."""
    def policy(record, *modes):
        return (record, "new", json.dumps({"gpu": {"modes": modes}})
                if modes else "{}")

    def seed(fetch=seeds.nvidia, gpus=8, features="ppcie", spec=""):
        return seeds.seed(TDX | NRAS, fetch, evidence="tdx", gpus=gpus,
                          gpu_features=features, spec=spec)

    no, pcie = "measurement_mismatch", seed()
    bad("NVIDIA's word, protected PCIe", no, 0, *policy(pcie))
    bad("which is not listed", no, 0, *policy(pcie, "single", "multi"))
    good("and listed", "1 unknown 8 0 1", *policy(pcie, "protected-pcie"))
    bad("of seven GPUs", no, 0, *policy(seed(gpus=7), "protected-pcie"))
    bad("with another switch", no, 0,
        *policy(seed(spec="gpu_switches"), "protected-pcie"))
    single = seed(gpus=2, features="spt")
    good("a mode that is listed", "1 unknown 2 0 1",
         *policy(single, "single"))
    bad("one that is not", no, 0, *policy(single, "multi"))
    good("no list", "1 unknown 2 0 1", *policy(seed(gpus=2, features="mpt")))
    for spec in ("gpu_nonce", "gpu_signature", "gpu_flip", "gpu_feature",
                 "gpu_mode_pcie", "gpu_records_newer", "gpu_chain_6",
                 "gpu_chain_4", "gpu_half", "gpu_switch"):
        bad("whatever it says, " + spec, "gpu_evidence_invalid", 0,
            seed(gpus=2, features="spt", spec=spec))
    bad("a token of a GPU that was not sent", "gpu_evidence_invalid", 0,
        seed(asking(seeds.nvidia, "X-Sim-Nras", "nras_ueid_other"), 2, "spt"))


def test_many_tokens():
    """Tokens in another order than the evidence; a line for every check."""
    def turned(world, quote, gpu):
        other = dict(gpu, evidence_list=gpu["evidence_list"][::-1])
        return seeds.nvidia(world, quote, other)
    good("tokens in another order", "1 unknown 16 0 1",
         seeds.seed(TDX | NRAS, turned, evidence="tdx", gpus=16))


JUNK = {"HTML": b"<html>", "DER that is cut": b"0\x82\x01\x00", "PEM": b"-----BEGIN",
        "hex of nothing": b"00", "hex that is odd": b"000", "words": b"none"}


def test_lists():
    """Lists of revoked certificates in other forms, and in none."""
    for which, of in ((2, "PCK's"), (3, "root's")):
        good(f"the {of} list as hex", "1 UpToDate 0 0 1", seeds.seed(
            TDX | COLLATERAL, changed(
                seeds.intel, which, lambda crl: crl.hex().encode()),
            evidence="tdx", gpus=0))
        for name, junk in JUNK.items():
            bad(f"{name} for the {of} list", "cpu_evidence_invalid", 0,
                seeds.seed(TDX | COLLATERAL, changed(
                    seeds.intel, which, lambda _: junk), evidence="tdx",
                    gpus=0))
    for name, junk in JUNK.items():
        bad(f"{name} for AMD's list", "cpu_evidence_invalid", 0, seeds.seed(
            SNP | KDS, changed(seeds.amd, 5, lambda _: junk),
            evidence="snp", gpus=0))


def test_versions():
    """Formats that are newer, and what only looks like one."""
    for spec in ("snp_version_6", "snp_version_1", "snp_version_9",
                 "snp_algorithm_2", "snp_policy_high"):
        bad(spec, "cpu_evidence_invalid", 0, seeds.seed(
            SNP | KDS, seeds.amd, evidence="snp", gpus=0, spec=spec))
    for quote in ("", "06000000", "0600000000000000", "06000000" + 3 * "00",
                  "0600000000000000" + 1000 * "00"):
        def short(record, quote=quote):
            head, tail = record.split(b'"quote": "', 1)
            return head + b'"quote": "' + quote.encode() + tail[tail.index(b'"'):]
        bad("a report that begins %.16s" % quote,
            "cpu_evidence_invalid" if quote else "cpu_evidence_missing",
            0, short(seeds.seed(SNP | KDS, seeds.amd, evidence="snp", gpus=0)))
    for spec in ("gpu_chip_next", "gpu_records_newer"):
        bad(spec, "gpu_evidence_invalid", 0, seeds.seed(
            TDX | LOCAL, evidence="tdx", spec=spec))


test_nras_modes()
test_many_tokens()
test_lists()
test_versions()
test_tdx()
test_report_data()
test_revoked()
test_ocsp()
test_hold()
test_references()
test_services()
test_nras_body()
test_leaves()
test_policy()
test_advisories()
test_early()
test_many_gpus()
sys.exit(tap.done())
