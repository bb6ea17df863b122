"""One attempt after the other: taking a parcel that is due, having it carried, and recording how that ended."""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom

from idp.clock import Clock
from idp.delivery.outbox import Carrier, NotDelivered, Outbox
from idp.store import delivery_attempts
from idp.store import outbox as parcels
from idp.store.database import Connection, Database
from idp.store.outbox import Parcel
from keys.sealing import UnsealError

_log = logging.getLogger(__name__)

any_moment = SystemRandom().random
"""Uniform over 0..1. Not the random state of the process, which others may have set."""

_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=15)
_LONGEST_REST = timedelta(minutes=1)

ARRIVED = "accepted"
"""The outcome of an attempt that was the last one needed."""


@dataclass(frozen=True, slots=True)
class Line:
    """How parcels of one kind are carried.

    Attributes:
        at_once: How many at the same time in this process.
        lease_for: Longer than the slowest attempt. What a killed worker held is due again when it has passed.
        loss: How loud the log says that one was given up: an error, unless a stranger can bring it about at will.
    """

    carry: Carrier
    at_once: int = 1
    lease_for: timedelta = timedelta(minutes=5)
    loss: int = logging.ERROR


@dataclass(frozen=True, slots=True)
class Taken:
    """A parcel that is ours for a while, and the name of this attempt."""

    parcel: Parcel
    reference: str


class Carrying:
    """Makes attempts. Safe to share between threads.

    While something is on its way to a recipient nothing else is, and a recipient who is not there is left in peace for
    a while: one that hangs costs one carrier now and then, and not all of them at every turn.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        lines: Mapping[str, Line],
        clock: Clock,
        chance: Callable[[], float] = any_moment,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._lines = lines
        self._clock = clock
        self._chance = chance
        self._lock = threading.Lock()
        self._under_way: set[str] = set()
        self._resting: dict[str, datetime] = {}

    def take(self, kind: str) -> Taken | None:
        """Lease the next parcel of a kind that is due, and put on record that an attempt begins."""
        now, reference = self._clock(), secrets.token_urlsafe(16)
        with self._lock, self._database.transaction() as db:
            leased = parcels.lease(
                db, kinds=[kind], lease_for=self._lines[kind].lease_for, now=now, except_to=self._in_peace(now)
            )
            if leased is None:
                return None
            delivery_attempts.begin(db, leased.id, leased.attempts, reference=reference, now=now)
            self._under_way.add(leased.recipient)
        return Taken(leased, reference)

    def due_at(self, kind: str) -> datetime | None:
        """When to look for parcels of a kind again; None when nothing waits."""
        now = self._clock()
        with self._lock:
            in_peace = self._in_peace(now)
            waking = min(self._resting.values(), default=None)
        with self._database.autocommit() as db:
            due_at = parcels.next_due_at(db, kinds=[kind], except_to=in_peace)
        return min((at for at in (due_at, waking) if at is not None), default=None)

    def carry(self, taken: Taken) -> bool:
        """Make the attempt, and record how it ended. True: it arrived."""
        parcel = taken.parcel
        try:
            if self._clock() >= parcel.expires_at:
                reason = parcel.last_error or "expired before the first attempt"
                self._give_up(parcel, reason, outcome="nothing was sent: it was too late")
                return False
            try:
                self._attempt(taken)
            except NotDelivered as outcome:
                self._settle(parcel, outcome)
            except UnsealError:
                # Kept until it expires: the right key-encryption key may be back by then.
                self._settle(parcel, NotDelivered("cannot be opened with this key-encryption key"))
            except Exception as error:  # noqa: BLE001  a carrier's mistake is not the other parcels' problem
                _log.exception("a carrier failed", extra=_about(parcel))
                self._settle(parcel, NotDelivered(type(error).__name__))
            else:
                self._arrived(parcel)
                return True
            return False
        finally:
            with self._lock:
                self._under_way.discard(parcel.recipient)

    def _in_peace(self, now: datetime) -> set[str]:
        self._resting = {recipient: until for recipient, until in self._resting.items() if until > now}
        return self._under_way | self._resting.keys()

    def _attempt(self, taken: Taken) -> None:
        delivery = self._outbox.open(taken.parcel, reference=taken.reference)
        if delivery is None:
            raise NotDelivered("the parcel is empty", for_good=True)
        self._lines[taken.parcel.kind].carry(delivery)

    def _arrived(self, parcel: Parcel) -> None:
        with self._concluding(parcel, ARRIVED) as (db, now):
            parcels.delivered(db, parcel, now=now)
        with self._lock:
            self._resting.pop(parcel.recipient, None)
        _log.info("delivered", extra=_about(parcel))

    def _settle(self, parcel: Parcel, outcome: NotDelivered) -> None:
        """Postpone, or give up if there is no use or no time."""
        next_attempt_at = self._clock() + self._pause_after(parcel.attempts)
        if outcome.nobody_there:
            with self._lock:
                self._resting[parcel.recipient] = min(next_attempt_at, self._clock() + _LONGEST_REST)
        if outcome.for_good or next_attempt_at >= parcel.expires_at:
            self._give_up(parcel, outcome.sentence)
            return
        with self._concluding(parcel, outcome.sentence) as (db, _):
            parcels.postponed(db, parcel, error=outcome.sentence, next_attempt_at=next_attempt_at)
        facts = {"reason": outcome.sentence, "next_attempt_at": next_attempt_at.isoformat()}
        _log.warning("not delivered yet", extra=_about(parcel) | facts)

    def _give_up(self, parcel: Parcel, reason: str, *, outcome: str | None = None) -> None:
        with self._concluding(parcel, outcome or reason) as (db, now):
            parcels.failed(db, parcel, error=reason, now=now)
        _log.log(self._lines[parcel.kind].loss, "given up", extra=_about(parcel) | {"reason": reason})

    @contextmanager
    def _concluding(self, parcel: Parcel, outcome: str) -> Iterator[tuple[Connection, datetime]]:
        now = self._clock()
        with self._database.transaction() as db:
            delivery_attempts.conclude(db, parcel.id, parcel.attempts, outcome=outcome, now=now)
            yield db, now

    def _pause_after(self, attempts: int) -> timedelta:
        """Twice as long each time, up to a bound, and between half of it and all of it."""
        longest: timedelta = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 20), _LONGEST_PAUSE)
        return longest * (0.5 + self._chance() / 2)


def _about(parcel: Parcel) -> dict[str, object]:
    about: dict[str, object] = {"parcel": parcel.id, "kind": parcel.kind, "attempts": parcel.attempts}
    return about if parcel.client_id is None else about | {"client": parcel.client_id}
