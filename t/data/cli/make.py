#!/usr/bin/python3
"""Makes the samples beside it: responses as a client would have saved them.

Signed with a key of the tests' own, by the simulated API's Python, which is
apart from the C code under test. Signing is deterministic: a second run
writes the same bytes.
"""
import hashlib
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "lib", "sim"))
sys.dont_write_bytecode = True
from api import canon, crypto

SIGNER = crypto.Account("ioattest command line samples")
DIGEST = "sha256:" + hashlib.sha256(b"image").hexdigest()
MODEL = "Qwen/Qwen3-32B"


def write(name, data):
    with open(os.path.join(HERE, name), "wb") as out:
        out.write(data if isinstance(data, bytes) else data.encode())


def sha(data):
    return hashlib.sha256(data).hexdigest()


def seal(text):
    text = text if isinstance(text, bytes) else text.encode()
    return {"text": text.decode(), "signature": SIGNER.sign(text),
            "signing_address": SIGNER.address, "signing_algo": "ecdsa",
            "image_digest": DIGEST}


def headers(status, ctype, fields):
    lines = [status, "date: Mon, 23 Nov 2026 10:00:00 GMT",
             "content-type: " + ctype]
    lines += ["%s: %s" % pair for pair in fields.items()]
    return "\r\n".join(lines + ["", ""])


def chat(stream, **more):
    return json.dumps(dict({
        "model": MODEL, "temperature": 1, "stream": stream,
        "messages": [{"role": "user", "content": "Größe und Maß?"}],
    }, **more), ensure_ascii=False).encode()


def agent_json():
    request = chat(False)
    body = json.dumps({
        "id": "chatcmpl-1", "object": "chat.completion", "model": MODEL,
        "created": 1760627255,
        "choices": [{"index": 0, "finish_reason": "stop", "message": {
            "role": "assistant", "content": "Größe: 1,80 m \U0001f44d"}}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 7}})
    text = canon.signed_text(canon.Request(request).canonical,
                             canon.compact(json.loads(body)))
    write("json.request", request)
    write("json.body", body)
    write("json.headers", headers("HTTP/1.1 200 OK", "application/json",
                                  seal(text)))


def agent_stream():
    request = chat(True)
    lines = b"".join(b"data: " + json.dumps({
        "id": "chatcmpl-2", "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": word}}]}).encode()
        + b"\n\n" for word in ("Gr", "öße", " ist", " 1,80 m"))
    done = b"data: [DONE]\n\n"
    text = canon.signed_text(canon.Request(request).canonical,
                             canon.stream_canonical(lines + done))
    event = "event: signature\ndata: %s\n\n" % json.dumps(seal(text))
    write("stream.request", request)
    write("stream.body", lines + event.encode() + done)
    write("stream.headers", headers("HTTP/2 200",
                                    "text/event-stream; charset=utf-8", {}))


def raw():
    request, body = chat(True), b"data: {}\n\ndata: [DONE]\n\n"
    pair = sha(request) + ":" + sha(body)
    write("raw.request", request)
    write("raw.body", body)
    for name, text in (("raw.signature", MODEL + ":" + pair),
                       ("raw-no-model.signature", pair),
                       ("raw-other-model.signature", "Qwen/Other:" + pair)):
        write(name, json.dumps(seal(text)))


def text_body():
    body = "The body itself is what was signed."
    fields = seal(body)
    del fields["text"]
    write("text.body", body)
    write("text.headers", headers("HTTP/1.1 200 OK", "text/plain", fields))


agent_json()
agent_stream()
raw()
text_body()
write("address", SIGNER.address + "\n")
