import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from keys.keypair import KeyPair, generate
from keys.lifecycle import KeyPolicy, State, plan_rotation, state_of
from keys.revocation import UnknownKey
from keys.rotation import Outcome, rotate, rotate_if_due
from keys.sealing import Box, Sealer
from keys.vault import SchemaMissing, UnusableKey, Vault, VaultUnavailable, WouldLeaveNoSigningKey, connect

from .conftest import SettableClock


def test_a_published_key_comes_back_as_it_went_in(
    vault: Vault, policy: KeyPolicy, clock: SettableClock, rsa_pair: KeyPair
) -> None:
    plan = plan_rotation((), clock(), policy, algorithm="RS256")

    published = vault.publish(rsa_pair, plan, policy, now=clock())

    (stored,) = vault.all()
    assert stored == published
    assert stored.created_at.utcoffset() == timedelta()
    assert vault.open(stored) == rsa_pair.private_der


def test_the_private_half_is_not_stored_in_clear(
    vault: Vault, policy: KeyPolicy, clock: SettableClock, rsa_pair: KeyPair
) -> None:
    vault.publish(rsa_pair, plan_rotation((), clock(), policy, algorithm="RS256"), policy, now=clock())

    (stored,) = vault.all()
    assert stored.sealed is not None
    assert rsa_pair.private_der[100:140] not in stored.sealed
    assert not {"d", "p", "q", "dp", "dq", "qi"} & set(stored.public_jwk)


