"""A Hwb that answers what a test says, on a port of loopback: for the client's command line."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any


class FakeHwb(BaseHTTPRequestHandler):
    """What a test's Hwb is made of: a test says what it does when it is asked."""

    def got(self) -> None:
        raise NotImplementedError

    def posted(self) -> None:
        raise NotImplementedError

    def do_GET(self) -> None:
        self.got()

    def do_POST(self) -> None:
        self.posted()

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status: int, content: dict[str, Any]) -> None:
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(hwb: type[FakeHwb]) -> Iterator[str]:
    """Its address, for as long as it is there."""
    with HTTPServer(("127.0.0.1", 0), hwb) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
