"""What a demo application remembers of a browser: in memory, under a random cookie.

Cookies belong to a host and not to a port, so each application has a cookie name of its own.
"""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from idp.dev.messages import Message

_MOST = 500
_MOST_ASKED = 20


@dataclass(slots=True)
class SignedIn:
    """The person at the application, and the tokens it holds."""

    claims: dict[str, Any]
    userinfo: dict[str, Any]
    token: dict[str, Any] = field(repr=False)
    messages: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class Visit:
    """One browser. `protocol` is where Authlib keeps `state`, nonce and code verifier of sign-ins under way.

    `asked` holds the authorization requests of these, by `state`, to be shown with their answers.
    """

    protocol: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Message] = field(default_factory=dict)
    signed_in: SignedIn | None = None

    def remember_asked(self, state: str, message: Message) -> None:
        """Keep an authorization request; the oldest goes when there are many."""
        self.asked[state] = message
        for old in list(self.asked)[:-_MOST_ASKED]:
            self.asked.pop(old)


class Visits:
    """The visits of one application."""

    def __init__(self, cookie: str) -> None:
        self._cookie = cookie
        self._known: OrderedDict[str, Visit] = OrderedDict()

    def of(self, request: Request) -> Visit:
        """The visit of this browser; a new one if there is none."""
        visit = self._known.get(request.cookies.get(self._cookie, ""))
        return visit if visit is not None else Visit()

    def end(self, session_id: str) -> None:
        """Sign everybody out whose session at the provider has this `sid`."""
        for visit in self._known.values():
            if visit.signed_in is not None and visit.signed_in.claims.get("sid") == session_id:
                visit.signed_in = None

    def keep(self, request: Request, response: Response, visit: Visit, *, anew: bool = False) -> Response:
        """Remember the visit. `anew` at a sign-in: who knew the cookie before it must not be signed in by it.

        The old value goes on to know what sign-ins are under way, because other tabs may have sent it already.
        """
        value = request.cookies.get(self._cookie, "")
        known = value in self._known
        if known and not anew:
            self._known.move_to_end(value)
            return response
        if known:
            self._known[value] = Visit(visit.protocol, visit.asked)
        value = secrets.token_urlsafe(24)
        self._known[value] = visit
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        response.set_cookie(self._cookie, value, httponly=True, samesite="lax", path="/")
        return response
