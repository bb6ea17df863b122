"""A Google-shaped OpenID provider."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp.dev.upstreams import pages
from idp.dev.upstreams.signing import SigningKeys
from idp.dev.upstreams.stage import Grant, Stage, basic_of, challenge_of, form_of

_TOKEN_LIFE = timedelta(hours=1)
_PROMPTS = frozenset({"none", "consent", "select_account"})

Forge = Callable[[dict[str, Any], SigningKeys], object]
"""Makes an ID token in the place of an honest one, from what the honest one would say."""


@dataclass
class GoogleStage(Stage):
    """Google, as far as a server-side application meets it.

    Attributes:
        legacy_issuer: Whether tokens leave the scheme out of `iss`.
        forge: For tests of what a lying provider can do.
        discovery_more: Members that the discovery document gets on top of, or instead of, the honest ones.
    """

    legacy_issuer: bool = False
    forge: Forge | None = None
    discovery_more: dict[str, Any] = field(default_factory=dict)
    token_more: dict[str, Any] = field(default_factory=dict)
    userinfo_more: dict[str, Any] = field(default_factory=dict)
    keys: SigningKeys = field(default_factory=SigningKeys)
    consented: set[str] = field(default_factory=set)

    def application(self) -> Starlette:
        """The provider, ready to be served at its origin."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/o/oauth2/v2/auth", self._authorize),
                Route("/choose", self.choose, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/oauth2/v3/certs", self._certs),
                Route("/v1/userinfo", self._userinfo),
                Route("/picture/{name}", self.picture),
                Route("/simulator.css", pages.style),
            ]
        )

    def new_code(self) -> str:
        """With a slash in it, as Google's have."""
        return f"4/0A{secrets.token_urlsafe(48)}"

    async def _discovery(self, _request: Request) -> Response:
        self.requests.append("discovery")
        if failed := await self.dally(None):
            return failed
        document = {
            "issuer": self.origin,
            "authorization_endpoint": f"{self.origin}/o/oauth2/v2/auth",
            "token_endpoint": f"{self.origin}/token",
            "userinfo_endpoint": f"{self.origin}/v1/userinfo",
            "jwks_uri": f"{self.origin}/oauth2/v3/certs",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["plain", "S256"],
        }
        return JSONResponse(document | self.discovery_more, headers={"Cache-Control": "public, max-age=3600"})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("client_id") != self.app.client_id:
            return pages.error(self.name, "Error 401: invalid_client", "The OAuth client was not found.", status=401)
        if asked.get("redirect_uri") != self.app.redirect_uri:
            return pages.error(self.name, "Error 400: redirect_uri_mismatch", "The app's request is invalid.")
        if set(asked.get("prompt", "").split()) - _PROMPTS:
            return pages.error(self.name, "Error 400: invalid_request", "Invalid parameter value for prompt.")
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return pages.error(self.name, "Error 400: invalid_request", "A parameter is missing.")
        return self.ask(asked)

    async def _token(self, request: Request) -> Response:
        self.requests.append("token")
        form = await form_of(request)
        given = basic_of(request) or (form.get("client_id", ""), form.get("client_secret", ""))
        if given != (self.app.client_id, self.app.secret):
            return JSONResponse({"error": "invalid_client", "error_description": "Unauthorized"}, 401)
        grant = self.take(form.get("code"))
        if failed := await self.dally(grant):
            return failed
        if grant is None or form.get("redirect_uri") != grant.request["redirect_uri"]:
            return _invalid_grant()
        challenge, method = grant.request.get("code_challenge"), grant.request.get("code_challenge_method", "plain")
        if challenge is not None and challenge_of(form.get("code_verifier", ""), method) != challenge:
            return _invalid_grant()
        answer: dict[str, Any] = {
            "access_token": self.token_for(grant),
            "expires_in": 3599,
            "scope": "openid https://www.googleapis.com/auth/userinfo.email "
            "https://www.googleapis.com/auth/userinfo.profile",
            "token_type": "Bearer",
            "id_token": self._id_token(grant),
        }
        first_time = grant.persona.key not in self.consented or grant.request.get("prompt") == "consent"
        if grant.request.get("access_type") == "offline" and first_time:
            answer["refresh_token"] = f"1//{secrets.token_urlsafe(48)}"
        self.consented.add(grant.persona.key)
        return JSONResponse(answer | self.token_more)

    def _id_token(self, grant: Grant) -> object:
        now = self.now()
        issuer = self.origin.partition("://")[2] if self.legacy_issuer else self.origin
        claims = {
            "iss": issuer,
            "azp": self.app.client_id,
            "aud": self.app.client_id,
            **self.person(grant),
            "iat": int(now.timestamp()),
            "exp": int((now + _TOKEN_LIFE).timestamp()),
        }
        if "nonce" in grant.request:
            claims["nonce"] = grant.request["nonce"]
        return self.forge(claims, self.keys) if self.forge is not None else self.keys.sign(claims)

    def person(self, grant: Grant) -> dict[str, Any]:
        """The claims about a person."""
        persona = grant.persona
        told: dict[str, Any] = {"sub": persona.subject}
        if "email" in grant.scopes and persona.email is not None:
            told |= {"email": persona.email, "email_verified": persona.email_verified}
        if "profile" in grant.scopes:
            told |= {"name": persona.name, "given_name": persona.given_name, "family_name": persona.family_name}
            if persona.has_picture:
                told["picture"] = f"{self.origin}/picture/{persona.key}.jpg"
        if persona.hosted_domain is not None:
            told["hd"] = persona.hosted_domain
        return told

    async def _certs(self, _request: Request) -> Response:
        self.requests.append("certs")
        if failed := await self.dally(None):
            return failed
        headers = {"Cache-Control": f"public, max-age={self.keys.max_age}, must-revalidate"}
        return JSONResponse(self.keys.document(), headers=headers)

    async def _userinfo(self, request: Request) -> Response:
        self.requests.append("userinfo")
        grant = self.bearer(request)
        if grant is None:
            return JSONResponse({"error": "invalid_request"}, 401)
        return JSONResponse(self.person(grant) | self.userinfo_more)


def _invalid_grant() -> Response:
    return JSONResponse({"error": "invalid_grant", "error_description": "Bad Request"}, 400)
