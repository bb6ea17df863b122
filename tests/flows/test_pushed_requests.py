"""Pushed authorization requests (RFC 9126)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests
from sqlalchemy import select

from idp.settings.groups import Lifetimes
from idp.store.pushed_requests import pushed_requests
from tests.conftest import DATABASES, fresh_database
from tests.flows.pushing import PREFIX, bring, push, pushed, refused
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.signing_client import SigningClient, jwks, key_for, public
from tests.running import Running, running_provider


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


def on_a_page(response: requests.Response, code: str) -> bool:
    assert (response.status_code, response.headers["Content-Type"].split(";")[0]) == (400, "text/html")
    assert code in response.text
    return True


def test_a_pushed_request_is_answered_like_any_other(rp: RelyingParty, browser: requests.Session) -> None:
    response = push(rp)
    document = response.json()

    assert (response.status_code, document["expires_in"]) == (201, 60)
    assert response.headers["Cache-Control"] == "no-store"
    assert document["request_uri"].startswith(PREFIX)
    assert len(document["request_uri"]) >= len(PREFIX) + 43
    answer = answer_in(bring(rp, browser, document["request_uri"]))
    assert (answer["state"], answer["iss"]) == ("the-state", rp.provider.issuer)
    assert rp.claims(rp.redeem(answer["code"]).json()["id_token"])["nonce"] == "the-nonce"


def test_only_the_digest_of_a_reference_is_kept_and_no_credential(rp: RelyingParty) -> None:
    fields = {**rp.parameters(), "client_secret": rp.client.secret, "unheard_of": "x"}
    reference = rp.provider.post("/par", fields).json()["request_uri"]

    with rp.provider.database.autocommit() as db:
        of_client = pushed_requests.c.client_id == rp.client.client_id
        row = db.execute(select(pushed_requests).where(of_client)).one()

    assert reference.removeprefix(PREFIX) not in str(row)
    assert set(row.parameters) == set(rp.parameters())


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"])
def test_every_kind_of_client_can_push(provider: Running, browser: requests.Session, method: str) -> None:
    key = key_for("ES256")
    client = provider.client(token_endpoint_auth_method=method, jwks=jwks(public(key)))
    rp, signer = RelyingParty(provider, client), SigningClient(provider, client, "ES256", key)
    shown: dict[str, str] = {
        "client_secret_basic": {},
        "client_secret_post": {"client_secret": client.secret},
        "private_key_jwt": signer.shown(aud=f"{provider.issuer}/par"),
        "none": {},
    }[method]
    auth = client.basic if method == "client_secret_basic" else None

    response = provider.post("/par", rp.parameters() | shown, auth=auth)

    assert response.status_code == 201, response.text
    assert "code" in answer_in(bring(rp, browser, response.json()["request_uri"]))


def test_a_request_is_pushed_by_its_own_client(rp: RelyingParty, provider: Running) -> None:
    other = provider.client()

    assert refused(push(rp, auth=(rp.client.client_id, "wrong")), "invalid_client", status=401)
    assert refused(provider.post("/par", rp.parameters()), "invalid_client", status=401)
    assert refused(push(rp, auth=other.basic), "invalid_request")
    assert push(rp, client_id=None).status_code == 201


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"request_uri": "https://rp.example/r"}, "invalid_request"),
        ({"request_uri": PREFIX + "x"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://evil.test/"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "unheard-of"}, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"claims": "{"}, "invalid_request"),
        ({"id_token_hint": "x"}, "invalid_request"),
        ({"request": "x"}, "invalid_request_object"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"state": "x" * 5000}, "invalid_request"),
    ],
    ids=str,
)
def test_a_request_is_checked_when_it_is_pushed(rp: RelyingParty, changed: dict[str, str | None], error: str) -> None:
    assert refused(push(rp, **changed), error)
    assert push(rp).status_code == 201


def test_a_parameter_that_is_sent_twice_is_refused(rp: RelyingParty) -> None:
    fields = [*rp.parameters().items(), ("nonce", "another")]

    assert refused(rp.provider.post("/par", fields, auth=rp.client.basic))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_only_post_is_understood(rp: RelyingParty, method: str) -> None:
    address = f"{rp.provider.issuer}/par?{urlencode(rp.parameters())}"
    response = requests.request(method, address, auth=rp.client.basic, timeout=20)

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]


def test_a_secret_in_the_url_is_refused(rp: RelyingParty) -> None:
    query = urlencode({"client_id": rp.client.client_id, "client_secret": rp.client.secret})

    assert refused(rp.provider.post(f"/par?{query}", rp.parameters(), auth=rp.client.basic))


def test_what_stands_beside_a_reference_does_not_count(rp: RelyingParty, browser: requests.Session) -> None:
    beside = {"state": "outside", "redirect_uri": "https://evil.test/", "scope": "x", "prompt": "login"}

    answer = answer_in(bring(rp, browser, pushed(rp), **beside))

    assert (answer["state"], "code" in answer) == ("the-state", True)


def test_a_pushed_request_may_be_opened_again_until_it_is_answered(rp: RelyingParty) -> None:
    visitor, reference = requests.Session(), pushed(rp)

    opened = [bring(rp, visitor, reference) for _ in range(3)]

    assert {response.status_code for response in opened} == {303}
    assert len({response.headers["Location"] for response in opened}) == 3
    assert all(response.headers["Location"].startswith("/login?request=") for response in opened)


def test_a_pushed_request_is_answered_once(rp: RelyingParty, browser: requests.Session) -> None:
    reference = pushed(rp)

    assert "code" in answer_in(bring(rp, browser, reference))
    assert on_a_page(bring(rp, browser, reference), "used_request_uri")


def test_the_second_of_two_tabs_gets_no_second_answer(rp: RelyingParty, provider: Running) -> None:
    visitor, person, reference = requests.Session(), provider.person(), pushed(rp)
    tabs = [bring(rp, visitor, reference).headers["Location"].partition("request=")[2] for _ in range(2)]
    visitor.cookies.update(provider.session(person).cookies)

    first, second = (
        visitor.get(f"{provider.issuer}/authorize/{tab}", allow_redirects=False, timeout=20) for tab in tabs
    )

    assert "code" in answer_in(first)
    assert second.status_code == 200
    assert "Location" not in second.headers


def test_a_refusal_is_an_answer_too(rp: RelyingParty) -> None:
    visitor, reference = requests.Session(), pushed(rp, prompt="none")

    assert answer_in(bring(rp, visitor, reference))["error"] == "login_required"
    assert on_a_page(bring(rp, visitor, reference), "used_request_uri")


def test_a_reference_is_good_for_its_client_alone(rp: RelyingParty, browser: requests.Session) -> None:
    other, reference = rp.provider.client(), pushed(rp)

    assert on_a_page(bring(rp, browser, reference, client=other), "unknown_request_uri")
    assert "code" in answer_in(bring(rp, browser, reference))


@pytest.mark.parametrize("reference", [PREFIX, PREFIX + "x", PREFIX + "x" * 5000, PREFIX + "ü", PREFIX + "a#b"])
def test_an_unknown_reference_is_shown_to_the_person(
    rp: RelyingParty, browser: requests.Session, reference: str
) -> None:
    assert on_a_page(bring(rp, browser, reference), "unknown_request_uri")


def test_a_reference_needs_its_client(rp: RelyingParty, browser: requests.Session) -> None:
    query = urlencode({"request_uri": pushed(rp)})

    response = browser.get(f"{rp.provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20)

    assert on_a_page(response, "missing_client_id")


def test_a_reference_expires_and_a_sign_in_that_has_begun_does_not(rp: RelyingParty, provider: Running) -> None:
    person, reference, visitor = provider.person(), pushed(rp), requests.Session()
    waiting = bring(rp, visitor, reference).headers["Location"].partition("request=")[2]
    visitor.cookies.update(provider.session(person).cookies)
    provider.clock.ahead = timedelta(seconds=61)
    try:
        late = bring(rp, requests.Session(), reference)
        finished = visitor.get(f"{provider.issuer}/authorize/{waiting}", allow_redirects=False, timeout=20)
    finally:
        provider.clock.ahead = timedelta()

    assert on_a_page(late, "expired_request_uri")
    assert "code" in answer_in(finished)


def test_an_old_tab_cannot_begin_an_answered_request_again(rp: RelyingParty, provider: Running) -> None:
    person, reference, visitor = provider.person(), pushed(rp), requests.Session()
    old = bring(rp, visitor, reference).headers["Location"].partition("request=")[2]
    assert "code" in answer_in(bring(rp, provider.session(person), reference))
    visitor.cookies.update(provider.session(person).cookies)
    provider.clock.ahead = provider.settings.lifetimes.authorization_request + timedelta(seconds=1)
    try:
        response = visitor.get(f"{provider.issuer}/authorize/{old}", allow_redirects=False, timeout=20)
    finally:
        provider.clock.ahead = timedelta()

    assert on_a_page(response, "used_request_uri")


def test_a_client_that_must_push_is_held_to_it(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(require_pushed_authorization_requests=True))

    plain = answer_in(rp.authorize(browser))

    assert (plain["error"], plain["state"]) == ("invalid_request", "the-state")
    assert "pushed" in plain["error_description"]
    assert "code" in answer_in(bring(rp, browser, pushed(rp)))


@pytest.fixture(scope="module", params=DATABASES)
def strict(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A provider that takes nothing but pushed requests, and forgets them after five seconds."""
    directory: Path = tmp_path_factory.mktemp(request.param)
    for url in fresh_database(request.param, request, directory):
        lives = Lifetimes(pushed_request=timedelta(seconds=5))
        with running_provider(url, require_pushed_authorization_requests=True, lifetimes=lives) as running:
            yield running


def test_an_installation_may_take_nothing_but_pushed_requests(strict: Running) -> None:
    rp, browser = RelyingParty(strict, strict.client()), strict.session(strict.person())

    assert strict.get("/.well-known/openid-configuration").json()["require_pushed_authorization_requests"] is True
    assert answer_in(rp.authorize(browser))["error"] == "invalid_request"
    assert push(rp).json()["expires_in"] == 5
    assert "code" in answer_in(bring(rp, browser, pushed(rp)))


def test_discovery_says_where_to_push_and_what_may_be_signed(provider: Running) -> None:
    document = provider.get("/.well-known/openid-configuration").json()

    assert document["pushed_authorization_request_endpoint"] == f"{provider.issuer}/par"
    assert document["require_pushed_authorization_requests"] is False
    assert document["request_parameter_supported"] is True
    assert document["request_uri_parameter_supported"] is True
    assert document["require_request_uri_registration"] is True
    assert {"none", "RS256", "PS256", "ES256", "EdDSA"} <= set(document["request_object_signing_alg_values_supported"])
    assert "private_key_jwt" in document["token_endpoint_auth_methods_supported"]
    assert "none" not in document["token_endpoint_auth_signing_alg_values_supported"]
