#!/usr/bin/python3
"""The door, ioa_attest_verify, while memory runs out: each allocation fails
once alone and once with all after it.  Every one of the core's own, and some
of those that libraries make.

Good evidence is then refused, or accepted as it is with memory; bad evidence
never becomes good.  Nothing is left behind, and with memory all is as before.

Speaks TAP.
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [os.path.join(HERE, "../driver"), os.path.join(TOP, "fuzz")]
import evidence_seeds as seeds
import tap

JUDGE = os.path.join(TOP, os.environ.get("CORE_DIR", "build/core"),
                     "doormemory")
TDX, SNP, LOCAL, NRAS = seeds.TDX, seeds.SNP, seeds.LOCAL, seeds.NRAS
COLLATERAL, KDS, BOUND = seeds.COLLATERAL, seeds.KDS, 32
REASONS = {"attestation_malformed", "cpu_evidence_invalid", "tcb_rejected",
           "gpu_evidence_invalid"}


def judge(record, step):
    run = subprocess.run([JUDGE, str(step)], input=record,
                         capture_output=True)
    words = run.stdout.decode().split()
    if run.returncode != 0 or len(words) < 7:
        return "died", "died", [0] * 5, {run.stderr.decode()[-2000:]}
    return words[0], words[1], [int(n) for n in words[2:7]], set(words[7:])


def good(name, record, step):
    """The core's own: none is needless, so none may fail unseen."""
    for by in (0, step):
        first, last, (runs, same, *rest), reasons = judge(record, by)
        tap.ok(first == last == "ok" and runs > 4 and reasons <= REASONS
               and rest == [0, 0, 0] and (by != 0 or same == 0)
               and same < runs, "%s, by %d (%d)" % (name, by, runs),
               (first, last, runs, same, rest, reasons))


def bad(name, reason, record, step):
    for by in (0, step):
        first, last, (runs, *rest), reasons = judge(record, by)
        tap.ok(first == last == reason and runs > 4 and rest == [0] * 4,
               "%s: %s, by %d (%d)" % (name, reason, by, runs),
               (first, last, runs, rest, reasons))


def asking(fetch, header, spec):
    """What the services say who are told to misbehave."""
    def get(world, *rest):
        plain = world.fetch
        world.fetch = lambda path, body=b"": plain(path, body,
                                                   [(header, spec)])
        return fetch(world, *rest)
    return get


def flipped(record, name, at):
    """One bit of a text's at-th character is another."""
    at += record.index(b'"%s": "' % name) + len(name) + 5
    other = b"0" if record[at:at + 1] != b"0" else b"1"
    return record[:at] + other + record[at + 1:]


def test_tdx():
    tdx = {"evidence": "tdx", "gpus": 0}
    bound = seeds.seed(TDX | BOUND, **tdx, report_data="address-nonce")
    good("a quote", bound, 41)
    bad("its body was changed", "cpu_evidence_invalid",
        flipped(bound, b"quote", 2 * 600), 97)
    bad("another nonce is bound", "report_data_mismatch",
        seeds.seed(TDX | BOUND, **tdx), 97)

    good("a quote and collateral",
         seeds.seed(TDX | COLLATERAL, seeds.intel, **tdx), 199)
    for spec, reason in (("crl_pck", "revoked"), ("crl_ca", "revoked"),
                         ("tcb_module_revoked", "revoked")):
        bad(spec, reason, seeds.seed(TDX | COLLATERAL, asking(
            seeds.intel, "X-Sim-Collateral", spec), **tdx), 499)


def test_snp():
    snp = {"evidence": "snp", "gpus": 0}
    good("a report, its certificate from AMD",
         seeds.seed(SNP | KDS, seeds.amd, **snp), 41)
    certs = seeds.seed(SNP, **snp, snp_certs=True)
    good("a report and its certificates", certs, 41)
    bad("its body was changed", "cpu_evidence_invalid",
        flipped(certs, b"quote", 2 * 0x90), 97)
    bad("the ASK is revoked", "revoked", seeds.seed(SNP | KDS, asking(
        seeds.amd, "X-Sim-Kds", "kds_crl_ask"), **snp), 97)


def test_gpus():
    one = seeds.seed(LOCAL, evidence="tdx", gpus=1)
    good("one GPU", one, 199)
    bad("its report was changed", "gpu_evidence_invalid",
        flipped(one, b"evidence", 400), 499)
    good("8 GPUs", seeds.seed(LOCAL, evidence="tdx", gpus=8), 5003)

    eight = {"evidence": "tdx", "gpus": 8}
    good("8 GPUs, NVIDIA's service", seeds.seed(NRAS, seeds.nvidia, **eight),
         199)
    for spec, reason in (("nras_signature", "gpu_evidence_invalid"),
                         ("nras_device_signature", "gpu_evidence_invalid"),
                         ("nras_replay", "nonce_mismatch")):
        bad(spec, reason, seeds.seed(NRAS, asking(
            seeds.nvidia, "X-Sim-Nras", spec), evidence="tdx", gpus=2), 499)


test_tdx()
test_snp()
test_gpus()
sys.exit(tap.done())
