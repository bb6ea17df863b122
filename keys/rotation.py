"""Rotating from beginning to end: plan, make a key outside any transaction, publish it under the lock.

Operators reach it by the commands; the servers' `schedule` calls `rotate_if_due` from as many processes as there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from keys.keypair import RSA_BITS, generate, rsa_bits
from keys.lifecycle import Algorithm, KeyPolicy, KeyRecord, RotationPlan, plan_rotation, rotation_due_at, usable
from keys.vault import Vault

Clock = Callable[[], datetime]


class Outcome(StrEnum):
    """How a rotation ended. None of these is an error."""

    PUBLISHED = "published"
    UNDERWAY = "underway"
    OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What came of a rotation: the plan it followed, and the new key if there is one."""

    outcome: Outcome
    plan: RotationPlan
    key: KeyRecord | None = None


def rotate(
    vault: Vault,
    policy: KeyPolicy,
    clock: Clock,
    *,
    algorithm: str = Algorithm.RS256,
    bits: int | None = None,
    emergency: bool = False,
) -> Rotation:
    """Publish the next key of an algorithm, or the first one of all.

    `bits` is the RSA size; None keeps that of the newest key. A key that waits for its turn is left alone
    (`UNDERWAY`), and so is a key that somebody else published in the meantime (`OVERTAKEN`).

    Raises:
        UnusableKey: The keys there are have been sealed with another key-encryption key; what this process sealed no
            other could open. An emergency goes on: it is the way out when that key is lost.
    """
    return _rotated(vault, vault.all(), policy, clock, algorithm=algorithm, bits=bits, emergency=emergency)


def rotate_if_due(vault: Vault, policy: KeyPolicy, clock: Clock) -> list[Rotation]:
    """Rotate every algorithm whose key has signed for long enough. Usually the list is empty.

    What is due and what is planned come from one reading of the keys, and the vault publishes only while they are the
    same: of any number of callers at one moment one publishes, and nobody rotates what was replaced meanwhile.
    """
    keys = vault.all()
    return [_rotated(vault, keys, policy, clock, algorithm=algorithm) for algorithm in due(keys, policy, clock())]


def _rotated(
    vault: Vault,
    keys: tuple[KeyRecord, ...],
    policy: KeyPolicy,
    clock: Clock,
    *,
    algorithm: str,
    bits: int | None = None,
    emergency: bool = False,
) -> Rotation:
    plan = plan_rotation(keys, clock(), policy, algorithm=algorithm, emergency=emergency)
    if not plan.publishes:
        return Rotation(Outcome.UNDERWAY, plan)
    if not emergency:
        for key in usable(keys, clock()):
            if key.sealed is not None:
                vault.open(key)
    pair = generate(algorithm, bits=bits or _bits_in_use(keys, algorithm))
    # The clock is asked again: making a large key takes seconds, and publication counts from when others can see it.
    now = clock()
    record = vault.publish(pair, plan, policy, now=now)
    if record is None:
        return Rotation(Outcome.OVERTAKEN, plan)
    return Rotation(
        Outcome.PUBLISHED, plan_rotation(keys, now, policy, algorithm=algorithm, emergency=emergency), record
    )


def due(keys: tuple[KeyRecord, ...], policy: KeyPolicy, now: datetime) -> list[str]:
    """The algorithms whose next key should be published by now."""
    return [algorithm for algorithm, date in next_due(keys, policy, now).items() if date <= now]


def next_due(keys: tuple[KeyRecord, ...], policy: KeyPolicy, now: datetime) -> dict[str, datetime]:
    """When the next key of each algorithm has to be published; without those that have a successor already."""
    dates = {alg: rotation_due_at(keys, policy, algorithm=alg, now=now) for alg in in_use(keys, now)}
    return {algorithm: date for algorithm, date in dates.items() if date is not None}


def in_use(keys: tuple[KeyRecord, ...], now: datetime) -> list[str]:
    """The algorithms that have a key which is not gone."""
    present = {key.algorithm for key in usable(keys, now)}
    return [str(algorithm) for algorithm in Algorithm if algorithm in present]


def _bits_in_use(keys: tuple[KeyRecord, ...], algorithm: str) -> int:
    sizes = [rsa_bits(key.public_jwk) for key in keys if key.algorithm == algorithm]
    return next((size for size in reversed(sizes) if size in RSA_BITS), RSA_BITS[0])
