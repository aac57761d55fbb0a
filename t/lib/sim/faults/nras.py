"""Misbehaviour of AMD's key service, of NVIDIA's attestation service and of
its key set.  Each breaks one check.

Stage "reply", before signing: an Answer of evidence/kds.py or nras.py, or
Keys.
"""
import base64
import hashlib
import hmac

from evidence import der, keys, nras as service, pki, snp
from faults.expect import jwks, kds, nras
from faults.misbehave import flip_bit

DAY = 86400


# --- KDS -------------------------------------------------------------------


def _kds(name, kind, breaks, doc, reason=None):
    def put(fn):
        @kds(name, breaks, doc, reason)
        def _(a, value):
            if a.kind == kind:
                fn(a)
        return fn
    return put


def _vcek(a, **how):
    how.setdefault("hwid", snp.hwid(a.product, a.chip))
    key = how.pop("key", None) or a.certs[0].key
    ca = how.pop("ca", None) or pki.ask(a.product)
    name = a.product + "-B0" if a.product == "Milan" else a.product
    a.certs = [pki.amd_leaf(
        "SEV-VCEK", key, ca, name,
        snp.extensions(a.product, how.pop("tcb", a.tcb)), **how)]


@_kds("kds_key", "vcek", "signature", "VCEK of another key")
def _(a):
    _vcek(a, key=keys.p384("nobody"))


@_kds("kds_tcb", "vcek", "tcb", "VCEK for other firmware")
def _(a):
    _vcek(a, tcb=dict(a.tcb, snp=a.tcb["snp"] ^ 1))


@_kds("kds_chip", "vcek", "hwid", "VCEK of another chip")
def _(a):
    _vcek(a, hwid=snp.hwid(a.product, snp.chip_id(a.product, 99)))


@_kds("kds_root", "vcek", "chain", "VCEK of a foreign ASK")
def _(a):
    _vcek(a, ca=pki.ask("Milan", world="foreign"))


@_kds("kds_expired", "vcek", "chain", "VCEK expired")
def _(a):
    _vcek(a, last=der.date(2025, 1, 1))


@_kds("kds_garbage", "vcek", "chain", "zeros")
def _(a):
    a.after.append(lambda b: bytes(len(b)))


