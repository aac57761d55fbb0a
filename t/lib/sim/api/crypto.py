"""Keccak-256, secp256k1 and EIP-191 in plain Python.

Written for the simulated API alone, and apart from the C code under test, so
that the two check each other.  Signing is deterministic (RFC 6979) with low s,
as eth_account does it.
"""
import hashlib
import hmac

# --- keccak-256 ------------------------------------------------------------

_MASK = (1 << 64) - 1
_RATE = 136


def _round_constants():
    """The 24 constants of keccak-f[1600], from its 8 bit shift register."""
    out, lfsr = [], 1
    for _ in range(24):
        value = 0
        for j in range(7):
            if lfsr & 1:
                value |= 1 << ((1 << j) - 1)
            lfsr <<= 1
            if lfsr & 0x100:
                lfsr ^= 0x171
        out.append(value)
    return out


def _make_permutation():
    """Write keccak-f out with one local per lane: several times faster than
    a loop over a list, and a signature needs two permutations."""
    rot = [[0] * 5 for _ in range(5)]
    x, y = 1, 0
    for t in range(24):
        rot[x][y] = (t + 1) * (t + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    lane = [[f"a{x}{y}" for y in range(5)] for x in range(5)]
    names = ",".join(lane[x][y] for y in range(5) for x in range(5))
    src = [f"def permute(state, M, RC):", f" {names} = state", " for rc in RC:"]
    for x in range(5):
        src.append(f"  c{x} = " + " ^ ".join(lane[x]))
    for x in range(5):
        r = f"c{(x + 1) % 5}"
        src.append(f"  d{x} = c{(x - 1) % 5} ^ (({r} << 1) & M | {r} >> 63)")
    for x in range(5):
        for y in range(5):
            n, to = rot[x][y], f"b{y}{(2 * x + 3 * y) % 5}"
            src.append(f"  t = {lane[x][y]} ^ d{x}")
            src.append(f"  {to} = (t << {n}) & M | t >> {64 - n}" if n
                       else f"  {to} = t")
    for x in range(5):
        for y in range(5):
            src.append(f"  {lane[x][y]} = b{x}{y} ^ "
                       f"(~b{(x + 1) % 5}{y} & M & b{(x + 2) % 5}{y})")
    src.append("  a00 ^= rc")
    src.append(f" return [{names}]")
    space = {}
    exec("\n".join(src), space)
    return space["permute"]


_RC = _round_constants()
_permute = _make_permutation()


def keccak256(data):
    padded = bytearray(data)
    padded.append(1)
    padded.extend(bytes(-len(padded) % _RATE))
    padded[-1] |= 0x80
    state = [0] * 25
    for at in range(0, len(padded), _RATE):
        for i in range(_RATE // 8):
            state[i] ^= int.from_bytes(
                padded[at + 8 * i:at + 8 * i + 8], "little")
        state = _permute(state, _MASK, _RC)
    return b"".join(v.to_bytes(8, "little") for v in state[:4])


# --- secp256k1 -------------------------------------------------------------

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def _double(p):
    x, y, z = p
    if not y or not z:
        return (0, 1, 0)
    yy = y * y % P
    s = 4 * x * yy % P
    m = 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return (x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P)


def _add_affine(p, q):
    """p (Jacobian) + q (affine)."""
    x1, y1, z1 = p
    if not z1:
        return (q[0], q[1], 1)
    zz = z1 * z1 % P
    h = (q[0] * zz - x1) % P
    r = (q[1] * zz % P * z1 - y1) % P
    if not h:
        return _double(p) if not r else (0, 1, 0)
    hh = h * h % P
    hhh = h * hh % P
    v = x1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return (x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P)


def _to_affine(points):
    """Affine forms of Jacobian points, none at infinity, by one inversion."""
    run, prefix = 1, []
    for p in points:
        prefix.append(run)
        run = run * p[2] % P
    inv = pow(run, -1, P)
    out = [None] * len(points)
    for i in range(len(points) - 1, -1, -1):
        x, y, z = points[i]
        zi = inv * prefix[i] % P
        inv = inv * z % P
        zz = zi * zi % P
        out[i] = (x * zz % P, y * zz % P * zi % P)
    return out


_WINDOW = 6
_DIGIT = 2**_WINDOW - 1
_table = []


def _build_table():
    """_table[w][d] = d * 2^(6w) * G, for every six-bit digit d of a scalar."""
    base = G
    for _ in range(-(-256 // _WINDOW)):
        row = [(base[0], base[1], 1)]
        for _ in range(_DIGIT):
            row.append(_add_affine(row[-1], base))
        row = _to_affine(row)
        base = row.pop()
        _table.append([None] + row)


def mul_g(k):
    """k * G in affine form; 0 < k < N."""
    if not _table:
        _build_table()
    acc = (0, 1, 0)
    for row in _table:
        d = k & _DIGIT
        k >>= _WINDOW
        if d:
            acc = _add_affine(acc, row[d])
    return _to_affine([acc])[0]


def _mul(k, point):
    acc = (0, 1, 0)
    for bit in bin(k)[2:]:
        acc = _double(acc)
        if bit == "1":
            acc = _add_affine(acc, point)
    return acc


def _rfc6979(key, digest):
    """Candidates for k (RFC 6979 3.2, HMAC-SHA-256)."""
    x = key.to_bytes(32, "big")
    h = (int.from_bytes(digest, "big") % N).to_bytes(32, "big")
    v, k = b"\x01" * 32, bytes(32)

    def mac(data):
        return hmac.digest(k, data, "sha256")

    k = mac(v + b"\x00" + x + h)
    v = mac(v)
    k = mac(v + b"\x01" + x + h)
    v = mac(v)
    while True:
        v = mac(v)
        yield int.from_bytes(v, "big")
        k = mac(v + b"\x00")
        v = mac(v)


def sign_digest(key, digest):
    """(r, s, recovery id), with low s."""
    z = int.from_bytes(digest, "big")
    for k in _rfc6979(key, digest):
        if not 0 < k < N:
            continue
        x, y = mul_g(k)
        r = x % N
        s = pow(k, -1, N) * (z + r * key) % N
        if not r or not s:
            continue
        recid = (y & 1) | (2 if x >= N else 0)
        if s > N // 2:
            s, recid = N - s, recid ^ 1
        return r, s, recid


def recover(digest, r, s, recid):
    """The public point of a signature, or None.  Low s is not asked here."""
    x = r + (N if recid & 2 else 0)
    if not (0 < r < N and 0 < s < N and x < P):
        return None
    yy = (x * x * x + 7) % P
    y = pow(yy, (P + 1) // 4, P)
    if y * y % P != yy:
        return None
    if y & 1 != recid & 1:
        y = P - y
    ri = pow(r, -1, N)
    z = int.from_bytes(digest, "big")
    acc = _mul(s * ri % N, (x, y))
    minus = -z * ri % N
    if minus:
        acc = _add_affine(acc, mul_g(minus))
    return _to_affine([acc])[0] if acc[2] else None


# --- accounts and messages -------------------------------------------------


def checksum_address(raw20):
    """EIP-55 form."""
    low = raw20.hex()
    digest = keccak256(low.encode()).hex()
    return "0x" + "".join(
        c.upper() if int(d, 16) >= 8 else c for c, d in zip(low, digest))


def point_address(point):
    xy = point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")
    return checksum_address(keccak256(xy)[12:])


def eip191_digest(text):
    return keccak256(
        b"\x19Ethereum Signed Message:\n%d" % len(text) + text)


def pack(r, s, v):
    """130 lower-case hex digits r || s || v, as the agent sends them."""
    return (r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])).hex()


def sign_text(key, text):
    """personal_sign of text (bytes) with key (an integer)."""
    r, s, recid = sign_digest(key, eip191_digest(text))
    return pack(r, s, 27 + recid)


def recover_text(text, signature):
    """Address that signed; None where it is not the one strict form (65
    bytes, an optional 0x, v 27/28 or 0/1, low s)."""
    if signature[:2] == "0x":
        signature = signature[2:]
    if len(signature) != 130 or not set(signature) <= set(
            "0123456789abcdefABCDEF"):
        return None
    raw = bytes.fromhex(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big")
    v = raw[64] - 27 if raw[64] >= 27 else raw[64]
    if v not in (0, 1) or s > N // 2:
        return None
    point = recover(eip191_digest(text), r, s, v)
    return point_address(point) if point else None


class Account:
    """A key made from a phrase, for tests only."""

    def __init__(self, phrase=None, key_hex=None):
        self.key_hex = key_hex or hashlib.sha256(phrase.encode()).hexdigest()
        self.key = int(self.key_hex, 16)
        self.address = point_address(mul_g(self.key))

    def sign(self, text):
        return sign_text(self.key, text)
