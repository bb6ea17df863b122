"""An X-shaped provider: OAuth 2.0 with PKCE, and the one profile request that belongs to it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp.dev.upstreams import pages
from idp.dev.upstreams.personas import Persona
from idp.dev.upstreams.stage import Stage, basic_of, challenge_of, form_of

LONGEST_STATE = 500
PROFILES_IN_A_WINDOW = 75
_DEFAULT_FIELDS = ("id", "name", "username")


@dataclass
class XStage(Stage):
    """X, as far as a server-side application meets it.

    Attributes:
        gives_email: The switch "Request email from users" in X's console.
        me_more: Members of the profile's envelope that a test wants on top.
    """

    code_life: timedelta = timedelta(seconds=30)
    gives_email: bool = True
    me_more: dict[str, Any] = field(default_factory=dict)
    profiles: Counter[str] = field(default_factory=Counter)

    def application(self) -> Starlette:
        """The provider, ready to be served at its origin."""
        return Starlette(
            routes=[
                Route("/i/oauth2/authorize", self._authorize),
                Route("/choose", self.choose, methods=["POST"]),
                Route("/2/oauth2/token", self._token, methods=["POST"]),
                Route("/2/users/me", self._me),
                Route("/profile_images/{name}", self.picture),
                Route("/simulator.css", pages.style),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        known = asked.get("client_id") == self.app.client_id and asked.get("redirect_uri") == self.app.redirect_uri
        challenged = asked.get("code_challenge") and asked.get("code_challenge_method") in {"S256", "plain"}
        state = asked.get("state", "")
        if not known or not challenged or not 0 < len(state) <= LONGEST_STATE or asked.get("response_type") != "code":
            return pages.error(self.name, "Something went wrong", "You weren't able to give access to the App.")
        return self.ask(asked)

    async def _token(self, request: Request) -> Response:
        self.requests.append("token")
        form = await form_of(request)
        if self.app.secret is not None:
            if basic_of(request) != (self.app.client_id, self.app.secret):
                return JSONResponse(
                    {"error": "unauthorized_client", "error_description": "Missing valid authorization header"}, 401
                )
        elif form.get("client_id") != self.app.client_id:
            return _invalid("Missing required parameter [client_id].")
        grant = self.take(form.get("code"))
        if failed := await self.dally(grant):
            return failed
        if grant is None or form.get("redirect_uri") != grant.request["redirect_uri"]:
            return _invalid("Value passed for the authorization code was invalid.")
        if "code_verifier" not in form:
            return _invalid("Missing required parameter [code_verifier].")
        method = grant.request["code_challenge_method"]
        if challenge_of(form["code_verifier"], method) != grant.request["code_challenge"]:
            return _invalid("Value passed for the code verifier did not match the code challenge.")
        answer = {
            "token_type": "bearer",
            "expires_in": 7200,
            "access_token": self.token_for(grant),
            "scope": " ".join(sorted(grant.scopes)),
        }
        if "offline.access" in grant.scopes:
            answer["refresh_token"] = self.new_code()
        return JSONResponse(answer)

    async def _me(self, request: Request) -> Response:
        self.requests.append("me")
        grant = self.bearer(request)
        if grant is None:
            return JSONResponse({"title": "Unauthorized", "type": "about:blank", "status": 401}, 401)
        if not {"tweet.read", "users.read"} <= grant.scopes:
            return JSONResponse(
                {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden"}, 403
            )
        persona = grant.persona
        if not persona.is_enrolled:
            return JSONResponse(_not_enrolled(self.app.client_id), 403)
        self.profiles[persona.key] += 1
        if self.profiles[persona.key] > PROFILES_IN_A_WINDOW:
            problem = {
                "title": "Too Many Requests",
                "detail": "Too Many Requests",
                "type": "about:blank",
                "status": 429,
            }
            return JSONResponse(problem, 429, headers={"x-rate-limit-remaining": "0"})
        fields = {*_DEFAULT_FIELDS, *request.query_params.get("user.fields", "").split(",")}
        told: dict[str, Any] = {
            "id": persona.subject,
            "name": persona.name,
            "username": persona.username,
            "profile_image_url": f"{self.origin}/{_picture_of(persona)}_normal.jpg",
            "verified": True,
            "verified_type": "blue",
        }
        if self.gives_email and "users.email" in grant.scopes and persona.email is not None:
            told["confirmed_email"] = persona.email
        return JSONResponse({"data": {name: value for name, value in told.items() if name in fields}} | self.me_more)


def _picture_of(persona: Persona) -> str:
    """Who has none is shown by one of X's own."""
    return f"profile_images/{persona.key}" if persona.has_picture else "sticky/default_profile_images/default_profile"


def _invalid(description: str) -> Response:
    return JSONResponse({"error": "invalid_request", "error_description": description}, 400)


def _not_enrolled(client_id: str) -> dict[str, str]:
    return {
        "client_id": client_id,
        "detail": "When authenticating requests to the Twitter API v2 endpoints, you must use keys and tokens from a "
        "Twitter developer App that is attached to a Project.",
        "registration_url": "https://developer.twitter.com/en/docs/projects/overview?" + urlencode({"app": client_id}),
        "title": "Client Forbidden",
        "required_enrollment": "Appropriate Level of API Access",
        "reason": "client-not-enrolled",
        "type": "https://api.twitter.com/2/problems/client-forbidden",
    }
