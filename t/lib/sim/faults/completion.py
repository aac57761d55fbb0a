"""Misbehaviour of completions: what vLLM says (honestly signed all the same),
what is signed, and the seal (text, signature, address, algorithm, digest).
Event streams are in stream.py.

Stages: ask, vllm, text, seal.  Targets are agent.Job objects.
"""
import hashlib
import json
import os

from api import canon, crypto
from faults.misbehave import flip_bit, number, register

SEAL = ("text", "signature", "signing_address", "signing_algo",
        "image_digest", "vllm_image_digest", "vllm_model_id")


def ask(name, doc):
    return register(("completion",), "ask", name, doc)


def vllm(name, doc):
    return register(("completion",), "vllm", name, doc)


def text(name, doc):
    return register(("completion",), "text", name, doc)


def seal(name, doc):
    return register(("completion",), "seal", name, doc)


# --- what is answered ------------------------------------------------------


@ask("size", "=N: a body of N bytes; of a stream: N bytes of content")
def _(job, value):
    job.size = number(value, 0)


@ask("chunks", "=N: a stream of N content chunks")
def _(job, value):
    job.chunks = number(value, 10)


@ask("content", "=TEXT: content of the answer")
def _(job, value):
    job.content = value


@ask("event_stream", "an event stream, asked for or not")
def _(job, value):
    job.stream = True


@ask("no_stream", "one JSON body, asked for or not")
def _(job, value):
    job.stream = False


@ask("forged", "an unattested key signs and names its own address")
def _(job, value):
    job.signer = job.server.rogue


@ask("forged_new", "a key that was never seen signs and names its address")
def _(job, value):
    job.signer = crypto.Account(f"ioattest sim forger {os.urandom(8).hex()}")


@ask("bad_request", "[=N]: the agent's own refusal, 422")
def _(job, value):
    raise canon.Refused(number(value, 422), "simulated refusal")


# --- what vLLM says, honestly signed ---------------------------------------


def _json_body(name, doc, change):
    @vllm(name, doc)
    def _(job, value):
        if not job.stream:
            change(job)


def _put(key, value):
    def change(job):
        job.body[key] = value
    return change


_json_body("json_unicode", "non-ASCII, control and astral characters",
           _put("sim", "caf\u00e9 \u4e2d\u6587 \U0001f600 \x01\x7f/\"\\\t"))
_json_body("json_surrogate", "a lone surrogate", _put("sim", "\ud800"))
_json_body("json_nan", "NaN and Infinity",
           _put("sim", [float("nan"), float("inf"), float("-inf")]))
_json_body("json_floats", "numbers of every form",
           _put("sim", [1e16, 1e-7, 0.1, -0.0, 5e-324, 2**70, 1.0]))
_json_body("json_spaces", "white space and separators inside strings",
           _put("sim", " , : {\"a\": 1}  "))


def _deep(levels):
    deep = []
    for _ in range(levels):
        deep = [deep]
    return deep


@vllm("json_deep", "[=N]: nested N (100) arrays deep")
def _(job, value):
    if not job.stream:
        job.body["deep"] = _deep(number(value, 100))


@vllm("json_scalar", "the body is the string \"ok\"")
def _(job, value):
    job.body = "ok"


# --- what is signed --------------------------------------------------------


@text("request_hash", "[=HEX]: signed, but another request hash")
def _(job, value):
    half = value.encode() or canon.sha256_hex("other request").encode()
    job.text = half + job.text[64:]


@text("front", "[=JSON]: the API's front added members (those of its schema)")
def _(job, value):
    request = canon.Request(job.http.body, None,
                            json.loads(value) if value else canon.FRONT)
    job.text = canon.sha256_hex(request.canonical).encode() + job.text[64:]


@text("response_hash", "[=HEX]: signed, but another response hash")
def _(job, value):
    half = value.encode() or canon.sha256_hex("other response").encode()
    job.text = job.text[:65] + half


@text("swap_hashes", "signed, the two hashes exchanged")
def _(job, value):
    job.text = job.text[65:] + b":" + job.text[:64]


def _signed_text(name, doc, change):
    @text(name, doc)
    def _(job, value):
        job.text = change(job.text, value.encode())


_signed_text("signed_text", "=TEXT: this text, well signed", lambda t, v: v)
_signed_text("signed_upper", "upper-case text, well signed",
             lambda t, v: t.upper())
_signed_text("signed_short", "text without its last digit, well signed",
             lambda t, v: t[:-1])
_signed_text("signed_long", "text with one digit more, well signed",
             lambda t, v: t + b"0")
