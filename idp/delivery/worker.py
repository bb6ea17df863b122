"""The worker: a thread of every server process that empties the outbox and sweeps what has expired."""

import logging
import random
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta

from idp.clock import Clock, utc_now
from idp.delivery.outbox import Carrier, NotDelivered, Outbox
from idp.store import outbox as parcels
from idp.store.database import Database, DBAPIError
from idp.store.sweep import sweep
from keys.sealing import UnsealError

_log = logging.getLogger(__name__)

# A put wakes the worker before its transaction has committed, so it looks again soon, then rests.
_SOON = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=15)


class Worker:
    """Carries parcels, one by one, each outside any transaction.

    A lease says who carries a parcel. It outlasts the slowest attempt, and what a killed worker held is due again when
    it has passed, so a parcel arrives at least once, and twice only if the process died between the other side's
    answer and our record of it.

    Args:
        carriers: Who carries which kind. Parcels of other kinds stay where they are.
        rest: How long an idle worker waits before it looks for what other processes have put.
        chance: Uniform over 0..1; spreads attempts, so that an outage does not end in a stampede.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        carriers: Mapping[str, Carrier],
        *,
        clock: Clock = utc_now,
        rest: timedelta = timedelta(seconds=5),
        lease_for: timedelta = timedelta(minutes=5),
        sweep_every: timedelta = timedelta(minutes=15),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._carriers = dict(carriers)
        self._clock = clock
        self._rest = rest
        self._lease_for = lease_for
        self._sweep_every = sweep_every
        self._chance = chance
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        # Processes start together; they do not all sweep together.
        self._sweep_at = clock() + sweep_every * chance()

    def start(self) -> None:
        """Begin, in a thread of its own. Call it after the process has forked."""
        self._thread = threading.Thread(target=self.run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self, *, within: timedelta = timedelta(seconds=10)) -> bool:
        """Finish the attempt in progress and end. False: it takes longer; the lease covers what is left undone."""
        self._stopping.set()
        self._outbox.filled.set()
        if self._thread is not None:
            self._thread.join(within.total_seconds())
            return not self._thread.is_alive()
        return True

    def run(self) -> None:
        """Work until `stop` is called, in the calling thread. Outages of the database are waited out."""
        looks = 0
        while not self._stopping.is_set():
            if self._outbox.filled.is_set():
                self._outbox.filled.clear()
                looks = 0
            # Asked after the clearing: `stop` sets its own mark first, so one of the two is always seen.
            if self._stopping.is_set():
                return
            pause = self._turn()
            if looks < len(_SOON):
                pause = min(pause, timedelta(seconds=_SOON[looks]))
            looks += 1
            self._outbox.filled.wait(max(pause.total_seconds(), 0.001))

    def work_off(self) -> int:
        """Make one attempt for each parcel that is due. Returns how many arrived."""
        arrived = 0
        while not self._stopping.is_set():
            with self._database.autocommit() as db:
                parcel = parcels.lease(db, kinds=self._carriers, lease_for=self._lease_for, now=self._clock())
            if parcel is None:
                break
            arrived += self._carry(parcel)
        return arrived

    def _turn(self) -> timedelta:
        """Do what is due. Returns how long there is nothing to do."""
        try:
            if self._clock() >= self._sweep_at:
                self._sweep_at = self._clock() + self._sweep_every
                swept = sweep(self._database, now=self._clock())
                _log.info(
                    "expired rows swept", extra={"swept": {table: count for table, count in swept.items() if count}}
                )
            with self._database.autocommit() as db:
                due_at = parcels.next_due_at(db, kinds=self._carriers)
            if due_at is not None and due_at <= self._clock():
                self.work_off()
                return timedelta()
        except DBAPIError as error:
            _log.warning("the outbox waits for the database", extra={"reason": type(error.orig).__name__})
        except Exception:  # noqa: BLE001  the thread has to outlive whatever this was; the next turn may go well
            _log.exception("the outbox worker met something unexpected")
        else:
            return self._rest if due_at is None else min(self._rest, due_at - self._clock())
        return self._rest

    def _carry(self, parcel: parcels.Parcel) -> bool:
        if self._clock() >= parcel.expires_at:
            self._give_up(parcel, parcel.last_error or "expired before the first attempt")
            return False
        try:
            self._attempt(parcel)
        except NotDelivered as outcome:
            self._settle(parcel, outcome.sentence, for_good=outcome.for_good)
        except UnsealError:
            # Kept until it expires: the right key-encryption key may be back by then.
            self._settle(parcel, "cannot be opened with this key-encryption key")
        except Exception as error:  # noqa: BLE001  a carrier's mistake is not the other parcels' problem
            _log.exception("a carrier failed", extra={"parcel": parcel.id, "kind": parcel.kind})
            self._settle(parcel, type(error).__name__)
        else:
            with self._database.autocommit() as db:
                parcels.delivered(db, parcel, now=self._clock())
            _log.info("delivered", extra={"parcel": parcel.id, "kind": parcel.kind, "attempts": parcel.attempts})
            return True
        return False

    def _attempt(self, parcel: parcels.Parcel) -> None:
        delivery = self._outbox.open(parcel)
        if delivery is None:
            raise NotDelivered("the parcel is empty", for_good=True)
        self._carriers[parcel.kind](delivery)

    def _settle(self, parcel: parcels.Parcel, reason: str, *, for_good: bool = False) -> None:
        """Postpone, or give up if there is no use or no time."""
        next_attempt_at = self._clock() + self._pause_after(parcel.attempts)
        if for_good or next_attempt_at >= parcel.expires_at:
            self._give_up(parcel, reason)
            return
        with self._database.autocommit() as db:
            parcels.postponed(db, parcel, error=reason, next_attempt_at=next_attempt_at)
        about = {"parcel": parcel.id, "kind": parcel.kind, "attempts": parcel.attempts, "reason": reason}
        _log.warning("not delivered yet", extra=about | {"next_attempt_at": next_attempt_at.isoformat()})

    def _give_up(self, parcel: parcels.Parcel, reason: str) -> None:
        with self._database.autocommit() as db:
            parcels.failed(db, parcel, error=reason, now=self._clock())
        about = {"parcel": parcel.id, "kind": parcel.kind, "attempts": parcel.attempts, "reason": reason}
        _log.error("given up", extra=about)

    def _pause_after(self, attempts: int) -> timedelta:
        """Twice as long each time, up to a bound, and between half of it and all of it."""
        longest: timedelta = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 20), _LONGEST_PAUSE)
        return longest * (0.5 + self._chance() / 2)
