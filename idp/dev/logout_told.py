"""What a relying party checks before it believes a logout token (Back-Channel Logout 1.0 section 2.6)."""

from datetime import datetime
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_SKEW = 60
_MOST = 1_000


class NotALogoutToken(ValueError):
    """It is not one, or not for us, or not now, or not for the first time."""


class LogoutsTold:
    """Reads the logout tokens that one application is sent, each once."""

    def __init__(self, issuer: str, client_id: str) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._seen: dict[str, None] = {}

    def session_of(self, token: str, keys: Any, *, now: datetime) -> str:
        """The `sid` of the session that has ended.

        Raises:
            NotALogoutToken: Nothing is to be done.
        """
        try:
            header = jws.extract_compact(token.encode()).headers()
            claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            raise NotALogoutToken from None
        moment, events, jti, sid = now.timestamp(), claims.get("events"), claims.get("jti"), claims.get("sid")
        is_ours = claims.get("iss") == self._issuer and claims.get("aud") == self._client_id
        is_fresh = claims.get("iat", 0) - _SKEW <= moment <= claims.get("exp", 0) + _SKEW
        is_logout = header.get("typ") == "logout+jwt" and isinstance(events, dict) and events.get(_EVENT) == {}
        if not (is_ours and is_fresh and is_logout) or "nonce" in claims:
            raise NotALogoutToken
        if not isinstance(jti, str) or not isinstance(sid, str) or jti in self._seen:
            raise NotALogoutToken
        self._seen[jti] = None
        for old in list(self._seen)[:-_MOST]:
            self._seen.pop(old)
        return sid
