"""Streams as an agent sends them, and what can be done to them.


Maker(rnd, signer).make(theme) gives one stream: its bytes, whether it comes
to a regular end, and the names of what was done.  Themes:

  bytes     bytes and lines of a signed stream are changed
  signed    they were changed before the agent signed
  event     the signature event is moved, changed, doubled, left out
  recorded  all of these, on recordings of the agent
"""

import json
import re

import rules

SPECIAL = [b"\v", b"\f", b"\x1c", b"\x1d", b"\x1e", b"\xc2\x85",
           b"\xe2\x80\xa8", b"\xe2\x80\xa9", b"\r", b"\n", b"\r\n", b"\n\n",
           rules.BOM, b"\0", b" ", b":", b"\xff", b"\t", b'"', b"\\"]
SPLITS = SPECIAL[:8]

WORDS = ["Do ", "not ", "take ", "the ", "pill", "caf\u00e9 ", "\u4f60\u597d ",
         "\U0001f600", "a\\nb", 'say \\"x\\" ', "data: [DONE] ", "null ",
         "event: signature"]


def compact(value, ascii_only=False):
    return json.dumps(value, separators=(",", ":"),
                      ensure_ascii=ascii_only).encode()


def chunk(delta, finish=None, **more):
    """A chunk as vLLM writes it; more goes into its choice."""
    return compact({
        "id": "chatcmpl-7", "object": "chat.completion.chunk",
        "created": 1760000000, "model": "m", "choices": [{
            "index": 0, "delta": delta, "logprobs": None,
            "finish_reason": finish, **more}]})


TOOL = {"tool_calls": [{"index": 0, "id": "call_1", "type": "function",
                        "function": {"name": "pay", "arguments": "{}"}}]}
FORGED = [
    chunk({"content": "forged"}), chunk({}, "stop"), chunk(TOOL),
    chunk({"function_call": {"name": "pay", "arguments": "{}"}}),
    chunk({}, "tool_calls"), b'{"error":{"message":"forged"}}',
    b'{"choices":[{"delta":{"content":"x"},"finish\\u005freason":"stop"}]}',
    b'{"choices":[{"finish_reason":null,"finish_reason":"stop"}]}',
]
EMPTY = [chunk({"content": "w", "tool_calls": []}), chunk({}, ""),
         chunk({"content": "w", "function_call": None}),
         chunk({"content": "w", "tool_calls": {}}),
         b'{"usage":{"a":1.50},"x":"\\/"}', b" {} ", b'{"a":[{}]}\t']
ODD = [b"", b"x", b"[]", b"null", b'{"a":1', b'{"a":1} {}', b" [DONE]",
       b"[done]", b"{'a':1}", b'{"a":1,}', b"\xef\xbb\xbf{}", b"[DONE", b"1"]


def hostile(rnd):
    """A line, without its line feed, that some reader takes in its own way.
    """
    data = rnd.choice(FORGED + EMPTY)
    return rnd.choice([
        lambda: b": " + rnd.choice(SPLITS) + b"data: " + data,
        lambda: b"id: 7" + rnd.choice(SPLITS) + b"data: " + data,
        lambda: b"retry: 7" + rnd.choice(SPLITS) + b"data: [DONE]",
        lambda: b"x" + rnd.choice(SPECIAL) + b"data: " + data,
        lambda: b": data: " + data,
        lambda: b"data:" + data,
        lambda: b"data: " + data,
        lambda: b"data: " + rnd.choice(ODD),
        lambda: rnd.choice([b"data:\t", b" data: ", b"Data: ", b"data : ",
                            rules.BOM + b"data: ", b"\0data: "]) + data,
        lambda: rnd.choice([b"data: [DONE]", b"data:[DONE]",
                            b"data:  [DONE]", b"data:\t[DONE]",
                            b"data: [done]", b"data: [DONE] x",
                            b"data: [DONE]\r", b"data: [DONE", b"DATA: [DONE]",
                            b": data: [DONE]"]),
        lambda: rnd.choice([b"event: error", b"event: message", b"event:x",
                            b"event", b"event: signature", b"event:message",
                            b"data", b"data:", b"id: 1", b"id", b"retry: 1",
                            b"event: message\r", b": event: signature"]),
    ])()


def quiet(rnd):
    """A line that says nothing to anybody."""
    return rnd.choice([
        b"", b"", b": ping", b":", b": keep-alive", b"id: 7", b"retry: 5",
        b"event: message", b": " + rnd.choice(SPLITS) + b"data: "
        + rnd.choice(FORGED), b": " + rnd.choice(FORGED), b": caf\xc3\xa9",
        b"x: y", b"ping"])


# --- honest streams -------------------------------------------------------


def words(rnd, n):
    return [rnd.choice(WORDS) for _ in range(n)]


