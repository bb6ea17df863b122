"""The JWK set: which keys stand in it and in which order, what is served, and what verifies."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from joserfc.jwk import KeySet

from keys.keypair import PublicKey
from keys.lifecycle import KeyRecord, State, state_of, usable

# Some relying parties take the first key of a JWKS whatever the token's kid says, so the one that signs stands first.
_ORDER = {State.ACTIVE: 0, State.RETIRED: 1, State.PUBLISHED: 2}


@dataclass(frozen=True, slots=True)
class JwksDocument:
    """The JWK set as served (RFC 7517 section 5). `etag` is quoted; `max_age` is for Cache-Control."""

    body: bytes
    etag: str
    max_age: timedelta


@dataclass(frozen=True, slots=True)
class PublishedKeys:
    """What follows from the keys that stand in the JWKS, in this order; made anew only when they change."""

    kids: tuple[str, ...]
    body: bytes
    etag: str
    key_set: KeySet

    @classmethod
    def of(cls, keys: Iterable[KeyRecord], verifier: Callable[[KeyRecord], PublicKey]) -> Self:
        """The set of these keys, which are in the order of `standing`."""
        keys = tuple(keys)
        body = json.dumps({"keys": [dict(key.public_jwk) for key in keys]}, separators=(",", ":")).encode()
        etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        return cls(tuple(key.kid for key in keys), body, etag, KeySet([verifier(key) for key in keys]))


def standing(keys: Iterable[KeyRecord], now: datetime) -> list[KeyRecord]:
    """The keys that stand in the JWKS at a moment, those that sign first."""
    return sorted(usable(keys, now), key=lambda key: _ORDER[state_of(key, now)])
