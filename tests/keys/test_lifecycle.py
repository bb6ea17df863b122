from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from keys.lifecycle import KeyPolicy, KeyRecord, State, plan_rotation, rotation_due_at, signing_key_of, state_of
from keys.revocation import UnknownKey, plan_revocation

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)
POLICY = KeyPolicy()


def key(kid: str = "k1", activate_at: datetime = NOW, **changes: object) -> KeyRecord:
    made = KeyRecord(kid=kid, algorithm="RS256", public_jwk={}, created_at=NOW, activate_at=activate_at, sealed=b"x")
    return replace(made, **changes)


FULL = key(activate_at=NOW + HOUR, retire_at=NOW + 2 * HOUR, remove_at=NOW + 3 * HOUR)


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (NOW, State.PUBLISHED),
        (NOW + HOUR - TICK, State.PUBLISHED),
        (NOW + HOUR, State.ACTIVE),
        (NOW + 2 * HOUR - TICK, State.ACTIVE),
        (NOW + 2 * HOUR, State.RETIRED),
        (NOW + 3 * HOUR - TICK, State.RETIRED),
        (NOW + 3 * HOUR, State.GONE),
        (NOW + 3000 * HOUR, State.GONE),
    ],
)
def test_a_state_begins_at_its_timestamp_and_not_before(moment: datetime, state: State) -> None:
    assert state_of(FULL, moment) is state


def test_a_key_without_an_end_stays_active() -> None:
    assert state_of(key(), NOW + 100_000 * HOUR) is State.ACTIVE


def test_a_revoked_key_is_gone_even_for_a_node_whose_clock_is_behind() -> None:
    assert state_of(key(revoked_at=NOW), NOW - HOUR) is State.GONE


def test_of_two_active_keys_the_one_activated_last_signs() -> None:
    older, newer = key("old", NOW - HOUR), key("new", NOW)

    assert signing_key_of([newer, older], "RS256", NOW) == newer


def test_a_key_of_another_algorithm_does_not_sign() -> None:
    assert signing_key_of([key()], "ES256", NOW) is None


def test_the_first_key_of_an_installation_signs_at_once() -> None:
    plan = plan_rotation([], NOW, POLICY, algorithm="RS256")

    assert (plan.publishes, plan.activate_at, plan.retires) == (True, NOW, ())


def test_a_rotation_publishes_now_and_signs_when_caches_have_expired() -> None:
    plan = plan_rotation([key()], NOW, POLICY, algorithm="RS256")

    assert plan.activate_at == NOW + POLICY.publication
    (retirement,) = plan.retires
    assert retirement.kid == "k1"
    assert retirement.retire_at == plan.activate_at
    assert retirement.remove_at == plan.activate_at + POLICY.longest_token_life + POLICY.skew


def test_the_first_key_of_a_second_algorithm_waits_for_the_caches_too() -> None:
    plan = plan_rotation([key()], NOW, POLICY, algorithm="ES256")

    assert plan.activate_at == NOW + POLICY.publication
    assert plan.retires == ()


def test_a_new_key_waits_although_every_earlier_key_was_revoked() -> None:
    plan = plan_rotation([key(revoked_at=NOW)], NOW, POLICY, algorithm="RS256")

    assert plan.activate_at == NOW + POLICY.publication


def test_nothing_is_published_while_a_rotation_is_under_way() -> None:
    waiting = key("k2", NOW + HOUR)

    plan = plan_rotation([key(retire_at=NOW + HOUR, remove_at=NOW + 3 * HOUR), waiting], NOW, POLICY, algorithm="RS256")

    assert not plan.publishes
    assert (plan.underway, plan.activate_at) == ("k2", waiting.activate_at)


def test_an_emergency_signs_at_once_revokes_every_key_of_the_algorithm_and_says_what_breaks() -> None:
    other = replace(key("es"), algorithm="ES256")

    plan = plan_rotation([key(), key("k2", NOW + HOUR), other], NOW, POLICY, algorithm="RS256", emergency=True)

    assert plan.activate_at == NOW
    assert plan.revokes == ("k1", "k2")
    assert any("k1 stop verifying" in sentence for sentence in plan.breaks)
    assert all("1h" in sentence for sentence in plan.breaks[1:])


def test_a_rotation_is_due_so_that_the_next_key_signs_on_the_day() -> None:
    due = rotation_due_at([key()], POLICY, algorithm="RS256", now=NOW)

    assert due == NOW + timedelta(days=90) - POLICY.publication


def test_a_rotation_is_not_due_while_one_is_under_way() -> None:
    retiring = key(retire_at=NOW + HOUR, remove_at=NOW + 3 * HOUR)

    assert rotation_due_at([retiring], POLICY, algorithm="RS256", now=NOW) is None


def test_revoking_the_only_key_leaves_nothing_to_sign_with() -> None:
    plan = plan_revocation([key()], NOW, POLICY, kid="k1")

    assert plan.leaves_no_signing_key
    assert plan.unsigned_until is None


def test_revoking_the_active_key_leaves_nothing_to_sign_with_until_the_published_one_starts() -> None:
    plan = plan_revocation([key(), key("k2", NOW + HOUR)], NOW, POLICY, kid="k1")

    assert plan.unsigned_until == NOW + HOUR


def test_revoking_a_published_key_reinstates_its_predecessor() -> None:
    retiring = key(retire_at=NOW + HOUR, remove_at=NOW + 3 * HOUR)

    plan = plan_revocation([retiring, key("k2", NOW + HOUR)], NOW, POLICY, kid="k2")

    assert plan.reinstates == ("k1",)
    assert not plan.leaves_no_signing_key


def test_revoking_a_retired_key_does_not_stop_signing() -> None:
    retired = key(retire_at=NOW, remove_at=NOW + HOUR)

    plan = plan_revocation([retired, key("k2")], NOW, POLICY, kid="k1")

    assert (plan.state, plan.leaves_no_signing_key) == (State.RETIRED, False)


def test_a_kid_that_no_key_has_is_refused() -> None:
    with pytest.raises(UnknownKey):
        plan_revocation([key()], NOW, POLICY, kid="k2")
