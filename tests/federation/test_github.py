"""GitHub: errors with status 200, numbers for people, addresses elsewhere. Simulator and connector, face to face."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
import requests
from urllib3.util import SKIP_HEADER

from idp.dev.upstreams.github import GithubStage
from idp.dev.upstreams.personas import GITHUB
from idp.federation.problems import UpstreamProblem
from tests.federation.direct import CLIENT_ID, REDIRECT_URI, SECRET, Direct, direct

OCTO, GRETA, GINA, _ = GITHUB
JSON = {"Accept": "application/json"}


@pytest.fixture
def github() -> Iterator[Direct[GithubStage]]:
    with direct("github", GithubStage, GITHUB) as started:
        yield started


def code(github: Direct[GithubStage], persona: str = "octo") -> str:
    """A code for our app, of a request without a challenge."""
    address = f"{github.stage.origin}/login/oauth/authorize?client_id={CLIENT_ID}&scope=read:user%20user:email"
    return github.answer(address, persona)["code"]


def token(github: Direct[GithubStage], persona: str = "octo") -> str:
    form = {"client_id": CLIENT_ID, "client_secret": SECRET, "code": code(github, persona)}
    return str(github.post("/login/oauth/access_token", form, headers=JSON).json()["access_token"])


def ask(github: Direct[GithubStage], path: str, persona: str = "octo", **headers: str) -> requests.Response:
    told = {"Authorization": f"Bearer {token(github, persona)}", **headers}
    return requests.get(github.stage.origin + path, headers=told, timeout=20)


def test_a_person_is_a_number_with_a_primary_address_that_proves_nothing(github: Direct[GithubStage]) -> None:
    identity = github.travel()

    assert (identity.subject, identity.label) == ("583231", "octo")
    assert (identity.email, identity.email_verified, identity.is_authoritative) == (OCTO.email, True, False)
    assert identity.profile == {"name": "Octo Ober"}


def test_an_address_that_nobody_else_sees_is_listed_for_the_app(github: Direct[GithubStage]) -> None:
    assert ask(github, "/user", "greta").json()["email"] is None
    assert GRETA.email in [entry["email"] for entry in ask(github, "/user/emails", "greta").json()]

    identity = github.travel(persona="greta")

    assert (identity.email, identity.email_verified) == (GRETA.email, True)


def test_an_address_that_was_never_checked_is_none(github: Direct[GithubStage]) -> None:
    assert ask(github, "/user", "gina").json()["email"] == GINA.email

    identity = github.travel(persona="gina")

    assert (identity.email, identity.email_verified, identity.label) == (None, False, "gina")


def test_who_does_not_give_the_address_comes_without_one(github: Direct[GithubStage]) -> None:
    assert ask(github, "/user/emails", "gus").status_code == 404

    assert github.travel(persona="gus").email is None


def test_the_address_that_only_passes_mail_on_is_not_taken(github: Direct[GithubStage]) -> None:
    listed = ask(github, "/user/emails").json()

    assert [entry["primary"] for entry in listed if "noreply" in entry["email"]] == [False]
    assert "noreply" not in (github.travel().email or "")


@pytest.mark.parametrize(
    "listed",
    [
        [],
        {"email": "x@example.org"},
        [{"email": "x@example.org", "primary": True, "verified": False}],
        [{"email": "x@example.org", "primary": False, "verified": True}],
        [{"email": "x@example.org", "primary": "true", "verified": 1}],
        [{"email": 7, "primary": True, "verified": True}],
        ["x@example.org"],
        "x@example.org",
    ],
)
def test_no_other_address_is_taken(github: Direct[GithubStage], listed: object) -> None:
    github.stage.emails_instead = (listed,)

    assert github.travel().email is None


@pytest.mark.parametrize("number", [None, "583231", True, 1.5, [1], -(10**300)])
def test_a_person_without_a_number_is_nobody(github: Direct[GithubStage], number: object) -> None:
    github.stage.user_more = {"id": number}

    assert github.fails() == "untrusted"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_secret": "wrong"}, "incorrect_client_credentials"),
        ({"code": "wrong"}, "bad_verification_code"),
        ({"redirect_uri": "https://elsewhere.example/"}, "redirect_uri_mismatch"),
    ],
)
def test_its_token_endpoint_tells_errors_with_status_200(
    github: Direct[GithubStage], changed: dict[str, str], error: str
) -> None:
    form = {"client_id": CLIENT_ID, "client_secret": SECRET, "code": code(github), **changed}

    answer = github.post("/login/oauth/access_token", form, headers=JSON)

    assert (answer.status_code, answer.json()["error"]) == (200, error)


def test_its_token_endpoint_answers_with_a_form_unless_json_is_asked_for(github: Direct[GithubStage]) -> None:
    form = {"client_id": CLIENT_ID, "client_secret": SECRET, "code": code(github)}

    answer = github.post("/login/oauth/access_token", form)

    assert answer.headers["Content-Type"].startswith("application/x-www-form-urlencoded")
    # Commas between the scopes: those who split at spaces find one scope of an odd name.
    assert parse_qs(answer.text)["scope"] == ["read:user,user:email"]
    assert github.travel().subject == OCTO.subject


@pytest.mark.parametrize(
    ("fault", "because"), [("expired", "refused"), ("broken", "unavailable"), ("slow", "unavailable")]
)
def test_what_fails_there_has_its_reason_here(github: Direct[GithubStage], fault: str, because: str) -> None:
    assert github.fails(fault=fault) == because


def test_errors_with_status_200_are_errors(github: Direct[GithubStage]) -> None:
    assert github.fails(github.connector(client_secret="wrong")) == "misconfigured"
    assert github.fails(persona="cancel") == "cancelled"
    assert github.connector().examine() == []
    assert github.connector(client_secret="wrong").examine() == [
        "the provider does not accept client_id and client_secret"
    ]


def test_a_code_works_once(github: Direct[GithubStage]) -> None:
    connector, opening = github.connector(), github.opening()
    answer = github.answer(connector.authorization_url(opening), "octo")
    connector.identity(answer, opening, now=github.clock())

    form = {"client_id": CLIENT_ID, "client_secret": SECRET, **answer, "code_verifier": opening.code_verifier}
    again = github.post("/login/oauth/access_token", form, headers=JSON)

    assert again.json()["error"] == "bad_verification_code"


def test_a_code_is_good_for_ten_minutes(github: Direct[GithubStage]) -> None:
    given = code(github)
    github.stage.ahead = timedelta(minutes=10, seconds=1)

    form = {"client_id": CLIENT_ID, "client_secret": SECRET, "code": given}

    assert github.post("/login/oauth/access_token", form, headers=JSON).json()["error"] == "bad_verification_code"


def test_a_redirect_uri_that_is_not_registered_is_said_at_the_one_that_is(github: Direct[GithubStage]) -> None:
    address = f"/login/oauth/authorize?client_id={CLIENT_ID}&redirect_uri=https://elsewhere.example/&state=s"

    answer = github.get(address)

    assert answer.headers["Location"] == f"{REDIRECT_URI}?error=redirect_uri_mismatch&state=s"


@pytest.mark.parametrize("error", ["redirect_uri_mismatch", "application_suspended"])
def test_what_only_the_operator_can_mend_is_said_to_the_operator(github: Direct[GithubStage], error: str) -> None:
    connector, opening = github.connector(), github.opening()

    with pytest.raises(UpstreamProblem) as raised:
        connector.identity({"error": error}, opening, now=github.clock())

    assert raised.value.because == "misconfigured"


def test_pkce_goes_along_and_is_held_to(github: Direct[GithubStage]) -> None:
    connector, opening = github.connector(), github.opening()
    answer = github.answer(connector.authorization_url(opening), "octo")

    with pytest.raises(UpstreamProblem) as raised:
        connector.identity(answer, replace(opening, code_verifier="w" * 43), now=github.clock())

    assert raised.value.because == "refused"
    assert github.asked_for()["code_challenge_method"] == "S256"


def test_it_knows_no_challenge_but_s256(github: Direct[GithubStage]) -> None:
    address = f"/login/oauth/authorize?client_id={CLIENT_ID}&code_challenge=x&code_challenge_method=plain"

    assert github.get(address).headers["Location"] == f"{REDIRECT_URI}?error=invalid_request"


def test_a_fresh_sign_in_lets_choose_the_account(github: Direct[GithubStage]) -> None:
    asked = github.asked_for(max_age=0, login_hint="octo@example.org")

    assert (asked["prompt"], asked["login"]) == ("select_account", "octo@example.org")


@pytest.mark.parametrize("path", ["/user", "/user/emails"])
def test_who_does_not_say_who_asks_is_not_answered(github: Direct[GithubStage], path: str) -> None:
    assert ask(github, path, **{"User-Agent": SKIP_HEADER}).status_code == 403
