"""Hearing from another provider that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)."""

from dataclasses import dataclass
from datetime import datetime

from idp.federation import id_token
from idp.federation.connector import seconds_of, subject_of, text_of
from idp.federation.id_token import Expected
from idp.federation.oidc import OidcConnector
from idp.federation.problems import untrusted

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_KINDS = ("logout+jwt", "jwt")
"""The second is what senders wrote before the specification named the first."""


@dataclass(frozen=True, slots=True)
class EndedThere:
    """A sign-in over there that has ended: all of a subject's, or the one of a session.

    Attributes:
        jti: The token's name, which comes once.
    """

    issuer: str
    subject: str | None
    sid: str | None
    jti: str
    expires_at: datetime


def read_logout_token(connector: OidcConnector, token: object, *, now: datetime) -> EndedThere:
    """Verify a logout token (section 2.6).

    Raises:
        UpstreamProblem: It is not one of this provider's for us, or is another kind of token.
    """
    metadata = connector.source.metadata()
    expected = Expected(connector.issuers(metadata), connector.client_id, connector.algorithms(metadata))
    signed = id_token.verified(
        token, expected, lambda lacking: connector.source.keys(lacking=lacking), now=now, kinds=_KINDS
    )
    claims = signed.claims
    events, jti, expires_at = claims.get("events"), text_of(claims.get("jti")), seconds_of(claims.get("exp"))
    if not isinstance(events, dict) or not isinstance(events.get(_EVENT), dict):
        raise untrusted("the token tells of no logout")
    # An ID token, used for what it was not made for, would have one.
    if "nonce" in claims:
        raise untrusted("a logout token has no nonce")
    if jti is None or expires_at is None:
        raise untrusted("the token has no name of its own")
    subject = subject_of(claims["sub"]) if "sub" in claims else None
    sid = text_of(claims.get("sid"))
    if subject is None and sid is None:
        raise untrusted("the token does not say who has signed out")
    return EndedThere(connector.issuer_of(signed), subject, sid, jti, expires_at)
