"""Keys of the test hardware, made from phrases: anyone can make them again,
so nothing that they sign is worth anything outside these tests.
"""
import ctypes
import ctypes.util
import functools
import hashlib
import hmac

from evidence import der


def _libcrypto():
    """OpenSSL's arithmetic, or None where it is not found."""
    try:
        lib = ctypes.CDLL(ctypes.util.find_library("crypto"))
        for name, args in (("BN_new", 0), ("BN_CTX_new", 0),
                           ("BN_bin2bn", 3), ("BN_mod_exp", 5),
                           ("BN_bn2binpad", 3), ("BN_free", 1),
                           ("BN_CTX_free", 1)):
            getattr(lib, name).argtypes = [ctypes.c_void_p] * args
            getattr(lib, name).restype = ctypes.c_void_p
        lib.BN_bin2bn.argtypes = [ctypes.c_char_p, ctypes.c_int,
                                  ctypes.c_void_p]
        lib.BN_bn2binpad.argtypes = [ctypes.c_void_p, ctypes.c_char_p,
                                     ctypes.c_int]
        lib.BN_mod_exp.restype = lib.BN_bn2binpad.restype = ctypes.c_int
        return lib
    except (OSError, TypeError, AttributeError):
        return None


_LIB = _libcrypto()


def power(base, exponent, modulus):
    """base ** exponent % modulus.  With 2048 bits Python takes fifty
    milliseconds for it and OpenSSL two, and a file of tests asks for
    hundreds of signatures."""
    if _LIB is None:
        return pow(base, exponent, modulus)
    size = (modulus.bit_length() + 7) // 8
    ctx, out, values = _LIB.BN_CTX_new(), _LIB.BN_new(), []
    try:
        for value in (base % modulus, exponent, modulus):
            raw = value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")
            values.append(_LIB.BN_bin2bn(raw, len(raw), None))
        text = ctypes.create_string_buffer(size)
        if (_LIB.BN_mod_exp(out, *values, ctx) != 1
                or _LIB.BN_bn2binpad(out, text, size) != size):
            raise ArithmeticError("BN_mod_exp")
        return int.from_bytes(text.raw, "big")
    finally:
        for number in (*values, out):
            _LIB.BN_free(number)
        _LIB.BN_CTX_free(ctx)

# How far the primes lie behind the numbers that their phrases give: searching
# for them takes seconds each.  p and q of "ioattest sim rsa NAME".
RSA = {
    "ark Milan": (19, 398),
    "ask Milan": (197, 1556),
    "asvk Milan": (2404, 176),
    "ark Genoa": (1280, 189),
    "ask Genoa": (167, 186),
    "asvk Genoa": (518, 97),
    "ark Turin": (761, 367),
    "ask Turin": (76, 129),
    "asvk Turin": (139, 106),
    "foreign ark Milan": (2486, 122),
    "foreign ask Milan": (827, 176),
}


