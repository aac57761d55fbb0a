"""Misbehaviour of NVIDIA's OCSP responder: each breaks one check of an
answer, and all else is right and honestly signed.  The value of most is the
number of the certificate that it is about, 1 to 3; default: all of them.
"""
from evidence import der, keys, ocsp as answers, pki
from faults.expect import ocsp

UNAVAILABLE = "attestation_unavailable"
STRANGE = "1.3.6.1.4.1.5703.9"          # an extension that nobody knows


def _fault(name, breaks, doc, reason=None):
    """fn(answer), of the certificates that the value names."""
    def put(fn):
        @ocsp(name, breaks, doc, reason)
        def _(a, value):
            if not value or a.kind == answers.KINDS[int(value) - 1]:
                fn(a)
        return fn
    return put


def _set(name, breaks, doc, reason=None, **values):
    @_fault(name, breaks, doc, reason)
    def _(a):
        for key, new in values.items():
            assert hasattr(a, key), key
            setattr(a, key, new(a) if callable(new) else new)


# --- what it says ----------------------------------------------------------

_fault("ocsp_revoked", "revoked", "[=N]: revoked", "revoked")(
    lambda a: a.revoke(1))
_fault("ocsp_revoked_silent", "revoked", "[=N]: revoked, without a reason",
       "revoked")(lambda a: a.revoke())
_fault("ocsp_hold", "hold", "[=N]: on certificateHold", "revoked")(
    lambda a: a.revoke(answers.HOLD))
_fault("ocsp_unknown", "unknown", "[=N]: not known to the responder",
       "gpu_evidence_invalid")(lambda a: a.unknown())
_set("ocsp_unauthorized", "status", "[=N]: unauthorized", status=6)
_set("ocsp_try_later", "status", "[=N]: tryLater", status=3)
_set("ocsp_internal", "status", "[=N]: internalError", status=2)

# --- dates -----------------------------------------------------------------

_set("ocsp_stale", "dates", "[=N]: its next update is past",
     this=lambda a: a.now - 7200, next=lambda a: a.now - 3600)
_set("ocsp_stale_open", "dates", "[=N]: more than an hour old, and it does "
     "not say when it ends", this=lambda a: a.now - 3700, next=None)
_set("ocsp_future", "dates", "[=N]: from the future",
     this=lambda a: a.now + 900)
_set("ocsp_open", "", "[=N]: it does not say when it ends", next=None)

# --- the nonce -------------------------------------------------------------

_set("ocsp_nonce", "nonce", "[=N]: another nonce", nonce=b"\x5a" * 32)
_set("ocsp_nonce_none", "nonce", "[=N]: no nonce", nonce=None)
_set("ocsp_nonce_short", "nonce", "[=N]: the first half of the nonce",
     nonce=lambda a: a.nonce[:16])


@_fault("ocsp_nonce_twice", "nonce", "[=N]: another nonce before the right "
        "one")
def _(a):
    a.extensions.append(der.extension(answers.NONCE,
                                      der.octets(b"\x5a" * 32)))


# --- whom it is about ------------------------------------------------------

_set("ocsp_serial", "cert_id", "[=N]: about another serial number",
     cert_id=lambda a: answers.identity_of(a.issuer, a.serial + 1))
_set("ocsp_issuer", "cert_id", "[=N]: about the same number of another "
     "issuer", cert_id=lambda a: answers.identity_of(
         pki.nvidia_root("foreign"), a.serial))


@_fault("ocsp_twice", "cert_id", "[=N]: twice about the certificate, good "
        "and revoked")
def _(a):
    good = a.said
    a.revoke()
    a.more.append(a.statement())
    a.said = good


@_fault("ocsp_more", "", "[=N]: about another certificate too")
def _(a):
    a.more.append(a.statement(answers.identity_of(a.issuer, a.serial + 1)))


# --- who signed it ---------------------------------------------------------


