"""GitHub, against a small server of its shape: errors with status 200, numbers for people, addresses elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp.dev.upstreams.personas import Persona
from idp.dev.upstreams.stage import Stage, challenge_of, form_of
from tests.federation.direct import CLIENT_ID, SECRET, Direct, direct

OCTO = Persona("octo", "583231", "Octo Cat", "", "octo@example.org", True, username="octocat")
ADDRESSES = [
    {"email": "old@example.org", "primary": False, "verified": True},
    {"email": OCTO.email, "primary": True, "verified": True},
]


@dataclass
class GithubStage(Stage):
    """GitHub, as far as a sign-in meets it."""

    addresses: Any = field(default_factory=lambda: list(ADDRESSES))
    user_more: dict[str, Any] = field(default_factory=dict)

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/login/oauth/authorize", self._authorize),
                Route("/choose", self.choose, methods=["POST"]),
                Route("/login/oauth/access_token", self._token, methods=["POST"]),
                Route("/user", self._user),
                Route("/user/emails", self._emails),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        return self.ask(dict(request.query_params))

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, SECRET):
            return JSONResponse({"error": "incorrect_client_credentials", "error_description": "wrong"})
        grant = self.take(form.get("code"))
        if grant is None:
            return JSONResponse({"error": "bad_verification_code", "error_description": "incorrect or expired"})
        if challenge_of(form.get("code_verifier", ""), "S256") != grant.request.get("code_challenge"):
            return JSONResponse({"error": "bad_verification_code"})
        assert "application/json" in request.headers["accept"]
        return JSONResponse({"access_token": self.token_for(grant), "scope": "user:email", "token_type": "bearer"})

    async def _user(self, request: Request) -> Response:
        grant = self.bearer(request)
        if grant is None:
            return JSONResponse({"message": "Bad credentials"}, 401)
        who = grant.persona
        told = {"id": int(who.subject), "login": who.username, "name": who.name, "email": None}
        return JSONResponse(told | self.user_more)

    async def _emails(self, request: Request) -> Response:
        known = self.bearer(request) is not None and self.addresses is not None
        return JSONResponse(self.addresses if known else {"message": "Not Found"}, 200 if known else 404)


@pytest.fixture
def github() -> Iterator[Direct[GithubStage]]:
    with direct("github", GithubStage, (OCTO,)) as started:
        yield started


def test_a_person_is_a_number_with_a_primary_address_that_proves_nothing(github: Direct[GithubStage]) -> None:
    identity = github.travel()

    assert (identity.subject, identity.label) == ("583231", "octocat")
    assert (identity.email, identity.email_verified, identity.is_authoritative) == (OCTO.email, True, False)
    assert identity.profile == {"name": "Octo Cat"}


@pytest.mark.parametrize(
    "addresses",
    [
        None,
        [],
        {"email": "x@example.org"},
        [{"email": "x@example.org", "primary": True, "verified": False}],
        [{"email": "x@example.org", "primary": False, "verified": True}],
        [{"email": 7, "primary": True, "verified": True}],
        ["x@example.org"],
    ],
)
def test_no_other_address_is_taken(github: Direct[GithubStage], addresses: object) -> None:
    github.stage.addresses = addresses

    assert github.travel().email is None


@pytest.mark.parametrize("number", [None, "583231", True, 1.5, [1]])
def test_a_person_without_a_number_is_nobody(github: Direct[GithubStage], number: object) -> None:
    github.stage.user_more = {"id": number}

    assert github.fails() == "untrusted"


def test_errors_with_status_200_are_errors(github: Direct[GithubStage]) -> None:
    assert github.fails(fault="expired") == "refused"
    assert github.fails(github.connector(client_secret="wrong")) == "misconfigured"
    assert github.fails(persona="cancel") == "cancelled"
    assert github.connector().examine() == []
    assert github.connector(client_secret="wrong").examine() != []


def test_pkce_goes_along_and_a_fresh_sign_in_lets_choose_the_account(github: Direct[GithubStage]) -> None:
    asked = github.asked_for(max_age=0, login_hint="octo@example.org")

    assert asked["code_challenge_method"] == "S256"
    assert (asked["prompt"], asked["login"]) == ("select_account", "octo@example.org")
