"""Forgeries of event streams that a client might act on: a finish, a call of
a tool, an event that is read as a chunk.  And an honest call of a tool.
"""
import json

from faults.stream import _event, _lines, _stream

CALL = [{"index": 0, "id": "call_1", "type": "function",
         "function": {"name": "pay", "arguments": '{"to":"somebody"}'}}]


def chunk(delta, finish=None):
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk",
            "created": 1760000000, "model": "m", "choices": [{
                "index": 0, "delta": delta, "finish_reason": finish}]}


def line(value):
    return b"data: " + json.dumps(value).encode() + b"\n\n"


@_stream("tool_call", "a call of the tool pay, signed, and its finish")
def _(pieces, value):
    return pieces[:1] + [line(chunk({"tool_calls": CALL})),
                         line(chunk({}, "tool_calls")), pieces[-1]]


EXTRA = {
    "choices": chunk({"content": "leaked"})["choices"],
    "tool_calls": CALL,
    "error": {"message": "leaked"},
    "object": "chat.completion.chunk",
    "type": "leaked",
}


@_event("event_member", "[=NAME]: one member more, as a chunk has it: choices"
        " (default), tool_calls, error, object, type")
def _(e, value):
    member = value or "choices"
    text = json.dumps({member: EXTRA[member]})
    return [e.replace(b"}\n\n", b", " + text[1:].encode() + b"\n\n")]


def _forge(name, doc, data):
    @_lines(name, "[=N]: before data line N: " + doc)
    def _(pieces, i):
        pieces.insert(i, data)


_forge("forge_finish", "a finish", line(chunk({}, "stop")))
_forge("forge_tool", "a call of the tool pay",
       line(chunk({"tool_calls": CALL})))
_forge("forge_tool_finish", "a call of the tool pay, and its finish",
       line(chunk({"tool_calls": CALL})) + line(chunk({}, "tool_calls")))
_forge("forge_escaped", "a finish whose name is escaped",
       line(chunk({}, "stop")).replace(b"finish_", b"finish\\u005f"))
_forge("forge_double", "a finish that is null first",
       line(chunk({}, "stop")).replace(b'"finish_reason"',
                                       b'"finish_reason": null, '
                                       b'"finish_reason"'))
