#!/usr/bin/python3
"""Sends requests to a gateway at a steady pace, whatever the answers do.

  load.py '{"port": 1984, "rate": 12, "seconds": 10}'

Members: port; rate: requests a second (0: all at once); seconds or count: how
many; keys: Authorization values, or null for none, in turn; models, in turn;
path; sim: X-Sim, a string or a list in turn; headers: [[name, value], ...];
connections: keepalive (default) or new; prompt: what prompts begin with;
leave_ms: the client leaves after so long; timeout: seconds (60); stream.

Prints a JSON array with an object for each request, in order:
  i, at (seconds from the start), ms, status (0: none), reason (the code of a
  refusal), wait (header X-Wait; null where it lacks), signer, key, model,
  prompt, echoed (the answer is this prompt's), fresh (a new connection was
  made), closed (the gateway closed the connection after the answer), error.
"""
import asyncio
import json
import re
import sys
import time

DEFAULTS = {
    "host": "127.0.0.1", "rate": 10, "seconds": None, "count": None,
    "keys": [None], "models": ["meta-llama/Llama-3.3-70B-Instruct"],
    "path": "/v1/private/completions", "sim": [], "headers": [],
    "connections": "keepalive", "prompt": "r", "leave_ms": None,
    "timeout": 60, "stream": False,
}
CODE = re.compile(rb'"code":"(\w+)"')


class Load:
    def __init__(self, given):
        unknown = set(given) - set(DEFAULTS) - {"port"}
        if unknown:
            raise SystemExit(f"load.py: what is {unknown}?")
        self.set = {**DEFAULTS, **given}
        if isinstance(self.set["sim"], str):
            self.set["sim"] = [self.set["sim"]]
        if self.set["count"] is None:
            self.set["count"] = int((self.set["seconds"] or 1)
                                    * self.set["rate"])
        self.idle = []

    def turn(self, name, i):
        values = self.set[name]
        return values[i % len(values)] if values else None

    def request(self, row):
        body = {"model": row["model"], "messages": [
            {"role": "user", "content": row["prompt"]}]}
        if self.set["stream"]:
            body["stream"] = True
        body = json.dumps(body).encode()
        head = [f"POST {self.set['path']} HTTP/1.1", "Host: localhost",
                "Content-Type: application/json",
                f"Content-Length: {len(body)}"]
        if self.set["connections"] == "new":
            head.append("Connection: close")
        if row["key"] is not None:
            head.append(f"Authorization: {row['key']}")
        sim = self.turn("sim", row["i"])
        if sim:
            head.append(f"X-Sim: {sim}")
        head += [f"{n}: {v}" for n, v in self.set["headers"]]
        return "\r\n".join(head).encode() + b"\r\n\r\n" + body

    async def connection(self, row):
        while self.idle:
            reader, writer = self.idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        row["fresh"] = True
        return await asyncio.open_connection(
            self.set["host"], self.set["port"], limit=1 << 22)

    async def answer(self, reader, row):
        """The whole reply; True where the connection may be kept."""
        head = await reader.readuntil(b"\r\n\r\n")
        status, _, rest = head.decode("latin-1").partition("\r\n")
        row["status"] = int(status.split()[1])
        headers = {}
        for line in rest.split("\r\n"):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if "x-wait" in headers:
            row["wait"] = float(headers["x-wait"] or 0)
        row["signer"] = headers.get("signing_address")
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while True:
                size = int(await reader.readuntil(b"\r\n"), 16)
                body += await reader.readexactly(size + 2)
                if not size:
                    break
        elif "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        else:
            body = await reader.read()
        code = CODE.search(body)
        if row["status"] >= 400 or b"event: error" in body:
            row["reason"] = code.group(1).decode() if code else "-"
        # a word for each token of a stream
        row["echoed"] = (row["prompt"] + '"').encode() in body \
            or (self.set["stream"] and row["prompt"].encode() in body)
        return headers.get("connection", "").lower() != "close" \
            and self.set["connections"] == "keepalive"

    async def exchange(self, row):
        reader, writer = await self.connection(row)
        kept = False
        try:
            writer.write(self.request(row))
            kept = await self.answer(reader, row)
            row["closed"] = not kept
        finally:
            if kept:
                self.idle.append((reader, writer))
            else:
                writer.close()

    async def one(self, i):
        row = {"i": i, "ms": 0, "status": 0, "reason": "", "wait": None,
               "signer": None, "key": self.turn("keys", i),
               "model": self.turn("models", i), "echoed": False,
               "prompt": f"{self.set['prompt']}-{i}", "fresh": False,
               "closed": False, "error": ""}
        if self.set["rate"]:
            await asyncio.sleep(self.zero + i / self.set["rate"]
                                - time.monotonic())
        start = time.monotonic()
        row["at"] = round(start - self.zero, 3)
        limit = self.set["timeout"]
        if self.set["leave_ms"] is not None:
            limit = self.set["leave_ms"] / 1000
        try:
            await asyncio.wait_for(self.exchange(row), limit)
        except asyncio.TimeoutError:
            row["error"] = "left" if limit < self.set["timeout"] else "late"
        except (OSError, EOFError, ValueError) as err:
            row["error"] = repr(err)
        row["ms"] = round((time.monotonic() - start) * 1000, 1)
        return row

    async def run(self):
        self.zero = time.monotonic()
        rows = await asyncio.gather(*[self.one(i)
                                      for i in range(self.set["count"])])
        for _, writer in self.idle:
            writer.close()
        return rows


def run(**given):
    """For those who import this."""
    return asyncio.run(Load(given).run())


if __name__ == "__main__":
    json.dump(run(**json.loads(sys.argv[1])), sys.stdout)