def test_a_rotation_retires_the_active_key_when_the_new_one_starts(
    vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    first = rotate(vault, policy, clock, algorithm="ES256").key
    clock.forward(timedelta(days=1))

    second = rotate(vault, policy, clock, algorithm="ES256").key

    assert first is not None
    assert second is not None
    old, new = vault.all()
    assert (old.kid, new.kid) == (first.kid, second.kid)
    assert old.retire_at == new.activate_at == clock() + policy.publication
    assert state_of(old, clock()) is State.ACTIVE
    assert state_of(new, clock()) is State.PUBLISHED


@pytest.mark.parametrize("emergency", [False, True])
def test_of_sixteen_rotations_at_once_one_publishes(
    vault: Vault, policy: KeyPolicy, clock: SettableClock, *, emergency: bool
) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    clock.forward(timedelta(days=1))
    plan = plan_rotation(vault.all(), clock(), policy, algorithm="EdDSA", emergency=emergency)
    together = threading.Barrier(16)

    def publish(pair: KeyPair) -> bool:
        together.wait()
        return vault.publish(pair, plan, policy, now=clock()) is not None

    with ThreadPoolExecutor(16) as threads:
        published = list(threads.map(publish, [generate("EdDSA") for _ in range(16)]))

    assert published.count(True) == 1
    assert len(vault.all()) == 2


def test_two_first_keys_at_once_are_one(vault: Vault, policy: KeyPolicy, clock: SettableClock) -> None:
    plan = plan_rotation((), clock(), policy, algorithm="EdDSA")

    first = vault.publish(generate("EdDSA"), plan, policy, now=clock())
    second = vault.publish(generate("EdDSA"), plan, policy, now=clock())

    assert first is not None
    assert second is None


def test_rotating_while_a_rotation_is_under_way_makes_no_key(
    vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    waiting = rotate(vault, policy, clock, algorithm="EdDSA").key

    again = rotate(vault, policy, clock, algorithm="EdDSA")

    assert waiting is not None
    assert (again.outcome, again.plan.underway) == (Outcome.UNDERWAY, waiting.kid)
    assert len(vault.all()) == 2


def test_a_schedule_rotates_when_due_and_only_once(vault: Vault, policy: KeyPolicy, clock: SettableClock) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    clock.forward(policy.rotate_every - policy.publication - timedelta(seconds=1))
    assert rotate_if_due(vault, policy, clock) == []

    clock.forward(timedelta(seconds=1))
    done = rotate_if_due(vault, policy, clock)

    assert [rotation.outcome for rotation in done] == [Outcome.PUBLISHED]
    assert rotate_if_due(vault, policy, clock) == []


def test_an_emergency_leaves_only_the_new_key(vault: Vault, policy: KeyPolicy, clock: SettableClock) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    rotate(vault, policy, clock, algorithm="EdDSA")

    new = rotate(vault, policy, clock, algorithm="EdDSA", emergency=True).key

    assert new is not None
    states = {key.kid: state_of(key, clock()) for key in vault.all()}
    assert states.pop(new.kid) is State.ACTIVE
    assert set(states.values()) == {State.GONE}
    assert all(key.sealed is None for key in vault.all() if key.kid != new.kid)


def test_the_only_signing_key_is_not_revoked_unless_meant(
    vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    key = rotate(vault, policy, clock, algorithm="EdDSA").key
    assert key is not None

    with pytest.raises(WouldLeaveNoSigningKey):
        vault.revoke(key.kid, policy, now=clock())

    assert state_of(vault.all()[0], clock()) is State.ACTIVE
    vault.revoke(key.kid, policy, now=clock(), leave_no_signing_key=True)
    assert state_of(vault.all()[0], clock()) is State.GONE
    assert vault.all()[0].sealed is None


def test_revoking_a_waiting_key_lets_its_predecessor_go_on(
    vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    waiting = rotate(vault, policy, clock, algorithm="EdDSA").key
    assert waiting is not None

    vault.revoke(waiting.kid, policy, now=clock())

    clock.forward(timedelta(days=365))
    states = {key.kid: state_of(key, clock()) for key in vault.all()}
    assert states.pop(waiting.kid) is State.GONE
    assert list(states.values()) == [State.ACTIVE]


def test_revoking_an_unknown_key_is_refused(vault: Vault, policy: KeyPolicy, clock: SettableClock) -> None:
    with pytest.raises(UnknownKey):
        vault.revoke("' OR 1=1 --", policy, now=clock())


def test_pruning_erases_retired_keys_and_deletes_those_that_left(
    vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    rotate(vault, policy, clock, algorithm="EdDSA")
    old, new = sorted(vault.all(), key=lambda key: key.activate_at)
    assert old.retire_at is not None
    assert old.remove_at is not None

    assert vault.prune(policy, now=old.retire_at).erased == ()
    erased = vault.prune(policy, now=old.retire_at + policy.skew)
    assert (erased.erased, erased.deleted) == ((old.kid,), ())
    assert {key.kid: key.sealed is None for key in vault.all()} == {old.kid: True, new.kid: False}

    deleted = vault.prune(policy, now=old.remove_at + policy.skew)
    assert (deleted.erased, deleted.deleted) == ((), (old.kid,))
    assert [key.kid for key in vault.all()] == [new.kid]


def test_a_sealed_half_moved_to_another_row_does_not_open(
    vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    rotate(vault, policy, clock, algorithm="EdDSA")
    kids = [key.kid for key in vault.all()]
    with vault._engine.begin() as db:
        move = text("UPDATE signing_keys SET sealed = (SELECT sealed FROM signing_keys WHERE kid = :a) WHERE kid = :b")
        db.execute(move, {"a": kids[0], "b": kids[1]})

    with pytest.raises(UnusableKey, match="IDP_KEY_ENCRYPTION_KEY"):
        vault.open(next(key for key in vault.all() if key.kid == kids[1]))


def test_another_key_encryption_key_opens_nothing(
    sqlite_url: str, box: Box, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(connect(sqlite_url, box), policy, clock, algorithm="EdDSA")
    stranger = connect(sqlite_url, Sealer(bytes(32)).for_purpose("signing-key"))

    with pytest.raises(UnusableKey):
        stranger.open(stranger.all()[0])


def test_a_missing_table_names_the_command(tmp_path: object, box: Box) -> None:
    with pytest.raises(SchemaMissing, match="idp db upgrade"):
        connect(f"sqlite:///{tmp_path}/empty.db", box).all()


def test_an_unreachable_database_is_said_without_its_password(box: Box) -> None:
    with pytest.raises(VaultUnavailable) as refusal:
        connect("postgresql://idp:hunter2@127.0.0.1:1/idp", box).all()

    assert "hunter2" not in str(refusal.value)


def test_no_private_half_is_logged(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, rsa_pair: KeyPair, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    try:
        plan = plan_rotation((), clock(), policy, algorithm="RS256")
        record = sqlite_vault.publish(rsa_pair, plan, policy, now=clock())
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)

    shown = caplog.text + repr(rsa_pair) + repr(record)
    assert "INSERT" in caplog.text
    for form in (repr(rsa_pair.private_der)[20:60], rsa_pair.private_der.hex()[40:80]):
        assert form not in shown


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS512", ""])
def test_keys_are_not_made_for_other_algorithms(algorithm: str) -> None:
    with pytest.raises(ValueError, match="must be one of RS256, PS256, ES256, EdDSA"):
        generate(algorithm)


def test_a_rotation_keeps_the_size_of_the_key_before(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(sqlite_vault, policy, clock, algorithm="RS256", bits=3072)

    second = rotate(sqlite_vault, policy, clock, algorithm="RS256").key

    assert second is not None
    assert len(second.public_jwk["n"]) == 512
