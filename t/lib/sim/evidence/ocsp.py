"""NVIDIA's OCSP responder, for the certificates of the test GPUs: reads a
request of one certificate and says how that is (RFC 6960)."""
import hashlib
import time

from api import wire
from evidence import der, keys, pki

PATH = "/ocsp"
BASIC = "1.3.6.1.5.5.7.48.1.1"
NONCE = "1.3.6.1.5.5.7.48.1.2"
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
SHA1 = der.seq(der.oid("1.3.14.3.2.26"), der.NULL)
LIFE = 6 * 3600
KINDS = ("device", "provisioner", "chip")       # certificates 1, 2 and 3
HOLD = 6                                        # a CRLReason


class Bad(Exception):
    pass


def take(data):
    """(tag, content, what follows) of one element."""
    try:
        tag, size, at = data[0], data[1], 2
        if size & 0x80:
            at += size & 0x7f
            size = int.from_bytes(data[2:at], "big")
        if len(data) < at + size:
            raise Bad("end")
        return tag, data[at:at + size], data[at + size:]
    except IndexError:
        raise Bad("end") from None


def inside(data, *path):
    """The content found by taking the nth element of each level."""
    for n in path:
        for _ in range(n):
            _, _, data = take(data)
        _, data, _ = take(data)
    return data


def read_request(data):
    """(CertID's DER, name's hash, key's hash, serial, nonce or None)"""
    tag, outer, rest = take(data)
    if tag != 0x30 or rest:
        raise Bad("form")
    _, tbs, _ = take(outer)
    tag, requests, more = take(tbs)
    if tag != 0x30:
        raise Bad("list")
    _, one, others = take(requests)
    if others:
        raise Bad("more than one certificate")
    _, cert_id, _ = take(one)
    _, _, parts = take(cert_id)         # the hash's name
    nonce = None
    if more:
        extensions = inside(more, 0, 0)
        while extensions:
            _, extension, extensions = take(extensions)
            _, name, value = take(extension)
            if der.oid(NONCE)[2:] == name:
                nonce = inside(inside(value, 0), 0)
    return (der.seq(cert_id), inside(parts, 0), inside(parts, 1),
            int.from_bytes(inside(parts, 2), "big"), nonce)


def issuers(world=""):
    """[(kind of what it issues, its certificate)]"""
    out = []
    for arch in ("HOPPER", "BLACKWELL"):
        ica, identity, root = pki.nvidia_cas(arch, world)
        out += [("device", ica), ("provisioner", identity), ("chip", root)]
    return out


def identity_of(issuer, serial):
    """CertID of a certificate."""
    return der.seq(SHA1, der.octets(hashlib.sha1(issuer.subject).digest()),
                   der.octets(issuer.key.identifier), der.integer(serial))


def delegate(issuer, signer=None, first=None, last=None, usage=OCSP_SIGNING,
             critical=True, bits=(der.DIGITAL_SIGNATURE,), more=()):
    """Certificate of a key that signs answers for this issuer."""
    key = keys.p384("nvidia ocsp responder")
    now = int(time.time())
    extensions = [der.key_usage(*bits), *more,
                  der.subject_key_id(key),
                  der.authority_key_id(issuer.key),
                  der.extension("1.3.6.1.5.5.7.48.1.5", der.NULL)]
    if usage is not None:
        extensions.append(der.extension("2.5.29.37", der.seq(der.oid(usage)),
                                        critical))
    return der.certificate(
        der.name(("CN", "NVIDIA OCSP Responder"), ("O", "NVIDIA")), key,
        issuer.subject, (signer or issuer).key, der.serial_for("ocsp", 16),
        now - 86400 if first is None else first,
        now + 86400 if last is None else last, extensions)


def when(seconds):
    return der.tlv(24, time.strftime("%Y%m%d%H%M%SZ",
                                     time.gmtime(seconds)).encode())


class Answer:
    """What the responder will say, before it is signed."""

    def __init__(self, kind, issuer, cert_id, serial, nonce, now):
        self.kind = kind
        self.issuer = issuer
        self.cert_id = cert_id
        self.serial = serial
        self.nonce = nonce
        self.now = now
        self.status = 0                 # of the response: successful
        self.said = der.ctx_raw(0, b"")         # good
        self.this = now - 60
        self.next = now + LIFE
        self.by = delegate(issuer)
        self.certs = [self.by]
        self.by_key = True
        self.key = None                 # None: that of by
        self.type = BASIC
        self.more = []                  # further statements
        self.single = []                # extensions of the statement
        self.sha1 = False
        self.extensions = []
        self.within = []                # functions over the DER of what is in it
        self.after = []                 # and over all of it

    def revoke(self, reason=None, days=3):
        parts = [when(self.now - days * 86400)]
        if reason is not None:
            parts.append(der.ctx(0, der.enumerated(reason)))
        self.said = der.ctx(1, *parts)

    def unknown(self):
        self.said = der.ctx_raw(2, b"")

    def statement(self, cert_id=None):
        parts = [cert_id or self.cert_id, self.said, when(self.this)]
        if self.next is not None:
            parts.append(der.ctx(0, when(self.next)))
        if self.single:
            parts.append(der.ctx(1, der.seq(*self.single)))
        return der.seq(*parts)

    def data(self):
        extensions = list(self.extensions)
        if self.nonce is not None:
            extensions.append(der.extension(NONCE, der.octets(self.nonce)))
        who = (der.ctx(2, der.octets(self.by.key.identifier)) if self.by_key
               else der.ctx(1, self.by.subject))
        parts = [who, when(self.now),
                 der.seq(self.statement(), *self.more)]
        if extensions:
            parts.append(der.ctx(1, der.seq(*extensions)))
        return der.seq(*parts)

    def body(self):
        if self.status:
            out = der.seq(der.enumerated(self.status))
        else:
            key = self.key or self.by.key
            data = self.data()
            algorithm, signature = (
                key.sign_sha1(data) if self.sha1
                else (key.algorithm, key.sign(data)))
            basic = [data, algorithm, der.bits(signature)]
            if self.certs:
                basic.append(der.ctx(0, der.seq(*(c.der
                                                  for c in self.certs))))
            inner = der.seq(*basic)
            for change in self.within:
                inner = change(inner)
            out = der.seq(der.enumerated(0), der.ctx(0, der.seq(
                der.oid(self.type), der.octets(inner))))
        for change in self.after:
            out = change(out)
        return out


def serve(body, run, now=None):
    """A reply.  run: applies misbehaviour."""
    now = int(time.time()) if now is None else now
    headers = [["content-type", "application/ocsp-response"]]
    try:
        cert_id, name, key, serial, nonce = read_request(body)
    except Bad:
        return wire.Reply(200, headers, [der.seq(der.enumerated(1))])
    for kind, issuer in issuers():
        if (hashlib.sha1(issuer.subject).digest() == name
                and issuer.key.identifier == key):
            answer = Answer(kind, issuer, cert_id, serial, nonce, now)
            run(answer)
            return wire.Reply(200, headers, [answer.body()])
    return wire.Reply(200, headers, [der.seq(der.enumerated(6))])
