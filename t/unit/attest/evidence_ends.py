#!/usr/bin/python3
"""Until when what was proved lasts: to the end of whatever ends first, the
collateral, a revocation list, an OCSP answer or the certificate of the
machine's key.

Speaks TAP.
"""

import calendar
import contextlib
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
sys.path[:0] = [os.path.join(HERE, "../driver"), os.path.join(TOP, "fuzz")]
import evidence_seeds as seeds
import tap
from evidence import kds, ocsp, pcs

DRIVER = os.path.join(TOP, os.environ.get("CORE_DIR", "build/core"), "driver")
NOW = int(time.time())
NEAR = NOW + 3600
SLACK = 300                     # of Intel's documents: door.h
LEEWAY = 60                     # of NVIDIA's service: ioa_verify_nras.h
FAR = NOW + 20 * 86400          # before this nothing ends by itself


def ends(record, policy="{}"):
    run = subprocess.run([DRIVER, "door", "new", policy, "ends"],
                         input=record, capture_output=True)
    return run.stdout.decode().split() or ["died", run.stderr.decode()[:300]]


@contextlib.contextmanager
def ending(made, which, change):
    """Documents of that class and kind end near."""
    plain = made.body

    def body(self):
        if self.kind == which:
            change(self)
        return plain(self)

    made.body = body
    try:
        yield
    finally:
        made.body = plain


def list_near(document):
    document.last = NEAR


def document_near(document):
    document.value["nextUpdate"] = pcs.stamp(NEAR)


def tdx():
    return ends(seeds.seed(seeds.TDX | seeds.COLLATERAL, seeds.intel,
                           evidence="tdx", gpus=0))


def snp():
    return ends(seeds.seed(seeds.SNP | seeds.KDS, seeds.amd, evidence="snp",
                           gpus=0))


@contextlib.contextmanager
def answer_near(which):
    """Answers about that kind of a GPU's certificates end near."""
    plain = ocsp.Answer.__init__

    def made(self, *about):
        plain(self, *about)
        if self.kind == which:
            self.next = NEAR

    ocsp.Answer.__init__ = made
    try:
        yield
    finally:
        ocsp.Answer.__init__ = plain


def gpu():
    return ends(seeds.seed(seeds.OCSP, seeds.ocsp(), evidence="tdx", gpus=1))


def far(name, judge):
    said = judge()
    tap.ok(said[0] == "ok" and int(said[1]) > FAR, name, said)


def near(name, judge, made, which, change):
    until = NEAR + (SLACK if judge is tdx else 0)
    with ending(made, which, change):
        said = judge()
    tap.ok(said == ["ok", str(until)], name, said + [until])


far("TDX: nothing ends soon", tdx)
near("TDX: the TCB info ends first", tdx, pcs.Collateral, "tcb",
     document_near)
near("TDX: the QE identity does", tdx, pcs.Collateral, "qe", document_near)
near("TDX: the CRL of the PCK's CA does", tdx, pcs.Crl, "platform",
     list_near)
near("TDX: the root's CRL does", tdx, pcs.Crl, "root", list_near)
far("SEV-SNP: nothing ends soon", snp)
near("SEV-SNP: AMD's CRL ends first", snp, kds.Answer, "crl", list_near)

said = gpu()
tap.ok(said[0] == "ok" and NEAR < int(said[1]) <= time.time() + ocsp.LIFE,
       "GPU: OCSP answers end when they say", said)
for kind in ocsp.KINDS:
    with answer_near(kind):
        said = gpu()
    tap.ok(said == ["ok", str(NEAR)],
           f"GPU: the answer about the {kind}'s certificate ends first", said)

said = ends(seeds.seed(seeds.TDX | seeds.NRAS, seeds.nvidia, evidence="tdx",
                       gpus=1))
tap.ok(said[0] == "ok" and NEAR <= int(said[1]) <= time.time() + 3600 + LEEWAY,
       "GPU: what NVIDIA's service says ends when it says", said)


def graced():
    """Out of date, and accepted for some days more."""
    dates = []

    def old(world, *rest):
        world.state.set({"collateral": "tcb_status_out_of_date"})
        fields = seeds.intel(world, *rest)
        for level in json.loads(fields[0])["tcbInfo"]["tcbLevels"][:2]:
            dates.append(calendar.timegm(time.strptime(
                level["tcbDate"], "%Y-%m-%dT%H:%M:%SZ")))
        return fields

    record = seeds.seed(seeds.TDX | seeds.COLLATERAL, old, evidence="tdx",
                        gpus=0)
    days = (NOW - max(dates)) // 86400 + 2
    said = ends(record, json.dumps({"tdx": {"tcb_grace": "%dd" % days}}))
    return said, [["ok", str(date + days * 86400)] for date in dates]


said, wanted = graced()
tap.ok(said in wanted, "TDX: the grace of a policy ends first", said)

# Without a service a certificate's own end is left.
far("TDX without collateral: its certificate ends",
    lambda: ends(seeds.seed(seeds.TDX, evidence="tdx", gpus=0)))
far("SEV-SNP without AMD's service: its certificate ends",
    lambda: ends(seeds.seed(seeds.SNP, evidence="snp", snp_certs=True,
                            gpus=0)))

sys.exit(tap.done())
