"""Drives the vendor part of driver from Python; keys of its own."""

import base64
import datetime
import json
import os
import struct
import subprocess
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.x509.oid import NameOID

import tap
from tap import ok


DRIVER = os.path.join(os.environ.get("CORE_DIR", "build/core"), "driver")
EVIDENCE = os.environ.get("IOATTEST_EVIDENCE", "../shared/evidence")


def all_ok(bad, tried, name):
    """One check over many: bad holds what failed, nothing tried fails."""
    ok(not bad and tried > 0, "%s (%d)" % (name, tried),
       "%d failed, first: %s" % (len(bad), bad[0] if bad else "none tried"))


def done():
    raise SystemExit(tap.done())


def evidence(path):
    """A file's bytes, or None where there is none."""
    try:
        with open(os.path.join(EVIDENCE, path), "rb") as f:
            return f.read()
    except OSError:
        return None


def run(records):
    """records: (kind, [bytes]).  Returns one list of words for each."""
    with tempfile.TemporaryFile() as f:
        for kind, fields in records:
            f.write(struct.pack("<cB", kind.encode(), len(fields)))
            for data in fields:
                f.write(struct.pack("<I", len(data)) + data)
        f.seek(0)
        p = subprocess.run([DRIVER, "vendor"], stdin=f,
                           stdout=subprocess.PIPE, check=False)
    if p.returncode != 0:
        raise SystemExit("driver vendor ended with %d" % (p.returncode))
    lines = p.stdout.decode().split("\n")[:-1]
    if len(lines) != len(records):
        raise SystemExit("%d lines for %d records" % (len(lines),
                                                      len(records)))
    return [line.split() for line in lines]


def compact(obj):
    return json.dumps(obj, separators=(",", ":")).encode()


def when(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


def rfc3339(seconds):
    return when(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


def raw_sign(key, data, hash_):
    """r || s, each as long as the curve's coordinates."""
    n = (key.curve.key_size + 7) // 8
    r, s = utils.decode_dss_signature(key.sign(data, ec.ECDSA(hash_)))
    return r.to_bytes(n, "big") + s.to_bytes(n, "big")


def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])


class Cert:
    """A certificate with its key, signed by issuer or by itself."""

    def __init__(self, cn, issuer=None, ca=False, start=0, end=0,
                 curve=None):
        self.key = ec.generate_private_key(curve or ec.SECP256R1())
        self.cn = cn
        signer = issuer or self
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment",
             "data_encipherment", "key_agreement", "key_cert_sign",
             "crl_sign", "encipher_only", "decipher_only"), False)
        if ca:
            usage["key_cert_sign"] = usage["crl_sign"] = True
        else:
            usage["digital_signature"] = True
        self.cert = (
            x509.CertificateBuilder()
            .subject_name(name(cn)).issuer_name(name(signer.cn))
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(when(start)).not_valid_after(when(end))
            .add_extension(x509.BasicConstraints(ca, None), True)
            .add_extension(x509.KeyUsage(**usage), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(
                self.key.public_key()), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    signer.key.public_key()), False)
            .sign(signer.key, hashes.SHA256()))
        self.pem = self.cert.public_bytes(serialization.Encoding.PEM)
        self.der = self.cert.public_bytes(serialization.Encoding.DER)

    def crl(self, start, end, revoked=()):
        b = (x509.CertificateRevocationListBuilder()
             .issuer_name(name(self.cn)).last_update(when(start))
             .next_update(when(end))
             .add_extension(
                 x509.AuthorityKeyIdentifier.from_issuer_public_key(
                     self.key.public_key()), False)
             .add_extension(x509.CRLNumber(1), False))
        for cert in revoked:
            b = b.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(cert.cert.serial_number)
                .revocation_date(when(start)).build())
        return b.sign(self.key, hashes.SHA256()).public_bytes(
            serialization.Encoding.DER)


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