@_kds("kds_cut", "vcek", "chain", "half a certificate")
def _(a):
    a.after.append(lambda b: b[:len(b) // 2])


@_kds("kds_trailing", "vcek", "chain", "bytes behind the certificate")
def _(a):
    a.after.append(lambda b: b + b"\0\0")


@_kds("kds_crl_ask", "crl", "revoked", "the ASK is revoked", "revoked")
def _(a):
    a.revoked.append(pki.ask(a.product).serial)


@_kds("kds_crl_expired", "crl", "crl_date", "CRL: nextUpdate has passed")
def _(a):
    a.first, a.last = a.first - 800 * DAY, a.first - 400 * DAY


@_kds("kds_crl_signature", "crl", "crl_signature", "CRL signed by the ASK")
def _(a):
    a.key = pki.ask(a.product).key


@_kds("kds_crl_html", "crl", "crl_signature", "a page of HTML in the CRL's place")
def _(a):
    a.after.append(lambda b: b"<html>no list</html>")


# --- NRAS ------------------------------------------------------------------


def _claim(name, breaks, doc, where, reason=None, **values):
    """Changes claims of the overall token, or of the first device."""
    @nras(name, breaks, doc, reason)
    def _(a, value):
        target = a.overall if where == "overall" else a.devices["GPU-0"]
        for key, new in values.items():
            key = key.replace("__", "-")
            if new is ...:
                target.pop(key)
            else:
                target[key] = new(a) if callable(new) else new


_claim("nras_false", "overall", "overall result false", "overall",
       x__nvidia__overall__att__result=False)
_claim("nras_result_string", "overall", "overall result \"true\"", "overall",
       x__nvidia__overall__att__result="true")
_claim("nras_result_missing", "overall", "no overall result", "overall",
       x__nvidia__overall__att__result=...)
_claim("nras_nonce", "nonce", "another nonce", "overall", "nonce_mismatch",
       eat_nonce="5a" * 32)
_claim("nras_device_nonce", "nonce", "another nonce in a device's token",
       "device", "nonce_mismatch", eat_nonce="5a" * 32)
_claim("nras_issuer", "issuer", "another issuer", "overall",
       iss="https://nras.attestation.nvidia.com.example")
_claim("nras_device_issuer", "issuer", "another issuer of a device's token",
       "device", iss="https://nras.example")
_claim("nras_expired", "time", "expired", "overall",
       exp=lambda a: a.now - 3600, iat=lambda a: a.now - 7200,
       nbf=lambda a: a.now - 7200)
_claim("nras_device_expired", "time", "a device's token expired", "device",
       exp=lambda a: a.now - 3600)
_claim("nras_not_before", "time", "not yet valid", "overall",
       nbf=lambda a: a.now + 3600)
_claim("nras_exp_string", "time", "exp a string", "overall", exp="never")
_claim("nras_debug", "device", "a GPU in debug mode", "device",
       dbgstat="enabled")
_claim("nras_measres", "device", "measurements of a GPU do not match",
       "device", measres="fail")
_claim("nras_secboot", "device", "a GPU without secure boot", "device",
       secboot=False)
_claim("nras_secboot_missing", "device", "no word of secure boot", "device",
       secboot=...)
_claim("nras_rim_signature", "device", "a driver RIM without good signature",
       "device", x__nvidia__gpu__driver__rim__signature__verified=False)
_claim("nras_rim_chain", "device", "a VBIOS RIM whose certificate expired",
       "device", x__nvidia__gpu__vbios__rim__cert__chain={
           "x-nvidia-cert-status": "expired",
           "x-nvidia-cert-ocsp-status": "good"})
_claim("nras_ocsp", "device", "OCSP knows nothing of the GPU's certificates",
       "device", x__nvidia__gpu__attestation__report__cert__chain={
           "x-nvidia-cert-status": "valid",
           "x-nvidia-cert-ocsp-status": "unknown"})


_CHAIN = "x__nvidia__gpu__attestation__report__cert__chain"


def _report_chain(name, doc, reason=None, **values):
    """Another word about the chain of the GPU's own certificates."""
    said = {"x-nvidia-cert-status": "valid",
            "x-nvidia-cert-ocsp-status": "good",
            "x-nvidia-cert-ocsp-response-valid": True,
            "x-nvidia-cert-ocsp-nonce-matches": True}
    for key, new in values.items():
        said["x-nvidia-cert-" + key.replace("_", "-")] = new
    _claim(name, "device", doc, "device", reason, **{_CHAIN: {
        key: new for key, new in said.items() if new is not ...}})


_report_chain("nras_ocsp_response", "the OCSP response is not valid",
              ocsp_response_valid=False)
_report_chain("nras_ocsp_nonce", "OCSP answered another nonce",
              ocsp_nonce_matches=False)
_report_chain("nras_status", "the GPU's certificates expired",
              status="expired")
_report_chain("nras_status_missing", "no word of the GPU's certificates",
              status=...)
_report_chain("nras_ocsp_missing", "no word of OCSP", ocsp_status=...)
_report_chain("nras_revoked", "a certificate of the GPU is revoked",
              "revoked", ocsp_status="revoked")
_claim("nras_mismatch", "device", "a measurement that does not match",
       "device", x__nvidia__mismatch__measurement__records=[{"index": 9}])
_claim("nras_ueid_other", "sent", "a GPU whose evidence was not sent",
       "device", ueid="1")


@nras("nras_claims_4", "", "claims of version 4.0")
def _(a, value):
    a.overall["x-nvidia-ver"] = "4.0"
    for claims in a.devices.values():
        claims.update({"x-nvidia-ver": "4.0",
                       "x-nvidia-mismatch-measurement-records": None,
                       "x-nvidia-mismatch-opaque-data-records": []})


_claim("nras_version_old", "version", "claims of version 2.0, which nobody "
       "asked for", "overall", x__nvidia__ver="2.0")
_claim("nras_version_newer", "version", "claims of version 5.0", "overall",
       x__nvidia__ver="5.0")
_claim("nras_version_device", "version", "claims of version 4.0 in a device's "
       "token, of 3.0 in the token for all", "device", x__nvidia__ver="4.0")
_claim("nras_driver_chain_missing", "device", "no word of a driver RIM's "
       "certificates", "device",
       x__nvidia__gpu__driver__rim__cert__chain=...)
_claim("nras_vbios_chain_missing", "device", "no word of a VBIOS RIM's "
       "certificates", "device",
       x__nvidia__gpu__vbios__rim__cert__chain=...)
_claim("nras_chain_boolean", "device", "of the report's certificates the "
       "claim of version 2 alone", "device",
       x__nvidia__gpu__attestation__report__cert__chain=...,
       x__nvidia__gpu__attestation__report__cert__chain__validated=True)
_claim("nras_warning", "", "a warning", "device",
       x__nvidia__attestation__warning="driver is old")


@nras("nras_kid", "kid", "signed by a key that JWKS does not give")
def _(a, value):
    a.header["kid"] = a.device_header["kid"] = service.kid(999)
    a.signer = service.key(999)


@nras("nras_kid_wrong", "signature", "kid of another key than the signer's")
def _(a, value):
    a.signer = service.key(999)


@nras("nras_kid_missing", "kid", "no kid")
def _(a, value):
    a.header.pop("kid")
    a.device_header.pop("kid")


@nras("nras_alg", "alg", "alg ES256 in the header")
def _(a, value):
    a.header["alg"] = a.device_header["alg"] = "ES256"


def _forged(signature):
    """The overall token with another last part."""
    def change(value):
        head, _, _ = value[0][1].rpartition(".")
        return [["JWT", head + "." + signature(head)], value[1]]
    return change


@nras("nras_alg_none", "alg", "alg none, without signature")
def _(a, value):
    a.header["alg"] = "none"
    a.value = _forged(lambda head: "")


@nras("nras_alg_hs384", "alg", "alg HS384, keyed with the public key")
def _(a, value):
    a.header["alg"] = "HS384"
    public = a.signer.xy
    a.value = _forged(lambda head: base64.urlsafe_b64encode(
        hmac.digest(public, head.encode(), "sha384")).rstrip(b"=").decode())


@nras("nras_signature", "signature", "a bit of the signature flipped")
def _(a, value):
    def change(pair):
        head, _, last = pair[0][1].rpartition(".")
        raw = flip_bit(base64.urlsafe_b64decode(last), 100)
        last = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return [["JWT", f"{head}.{last}"], pair[1]]
    a.value = change


@nras("nras_signature_der", "signature", "signature in DER")
def _(a, value):
    a.value = _forged(lambda head: base64.urlsafe_b64encode(
        a.signer.sign(head.encode())).rstrip(b"=").decode())


@nras("nras_device_signature", "signature", "a device's token signed by "
      "another key, rightly digested")
def _(a, value):
    def change(tokens):
        return dict(tokens, **{"GPU-0": service.token(
            a.device_header, a.devices["GPU-0"], service.key(999))})
    a.tokens.append(change)


@nras("nras_digest", "digest", "another digest of a device's token")
def _(a, value):
    a.digests["GPU-0"] = hashlib.sha256(b"other").hexdigest()


@nras("nras_digest_name", "digest", "digest named MD5")
def _(a, value):
    a.digest_name = "MD5"


@nras("nras_device_missing", "devices", "a device's token is missing")
def _(a, value):
    a.listed = list(a.devices)
    del a.devices[a.listed[-1]]


@nras("nras_device_extra", "devices", "a device's token that is not in "
      "submods")
def _(a, value):
    a.listed = list(a.devices)
    a.devices["GPU-99"] = dict(a.devices["GPU-0"], ueid="99")


@nras("nras_device_fewer", "count", "one device less, everywhere")
def _(a, value):
    del a.devices[list(a.devices)[-1]]


@nras("nras_device_more", "count", "one device more, everywhere")
def _(a, value):
    a.devices["GPU-99"] = dict(a.devices["GPU-0"], ueid="99")


@nras("nras_ueid", "ueid", "two devices with one ueid")
def _(a, value):
    names = list(a.devices)
    a.devices[names[-1]]["ueid"] = a.devices[names[0]]["ueid"]


@nras("nras_no_submods", "devices", "no submods")
def _(a, value):
    a.overall.pop("submods")


@nras("nras_replay", "nonce", "an answer to another nonce, whole",
      "nonce_mismatch")
def _(a, value):
    for claims in (a.overall, *a.devices.values()):
        claims["eat_nonce"] = "5a" * 32


@nras("nras_object", "form", "an object instead of the array")
def _(a, value):
    a.value = lambda pair: {"overall": pair[0], "devices": pair[1]}


@nras("nras_two_parts", "form", "a token of two parts")
def _(a, value):
    a.value = lambda pair: [["JWT", pair[0][1].rpartition(".")[0]], pair[1]]


# --- JWKS ------------------------------------------------------------------


@jwks("jwks_stale", "kid", "without the newest key (with jwks_times 1: a "
      "second fetch finds it)")
def _(k, value):
    k.numbers = [n - 1 for n in k.numbers if n] or [998]


@jwks("jwks_empty", "kid", "no keys")
def _(k, value):
    k.numbers = []


@jwks("jwks_curve", "kid", "the keys said to be of P-256")
def _(k, value):
    k.entries.append(lambda keys: [dict(e, crv="P-256") for e in keys])


@jwks("jwks_wrong_point", "kid", "a point that is not on the curve")
def _(k, value):
    k.entries.append(lambda keys: [dict(e, y=e["x"]) for e in keys])


@jwks("jwks_other_key", "signature", "another key under the kid")
def _(k, value):
    other = service.jwk(999)
    k.entries.append(lambda keys: [dict(other, kid=e["kid"]) for e in keys])


@jwks("jwks_garbage", "kid", "no JSON")
def _(k, value):
    k.after.append(lambda b: b"{")


@jwks("jwks_extra", "", "keys of other kinds beside")
def _(k, value):
    k.entries.append(lambda keys: [
        {"kty": "RSA", "kid": "other", "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "kid": "small", "x": "AA", "y": "AA"},
        *keys])
