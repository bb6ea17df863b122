"""`idp explain`: whoever owns an application learns why it was refused, and nobody else does."""

import base64
import html
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from typer.testing import CliRunner, Result

from idp.__main__ import app
from idp.store import clients, refusals
from idp.store.refusals import Refusal
from tests.conftest import DATABASES, fresh_database
from tests.flows.relying_party import RelyingParty
from tests.running import KEK, Running, running_provider


@dataclass(frozen=True)
class Asked:
    """A provider whose operator is asked for reasons."""

    provider: Running
    url: str

    def runs(self, *arguments: str, expect: int = 0) -> Result:
        environ = {
            "IDP_ISSUER": "https://id.example.com",
            "IDP_DATABASE_URL": self.url,
            "IDP_KEY_ENCRYPTION_KEY": KEK,
        }
        result = CliRunner().invoke(app, ["explain", *arguments], env=environ)
        assert result.exit_code == expect, (result.stdout, result.stderr, result.exception)
        return result

    def explains(self, response: requests.Response) -> Any:
        return json.loads(self.runs(response.headers["X-Request-Id"], "--json").stdout)

    def kept(self) -> list[Refusal]:
        with self.provider.database.autocommit() as db:
            return refusals.latest(db, limit=100_000)


@pytest.fixture(scope="module", params=DATABASES)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(f"explained-{request.param}")):
        with running_provider(url) as provider:
            yield Asked(provider, url)


@pytest.fixture
def asked(running: Asked) -> Asked:
    # The quota of the hour is everybody's; each test has an hour of its own.
    running.provider.clock.ahead += timedelta(hours=1)
    return running


@pytest.fixture
def rp(asked: Asked) -> RelyingParty:
    return RelyingParty(asked.provider, asked.provider.client())


