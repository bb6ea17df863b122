"""A GitHub-shaped provider: OAuth 2.0, errors with status 200, and addresses at an address of their own."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp.dev.upstreams import pages
from idp.dev.upstreams.stage import Stage, challenge_of, form_of

_JSON = "application/json"


@dataclass
class GithubStage(Stage):
    """GitHub, as far as a server-side application meets it.

    Attributes:
        user_more: Members of the profile that a test wants on top of, or instead of, the honest ones.
        emails_instead: What a test wants as the one element in the place of the honest list of addresses.
    """

    user_more: dict[str, Any] = field(default_factory=dict)
    emails_instead: tuple[Any, ...] = ()

    def application(self) -> Starlette:
        """The provider, ready to be served at its origin: site and API together."""
        return Starlette(
            routes=[
                Route("/login/oauth/authorize", self._authorize),
                Route("/choose", self.choose, methods=["POST"]),
                Route("/login/oauth/access_token", self._token, methods=["POST"]),
                Route("/user", self._user),
                Route("/user/emails", self._emails),
                Route("/u/{name}", self.picture),
                Route("/simulator.css", pages.style),
            ]
        )

    def cancelled(self) -> dict[str, str]:
        """With a description, and a link to it."""
        return {
            "error": "access_denied",
            "error_description": "The user has denied your application access.",
            "error_uri": "/apps/troubleshooting#access-denied",
        }

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("client_id") != self.app.client_id:
            return pages.error(self.name, "404", "This is not the web page you are looking for.", status=404)
        wanted = asked.setdefault("redirect_uri", self.app.redirect_uri)
        if wanted != self.app.redirect_uri:
            # It says so to the address that is registered, and not to the one that was asked for.
            return self.back(asked | {"redirect_uri": self.app.redirect_uri}, {"error": "redirect_uri_mismatch"})
        if "code_challenge" in asked and asked.get("code_challenge_method") != "S256":
            return self.back(asked, {"error": "invalid_request"})
        return self.ask(asked)

    async def _token(self, request: Request) -> Response:
        self.requests.append("token")
        form = await form_of(request)
        if (form.get("client_id"), form.get("client_secret")) != (self.app.client_id, self.app.secret):
            return _said(
                request,
                {
                    "error": "incorrect_client_credentials",
                    "error_description": "The client_id and/or client_secret passed are incorrect.",
                },
            )
        grant = self.take(form.get("code"))
        if failed := await self.dally(grant):
            return failed
        challenge = grant.request.get("code_challenge") if grant is not None else None
        unproven = challenge is not None and challenge_of(form.get("code_verifier", ""), "S256") != challenge
        if grant is None or unproven:
            return _said(
                request,
                {
                    "error": "bad_verification_code",
                    "error_description": "The code passed is incorrect or expired.",
                },
            )
        if form.get("redirect_uri", grant.request["redirect_uri"]) != grant.request["redirect_uri"]:
            return _said(request, {"error": "redirect_uri_mismatch"})
        return _said(
            request,
            {
                "access_token": self.token_for(grant),
                "scope": ",".join(sorted(grant.scopes)),
                "token_type": "bearer",
            },
        )

    async def _user(self, request: Request) -> Response:
        self.requests.append("user")
        if refused := self._refused(request):
            return refused
        grant = self.bearer(request)
        if grant is None:
            return _message("Bad credentials", 401)
        persona = grant.persona
        told: dict[str, Any] = {
            "login": persona.username,
            "id": int(persona.subject),
            "avatar_url": f"{self.origin}/u/{persona.key}.png?v=4",
            "type": "User",
            "name": persona.name,
            # What the person shows to everybody, which need not be an address they use.
            "email": None if persona.hides_email else persona.email,
        }
        return JSONResponse(told | self.user_more)

    async def _emails(self, request: Request) -> Response:
        self.requests.append("emails")
        if refused := self._refused(request):
            return refused
        grant = self.bearer(request)
        if grant is None:
            return _message("Bad credentials", 401)
        if "user:email" not in grant.scopes:
            return _message("Not Found", 404)
        persona = grant.persona
        aside = f"{persona.subject}+{persona.username}@users.noreply.github.com"
        told: list[dict[str, Any]] = [{"email": aside, "primary": False, "verified": True, "visibility": None}]
        if persona.email is not None:
            told.append(
                {
                    "email": persona.email,
                    "primary": True,
                    "verified": persona.email_verified,
                    "visibility": "private" if persona.hides_email else "public",
                }
            )
        return JSONResponse(self.emails_instead[0] if self.emails_instead else told)

    @staticmethod
    def _refused(request: Request) -> Response | None:
        """Who does not say who asks is not answered."""
        if request.headers.get("user-agent"):
            return None
        return Response("Request forbidden by administrative rules. Please add a User-Agent header.", 403)


def _said(request: Request, answer: dict[str, Any]) -> Response:
    """An answer of the token endpoint, an error too: status 200, and a form unless JSON is asked for."""
    if _JSON in request.headers.get("accept", ""):
        return JSONResponse(answer)
    return Response(urlencode(answer), media_type="application/x-www-form-urlencoded")


def _message(message: str, status: int) -> Response:
    return JSONResponse({"message": message, "documentation_url": "https://docs.github.com/rest"}, status)
