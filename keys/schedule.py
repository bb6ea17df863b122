"""The schedule by which the servers themselves rotate: a thread in each process that looks now and then."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from random import SystemRandom

from keys.lifecycle import KeyPolicy
from keys.rotation import Outcome, rotate_if_due
from keys.vault import Vault, VaultError

_log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(hours=1)
"""How often a process looks. Nothing is lost by a late look: the key that signs goes on until its successor does."""


_any_moment = SystemRandom().random


class Schedule:
    """Publishes the next key when it is due, and prunes. Every process of every node may have one.

    It can do nothing that `keys rotate --if-due` and `keys prune` could not: a new key signs only after its
    publication, and of all who find a key due at the same moment, one publishes.

    Args:
        trusts_clock: Whether this machine and the database tell the same time. A clock that is days ahead would have
            keys thrown away that others still sign with, so without its yes nothing is done.
        look_every: How long to rest, in real time; half of it is left to chance, so that processes do not meet.
    """

    def __init__(
        self,
        vault: Vault,
        policy: KeyPolicy,
        clock: Callable[[], datetime],
        *,
        trusts_clock: Callable[[], bool],
        look_every: timedelta = LOOK_EVERY,
        chance: Callable[[], float] = _any_moment,
    ) -> None:
        self._vault = vault
        self._policy = policy
        self._clock = clock
        self._trusts_clock = trusts_clock
        self._look_every = look_every
        self._chance = chance
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, in a thread of its own. Call it after the process has forked."""
        self._thread = threading.Thread(target=self.run, name="key-schedule", daemon=True)
        self._thread.start()

    def stop(self, *, within: timedelta = timedelta(seconds=5)) -> None:
        """End, and wait for a rotation in progress; one that is cut off has published its key or left no trace."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(within.total_seconds())

    def run(self) -> None:
        """Look until `stop` is called, in the calling thread. Outages of the database are waited out."""
        while not self._stopping.is_set():
            try:
                self.look()
            except VaultError as error:
                _log.warning("signing keys not looked after: %s", error)
            except Exception:  # noqa: BLE001  the thread has to outlive whatever this was; the next look may go well
                _log.exception("the key schedule met something unexpected")
            self._stopping.wait(self._look_every.total_seconds() * (0.5 + self._chance() / 2))

    def look(self) -> None:
        """Do what is due now.

        Raises:
            VaultError: The keys cannot be read or changed, or were sealed with another key-encryption key.
        """
        if not self._trusts_clock():
            _log.error("signing keys not looked after: this machine and the database disagree about the time")
            return
        for rotation in rotate_if_due(self._vault, self._policy, self._clock):
            if rotation.outcome is Outcome.PUBLISHED and rotation.key is not None:
                told = {
                    "kid": rotation.key.kid,
                    "algorithm": rotation.key.algorithm,
                    "signs_from": rotation.key.activate_at.isoformat(),
                }
                _log.info("signing key published", extra=told)
        pruned = self._vault.prune(self._policy, now=self._clock())
        if pruned.erased or pruned.deleted:
            _log.info("signing keys pruned", extra={"erased": list(pruned.erased), "deleted": list(pruned.deleted)})