def _by(name, breaks, doc, make, by_key=True):
    @_fault(name, breaks, doc)
    def _(a):
        a.by = make(a)
        a.certs = [a.by]
        a.by_key = by_key


_set("ocsp_signature", "signature", "[=N]: signed by a key of nobody",
     key=lambda a: keys.p384("nobody"))
_set("ocsp_no_signer", "signer", "[=N]: without its signer's certificate",
     certs=lambda a: [])
_by("ocsp_by_issuer", "", "[=N]: signed by the issuer itself",
    lambda a: a.issuer)
_by("ocsp_by_name", "", "[=N]: its signer is named, not its key",
    lambda a: a.by, by_key=False)
_by("ocsp_foreign", "signer", "[=N]: its signer is certified by a foreign "
    "issuer of the same name",
    lambda a: answers.delegate(a.issuer, signer=pki.nvidia_root("foreign")))
_by("ocsp_sibling", "signer", "[=N]: its signer is certified by another "
    "issuer of NVIDIA's", lambda a: answers.delegate(
        pki.nvidia_root() if a.kind != "chip"
        else pki.nvidia_cas("HOPPER")[1]))
_by("ocsp_no_usage", "signer", "[=N]: its signer is not certified for "
    "signing answers", lambda a: answers.delegate(a.issuer, usage=None))
_by("ocsp_other_usage", "signer", "[=N]: its signer is certified for TLS",
    lambda a: answers.delegate(a.issuer, usage="1.3.6.1.5.5.7.3.1"))
_by("ocsp_signer_expired", "signer", "[=N]: its signer's certificate has "
    "expired", lambda a: answers.delegate(a.issuer, first=a.now - 7200,
                                          last=a.now - 3600))
_by("ocsp_signer_future", "signer", "[=N]: its signer's certificate is not "
    "yet valid", lambda a: answers.delegate(a.issuer, first=a.now + 3600))

_by("ocsp_signer_ca", "signer", "[=N]: its signer is a CA as well",
    lambda a: answers.delegate(
        a.issuer, bits=(der.DIGITAL_SIGNATURE, der.CERT_SIGN),
        more=[der.basic_constraints(True)]))
_by("ocsp_signer_bits", "signer", "[=N]: its signer's key is not one for "
    "signatures", lambda a: answers.delegate(a.issuer, bits=(der.CRL_SIGN,)))
_by("ocsp_signer_critical", "signer", "[=N]: its signer's certificate has a "
    "critical extension that nobody knows", lambda a: answers.delegate(
        a.issuer, more=[der.extension(STRANGE, der.NULL, True)]))
_set("ocsp_sha1", "signature", "[=N]: signed over a SHA-1", sha1=True)

# --- its form --------------------------------------------------------------

_set("ocsp_single_critical", "form", "[=N]: a critical extension that nobody "
     "knows, of the statement",
     single=[der.extension(STRANGE, der.NULL, True)])


@_fault("ocsp_critical", "form", "[=N]: a critical extension that nobody "
        "knows")
def _(a):
    a.extensions.append(der.extension(STRANGE, der.NULL, True))


_set("ocsp_type", "form", "[=N]: an answer of another type",
     type="1.3.6.1.5.5.7.48.1.4")


@_fault("ocsp_ber", "form", "[=N]: what is in it has no length of its own, "
        "which DER forbids")
def _(a):
    def endless(b):
        head = 2 + (b[1] & 0x7f if b[1] & 0x80 else 0)
        return b[:1] + b"\x80" + b[head:] + b"\0\0"
    a.within.append(endless)


def _after(name, doc, change):
    @_fault(name, "form", doc)
    def _(a):
        a.after.append(change)


_after("ocsp_garbage", "[=N]: zeros", lambda b: bytes(len(b)))
_after("ocsp_cut", "[=N]: one byte less", lambda b: b[:-1])
_after("ocsp_trailing", "[=N]: a byte behind it", lambda b: b + b"\0")
_after("ocsp_large", "[=N]: 17 kB", lambda b: b + bytes(17 * 1024))
