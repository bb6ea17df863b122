"""The signature of a DPoP proof, by the key that the proof itself carries (RFC 9449 sections 4.2 and 4.3)."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.protocol.clients.client_jwt import ClientJwt, MalformedJwt

_LONGEST = 8192
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,700}", re.ASCII)
_RSA_BITS = range(2048, 4097)
_LONGEST_EXPONENT = 8


@dataclass(frozen=True, slots=True)
class _Kind:
    """The keys that an algorithm takes: the members beside `kty` are those that the thumbprint covers."""

    family: type[Key]
    kty: str
    members: tuple[str, ...]
    curve: str | None = None


_RSA = _Kind(RSAKey, "RSA", ("n", "e"))
_ED25519 = _Kind(OKPKey, "OKP", ("crv", "x"), "Ed25519")
_KINDS: Mapping[str, _Kind] = {
    "ES256": _Kind(ECKey, "EC", ("crv", "x", "y"), "P-256"),
    "EdDSA": _ED25519,
    "Ed25519": _ED25519,
    "PS256": _RSA,
    "RS256": _RSA,
}

_NAMED_BY_CURVE = {"EdDSA": "Ed25519"}
ALGORITHMS = tuple(_KINDS)
"""What proofs can be signed with. `Ed25519` is the newer name of `EdDSA` (RFC 9864)."""


class ProofRefused(Exception):
    """A proof that is none.

    Attributes:
        sentence: What is wrong with it.
        error: `invalid_dpop_proof`, or `use_dpop_nonce`.
        nonce: The one to try again with.
    """

    def __init__(self, sentence: str, *, error: str = "invalid_dpop_proof", nonce: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.error = error
        self.nonce = nonce


def verified(proof: str, algorithms: tuple[str, ...]) -> tuple[str, ClientJwt]:
    """The thumbprint of the key that signed the proof, and the proof.

    Raises:
        ProofRefused: It is no JWT of this type, or not signed by the key that it carries.
    """
    try:
        jwt = ClientJwt.read(proof, longest=_LONGEST)
    except MalformedJwt as malformed:
        raise ProofRefused(f"The DPoP header {malformed}.") from malformed
    if jwt.typ() != "dpop+jwt":
        raise ProofRefused("typ must be dpop+jwt.")
    if jwt.algorithm not in algorithms:
        raise ProofRefused(f"alg must be one of {', '.join(algorithms)}.")
    key = _public_key(jwt.header.get("jwk"), jwt.algorithm)
    if not JWSRegistry.algorithms[_NAMED_BY_CURVE.get(jwt.algorithm, jwt.algorithm)].verify(
        jwt.signed, jwt.signature, key
    ):
        raise ProofRefused("The signature is not that of the key in jwk.")
    return key.thumbprint(), jwt


def _public_key(jwk: Any, algorithm: str) -> Key:
    """The key in the header, made of the members that its thumbprint covers and nothing else."""
    kind = _KINDS[algorithm]
    unfit = ProofRefused("jwk must be a public key of the kind that alg needs.")
    if not isinstance(jwk, dict) or jwk.get("kty") != kind.kty or jwk.get("crv") != kind.curve:
        raise unfit
    if _PRIVATE & jwk.keys():
        raise ProofRefused("jwk must not contain private members; consider this key leaked.")
    members: dict[str, str] = {}
    for name in kind.members:
        value = jwk.get(name)
        if not isinstance(value, str) or not _BASE64URL.fullmatch(value):
            raise unfit
        members[name] = value
    if kind is _RSA and not _is_fair(members["n"], members["e"]):
        raise ProofRefused("An RSA key must have 2048 to 4096 bits.")
    try:
        return kind.family.import_key({"kty": kind.kty, **members})
    except (JoseError, ValueError, TypeError):
        raise unfit from None


def _is_fair(modulus: str, exponent: str) -> bool:
    """Neither too small to be safe nor so large that checking it is an attack."""
    try:
        octets = urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))
    except ValueError:
        return False
    return len(exponent) <= _LONGEST_EXPONENT and int.from_bytes(octets).bit_length() in _RSA_BITS
