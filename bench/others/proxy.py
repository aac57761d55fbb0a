#!/usr/bin/python3
"""A gateway in Python: an answer passes if it was signed by a known address.

  proxy.py PORT UPSTREAM ADDRESS ...

asyncio, by uvloop where it is there; libsecp256k1 by ctypes and Debian's
Cryptodome, the fastest that Debian has for either.  What is signed is the hash
of the answer's JSON as Python writes it without white space.  What does not
verify is a 502.  Says "ready" and what it uses.
"""
import asyncio
import ctypes
import ctypes.util
import hashlib
import json
import re
import sys

from Cryptodome.Hash import keccak

try:
    import uvloop
    LOOP = "uvloop"
except ImportError:
    uvloop, LOOP = None, "asyncio"

secp = ctypes.CDLL(ctypes.util.find_library("secp256k1"))
secp.secp256k1_context_create.restype = ctypes.c_void_p
context = ctypes.c_void_p(secp.secp256k1_context_create(0x101))
sig = ctypes.create_string_buffer(65)
key = ctypes.create_string_buffer(64)
point = ctypes.create_string_buffer(65)

SIGNED = (b"text", b"signature", b"signing_address", b"signing_algo",
          b"image_digest", b"content-type")
CANONICAL = json.JSONEncoder(separators=(",", ":")).encode
REFUSED = (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\n502")


def keccak256(data):
    return keccak.new(digest_bits=256, data=data).digest()


def signer(text, signature):
    digest = keccak256(b"\x19Ethereum Signed Message:\n%d%s"
                       % (len(text), text))
    v = signature[64] - 27 if signature[64] >= 27 else signature[64]
    if v > 1 or not secp.\
            secp256k1_ecdsa_recoverable_signature_parse_compact(
                context, sig, signature[:64], v) \
            or not secp.secp256k1_ecdsa_recover(context, key, sig, digest):
        return None
    size = ctypes.c_size_t(65)
    secp.secp256k1_ec_pubkey_serialize(context, point, ctypes.byref(size),
                                       key, 2)
    return keccak256(point.raw[1:])[12:]


def verified(status, fields, body, known):
    try:
        text = fields[b"text"]
        signature = bytes.fromhex(fields[b"signature"].decode())
        return (status == b"200" and fields[b"signing_algo"] == b"ecdsa"
                and len(signature) == 65 and len(text) == 129
                and hashlib.sha256(CANONICAL(json.loads(body)).encode())
                .hexdigest().encode() == text[65:]
                and signer(text, signature) in known)
    except (KeyError, ValueError, RecursionError):
        return False


async def message(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head[:-4].split(b"\r\n")
    fields = {}
    for line in lines:
        name, value = line.split(b":", 1)
        fields[name.lower()] = value.strip()
    body = await reader.readexactly(int(fields.get(b"content-length", 0)))
    return first, fields, head, body


class Proxy:
    def __init__(self, upstream, known):
        self.upstream, self.known, self.idle = upstream, known, []

    async def ask(self, request):
        if self.idle:
            reader, writer = self.idle.pop()
        else:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self.upstream, limit=1 << 22)
        writer.write(request)
        answer = await message(reader)
        self.idle.append((reader, writer))
        return answer

    async def serve(self, reader, writer):
        try:
            while True:
                _, _, head, body = await message(reader)
                first, fields, _, body = await self.ask(head + body)
                if not verified(first.split()[1], fields, body, self.known):
                    writer.write(REFUSED)
                    continue
                writer.write(b"HTTP/1.1 200 OK\r\n" + b"".join(
                    b"%s: %s\r\n" % (n, fields[n]) for n in SIGNED
                    if n in fields) + b"Content-Length: %d\r\n\r\n"
                    % len(body) + body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def main(port, upstream, *addresses):
    known = {bytes.fromhex(re.sub("^0x", "", a)) for a in addresses}
    server = await asyncio.start_server(
        Proxy(int(upstream), known).serve, "127.0.0.1", int(port),
        backlog=1024)
    print(f"ready Python {sys.version.split()[0]}, {LOOP}, libsecp256k1 by "
          "ctypes, Cryptodome", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if uvloop:
        uvloop.install()
    asyncio.run(main(*sys.argv[1:]))
