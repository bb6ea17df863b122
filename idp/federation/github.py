"""GitHub: OAuth 2.0, and addresses at an address of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.federation.connector import Opening, UpstreamIdentity, subject_of, text_of, url_of
from idp.federation.problems import untrusted
from idp.federation.response import code_of
from idp.federation.wire import TokenClient, Wire

ISSUER = "https://github.com"
API = "https://api.github.com"


@dataclass(frozen=True, slots=True)
class GithubConnector:
    """One OAuth app at GitHub. `site` is where people are sent, `api` where we ask."""

    name: str
    label: str
    client_id: str
    wire: Wire
    client_secret: str | None = field(default=None, repr=False)
    site: str = ISSUER
    api: str = API
    kind: str = "github"

    def authorization_url(self, opening: Opening) -> str:
        """The page on which the person allows it."""
        more = {"prompt": "select_account"} if opening.choose or opening.max_age is not None else {}
        if opening.login_hint is not None:
            more["login"] = opening.login_hint
        return self._client().leave(f"{self.site}/login/oauth/authorize", opening, **more)

    def identity(self, callback: Mapping[str, str], opening: Opening, *, now: datetime) -> UpstreamIdentity:
        """Redeem the code, and ask who it is and which address is theirs."""
        token: str = self._client().come_back(self._token_endpoint, code_of(callback), opening)["access_token"]
        told = self.wire.get(f"{self.api}/user", bearer=token).document()
        number = told.get("id")
        if isinstance(number, bool) or not isinstance(number, int):
            raise untrusted("GitHub names a person by something that is no number")
        login, name = text_of(told.get("login"), longest=50), text_of(told.get("name"), longest=100)
        email = self._address(token)
        return UpstreamIdentity(
            self.name,
            self.site,
            subject_of(str(number)),
            email,
            email_verified=email is not None,
            label=login or str(number),
            profile={"name": name} if name else {},
            picture=url_of(told.get("avatar_url")),
        )

    def examine(self) -> list[str]:
        """Try the credentials on the token endpoint, with a code that cannot be one."""
        # Without a redirect URI, of which it could say before anything else that it is not registered.
        return self._client().examine(self._token_endpoint)

    @property
    def _token_endpoint(self) -> str:
        return f"{self.site}/login/oauth/access_token"

    def _address(self, token: str) -> str | None:
        """The primary address, if GitHub has confirmed it. A person may keep it to themselves."""
        answer = self.wire.get(f"{self.api}/user/emails", bearer=token)
        if answer.status_code != 200:
            return None
        try:
            listed: Any = answer.json()
        except ValueError:
            return None
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, dict) and entry.get("primary") is True and entry.get("verified") is True:
                return text_of(entry.get("email"))
        return None

    def _client(self) -> TokenClient:
        method = "none" if self.client_secret is None else "client_secret_post"
        return TokenClient(self.wire, self.client_id, self.client_secret, method=method, scope="read:user user:email")