_signed_text("signed_space", "text with an inner space, well signed",
             lambda t, v: t[:64] + b": " + t[65:])
_signed_text("signed_half", "response hash alone, well signed",
             lambda t, v: t[65:])
_signed_text("signed_model", "model:request:response, well signed",
             lambda t, v: b"model:" + t)


# --- the seal --------------------------------------------------------------


def get(job, name):
    return next((v for k, v in job.fields if k == name), None)


def put(job, name, value):
    for field in job.fields:
        if field[0] == name:
            field[1] = value


def _field(name, field, doc, change):
    @seal(name, doc)
    def _(job, value):
        old = get(job, field)
        if old is not None:
            put(job, field, change(old, value))


def _parts(sig):
    raw = bytes.fromhex(sig)
    return (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:64], "big"),
            raw[64])


def _sig(name, doc, change):
    """change(r, s, v, value) -> (r, s, v)"""
    _field(name, "signature", doc,
           lambda old, value: crypto.pack(*change(*_parts(old), value)))


@seal("wrong_signer", "an unattested key signs in the machine's name")
def _(job, value):
    put(job, "signature", job.server.rogue.sign(job.text))


@seal("no_signature", "none of the seal's headers or members")
def _(job, value):
    job.fields = []


@seal("drop", "=NAME: this header or member is missing")
def _(job, value):
    job.fields = [f for f in job.fields if f[0] != value]


@seal("dup", "=NAME: this header or member twice, the same")
def _(job, value):
    job.fields += [list(f) for f in job.fields if f[0] == value]


@seal("dup_other", "=NAME: again at the end, with the value \"other\"")
def _(job, value):
    job.fields.append([value, "other"])


@seal("dup_first", "=NAME: again at the start, with the value \"other\"")
def _(job, value):
    job.fields.insert(0, [value, "other"])


@seal("empty", "=NAME: this header or member is empty")
def _(job, value):
    put(job, value, "")


@seal("field", "=NAME:VALUE: this header or member set to VALUE")
def _(job, value):
    name, _, content = value.partition(":")
    put(job, name, content)


@seal("field_case", "header or member names in upper case")
def _(job, value):
    job.fields = [[k.upper(), v] for k, v in job.fields]


@seal("field_dash", "header or member names with - for _")
def _(job, value):
    job.fields = [[k.replace("_", "-"), v] for k, v in job.fields]


@seal("provenance", "vllm_image_digest and vllm_model_id as well")
def _(job, value):
    job.fields += [["vllm_image_digest", "sha256:" + "0" * 64],
                   ["vllm_model_id", job.request.model or ""]]


_field("algo", "signing_algo", "=NAME: signing_algo (default ed25519)",
       lambda old, v: v or "ed25519")

_field("sig_nonhex", "signature", "one digit is g", lambda x, v: x[:-1] + "g")
_field("sig_short", "signature", "64 bytes", lambda x, v: x[:-2])
_field("sig_long", "signature", "66 bytes", lambda x, v: x + "00")
_field("sig_odd", "signature", "129 digits", lambda x, v: x[:-1])
_field("sig_huge", "signature", "[=N]: N (4096) digits",
       lambda x, v: "0" * number(v, 4096))
_field("sig_0x", "signature", "with 0x before it (fine)",
       lambda x, v: "0x" + x)
_field("sig_0X", "signature", "with 0X before it", lambda x, v: "0X" + x)
_field("sig_0x0x", "signature", "with 0x0x before it", lambda x, v: "0x0x" + x)
_field("sig_upper", "signature", "upper-case digits (fine)",
       lambda x, v: x.upper())
_field("sig_space", "signature", "a space inside",
       lambda x, v: x[:64] + " " + x[64:])
_field("sig_flip", "signature", "[=BIT]: one bit of the 65 bytes flipped",
       lambda x, v: flip_bit(bytes.fromhex(x), number(v, 0)).hex())
_sig("sig_v01", "v is 0/1 instead of 27/28 (fine)",
     lambda r, s, v, _: (r, s, v - 27))
_sig("sig_v", "=N: v is this byte", lambda r, s, v, n: (r, s, number(n, 29)))
_sig("sig_parity", "the other of 27/28", lambda r, s, v, _: (r, s, 55 - v))
_sig("high_s", "n - s and the other parity: recovers the same address",
     lambda r, s, v, _: (r, crypto.N - s, 55 - v))
