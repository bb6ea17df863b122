"""Authorization requests as request objects, by value and by reference (RFC 9101, OpenID Connect Core 1.0, 6)."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.flows.forging import encoded
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.signing_client import SigningClient, Site, jwks, key_for, new_key, open_site, public, signed_with
from tests.outgoing.servers import serving
from tests.running import Running

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
EXPLICIT = {"typ": "oauth-authz-req+jwt"}


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


def registered(provider: Running, alg: str = "ES256", **more: Any) -> SigningClient:
    given = {"jwks": jwks(public(key_for(alg)))} | more
    return SigningClient(provider, provider.client(**given), alg, key_for(alg))


@pytest.fixture
def signer(provider: Running) -> SigningClient:
    return registered(provider)


@pytest.fixture
def rp(signer: SigningClient) -> RelyingParty:
    return RelyingParty(signer.provider, signer.client)


def ask(
    rp: RelyingParty, browser: requests.Session, *, outer: dict[str, str] | None = None, **sent: str
) -> requests.Response:
    """A request with what OpenID Connect wants outside of the object, changed as asked."""
    outside = {"client_id": rp.client.client_id, "response_type": "code", "scope": "openid"}
    outside |= {"redirect_uri": rp.client.redirect_uri} if outer is None else outer
    query = urlencode({name: value for name, value in {**outside, **sent}.items() if value})
    return browser.get(f"{rp.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20)


def accepted(response: requests.Response, *, state: str | None = "the-state") -> bool:
    answer = answer_in(response)
    assert "code" in answer, answer
    assert answer.get("state") == state
    return True


def refused(response: requests.Response, error: str = "invalid_request_object", words: str = "") -> bool:
    answer = answer_in(response)
    assert answer.get("error") == error, answer
    assert words in answer["error_description"]
    return True


def on_a_page(response: requests.Response) -> bool:
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (400, "text/html")
    assert "Location" not in response.headers
    return True


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


def test_a_client_that_promised_to_sign_is_held_to_it(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, registered(provider, require_signed_request_object=True).client)

    assert refused(rp.authorize(browser), "invalid_request", "signed")


def test_numbers_and_documents_inside_are_what_they_are_in_a_query(
    rp: RelyingParty, signer: SigningClient, browser: requests.Session
) -> None:
    claims = {"id_token": {"email": {"essential": True}}}
    request = signer.request_object(rp.parameters(), max_age=3600, claims=claims, display=None, extra=True)

    tokens = rp.redeem(answer_in(ask(rp, browser, request=request))["code"]).json()

    assert "email" in rp.claims(tokens["id_token"])
    broken = signer.request_object(rp.parameters(), max_age=True)
    assert refused(ask(rp, browser, request=broken), "invalid_request", "max_age")


def test_a_request_is_sent_by_value_or_by_reference(rp: RelyingParty, browser: requests.Session) -> None:
    both = ask(rp, browser, request="x.y.z", request_uri="https://rp.example/r")

    assert refused(both, "invalid_request", "together")


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


def test_the_person_is_asked_about_what_stands_inside(provider: Running, signer: SigningClient) -> None:
    rp, visitor = RelyingParty(provider, signer.client), requests.Session()
    response = ask(rp, visitor, request=signer.request_object(rp.parameters(login_hint="someone@example.com")))

    assert response.status_code == 303
    page = visitor.get(provider.issuer + response.headers["Location"], timeout=20)
    assert "someone@example.com" in page.text


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
