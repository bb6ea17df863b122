"""JWTs that clients sign: read strictly, and verified with nothing but the keys of the client that is meant.

Assertions and request objects come from anybody until their signature has been seen, so that nothing in them decides
how they are verified: no key and no address in a header is looked at, and the algorithm has to be one that we name.
"""

import json
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc.jws import JWSRegistry

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.client_keys import ClientKeys

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_LATEST = 2**40
"""Seconds: far beyond any life that is granted, and a number that every calculation bears."""
_DEEPEST = 16
"""Objects and lists inside one another. The `claims` of a request object, the deepest thing we are sent, have five."""


class MalformedJwt(ValueError):
    """It cannot be read in exactly one way, or asks for what nobody gets. The message is a fixed sentence."""


@dataclass(frozen=True, slots=True)
class ClientJwt:
    """A JWT as it came, its signature not yet looked at."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str, *, longest: int) -> "ClientJwt":
        """Take a JWT in compact form apart.

        Raises:
            MalformedJwt: Says what it should have been.
        """
        if len(text) > longest:
            raise MalformedJwt("is too long")
        segments = text.split(".")
        if len(segments) == 5:
            raise MalformedJwt("is encrypted, which is not supported; sign it only")
        if len(segments) != 3:
            raise MalformedJwt("is not a JWT in compact form")
        header, claims = _object(segments[0]), _object(segments[1])
        if not isinstance(header.get("alg"), str) or not isinstance(header.get("kid", ""), str):
            raise MalformedJwt("has a header without alg, or with a kid that is no string")
        if header.keys() & {"crit", "b64", "zip"}:
            raise MalformedJwt("has a header that asks for an extension which is not supported")
        return cls(header, claims, f"{segments[0]}.{segments[1]}".encode(), _decoded(segments[2]))

    @property
    def algorithm(self) -> str:
        """What it says to be signed with."""
        algorithm: str = self.header["alg"]
        return algorithm

    @property
    def is_unsigned(self) -> bool:
        """Whether it says to have no signature, and has none."""
        return self.algorithm == "none" and not self.signature

    def typ(self) -> str | None:
        """The kind of JWT, in lower case and without `application/` (RFC 7515 section 4.1.9)."""
        typ = self.header.get("typ")
        return typ.lower().removeprefix("application/") if isinstance(typ, str) else None

    def is_signed_by(self, client: RegisteredClient, keys: ClientKeys, *, algorithms: Collection[str]) -> bool:
        """Whether it was signed with a key of the client, by one of these algorithms.

        The keys are asked for anew, once, where those at hand do not fit: a client may have replaced them.

        Raises:
            HasToWait: They have to be fetched, and this thread may not wait for that.
        """
        if self.algorithm not in algorithms or not self.signature:
            return False
        verify = JWSRegistry.algorithms[_NAMED_BY_CURVE.get(self.algorithm, self.algorithm)].verify
        return any(
            verify(self.signed, self.signature, key)
            for anew in (False, True)
            for key in keys.candidates(client, kid=self.header.get("kid"), algorithm=self.algorithm, anew=anew)
        )

    def text(self, name: str) -> str | None:
        """A claim that is a string, or None where it is not there or something else."""
        value = self.claims.get(name)
        return value if isinstance(value, str) and value else None

    def moment(self, name: str) -> float | None:
        """A claim that is a time in seconds; None where it is not there.

        Raises:
            MalformedJwt: It is something else.
        """
        value = self.claims.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _LATEST:
            raise MalformedJwt(f"must have a number of seconds as {name}")
        return float(value)

    def audience(self) -> tuple[str, ...]:
        """Whom it is for. Empty where that is not said, or not in strings."""
        audience = self.claims.get("aud")
        if isinstance(audience, str):
            return (audience,)
        if isinstance(audience, list) and all(isinstance(each, str) for each in audience):
            return tuple(audience)
        return ()


_NAMED_BY_CURVE = {"EdDSA": "Ed25519"}
"""The older name stands for any Edwards curve; keys of other curves are never candidates."""


def _object(segment: str) -> Mapping[str, Any]:
    try:
        value = json.loads(_decoded(segment).decode(), object_pairs_hook=_without_repetition, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise MalformedJwt("does not consist of JSON objects without repeated members") from None
    if not isinstance(value, dict) or not _is_shallow(value) or not _is_text(value):
        raise MalformedJwt("does not consist of JSON objects without repeated members")
    return value


def _is_shallow(value: object) -> bool:
    """Whether nothing that goes through it later can run out of stack, which reading it has not."""
    level = [value]
    for _ in range(_DEEPEST):
        lists = [list(each.values()) if isinstance(each, dict) else each for each in level]
        level = [part for each in lists if isinstance(each, list) for part in each]
    return not level


def _is_text(value: object) -> bool:
    """Whether every string in it is one: escapes can name halves of characters, and NUL, which no database keeps."""
    try:
        encoded = json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return False
    return b"\\u0000" not in encoded


def _decoded(segment: str) -> bytes:
    if not _BASE64URL.fullmatch(segment):
        raise MalformedJwt("is not a JWT in compact form")
    try:
        decoded = urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except ValueError:
        raise MalformedJwt("is not a JWT in compact form") from None
    # Unused bits at the end would give one JWT several spellings.
    if urlsafe_b64encode(decoded).decode().rstrip("=") != segment:
        raise MalformedJwt("is not a JWT in compact form")
    return decoded


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    if any(isinstance(value, float) and not math.isfinite(value) for value in members.values()):
        raise ValueError
    return members


def _no_number(_name: str) -> None:
    raise ValueError
