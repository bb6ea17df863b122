"""A provider that lies about its keys: which are taken, and how often they are looked for."""

import warnings

import pytest
from joserfc.jwk import RSAKey

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.federation.connectors import ConnectorOptions, build
from tests.federation.direct import CLIENT_ID, SECRET, Direct
from tests.federation.lies import OtherKeys, by_attacker


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
    before, there.stage.keys = there.stage.keys, OtherKeys(algorithm)
    try:
        assert there.fails() == "untrusted"  # RS256 is all that is listed
        there.stage.discovery_more = {"id_token_signing_alg_values_supported": [algorithm]}
        assert there.travel().subject == GOOGLE[0].subject
        assert there.fails(build(_google(there), there.wire)) == "untrusted"  # Google signs with RS256
    finally:
        there.stage.keys = before


def test_a_key_that_is_too_short_is_none(there: Direct[GoogleStage]) -> None:
    before, short = there.stage.keys, OtherKeys("PS256")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        short.algorithm, short.key = "RS256", RSAKey.generate_key(1024)
    there.stage.keys = short
    try:
        assert there.fails() == "untrusted"
    finally:
        there.stage.keys = before


def _google(there: Direct[GoogleStage]) -> ConnectorOptions:
    return ConnectorOptions(
        name="g", kind="google", label="G", client_id=CLIENT_ID, client_secret=SECRET, origin=there.stage.origin
    )
