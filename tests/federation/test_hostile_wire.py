"""A provider whose server misbehaves: answers without an end, packed ones, redirects, pages in the place of JSON."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.federation.connector import Connector
from idp.federation.connectors import ConnectorOptions, build
from idp.federation.problems import UpstreamProblem
from idp.federation.wire import Wire
from idp.outgoing import Outgoing
from tests.federation.direct import CLIENT_ID, SECRET, Direct
from tests.outgoing.servers import Behaviour, answering, serving

PATIENCE = 30


def metadata_of(origin: str) -> bytes:
    """An honest document; what its addresses answer is for a test to say."""
    places = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "keys"}
    return json.dumps({"issuer": origin, **{name: f"{origin}/{path}" for name, path in places.items()}}).encode()


@contextmanager
def provider(token: Behaviour, discovery: Behaviour | None = None) -> Iterator[tuple[Connector, list[bytes]]]:
    """A provider whose token endpoint, or discovery, does as a test wants. Gives a connector and what was asked."""

    def behave(connected: socket.socket, request: bytes) -> None:
        if b"GET /.well-known/openid-configuration " not in request:
            token(connected, request)
        elif discovery is not None:
            discovery(connected, request)
        else:
            answering(body=metadata_of(origin))(connected, request)

    with serving(behave) as server:
        origin = f"http://127.0.0.1:{server.port}"
        wire = Wire(Outgoing(allowed_hosts=(f"127.0.0.1:{server.port}",), timeout=timedelta(seconds=1)))
        options = ConnectorOptions(
            name="there", kind="oidc", label="There", client_id=CLIENT_ID, client_secret=SECRET, issuer=origin
        )
        yield build(options, wire), server.requests


def outcome(there: Direct[GoogleStage], connector: Connector) -> str:
    """Why nobody came of it. In a thread of its own: what never ends is to fail a test and not to hang it."""
    reasons: list[str] = []

    def ask() -> None:
        try:
            connector.identity({"code": "c", "state": "s"}, there.opening(), now=there.clock())
        except UpstreamProblem as problem:
            reasons.append(problem.because)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    assert reasons, "no answer, or another exception"
    return reasons[0]


def dripping(head: bytes) -> Behaviour:
    """One byte after the other, each well within the time of a single read, for ever."""

    def drip(connected: socket.socket, _request: bytes) -> None:
        connected.sendall(head)
        stopped = threading.Event()
        while not stopped.wait(0.1):
            connected.sendall(b" ")

    return drip


SLOW = {
    "head": b"HTTP/1.1 200 OK\r\nX: ",
    "body": b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n",
    "body without an end": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
}


def endless(connected: socket.socket, _request: bytes) -> None:
    connected.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"access_token":"')
    while True:
        connected.sendall(b"x" * 65536)


def packed(connected: socket.socket, request: bytes) -> None:
    assert b"gzip" not in request
    bomb = gzip.compress(b'{"access_token":"' + b"x" * 50_000_000 + b'"}')
    answering(body=bomb, Content_Encoding="gzip", Content_Type="application/json")(connected, request)


PAGE = b"<!doctype html><script>alert(1)</script>"
HOSTILE: dict[str, tuple[Behaviour, str]] = {
    "an endless answer": (endless, "unavailable"),
    "a packed answer": (packed, "unavailable"),
    "a redirect": (answering("302 Found", Location="http://169.254.169.254/latest/meta-data"), "unavailable"),
    "a redirect that keeps the method": (answering("307 Temporary Redirect", Location="/elsewhere"), "unavailable"),
    "a page": (answering(body=PAGE, Content_Type="text/html"), "untrusted"),
    "a page that says 400": (answering("400 Bad Request", PAGE, Content_Type="text/html"), "untrusted"),
    "a page that says 403": (answering("403 Forbidden", PAGE, Content_Type="text/html"), "untrusted"),
    "a page that says 503": (answering("503 Service Unavailable", PAGE, Content_Type="text/html"), "unavailable"),
    "nothing": (answering(), "untrusted"),
    "no content": (answering("204 No Content"), "untrusted"),
    "null": (answering(body=b"null"), "untrusted"),
    "a number": (answering(body=b"7"), "untrusted"),
    "a text": (answering(body=b'"error"'), "untrusted"),
    "a list": (answering(body=b'["error"]'), "untrusted"),
    "deep": (answering(body=b"[" * 200_000), "untrusted"),
    "no utf-8": (answering(body=b'{"access_token":"\xff"}'), "untrusted"),
    "a lone surrogate": (answering(body=b'{"access_token":"\\ud800"}'), "untrusted"),
    "an error with status 200": (answering(body=b'{"error":"invalid_grant"}'), "refused"),
    "a token with an error": (answering(body=b'{"error":"x","access_token":"a","id_token":"a.b.c"}'), "refused"),
    "a token with status 400": (answering("400 Bad Request", b'{"access_token":"a"}'), "untrusted"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_token_endpoint_that_misbehaves_signs_nobody_in(there: Direct[GoogleStage], name: str) -> None:
    behaviour, because = HOSTILE[name]

    with provider(behaviour) as (connector, requests):
        assert outcome(there, connector) == because
        # One question for the metadata, one for the token, and none for where a redirect leads.
        assert [request.split(b" ")[1] for request in requests] == [b"/.well-known/openid-configuration", b"/token"]


@pytest.mark.parametrize("part", SLOW)
@pytest.mark.parametrize("endpoint", ["token", "discovery"])
def test_an_answer_that_drips_is_given_up_as_a_whole(there: Direct[GoogleStage], part: str, endpoint: str) -> None:
    drip = dripping(SLOW[part])

    with provider(drip, drip if endpoint == "discovery" else None) as (connector, _):
        assert outcome(there, connector) == "unavailable"


@pytest.mark.parametrize("name", ["an endless answer", "a packed answer", "a redirect", "a page", "deep", "null"])
def test_a_discovery_document_that_is_none_leads_nowhere(there: Direct[GoogleStage], name: str) -> None:
    behaviour, because = HOSTILE[name]

    with provider(behaviour, behaviour) as (connector, requests):
        assert outcome(there, connector) == because
        assert len(requests) == 1


@pytest.mark.parametrize("name", ["a redirect", "a page", "a page that says 400", "nothing", "null"])
def test_a_check_finds_a_token_endpoint_that_is_none(name: str) -> None:
    keys = answering(body=b'{"keys":[{}]}')

    def behave(connected: socket.socket, request: bytes) -> None:
        (keys if request.startswith(b"GET /keys ") else HOSTILE[name][0])(connected, request)

    with provider(behave) as (connector, _):
        assert len(connector.examine()) == 1
