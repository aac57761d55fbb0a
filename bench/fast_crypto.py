"""The simulation's signatures, made by libsecp256k1 and libnettle.

The simulation signs in plain Python, 2 ms each, which is independent of the
code under test and enough for t/.  A million signatures need libraries.  They
are held to the plain ones before they are used; where they are not there the
plain ones stay, and all is slower.
"""
import ctypes
import ctypes.util
import struct

RATE = 136
RECOVERABLE_FLAGS = 1 | 1 << 9


def library(name):
    path = ctypes.util.find_library(name)
    if path is None:
        raise OSError(f"no lib{name}")
    return ctypes.CDLL(path)


def make_keccak():
    nettle = library("nettle")
    state_type = ctypes.c_uint64 * 25
    permute = nettle.nettle_sha3_permute

    def keccak256(data):
        padded = bytearray(data)
        padded.append(1)
        padded.extend(bytes(-len(padded) % RATE))
        padded[-1] |= 0x80
        state = state_type()
        for at in range(0, len(padded), RATE):
            for i, word in enumerate(struct.unpack_from("<17Q", padded, at)):
                state[i] ^= word
            permute(state)
        return bytes(state)[:32]
    return keccak256


def make_sign(keccak256):
    secp = library("secp256k1")
    secp.secp256k1_context_create.restype = ctypes.c_void_p
    context = ctypes.c_void_p(secp.secp256k1_context_create(
        ctypes.c_uint(RECOVERABLE_FLAGS)))

    def sign_text(key, text):
        digest = keccak256(
            b"\x19Ethereum Signed Message:\n%d" % len(text) + text)
        signature = ctypes.create_string_buffer(65)
        out = ctypes.create_string_buffer(64)
        recid = ctypes.c_int()
        secp.secp256k1_ecdsa_sign_recoverable(
            context, signature, digest, key.to_bytes(32, "big"), None, None)
        secp.secp256k1_ecdsa_recoverable_signature_serialize_compact(
            context, out, ctypes.byref(recid), signature)
        return out.raw.hex() + "%02x" % (27 + recid.value)
    return sign_text


def install(crypto):
    """Puts them into the simulation's module; False where they are not to be
    had."""
    try:
        keccak256 = make_keccak()
        sign_text = make_sign(keccak256)
        for n in (0, 1, 129, 135, 136, 137, 500):
            text = bytes(i * 7 % 256 for i in range(n))
            if keccak256(text) != crypto.keccak256(text) \
                    or sign_text(n + 5, text) != crypto.sign_text(n + 5, text):
                return False
    except (OSError, AttributeError):
        return False
    crypto.keccak256, crypto.sign_text = keccak256, sign_text
    return True
