"""What a server asks for: the key to sign with, the keys to verify with, and the JWKS to serve.

The database is read at most every few seconds, by one thread, while the others go on with what they have. States are
computed from the clock at each call, so a published key starts to sign in every process at its hour without a writer,
a message or a restart.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc.jwk import KeySet

from keys.jwks import JwksDocument, PublishedKeys, standing
from keys.keypair import PrivateKey, PublicKey, import_private, import_public
from keys.lifecycle import (
    CLOCK_MARGIN,
    RING_REFRESH,
    Algorithm,
    KeyPolicy,
    KeyRecord,
    State,
    signing_key_of,
    state_of,
    usable,
)
from keys.vault import UnusableKey, Vault, VaultError

_log = logging.getLogger(__name__)


class NoSigningKey(Exception):
    """No key signs with this algorithm now. The message names the command that changes it."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The key that signs now. `key` is imported once in a process; sign with it, under exactly this `algorithm`."""

    kid: str
    algorithm: str
    key: PrivateKey


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The stored keys as they were at a moment."""

    keys: tuple[KeyRecord, ...]
    read_at: datetime


class KeyRing:
    """The signing keys of one process. Safe to share between threads."""

    def __init__(
        self,
        vault: Vault,
        policy: KeyPolicy,
        clock: Callable[[], datetime],
        refresh_every: timedelta = RING_REFRESH,
    ) -> None:
        self._vault = vault
        self._policy = policy
        self._clock = clock
        self._refresh_every = refresh_every
        self._reading = threading.Lock()
        self._importing = threading.Lock()
        self._snapshot: _Snapshot | None = None
        self._tried_at: datetime | None = None
        self._private: dict[str, SigningKey] = {}
        self._public: dict[str, PublicKey] = {}
        self._published: PublishedKeys | None = None

    def signing_key(self, algorithm: str = Algorithm.RS256) -> SigningKey:
        """The active key of an algorithm. Microseconds, except when it is this thread's turn to read the database.

        Raises:
            NoSigningKey: There is none; the message says what to run.
            UnusableKey: There is one, but its private half cannot be opened.
            VaultError: The first read of this process failed.
        """
        now = self._clock()
        keys = self._current(now).keys
        record = signing_key_of((key for key in keys if key.sealed is not None), algorithm, now)
        if record is None:
            raise NoSigningKey(_what_to_run(keys, algorithm, now))
        return self._private.get(record.kid) or self._import(record)

    def verification_keys(self) -> KeySet:
        """The public keys whose signatures count: published, active and retired."""
        now = self._clock()
        return self._view(self._current(now), now).key_set

    def jwks(self) -> JwksDocument:
        """The JWK set: public members only, the signing keys first.

        `max_age` is the policy's as long as the database answers. Without it this process would not learn of a new
        key, so the document says that it is good until a key unknown here could sign, and no longer. An empty set is
        never to be cached, because the first key signs at once.
        """
        now = self._clock()
        snapshot = self._current(now)
        view = self._view(snapshot, now)
        complete_until = snapshot.read_at + self._policy.publication - CLOCK_MARGIN
        left = min(self._policy.jwks_max_age, complete_until - now) if view.kids else timedelta()
        return JwksDocument(view.body, view.etag, max(left, timedelta()))

    def algorithms(self) -> list[str]:
        """The algorithms that can sign now, in the order of preference of `Algorithm`."""
        now = self._clock()
        active = {key.algorithm for key in self._current(now).keys if state_of(key, now) is State.ACTIVE}
        return [str(algorithm) for algorithm in Algorithm if algorithm in active]

    def refresh(self) -> None:
        """Read the keys now. Servers call it at start, so that a missing table or a wrong key is found there.

        Raises:
            VaultError: The keys cannot be read, or a private half cannot be opened.
        """
        with self._reading:
            snapshot = self._read(self._clock())
        for record in self._in_hand(snapshot):
            self._private.get(record.kid) or self._import(record)

    def _current(self, now: datetime) -> _Snapshot:
        """The stored keys, read again when it is time."""
        snapshot = self._snapshot
        if snapshot is None:
            return self._first(now)
        # A clock that was set back must not stop the reading, hence the absolute difference.
        if self._tried_at is not None and abs(now - self._tried_at) < self._refresh_every:
            return snapshot
        if not self._reading.acquire(blocking=False):
            return snapshot
        try:
            snapshot = self._read(now)
        except VaultError as error:
            _log.warning("signing keys not read, going on with those of %s: %s", snapshot.read_at.isoformat(), error)
            return snapshot
        finally:
            self._reading.release()
        self._import_early(snapshot)
        return snapshot

    def _first(self, now: datetime) -> _Snapshot:
        with self._reading:
            return self._snapshot or self._read(now)

    def _read(self, now: datetime) -> _Snapshot:
        """Read while holding the lock. A failure counts as a turn, so an unreachable database is asked seldom."""
        self._tried_at = now
        snapshot = _Snapshot(self._vault.all(), now)
        known = {key.kid for key in usable(snapshot.keys, now)}
        with self._importing:
            self._private = {kid: key for kid, key in self._private.items() if kid in known}
            self._public = {kid: key for kid, key in self._public.items() if kid in known}
        self._snapshot = snapshot
        return snapshot

    def _in_hand(self, snapshot: _Snapshot) -> Iterable[KeyRecord]:
        """The keys that sign or will sign."""
        signs = (State.PUBLISHED, State.ACTIVE)
        return [k for k in snapshot.keys if k.sealed is not None and state_of(k, snapshot.read_at) in signs]

    def _import_early(self, snapshot: _Snapshot) -> None:
        """Import what will sign, so that no request waits 36 ms for it at the hour of promotion."""
        for record in self._in_hand(snapshot):
            try:
                self._private.get(record.kid) or self._import(record)
            except UnusableKey as error:
                _log.error("signing key cannot be used: %s", error)

    def _import(self, record: KeyRecord) -> SigningKey:
        with self._importing:
            if record.kid not in self._private:
                key = import_private(self._vault.open(record), kid=record.kid, algorithm=record.algorithm)
                self._private[record.kid] = SigningKey(record.kid, record.algorithm, key)
            return self._private[record.kid]

    def _view(self, snapshot: _Snapshot, now: datetime) -> PublishedKeys:
        keys = standing(snapshot.keys, now)
        view = self._published
        if view is None or view.kids != tuple(key.kid for key in keys):
            with self._importing:
                view = self._published = PublishedKeys.of(keys, self._verifier)
        return view

    def _verifier(self, record: KeyRecord) -> PublicKey:
        """The public half. The caller holds the lock."""
        if record.kid not in self._public:
            self._public[record.kid] = import_public(record.public_jwk)
        return self._public[record.kid]


def _what_to_run(keys: tuple[KeyRecord, ...], algorithm: str, now: datetime) -> str:
    present = usable(keys, now, algorithm=algorithm)
    at_once = f"idp keys rotate --emergency --algorithm {algorithm}"
    for key in present:
        if state_of(key, now) is State.PUBLISHED:
            hour = key.activate_at.isoformat(timespec="seconds")
            return f"no {algorithm} key signs yet, {key.kid} will from {hour}; to sign at once run: {at_once}"
    if keys:
        return f"no {algorithm} key is active; run: {at_once}"
    return f"there are no signing keys; run: idp keys init --algorithm {algorithm}"
