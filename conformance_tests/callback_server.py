"""The relying party's own web server: documents that the provider fetches, and posts that it sends."""

import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Empty, Queue
from urllib.parse import parse_qsl, urlsplit

from conformance_tests.tls_server import TlsServer


@dataclass(slots=True)
class Document:
    """Something to fetch at an address of the relying party; its content may change while it is there."""

    url: str
    content_type: str
    content: str = ""
    asked_for: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Where it is on the server."""
        return urlsplit(self.url).path

    @property
    def fetched(self) -> bool:
        """Whether anybody has asked for it."""
        return bool(self.asked_for)


@dataclass(frozen=True, slots=True)
class Post:
    """One POST that the provider has sent."""

    content_type: str
    form: list[tuple[str, str]] = field(repr=False)
    tls: str
    cipher: str


@dataclass(slots=True)
class Inbox:
    """An address of the relying party that takes posts."""

    url: str
    _posts: "Queue[Post]" = field(default_factory=Queue)

    def put(self, post: Post) -> None:
        """Keep a post that has arrived."""
        self._posts.put(post)

    def next(self, timeout: float) -> Post | None:
        """Wait for the next post; nothing when none comes in time."""
        try:
            return self._posts.get(timeout=timeout)
        except Empty:
            return None


class CallbackServer:
    """Everything the relying party has on the web, each thing under an address nobody can guess."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._origin = f"https://{address}"
        self._documents: dict[str, Document] = {}
        self._inboxes: dict[str, Inbox] = {}

    def publish(self, name: str, content: str = "", content_type: str = "application/json") -> Document:
        """Offer a document under a fresh address that ends in a name."""
        path = self._fresh_path(name)
        self._documents[path] = Document(self._origin + path, content_type, content)
        return self._documents[path]

    def listen(self, name: str) -> Inbox:
        """Take posts at a fresh address that ends in a name."""
        path = self._fresh_path(name)
        self._inboxes[path] = Inbox(self._origin + path)
        return self._inboxes[path]

    def document(self, target: str) -> Document | None:
        """The document that a request is for, which notes the request."""
        found = self._documents.get(target.partition("?")[0])
        if found is not None:
            found.asked_for.append(target)
        return found

    def inbox(self, path: str) -> Inbox | None:
        """The inbox at a path."""
        return self._inboxes.get(path)

    @staticmethod
    def _fresh_path(name: str) -> str:
        return f"/{secrets.token_urlsafe(8)}/{name}"


@contextmanager
def running(host: str, certificate: Path, key: Path) -> Iterator[CallbackServer]:
    """Serve over https on a free port while the context lasts."""
    server = TlsServer((host, 0), certificate, key)
    pages = CallbackServer(f"{host}:{server.server_port}")
    with server.answering(_handler_of(pages)):
        yield pages


def _handler_of(pages: CallbackServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 30

        def do_GET(self) -> None:
            document = pages.document(self.path)
            if document is None:
                self.send_error(404)
                return
            body = document.content.encode()
            self.send_response(200)
            self.send_header("Content-Type", document.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            inbox = pages.inbox(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if inbox is None:
                self.send_error(404)
                return
            tls, cipher = "", ""
            if isinstance(self.connection, ssl.SSLSocket):
                tls, cipher = self.connection.version() or "", (self.connection.cipher() or ("",))[0]
            form = parse_qsl(body.decode("latin-1"), keep_blank_values=True)
            inbox.put(Post(self.headers.get("Content-Type", ""), form, tls, cipher))
            self.send_response(200)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Keep the report free of access lines."""

    return Handler
