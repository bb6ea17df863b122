"""Facebook: OAuth 2.0 and the Graph API, which has errors of its own and never says that an address was confirmed."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from idp.federation.connector import Opening, UpstreamIdentity, seconds_of, subject_of, text_of, url_of
from idp.federation.problems import Because, UpstreamProblem, untrusted
from idp.federation.response import code_of
from idp.federation.wire import Answer, TokenClient, Wire

ISSUER = "https://www.facebook.com"
GRAPH = "https://graph.facebook.com"
NEWEST = "v26.0"
ENDS = {
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
}
"""When a version of the Graph API stops working, as its changelog says. The newest has no end yet."""
_WARN_BEFORE = timedelta(days=90)

_FIELDS = "id,name,first_name,last_name,email,picture.width(256).height(256)"
_CODES: Mapping[int, tuple[Because, str]] = {
    1: ("misconfigured", "Facebook does not accept the app's secret, or is out of order"),
    2: ("unavailable", "Facebook is out of order for a while"),
    4: ("limited", "Facebook has had enough requests of this app for now"),
    17: ("limited", "Facebook has had enough requests of this app for now"),
    32: ("limited", "Facebook has had enough requests of this app for now"),
    101: ("misconfigured", "Facebook does not know this app id"),
    191: ("misconfigured", "Facebook has not been told of this redirect URI"),
    2635: ("misconfigured", "this version of the Graph API has ended; set a newer one"),
}
"""The error codes of the Graph API that mean something to us."""


def ending(version: str, today: date) -> str | None:
    """What to tell the operator about the end of a version, if anything."""
    ends = ENDS.get(version)
    if ends is None or today < ends - _WARN_BEFORE:
        return None
    if today >= ends:
        return f"Graph API {version} ended on {ends}; set a newer one, the newest known here is {NEWEST}"
    return f"Graph API {version} ends on {ends}; the newest known here is {NEWEST}"


class _GraphClient(TokenClient):
    """Errors of the token endpoint are those of the Graph API."""

    @staticmethod
    def explain(error: object) -> UpstreamProblem:
        return _of_graph(error)


@dataclass(frozen=True, slots=True)
class FacebookConnector:
    """One Facebook app.

    Attributes:
        version: Of the Graph API; always in the path, since without one the oldest would answer.
        dialog: Where people are sent, and `graph` where we ask.
    """

    name: str
    label: str
    client_id: str
    client_secret: str = field(repr=False)
    wire: Wire
    version: str = NEWEST
    dialog: str = ISSUER
    graph: str = GRAPH
    kind: str = "facebook"

    def authorization_url(self, opening: Opening) -> str:
        """The login dialog."""
        # What was given for good is not asked for again, but a password can be.
        again = {"auth_type": "reauthenticate"} if opening.max_age is not None else {}
        url, _ = self._client().create_authorization_url(
            f"{self.dialog}/{self.version}/dialog/oauth",
            state=opening.state,
            redirect_uri=opening.redirect_uri,
            scope="public_profile,email",
            **again,
        )
        return str(url)

    def identity(self, callback: Mapping[str, str], opening: Opening, *, now: datetime) -> UpstreamIdentity:
        """Redeem the code, have the token checked, and ask who it is. The token is forgotten after that."""
        code = code_of(callback)
        tokens = self._client().redeem(
            f"{self.graph}/{self.version}/oauth/access_token",
            code,
            method="GET",
            client_id=self.client_id,
            client_secret=self.client_secret,
            redirect_uri=opening.redirect_uri,
        )
        token: str = tokens["access_token"]
        person = self._checked(token, now)
        told = self._ask("me", fields=_FIELDS, access_token=token, appsecret_proof=self._proof(token))
        subject = subject_of(told.get("id"))
        if subject != person:
            raise untrusted("the token belongs to another person than the profile")
        profile = {
            "name": text_of(told.get("name"), longest=100),
            "given_name": text_of(told.get("first_name"), longest=100),
            "family_name": text_of(told.get("last_name"), longest=100),
        }
        known = {name: value for name, value in profile.items() if value is not None}
        email = text_of(told.get("email"))
        # There is no flag that says whether the address was confirmed, so it was not.
        return UpstreamIdentity(
            self.name,
            ISSUER if self.dialog == ISSUER else self.dialog,
            subject,
            email,
            label=email or known.get("name") or subject,
            profile=known,
            picture=_picture(told.get("picture")),
        )

    def examine(self) -> list[str]:
        """Ask Facebook whether it knows this app and its secret."""
        try:
            self._ask("app", access_token=self._app_token())
        except UpstreamProblem as problem:
            return [problem.sentence]
        return []

    def _checked(self, token: str, now: datetime) -> str:
        """Whose token it is. Tokens of other apps open `me` as well, so it has to be one of this app's."""
        answer = self._ask("debug_token", input_token=token, access_token=self._app_token())
        data = answer.get("data")
        if not isinstance(data, dict) or data.get("is_valid") is not True:
            raise untrusted("Facebook says that its token is not valid")
        if data.get("app_id") != self.client_id:
            raise untrusted("the token was made for another app")
        expires = data.get("expires_at")
        ends = seconds_of(expires)
        if expires and (ends is None or ends <= now):
            raise untrusted("the token has expired")
        return subject_of(data.get("user_id"))

    def _ask(self, what: str, **parameters: str) -> dict[str, Any]:
        return _document(self.wire.get(f"{self.graph}/{self.version}/{what}?{urlencode(parameters)}"))

    def _proof(self, token: str) -> str:
        """Shows that whoever uses the token knows the secret; apps can be set to demand it."""
        return hmac.new(self.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()

    def _app_token(self) -> str:
        return f"{self.client_id}|{self.client_secret}"

    def _client(self) -> TokenClient:
        return _GraphClient(self.wire, self.client_id, None, method="none")


def _picture(told: object) -> str | None:
    """The address of a picture, unless it is the outline that everybody has who has none."""
    data = told.get("data") if isinstance(told, dict) else None
    if not isinstance(data, dict) or data.get("is_silhouette") is True:
        return None
    return url_of(data.get("url"))


def _document(answer: Answer) -> dict[str, Any]:
    if answer.status_code in {400, 401, 403, 404}:
        raise _of_graph(answer.anyhow().get("error"))
    return answer.document()


def _of_graph(error: object) -> UpstreamProblem:
    code = error.get("code") if isinstance(error, dict) else None
    known = _CODES.get(code) if isinstance(code, int) else None
    return UpstreamProblem(*(known or ("refused", "Facebook answered with an error")))
