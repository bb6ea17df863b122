"""The states of a signing key, computed from its timestamps and the clock. Pure: no database, no clock of its own.

    created - published ----------> active ----------> retired ----------> gone
              in the JWKS           signs              verifies
              >= longest JWKS cache                    >= longest token life + skew

Nothing flips a switch: rotation writes timestamps once, and every process derives the same states from them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from keys.duration import format_duration

RING_REFRESH = timedelta(seconds=10)
"""How often a process looks for new keys."""
CLOCK_MARGIN = timedelta(seconds=30)
"""How far the clocks of two nodes may differ, and how long a rotation may take to commit, without harm."""


class Algorithm(StrEnum):
    """The signature algorithms keys are made for, the default first. `none` and HS* do not exist here."""

    RS256 = "RS256"
    PS256 = "PS256"
    ES256 = "ES256"
    EDDSA = "EdDSA"


class State(StrEnum):
    """What a key is good for at a moment."""

    PUBLISHED = "published"
    ACTIVE = "active"
    RETIRED = "retired"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A signing key as stored. `kid` is its RFC 7638 thumbprint; `sealed` is None once the private half is erased."""

    kid: str
    algorithm: str
    public_jwk: Mapping[str, str] = field(hash=False)
    created_at: datetime
    activate_at: datetime
    retire_at: datetime | None = None
    remove_at: datetime | None = None
    revoked_at: datetime | None = None
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """How long each state lasts.

    `publication` is how long a key stands in the JWKS before it signs. Below `least_publication` a relying party that
    cached the JWKS meets signatures by keys it has never seen; settings refuse that.
    """

    jwks_max_age: timedelta = timedelta(hours=1)
    publication: timedelta = timedelta(hours=2, minutes=1)
    longest_token_life: timedelta = timedelta(hours=1)
    skew: timedelta = timedelta(minutes=5)
    rotate_every: timedelta = timedelta(days=90)

    @property
    def least_publication(self) -> timedelta:
        """The shortest publication that outlasts every cache: the relying party's, and that of each process of ours."""
        return self.jwks_max_age + RING_REFRESH + CLOCK_MARGIN


def state_of(key: KeyRecord, now: datetime) -> State:
    """The state of a key at a moment. A revoked key is gone whatever the clock of this node says."""
    if key.revoked_at is not None or _reached(key.remove_at, now):
        return State.GONE
    if _reached(key.retire_at, now):
        return State.RETIRED
    return State.ACTIVE if key.activate_at <= now else State.PUBLISHED


def signing_key_of(keys: Iterable[KeyRecord], algorithm: str, now: datetime) -> KeyRecord | None:
    """The key that signs with this algorithm: of the active ones, the one activated last."""
    active = (key for key in keys if key.algorithm == algorithm and state_of(key, now) is State.ACTIVE)
    return max(active, key=lambda key: (key.activate_at, key.kid), default=None)


def usable(keys: Iterable[KeyRecord], now: datetime, *, algorithm: str | None = None) -> tuple[KeyRecord, ...]:
    """The keys that stand in the JWKS: those that are not gone, in the order given."""
    return tuple(key for key in keys if algorithm in (None, key.algorithm) and state_of(key, now) is not State.GONE)


def rotation_due_at(keys: Iterable[KeyRecord], policy: KeyPolicy, *, algorithm: str, now: datetime) -> datetime | None:
    """When the next key has to be published so that it signs `rotate_every` after this one; None without active key.

    A key that is already to retire has a successor, so nothing is due.
    """
    current = signing_key_of(keys, algorithm, now)
    if current is None or current.retire_at is not None:
        return None
    return current.activate_at + policy.rotate_every - policy.publication


@dataclass(frozen=True, slots=True)
class Retirement:
    """When a key stops signing and when it leaves the JWKS."""

    kid: str
    retire_at: datetime
    remove_at: datetime


@dataclass(frozen=True, slots=True)
class RotationPlan:
    """What a rotation would do. `breaks` names, in sentences for the operator, what relying parties will notice.

    `underway` is a key that is published and waits for its turn: then nothing new is published. `seen` holds the keys
    that the plan was made from; the vault carries a plan out only while they are the same.
    """

    algorithm: str
    activate_at: datetime
    emergency: bool = False
    underway: str | None = None
    retires: tuple[Retirement, ...] = ()
    revokes: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    seen: frozenset[str] = frozenset()

    @property
    def publishes(self) -> bool:
        """Whether a new key would be made."""
        return self.underway is None


def plan_rotation(
    keys: Iterable[KeyRecord], now: datetime, policy: KeyPolicy, *, algorithm: str, emergency: bool = False
) -> RotationPlan:
    """Plan the next key of one algorithm.

    Ordinarily the new key is published only, and signs when every cached JWKS that lacks it has expired; the key that
    signs today retires at that moment. The very first key of an installation signs at once, because nobody can have
    cached a JWKS before it.

    An emergency is a compromise: whoever could read one private key could read its neighbours, so the new key signs
    at once and every other key of the algorithm is revoked.
    """
    keys = tuple(keys)
    present = usable(keys, now, algorithm=algorithm)
    seen = frozenset(key.kid for key in present)
    if emergency:
        return RotationPlan(
            algorithm=algorithm,
            activate_at=now,
            emergency=True,
            revokes=tuple(key.kid for key in present),
            breaks=_emergency_breaks(present, now, policy) if keys else (),
            seen=seen,
        )
    waiting = min(_in_state(present, State.PUBLISHED, now), key=lambda key: key.activate_at, default=None)
    if waiting is not None:
        return RotationPlan(algorithm=algorithm, activate_at=waiting.activate_at, underway=waiting.kid, seen=seen)
    activate_at = now + policy.publication if keys else now
    remove_at = activate_at + policy.longest_token_life + policy.skew
    retires = tuple(Retirement(key.kid, activate_at, remove_at) for key in _in_state(present, State.ACTIVE, now))
    return RotationPlan(algorithm=algorithm, activate_at=activate_at, retires=retires, seen=seen)


def _emergency_breaks(present: Iterable[KeyRecord], now: datetime, policy: KeyPolicy) -> tuple[str, ...]:
    cached = format_duration(policy.jwks_max_age)
    signed = [key.kid for key in present if state_of(key, now) is not State.PUBLISHED]
    earlier = (
        f"Tokens signed by {', '.join(signed)} stop verifying wherever the JWKS is read again.",
        f"Relying parties that cached the JWKS go on accepting those keys for up to {cached}.",
    )
    later = f"Relying parties that do not read the JWKS again for an unknown kid refuse new tokens for up to {cached}."
    return (*(earlier if signed else ()), later)


def _in_state(keys: Iterable[KeyRecord], state: State, now: datetime) -> tuple[KeyRecord, ...]:
    return tuple(key for key in keys if state_of(key, now) is state)


def _reached(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