REQUESTS: dict[str, tuple[dict[str, str | None], str, str]] = {
    "slash": ({"redirect_uri": "https://rp.example/callback/"}, "Core 1.0 section 3.1.2.1", "a slash at the end"),
    "scheme": ({"redirect_uri": "http://rp.example/callback"}, "Core 1.0 section 3.1.2.1", "scheme: http was sent"),
    "host": ({"redirect_uri": "https://evil.test/callback"}, "RFC 9700", "host: evil.test was sent"),
    "no redirect_uri": ({"redirect_uri": None}, "Core 1.0 section 3.1.2.1", ""),
    "no client_id": ({"client_id": None}, "RFC 6749 section 4.1.1", ""),
    "unknown client_id": ({"client_id": "no-such-client"}, "RFC 6749 section 4.1.2.1", "no client had the client_id"),
    "no response_type": ({"response_type": None}, "RFC 6749 section 3.1.1", ""),
    "implicit": ({"response_type": "id_token"}, "RFC 6749 section 3.1.1", ""),
    "response_mode": ({"response_mode": "pigeon"}, "Multiple Response Type", ""),
    "no PKCE": ({"code_challenge": None, "code_challenge_method": None}, "RFC 7636 section 4.4.1", ""),
    "plain": ({"code_challenge_method": "plain"}, "RFC 7636 sections 4.2 and 4.3", ""),
    "no method": ({"code_challenge_method": None}, "RFC 7636 sections 4.2 and 4.3", ""),
    "short challenge": ({"code_challenge": "short"}, "RFC 7636 section 4.2", ""),
    "prompt": ({"prompt": "none login"}, "Core 1.0 section 3.1.2.1", ""),
    "unknown prompt": ({"prompt": "whisper"}, "Core 1.0 section 3.1.2.1", ""),
    "max_age": ({"max_age": "soon"}, "Core 1.0 section 3.1.2.1", ""),
    "claims": ({"claims": "{"}, "Core 1.0 section 5.5", ""),
    "hint": ({"id_token_hint": "no.such.token"}, "Core 1.0 section 3.1.2.1", ""),
    "registration": ({"registration": "{}"}, "Core 1.0 section 7.2.1", ""),
    "resource": ({"resource": "https://api.example/"}, "RFC 8707 section 2", ""),
    "dpop_jkt": ({"dpop_jkt": "x"}, "RFC 9449 section 10", ""),
    "long": ({"state": "x" * 5_000}, "a limit of this provider", ""),
    "pushed": ({"request_uri": "urn:ietf:params:oauth:request_uri:nothing"}, "RFC 9126 section 2.2", ""),
    "by reference": ({"request_uri": "https://rp.example/request"}, "Core 1.0 section 6.2", ""),
    "two objects": ({"request_uri": "https://rp.example/r", "request": "x"}, "RFC 9101 section 5", ""),
    "object": ({"request": "no.jwt.here"}, "RFC 9101 sections 4", ""),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_an_authorization_request_is_explained(asked: Asked, rp: RelyingParty, name: str) -> None:
    changed, section, difference = REQUESTS[name]

    explained = asked.explains(rp.authorize(**changed))

    assert section in explained["section"]
    assert explained["endpoint"] == "/authorize"
    assert difference in " ".join(explained["differences"])
    assert explained["fix"]
    assert explained["client"] == (None if "client_id" in name else rp.client.client_id)


TOKENS: dict[str, tuple[Callable[[RelyingParty], requests.Response], str, str]] = {
    "wrong secret": (lambda rp: rp.redeem("x", auth=(rp.client.client_id, "no")), "RFC 6749 sections 2.3", "wrong, or"),
    "no secret": (
        lambda rp: rp.provider.post("/token", {"grant_type": "refresh_token", "client_id": rp.client.client_id}),
        "RFC 6749 sections 2.3",
        "showed nothing, and is registered for client_secret_basic",
    ),
    "unknown client": (lambda rp: rp.redeem("x", auth=("nobody", "no")), "RFC 6749 sections 2.3", ""),
    "two methods": (
        lambda rp: rp.token(grant_type="refresh_token", client_secret=rp.client.secret),
        "RFC 6749 section 2.3",
        "",
    ),
    "no grant type": (lambda rp: rp.token(), "RFC 6749 section 4.1.3", ""),
    "password": (lambda rp: rp.token(grant_type="password", username="ada", password="x"), "RFC 6749 section 5.2", ""),
    "not registered grant": (lambda rp: rp.token(grant_type="client_credentials"), "RFC 6749 section 5.2", ""),
    "unknown code": (lambda rp: rp.redeem("no-such-code"), "RFC 6749 section 5.2", ""),
    "no redirect_uri": (lambda rp: rp.redeem("x", redirect_uri=None), "RFC 6749 section 4.1.3", ""),
    "short verifier": (lambda rp: rp.redeem("x", code_verifier="short"), "RFC 7636 section 4.1", ""),
    "unknown refresh token": (lambda rp: rp.refresh("no-such-token"), "RFC 6749 section 5.2", ""),
    "secret in the URL": (
        lambda rp: rp.provider.post("/token?client_secret=x", {"client_id": rp.client.client_id}),
        "RFC 6749 section 2.3.1",
        "",
    ),
    "pushed": (
        lambda rp: rp.provider.post("/par", rp.parameters(prompt="whisper"), auth=rp.client.basic),
        "Core 1.0 section 3.1.2.1",
        "",
    ),
    "revocation": (lambda rp: rp.provider.post("/revoke", {}, auth=rp.client.basic), "RFC 7009", ""),
    "introspection": (lambda rp: rp.provider.post("/introspect", {}, auth=rp.client.basic), "RFC 7662", ""),
    "device": (
        lambda rp: rp.provider.post("/device_authorization", {}, auth=rp.client.basic),
        "RFC 8628 section 3.1",
        "",
    ),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_request_that_a_client_makes_by_itself_is_explained(asked: Asked, rp: RelyingParty, name: str) -> None:
    send, section, difference = TOKENS[name]
    response = send(rp)
    assert response.status_code in {400, 401}, response.text

    explained = asked.explains(response)

    assert section in explained["section"]
    assert difference in " ".join(explained["differences"])
    assert explained["error"] == response.json()["error"]
    assert explained["client"] == (None if name == "unknown client" else rp.client.client_id)


def test_the_reference_is_the_one_that_the_person_sees(asked: Asked, rp: RelyingParty) -> None:
    page = rp.authorize(redirect_uri="https://rp.example/Callback")
    reference = page.text.partition('id="reference"')[2].partition(">")[2].partition("<")[0]

    told = asked.runs(f" {reference.upper()} ").stdout

    assert reference == page.headers["X-Request-Id"]
    assert f"{rp.client.client_id} (Test App)" in told
    assert "https://rp.example/Callback" in told
    assert "compared with https://rp.example/callback" in told
    assert "path: the same but for upper and lower case" in told
    assert f"idp client update {rp.client.client_id} --redirect-uri" in told


def test_the_page_never_shows_what_is_registered(asked: Asked) -> None:
    client = asked.provider.client(
        redirect_uris=["https://hidden-place.example/back"], client_uri="https://home.example/"
    )
    rp = RelyingParty(asked.provider, client)

    page = rp.authorize(redirect_uri="https://rp.example/else")

    assert page.status_code == 400
    assert "hidden-place" not in page.text
    assert "hidden-place" in asked.runs(page.headers["X-Request-Id"]).stdout


def test_a_disabled_client_is_told_from_an_unknown_one(asked: Asked, rp: RelyingParty) -> None:
    with asked.provider.database.transaction() as db:
        clients.set_disabled(db, rp.client.client_id, asked.provider.clock(), now=asked.provider.clock())

    disabled, unknown = rp.authorize(), rp.authorize(client_id="somebody-else")

    assert asked.explains(disabled)["client"] == rp.client.client_id
    assert "the client was disabled then" in asked.explains(disabled)["differences"]
    assert asked.explains(unknown)["client"] is None
    assert disabled.text.count("unknown_client") == unknown.text.count("unknown_client") == 1


def test_what_has_changed_since_is_said(asked: Asked, rp: RelyingParty) -> None:
    page = rp.authorize(redirect_uri="https://rp.example/new")
    asked.provider.clock.ahead += timedelta(seconds=1)
    with asked.provider.database.transaction() as db:
        clients.replace_metadata(
            db, rp.client.client_id, {"redirect_uris": ["https://rp.example/new"]}, now=asked.provider.clock()
        )

    told = asked.explains(page)["differences"]

    assert told == ["it is registered now", "the registration has changed since the refusal"]


def test_a_client_that_was_deleted_is_said_to_be(asked: Asked, rp: RelyingParty) -> None:
    page = rp.authorize(redirect_uri="https://rp.example/else")
    with asked.provider.database.transaction() as db:
        clients.remove(db, rp.client.client_id)

    assert asked.explains(page)["differences"] == ["the client has been deleted since"]


def test_the_latest_refusals_are_listed_and_those_of_one_client(asked: Asked, rp: RelyingParty) -> None:
    other = RelyingParty(asked.provider, asked.provider.client())
    first = rp.authorize(prompt="whisper").headers["X-Request-Id"]
    second = other.authorize(max_age="soon").headers["X-Request-Id"]

    listed = [line["reference"] for line in json.loads(asked.runs("--json").stdout)]
    own = [line["reference"] for line in json.loads(asked.runs("--client", rp.client.client_id, "--json").stdout)]

    assert {first, second} <= set(listed)
    assert own == [first]
    assert "No refusal is kept" in asked.runs("--client", "nobody").stderr


def test_an_unknown_reference_is_answered_with_what_to_do(asked: Asked) -> None:
    said = asked.runs("0123456789abcdef", expect=1).stderr

    assert "no refusal with this reference is kept" in said
    assert "Traceback" not in said


def test_nothing_secret_that_was_sent_is_kept(asked: Asked, rp: RelyingParty) -> None:
    secret, person = "sEcr3t-0123456789-0123456789", "ada.lovelace@example.com"
    token = ".".join(base64.urlsafe_b64encode(part.encode()).decode() for part in ('{"alg":"RS256"}', secret, secret))
    names = [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
    ]
    names += [
        "code_challenge",
        "code_challenge_method",
        "claims",
        "login_hint",
        "id_token_hint",
        "acr_values",
        "resource",
    ]
    names += [
        "request",
        "request_uri",
        "code",
        "code_verifier",
        "refresh_token",
        "grant_type",
        "client_secret",
        "token",
    ]
    names += ["client_assertion", "client_assertion_type", "device_code", "dpop_jkt", "display", secret, person]
    for value in (
        secret,
        person,
        token,
        f"https://rp.example/callback/{secret}?code={token}&u={quote(person)}#{secret}",
    ):
        for name in names:
            rp.authorize(**{name: value})
            rp.token(**{"grant_type": "authorization_code", name: value})
            asked.provider.clock.ahead += timedelta(hours=1)
        rp.redeem("x", auth=(value, value))

    stored = "\n".join(repr(refusal) for refusal in asked.kept())

    assert len(stored) > 10_000
    assert secret not in stored
    assert "lovelace" not in stored
    assert token not in stored
    assert rp.client.secret not in stored


def test_what_was_sent_is_not_repeated_to_a_terminal_as_it_came(asked: Asked, rp: RelyingParty) -> None:
    page = rp.authorize(redirect_uri="https://rp.example/\x1b[31mred")

    told = asked.runs(page.headers["X-Request-Id"]).stdout

    assert "\x1b" not in told
    assert html.unescape(page.text).count("unregistered_redirect_uri") == 1


def test_a_flood_fills_nothing_and_is_answered_as_ever(asked: Asked, rp: RelyingParty) -> None:
    answers = [rp.authorize(redirect_uri=f"https://rp.example/{number}") for number in range(30)]

    assert {answer.status_code for answer in answers} == {400}
    assert len([one for one in asked.kept() if one.client_id == rp.client.client_id]) == 20
    assert asked.runs(answers[29].headers["X-Request-Id"], expect=1)
    assert asked.explains(rp.authorize(prompt="whisper"))["error"] == "invalid_request"


def test_a_silent_request_and_an_answer_that_is_waited_for_are_no_refusals(asked: Asked, rp: RelyingParty) -> None:
    device = RelyingParty(
        asked.provider, asked.provider.client(grant_types=["urn:ietf:params:oauth:grant-type:device_code"])
    )
    code = asked.provider.post("/device_authorization", {"scope": "openid"}, auth=device.client.basic).json()

    assert rp.authorize(prompt="none").status_code == 303
    polled = device.token(grant_type="urn:ietf:params:oauth:grant-type:device_code", device_code=code["device_code"])

    assert polled.json()["error"] == "authorization_pending"
    assert {one.client_id for one in asked.kept()}.isdisjoint({rp.client.client_id, device.client.client_id})


def test_on_the_schema_of_the_release_before_a_refusal_is_answered_all_the_same(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for url in fresh_database("sqlite", request, tmp_path):
        with running_provider(url) as provider:
            with provider.database.autocommit() as db:
                db.exec_driver_sql("DROP TABLE refusals")
            rp = RelyingParty(provider, provider.client())

            answer = rp.authorize(redirect_uri="https://rp.example/else")

            assert answer.status_code == 400
            assert "unregistered_redirect_uri" in answer.text


def test_a_pushed_request_that_was_used_is_explained_without_waiting_for_itself(asked: Asked, rp: RelyingParty) -> None:
    browser = asked.provider.session(asked.provider.person())
    pushed = asked.provider.post("/par", rp.parameters(), auth=rp.client.basic).json()["request_uri"]
    bring = f"{asked.provider.issuer}/authorize?client_id={rp.client.client_id}&request_uri={quote(pushed)}"
    assert browser.get(bring, allow_redirects=False, timeout=20).status_code == 303

    again = browser.get(bring, allow_redirects=False, timeout=20)

    assert again.status_code == 400
    assert "RFC 9126 section 4" in asked.explains(again)["section"]
