"""The pages of a demo application. Everything that is not written here is escaped, the provider's words above all."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from starlette.responses import HTMLResponse, Response

from idp.dev.demo_clients import DemoApp
from idp.dev.messages import Message
from idp.dev.visits import SignedIn

_STYLE = Path(__file__).parent / "static" / "relying_party.css"
_TIMES = frozenset({"exp", "iat", "auth_time", "updated_at", "nbf"})
_WAYS = (
    ("prompt=none", "Silently (prompt=none)", "answers login_required if nobody is signed in"),
    ("prompt=login", "With the password again (prompt=login)", "even if somebody is signed in"),
    ("prompt=select_account", "As somebody else (prompt=select_account)", "choose who"),
    ("prompt=consent", "Be asked again (prompt=consent)", "what this application may see"),
    ("prompt=create", "With a new account (prompt=create)", "sign up first"),
    ("max_age=60", "If it is fresh (max_age=60)", "the sign-in may be a minute old"),
    ("login_hint=bob%40example.com", "As Bob (login_hint)", "the address is filled in"),
)
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class AppPages:
    """One application's pages, in its name and colour."""

    def __init__(self, app: DemoApp, issuer: str) -> None:
        self._app = app
        self._issuer = issuer
        self._style = _STYLE.read_text(encoding="utf-8") + f":root {{ --accent: {app.accent}; }}\n"

    def style(self) -> Response:
        """The stylesheet."""
        return Response(self._style, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})

    def stranger(self) -> HTMLResponse:
        """Home, for who is not signed in."""
        ways = "".join(
            f'<li><a href="/login?{query}">{escape(words)}</a> <span class="quiet">- {escape(what)}</span></li>'
            for query, words, what in _WAYS
        )
        return self._page(
            f"Welcome to {self._app.name}",
            f"<p>{escape(self._app.promise)}</p>"
            '<p class="actions"><a class="button" id="sign-in" href="/login">Sign in</a></p>'
            f'<section><h2>Other ways to ask</h2><ul class="ways">{ways}</ul></section>'
            f'<p class="quiet">Asks for: {escape(self._app.scope)}</p>',
        )

    def person(self, who: SignedIn) -> HTMLResponse:
        """Home, for who is signed in: what the provider said about them, and how."""
        name = who.userinfo.get("name") or who.userinfo.get("email") or who.claims.get("sub")
        refresh = (
            '<form method="post" action="/refresh">'
            '<button class="button second" id="refresh">Refresh the tokens</button></form>'
            if "refresh_token" in who.token
            else ""
        )
        return self._page(
            f"Hello, {name}",
            f'<p>You are signed in to {escape(self._app.name)}.</p><div class="actions">'
            '<form method="post" action="/logout"><button class="button" id="sign-out">Sign out</button></form>'
            f'{refresh}<a class="button second" href="/login?prompt=none">Ask again silently</a></div>'
            + _section("ID token", "id-token", who.claims)
            + _section("Userinfo", "userinfo", who.userinfo)
            + _section("Token response", "token-response", token_facts(who.token))
            + _messages(who.messages),
        )

    def problem(self, heading: str, facts: Mapping[str, object], messages: Iterable[Message] = ()) -> HTMLResponse:
        """What went wrong, in the provider's words."""
        return self._page(
            heading,
            '<section class="problem" id="problem" role="alert">'
            f"<h2>What the provider said</h2>{_table(facts)}</section>"
            '<p class="actions"><a class="button" href="/login">Try again</a>'
            '<a class="button second" href="/">Home</a></p>' + _messages(messages),
            status=400,
        )

    def signed_out(self, *, confirmed: bool) -> HTMLResponse:
        """After a sign-out; `confirmed` if the provider brought back the `state` that it was given."""
        words = (
            "The provider has ended its session too, so other applications will ask again."
            if confirmed
            else "This application has forgotten you. The provider did not say what it did."
        )
        return self._page(
            "You are signed out",
            f'<p id="signed-out">{words}</p><p class="actions"><a class="button" href="/">Home</a></p>',
        )

    def _page(self, heading: str, body: str, *, status: int = 200) -> HTMLResponse:
        app, issuer = escape(self._app.name), escape(self._issuer)
        return HTMLResponse(
            f"<!doctype html><html lang='en'><head><meta charset='utf-8'>"
            f"<meta name='viewport' content='width=device-width, initial-scale=1'>"
            f"<title>{escape(heading)} - {app}</title><link rel='stylesheet' href='/app.css'></head><body>"
            f"<header><div><a href='/'>{app}</a><span>a demo application</span></div></header>"
            f"<main><h1>{escape(heading)}</h1>{body}</main>"
            f"<footer>Signs people in with OpenID Connect at <a href='{issuer}/'>{issuer}</a>.</footer></body></html>",
            status_code=status,
            headers=_HEADERS,
        )


def token_facts(token: Mapping[str, object]) -> dict[str, object]:
    """What is worth knowing of a token response, without the tokens."""
    facts = {name: token[name] for name in ("token_type", "expires_in", "expires_at", "scope") if name in token}
    held = [name for name in ("id_token", "access_token", "refresh_token") if token.get(name)]
    return facts | {"tokens received": ", ".join(held)}


def _section(heading: str, anchor: str, members: Mapping[str, object]) -> str:
    return f'<section id="{anchor}"><h2>{escape(heading)}</h2>{_table(members)}</section>'


def _messages(messages: Iterable[Message]) -> str:
    shown = "".join(f"<h3>{escape(message.title)}</h3>{_table(message.members)}" for message in messages)
    return f"<section><details><summary>Protocol messages</summary>{shown}</details></section>" if shown else ""


def _table(members: Mapping[str, object]) -> str:
    rows = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(_cell(name, value))}</td></tr>"
        for name, value in members.items()
    )
    return f"<table>{rows}</table>" if rows else "<p class='quiet'>nothing</p>"


def _cell(name: str, value: object) -> str:
    if name in _TIMES and isinstance(value, int | float):
        return f"{value:.0f} ({datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC)"
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2 if isinstance(value, dict) else None)
