"""A provider that lies about its keys: which are taken, and how often they are looked for."""

import warnings
from collections.abc import Callable
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.dev.upstreams.signing import SigningKeys
from idp.federation.connectors import ConnectorOptions, build
from tests.federation.direct import CLIENT_ID, SECRET, Direct
from tests.federation.lies import ATTACKER, Claims, OtherKeys, b64, by_attacker


class Publishing(SigningKeys):
    """Signs with an honest key, and publishes whatever a test makes of it."""

    def __init__(self, published: Callable[[Claims], object]) -> None:
        super().__init__()
        self.published = published

    def document(self) -> dict[str, Any]:
        return {"keys": self.published(self.signing.as_dict(private=False, use="sig", alg="RS256"))}


ODD_KEYS: dict[str, Callable[[Claims], object]] = {
    "no list": lambda key: {"one": key},
    "nothing": lambda _key: None,
    "no keys": lambda _key: [],
    "no objects": lambda _key: ["one", 1, None, [], True],
    "two of one name": lambda key: [key, {**key, "n": ATTACKER.as_dict(private=False)["n"]}],
    "for encryption": lambda key: [{**key, "use": "enc"}],
    "for another algorithm": lambda key: [{**key, "alg": "RS512"}],
    "use that is no text": lambda key: [{**key, "use": ["sig"]}],
    "a secret of the same name": lambda key: [{"kty": "oct", "kid": key["kid"], "k": b64(b"secret")}],
    "kind that is no text": lambda key: [{**key, "kty": ["RSA"]}],
    "a curve under the name": lambda key: [{"kty": "EC", "crv": "P-256", "kid": key["kid"], "x": "AA", "y": "AA"}],
    "no modulus": lambda key: [{name: value for name, value in key.items() if name != "n"}],
    "modulus that is no text": lambda key: [{**key, "n": 7}],
    "modulus that is a list": lambda key: [{**key, "n": [key["n"]]}],
    "modulus that is no base64": lambda key: [{**key, "n": "é" * 400}],
    "modulus of somebody else": lambda key: [{**key, "n": ATTACKER.as_dict(private=False)["n"]}],
    "modulus of a million bits": lambda key: [{**key, "n": b64(b"\xff" * 125_000)}],
    "even modulus": lambda key: [{**key, "n": b64(b"\xfe" * 256)}],
    "no exponent": lambda key: [{name: value for name, value in key.items() if name != "e"}],
    "exponent that is no text": lambda key: [{**key, "e": 65537}],
    "exponent of zero": lambda key: [{**key, "e": "AA"}],
    "exponent of one": lambda key: [{**key, "e": "AQ"}],
    "even exponent": lambda key: [{**key, "e": "Ag"}],
    "huge exponent": lambda key: [{**key, "e": b64(b"\xff" * 100_000)}],
}


@pytest.mark.parametrize("name", ODD_KEYS)
def test_keys_that_are_not_right_come_to_nothing(there: Direct[GoogleStage], name: str) -> None:
    there.stage.keys = Publishing(ODD_KEYS[name])

    assert there.fails() == "untrusted"


@pytest.mark.parametrize(
    ("crv", "x", "y"),
    [("P-999", "AA", "AA"), (7, "AA", "AA"), (["P-256"], "AA", "AA"), ("P-256", "AA", "AA"), ("P-256", 7, None)],
)
def test_curves_that_are_none_come_to_nothing(there: Direct[GoogleStage], crv: object, x: object, y: object) -> None:
    there.stage.discovery_more = {"id_token_signing_alg_values_supported": ["ES256"]}
    there.stage.keys = OtherKeys("ES256", published={"kty": "EC", "crv": crv, "x": x, "y": y})

    assert there.fails() == "untrusted"


def test_more_keys_than_anybody_has_are_not_read(there: Direct[GoogleStage]) -> None:
    there.stage.keys = Publishing(lambda key: [{**key, "kid": str(number)} for number in range(10_000)])

    assert there.fails() == "unavailable"


def test_ten_thousand_keys_that_are_none_hide_no_key(there: Direct[GoogleStage]) -> None:
    there.stage.keys = Publishing(lambda key: [*({"kty": "x"} for _ in range(10_000)), key])

    assert there.travel().subject == GOOGLE[0].subject


def test_a_private_key_that_is_published_by_mistake_verifies_like_a_public_one(there: Direct[GoogleStage]) -> None:
    there.stage.keys = Publishing(lambda _key: [there.stage.keys.signing.as_dict(private=True)])

    assert there.travel().subject == GOOGLE[0].subject


def test_a_key_that_nobody_knows_is_looked_for_once_in_a_while(there: Direct[GoogleStage]) -> None:
    connector = there.connector()
    there.travel(connector)
    before = there.stage.requests.count("certs")
    there.stage.forge = by_attacker(kid="unknown")

    for _ in range(5):
        assert there.fails(connector) == "untrusted"

    assert there.stage.requests.count("certs") == before + 1


@pytest.mark.parametrize("algorithm", ["PS256", "ES256", "EdDSA"])
def test_other_kinds_of_keys_are_taken_where_the_metadata_lists_them(
    there: Direct[GoogleStage], algorithm: str
) -> None:
    there.stage.keys = OtherKeys(algorithm)

    assert there.fails() == "untrusted"  # RS256 is all that is listed
    there.stage.discovery_more = {"id_token_signing_alg_values_supported": [algorithm]}
    assert there.travel().subject == GOOGLE[0].subject
    assert there.fails(build(_google(there), there.wire)) == "untrusted"  # Google signs with RS256


def test_a_key_that_is_too_short_is_none(there: Direct[GoogleStage]) -> None:
    short = OtherKeys("PS256")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        short.algorithm, short.key = "RS256", RSAKey.generate_key(1024)
    there.stage.keys = short

    assert there.fails() == "untrusted"


def _google(there: Direct[GoogleStage]) -> ConnectorOptions:
    return ConnectorOptions(
        name="g", kind="google", label="G", client_id=CLIENT_ID, client_secret=SECRET, origin=there.stage.origin
    )