_sig("r_zero", "r is 0", lambda r, s, v, _: (0, s, v))
_sig("s_zero", "s is 0", lambda r, s, v, _: (r, 0, v))
_sig("r_n", "r is the group order", lambda r, s, v, _: (crypto.N, s, v))
_sig("r_big", "r is 2^256 - 1", lambda r, s, v, _: (2**256 - 1, s, v))
_sig("s_n", "s is the group order", lambda r, s, v, _: (r, crypto.N, v))
_sig("s_big", "s is 2^256 - 1", lambda r, s, v, _: (r, 2**256 - 1, v))
_sig("sig_zero", "65 zero bytes", lambda r, s, v, _: (0, 0, 0))
_sig("sig_swap", "r and s exchanged", lambda r, s, v, _: (s, r, v))


@seal("sig_compact", "EIP-2098 form, 64 bytes")
def _(job, value):
    r, s, v = _parts(get(job, "signature"))
    put(job, "signature", crypto.pack(r, s | (v - 27) << 255, 0)[:128])


def _sign_digest(job, digest):
    r, s, recid = crypto.sign_digest(job.machine.account.key, digest)
    put(job, "signature", crypto.pack(r, s, 27 + recid))


@seal("sig_no_prefix", "over keccak-256 of the bare text")
def _(job, value):
    _sign_digest(job, crypto.keccak256(job.text))


@seal("sig_sha256", "over SHA-256 of the text")
def _(job, value):
    _sign_digest(job, hashlib.sha256(job.text).digest())


@seal("sig_other_text", "the machine's signature of another text")
def _(job, value):
    put(job, "signature", job.machine.sign(b"another text"))


def _text(name, doc, change):
    _field(name, "text", doc, change)


_text("text", "=TEXT: text header or member, signature as it was",
      lambda x, v: v)
_text("text_flip", "[=BIT]: one bit of text flipped after signing",
      lambda x, v: flip_bit(x.encode(), number(v, 0)).decode("latin-1"))
_text("text_digit", "[=N]: digit N of text changed to another digit",
      lambda x, v: _other_digit(x, number(v, 0)))
_text("text_upper", "upper case", lambda x, v: x.upper())
_text("text_short", "last digit missing", lambda x, v: x[:-1])
_text("text_long", "one digit more", lambda x, v: x + "0")
_text("text_space", "an inner space", lambda x, v: x[:64] + ": " + x[65:])
_text("text_trailing", "a no-break space (latin-1) after it",
      lambda x, v: x + "\u00a0")
_text("text_tab", "a tab after it, which header parsers strip",
      lambda x, v: x + "\t")
_text("text_swap", "halves exchanged", lambda x, v: x[65:] + ":" + x[:64])
_text("text_colon", "; instead of :", lambda x, v: x.replace(":", ";"))


def _other_digit(text_, n):
    n %= len(text_)
    new = "0" if text_[n] != "0" else "1"
    return text_[:n] + new + text_[n + 1:]


def _address(name, doc, change):
    _field(name, "signing_address", doc, change)


_address("address", "=TEXT: this signing_address", lambda x, v: v)
_address("address_lower", "lower case (fine)", lambda x, v: x.lower())
_address("address_upper", "upper-case digits",
         lambda x, v: "0x" + x[2:].upper())
_address("address_no0x", "without 0x", lambda x, v: x[2:])
_address("address_short", "19 bytes", lambda x, v: x[:-2])
_address("address_long", "21 bytes", lambda x, v: x + "00")
_address("address_nonhex", "one digit is g", lambda x, v: x[:-1] + "g")
_address("address_zero", "20 zero bytes", lambda x, v: "0x" + "0" * 40)


@seal("address_of", "=N: names the address of machine N")
def _(job, value):
    put(job, "signing_address", job.server.machine(number(value, 1)).address)


def _digest(name, doc, change):
    _field(name, "image_digest", doc, change)


_digest("digest", "=TEXT: this image_digest", lambda x, v: v)
_digest("digest_other", "another digest", lambda x, v: "sha256:" + "5a" * 32)
_digest("digest_upper", "upper-case digits",
        lambda x, v: x[:7] + x[7:].upper())
_digest("digest_short", "last digit missing", lambda x, v: x[:-1])
_digest("digest_space", "an inner space", lambda x, v: "sha256: " + x[7:])


@seal("digest_missing", "no image_digest")
def _(job, value):
    job.fields = [f for f in job.fields if f[0] != "image_digest"]


@seal("digest_dup", "a second, different image_digest")
def _(job, value):
    job.fields.append(["image_digest", "sha256:" + "5a" * 32])
