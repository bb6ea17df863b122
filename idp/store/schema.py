"""The schema: migrating it, and refusing to serve one that this release does not know."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import MetaData, inspect, text
from sqlalchemy.exc import DBAPIError

import keys.table
from idp.store import (
    attempts,
    audit_events,
    authorization_requests,
    clients,
    consents,
    delivery_attempts,
    device_authorizations,
    devices,
    email_proofs,
    grants,
    handshakes,
    initial_access_tokens,
    outbox,
    pictures,
    pushed_requests,
    refusals,
    sessions,
    tokens,
    upstream_identities,
    used_jtis,
)
from idp.store.base import metadata
from idp.store.database import Database
from idp.store.outages import reason_of

if TYPE_CHECKING:
    from alembic.config import Config

KNOWN_REVISIONS = ("0005",)
"""The schema revisions that this release runs on, the newest last: its own, and the one before."""

_LOCK = 5_201_314_001
"""The advisory lock under which PostgreSQL is migrated."""

NOUNS = (
    attempts,
    audit_events,
    authorization_requests,
    clients,
    consents,
    delivery_attempts,
    device_authorizations,
    devices,
    email_proofs,
    grants,
    handshakes,
    initial_access_tokens,
    outbox,
    pictures,
    pushed_requests,
    refusals,
    sessions,
    tokens,
    upstream_identities,
    used_jtis,
)
"""The modules whose import declares the tables."""


def declared() -> list[MetaData]:
    """Every table of the server and of the signing keys, as declared in code."""
    return [metadata, keys.table.metadata]


def revision(database: Database) -> str | None:
    """The revision of the database; None when it has no schema."""
    with database.autocommit() as db:
        if not inspect(db).has_table("alembic_version"):
            return None
        found = db.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None


def check(database: Database) -> list[str]:
    """What keeps this release from running on the database, as sentences. Empty: it can run."""
    try:
        found = revision(database)
    except DBAPIError as error:
        return [f"the database cannot be used: {reason_of(error)}"]
    if found is None:
        return ["the database has no schema yet; run: idp db upgrade"]
    if found not in KNOWN_REVISIONS:
        return [
            f"the database is at revision {found}, which this release does not know; "
            "run the release that made it, or: idp db upgrade"
        ]
    return []


def upgrade(url: str) -> tuple[str | None, str]:
    """Migrate to the newest revision, under a lock. Returns the revisions before and after."""
    from alembic import command

    database = Database(url, pool_size=1)
    try:
        before = revision(database)
        with database.transaction() as db:
            if not database.is_sqlite:
                db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config = _alembic()
            config.attributes["connection"] = db
            command.upgrade(config, "head")
        return before, revision(database) or ""
    finally:
        database.dispose()


def drift(database: Database) -> list[str]:
    """Differences between the migrated database and the declared tables; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with database.autocommit() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, cast("MetaData", declared()))]


def _alembic() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
