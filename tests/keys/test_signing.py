"""JWTs under our own keys: every algorithm, the names in the header, and nothing that another algorithm signed."""

import json

import pytest
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from keys.lifecycle import Algorithm, KeyPolicy
from keys.ring import KeyRing
from keys.rotation import rotate
from keys.signing import signed, verified
from keys.vault import Vault

from .conftest import SettableClock


@pytest.fixture
def ring(sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock) -> KeyRing:
    return KeyRing(sqlite_vault, policy, clock)


@pytest.mark.parametrize("algorithm", list(Algorithm))
@pytest.mark.parametrize("typ", [None, "at+jwt"])
def test_what_is_signed_names_its_key_and_verifies_without_a_warning(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, algorithm: str, typ: str | None
) -> None:
    rotate(sqlite_vault, policy, clock, algorithm=algorithm)
    key = ring.signing_key(algorithm)

    token = signed(key, {"sub": "1"}, typ=typ)

    header = jws.extract_compact(token.encode()).headers()
    assert header == {"typ": typ or "JWT", "alg": algorithm, "kid": key.kid}
    assert verified(token, ring.verification_keys(), algorithm) == {"sub": "1"}


@pytest.mark.parametrize("other", ["RS256", "HS256", "none", "nonsense"])
def test_no_other_algorithm_will_do(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, other: str
) -> None:
    rotate(sqlite_vault, policy, clock, algorithm="ES256")
    token = signed(ring.signing_key("ES256"), {"sub": "1"})

    with pytest.raises(JoseError):
        verified(token, ring.verification_keys(), other)


def test_a_key_that_is_not_among_them_does_not_verify(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing
) -> None:
    rotate(sqlite_vault, policy, clock, algorithm="ES256")
    foreign = KeySet.generate_key_set("EC", "P-256", count=1)
    header = {"alg": "ES256", "kid": ring.signing_key("ES256").kid}
    token = jwt.encode(header, {"sub": "1"}, foreign.keys[0], algorithms=["ES256"])

    with pytest.raises(JoseError):
        verified(token, KeySet.import_key_set(json.loads(ring.jwks().body)), "ES256")
