"""Request objects by reference: what is fetched, from where, and who waits for it (OpenID Connect Core 1.0, 6.2)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.flows.relying_party import RelyingParty
from tests.flows.request_objects import accepted, ask, refused, registered
from tests.flows.signing_client import SigningClient, Site, open_site, signed_with
from tests.outgoing.servers import serving
from tests.running import Running


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


@pytest.fixture
def signer(provider: Running) -> SigningClient:
    return registered(provider)


@pytest.fixture
def rp(signer: SigningClient) -> RelyingParty:
    return RelyingParty(signer.provider, signer.client)


def test_a_request_is_sent_by_value_or_by_reference(rp: RelyingParty, browser: requests.Session) -> None:
    both = ask(rp, browser, request="x.y.z", request_uri="https://rp.example/r")

    assert refused(both, "invalid_request", "together")


def by_reference(
    provider: Running, site: Site, path: str = "/request", **more: Any
) -> tuple[SigningClient, RelyingParty]:
    signer = registered(provider, request_uris=[site.url(path), site.url("/other#v1")], **more)
    return signer, RelyingParty(provider, signer.client)


@pytest.mark.parametrize("alg", ["RS256", "none"])
def test_a_request_is_fetched_from_a_registered_address(
    provider: Running, browser: requests.Session, site: Site, alg: str
) -> None:
    signer, rp = by_reference(provider, site, alg="RS256")
    bare = {"exp": None, "nbf": None}
    made = (
        signer.request_object(rp.parameters(), **bare)
        if alg != "none"
        else signed_with(None, rp.parameters(), alg="none")
    )

    response = ask(rp, browser, request_uri=site.publish("/request", made.encode()))

    assert accepted(response)


def test_the_fragment_is_compared_and_not_sent(provider: Running, browser: requests.Session, site: Site) -> None:
    signer, rp = by_reference(provider, site)
    site.publish("/other", signer.request_object(rp.parameters()).encode())

    assert accepted(ask(rp, browser, request_uri=site.url("/other#v1")))
    for fragment in ("", "#", "#v2"):
        assert refused(ask(rp, browser, request_uri=site.url("/other" + fragment)), "invalid_request_uri")
    assert site.visits("/other") == len(site.server.requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        "{site}/unregistered",
        "{site}/request?x=1",
        "{site}/request/",
        "{site}/REQUEST",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "data:,e30.e30.",
        "https://rp.example@{host}/request",
        "urn:ietf:params:oauth:other",
    ],
)
def test_nothing_is_fetched_from_an_address_that_is_not_registered(
    provider: Running, browser: requests.Session, site: Site, address: str
) -> None:
    signer, rp = by_reference(provider, site)
    site.publish("/request", signer.request_object(rp.parameters()).encode())
    given = address.replace("{site}", site.url("")).replace("{host}", site.url("").removeprefix("http://"))

    assert refused(ask(rp, browser, request_uri=given), "invalid_request_uri")
    assert not site.server.requests


@pytest.mark.parametrize(
    "address", ["https://10.0.0.1/r", "https://[::1]/r", "http://rp.example/r", "ftp://127.0.0.1/r"]
)
def test_a_registered_address_that_nobody_may_look_at_is_not_fetched(
    provider: Running, browser: requests.Session, address: str
) -> None:
    rp = RelyingParty(provider, provider.client(request_uris=[address]))

    assert refused(ask(rp, browser, request_uri=address), "invalid_request_uri")


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (None, "invalid_request_uri"),
        (b"", "invalid_request_object"),
        (b"\xff", "invalid_request_object"),
        (b"<html>", "invalid_request_object"),
        (b"x" * 40_000, "invalid_request_uri"),
    ],
)
def test_a_document_that_is_no_request_is_refused(
    provider: Running, browser: requests.Session, site: Site, document: bytes | None, error: str
) -> None:
    _, rp = by_reference(provider, site)
    if document is not None:
        site.publish("/request", document)

    assert refused(ask(rp, browser, request_uri=site.url("/request")), error)


def test_a_redirection_to_another_request_is_not_followed(
    provider: Running, browser: requests.Session, site: Site
) -> None:
    signer, rp = by_reference(provider, site)
    target = site.publish("/request", signer.request_object(rp.parameters()).encode())

    def elsewhere(connected: Any, _request: bytes) -> None:
        connected.sendall(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    with serving(elsewhere) as server:
        address = f"http://127.0.0.1:{server.port}/request"
        rp = RelyingParty(provider, registered(provider, request_uris=[address]).client)

        assert refused(ask(rp, browser, request_uri=address), "invalid_request_uri")
    assert not site.server.requests


def test_a_server_that_hangs_holds_only_some_of_those_who_wait(provider: Running) -> None:
    with serving(lambda _connected, _request: server.stopping.wait(20)) as server:
        address = f"http://127.0.0.1:{server.port}/request"
        rp = RelyingParty(provider, registered(provider, request_uris=[address]).client)
        with ThreadPoolExecutor(8) as together:
            asking = [together.submit(ask, rp, requests.Session(), request_uri=address) for _ in range(8)]
            while len(server.requests) < 8:
                assert not any(each.done() for each in asking)

            one_more = ask(rp, requests.Session(), request_uri=address)
            done_by_then = [each for each in asking if each.done()]
            server.stopping.set()

    assert refused(one_more, "invalid_request_uri", "many requests")
    assert not done_by_then
    assert all(refused(each.result(), "invalid_request_uri") for each in asking)
