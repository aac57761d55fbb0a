"""Misbehaviour of event streams.

Stages: vllm (what is streamed, honestly signed), event (agent.Job with its
events) and answer (agent.Job with its reply).
"""
import json

from api import canon
from faults.misbehave import flip_bit, number, register


def event(name, doc):
    return register(("completion",), "event", name, doc)


def answer(name, doc):
    """fn(job, value), called for streams alone."""
    def put(fn):
        @register(("completion",), "answer", name, doc)
        def _(job, value):
            if job.stream:
                fn(job, value)
        return fn
    return put


def _event(name, doc):
    """fn(event bytes, value) -> list of events."""
    def put(fn):
        @event(name, doc)
        def _(job, value):
            if job.events:
                job.events = fn(job.events[0], value)
        return fn
    return put


# --- what vLLM streams, honestly signed ------------------------------------


def _stream(name, doc):
    """fn(pieces, value) -> pieces, for streams alone."""
    def put(fn):
        @register(("completion",), "vllm", name, doc)
        def _(job, value):
            if job.stream:
                job.pieces = fn(job.pieces, value)
        return fn
    return put


DATA = b'data: {"sim":1}\n\n'


@_stream("crlf", "lines end with CR LF")
def _(pieces, value):
    return [p.replace(b"\n", b"\r\n") for p in pieces]


@_stream("cr_lines", "lines end with CR alone")
def _(pieces, value):
    return [p.replace(b"\n", b"\r") for p in pieces]


@_stream("no_space", "every data line without the space: nothing is signed")
def _(pieces, value):
    return [p.replace(b"data: {", b"data:{") for p in pieces]


@_stream("two_spaces", "every data line with two spaces")
def _(pieces, value):
    return [p.replace(b"data: {", b"data:  {") for p in pieces]


@_stream("done_never", "vLLM sends no [DONE]")
def _(pieces, value):
    return [p for p in pieces if canon.DONE not in p]


@_stream("done_twice", "two [DONE] pieces; the agent loses the first")
def _(pieces, value):
    return pieces + [pieces[-1]]


@_stream("done_with_last", "[DONE] in one piece with the last data line")
def _(pieces, value):
    return pieces[:-2] + [pieces[-2] + pieces[-1]]


@_stream("done_split", "[DONE] cut over two pieces")
def _(pieces, value):
    return pieces[:-1] + [pieces[-1][:9], pieces[-1][9:]]


@_stream("done_suffix", "data: [DONE] with bytes behind it in the line")
def _(pieces, value):
    return pieces[:-1] + [b"data: [DONE]leaked\n\n"]


@_stream("done_no_space", "data:[DONE] instead of data: [DONE]")
def _(pieces, value):
    return pieces[:-1] + [b"data:[DONE]\n\n"]


@_stream("done_lower", "data: [done] (hashed) instead of [DONE]")
def _(pieces, value):
    return pieces[:-1] + [b"data: [done]\n\n"]


@_stream("after_done", "a data line after [DONE], signed")
def _(pieces, value):
    return pieces + [DATA]


@_stream("ping_after_done", "a comment after [DONE]")
def _(pieces, value):
    return pieces + [b": ping\n\n"]


@_stream("comments", "comments between the events")
def _(pieces, value):
    return [b": ping\n\n" + p for p in pieces]


@_stream("event_names", "id:, retry: and event: message lines")
def _(pieces, value):
    return [b"id: 7\nretry: 1000\nevent: message\n" + p for p in pieces]


@_stream("event_named", "=NAME: an event: line before the first data line")
def _(pieces, value):
    return [b"event: " + (value or "other").encode() + b"\n" + pieces[0]
            ] + pieces[1:]


@_stream("multi_data", "one event of two data lines, both signed")
def _(pieces, value):
    return [b"data: {\"sim\":\ndata: 2}\n\n"] + pieces


@_stream("empty_data", "an empty data line, signed as \"\"")
def _(pieces, value):
    return [b"data: \n\n"] + pieces


@_stream("no_final_newline", "last data line without line feed, no [DONE]")
def _(pieces, value):
    return pieces[:-2] + [pieces[-2].rstrip(b"\n")]


@_stream("bad_utf8", "bytes that are not UTF-8: the agent aborts")
def _(pieces, value):
    return pieces[:2] + [b"data: \xff\xfe\n\n"] + pieces[2:]


@_stream("split_line", "lines cut over pieces (chunks) of 7 bytes")
def _(pieces, value):
    body, size = b"".join(pieces[:-1]), number(value, 7)
    cut = [body[i:i + size] for i in range(0, len(body), size)]
    return cut + [pieces[-1]]


