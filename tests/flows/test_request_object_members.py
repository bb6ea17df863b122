"""What stands inside of a request object, and beside it (RFC 9101, OpenID Connect Core 1.0 section 6.1)."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.request_objects import EXPLICIT, accepted, ask, on_a_page, refused, registered
from tests.flows.signing_client import SigningClient, signed_with
from tests.running import Running


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.fixture
def signer(provider: Running) -> SigningClient:
    return registered(provider)


@pytest.fixture
def rp(signer: SigningClient) -> RelyingParty:
    return RelyingParty(signer.provider, signer.client)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"iss": "another"}, "iss"),
        ({"iss": ["{client}"]}, "iss"),
        ({"client_id": "another"}, "client_id"),
        ({"aud": "https://other.example"}, "aud"),
        ({"aud": ["https://other.example"]}, "aud"),
        ({"aud": 1}, "aud"),
        ({"sub": "{client}"}, "sub"),
        ({"sub": "anybody"}, "sub"),
        ({"exp": "+-60"}, "expired"),
        ({"exp": "soon"}, "exp"),
        ({"nbf": "+60"}, "nbf"),
        ({"iat": "+60"}, "iat"),
        ({"request": "e30.e30."}, "request"),
        ({"request_uri": "https://rp.example/r"}, "request_uri"),
        ({"state": ["a"]}, "strings"),
        ({"state": {"a": "b"}}, "strings"),
        ({"nonce": 1.5}, "strings"),
        ({"scope": ["openid"]}, "strings"),
        ({"state": "a\0b"}, "JSON"),
        ({"state": "\ud800"}, "JSON"),
        ({"claims": {"userinfo": {"\ud800": None}}}, "JSON"),
    ],
    ids=ascii,
)
def test_each_member_is_looked_at(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session, changed: dict[str, Any], words: str
) -> None:
    def value(given: Any) -> Any:
        if isinstance(given, str) and given.startswith("+"):
            return int(signer.now) + int(given[1:])
        return json.loads(json.dumps(given).replace("{client}", signer.client.client_id))

    request = signer.request_object(rp.parameters(), **{name: value(given) for name, given in changed.items()})

    assert refused(ask(rp, browser, request=request), words=words)


@pytest.mark.parametrize("aud", ["{issuer}", ["https://other.example", "{issuer}"], ["{issuer}"]])
def test_one_of_several_audiences_may_be_ours(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session, aud: Any
) -> None:
    given = json.loads(json.dumps(aud).replace("{issuer}", rp.provider.issuer))

    assert accepted(ask(rp, browser, request=signer.request_object(rp.parameters(), aud=given)))


def test_clocks_may_be_a_little_apart(rp: RelyingParty, signer: SigningClient, browser: requests.Session) -> None:
    ahead = int(signer.now) + 8

    assert accepted(ask(rp, browser, request=signer.request_object(rp.parameters(), nbf=ahead, iat=ahead)))


def test_what_stands_inside_wins(rp: RelyingParty, signer: SigningClient, browser: requests.Session) -> None:
    request = signer.request_object(rp.parameters(state="inside", nonce="inside"))
    response = ask(rp, browser, request=request, state="outside", nonce="outside")

    assert accepted(response, state="inside")
    tokens = rp.redeem(answer_in(response)["code"]).json()
    assert rp.claims(tokens["id_token"])["nonce"] == "inside"


def test_the_address_inside_counts_and_not_the_one_outside(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session
) -> None:
    wrong = {"redirect_uri": rp.client.redirect_uri + "_invalid"}
    signed = signer.request_object(rp.parameters())
    unsigned = signed_with(None, rp.parameters(), alg="none")
    elsewhere = signer.request_object(rp.parameters(redirect_uri="https://evil.test/"))

    assert accepted(ask(rp, browser, outer=wrong, request=signed))
    assert accepted(ask(rp, browser, outer=wrong, request=unsigned))
    assert on_a_page(ask(rp, browser, request=elsewhere))


def test_a_broken_request_is_answered_only_where_the_address_outside_is_right(
    rp: RelyingParty, browser: requests.Session
) -> None:
    assert refused(ask(rp, browser, request="x.y.z"))
    assert on_a_page(ask(rp, browser, outer={"redirect_uri": "https://evil.test/"}, request="x.y.z"))
    assert on_a_page(ask(rp, browser, outer={"redirect_uri": ""}, request="x.y.z"))
    assert on_a_page(ask(rp, browser, outer={"client_id": "nobody"}, request="x.y.z"))


def test_parameters_beside_a_request_count_only_where_openid_connect_has_it_so(
    provider: Running, browser: requests.Session
) -> None:
    signer, strict = registered(provider), registered(provider, require_signed_request_object=True)
    merged, alone = RelyingParty(provider, signer.client), RelyingParty(provider, strict.client)

    beside = ask(merged, browser, request=signer.request_object(merged.parameters(state=None)), state="outside")
    explicit = signer.request_object(merged.parameters(state=None), header=EXPLICIT)
    required = ask(alone, browser, request=strict.request_object(alone.parameters(state=None)), state="outside")

    assert accepted(beside, state="outside")
    assert accepted(ask(merged, browser, request=explicit, state="outside"), state=None)
    assert accepted(required, state=None)


def test_the_request_alone_is_enough_where_it_says_everything(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session
) -> None:
    query = urlencode(
        {"client_id": rp.client.client_id, "request": signer.request_object(rp.parameters(), header=EXPLICIT)}
    )

    assert accepted(browser.get(f"{rp.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20))


def test_response_types_may_not_differ(rp: RelyingParty, signer: SigningClient, browser: requests.Session) -> None:
    request = signer.request_object(rp.parameters())

    assert refused(ask(rp, browser, request=request, response_type="id_token"), "invalid_request", "response_type")


def test_numbers_and_documents_inside_are_what_they_are_in_a_query(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session
) -> None:
    claims = {"id_token": {"email": {"essential": True}}}
    request = signer.request_object(rp.parameters(), max_age=3600, claims=claims, display=None, extra=True)

    tokens = rp.redeem(answer_in(ask(rp, browser, request=request))["code"]).json()

    assert "email" in rp.claims(tokens["id_token"])
    broken = signer.request_object(rp.parameters(), max_age=True)
    assert refused(ask(rp, browser, request=broken), "invalid_request", "max_age")


def test_the_person_is_asked_about_what_stands_inside(provider: Running, signer: SigningClient) -> None:
    rp, visitor = RelyingParty(provider, signer.client), requests.Session()
    response = ask(rp, visitor, request=signer.request_object(rp.parameters(login_hint="someone@example.com")))

    assert response.status_code == 303
    page = visitor.get(provider.issuer + response.headers["Location"], timeout=20)
    assert "someone@example.com" in page.text
