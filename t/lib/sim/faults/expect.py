"""Registry of what can be wrong with evidence and with the services around
it, with what a gateway is to say of it.

tdx, snp and gpu act (stage "evidence" of attest) on a Quote, a Report and a
Group before these are built; collateral, kds, nras, jwks and ocsp are kinds of
their own, for replies of those services.
"""
from faults import misbehave

EXPECT = {}


class Expectation:
    """reason: the gateway's, "" where it is to accept; breaks: the one check
    that fails; needs: what it takes to see that: "collateral", "kds", "nras"
    and "ocsp" asked; a "policy" that names the good values; eight GPUs that are
    "switched", in protected PCIe mode, which the policy lists; "certs" behind a
    report heeded; a machine known to be "bound" by report_data."""

    def __init__(self, kind, reason, breaks, needs):
        self.kind = kind
        self.reason = reason
        self.breaks = breaks
        self.needs = needs

    def dump(self):
        return {"kind": self.kind, "reason": self.reason,
                "breaks": self.breaks, "needs": self.needs}


def expect(name, *what):
    assert name not in EXPECT, name
    EXPECT[name] = Expectation(*what)


class Made:
    """Evidence of one attestation in the making."""

    def __init__(self, number, nonce, address):
        self.number = number
        self.nonce = nonce
        self.address = address
        self.tdx = None
        self.snp = None
        self.gpu = None


def _part(part, reason_of_part):
    """Decorator maker for one part of Made."""
    def names(name, breaks, doc, reason=None, needs=""):
        if reason is None:
            reason = reason_of_part if breaks else ""

        def put(fn):
            def run(made, value):
                target = getattr(made, part)
                if target is None:
                    raise misbehave.Unknown(
                        f"{name}: this machine gives no {part} evidence")
                target.made = made
                fn(target, value)
            expect(name, part, reason, breaks, needs)
            misbehave.register(("attest",), "evidence", name, doc)(run)
            return fn
        return put
    return names


tdx = _part("tdx", "cpu_evidence_invalid")
snp = _part("snp", "cpu_evidence_invalid")
gpu = _part("gpu", "gpu_evidence_invalid")


def service(kind, reason_of_kind, needs):
    """Decorator maker for a service's replies."""
    def names(name, breaks, doc, reason=None):
        if reason is None:
            reason = reason_of_kind if breaks else ""

        def put(fn):
            expect(name, kind, reason, breaks, needs)
            return misbehave.register((kind,), "reply", name, doc)(fn)
        return put
    return names


collateral = service("collateral", "tcb_rejected", "collateral")
kds = service("kds", "cpu_evidence_invalid", "kds")
nras = service("nras", "gpu_evidence_invalid", "nras")
jwks = service("jwks", "gpu_evidence_invalid", "nras")
ocsp = service("ocsp", "attestation_unavailable", "ocsp")


def lines():
    """"name reason [needs]" for every name; "-": no reason, accepted."""
    return [" ".join([name, e.reason or "-", e.needs]).rstrip()
            for name, e in EXPECT.items()]
