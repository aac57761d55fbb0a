"""A second reading of OCSP answers about the certificates of a GPU: names of
the checks that fail, as appraise.py does for evidence.
"""
import base64
import datetime
import os

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from check import appraise

AHEAD = datetime.timedelta(minutes=5)
LIFE = datetime.timedelta(hours=1)
LARGEST = 16 * 1024
KNOWN = (ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE,
         ExtensionOID.EXTENDED_KEY_USAGE)


def request(cert, issuer, nonce):
    return ocsp.OCSPRequestBuilder().add_certificate(
        cert, issuer, hashes.SHA1()).add_extension(
            x509.OCSPNonce(nonce), False).build().public_bytes(Encoding.DER)


def _signed(key, signature, data, algorithm):
    if algorithm.digest_size < hashes.SHA256.digest_size:
        return False
    try:
        key.verify(signature, data, ec.ECDSA(algorithm))
        return True
    except InvalidSignature:
        return False


def _delegate(cert, issuer, now):
    """May this certificate's key sign in the issuer's place?"""
    if cert.issuer != issuer.subject or not _signed(
            issuer.public_key(), cert.signature, cert.tbs_certificate_bytes,
            cert.signature_hash_algorithm):
        return False
    if not cert.not_valid_before <= now <= cert.not_valid_after:
        return False
    found = {e.oid: e for e in cert.extensions}
    if any(e.critical and oid not in KNOWN for oid, e in found.items()):
        return False
    basic = found.get(ExtensionOID.BASIC_CONSTRAINTS)
    bits = found.get(ExtensionOID.KEY_USAGE)
    usage = found.get(ExtensionOID.EXTENDED_KEY_USAGE)
    return (usage is not None
            and ExtendedKeyUsageOID.OCSP_SIGNING in usage.value
            and not (basic and basic.value.ca)
            and (bits is None or bits.value.digital_signature))


def _signer(answer, issuer, now):
    """The key that must have signed, or None."""
    for cert in (issuer, *answer.certificates):
        identifier = x509.SubjectKeyIdentifier.from_public_key(
            cert.public_key()).digest
        if (answer.responder_key_hash == identifier
                or answer.responder_name == cert.subject):
            if cert == issuer or _delegate(cert, issuer, now):
                return cert.public_key()
            return None
    return None


def _statement(answer, cert, issuer):
    mine = ocsp.load_der_ocsp_request(request(cert, issuer, b""))
    found = [one for one in answer.responses
             if (one.serial_number, one.issuer_key_hash, one.issuer_name_hash)
             == (mine.serial_number, mine.issuer_key_hash,
                 mine.issuer_name_hash)]
    return found[0] if len(found) == 1 else None


def _status(one):
    if one.certificate_status == ocsp.OCSPCertStatus.GOOD:
        return None
    if one.certificate_status == ocsp.OCSPCertStatus.UNKNOWN:
        return "unknown"
    if one.revocation_reason == x509.ReasonFlags.certificate_hold:
        return "hold"
    return "revoked"


def _extensions(answer, nonce):
    try:
        found = answer.extensions
        if found.get_extension_for_class(x509.OCSPNonce).value.nonce != nonce:
            return "nonce"
    except x509.ExtensionNotFound:
        return "nonce"
    except (x509.DuplicateExtension, ValueError):
        return "nonce"
    if any(e.critical for e in found
           if not isinstance(e.value, x509.OCSPNonce)):
        return "form"
    return None


def judge(raw, cert, issuer, nonce):
    """The first check that fails, or None."""
    if len(raw) > LARGEST:
        return "form"
    now = datetime.datetime.utcnow()
    try:
        answer = ocsp.load_der_ocsp_response(raw)
        if answer.response_status != ocsp.OCSPResponseStatus.SUCCESSFUL:
            return "status"
        key = _signer(answer, issuer, now)
    except ValueError:
        return "form"
    if key is None:
        return "signer"
    if not _signed(key, answer.signature, answer.tbs_response_bytes,
                   answer.signature_hash_algorithm):
        return "signature"
    wrong = _extensions(answer, nonce)
    if wrong:
        return wrong
    one = _statement(answer, cert, issuer)
    if one is None:
        return "cert_id"
    if len(list(answer.responses)) == 1 and any(
            e.critical for e in answer.single_extensions):
        return "form"
    last = one.next_update or one.this_update + LIFE
    if one.this_update > now + AHEAD or last < now:
        return "dates"
    return _status(one)


def gpu(fetch, value):
    """Names of the checks that fail, over all GPUs of an agent's object."""
    failed = set()
    for item in value["evidence_list"]:
        certs = appraise.load(base64.b64decode(item["certificate"]))
        for i in (1, 2, 3):
            nonce = os.urandom(32)
            raw = fetch("/ocsp", request(certs[i], certs[i + 1], nonce))[2]
            failed.add(judge(raw, certs[i], certs[i + 1], nonce))
    return failed - {None}
