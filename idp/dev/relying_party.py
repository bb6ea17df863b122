"""A demo application: a relying party on Authlib's client, as somebody would write one (code flow with PKCE S256)."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuthError
from joserfc.errors import JoseError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from idp.clock import utc_now
from idp.dev.demo_clients import DemoApp
from idp.dev.logout_told import LogoutsTold, NotALogoutToken
from idp.dev.messages import Message, collect_request, collect_response, collected, front_channel
from idp.dev.relying_party_pages import AppPages
from idp.dev.tabs import TabbedOAuth
from idp.dev.visits import SignedIn, Visit, Visits

_log = logging.getLogger(__name__)

_PASSED_ON = ("prompt", "login_hint", "max_age", "ui_locales", "acr_values", "display")
"""Members of an authorization request that a link of ours may set."""

Answer = Callable[[Request, Visit], Awaitable[Response]]


def relying_party(app: DemoApp, issuer: str) -> Starlette:
    """The application, ready to be served at its origin. It reads the provider's metadata at the first sign-in."""
    return _RelyingParty(app, issuer).application()


class _ForeignResponse(Exception):
    """The authorization response names another issuer (RFC 9207 section 2.4)."""


class _RelyingParty:
    def __init__(self, app: DemoApp, issuer: str) -> None:
        self._app = app
        self._issuer = issuer
        self._pages = AppPages(app, issuer)
        self._logouts = LogoutsTold(issuer, app.client_id)
        self._visits = Visits(f"demo_{app.client_id.replace('-', '_')}")
        self._provider: Any = TabbedOAuth().register(
            name="provider",
            client_id=app.client_id,
            client_secret=app.secret,
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_kwargs={
                "scope": app.scope,
                "code_challenge_method": "S256",
                "timeout": 30,
                "trust_env": False,
                "event_hooks": {"request": [collect_request], "response": [collect_response]},
            },
        )

    def application(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._answering(self._home)),
                Route("/login", self._answering(self._login)),
                Route("/callback", self._answering(self._callback)),
                Route("/refresh", self._answering(self._refresh), methods=["POST"]),
                Route("/logout", self._answering(self._logout), methods=["POST"]),
                Route("/signed-out", self._answering(self._signed_out)),
                Route("/backchannel-logout", self._told, methods=["POST"]),
                Route("/initiate", self._initiate, methods=["GET", "POST"]),
                Route("/app.css", self._style),
            ]
        )

    def _answering(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """Give a handler its visit, and turn what goes wrong on the way to the provider into a page."""

        async def handler(request: Request) -> Response:
            visit = self._visits.of(request)
            before = visit.signed_in
            messages: list[Message] = []
            collected.set(messages)
            request.scope["session"] = visit.protocol
            try:
                response = await answer(request, visit)
            except OAuthError as problem:
                facts = {"error": problem.error, "error_description": problem.description}
                response = self._pages.problem("That did not work", _present(facts), messages)
            except _ForeignResponse:
                response = self._pages.problem("An answer from elsewhere", {"iss": "is not the provider's"}, messages)
            except (AuthlibBaseError, JoseError, KeyError, ValueError) as problem:
                _log.warning("the answer was not accepted", extra={"reason": type(problem).__name__})
                facts = {"not accepted": type(problem).__name__}
                response = self._pages.problem("The answer was not accepted", facts, messages)
            except httpx2.HTTPStatusError as problem:
                facts = {"status": problem.response.status_code}
                response = self._pages.problem("The provider refused", facts, messages)
            except httpx2.HTTPError as problem:
                _log.warning("the provider does not answer", extra={"reason": type(problem).__name__})
                facts = {"no answer": type(problem).__name__}
                response = self._pages.problem("The provider does not answer", facts, messages)
            # Redirects above all: a browser that goes back repeats a stored one, with a `state` that is used up.
            response.headers["Cache-Control"] = "no-store"
            return self._visits.keep(request, response, visit, anew=visit.signed_in is not before)

        return handler

    async def _home(self, _request: Request, visit: Visit) -> Response:
        return self._pages.person(visit.signed_in) if visit.signed_in else self._pages.stranger()

    async def _login(self, request: Request, visit: Visit) -> Response:
        asked = {name: request.query_params[name] for name in _PASSED_ON if name in request.query_params}
        response: Response = await self._provider.authorize_redirect(request, self._app.callback, **asked)
        message = front_channel("The browser carries", response.headers["Location"])
        visit.remember_asked(message.members["state"], message)
        return response

    async def _callback(self, request: Request, visit: Visit) -> Response:
        _collect(visit.asked.pop(request.query_params.get("state", ""), None))
        _collect(front_channel("The browser brings back", str(request.url)))
        metadata = await self._provider.load_server_metadata()
        told = request.query_params.get("iss")
        if told != self._issuer and (told or metadata.get("authorization_response_iss_parameter_supported")):
            raise _ForeignResponse
        token = await self._provider.authorize_access_token(request)
        claims = dict(token.pop("userinfo"))
        userinfo = await self._userinfo(token, claims["sub"])
        visit.signed_in = SignedIn(claims, userinfo, dict(token), collected.get() or [])
        return RedirectResponse("/", status_code=303)

    async def _refresh(self, _request: Request, visit: Visit) -> Response:
        who = visit.signed_in
        if who is None or "refresh_token" not in who.token:
            return RedirectResponse("/", status_code=303)
        try:
            fresh = await self._provider.fetch_access_token(
                grant_type="refresh_token", refresh_token=who.token["refresh_token"]
            )
        except OAuthError:
            # The grant has ended, for instance because the person signed out elsewhere.
            visit.signed_in = None
            raise
        who.token = {**who.token, **fresh}
        who.userinfo = await self._userinfo(who.token, who.claims["sub"])
        who.messages = collected.get() or []
        return RedirectResponse("/", status_code=303)

    async def _logout(self, request: Request, visit: Visit) -> Response:
        who, visit.signed_in = visit.signed_in, None
        if who is None:
            return RedirectResponse("/", status_code=303)
        response: Response = await self._provider.logout_redirect(
            request,
            post_logout_redirect_uri=self._app.signed_out,
            id_token_hint=who.token.get("id_token"),
            state=secrets.token_urlsafe(16),
            client_id=self._app.client_id,
        )
        response.status_code = 303
        return response

    async def _signed_out(self, request: Request, visit: Visit) -> Response:
        visit.signed_in = None
        try:
            await self._provider.validate_logout_response(request)
        except OAuthError:
            return self._pages.signed_out(confirmed=False)
        return self._pages.signed_out(confirmed=True)

    async def _told(self, request: Request) -> Response:
        """The provider says that a session has ended (OpenID Connect Back-Channel Logout 1.0 section 2.5)."""
        never_stored = {"Cache-Control": "no-store"}
        async with request.form() as form:
            token = form.get("logout_token")
        try:
            keys = await self._provider.fetch_jwk_set(force=True)
            self._visits.end(self._logouts.session_of(str(token), keys, now=utc_now()))
        except NotALogoutToken:
            return Response(status_code=400, headers=never_stored)
        return Response(headers=never_stored)

    async def _initiate(self, request: Request) -> Response:
        """Sign-in begun by a third party (OpenID Connect Core 1.0 section 4). `target_link_uri` is not followed."""
        if request.method == "POST":
            async with request.form() as form:
                sent = {name: value for name, value in form.items() if isinstance(value, str)}
        else:
            sent = dict(request.query_params)
        if sent.get("iss") != self._issuer:
            return self._pages.problem(
                "Sign-in at another provider", {"iss": "is not the provider of this application"}
            )
        hint = {"login_hint": sent["login_hint"]} if sent.get("login_hint") else {}
        return RedirectResponse(f"/login?{urlencode(hint)}" if hint else "/login", status_code=303)

    async def _style(self, _request: Request) -> Response:
        return self._pages.style()

    async def _userinfo(self, token: dict[str, Any], sub: str) -> dict[str, Any]:
        """The claims of the userinfo endpoint, if they are about the same person (section 5.3.2)."""
        told = dict(await self._provider.userinfo(token=token))
        if told.get("sub") != sub:
            raise ValueError("userinfo is about somebody else")
        return told


def _collect(message: Message | None) -> None:
    messages = collected.get()
    if message is not None and messages is not None:
        messages.append(message)


def _present(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}