def vllm(rnd, end=b"\n\n", done=b"data: [DONE]", between=b"", extra=None):
    """The bytes that vLLM sends, without a signature event."""
    out = [chunk({"role": "assistant", "content": ""})]
    out += [chunk({"content": json.loads('"%s"' % w)})
            for w in words(rnd, rnd.randrange(1, 9))]
    if extra:
        out.insert(rnd.randrange(1, len(out) + 1), extra)
    out.append(chunk({}, "stop"))
    text = b"".join(b"data: " + c + end + between for c in out)
    return text + (done + end if done else b"")


FORMS = {
    "vllm": lambda r: vllm(r),
    "crlf": lambda r: vllm(r, b"\r\n\r\n"),
    "comments": lambda r: vllm(r, between=r.choice(
        [b": ping\n\n", b":\n\n", b": a\n: b\n", b": data: {\"a\":1}\n"])),
    "fields": lambda r: vllm(r, between=r.choice(
        [b"event: message\n", b"id: 1\nretry: 9\n", b"\n\n"])),
    "one line feed": lambda r: vllm(r, b"\n"),
    "no final line feed": lambda r: vllm(r).rstrip(b"\n"),
    "no done": lambda r: vllm(r, done=b""),
    "done without a space": lambda r: vllm(r, done=b"data:[DONE]"),
    "ping behind done": lambda r: vllm(r) + b": ping\n\n",
    "splitting text": lambda r: vllm(r, extra=chunk(
        {"content": "a" + r.choice(SPLITS[5:]).decode() + "data: b"})),
    "empty finishes": lambda r: vllm(r, extra=r.choice(EMPTY)),
    "tool call": lambda r: vllm(r, extra=chunk(TOOL)),
    "no JSON": lambda r: vllm(r, extra=r.choice(ODD)),
    "large": lambda r: vllm(r, extra=chunk(
        {"content": "x" * r.choice([5000, 16100, 16500, 20000])})),
    "many": lambda r: b"".join(vllm(r, done=b"") for _ in range(5))
        + b"data: [DONE]\n\n",
    "nothing": lambda r: r.choice([b"", b"data: [DONE]\n\n", b": ping\n\n"]),
}
NAMES = sorted(FORMS)
WEIGHTS = [{"large": 1, "many": 1, "nothing": 1, "vllm": 5, "comments": 4,
            "fields": 3}.get(n, 2) for n in NAMES]


# --- changes --------------------------------------------------------------


def insert(rnd, data, what, lines=False):
    if lines:
        ends = [0] + [m.end() for m in re.finditer(b"\n", data)]
        i = rnd.choice(ends)
    else:
        i = rnd.randrange(len(data) + 1)
    return data[:i] + what + data[i:]


def line_change(rnd, data, what):
    lines = data.split(b"\n")
    i, j = rnd.randrange(len(lines)), rnd.randrange(len(lines))
    if what == "line deleted":
        del lines[i]
    elif what == "line doubled":
        lines.insert(j, lines[i])
    elif what == "lines swapped":
        lines[i], lines[j] = lines[j], lines[i]
    elif what == "blank line deleted":
        blank = [k for k, l in enumerate(lines[:-1]) if l in (b"", b"\r")]
        if blank:
            del lines[rnd.choice(blank)]
    return b"\n".join(lines)


def byte_change(rnd, data, what):
    if not data:
        return data
    i = rnd.randrange(len(data))
    if what == "byte changed":
        new = bytes([rnd.choice([data[i] ^ 1 << rnd.randrange(8),
                                 rnd.randrange(256)])])
        return data[:i] + new + data[i + 1:]
    if what == "byte deleted":
        return data[:i] + data[i + rnd.choice([1, 1, 2, 9]):]
    return data[:i] + rnd.choice(SPECIAL) + data[i + 1:]


CHANGES = {
    "byte changed": byte_change,
    "byte deleted": byte_change,
    "byte made special": byte_change,
    "special inserted": lambda r, d, w: insert(r, d, r.choice(SPECIAL)),
    "hostile line": lambda r, d, w: insert(
        r, d, hostile(r) + r.choice([b"\n", b"\n\n", b"\r\n"]), True),
    "hostile text": lambda r, d, w: insert(r, d, hostile(r)),
    "quiet line": lambda r, d, w: insert(
        r, d, quiet(r) + r.choice([b"\n", b"\n", b"\n\n", b"\r\n"]), True),
    "line deleted": line_change,
    "line doubled": line_change,
    "lines swapped": line_change,
    "blank line deleted": line_change,
    "line end changed": lambda r, d, w: re.sub(
        b"\n", lambda m: r.choice([b"\n"] * 5 + [b"\r\n", b"\n\n"]), d),
}
CHANGE_NAMES = sorted(CHANGES)
CHANGE_WEIGHTS = [{"quiet line": 5, "blank line deleted": 3,
                   "hostile line": 4, "line end changed": 1}.get(n, 2)
                  for n in CHANGE_NAMES]


def extra_members(rnd):
    return rnd.choice([
        ("choices", [{"index": 0, "delta": {"content": "forged"}}]),
        ("choices", []), ("tool_calls", TOOL["tool_calls"]),
        ("error", {"message": "forged"}), ("error", None),
        ("object", "chat.completion.chunk"), ("type", "x"), ("id", "x"),
        ("Text", "x"), ("text ", "x"), ("model", "m"), ("", "")])


