"""JWTs under our own keys: signed with the one that signs now, verified with those that are published."""

from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from keys.lifecycle import Algorithm
from keys.ring import SigningKey


class _Only(JWSRegistry):
    """One algorithm. joserfc itself warns at every use of EdDSA, the name that relying parties know (RFC 9864)."""

    def get_alg(self, name: str) -> Any:
        """The algorithm, if it is this one."""
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError
        return self.algorithms[name]


_ONLY = {str(algorithm): _Only(algorithms=[str(algorithm)]) for algorithm in Algorithm}


def signed(key: SigningKey, claims: Mapping[str, Any], *, typ: str | None = None) -> str:
    """A JWT (RFC 7519) that names the key it is signed with, and its type where it has one (RFC 8725 section 3.11)."""
    header = {"typ": typ or "JWT", "alg": key.algorithm, "kid": key.kid}
    return jwt.encode(header, dict(claims), key.key, registry=_ONLY[key.algorithm])


def verified(token: str, keys: KeySet, algorithm: str) -> Mapping[str, Any]:
    """The claims of a JWT of ours. Nothing but the signature has been looked at.

    Raises:
        JoseError: It is not signed with one of these keys under this algorithm.
        ValueError: It is no JWT.
    """
    if algorithm not in _ONLY:
        raise UnsupportedAlgorithmError
    return jwt.decode(token, keys, registry=_ONLY[algorithm]).claims
