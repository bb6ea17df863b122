"""Applications of other origins, as far as a browser sees them: pages that are told apart by their path."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_PATIENCE = 30


@dataclass
class App:
    """A server of pages. `seen` is every address that was asked for, `cookies` what came with it."""

    port: int
    host: str = "127.0.0.1"
    seen: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    def queries(self, path: str) -> list[dict[str, list[str]]]:
        """The queries with which a page was asked for."""
        return [parse_qs(urlsplit(each).query) for each in self.seen if urlsplit(each).path == path]

    def wait_for(self, path: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: bool(self.queries(path)), _PATIENCE), self.seen


HANGS = None
"""Instead of a page: say nothing until the test is over."""


@contextmanager
def app(pages: Mapping[str, str | None], *, host: str = "127.0.0.1") -> Iterator[App]:
    """Serve pages by path, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            with served.changed:
                served.seen.append(self.path)
                served.cookies.append(self.headers.get("Cookie", ""))
                served.changed.notify_all()
            page = pages.get(path, "")
            if page is HANGS:
                served.released.wait()
                return
            body = f"<!doctype html><html lang=en><title>{path}</title>{page}</html>".encode()
            self.send_response(200 if path in pages else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body) if path in pages else 0))
            self.end_headers()
            if path in pages:
                self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = App(server.server_port, host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.released.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
