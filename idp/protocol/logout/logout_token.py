"""Logout tokens: telling a client that a session of a person has ended (OpenID Connect Back-Channel Logout 1.0)."""

from dataclasses import dataclass, field
from datetime import timedelta

from idp.clock import Clock
from idp.protocol.clients.client import ClientRegistry
from idp.protocol.clients.subject import Subjects
from keys.ring import KeyRing
from keys.signing import signed

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFE = timedelta(minutes=2)
"""How long a token is good for: the time of one attempt, since the next has another (section 4 recommends two)."""


@dataclass(frozen=True, slots=True)
class LogoutNotice:
    """A logout token, and where it goes."""

    uri: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LogoutTokens:
    """Makes logout tokens, for clients that are registered to be told."""

    issuer: str
    ring: KeyRing
    registry: ClientRegistry
    subjects: Subjects
    clock: Clock

    def notice(self, *, client_id: str, account_id: str, session_id: str, jti: str) -> LogoutNotice | None:
        """Sign a logout token with the key of the client's ID tokens (section 2.4). None: it is not to be told.

        It has a type of its own and never a nonce, so that nothing takes it for an ID token. Both `sub` and `sid` are
        in it: which of them a client looks for is its own affair.
        """
        client = self.registry.get(client_id)
        if client is None or client.backchannel_logout_uri is None:
            return None
        key = self.ring.signing_key(client.id_token_signed_response_alg)
        issued_at = int(self.clock().timestamp())
        claims = {
            "iss": self.issuer,
            "sub": self.subjects.of(client, account_id),
            "aud": client.client_id,
            "iat": issued_at,
            "exp": issued_at + int(LIFE.total_seconds()),
            "jti": jti,
            "events": {EVENT: {}},
            "sid": self.subjects.session_of(client, session_id),
        }
        return LogoutNotice(client.backchannel_logout_uri, signed(key, claims, typ="logout+jwt"))
