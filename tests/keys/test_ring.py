import json
import logging
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from sqlalchemy import Engine, event

from keys.keypair import KeyPair, generate
from keys.lifecycle import KeyPolicy, KeyRecord, plan_rotation
from keys.ring import KeyRing, NoSigningKey
from keys.rotation import rotate
from keys.sealing import Box, Sealer
from keys.vault import SchemaMissing, UnusableKey, Vault, connect

from .conftest import SettableClock

SECOND = timedelta(seconds=1)


@pytest.fixture
def ring(sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock) -> KeyRing:
    return KeyRing(sqlite_vault, policy, clock)


@pytest.fixture
def first(sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, rsa_pair: KeyPair) -> KeyRecord:
    plan = plan_rotation((), clock(), policy, algorithm="RS256")
    record = sqlite_vault.publish(rsa_pair, plan, policy, now=clock())
    assert record is not None
    return record


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
def test_what_the_active_key_signs_the_jwks_verifies(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, algorithm: str
) -> None:
    rotate(sqlite_vault, policy, clock, algorithm=algorithm)
    signer = ring.signing_key(algorithm)

    token = jwt.encode({"alg": algorithm, "kid": signer.kid}, {"sub": "1"}, signer.key, algorithms=[algorithm])

    served = KeySet.import_key_set(json.loads(ring.jwks().body))
    assert jwt.decode(token, served, algorithms=[algorithm]).claims == {"sub": "1"}
    assert jwt.decode(token, ring.verification_keys(), algorithms=[algorithm]).claims == {"sub": "1"}


def test_the_jwks_holds_public_members_alg_use_and_the_thumbprint_as_kid(ring: KeyRing, first: KeyRecord) -> None:
    (jwk,) = json.loads(ring.jwks().body)["keys"]

    assert set(jwk) == {"kty", "n", "e", "kid", "alg", "use"}
    assert (jwk["alg"], jwk["use"], jwk["kid"]) == ("RS256", "sig", first.kid)
    assert RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]}).thumbprint() == first.kid


def test_a_published_key_takes_over_at_its_hour_without_a_writer(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, first: KeyRecord
) -> None:
    second = rotate(sqlite_vault, policy, clock, algorithm="RS256").key
    assert second is not None
    kids = {first.kid, second.kid}

    clock.now = second.activate_at - SECOND
    assert ring.signing_key().kid == first.kid
    assert {key["kid"] for key in json.loads(ring.jwks().body)["keys"]} == kids

    clock.forward(SECOND)
    assert ring.signing_key().kid == second.kid
    assert [key["kid"] for key in json.loads(ring.jwks().body)["keys"]] == [second.kid, first.kid]

    clock.forward(policy.longest_token_life + policy.skew)
    assert [key["kid"] for key in json.loads(ring.jwks().body)["keys"]] == [second.kid]


def test_promotion_needs_no_database(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, first: KeyRecord
) -> None:
    second = rotate(sqlite_vault, policy, clock, algorithm="RS256").key
    ring = KeyRing(sqlite_vault, policy, clock, refresh_every=timedelta(days=1))
    assert second is not None
    assert ring.signing_key().kid == first.kid

    clock.now = second.activate_at

    assert ring.signing_key().kid == second.kid


def test_a_new_key_is_seen_after_refresh_every_and_not_read_before(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, first: KeyRecord
) -> None:
    assert ring.signing_key().kid == first.kid
    rotate(sqlite_vault, policy, clock, algorithm="RS256", emergency=True)

    clock.forward(timedelta(seconds=9))
    assert ring.signing_key().kid == first.kid
    clock.forward(SECOND)
    assert ring.signing_key().kid != first.kid


def test_a_clock_set_back_does_not_stop_the_reading(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, first: KeyRecord
) -> None:
    ring.jwks()
    rotate(sqlite_vault, policy, clock, algorithm="RS256", emergency=True)

    clock.forward(timedelta(hours=-1))

    assert first.kid not in ring.jwks().body.decode()


