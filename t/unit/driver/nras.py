"""Replies of NVIDIA's attestation service under keys of our own, one change
at a time."""

import base64
import hashlib

import vendorfeed as vf
from vendorfeed import Cert, b64url, compact, ok

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

NOW = 1750000000
NONCE = bytes(range(32))
ISSUER = "https://nras.attestation.nvidia.com"
KID = "nv-eat-kid-prod-20250609211310110-93b13aa1"

LEAF = Cert("NVIDIA Attestation Leaf", start=0, end=4000000000,
            curve=ec.SECP384R1())
OTHER = Cert("NVIDIA Attestation Leaf", start=0, end=4000000000,
             curve=ec.SECP384R1())
P256 = Cert("short", start=0, end=4000000000)


def jwk(cert=LEAF, kid=KID, x5c=True, **more):
    n = cert.key.public_key().public_numbers()
    size = (cert.key.curve.key_size + 7) // 8
    key = {"kty": "EC", "crv": "P-384", "kid": kid,
           "x": b64url(n.x.to_bytes(size, "big")),
           "y": b64url(n.y.to_bytes(size, "big"))}
    if x5c is True:
        key["x5c"] = [base64.b64encode(cert.der).decode()]
    elif x5c is not False:
        key["x5c"] = x5c
    key.update(more)
    return key


# claims that NVIDIA's service has not in every version
SOMETIMES = ["x-nvidia-gpu-" + name for name in (
    "attestation-report-cert-chain-fwid-match", "vbios-index-no-conflict",
    *(rim + what for rim in ("driver-rim-", "vbios-rim-") for what in (
        "fetched", "schema-validated", "signature-verified",
        "version-match", "measurements-available")))]
CHAINS = [("x-nvidia-gpu-%s-cert-chain" % of,
           "x-nvidia-gpu-%s-validated" % boolean) for of, boolean in (
               ("attestation-report", "attestation-report-cert-chain"),
               ("driver-rim", "driver-rim-cert"),
               ("vbios-rim", "vbios-rim-cert"))]


def device(i):
    d = {"iss": ISSUER, "eat_nonce": NONCE.hex(), "exp": NOW + 3600,
         "iat": NOW, "nbf": NOW, "jti": "j%d" % i,
         "ueid": "4781763792860821866189484457873936473648021072%d" % i,
         "secboot": True, "oemid": "5703", "measres": "success",
         "dbgstat": "disabled", "hwmodel": "GH100 A01 GSP BROM",
         "x-nvidia-gpu-driver-version": "550.90.07",
         "x-nvidia-gpu-vbios-version": "96.00.9F.00.01",
         "x-nvidia-gpu-arch-check": True,
         "x-nvidia-gpu-attestation-report-parsed": True,
         "x-nvidia-gpu-attestation-report-nonce-match": True,
         "x-nvidia-gpu-attestation-report-signature-verified": True}
    for name in SOMETIMES:
        d[name] = True
    for chain, boolean in CHAINS:
        d[chain] = {
            "x-nvidia-cert-status": "valid",
            "x-nvidia-cert-ocsp-status": "good",
            "x-nvidia-cert-expiration-date": "9999-12-31T23:59:59Z",
            "x-nvidia-cert-revocation-reason": None}
    return d


class Case:
    """A reply that passes; a test changes one thing."""

    def __init__(self, n=2, version="3.0"):
        self.devices = {"GPU-%d" % i: device(i) for i in range(n)}
        self.overall = {
            "sub": "NVIDIA-PLATFORM-ATTESTATION", "x-nvidia-ver": version,
            "nbf": NOW, "iss": ISSUER, "x-nvidia-overall-att-result": True,
            "eat_nonce": NONCE.hex(), "exp": NOW + 3600, "iat": NOW,
            "jti": "j"}
        self.header = {"kid": KID, "alg": "ES384"}
        self.device_header = dict(self.header)
        self.key = self.device_key = LEAF.key
        self.digest_name = "SHA-256"
        self.wanted = n
        self.now = NOW
        self.nonce = NONCE
        self.jwks = {"keys": [jwk(OTHER, "another"), jwk()]}
        self.submods = lambda s: s      # changes digests
        self.tokens = lambda t: t       # changes device tokens, signed
        self.text = lambda t: t         # changes the overall token
        self.reply = lambda r: r
        self.hash = hashes.SHA384()

    def token(self, header, claims, key):
        text = b64url(compact(header)) + "." + b64url(compact(claims))
        return text + "." + b64url(vf.raw_sign(key, text.encode(),
                                               self.hash))

    def record(self):
        tokens = {k: self.token(self.device_header, d, self.device_key)
                  for k, d in self.devices.items()}
        tokens = self.tokens(tokens)
        submods = {k: ["DIGEST", [self.digest_name, hashlib.sha256(
            t.encode()).hexdigest()]] for k, t in tokens.items()}
        overall = dict(self.overall, submods=self.submods(submods))
        text = self.text(self.token(self.header, overall, self.key))
        reply = self.reply([["JWT", text], tokens])
        if not isinstance(reply, bytes):
            reply = compact(reply)
        jwks = self.jwks
        if not isinstance(jwks, bytes):
            jwks = compact(jwks)
        return ("n", [reply, jwks, self.nonce, str(self.wanted).encode(),
                      str(self.now).encode()])


cases = []


def expect(name, change, reason, failed="-", unknown="0", version="3.0"):
    c = Case(version=version)
    if callable(change):
        change(c)
    else:
        exec(change, globals(), {"c": c})
    cases.append((name, c.record(), reason, failed, unknown))


def refused(name, change, failed, reason="gpu_evidence_invalid",
            unknown="0", version="3.0"):
    expect(name, change, reason, failed, unknown, version)


def run_cases():
    for (name, _, reason, failed, unknown), a in zip(
            cases, vf.run([c[1] for c in cases])):
        ok(a[0] == reason and (len(a) < 5 or (a[4] == failed
                                              and a[1] == unknown
                                              and (a[3] != "-")
                                              == (reason == "ok"))),
           name, " ".join(a))
    cases.clear()


def setter(where, key, value):
    def change(c):
        target = c.overall if where == "overall" \
            else c.devices["GPU-1"]
        if value is None:
            del target[key]
        else:
            target[key] = value
    return change
