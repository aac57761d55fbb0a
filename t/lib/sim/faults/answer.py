"""Misbehaviour of an answer as a whole, behind its signature.

Stage answer: agent.Job with its reply.
"""
import json

from faults.completion import SEAL
from faults.misbehave import register


def answer(name, doc):
    return register(("completion",), "answer", name, doc)


@answer("unsigned", "seal's headers taken away, all else as it was")
def _(job, value):
    for name in SEAL:
        job.reply.header_drop(name)


@answer("minify", "body printed without spaces (canonical form)")
def _(job, value):
    if not job.stream:
        job.reply.set_body(json.dumps(
            job.body, separators=(",", ":")).encode())


@answer("pretty", "body printed with indents and line feeds")
def _(job, value):
    if not job.stream:
        job.reply.set_body(json.dumps(job.body, indent=1).encode())


@answer("raw_utf8", "body printed with raw UTF-8 instead of escapes")
def _(job, value):
    if not job.stream:
        job.reply.set_body(json.dumps(job.body, ensure_ascii=False).encode())


@answer("body_dup_key", "body with a second \"id\", same canonical object")
def _(job, value):
    body = job.reply.body()
    if body.startswith(b"{"):
        job.reply.set_body(b'{"id": "leaked", ' + body[1:])


@answer("trailer_seal", "seal's headers sent as trailers instead")
def _(job, value):
    for name, field in list(job.fields):
        job.reply.header_drop(name)
        job.reply.trailers.append([name, field])
    job.reply.framing = "chunked"


@answer("range", "206 with the bytes that a Range header asks for, or 0-9")
def _(job, value):
    asked = (job.http.header("range") or "bytes=0-9").partition("=")[2]
    first, _, last = asked.partition("-")
    body = job.reply.body()
    first = int(first or 0)
    last = min(int(last or len(body) - 1), len(body) - 1)
    job.reply.status = 206
    job.reply.set_body(body[first:last + 1])
    job.reply.headers.append(
        ["Content-Range", f"bytes {first}-{last}/{len(body)}"])


@answer("replay_last", "the completion before this one, seal and all")
def _(job, value):
    if job.server.last_completion is not None:
        fields, pieces = job.server.last_completion
        if not job.stream:
            for name in SEAL:
                job.reply.header_drop(name)
            job.reply.headers += [list(f) for f in fields]
        job.reply.pieces = list(pieces)


@answer("echo_headers", "body is JSON of the request's headers and hash of "
        "its body, unsigned")
def _(job, value):
    for name in SEAL:
        job.reply.header_drop(name)
    job.reply.set_body(json.dumps(
        {"headers": job.http.headers, "method": job.http.method}).encode())
