"""What revoking one key would do and break. Pure; the vault carries it out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from keys.duration import format_duration
from keys.lifecycle import KeyPolicy, KeyRecord, State, signing_key_of, state_of


class UnknownKey(LookupError):
    """No key has this kid."""


@dataclass(frozen=True, slots=True)
class RevocationPlan:
    """What revoking a key would do.

    `reinstates` are keys that were to retire in favour of the revoked one and go on signing instead. `unsigned_from`
    says from when no key would sign with the algorithm, and `unsigned_until` when a published key ends that (None:
    never by itself).
    """

    kid: str
    algorithm: str
    state: State
    reinstates: tuple[str, ...] = ()
    unsigned_from: datetime | None = None
    unsigned_until: datetime | None = None
    breaks: tuple[str, ...] = ()

    @property
    def leaves_no_signing_key(self) -> bool:
        """Whether tokens of this algorithm could not be signed afterwards."""
        return self.unsigned_from is not None


def plan_revocation(keys: Iterable[KeyRecord], now: datetime, policy: KeyPolicy, *, kid: str) -> RevocationPlan:
    """Plan the revocation of one key: gone at once, for signing and for verifying.

    Raises:
        UnknownKey: No key has this kid.
    """
    keys = tuple(keys)
    key = next((key for key in keys if key.kid == kid), None)
    if key is None:
        raise UnknownKey("no key has this kid; see: idp keys list")
    state = state_of(key, now)
    others = [other for other in keys if other.kid != kid and other.algorithm == key.algorithm]
    if state is State.PUBLISHED:
        # Its predecessor has a date to retire in its favour; without a successor it has to go on.
        kept = tuple(o.kid for o in others if state_of(o, now) is State.ACTIVE and o.retire_at == key.activate_at)
        return RevocationPlan(kid, key.algorithm, state, reinstates=kept, breaks=_waiting_breaks(policy))
    if state is State.GONE:
        return RevocationPlan(kid, key.algorithm, state)
    unsigned = state is State.ACTIVE and signing_key_of(others, key.algorithm, now) is None
    waiting = [o.activate_at for o in others if state_of(o, now) is State.PUBLISHED]
    return RevocationPlan(
        kid,
        key.algorithm,
        state,
        unsigned_from=now if unsigned else None,
        unsigned_until=min(waiting, default=None) if unsigned else None,
        breaks=_signed_breaks(policy),
    )


def _signed_breaks(policy: KeyPolicy) -> tuple[str, ...]:
    return (
        "Tokens it signed stop verifying wherever the JWKS is read again.",
        f"Relying parties that cached the JWKS go on accepting it for up to {format_duration(policy.jwks_max_age)}.",
    )


def _waiting_breaks(policy: KeyPolicy) -> tuple[str, ...]:
    cached = format_duration(policy.jwks_max_age)
    return (f"Nothing: it has signed no token. Cached copies of the JWKS go on naming it for up to {cached}.",)