class EcKey:
    """A P-256 or P-384 key, which signs deterministically (RFC 6979)."""

    def __init__(self, phrase, bits=256):
        from cryptography.hazmat.primitives.asymmetric import ec
        self._curve, self._n, oid, self._hash = {
            256: (ec.SECP256R1(), P256_ORDER, "1.2.840.10045.3.1.7",
                  "sha256"),
            384: (ec.SECP384R1(), P384_ORDER, "1.3.132.0.34",
                  "sha384")}[bits]
        self.size = bits // 8
        seed = hashlib.sha512(b"ioattest sim ec " + phrase.encode()).digest()
        self._d = int.from_bytes(seed, "big") % (self._n - 1) + 1
        x, y = self._times_g(self._d)
        self.xy = self._bytes(x) + self._bytes(y)
        self.public_der = der.seq(
            der.seq(der.oid("1.2.840.10045.2.1"), der.oid(oid)),
            der.bits(b"\x04" + self.xy))
        self.identifier = hashlib.sha1(b"\x04" + self.xy).digest()
        self.algorithm = der.seq(der.oid(
            "1.2.840.10045.4.3." + ("2" if bits == 256 else "3")))

    def _bytes(self, value):
        return value.to_bytes(self.size, "big")

    def _times_g(self, k):
        """k * G, as the public half of a private key k."""
        from cryptography.hazmat.primitives.asymmetric import ec
        numbers = ec.derive_private_key(
            k, self._curve).public_key().public_numbers()
        return numbers.x, numbers.y

    def _nonce(self, digest):
        """k of RFC 6979 3.2; the hash is as long as the order."""
        z = self._bytes(int.from_bytes(digest, "big") % self._n)
        seed = self._bytes(self._d) + z
        v, key = b"\x01" * len(digest), bytes(len(digest))
        for mark in (b"\0", b"\1"):
            key = hmac.digest(key, v + mark + seed, self._hash)
            v = hmac.digest(key, v, self._hash)
        while True:
            v = hmac.digest(key, v, self._hash)
            k = int.from_bytes(v, "big")
            if 0 < k < self._n:
                return k
            key = hmac.digest(key, v + b"\0", self._hash)
            v = hmac.digest(key, v, self._hash)

    def _sign(self, data):
        digest = hashlib.new(self._hash, data).digest()
        k = self._nonce(digest)
        r = self._times_g(k)[0] % self._n
        z = int.from_bytes(digest, "big")
        return r, pow(k, -1, self._n) * (z + r * self._d) % self._n

    def sign(self, data):
        """DER signature, SHA-256 for P-256 and SHA-384 for P-384."""
        r, s = self._sign(data)
        return der.seq(der.integer(r), der.integer(s))

    def sign_sha1(self, data):
        """(algorithm, signature) with a hash that nobody should take."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        key = ec.derive_private_key(self._d, self._curve)
        return (der.seq(der.oid("1.2.840.10045.4.1")),
                key.sign(data, ec.ECDSA(hashes.SHA1())))

    def sign_raw(self, data):
        """r || s, big-endian, each as long as the curve."""
        r, s = self._sign(data)
        return self._bytes(r) + self._bytes(s)


P256_ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2"
                 "fc632551", 16)
P384_ORDER = int("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81"
                 "f4372ddf581a0db248b0a77aecec196accc52973", 16)


class RsaKey:
    """An RSA-4096 key that signs as AMD's do: PSS, SHA-384, 48 bytes of
    salt (fixed here)."""

    E = 65537
    SIZE = 512
    HASH = 48

    def __init__(self, phrase):
        p_offset, q_offset = RSA[phrase]
        self.p = _candidate(f"ioattest sim rsa {phrase} p") + 2 * p_offset
        self.q = _candidate(f"ioattest sim rsa {phrase} q") + 2 * q_offset
        self.n = self.p * self.q
        self._dp = pow(self.E, -1, self.p - 1)
        self._dq = pow(self.E, -1, self.q - 1)
        self._qi = pow(self.q, -1, self.p)
        pair = der.seq(der.integer(self.n), der.integer(self.E))
        self.public_der = der.seq(
            der.seq(der.oid("1.2.840.113549.1.1.1"), der.NULL),
            der.bits(pair))
        self.identifier = hashlib.sha1(pair).digest()
        sha = der.seq(der.oid("2.16.840.1.101.3.4.2.2"), der.NULL)
        self.algorithm = der.seq(der.oid("1.2.840.113549.1.1.10"), der.seq(
            der.ctx(0, sha),
            der.ctx(1, der.seq(der.oid("1.2.840.113549.1.1.8"), sha)),
            der.ctx(2, der.integer(self.HASH)),
            der.ctx(3, der.integer(1))))

    def sign(self, data):
        """RSASSA-PSS (RFC 8017 8.1.1, 9.1.1)."""
        digest = hashlib.sha384(data).digest()
        salt = hashlib.sha384(b"salt " + digest).digest()
        h = hashlib.sha384(bytes(8) + digest + salt).digest()
        block = bytes(self.SIZE - 2 * self.HASH - 2) + b"\x01" + salt
        masked = bytearray(a ^ b for a, b in zip(
            block, _mgf1(h, len(block))))
        masked[0] &= 0x7f
        return self._power(bytes(masked) + h + b"\xbc")

    def _power(self, block):
        m = int.from_bytes(block, "big")
        at_p = power(m, self._dp, self.p)
        at_q = power(m, self._dq, self.q)
        s = at_q + (at_p - at_q) * self._qi % self.p * self.q
        return s.to_bytes(self.SIZE, "big")


def _candidate(phrase):
    """An odd number of 2048 bits, the two highest of them set."""
    raw = b"".join(hashlib.sha512(b"%s %d" % (phrase.encode(), i)).digest()
                   for i in range(4))
    return int.from_bytes(raw, "big") | 3 << 2046 | 1


def _mgf1(seed, size):
    out = b""
    for i in range(-(-size // 48)):
        out += hashlib.sha384(seed + i.to_bytes(4, "big")).digest()
    return out[:size]


@functools.lru_cache(maxsize=None)
def p256(phrase):
    return EcKey(phrase, 256)


@functools.lru_cache(maxsize=None)
def p384(phrase):
    return EcKey(phrase, 384)


@functools.lru_cache(maxsize=None)
def rsa(phrase):
    return RsaKey(phrase)
