"""A relying party's logout address on a real socket: it does as told, and keeps every logout token it was sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jws, jwt
from joserfc.jwk import KeySet

from tests.running import Running

HANG = 0
"""Instead of a status: read the request and say nothing until the other side gives up."""


@dataclass(frozen=True)
class Told:
    """One request: the form that came, and what was answered."""

    form: dict[str, list[str]]
    status: int

    @property
    def token(self) -> str:
        (token,) = self.form["logout_token"]
        return token

    @property
    def header(self) -> dict[str, Any]:
        return dict(jws.extract_compact(self.token.encode()).headers())

    @property
    def claims(self) -> dict[str, Any]:
        """Unverified."""
        return dict(json.loads(jws.extract_compact(self.token.encode()).payload))

    def verified(self, provider: Running, algorithm: str = "RS256") -> dict[str, Any]:
        """The claims, once the signature has been checked with the published keys."""
        keys = KeySet.import_key_set(json.loads(provider.get("/jwks").text))
        return dict(jwt.decode(self.token, keys, algorithms=[algorithm]).claims)


@dataclass
class LogoutReceiver:
    """What it has been told. `answers` are its next answers; when they are used up, it accepts with 200."""

    uri: str
    answers: list[int] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def accepted(self) -> list[Told]:
        return [told for told in self.told if told.status in {200, 204}]

    def wait_for(self, condition: Callable[["LogoutReceiver"], bool], *, within: float = 60) -> None:
        """Wait until enough has come."""
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self), within), self.told

    def take(self, form: dict[str, list[str]]) -> int:
        with self.changed:
            status = self.answers.pop(0) if self.answers else 200
            self.told.append(Told(form, status))
            self.changed.notify_all()
        return status


@contextmanager
def logout_receiver(*answers: int, port: int = 0) -> Iterator[LogoutReceiver]:
    """Listen, on a port of its own unless one is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode(), strict_parsing=True)
            status = receiver.take(form)
            if status == HANG:
                receiver.released.wait(60)
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", receiver.uri + "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver = LogoutReceiver(f"http://127.0.0.1:{server.server_port}/logout", list(answers))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.released.set()
        with suppress(OSError):
            server.shutdown()
        server.server_close()
        thread.join(5)


def until(condition: Callable[[], bool], *, within: float = 60) -> None:
    """Wait for something that tells nobody when it happens, such as a row that another thread writes."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.01)
