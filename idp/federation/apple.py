"""Apple: OpenID Connect with a client secret that is signed anew each time, and a name that is told once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from idp.clock import Clock, utc_now
from idp.federation.connector import Opening, UpstreamIdentity, text_of
from idp.federation.metadata import ProviderMetadata
from idp.federation.oidc import OidcConnector
from idp.federation.problems import UpstreamProblem
from idp.federation.wire import TokenClient

ISSUER = "https://appleid.apple.com"
SCOPE = "openid email name"
_SECRET_LIFE = timedelta(minutes=5)
"""Apple takes half a year; it is used at once."""
_LONGEST_USER = 4096


@dataclass(frozen=True, slots=True)
class AppleConnector(OidcConnector):
    """Sign in with Apple.

    Attributes:
        team_id: Whose app it is, and `key_id` the key that its secrets are signed with.
        private_key: That key, in PEM, as Apple gives it out.
    """

    kind: str = "apple"
    team_id: str = ""
    key_id: str = ""
    private_key: str = field(default="", repr=False)
    clock: Clock = utc_now

    def asking_again(self, opening: Opening) -> dict[str, str]:
        """Apple knows neither `prompt` nor `max_age`; its `auth_time` is held to what was asked for all the same."""
        return {}

    def identity(self, callback: Mapping[str, str], opening: Opening, *, now: datetime) -> UpstreamIdentity:
        """As of any OpenID provider, with the name from beside the code: it comes the first time only.

        It is not signed, so whoever signs in can change it on the way; they may choose their name here anyway.
        """
        found = OidcConnector.identity(self, callback, opening, now=now)
        told = _name_in(callback.get("user", ""))
        return replace(found, profile={**found.profile, **told})

    def is_authoritative(self, claims: Mapping[str, Any]) -> bool:
        """Never: Apple has checked addresses of others once, and those it gives out itself are nobody's elsewhere."""
        return False

    def identity_of(self, claims: Mapping[str, Any], issuer: str, subject: str) -> UpstreamIdentity:
        """With the flag that Apple writes as a text at times."""
        flag = claims.get("email_verified")
        told = {**claims, "email_verified": flag is True or flag == "true"}
        return OidcConnector.identity_of(self, told, issuer, subject)

    def token_client(self, metadata: ProviderMetadata) -> TokenClient:
        """With a secret of this moment."""
        return TokenClient(self.wire, self.client_id, self._secret(), method="client_secret_post", scope=self.scope)

    def _secret(self) -> str:
        now = self.clock()
        claims = {
            "iss": self.team_id,
            "iat": int(now.timestamp()),
            "exp": int((now + _SECRET_LIFE).timestamp()),
            "aud": ISSUER,
            "sub": self.client_id,
        }
        try:
            key = ECKey.import_key(self.private_key)
            return jwt.encode({"alg": "ES256", "kid": self.key_id}, claims, key)
        except (JoseError, ValueError, TypeError):
            sentence = "the client secret is not the private key that Apple has given out for the key id, in PEM"
            raise UpstreamProblem("misconfigured", sentence) from None


def _name_in(user: str) -> dict[str, str]:
    """The name in what Apple posts beside the code; nothing for everything else that may stand there."""
    try:
        document = json.loads(user) if len(user) <= _LONGEST_USER else None
    except (ValueError, RecursionError):
        return {}
    name = document.get("name") if isinstance(document, dict) else None
    if not isinstance(name, dict):
        return {}
    given, family = text_of(name.get("firstName"), longest=100), text_of(name.get("lastName"), longest=100)
    whole = text_of(" ".join(part for part in (given, family) if part), longest=100)
    told = {"name": whole, "given_name": given, "family_name": family}
    return {claim: value for claim, value in told.items() if value is not None}
