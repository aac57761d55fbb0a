#!/usr/bin/env python3
"""An API over TLS, as "ioattest attest" may meet one: the path says how.

    attest_server.py CERTIFICATE KEY SIMULATOR LOG

Writes its port to standard output.  What it was sent is a line of JSON in
LOG; /ok passes on what the simulator's agent says.
"""

import http.server
import json
import ssl
import sys
import time
import urllib.request

LARGE = 1024 * 1024 + 1
SIMULATOR, LOG = sys.argv[3:]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.do_POST()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with open(LOG, "a") as log:
            log.write(json.dumps({
                "method": self.command, "path": self.path,
                "headers": [list(h) for h in self.headers.items()],
                "body": body.decode()}) + "\n")
        getattr(self, "say_" + self.path[1:])(body)

    def say_ok(self, body):
        ask = urllib.request.Request(
            SIMULATOR + "/v1/private/attestation", body,
            {"Content-Type": "application/json"})
        with urllib.request.urlopen(ask) as reply:
            self.answer(200, reply.read())

    def say_moved(self, body):
        self.answer(307, b"", Location="/ok")

    def say_refused(self, body):
        self.answer(401, b'{"detail":"no \x1b[2J such key"}')

    def say_other(self, body):
        self.answer(200, b'{"hello":1}')

    def say_large(self, body):
        self.answer(200, b" " * LARGE)

    def say_endless(self, body):
        """Without a length, and more than the tool may keep."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(40):
            self.wfile.write(b" " * 65536)

    def say_short(self, body):
        """Ends before its length."""
        self.send_response(200)
        self.send_header("Content-Length", "100")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"{}")

    def say_slow(self, body):
        time.sleep(5)
        self.answer(200, b"{}")


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda request, address: None
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
