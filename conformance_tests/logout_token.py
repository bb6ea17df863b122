"""What a logout token has to say (Back-Channel Logout 1.0 section 2.4)."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_SKEW = timedelta(minutes=5)
_OLDEST = timedelta(days=1)
# What BCP 195 recommends for TLS 1.2; TLS 1.3 has no others.
_CIPHERS_OF_TLS_1_2 = frozenset(
    f"ECDHE-{authentication}-{cipher}"
    for authentication in ("RSA", "ECDSA")
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384")
)


def logout_token_problems(
    claims: Mapping[str, Any], signed_in: Mapping[str, Any], *, issuer: str, client_id: str, now: datetime
) -> Iterator[str]:
    """Violations in the claims of a logout token that ends the sign-in of an ID token."""
    if claims.get("iss") != issuer:
        yield "iss of the logout token is not the issuer"
    audience = claims.get("aud")
    if audience != client_id and not (isinstance(audience, list) and client_id in audience):
        yield "aud of the logout token does not contain the client_id"
    issued = claims.get("iat")
    number = isinstance(issued, int | float) and not isinstance(issued, bool)
    if not number or not now - _OLDEST <= datetime.fromtimestamp(float(issued or 0), now.tzinfo) <= now + _SKEW:
        yield "iat of the logout token is missing, in the future, or over a day old"
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        yield "the logout token has no jti"
    if claims.get("events") != {_EVENT: {}}:
        yield "events of the logout token is not the one event with an empty object"
    if "nonce" in claims:
        yield "the logout token has a nonce"
    yield from _session_problems(claims, signed_in)


def _session_problems(claims: Mapping[str, Any], signed_in: Mapping[str, Any]) -> Iterator[str]:
    if "sid" not in claims:
        yield "the logout token has no sid, which the client has registered to need"
    for name in ("sub", "sid"):
        if name in claims and claims[name] != signed_in.get(name):
            yield f"{name} of the logout token is not that of the ID token"


def connection_oddities(tls: str, cipher: str) -> Iterator[str]:
    """What is not state of the art about the connection that a logout token came by."""
    if tls != "TLSv1.3":
        yield f"the logout token came over {tls or 'no TLS'}, not TLS 1.3"
        if cipher not in _CIPHERS_OF_TLS_1_2:
            yield f"the logout token came under the cipher {cipher}, which BCP 195 does not recommend"
