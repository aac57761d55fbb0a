"""A small NVIDIA Remote Attestation Service.  It looks at no evidence: it
says what it is set to say, in tokens signed as NVIDIA's are.

Kid N is made from the number N; JWKS gives the four kids up to the newest.
"""
import base64
import functools
import hashlib
import json
import re
import time
import uuid

from api import wire
from evidence import der, keys

ISSUER = "https://nras.attestation.nvidia.com"
KEYS = 4
CHECKS = """arch-check attestation-report-parsed
attestation-report-nonce-match attestation-report-signature-verified
driver-rim-fetched driver-rim-schema-validated driver-rim-signature-verified
driver-rim-measurements-available vbios-rim-fetched
vbios-rim-schema-validated vbios-rim-signature-verified
vbios-rim-measurements-available vbios-index-no-conflict""".split()
CHECKS_2 = ("attestation-report-cert-chain-validated",
            "driver-rim-cert-validated", "vbios-rim-cert-validated")
CHECKS_3 = ("attestation-report-cert-chain-fwid-match",
            "driver-rim-version-match", "vbios-rim-version-match")


def b64(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def kid(number):
    stamp = 20260101000000000 + number
    return f"nv-eat-kid-prod-{stamp}-" + str(
        uuid.uuid5(uuid.NAMESPACE_URL, f"ioattest sim kid {number}"))


def key(number):
    return keys.p384(f"nras {number}")


def token(header, claims, signer):
    head = b64(json.dumps(header, separators=(",", ":")).encode())
    body = b64(json.dumps(claims, separators=(",", ":")).encode())
    signed = f"{head}.{body}"
    return f"{signed}.{b64(signer.sign_raw(signed.encode()))}"


class Answer:
    """Claims of the overall token and of each device, before signing."""

    def __init__(self, nonce, count, version, number, now, ueids):
        self.number = number
        self.header = {"kid": kid(number), "alg": "ES384"}
        self.device_header = dict(self.header)
        self.signer = key(number)
        self.version = version
        self.now = now
        times = {"iat": now, "nbf": now, "exp": now + 3600}
        self.overall = {
            "sub": "NVIDIA-PLATFORM-ATTESTATION", "x-nvidia-ver": version,
            "iss": ISSUER, "x-nvidia-overall-att-result": True,
            "submods": None, "eat_nonce": nonce, **times,
            "jti": self.jti("overall", nonce)}
        self.devices = {f"GPU-{i}": self.device(i, nonce, ueids[i], times)
                        for i in range(count)}
        self.digest_name = "SHA-256"
        self.digests = {}               # instead of the right ones
        self.listed = None              # names in submods; None: all
        self.tokens = []                # functions over {name: token}
        self.value = None               # None: what is right

    @staticmethod
    def jti(what, nonce):
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"sim {what} {nonce}"))

    def device(self, i, nonce, ueid, times):
        extra = CHECKS_2 if self.version == "2.0" else CHECKS_3
        out = {f"x-nvidia-gpu-{c}": True for c in (*CHECKS, *extra)}
        out.update({
            "iss": ISSUER, "eat_nonce": nonce, **times, "ueid": ueid,
            "jti": self.jti(i, nonce), "secboot": True,
            "x-nvidia-attestation-warning": None,
            "x-nvidia-gpu-driver-version": "580.159.03",
            "x-nvidia-gpu-vbios-version": "96.00.74.00.20",
            "hwmodel": "GH100 A01 GSP BROM", "dbgstat": "disabled",
            "oemid": "5703", "measres": "success"})
        if self.version != "2.0":
            for chain, date in (
                    ("driver-rim", "2045-01-01T00:00:00Z"),
                    ("vbios-rim", "2045-01-01T00:00:00Z"),
                    ("attestation-report", "9999-12-31T23:59:59Z")):
                out[f"x-nvidia-gpu-{chain}-cert-chain"] = {
                    "x-nvidia-cert-status": "valid",
                    "x-nvidia-cert-ocsp-status": "good",
                    "x-nvidia-cert-expiration-date": date,
                    "x-nvidia-cert-revocation-reason": None}
        return out

    def body(self):
        tokens = {name: token(self.device_header, claims, self.signer)
                  for name, claims in self.devices.items()}
        for change in self.tokens:
            tokens = change(tokens)
        if self.overall.get("submods", 0) is None:
            names = tokens if self.listed is None else self.listed
            self.overall["submods"] = {
                name: ["DIGEST", [self.digest_name, self.digests.get(
                    name) or hashlib.sha256(tokens.get(
                        name, "").encode()).hexdigest()]]
                for name in names}
        overall = token(self.header, self.overall, self.signer)
        value = [["JWT", overall], tokens]
        if self.value is not None:
            value = self.value(value)
        return json.dumps(value, separators=(",", ":")).encode()


