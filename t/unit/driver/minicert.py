"""X.509 by hand: certificates and CRLs as tests want them, wrong ones too."""

import base64
import hashlib
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        head = bytes([n])
    else:
        size = n.to_bytes((n.bit_length() + 7) // 8, "big")
        head = bytes([128 | len(size)]) + size
    return bytes([tag]) + head + body


def seq(*parts):
    return tlv(0x30, *parts)


def integer(n):
    return tlv(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = bytearray()
    for a in [arcs[0] * 40 + arcs[1]] + arcs[2:]:
        piece = [a & 127]
        while a > 127:
            a >>= 7
            piece.append(128 | a & 127)
        out += bytes(reversed(piece))
    return tlv(0x06, bytes(out))


def octets(data):
    return tlv(0x04, data)


def bits(data):
    return tlv(0x03, b"\0" + data)


def name(cn):
    return seq(tlv(0x31, seq(oid("2.5.4.10"), tlv(0x0c, b"Test"))),
               tlv(0x31, seq(oid("2.5.4.3"), tlv(0x0c, cn.encode()))))


def when(t):
    g = time.gmtime(t)
    if g.tm_year < 2050:
        return tlv(0x17, time.strftime("%y%m%d%H%M%SZ", g).encode())
    return tlv(0x18, time.strftime("%Y%m%d%H%M%SZ", g).encode())


SHA384 = seq(oid("2.16.840.1.101.3.4.2.2"), tlv(0x05))
PSS = seq(oid("1.2.840.113549.1.1.10"),
          seq(tlv(0xa0, SHA384),
              tlv(0xa1, seq(oid("1.2.840.113549.1.1.8"), SHA384)),
              tlv(0xa2, integer(48))))
ECDSA_SHA384 = seq(oid("1.2.840.10045.4.3.3"))


def spki(key):
    return key.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(key):
    return hashlib.sha1(spki(key)).digest()


def algorithm(key):
    return PSS if isinstance(key, rsa.RSAPrivateKey) else ECDSA_SHA384


def sign(key, data):
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PSS(padding.MGF1(hashes.SHA384()), 48),
                        hashes.SHA384())
    return key.sign(data, ec.ECDSA(hashes.SHA384()))


def extension(number, value, critical=False):
    return seq(oid(number), tlv(0x01, b"\xff") if critical else b"",
               octets(value))


def extensions_ca(key, issuer):
    return [extension("2.5.29.19", seq(tlv(0x01, b"\xff")), True),
            extension("2.5.29.15", tlv(0x03, b"\x01\x06"), True),
            extension("2.5.29.14", octets(key_id(key))),
            extension("2.5.29.35", seq(tlv(0x80, key_id(issuer))))]


def extensions_leaf(key, issuer):
    return [extension("2.5.29.15", tlv(0x03, b"\x07\x80"), True),
            extension("2.5.29.14", octets(key_id(key))),
            extension("2.5.29.35", seq(tlv(0x80, key_id(issuer))))]


def signed(tbs, key):
    return seq(tbs, algorithm(key), bits(sign(key, tbs)))


def cert(subject, key, issuer, issuer_key, exts, serial=1, start=1600000000,
         end=2500000000):
    """subject and issuer are common names, keys private ones."""
    return signed(seq(
        tlv(0xa0, integer(2)), integer(serial), algorithm(issuer_key),
        name(issuer), seq(when(start), when(end)), name(subject), spki(key),
        tlv(0xa3, seq(*exts))), issuer_key)


def crl(issuer, issuer_key, serials, start, end):
    revoked = [seq(integer(s), when(start)) for s in serials]
    return signed(seq(
        integer(1), algorithm(issuer_key), name(issuer), when(start),
        when(end), seq(*revoked) if revoked else b"",
        tlv(0xa0, seq(extension("2.5.29.35",
                                seq(tlv(0x80, key_id(issuer_key)))),
                      extension("2.5.29.20", integer(1))))), issuer_key)


def pem(der):
    text = base64.b64encode(der).decode()
    return ("-----BEGIN CERTIFICATE-----\n" + "\n".join(
        text[i:i + 64] for i in range(0, len(text), 64))
        + "\n-----END CERTIFICATE-----\n").encode()


def p384():
    return ec.generate_private_key(ec.SECP384R1())


def p256():
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key():
    return rsa.generate_private_key(65537, 2048)


def raw_signature(key, data):
    """ECDSA with SHA-384 as (r, s)."""
    from cryptography.hazmat.primitives.asymmetric.utils import (
        decode_dss_signature)
    return decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA384())))
