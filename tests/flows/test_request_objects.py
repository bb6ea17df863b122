"""Authorization requests as request objects: how they are signed, and what is none (RFC 9101)."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.flows.forging import encoded
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.request_objects import EXPLICIT, accepted, ask, on_a_page, refused, registered
from tests.flows.signing_client import SigningClient, jwks, key_for, new_key, public, signed_with
from tests.running import Running

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.fixture
def signer(provider: Running) -> SigningClient:
    return registered(provider)


@pytest.fixture
def rp(signer: SigningClient) -> RelyingParty:
    return RelyingParty(signer.provider, signer.client)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_signed_request_is_answered(provider: Running, browser: requests.Session, alg: str) -> None:
    signer = registered(provider, alg)
    rp = RelyingParty(provider, signer.client)

    response = ask(rp, browser, request=signer.request_object(rp.parameters()))

    assert accepted(response)
    tokens = rp.redeem(answer_in(response)["code"]).json()
    assert rp.claims(tokens["id_token"])["nonce"] == "the-nonce"


def test_a_signed_request_may_say_little_about_itself(rp: RelyingParty, signer: SigningClient, browser: Any) -> None:
    bare = {"nbf": None, "exp": None, "aud": None, "iss": None, "client_id": None, "response_type": None}

    assert accepted(ask(rp, browser, request=signer.request_object(rp.parameters(), **bare)))


@pytest.mark.parametrize("registered_alg", [None, "none"])
def test_an_unsigned_request_is_worth_as_much_as_plain_parameters(
    provider: Running, browser: requests.Session, registered_alg: str | None
) -> None:
    rp = RelyingParty(provider, provider.client(request_object_signing_alg=registered_alg))

    assert accepted(ask(rp, browser, request=signed_with(None, rp.parameters(), alg="none")))


@pytest.mark.parametrize(
    "registered",
    [
        {"request_object_signing_alg": "ES256"},
        {"require_signed_request_object": True},
        {"require_signed_request_object": True, "request_object_signing_alg": "none"},
    ],
    ids=str,
)
def test_an_unsigned_request_is_refused_where_a_signature_is_promised(
    provider: Running, browser: requests.Session, registered: dict[str, Any]
) -> None:
    rp = RelyingParty(provider, provider.client(jwks=jwks(public(key_for("ES256"))), **registered))

    assert refused(ask(rp, browser, request=signed_with(None, rp.parameters(), alg="none")), words="signed")


def test_none_with_a_signature_is_neither_signed_nor_unsigned(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session
) -> None:
    unsigned = signed_with(None, rp.parameters(), alg="none")
    signature = signer.request_object({}).rpartition(".")[2]

    assert refused(ask(rp, browser, request=unsigned + signature))


@pytest.mark.parametrize(
    ("registered_alg", "used", "fits"),
    [("RS256", "RS256", True), ("PS256", "RS256", False), ("none", "RS256", False), (None, "PS256", True)],
)
def test_a_client_is_held_to_the_algorithm_it_is_registered_with(
    provider: Running, browser: requests.Session, registered_alg: str | None, used: str, fits: bool
) -> None:
    client = registered(provider, "RS256", request_object_signing_alg=registered_alg).client
    signer, rp = SigningClient(provider, client, used, key_for("RS256")), RelyingParty(provider, client)

    response = ask(rp, browser, request=signer.request_object(rp.parameters()))

    assert accepted(response) if fits else refused(response, words="signed")


def test_a_request_of_another_signature_is_refused(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session
) -> None:
    stranger = SigningClient(signer.provider, signer.client, "ES256", new_key("ES256"))
    other = registered(signer.provider, "RS256")
    request = signer.request_object(rp.parameters())

    assert refused(ask(rp, browser, request=stranger.request_object(rp.parameters())), words="no key")
    assert refused(ask(rp, browser, request=other.request_object(rp.parameters(), iss=None, client_id=None)))
    assert refused(ask(rp, browser, request=request[:-4] + "AAAA"), words="no key")
    assert refused(ask(rp, browser, request=request.rpartition(".")[0] + "."), words="no key")
    assert accepted(ask(rp, browser, request=request))


@pytest.mark.parametrize("typ", [None, "JWT", "jwt", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"])
def test_a_request_may_say_what_it_is(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session, typ: str | None
) -> None:
    assert accepted(ask(rp, browser, request=signer.request_object(rp.parameters(), header={"typ": typ})))


@pytest.mark.parametrize("typ", ["client-authentication+jwt", "dpop+jwt", "at+jwt"])
def test_another_kind_of_jwt_is_no_request(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session, typ: str
) -> None:
    request = signer.request_object(rp.parameters(), header={"typ": typ})

    assert refused(ask(rp, browser, request=request), words="typ")


def test_assertions_and_requests_cannot_stand_for_one_another(provider: Running, browser: requests.Session) -> None:
    signer = registered(provider, token_endpoint_auth_method="private_key_jwt")
    rp = RelyingParty(provider, signer.client)

    as_request = ask(rp, browser, request=signer.assertion())
    as_assertion = provider.post("/revoke", {"token": "x", **signer.shown(signer.request_object(rp.parameters()))})

    assert refused(as_request, words="sub")
    assert (as_assertion.status_code, as_assertion.json()["error"]) == (401, "invalid_client")


def test_a_client_that_promised_to_sign_is_held_to_it(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, registered(provider, require_signed_request_object=True).client)

    assert refused(rp.authorize(browser), "invalid_request", "signed")


@pytest.mark.parametrize("name", ["client_id", "request", "request_uri"])
def test_a_repeated_request_is_shown_to_the_person(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session, name: str
) -> None:
    query = urlencode(
        [*rp.parameters(request=signer.request_object(rp.parameters())).items(), (name, "a"), (name, "b")]
    )

    assert on_a_page(browser.get(f"{rp.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20))


def test_a_post_carries_a_request_too(rp: RelyingParty, signer: SigningClient, browser: requests.Session) -> None:
    form = {"client_id": rp.client.client_id, "request": signer.request_object(rp.parameters(), header=EXPLICIT)}
    browser.cookies.set("op_tx", "t" * 43, domain="127.0.0.1", path="/")

    assert accepted(browser.post(f"{rp.provider.issuer}/authorize", data=form, allow_redirects=False, timeout=20))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e30",
        "e30.e30.",
        "..",
        "x" * 40_000,
        "é.é.é",
        encoded({"alg": "HS256"}) + ".e30.e30",
        encoded({"alg": "RSA-OAEP"}) + ".a.b.c.d",
        encoded({"alg": "none"}) + "." + encoded(b"[]") + ".",
        encoded({"alg": "none"}) + "." + encoded(b"[" * 9000) + ".",
        encoded({"alg": "none"}) + "." + encoded(b'{"a":' + b"9" * 9000 + b"}") + ".",
        encoded({"alg": "none"}) + "." + encoded(b'{"state":"a","state":"b"}') + ".",
        encoded({"alg": "none"}) + "." + encoded('{"state":"ü"}'.encode("utf-16")) + ".",
        encoded({"alg": "none", "crit": ["x"], "x": 1}) + ".e30.",
        encoded({"alg": "none", "kid": ["a"]}) + ".e30.",
    ],
    ids=lambda text: ascii(text[:30]),
)
def test_anything_else_in_the_place_of_a_request_is_refused(
    rp: RelyingParty, browser: requests.Session, text: str
) -> None:
    browser.cookies.set("op_tx", "t" * 43, domain="127.0.0.1", path="/")
    form = {**rp.parameters(), "request": text or "."}

    response = browser.post(f"{rp.provider.issuer}/authorize", data=form, allow_redirects=False, timeout=20)

    assert refused(response)