def _ueids(items):
    """Decimal serial numbers of the leaves, read from the evidence."""
    from cryptography import x509
    out = []
    for i, item in enumerate(items):
        try:
            pem = base64.b64decode(item["certificate"])
            first = re.search(rb"-----BEGIN.*?END CERTIFICATE-----", pem,
                              re.S)[0]
            out.append(str(x509.load_pem_x509_certificate(
                first).serial_number))
        except (KeyError, TypeError, ValueError):
            out.append(f"none {i}")
    return out


def attest(path, body, run, number, now=None):
    """A reply to POST /v3/attest/gpu or /v4/attest/gpu."""
    now = int(time.time()) if now is None else now
    try:
        asked = json.loads(body)
        nonce, items = asked["nonce"], asked["evidence_list"]
        version = asked.get("claims_version",
                            "2.0" if path.startswith("/v3") else "3.0")
        if not isinstance(nonce, str) or not items:
            raise ValueError("nonce or evidence_list")
    except (ValueError, KeyError, TypeError) as err:
        reply = {"errorCode": 4000, "message": f"bad request: {err!r}"}
        return wire.Reply(400, [["content-type", "application/json"]],
                          [json.dumps(reply).encode()])
    a = Answer(nonce, len(items), version, number, now, _ueids(items))
    run(a)
    return wire.Reply(200, [["content-type", "application/json"]],
                      [a.body()])


# --- key set ---------------------------------------------------------------


class Keys:
    """JWKS: the numbers of the keys that it gives."""

    def __init__(self, newest):
        self.numbers = list(range(max(0, newest - KEYS + 1), newest + 1))
        self.entries = []               # functions over the list
        self.after = []

    def body(self):
        entries = [jwk(n) for n in self.numbers]
        for change in self.entries:
            entries = change(entries)
        out = json.dumps({"keys": entries}, separators=(",", ":")).encode()
        for change in self.after:
            out = change(out)
        return out


def _certificates(number):
    """Leaf with the token key, and the intermediate that signed it."""
    top = keys.p384("nras intermediate")
    name = der.name(("CN", "NVIDIA Attestation Service Intermediate 004"),
                    ("O", "NVIDIA Corporation"))
    ca = der.certificate(
        name, top, der.name(("CN", "NVIDIA Attestation Service CA 001")),
        keys.p384("nras root"), der.serial_for("nras ca", 16),
        der.date(2024, 1, 1), der.date(2045, 1, 1),
        [der.basic_constraints(True), der.subject_key_id(top)])
    leaf = der.certificate(
        der.name(("CN", kid(number))), key(number), name, top,
        der.serial_for(f"nras {number}", 16), der.date(2024, 1, 1),
        der.date(2045, 1, 1), [der.key_usage(der.DIGITAL_SIGNATURE)])
    return leaf, ca


@functools.lru_cache(maxsize=64)
def jwk(number):
    xy = key(number).xy
    return {"kty": "EC", "crv": "P-384", "kid": kid(number),
            "x": b64(xy[:48]), "y": b64(xy[48:]),
            "x5c": [base64.b64encode(c.der).decode()
                    for c in _certificates(number)]}


def key_set(run, newest):
    k = Keys(newest)
    run(k)
    return wire.Reply(200, [["content-type", "application/json"]],
                      [k.body()])
