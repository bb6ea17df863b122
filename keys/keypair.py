"""Making key pairs, and turning stored ones into joserfc keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from joserfc.jwk import ECKey, OKPKey, RSAKey

from keys.lifecycle import Algorithm

PrivateKey = RSAKey | ECKey | OKPKey
"""A joserfc key that can sign and carries its `kid`, `alg` and `use`."""
PublicKey = RSAKey | ECKey | OKPKey
"""A joserfc key without its private half."""

RSA_BITS = (2048, 3072, 4096)
"""The RSA sizes offered, the default first."""

_FAMILY: Mapping[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {
    Algorithm.RS256: RSAKey,
    Algorithm.PS256: RSAKey,
    Algorithm.ES256: ECKey,
    Algorithm.EDDSA: OKPKey,
}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A new key. The private half is PKCS #8 in DER and stays out of the representation."""

    kid: str
    algorithm: str
    public_jwk: Mapping[str, str]
    private_der: bytes = field(repr=False)


def generate(algorithm: str, *, bits: int = RSA_BITS[0]) -> KeyPair:
    """Make a key pair; `bits` matters to RSA only. Its `kid` is the RFC 7638 thumbprint. Seconds for 4096 bits.

    Raises:
        ValueError: An algorithm or a size that is not offered.
    """
    if bits not in RSA_BITS:
        raise ValueError(f"RSA keys have {', '.join(map(str, RSA_BITS))} bits")
    if algorithm not in _FAMILY:
        raise ValueError(f"the algorithm must be one of {', '.join(Algorithm)}")
    key = _new_key(algorithm, bits)
    while key.thumbprint().startswith("-"):
        # One in 64 does, and `idp keys revoke` would take such a kid for an option.
        key = _new_key(algorithm, bits)
    kid = key.thumbprint()
    members = {name: str(value) for name, value in key.as_dict(private=False).items()}
    public = {**members, "kid": kid, "alg": str(algorithm), "use": "sig"}
    return KeyPair(kid, str(algorithm), public, key.as_der(private=True))


def _new_key(algorithm: str, bits: int) -> PrivateKey:
    family = _FAMILY[algorithm]
    if family is RSAKey:
        return RSAKey.generate_key(bits)
    return ECKey.generate_key("P-256") if family is ECKey else OKPKey.generate_key("Ed25519")


def import_private(private_der: bytes, *, kid: str, algorithm: str) -> PrivateKey:
    """Make the key that signs. Costs 36 ms for RSA (OpenSSL checks the key), so import once and keep it."""
    return _FAMILY[algorithm].import_key(private_der, parameters={"kid": kid, "alg": algorithm, "use": "sig"})


def import_public(public_jwk: Mapping[str, str]) -> PublicKey:
    """Make the key that verifies."""
    return _FAMILY[public_jwk["alg"]].import_key(dict(public_jwk))


def rsa_bits(public_jwk: Mapping[str, str]) -> int | None:
    """The size of an RSA key, None for other kinds."""
    modulus = public_jwk.get("n")
    # Four characters of base64url carry 24 bits, and the highest bit of a modulus is always set.
    return None if modulus is None else len(modulus) * 6 // 8 * 8
