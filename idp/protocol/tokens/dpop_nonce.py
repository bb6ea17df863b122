"""Nonces for DPoP proofs: they say when a proof was made, in our time, and need no memory (RFC 9449 section 8)."""

import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

PERIOD = timedelta(seconds=90)
"""A nonce is given out for one period and accepted for the next as well."""

_FORM = re.compile(r"[A-Za-z0-9_-]{24}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Nonces:
    """Makes and recognises nonces. Each is good for one key, on every node that has the same secret.

    A nonce is a MAC over the key's thumbprint and the period, so a proof cannot be made before the server has been
    asked with the same key, and none outlives two periods. A nonce of the next period is accepted too, as the clock of
    the node that gave it out may be ahead.
    """

    secret: bytes

    def current(self, jkt: str, *, now: datetime) -> str:
        """The nonce to give out now."""
        return self._of(jkt, _period(now))

    def good_until(self, nonce: str, jkt: str, *, now: datetime) -> datetime | None:
        """When a nonce ends; None when it is not good now."""
        if not _FORM.fullmatch(nonce):
            return None
        this = _period(now)
        for period in (this, this - 1, this + 1):
            if hmac.compare_digest(nonce, self._of(jkt, period)):
                return datetime.fromtimestamp((period + 2) * PERIOD.total_seconds(), UTC)
        return None

    def _of(self, jkt: str, period: int) -> str:
        mac = hmac.digest(self.secret, f"{period}:{jkt}".encode(), "sha256")
        return urlsafe_b64encode(mac[:18]).decode()


def _period(now: datetime) -> int:
    return int(now.timestamp() // PERIOD.total_seconds())