@_stream("one_piece", "the whole stream in one piece")
def _(pieces, value):
    return [b"".join(pieces)]


@_stream("stream_unicode", "raw non-ASCII and escapes in the data")
def _(pieces, value):
    return ["data: {\"sim\":\"caf\u00e9 \U0001f600 \\/ \\u00e9\"}\n\n".encode()
            ] + pieces


@_stream("forged_event", "vLLM itself sends a signature event")
def _(pieces, value):
    return [b"event: signature\ndata: {\"text\": \"leaked\"}\n\n"] + pieces


@_stream("error_event", "vLLM sends an error as data and then [DONE]")
def _(pieces, value):
    return [pieces[0], b'data: {"error":{"message":"out of memory"}}\n\n',
            pieces[-1]]


@_stream("stream_empty", "no data at all, signed")
def _(pieces, value):
    return []


# --- the signature event ---------------------------------------------------


@_event("no_event", "no signature event")
def _(e, value):
    return []


@_event("two_events", "the signature event twice")
def _(e, value):
    return [e, e]


@_event("event_cut", "[=N]: event cut over chunks of N (20) bytes")
def _(e, value):
    size = number(value, 20)
    return [e[i:i + size] for i in range(0, len(e), size)]


@_event("event_bad_json", "its JSON has no closing brace")
def _(e, value):
    return [e.replace(b"}\n\n", b"\n\n")]


@_event("event_not_json", "its data is not JSON")
def _(e, value):
    return [b"event: signature\ndata: leaked\n\n"]


@_event("event_array", "its data is an array")
def _(e, value):
    return [b"event: signature\ndata: [1]\n\n"]


@_event("event_trailing", "bytes after its JSON")
def _(e, value):
    return [e.replace(b"}\n\n", b"} x\n\n")]


@_event("event_no_data", "event: signature without data")
def _(e, value):
    return [b"event: signature\n\n"]


@_event("event_open", "no empty line after it")
def _(e, value):
    return [e[:-1]]


@_event("event_cut_off", "[=N]: its last N (40) bytes are missing")
def _(e, value):
    return [e[:-number(value, 40)]]


@_event("event_no_space", "event:signature, data:{")
def _(e, value):
    return [e.replace(b"event: ", b"event:").replace(b"data: ", b"data:")]


@_event("event_crlf", "its lines end with CR LF")
def _(e, value):
    return [e.replace(b"\n", b"\r\n")]


@_event("event_cr", "its lines end with CR alone")
def _(e, value):
    return [e.replace(b"\n", b"\r")]


@_event("event_order", "its data line comes before its event line")
def _(e, value):
    a, b = e[:-2].split(b"\n")
    return [b + b"\n" + a + b"\n\n"]


@_event("event_two_data", "its JSON over two data lines")
def _(e, value):
    return [e.replace(b", \"signing_algo", b",\ndata: \"signing_algo")]


@_event("event_fields", "id:, retry: and a comment inside it")
def _(e, value):
    return [e.replace(b"\ndata", b"\nid: 1\n: c\nretry: 5\ndata")]


@_event("event_extra", "an unknown member more")
def _(e, value):
    return [e.replace(b"data: {", b"data: {\"extra\": [1], ")]


@_event("event_big", "[=N]: padded by N (100000) bytes")
def _(e, value):
    pad = b"x" * number(value, 100000)
    return [e.replace(b"data: {", b"data: {\"pad\": \"" + pad + b"\", ")]


@_event("event_number", "its signature is a number")
def _(e, value):
    head, data = e.rstrip(b"\n").split(b"data: ")
    members = json.loads(data)
    members["signature"] = 7
    return [head + b"data: " + json.dumps(members).encode() + b"\n\n"]


@_event("event_other_name", "=NAME: event: NAME (default signatures)")
def _(e, value):
    name = value.encode() or b"signatures"
    return [e.replace(b"event: signature", b"event: " + name)]


# --- lines of the stream, changed behind the signature ---------------------


def _is_data(piece):
    return piece.startswith(b"data: {")