def event_json(rnd, members, what):
    """members as the bytes of the event's JSON, changed in one way."""
    names = list(members)
    name = rnd.choice(names)
    if what == "member added":
        extra = extra_members(rnd)
        return json.dumps(dict([*members.items(), extra]
                               if rnd.random() < .5 else
                               [extra, *members.items()])).encode()
    if what == "member left out":
        return json.dumps({n: v for n, v in members.items()
                           if n != name}).encode()
    if what == "member doubled":
        text = json.dumps(members)
        return (text[:-1] + ", " + json.dumps(
            {name: rnd.choice([members[name], "x", None])})[1:]).encode()
    if what == "member of another kind":
        value = rnd.choice([None, 1, [], {}, "", True, [members[name]],
                            {"a": members[name]}])
        return json.dumps({**members, name: value}).encode()
    if what == "vllm":
        vllm_member = rnd.choice([
            {"image_digest": "x", "model_id": "m", "model_owned_by": "vllm"},
            {"image_digest": "x"}, {"model_id": "caf\u00e9 \u2028data: x"},
            {"model_id": "m", "choices": []}, "m", [], None])
        return json.dumps({**members, "vllm": vllm_member}).encode()
    if what == "written otherwise":
        order = names[:]
        rnd.shuffle(order)
        parts = rnd.choice([(",", ":"), (" , ", " : "), (",\t", ":\r")])
        return json.dumps({n: members[n] for n in order},
                          separators=parts).encode()
    text = json.dumps(members).encode()
    if what == "value changed":
        i = rnd.randrange(text.find(b'"') + 1, len(text))
        return text[:i] + bytes([text[i] ^ 1]) + text[i + 1:]
    return byte_change(rnd, text, rnd.choice(["byte changed", "byte deleted",
                                              "byte made special"]))


EVENT_CHANGES = ["member added", "member added", "member left out",
                 "member doubled", "member of another kind", "vllm",
                 "written otherwise", "value changed", "bytes of the event"]


class Maker:
    """signer.sign(text) gives the event's members; signer.recorded is a list
    of (bytes without the event, offset, JSON of the event)."""

    def __init__(self, rnd, signer):
        self.rnd = rnd
        self.signer = signer

    def change(self, data, done):
        what = self.rnd.choices(CHANGE_NAMES, CHANGE_WEIGHTS)[0]
        done.append(what)
        return CHANGES[what](self.rnd, data, what)

    def base(self, theme, done):
        """(bytes, offset of the event, JSON or None)"""
        if theme == "recorded":
            rest, at, raw = self.rnd.choice(self.signer.recorded)
            return rest, at, raw
        name = self.rnd.choices(NAMES, WEIGHTS)[0]
        done.append(name)
        rest = FORMS[name](self.rnd)
        at = max(rest.rfind(b"data: [DONE]"), rest.rfind(b"data:[DONE]"))
        return rest, at if at >= 0 else len(rest), None

    def place(self, rest):
        """Anywhere, most often near the beginning or the end of a line."""
        i = self.rnd.randrange(len(rest) + 1)
        if self.rnd.random() < .7:
            ends = [0] + [m.end() for m in re.finditer(b"\n", rest)]
            i = self.rnd.choice(ends)
            if self.rnd.random() < .5:
                i += self.rnd.choice([-2, -1, *range(1, 10)])
        return min(max(i, 0), len(rest))

    def make(self, theme):
        rnd, done = self.rnd, []
        rest, at, raw = self.base(theme, done)
        kind = (rnd.choice(["bytes", "signed", "event", "event"])
                if theme == "recorded" else theme)

        if kind == "signed":
            for _ in range(rnd.choice([1, 1, 1, 2, 3])):
                rest = self.change(rest, done)
            raw, at = None, min(at, len(rest))
            if rnd.random() < .5:
                at = self.place(rest)
                done.append("event moved")

        if raw is None or rnd.random() < .2:
            raw = self.signer.event(rest)
        if kind == "event":
            what = rnd.choice(["event moved"] * 4 + ["event changed"] * 3
                              + ["event doubled", "no event"])
            done.append(what)
            if what == "event moved":
                at = self.place(rest)
            elif what == "event changed":
                how = rnd.choice(EVENT_CHANGES)
                done.append(how)
                raw = event_json(rnd, json.loads(raw), how)

        event = rules.MARK + raw + b"\n\n"
        if "no event" in done:
            event = b""
        data = rest[:at] + event + rest[at:]
        if "event doubled" in done:
            data = insert(rnd, data, event, rnd.random() < .5)
        if kind == "bytes":
            for _ in range(rnd.choice([0, 1, 1, 1, 1, 2, 3])):
                data = self.change(data, done)

        complete = True
        if rnd.random() < .05:
            done.append("cut")
            data = data[:rnd.randrange(len(data) + 1)]
            complete = rnd.random() < .5
        elif rnd.random() < .01:
            done.append("no end")
            complete = False
        return data, complete, done or ["nothing"]
