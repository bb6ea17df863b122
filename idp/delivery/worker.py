"""The worker: a thread of every server process that empties the outbox and sweeps what has expired."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from idp.clock import Clock, utc_now
from idp.delivery.carrying import Carrying, Line, Taken, any_moment
from idp.delivery.outbox import Carrier, Outbox
from idp.store.database import Database, DBAPIError
from idp.store.sweep import sweep

_log = logging.getLogger(__name__)

# A put wakes the worker before its transaction has committed, so it looks again soon, then rests.
_SOON = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


class Worker:
    """Hands parcels to carriers, each outside any transaction and in a thread of its own.

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
        carriers: Mapping[str, Line | Carrier],
        *,
        clock: Clock = utc_now,
        rest: timedelta = timedelta(seconds=1),
        sweep_every: timedelta = timedelta(minutes=15),
        chance: Callable[[], float] = any_moment,
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._lines = {kind: line if isinstance(line, Line) else Line(line) for kind, line in carriers.items()}
        self._carrying = Carrying(database, outbox, self._lines, clock, chance)
        self._clock = clock
        self._rest = rest
        self._sweep_every = sweep_every
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._carriers: dict[str, set[threading.Thread]] = {kind: set() for kind in self._lines}
        # Processes start together; they do not all sweep together.
        self._sweep_at = clock() + sweep_every * chance()

    def start(self) -> None:
        """Begin, in a thread of its own. Call it after the process has forked."""
        self._thread = threading.Thread(target=self.run, name="outbox", daemon=True)
        self._thread.start()

    def stop(self, *, within: timedelta = timedelta(seconds=10)) -> bool:
        """Finish the attempts in progress and end. False: it takes longer; the leases cover what is left undone."""
        self._stopping.set()
        self._outbox.filled.set()
        until = time.monotonic() + within.total_seconds()
        if self._thread is not None and not _ended(self._thread, until):
            return False
        return all(_ended(carrier, until) for busy in self._carriers.values() for carrier in busy.copy())

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
        """Make one attempt for each parcel that is due, in the calling thread. Returns how many arrived."""
        arrived = 0
        for kind in self._lines:
            while not self._stopping.is_set() and (taken := self._carrying.take(kind)) is not None:
                arrived += self._carrying.carry(taken)
        return arrived

    def _turn(self) -> timedelta:
        """Set to work what is due. Returns how long there is nothing to do."""
        try:
            if self._clock() >= self._sweep_at:
                self._sweep_at = self._clock() + self._sweep_every
                swept = sweep(self._database, now=self._clock())
                _log.info(
                    "expired rows swept", extra={"swept": {table: count for table, count in swept.items() if count}}
                )
            due_at = min((at for kind in self._lines if (at := self._hand_out(kind)) is not None), default=None)
        except DBAPIError as error:
            _log.warning("the outbox waits for the database", extra={"reason": type(error.orig).__name__})
        except Exception:  # noqa: BLE001  the thread has to outlive whatever this was; the next turn may go well
            _log.exception("the outbox worker met something unexpected")
        else:
            return self._rest if due_at is None else min(self._rest, due_at - self._clock())
        return self._rest

    def _hand_out(self, kind: str) -> datetime | None:
        """Give parcels that are due to carriers with free hands. Returns when more will be due; None: not known."""
        busy = self._carriers[kind]
        while len(busy) < self._lines[kind].at_once:
            due_at = self._carrying.due_at(kind)
            if due_at is None or due_at > self._clock():
                return due_at
            taken = self._carrying.take(kind)
            if taken is None:
                return None
            carrier = threading.Thread(target=self._carry, args=(taken,), name=f"carrier-{kind}", daemon=True)
            busy.add(carrier)
            carrier.start()
        # Whoever gets free wakes us.
        return None

    def _carry(self, taken: Taken) -> None:
        try:
            self._carrying.carry(taken)
        except DBAPIError as error:
            # The lease passes, and the attempt stays on record without an outcome.
            _log.warning("an outcome could not be recorded", extra={"reason": type(error.orig).__name__})
        finally:
            self._carriers[taken.parcel.kind].discard(threading.current_thread())
            self._outbox.filled.set()


def _ended(thread: threading.Thread, until: float) -> bool:
    thread.join(max(until - time.monotonic(), 0))
    return not thread.is_alive()