def _lines(name, doc):
    """fn(pieces, index of data piece, value) changes pieces in place."""
    def put(fn):
        @answer(name, doc)
        def _(job, value):
            data = [i for i, p in enumerate(job.reply.pieces) if _is_data(p)]
            n = number(value, len(data) // 2) if data else 0
            if n < len(data):
                fn(job.reply.pieces, data[n])
        return fn
    return put


@_lines("tamper_line", "[=N]: a bit of data line N (the middle one) flipped")
def _(pieces, i):
    pieces[i] = flip_bit(pieces[i], (len(pieces[i]) - 12) * 8)


@_lines("drop_line", "[=N]: data line N missing")
def _(pieces, i):
    del pieces[i]


@_lines("dup_line", "[=N]: data line N twice")
def _(pieces, i):
    pieces.insert(i, pieces[i])


@_lines("swap_lines", "[=N]: data lines N and N+1 exchanged")
def _(pieces, i):
    if i + 1 < len(pieces):
        pieces[i:i + 2] = [pieces[i + 1], pieces[i]]


@_lines("space_line", "[=N]: a second space in data line N")
def _(pieces, i):
    pieces[i] = pieces[i].replace(b"data: ", b"data:  ", 1)


SMUGGLED = b'{"choices":[{"index":0,"delta":{"content":"leaked"}}]}'


def _smuggle(name, doc, data):
    """Bytes put into the stream that no hash covers."""
    @_lines(name, "[=N]: before data line N: " + doc)
    def _(pieces, i):
        pieces.insert(i, data)


_smuggle("smuggle_no_space", "data:{...} without space",
         b"data:" + SMUGGLED + b"\n\n")
_smuggle("smuggle_cr", "a line that begins after a lone CR",
         b": x\rdata: " + SMUGGLED + b"\r\r\n")
_smuggle("smuggle_done", "data: [DONE], after which readers stop",
         b"data: [DONE]\n\n")
_smuggle("smuggle_done_no_space", "data:[DONE]", b"data:[DONE]\n\n")
_smuggle("smuggle_done_suffix", "data: [DONE]{...}",
         b"data: [DONE]" + SMUGGLED + b"\n\n")
_smuggle("smuggle_data", "one more data line, which the hash shows",
         b"data: " + SMUGGLED + b"\n\n")
_smuggle("smuggle_bare_data", "a data line without colon", b"data\n\n")
_smuggle("smuggle_event", "an event: line of another name",
         b"event: other\n")
_smuggle("smuggle_comment", "a comment (harmless)", b": leaked?\n\n")
_smuggle("smuggle_case", "Data: {...}, which no reader takes",
         b"Data: " + SMUGGLED + b"\n\n")
_smuggle("smuggle_nul", "a line with a NUL", b"data:\0\n\n")


@answer("smuggle_bom", "a BOM before a data line that starts the stream")
def _(job, value):
    job.reply.pieces.insert(0, b"\xef\xbb\xbfdata: " + SMUGGLED + b"\n\n")


@answer("smuggle_end", "data:{...} without space after everything else")
def _(job, value):
    job.reply.pieces.append(b"data:" + SMUGGLED + b"\n\n")


@answer("bom", "a BOM at the start of the stream")
def _(job, value):
    job.reply.pieces.insert(0, b"\xef\xbb\xbf")


@answer("data_after_done", "a data line after [DONE], not signed")
def _(job, value):
    job.reply.pieces.append(b"data: " + SMUGGLED + b"\n\n")


@answer("comment_end", "a comment after everything else")
def _(job, value):
    job.reply.pieces.append(b": bye\n\n")


@answer("event_first", "the signature event before all else")
def _(job, value):
    pieces = job.reply.pieces
    for e in reversed(job.events):
        if e in pieces:
            pieces.remove(e)
            pieces.insert(0, e)


@answer("event_last", "[DONE] before the signature event")
def _(job, value):
    pieces = job.reply.pieces
    if job.events and pieces and pieces[-1].startswith(b"data: [DONE]"):
        pieces.insert(len(pieces) - 1 - len(job.events), pieces.pop())


@answer("done_dropped", "[DONE] missing behind the event")
def _(job, value):
    pieces = job.reply.pieces
    if pieces and pieces[-1].startswith(b"data: [DONE]"):
        pieces.pop()


@answer("one_chunk", "the whole stream in one HTTP chunk")
def _(job, value):
    job.reply.pieces = [job.reply.body()]


@answer("event_with_done", "event and [DONE] in one chunk")
def _(job, value):
    pieces = job.reply.pieces
    pieces[-2:] = [b"".join(pieces[-2:])]


@answer("stop_mid_line", "connection closed in the middle of a data line")
def _(job, value):
    pieces = job.reply.pieces
    job.reply.pieces = pieces[:1] + [p[:20] for p in pieces[1:2]]
    job.reply.last_chunk = False


@answer("stop_before_done", "connection closed behind the signature event")
def _(job, value):
    if job.reply.pieces:
        job.reply.pieces.pop()
    job.reply.last_chunk = False
