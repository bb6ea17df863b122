"""A Facebook-shaped provider: the login dialog and the part of the Graph API that belongs to it."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from idp.dev.upstreams import pages
from idp.dev.upstreams.signing import SigningKeys
from idp.dev.upstreams.stage import Grant, Stage

VERSIONS = ("v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0")
_TOKEN_LIFE = timedelta(days=60)
_PICTURE_LIFE = timedelta(hours=24)


@dataclass
class FacebookStage(Stage):
    """Facebook, as far as a server-side application meets it.

    Attributes:
        requires_proof: "Require App Secret": every call needs an `appsecret_proof`.
        tokens_of_app: The app that its tokens say they are made for: that of somebody else, if a test wants it.
    """

    requires_proof: bool = True
    tokens_of_app: str | None = None
    limited: bool = False
    me_more: dict[str, Any] = field(default_factory=dict)
    token_more: dict[str, Any] = field(default_factory=dict)
    keys: SigningKeys = field(default_factory=SigningKeys)

    def application(self) -> Starlette:
        """The provider, ready to be served at its origin: dialog and Graph API together."""
        return Starlette(
            routes=[
                Route("/{version}/dialog/oauth", self._dialog),
                Route("/choose", self.choose, methods=["POST"]),
                Route("/{version}/oauth/access_token", self._token),
                Route("/{version}/debug_token", self._debug_token),
                Route("/{version}/me", self._me),
                Route("/{version}/app", self._app),
                Route("/.well-known/oauth/openid/jwks/", self._jwks),
                Route("/picture/{name}", self.picture),
                Route("/simulator.css", pages.style),
            ]
        )

    def cancelled(self) -> dict[str, str]:
        """With Facebook's own members beside the usual one."""
        return {
            "error": "access_denied",
            "error_code": "200",
            "error_description": "Permissions error",
            "error_reason": "user_denied",
        }

    def tail(self) -> str:
        """An empty fragment, so that one of another page cannot stick to ours."""
        return "#_=_"

    async def _dialog(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if request.path_params["version"] not in VERSIONS:
            return pages.error(self.name, "Invalid API version", "The version of the address is not available.")
        if asked.get("client_id") != self.app.client_id:
            return pages.error(self.name, "Invalid App ID", "The provided app ID does not look like a valid app ID.")
        if asked.get("redirect_uri") != self.app.redirect_uri:
            return pages.error(self.name, "URL blocked", "The redirect URI is not white-listed in the app's settings.")
        return self.ask(asked)

    async def _token(self, request: Request) -> Response:
        self.requests.append("token")
        form = dict(request.query_params)
        if wrong := self._wrong_version(request):
            return wrong
        if (form.get("client_id"), form.get("client_secret")) != (self.app.client_id, self.app.secret):
            return graph_error("Error validating client secret.", 1)
        grant = self.take(form.get("code"))
        if failed := await self.dally(grant):
            return failed
        if grant is None:
            return graph_error("This authorization code has been used.", 100)
        if form.get("redirect_uri") != grant.request["redirect_uri"]:
            return graph_error(
                "Error validating verification code. Please make sure your redirect_uri is identical.", 100
            )
        answer: dict[str, Any] = {
            "access_token": f"EAA{self.token_for(grant)}",
            "token_type": "bearer",
            "expires_in": int(_TOKEN_LIFE.total_seconds()),
        }
        if "openid" in grant.scopes:
            answer["id_token"] = self._id_token(grant)
        return JSONResponse(answer)

    async def _debug_token(self, request: Request) -> Response:
        self.requests.append("debug_token")
        if request.query_params.get("access_token") != f"{self.app.client_id}|{self.app.secret}":
            return graph_error("Invalid OAuth access token.", 190)
        grant = self._grant(request.query_params.get("input_token"))
        if grant is None:
            return JSONResponse({"data": {"is_valid": False, "error": {"code": 190}, "scopes": []}})
        return JSONResponse(
            {
                "data": {
                    "app_id": self.tokens_of_app or self.app.client_id,
                    "type": "USER",
                    "is_valid": True,
                    "user_id": grant.persona.subject,
                    "expires_at": int((grant.made_at + _TOKEN_LIFE).timestamp()),
                    "scopes": sorted(grant.scopes),
                }
                | self.token_more
            }
        )

    async def _me(self, request: Request) -> Response:
        self.requests.append("me")
        if wrong := self._wrong_version(request):
            return wrong
        if self.limited:
            return graph_error("Application request limit reached", 4)
        token = request.query_params.get("access_token", "")
        grant = self._grant(token)
        if grant is None:
            return graph_error("Invalid OAuth access token.", 190)
        proof = request.query_params.get("appsecret_proof")
        if proof is None and self.requires_proof:
            return graph_error("API calls from the server require an appsecret_proof argument", 100)
        right = hmac.new((self.app.secret or "").encode(), token.encode(), hashlib.sha256).hexdigest()
        if proof is not None and proof != right:
            return graph_error("Invalid appsecret_proof provided in the API argument", 100)
        # A field may say how it is wanted: picture.width(256).height(256)
        fields = [each.partition(".")[0] for each in (request.query_params.get("fields") or "id,name").split(",")]
        return JSONResponse({name: value for name, value in self._person(grant).items() if name in fields})

    async def picture(self, request: Request) -> Response:
        """A picture, as long as its address is good."""
        if int(request.query_params.get("oe", "0"), 16) <= self.now().timestamp():
            return Response("URL signature expired", 403, media_type="text/plain")
        return await super().picture(request)

    def _person(self, grant: Grant) -> dict[str, Any]:
        persona, picture_ends = grant.persona, int((self.now() + _PICTURE_LIFE).timestamp())
        told: dict[str, Any] = {
            "id": persona.subject,
            "name": persona.name,
            "first_name": persona.given_name,
            "last_name": persona.family_name,
            "picture": {
                "data": {
                    "url": f"{self.origin}/picture/{persona.key}.jpg?oe={picture_ends:x}",
                    "width": 256,
                    "height": 256,
                    "is_silhouette": not persona.has_picture,
                }
            },
        }
        if "email" in grant.scopes and persona.email is not None:
            told["email"] = persona.email
        return told | self.me_more

    async def _app(self, request: Request) -> Response:
        if wrong := self._wrong_version(request):
            return wrong
        if request.query_params.get("access_token") != f"{self.app.client_id}|{self.app.secret}":
            return graph_error("Invalid OAuth access token signature.", 190)
        return JSONResponse({"id": self.app.client_id, "name": "Simulated app"})

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse(self.keys.document())

    def _id_token(self, grant: Grant) -> str:
        """As its test feature gives one: with the address, and without a word on whether it was confirmed."""
        told = self._person(grant)
        claims = {
            "iss": self.origin,
            "aud": self.app.client_id,
            "sub": grant.persona.subject,
            "jti": secrets.token_urlsafe(16),
            "iat": int(self.now().timestamp()),
            "exp": int((self.now() + timedelta(hours=1)).timestamp()),
            "name": told["name"],
        }
        claims |= {name: told[name] for name in ("email",) if name in told}
        if "nonce" in grant.request:
            claims["nonce"] = grant.request["nonce"]
        return self.keys.sign(claims)

    def _grant(self, token: str | None) -> Grant | None:
        return self.tokens.get((token or "").removeprefix("EAA"))

    def _wrong_version(self, request: Request) -> Response | None:
        if request.path_params["version"] in VERSIONS:
            return None
        return graph_error("(#2635) You are calling a deprecated version of the Ads API.", 2635)


def graph_error(message: str, code: int, *, status: int = 400) -> Response:
    """An error of the Graph API, which is not that of RFC 6749."""
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": secrets.token_urlsafe(8)}
    return JSONResponse({"error": error}, status)
