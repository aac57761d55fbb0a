"""DER in the little that test evidence needs: values, X.509 certificates and
certificate revocation lists, also such as no proper tool would write.
"""
import base64
import calendar
import functools
import hashlib
import time


def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *parts)


def ctx(n, *parts):
    """[n] with other values in it."""
    return tlv(0xa0 | n, *parts)


def ctx_raw(n, raw):
    """[n] IMPLICIT over a primitive value."""
    return tlv(0x80 | n, raw)


def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def bits(raw, unused=0):
    return tlv(3, bytes([unused]), raw)


def octets(raw):
    return tlv(4, raw)


def enumerated(value):
    return tlv(10, bytes([value]))


def boolean(value):
    return tlv(1, b"\xff" if value else b"\0")


NULL = tlv(5)


def utf8(text):
    return tlv(12, text.encode())


def printable(text):
    return tlv(19, text.encode())


def ia5(text):
    return tlv(22, text.encode())


def oid(dotted):
    numbers = [int(n) for n in dotted.split(".")]
    numbers[:2] = [numbers[0] * 40 + numbers[1]]
    out = b""
    for n in numbers:
        part = [n & 0x7f]
        while n > 0x7f:
            n >>= 7
            part.append(0x80 | n & 0x7f)
        out += bytes(reversed(part))
    return tlv(6, out)


def when(seconds):
    """UTCTime up to 2049, GeneralizedTime from then on (RFC 5280)."""
    t = time.gmtime(seconds)
    if t.tm_year < 2050:
        return tlv(23, time.strftime("%y%m%d%H%M%SZ", t).encode())
    return tlv(24, b"%04d" % t.tm_year
               + time.strftime("%m%d%H%M%SZ", t).encode())


def date(year, month=1, day=1, hour=0, minute=0, second=0):
    return calendar.timegm((year, month, day, hour, minute, second))


FOREVER = date(9999, 12, 31, 23, 59, 59)


# --- names and extensions --------------------------------------------------

ATTRIBUTES = {"CN": "2.5.4.3", "serialNumber": "2.5.4.5", "C": "2.5.4.6",
              "L": "2.5.4.7", "ST": "2.5.4.8", "O": "2.5.4.10",
              "OU": "2.5.4.11"}


def name(*pairs):
    """name(("CN", "x"), ("O", "y")), in this order."""
    return seq(*(set_of(seq(oid(ATTRIBUTES[k]), printable(v)
                            if k in ("C", "serialNumber") else utf8(v)))
                 for k, v in pairs))


def extension(dotted, value, critical=False):
    return seq(oid(dotted), boolean(True) if critical else b"",
               octets(value))


def key_usage(*numbers):
    value = 0
    for n in numbers:
        value |= 0x80 >> n
    unused = 7 - max(numbers)
    return extension("2.5.29.15", bits(bytes([value]), unused), True)


DIGITAL_SIGNATURE, NON_REPUDIATION, CERT_SIGN, CRL_SIGN = 0, 1, 5, 6


def basic_constraints(ca, pathlen=None):
    inner = seq(boolean(True) if ca else b"",
                b"" if pathlen is None else integer(pathlen))
    return extension("2.5.29.19", inner, True)


def subject_key_id(key):
    return extension("2.5.29.14", octets(key.identifier))


def authority_key_id(key):
    return extension("2.5.29.35", seq(ctx_raw(0, key.identifier)))


def crl_points(url):
    return extension("2.5.29.31",
                     seq(seq(ctx(0, ctx(0, ctx_raw(6, url.encode()))))))


def ocsp_url(url):
    return extension("1.3.6.1.5.5.7.1.1", seq(seq(
        oid("1.3.6.1.5.5.7.48.1"), ctx_raw(6, url.encode()))))


# --- certificates and revocation lists -------------------------------------


class Cert:
    """A certificate: its DER, and what others need in order to refer to it."""

    def __init__(self, der, subject, key, serial):
        self.der = der
        self.subject = subject
        self.key = key
        self.serial = serial

    @functools.cached_property
    def pem(self):
        return pem(self.der)


def pem(der, label="CERTIFICATE"):
    text = base64.b64encode(der).decode()
    text = "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{text}\n-----END {label}-----\n".encode()


def serial_for(phrase, size=20):
    """A positive serial number of so many bytes."""
    raw = bytearray(hashlib.sha256(b"serial " + phrase.encode()).digest())
    raw[0] = raw[0] & 0x7f | 0x40
    return int.from_bytes(raw[:size], "big")


def certificate(subject, key, issuer, signer, serial, first, last, extensions):
    """issuer: a name; signer: the key that signs."""
    tbs = seq(ctx(0, integer(2)), integer(serial), signer.algorithm, issuer,
              seq(when(first), when(last)), subject, key.public_der,
              ctx(3, seq(*extensions)))
    der = seq(tbs, signer.algorithm, bits(signer.sign(tbs)))
    return Cert(der, subject, key, serial)


def revocation_list(issuer, signer, first, last, revoked=(), number=1,
                    key_id=True):
    """DER of a version 2 list; revoked: serial numbers."""
    entries = [seq(integer(serial), when(first),
                   seq(extension("2.5.29.21", enumerated(1))))
               for serial in revoked]
    extensions = [extension("2.5.29.20", integer(number))]
    if key_id:
        extensions.append(authority_key_id(signer))
    tbs = seq(integer(1), signer.algorithm, issuer, when(first), when(last),
              seq(*entries) if entries else b"", ctx(0, seq(*extensions)))
    return seq(tbs, signer.algorithm, bits(signer.sign(tbs)))
