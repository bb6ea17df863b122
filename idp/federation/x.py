"""X: OAuth 2.0 with PKCE, and a profile inside an envelope."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from idp.federation.connector import Opening, UpstreamIdentity, subject_of, text_of, url_of
from idp.federation.problems import UpstreamProblem, untrusted
from idp.federation.response import code_of
from idp.federation.wire import Answer, TokenClient, Wire

ISSUER = "https://x.com"
API = "https://api.x.com"

NOT_ENROLLED = (
    "X refuses this app (client-not-enrolled): in X's developer console attach it to a project with a pay-per-use "
    "package and the environment Production"
)


@dataclass(frozen=True, slots=True)
class XConnector:
    """One app at X. Without a secret it is a public one.

    Attributes:
        site: Where people are sent, and `api` where we ask.
    """

    name: str
    label: str
    client_id: str
    wire: Wire
    client_secret: str | None = field(default=None, repr=False)
    site: str = ISSUER
    api: str = API
    kind: str = "x"

    def authorization_url(self, opening: Opening) -> str:
        """The page on which the person allows it. X knows no way to ask for a fresh sign-in."""
        return self._client().leave(f"{self.site}/i/oauth2/authorize", opening)

    def identity(self, callback: Mapping[str, str], opening: Opening, *, now: datetime) -> UpstreamIdentity:
        """Redeem the code, which is good for 30 seconds, and ask once who it is."""
        tokens = self._client().come_back(self._token_endpoint, code_of(callback), opening)
        fields = urlencode({"user.fields": "confirmed_email,profile_image_url"})
        told = _data(self.wire.get(f"{self.api}/2/users/me?{fields}", bearer=tokens["access_token"]))
        subject = subject_of(told.get("id"))
        if not subject.isdecimal():
            raise untrusted("X names a person by something that is no number")
        email, username = text_of(told.get("confirmed_email")), text_of(told.get("username"), longest=50)
        name = text_of(told.get("name"), longest=100)
        # X gives an address only once it was confirmed, but says nothing of who has it today. `verified` is a badge.
        return UpstreamIdentity(
            self.name,
            self.site,
            subject,
            email,
            email_verified=email is not None,
            label=f"@{username}" if username else email or subject,
            profile={"name": name} if name else {},
            picture=_picture(told.get("profile_image_url")),
        )

    def examine(self) -> list[str]:
        """Try the credentials on the token endpoint, with a code that cannot be one."""
        return self._client().examine(self._token_endpoint, redirect_uri=self.site)

    @property
    def _token_endpoint(self) -> str:
        return f"{self.api}/2/oauth2/token"

    def _client(self) -> TokenClient:
        method = "none" if self.client_secret is None else "client_secret_basic"
        scope = "tweet.read users.read users.email"
        return TokenClient(self.wire, self.client_id, self.client_secret, method=method, scope=scope)


def _picture(told: object) -> str | None:
    """The picture as it was uploaded: X names one of 48 pixels. None where it is X's own, for everybody without one."""
    url = url_of(told)
    if url is None or "/default_profile_images/" in url:
        return None
    stem, dot, ending = url.rpartition(".")
    return f"{stem.removesuffix('_normal')}{dot}{ending}"


def _data(answer: Answer) -> Mapping[str, Any]:
    """What is inside the envelope."""
    if answer.status_code == 403:
        if answer.anyhow().get("reason") == "client-not-enrolled":
            raise UpstreamProblem("not_enrolled", NOT_ENROLLED)
        raise UpstreamProblem("misconfigured", "X refuses the profile: the scopes tweet.read and users.read are needed")
    data = answer.document().get("data")
    if not isinstance(data, dict):
        raise UpstreamProblem("refused", "X answered without a profile")
    return data