def test_a_ring_goes_on_without_its_database_and_promises_less(
    tmp_path: Path,
    sqlite_vault: Vault,
    policy: KeyPolicy,
    clock: SettableClock,
    ring: KeyRing,
    first: KeyRecord,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    assert ring.jwks().max_age == policy.jwks_max_age
    database = tmp_path / "keys.db"
    shutil.move(database, tmp_path / "away.db")
    database.mkdir()

    clock.forward(timedelta(minutes=90))
    assert ring.signing_key().kid == first.kid
    assert "going on" in caplog.text
    # A key unknown here could sign from publication after the last reading on, less the margin between clocks.
    assert ring.jwks().max_age == timedelta(minutes=30, seconds=30)
    clock.forward(timedelta(hours=1))
    assert ring.jwks().max_age == timedelta()

    database.rmdir()
    shutil.move(tmp_path / "away.db", database)
    clock.forward(timedelta(seconds=10))
    assert ring.jwks().max_age == policy.jwks_max_age
    assert sqlite_vault.all()


def test_an_etag_changes_with_the_keys_only(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, first: KeyRecord
) -> None:
    before = ring.jwks()
    clock.forward(timedelta(minutes=1))
    same = ring.jwks()
    rotate(sqlite_vault, policy, clock, algorithm="RS256")
    clock.forward(timedelta(minutes=1))

    after = ring.jwks()

    assert first.kid in before.body.decode()
    assert (same.etag, same.body) == (before.etag, before.body)
    assert after.etag != before.etag
    assert before.etag.startswith('"')
    assert before.etag.endswith('"')


def test_without_keys_the_refusal_names_the_command(ring: KeyRing) -> None:
    with pytest.raises(NoSigningKey, match="idp keys init"):
        ring.signing_key()


def test_an_empty_jwks_is_not_to_be_cached(ring: KeyRing) -> None:
    document = ring.jwks()

    assert (document.body, document.max_age) == (b'{"keys":[]}', timedelta())


def test_an_algorithm_without_active_key_is_refused_and_not_listed(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, first: KeyRecord
) -> None:
    rotate(sqlite_vault, policy, clock, algorithm="ES256")

    with pytest.raises(NoSigningKey, match="rotate --emergency --algorithm ES256"):
        ring.signing_key("ES256")

    assert first.algorithm == "RS256"
    assert ring.algorithms() == ["RS256"]
    clock.forward(policy.publication)
    assert ring.algorithms() == ["RS256", "ES256"]


def test_a_revoked_key_neither_signs_nor_stands_in_the_jwks(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, ring: KeyRing, first: KeyRecord
) -> None:
    ring.signing_key()
    sqlite_vault.revoke(first.kid, policy, now=clock(), leave_no_signing_key=True)
    clock.forward(timedelta(seconds=10))

    with pytest.raises(NoSigningKey):
        ring.signing_key()
    assert json.loads(ring.jwks().body) == {"keys": []}
    assert ring.verification_keys().keys == []


def test_a_wrong_key_encryption_key_is_found_at_start_and_the_jwks_still_served(
    sqlite_url: str, policy: KeyPolicy, clock: SettableClock, first: KeyRecord
) -> None:
    wrong = KeyRing(connect(sqlite_url, Sealer(bytes(32)).for_purpose("signing-key")), policy, clock)

    with pytest.raises(UnusableKey, match=first.kid):
        wrong.refresh()

    assert first.kid in wrong.jwks().body.decode()


def test_a_missing_table_is_found_at_start(tmp_path: Path, box: Box, policy: KeyPolicy, clock: SettableClock) -> None:
    with pytest.raises(SchemaMissing):
        KeyRing(connect(f"sqlite:///{tmp_path}/empty.db", box), policy, clock).refresh()


def test_a_key_is_imported_once_for_all_threads(ring: KeyRing, first: KeyRecord) -> None:
    together = threading.Barrier(16)

    def take(_: int) -> int:
        together.wait()
        return id(ring.signing_key().key)

    with ThreadPoolExecutor(16) as threads:
        keys = set(threads.map(take, range(16)))

    assert len(keys) == 1
    assert ring.signing_key().kid == first.kid


def test_a_key_that_is_known_is_neither_imported_nor_read_again(ring: KeyRing, first: KeyRecord) -> None:
    known = ring.signing_key()
    assert known.kid == first.kid
    statements = []

    def count(*_: object) -> None:
        statements.append(1)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        keys = [ring.signing_key() for _ in range(1000)]
    finally:
        event.remove(Engine, "before_cursor_execute", count)

    assert all(key.key is known.key for key in keys)
    assert statements == []


def test_no_kid_reads_like_an_option_of_a_command() -> None:
    kids = [generate("EdDSA").kid for _ in range(400)]

    assert not [kid for kid in kids if kid.startswith("-")]
