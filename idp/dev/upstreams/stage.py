"""What the simulators share: the page on which somebody is picked, codes, and the ways in which a provider fails."""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, unquote_plus, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from idp.clock import Clock, utc_now
from idp.dev.upstreams import pages
from idp.dev.upstreams.personas import Persona
from idp.dev.upstreams.portraits import outline, portrait

FAULTS = {
    "": "answers as it should",
    "slow": "answers slowly",
    "broken": "answers 500",
    "expired": "gives a code that is too old",
}


@dataclass(frozen=True, slots=True)
class App:
    """Our provider, as it is registered over there. Without a secret it is a public client."""

    client_id: str
    secret: str | None = field(repr=False)
    redirect_uri: str


@dataclass(slots=True)
class Grant:
    """What a person has allowed, and how its redemption is to go."""

    persona: Persona
    request: Mapping[str, str]
    fault: str
    made_at: datetime
    used: bool = False
    scopes: frozenset[str] = frozenset()


@dataclass
class Stage:
    """One simulated provider. The attributes are its switches: tests turn them, the page of personas some.

    Attributes:
        slow_for: Seconds that a slow answer takes.
        code_life: How long a code is good.
        ahead: How far its clock is ahead of ours.
        everything_slow: Every answer of its servers is slow, whoever was picked.
    """

    name: str
    origin: str
    app: App
    personas: Sequence[Persona]
    clock: Clock = utc_now
    slow_for: float = 5.0
    code_life: timedelta = timedelta(minutes=10)
    ahead: timedelta = timedelta()
    everything_slow: bool = False
    asked: dict[str, Mapping[str, str]] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    tokens: dict[str, Grant] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def application(self) -> Starlette:
        """The provider, ready to be served at its origin."""
        raise NotImplementedError

    def now(self) -> datetime:
        """The time over there."""
        return self.clock() + self.ahead

    def ask(self, request: Mapping[str, str]) -> Response:
        """Show whom one can be."""
        key = secrets.token_urlsafe(16)
        self.asked[key] = dict(request)
        return pages.choice(self.name, self.personas, key, FAULTS)

    async def choose(self, request: Request) -> Response:
        """Go back with a code, or without."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.asked.pop(form.get("asked", ""), None)
        if asked is None:
            return pages.error(self.name, "This page is too old", "Go back to where you came from.")
        if form.get("persona") == "cancel":
            return self.back(asked, self.cancelled())
        persona = next((one for one in self.personas if one.key == form.get("persona")), self.personas[0])
        return self.back(asked, {"code": self.give(persona, asked, form.get("fault", ""))})

    def give(self, persona: Persona, asked: Mapping[str, str], fault: str = "") -> str:
        """A code for this person."""
        made_at = self.now() - (self.code_life * 2 if fault == "expired" else timedelta())
        scopes = frozenset(asked.get("scope", "").replace(",", " ").split()) - persona.scopes_declined
        code = self.new_code()
        self.grants[code] = Grant(persona, asked, fault, made_at, scopes=scopes)
        return code

    def new_code(self) -> str:
        """A code as it looks over there."""
        return secrets.token_urlsafe(40)

    def cancelled(self) -> dict[str, str]:
        """What comes back when the person does not want to."""
        return {"error": "access_denied"}

    def back(self, asked: Mapping[str, str], answer: Mapping[str, str]) -> Response:
        """The authorization response."""
        parameters = dict(answer) | ({"state": asked["state"]} if "state" in asked else {})
        joint = "&" if "?" in asked["redirect_uri"] else "?"
        return RedirectResponse(f"{asked['redirect_uri']}{joint}{urlencode(parameters)}{self.tail()}", 303)

    def tail(self) -> str:
        """What stands behind the address."""
        return ""

    def take(self, code: str | None) -> Grant | None:
        """The grant of a code, if it is good: each works once."""
        grant = self.grants.get(code or "")
        if grant is None or grant.used or self.now() - grant.made_at > self.code_life:
            return None
        grant.used = True
        return grant

    def token_for(self, grant: Grant) -> str:
        """An access token."""
        token = secrets.token_urlsafe(40)
        self.tokens[token] = grant
        return token

    def bearer(self, request: Request) -> Grant | None:
        """Whose access token stands in the header."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self.tokens.get(token) if scheme.lower() == "bearer" else None

    async def picture(self, request: Request) -> Response:
        """The picture of whoever is named, for everybody: who fetches it shows no token."""
        self.requests.append("picture")
        named = request.path_params["name"].rpartition(".")[0].removesuffix("_normal")
        persona = next((one for one in self.personas if one.key == named), None)
        shown = portrait(named) if persona is not None and persona.has_picture else outline()
        return Response(shown, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    async def dally(self, grant: Grant | None) -> Response | None:
        """Be slow, or fail, if that is what was picked."""
        if self.everything_slow or (grant is not None and grant.fault == "slow"):
            await asyncio.sleep(self.slow_for)
        if grant is not None and grant.fault == "broken":
            return JSONResponse({"error": "server_error"}, 500)
        return None


async def form_of(request: Request) -> dict[str, str]:
    """The posted form."""
    return {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}


def basic_of(request: Request) -> tuple[str, str] | None:
    """Who authenticates by Basic (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    user, _, password = base64.b64decode(encoded).decode().partition(":")
    return unquote_plus(user), unquote_plus(password)


def challenge_of(verifier: str, method: str) -> str:
    """The challenge of a verifier (RFC 7636 section 4.2); `plain` where no method is named."""
    if method != "S256":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
