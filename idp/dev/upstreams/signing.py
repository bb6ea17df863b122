"""The keys of a simulator: two published at any time, one of which signs."""

from functools import cache
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey


class SigningKeys:
    """RSA keys as Google publishes them. `max_age` is what its key set may be cached for."""

    def __init__(self, *, max_age: int = 20) -> None:
        self.max_age = max_age
        self.keys = [_new_key("one"), _new_key("two")]
        self._made = 2

    @property
    def signing(self) -> RSAKey:
        """The key that signs: the older of the two."""
        return self.keys[0]

    def rotate(self) -> None:
        """Publish a new key, and let the next one sign."""
        self._made += 1
        self.keys = [self.keys[1], _new_key(f"key-{self._made}")]

    def replace(self) -> None:
        """Throw both away: no cache anywhere knows the key that signs now."""
        self._made += 2
        self.keys = [_new_key(f"key-{self._made - 1}"), _new_key(f"key-{self._made}")]

    def document(self) -> dict[str, Any]:
        """The key set."""
        return {"keys": [key.as_dict(private=False, use="sig", alg="RS256") for key in self.keys]}

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        """A token with these claims."""
        return jwt.encode({"alg": "RS256", "kid": self.signing.kid, **header}, claims, self.signing)


@cache
def _new_key(kid: str) -> RSAKey:
    """Made once in a process: a simulator's keys keep no secret."""
    return RSAKey.generate_key(2048, {"kid": kid})
