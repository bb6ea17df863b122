"""Where signing keys are kept: private halves sealed, every change under one lock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, delete, func, insert, inspect, select, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from keys.keypair import KeyPair
from keys.lifecycle import KeyPolicy, KeyRecord, RotationPlan, State, plan_rotation, state_of
from keys.revocation import RevocationPlan, plan_revocation
from keys.sealing import Box, UnsealError
from keys.table import change, read_all, row_of, signing_keys

# The same number in every process and every release: PostgreSQL's advisory lock for changes of the signing keys.
_LOCK = 5_201_314_002

SIGNING_KEY_PURPOSE = "signing-key"
"""The purpose under which `Sealer` makes the box of a vault."""


class VaultError(Exception):
    """The signing keys cannot be read or changed."""


class VaultUnavailable(VaultError):
    """The database does not answer, or not as it should."""


class SchemaMissing(VaultError):
    """The database has no table for signing keys."""


class UnusableKey(VaultError):
    """A private half cannot be opened."""


class WouldLeaveNoSigningKey(VaultError):
    """Revoking the key would leave nothing to sign with."""

    def __init__(self, plan: RevocationPlan) -> None:
        super().__init__(f"no {plan.algorithm} key would be left to sign with")
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was thrown away: private halves erased, and keys deleted altogether."""

    erased: tuple[str, ...]
    deleted: tuple[str, ...]


class Change(StrEnum):
    """What can be done to a stored key."""

    PUBLISHED = "published"
    REVOKED = "revoked"
    ERASED = "erased"
    DELETED = "deleted"


Witness = Callable[[Connection, Change, KeyRecord, datetime], None]
"""Is told of every change in its transaction, so that a record of it stands if and only if the change does."""


