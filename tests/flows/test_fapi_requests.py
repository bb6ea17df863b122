"""What FAPI 2.0 demands of a request and of the client that pushes it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from idp.settings.groups import Lifetimes
from idp.store.grants import grants
from tests.conftest import fresh_database
from tests.flows.people import FormBrowser, somebody
from tests.flows.pushing import PREFIX, bring, push, pushed, refused
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.signing_client import SigningClient, jwks, key_for, public, signed_with
from tests.running import Running, running_provider


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


def under_fapi(provider: Running, alg: str = "PS256", **more: Any) -> tuple[SigningClient, RelyingParty]:
    key = key_for(alg)
    client = provider.client(
        security_profile="fapi_2_0",
        token_endpoint_auth_method="private_key_jwt",
        jwks=jwks(public(key)),
        **more,
    )
    return SigningClient(provider, client, alg, key), RelyingParty(provider, client)


def push_signed(signer: SigningClient, form: dict[str, str], **claims: Any) -> requests.Response:
    return signer.provider.post("/par", form | signer.shown(**claims))


@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA", "Ed25519"])
def test_a_fapi_client_pushes_its_requests(provider: Running, browser: requests.Session, alg: str) -> None:
    signer, rp = under_fapi(provider, alg)

    response = push_signed(signer, rp.parameters())

    assert response.status_code == 201, response.text
    answer = answer_in(bring(rp, browser, response.json()["request_uri"]))
    assert ("code" in answer, answer["iss"]) == (True, provider.issuer)
    assert answer_in(rp.authorize(browser))["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"aud": "{issuer}/token"}, "single string"),
        ({"aud": "{issuer}/par"}, "single string"),
        ({"aud": ["{issuer}"]}, "single string"),
        ({"aud": ["{issuer}", "https://other.example"]}, "single string"),
        ({"exp": 3000}, "too late"),
        ({"nbf": 61}, "nbf"),
        ({"exp": -300}, "expired"),
        ({"sub": None}, "sub"),
    ],
    ids=str,
)
def test_a_fapi_assertion_is_for_the_issuer_and_for_now(provider: Running, changed: dict[str, Any], words: str) -> None:
    signer, rp = under_fapi(provider)

    def value(given: Any) -> Any:
        if isinstance(given, int):
            return int(signer.now) + given
        if isinstance(given, list):
            return [each.replace("{issuer}", provider.issuer) for each in given]
        return given and given.replace("{issuer}", provider.issuer)

    claims = {name: value(given) for name, given in changed.items()}

    assert refused(push_signed(signer, rp.parameters(), **claims), "invalid_client", status=401, words=words)
    assert push_signed(signer, rp.parameters(), nbf=int(signer.now) + 8).status_code == 201


def test_a_fapi_client_never_signs_with_rs256(provider: Running) -> None:
    _, rp = under_fapi(provider)
    by_rs256 = SigningClient(provider, rp.client, "RS256", key_for("PS256"))

    assert refused(push_signed(by_rs256, rp.parameters()), "invalid_client", status=401)


def test_a_fapi_client_has_no_secret(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client(security_profile="fapi_2_0"))

    assert refused(push(rp), "invalid_client", status=401)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "code id_token"}, "unauthorized_client"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"redirect_uri": "http://127.0.0.1/cb"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
    ],
    ids=str,
)
def test_a_fapi_request_is_held_to_the_profile(provider: Running, changed: dict[str, str | None], error: str) -> None:
    signer, rp = under_fapi(
        provider,
        require_pkce=False,
        redirect_uris=["https://rp.example/callback", "http://127.0.0.1/cb"],
        response_types=["code", "code id_token", "token"],
        grant_types=["authorization_code", "implicit"],
    )

    assert refused(push_signed(signer, rp.parameters(**changed)), error)
    assert push_signed(signer, rp.parameters()).status_code == 201


def test_a_signed_request_may_be_pushed_and_is_all_that_counts(provider: Running, browser: requests.Session) -> None:
    signer, rp = under_fapi(provider, require_signed_request_object=True)
    form = {
        "client_id": rp.client.client_id,
        "state": "outside",
        "request": signer.request_object(rp.parameters(state=None)),
    }

    response = push_signed(signer, form)

    assert response.status_code == 201, response.text
    assert "state" not in answer_in(bring(rp, browser, response.json()["request_uri"]))
    assert refused(push_signed(signer, rp.parameters()), "invalid_request", words="signed")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"exp": None}, "exp"),
        ({"nbf": None}, "nbf"),
        ({"aud": None}, "aud"),
        ({"aud": "https://other.example"}, "aud"),
        ({"exp": 70 * 60}, "60 minutes"),
        ({"nbf": -70 * 60}, "60 minutes"),
        ({"exp": -60}, "expired"),
        ({"request_uri": PREFIX + "x"}, "request_uri"),
        ({"redirect_uri": None}, "redirect_uri"),
    ],
    ids=str,
)
def test_a_pushed_signed_request_is_dated(provider: Running, changed: dict[str, Any], words: str) -> None:
    signer, rp = under_fapi(provider, require_signed_request_object=True)
    claims = {name: int(signer.now) + given if isinstance(given, int) else given for name, given in changed.items()}
    form = {"client_id": rp.client.client_id}

    broken = push_signed(signer, {**form, "request": signer.request_object(rp.parameters(), **claims)})

    error = "invalid_request" if "redirect_uri" in changed else "invalid_request_object"
    assert refused(broken, error, words=words)
    ahead = signer.request_object(rp.parameters(), nbf=int(signer.now) + 8, aud=[provider.issuer, "https://rs.example"])
    assert push_signed(signer, {**form, "request": ahead}).status_code == 201


def test_a_pushed_request_is_signed_by_its_client_as_the_profile_has_it(provider: Running) -> None:
    signer, rp = under_fapi(provider, require_signed_request_object=True)
    other, _ = under_fapi(provider, "ES256")
    by_rs256 = SigningClient(provider, rp.client, "RS256", key_for("PS256"))
    form = {"client_id": rp.client.client_id}
    requests_ = (
        other.request_object(rp.parameters(), iss=rp.client.client_id),
        by_rs256.request_object(rp.parameters()),
        signed_with(None, rp.parameters(), alg="none"),
        signer.request_object(rp.parameters())[:-4] + "AAAA",
    )

    for request in requests_:
        assert refused(push_signed(signer, {**form, "request": request}), "invalid_request_object")


def test_a_person_signs_in_to_a_pushed_request(provider: Running) -> None:
    rp, visitor, person = RelyingParty(provider, provider.client()), FormBrowser(provider), somebody(provider)
    login = bring(rp, visitor.http, pushed(rp)).headers["Location"]

    signed_in = visitor.log_in(person, request=login.partition("request=")[2])

    assert "code" in answer_in(visitor.get(signed_in.headers["Location"]))


def test_a_code_under_fapi_lives_a_minute_however_long_others_live(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    for url in fresh_database("sqlite", request, tmp_path):
        with running_provider(url, lifetimes=Lifetimes(code=timedelta(minutes=10))) as provider:
            signer, rp = under_fapi(provider)
            other, browser = RelyingParty(provider, provider.client()), provider.session(provider.person())
            reference = push_signed(signer, rp.parameters()).json()["request_uri"]
            bring(rp, browser, reference)
            other.code(browser)
            with provider.database.autocommit() as db:
                lives = {row.client_id: row.code_expires_at - row.issued_at for row in db.execute(select(grants)).all()}

    assert lives == {rp.client.client_id: timedelta(minutes=1), other.client.client_id: timedelta(minutes=10)}
