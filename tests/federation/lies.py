"""How a provider can lie: tokens with any claims, any header and any key. Also keys of other kinds."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.signing import SigningKeys
from idp.federation.problems import UpstreamProblem
from tests.federation.direct import Direct

Claims = dict[str, Any]
Lie = Callable[[Claims, SigningKeys], object]
"""Makes an ID token in the place of the honest one, from what that would say."""

ATTACKER = RSAKey.generate_key(2048, {"kid": "attacker"})


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(header: Claims, claims: Claims | bytes, key: Any) -> str:
    """A token with any header at all."""
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    signer = jws.JWSRegistry(algorithms=[header.get("alg", "RS256")], strict_check_header=False)
    plain = {name: value for name, value in header.items() if name in {"alg", "kid"} and isinstance(value, str)}
    if plain == header:
        return jws.serialize_compact(header, payload, key, registry=signer)
    # What joserfc would not write is signed by hand.
    start = f"{b64(json.dumps(header).encode())}.{b64(payload)}"
    return f"{start}.{b64(key.private_key.sign(start.encode(), PKCS1v15(), SHA256()))}"


def honest(claims: Claims, keys: SigningKeys) -> str:
    return keys.sign(claims)


def claiming(**changed: Any) -> Lie:
    """The honest token with other claims; None leaves one out."""

    def lie(claims: Claims, keys: SigningKeys) -> str:
        told = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return signed({"alg": "RS256", "kid": keys.signing.kid}, told, keys.signing)

    return lie


def with_header(**changed: Any) -> Lie:
    """The honest token with another header, and the provider's own signature."""

    def lie(claims: Claims, keys: SigningKeys) -> str:
        header = {"alg": "RS256", "kid": keys.signing.kid, **changed}
        return signed({name: value for name, value in header.items() if value is not None}, claims, keys.signing)

    return lie


def by_attacker(**header: Any) -> Lie:
    """A token of somebody else, with whatever header."""
    return lambda claims, _keys: signed({"alg": "RS256", **header}, claims, ATTACKER)


def raw(claims: Claims, keys: SigningKeys, name: str, number: str) -> str:
    """A payload with a number that json.dumps would not write."""
    text = json.dumps({**claims, name: "@@@"}).replace('"@@@"', number)
    return signed({"alg": "RS256", "kid": keys.signing.kid}, text.encode(), keys.signing)


def fails(there: Direct[GoogleStage], lie: Lie | None = None) -> UpstreamProblem:
    """Go there and back to nobody."""
    there.stage.forge = lie
    with pytest.raises(UpstreamProblem) as raised:
        there.travel()
    return raised.value


class OtherKeys(SigningKeys):
    """One key of another kind, as other providers have."""

    def __init__(self, algorithm: str, published: Claims | None = None) -> None:
        super().__init__()
        kinds: dict[str, Any] = {"PS256": RSAKey, "ES256": ECKey, "EdDSA": OKPKey}
        sizes: dict[str, Any] = {"PS256": 2048, "ES256": "P-256", "EdDSA": "Ed25519"}
        self.published = published
        self.algorithm, self.key = algorithm, kinds[algorithm].generate_key(sizes[algorithm])

    def document(self) -> dict[str, Any]:
        return {"keys": [self.published or self.key.as_dict(private=False)]}

    def sign(self, claims: dict[str, Any], **_header: Any) -> str:
        if self.algorithm != "EdDSA":
            return jwt.encode({"alg": self.algorithm}, claims, self.key, algorithms=[self.algorithm])
        # The name that providers still write, and about which joserfc warns.
        header = json.dumps({"alg": "EdDSA"}).encode()
        start = f"{b64(header)}.{b64(json.dumps(claims).encode())}"
        return f"{start}.{b64(self.key.private_key.sign(start.encode()))}"