class Vault:
    """The stored signing keys. Every method is one transaction; changes wait for each other on one lock."""

    def __init__(self, engine: Engine, box: Box, witness: Witness | None = None) -> None:
        self._engine = engine
        self._box = box
        self._witness = witness or _nobody
        # On SQLite the driver would begin a transaction that cannot wait for the lock; ours begins by itself.
        level = "AUTOCOMMIT" if engine.dialect.name == "sqlite" else "READ COMMITTED"
        self._transactional = engine.execution_options(isolation_level=level)

    def all(self) -> tuple[KeyRecord, ...]:
        """Every key there is, oldest first.

        Raises:
            SchemaMissing: The database has not been migrated.
            VaultUnavailable: The database does not answer.
        """
        with self._explained(), self._engine.connect() as db:
            return read_all(db)

    def publish(self, pair: KeyPair, plan: RotationPlan, policy: KeyPolicy, *, now: datetime) -> KeyRecord | None:
        """Store a new key as planned, and retire or revoke the ones before it.

        The plan is made again under the lock, with times counted from `now`. None: somebody else has changed the keys
        of this algorithm since the plan was made, and nothing was written; of two rotations at once, one publishes.
        """
        with self._locked() as db:
            keys = read_all(db)
            plan_now = plan_rotation(keys, now, policy, algorithm=plan.algorithm, emergency=plan.emergency)
            if plan_now.seen != plan.seen or not plan_now.publishes:
                return None
            record = KeyRecord(
                kid=pair.kid,
                algorithm=pair.algorithm,
                public_jwk=pair.public_jwk,
                created_at=now,
                activate_at=plan_now.activate_at,
                sealed=self._box.seal(pair.private_der, _context(pair.kid, pair.algorithm)),
            )
            db.execute(insert(signing_keys).values(row_of(record)))
            self._witness(db, Change.PUBLISHED, record, now)
            for retired in plan_now.retires:
                change(db, retired.kid, retire_at=retired.retire_at, remove_at=retired.remove_at)
            for key in keys:
                if key.kid in plan_now.revokes:
                    self._revoke(db, key, policy, now)
            return record

    def revoke(
        self, kid: str, policy: KeyPolicy, *, now: datetime, leave_no_signing_key: bool = False
    ) -> RevocationPlan:
        """Make a key gone at once and erase its private half. Revoking a key that is gone changes nothing.

        Raises:
            UnknownKey: No key has this kid.
            WouldLeaveNoSigningKey: It is the only key that signs, and the caller has not said that this is meant.
        """
        with self._locked() as db:
            keys = read_all(db)
            plan = plan_revocation(keys, now, policy, kid=kid)
            if plan.leaves_no_signing_key and not leave_no_signing_key:
                raise WouldLeaveNoSigningKey(plan)
            if plan.state is not State.GONE:
                self._revoke(db, next(key for key in keys if key.kid == kid), policy, now)
            for kept in plan.reinstates:
                change(db, kept, retire_at=None, remove_at=None)
            return plan

    def prune(self, policy: KeyPolicy, *, now: datetime) -> Pruned:
        """Erase the private halves of retired keys, and delete the keys whose time in the JWKS is over.

        Both wait `skew` longer, since the clock of another node may be behind and it may still sign.
        """
        late = now - policy.skew
        with self._locked() as db:
            keys = read_all(db)
            expired = [key for key in keys if key.remove_at is not None and key.remove_at <= late]
            silent = [
                key
                for key in keys
                if key not in expired and key.sealed is not None and state_of(key, late) in (State.RETIRED, State.GONE)
            ]
            for key in silent:
                db.execute(update(signing_keys).where(signing_keys.c.kid == key.kid).values(sealed=None))
                self._witness(db, Change.ERASED, key, now)
            for key in expired:
                db.execute(delete(signing_keys).where(signing_keys.c.kid == key.kid))
                self._witness(db, Change.DELETED, key, now)
            return Pruned(tuple(key.kid for key in silent), tuple(key.kid for key in expired))

    def open(self, record: KeyRecord) -> bytes:
        """The private half, PKCS #8 in DER.

        Raises:
            UnusableKey: It was sealed with another key-encryption key, has been changed, or has been erased.
        """
        if record.sealed is None:
            raise UnusableKey(f"the private half of key {record.kid} has been erased")
        try:
            return self._box.open(record.sealed, _context(record.kid, record.algorithm))
        except UnsealError as error:
            raise UnusableKey(
                f"cannot open sealed key {record.kid}: {error}; is IDP_KEY_ENCRYPTION_KEY the one it was sealed with?"
            ) from error

    def _revoke(self, db: Connection, key: KeyRecord, policy: KeyPolicy, now: datetime) -> None:
        # The row stays while a cached JWKS may still name it: the keys must not look like those of a new installation.
        gone = {"revoked_at": now, "retire_at": now, "remove_at": now + policy.publication, "sealed": None}
        db.execute(update(signing_keys).where(signing_keys.c.kid == key.kid).values(**gone))
        self._witness(db, Change.REVOKED, key, now)

    @contextmanager
    def _locked(self) -> Iterator[Connection]:
        with self._explained(), self._transactional.begin() as db:
            if self._engine.dialect.name == "sqlite":
                db.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                db.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            yield db

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn the database's complaints into ours, which say what to run and quote no statement."""
        try:
            yield
        except SQLAlchemyError as error:
            if self._has_table():
                kind = type(error.orig if isinstance(error, DBAPIError) else error).__name__
                raise VaultUnavailable(f"the database refused to read or change the signing keys ({kind})") from error
            raise SchemaMissing("the database has no table for signing keys; run: idp db upgrade") from error

    def _has_table(self) -> bool:
        try:
            return inspect(self._engine).has_table(signing_keys.name)
        except SQLAlchemyError as error:
            raise VaultUnavailable("the database does not answer; is IDP_DATABASE_URL right?") from error


def connect(url: str, box: Box, witness: Witness | None = None) -> Vault:
    """A vault with a way to the database of its own, for commands. A server hands over the engine it has."""
    parsed = make_url(url)
    if parsed.get_backend_name() in {"postgres", "postgresql"}:
        # Of several hosts, after a failover, only the one that takes writes is of use.
        only_writable = {"target_session_attrs": "read-write"} if isinstance(parsed.query.get("host"), tuple) else {}
        options: dict[str, Any] = {"connect_timeout": 5, "application_name": "idp-keys", **only_writable}
        parsed = parsed.set(drivername="postgresql+psycopg")
    else:
        options = {"timeout": 10}
    return Vault(create_engine(parsed, poolclass=NullPool, hide_parameters=True, connect_args=options), box, witness)


def _context(kid: str, algorithm: str) -> bytes:
    return f"{algorithm}:{kid}".encode()


def _nobody(_db: Connection, _change: Change, _key: KeyRecord, _now: datetime) -> None:
    """Where nothing is recorded."""
