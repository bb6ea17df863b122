"""A small provider without any OAuth, served by the real server on a real socket."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from datetime import timedelta

import uvicorn
from starlette.responses import Response

from idp.web import replies
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.door import Edge
from idp.web.exchange import Exchange
from idp.web.failures import Failures, PageProblem
from idp.web.headers import HeaderSets
from idp.web.lanes import Lanes
from idp.web.pages import Pages
from idp.web.routes import RouteBuilder
from idp.web.static_files import StaticFiles

ORIGIN = "https://id.example.com"
SECRET_IN_A_CRASH = "hunter2-in-an-exception"


@dataclass(slots=True)
class Gate:
    """Holds handlers on the hashing lane until a test lets them go."""

    opened: threading.Event = field(default_factory=threading.Event)

    def wait(self, _exchange: Exchange) -> Response:
        assert self.opened.wait(timeout=20)
        return replies.json(200, {"hashed": True})


@dataclass(frozen=True, slots=True)
class Site:
    """The running server."""

    port: int
    gate: Gate
    tokens: Csrf

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def raw(self, request: bytes) -> bytes:
        """Send bytes that no HTTP client would, and read until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            received = b""
            while piece := connection.recv(65536):
                received += piece
            return received


def echo(exchange: Exchange) -> Response:
    """Say how the request was read."""
    return replies.json(
        200,
        {
            "method": exchange.method,
            "query": exchange.query.as_mapping(),
            "form": exchange.form.as_mapping(),
            "repeated": sorted(exchange.form.repeated | exchange.query.repeated),
            "params": dict(exchange.path_params),
            "address": exchange.client_address,
            "thread": threading.current_thread().name,
            "browser": exchange.browser,
            "withheld": exchange.cookies_withheld,
            "cookies": dict(exchange.cookies),
        },
    )


def crash(_exchange: Exchange) -> Response:
    raise RuntimeError(SECRET_IN_A_CRASH)


def refuse(_exchange: Exchange) -> Response:
    raise PageProblem("Unknown app", "Go back.", code="invalid_client", hint="client_id is unknown")


def leave(_exchange: Exchange) -> Response:
    return replies.see_other("https://app.example.org/cb?code=1")


def document(exchange: Exchange) -> Response:
    return replies.bytes_with_etag(exchange, b"{}", media_type="application/json", max_age=timedelta(minutes=10))


def serve(pages: Pages, *, https: bool, gate: Gate, static: StaticFiles) -> tuple[uvicorn.Server, RouteBuilder]:
    tokens = Csrf(b"k" * 32, ORIGIN)
    edge = Edge(Lanes(work=2, hashing=1, hashing_queue=1), tokens, Cookies(secure=https), Failures(pages))
    build = RouteBuilder(edge, HeaderSets.of(https=https))

    def login(exchange: Exchange) -> Response:
        return pages.login(exchange.context(), client=None, request=None)

    routes = [
        build.page("/login", login),
        build.page("/login", echo, methods=["POST"]),
        build.page("/authorize", echo, methods=["GET", "POST"], cross_site=True),
        build.page("/authorize/{id}", echo),
        build.page("/account", echo, account=True),
        build.page("/crash", crash),
        build.page("/refuse", refuse),
        build.page("/leave", leave),
        build.api("/token", echo, shared=True),
        build.api("/introspect", echo),
        build.api("/api-crash", crash),
        build.api("/api-refuse", refuse),
        build.api("/hash", gate.wait, lane="hashing"),
        build.public("/jwks", document),
        build.page("/static/{name}", static.serve),
    ]
    config = uvicorn.Config(
        build.application(routes), host="127.0.0.1", port=0, http="httptools", log_config=None, server_header=False
    )
    return uvicorn.Server(config), build
