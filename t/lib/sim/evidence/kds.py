"""A small AMD Key Distribution Service: VCEKs of the test machines for the
firmware versions asked for, certificate chains, revocation lists."""
import re
import time

from api import wire
from evidence import der, pki, snp

DAY = 86400
PARAMETERS = {"blSPL": "bootloader", "teeSPL": "tee", "snpSPL": "snp",
              "ucodeSPL": "microcode"}


class Answer:
    """What KDS will say: the certificates or the list, before printing."""

    def __init__(self, kind, product):
        self.kind = kind                # vcek, cert_chain or crl
        self.product = product
        self.certs = []
        self.first = self.last = None
        self.revoked = []
        self.key = None
        self.after = []

    def body(self):
        if self.kind == "crl":
            out = der.revocation_list(
                pki.ark(self.product).subject, self.key, self.first,
                self.last, self.revoked)
        elif self.kind == "cert_chain":
            out = b"".join(c.pem for c in self.certs)
        else:
            out = self.certs[0].der
        for change in self.after:
            out = change(out)
        return out


def _chip(product, text, machines):
    for number in range(machines):
        chip = snp.chip_id(product, number)
        if text.lower() == chip.hex() or (
                product == "Turin" and text.lower() == chip[:8].hex()):
            return chip
    return None


def _tcb(product, query):
    names = dict(PARAMETERS)
    if product == "Turin":
        names["fmcSPL"] = "fmc"
    try:
        out = {name: int(query[key]) for key, name in names.items()}
    except (KeyError, ValueError):
        return None
    out.setdefault("fmc", snp.TCB["fmc"])
    return out if all(0 <= v <= 255 for v in out.values()) else None


def serve(path, query, run, machines, now=None):
    """A reply, or None for what is not here.  run: applies misbehaviour."""
    now = int(time.time()) if now is None else now
    match = re.fullmatch(r"/(vcek|vlek)/v1/(\w+)/(\w+)", path)
    if not match or match[2] not in pki.PRODUCTS:
        return None
    kind, product, what = match.groups()
    vlek = kind == "vlek"
    content = "application/x-x509-ca-cert"
    a = Answer(what, product)
    if what == "cert_chain":
        a.certs = [pki.ask(product, vlek), pki.ark(product)]
        content = "application/x-pem-file"
    elif what == "crl":
        a.key = pki.ark(product).key
        a.first, a.last = now - DAY, now + 364 * DAY
    elif vlek:
        return None
    else:
        a.kind = "vcek"
        chip, tcb = _chip(product, what, machines), _tcb(product, query)
        if tcb is None:
            return wire.Reply(400, [], [b""])
        if chip is None:
            return wire.Reply(404, [], [b""])
        a.chip, a.tcb = chip, tcb
        a.certs = [snp.vcek(product, chip, tcb)]
    run(a)
    return wire.Reply(200, [["content-type", content]], [a.body()])
