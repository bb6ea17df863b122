"""The signature of a DPoP proof, by the key that the proof itself carries (RFC 9449 sections 4.2 and 4.3)."""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

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


class _Registry(jws.JWSRegistry):
    """Takes the header of a proof, which carries a whole key, and members that nobody knows (RFC 7515 section 4)."""

    max_header_length = 4096


def verified(proof: str, algorithms: tuple[str, ...]) -> tuple[str, Mapping[str, Any]]:
    """The thumbprint of the key that signed the proof, and what it says."""
    malformed = ProofRefused("The DPoP header is not a signed JWT.")
    if len(proof) > _LONGEST or not proof.isascii():
        raise malformed
    try:
        extracted = jws.extract_compact(proof.encode(), registry=_Registry(strict_check_header=False))
        header = extracted.headers()
        if header.get("typ") != "dpop+jwt":
            raise ProofRefused("typ must be dpop+jwt.")
        algorithm = header.get("alg")
        if not isinstance(algorithm, str) or algorithm not in algorithms:
            raise ProofRefused(f"alg must be one of {', '.join(algorithms)}.")
        key = _public_key(header.get("jwk"), algorithm)
        registry = _Registry(algorithms=[algorithm], strict_check_header=False)
        if not jws.validate_compact(extracted, key, registry=registry):
            raise ProofRefused("The signature is not that of the key in jwk.")
        claims = json.loads(extracted.payload)
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        raise malformed from None
    if not isinstance(claims, dict):
        raise malformed
    return key.thumbprint(), claims


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
    return kind.family.import_key({"kty": kind.kty, **members})


def _is_fair(modulus: str, exponent: str) -> bool:
    """Neither too small to be safe nor so large that checking it is an attack."""
    octets = urlsafe_b64decode(modulus + "=" * (-len(modulus) % 4))
    return len(exponent) <= _LONGEST_EXPONENT and int.from_bytes(octets).bit_length() in _RSA_BITS
