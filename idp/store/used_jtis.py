"""Identifiers that are good for one use and were made by somebody else: of client assertions and of DPoP proofs."""

import hashlib
from datetime import datetime

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql, sqlite

from idp.store.base import Digest, UtcDateTime, metadata
from idp.store.database import Connection

used_jtis = Table(
    "used_jtis",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)


def use(db: Connection, kind: str, owner: str, jti: str, *, expires_at: datetime) -> bool:
    """Take an identifier for its one use, in one statement. False: it was used before.

    Args:
        kind: What carries it; the same identifier in another kind of token is another one.
        owner: Whose it is: identifiers are unique for a client or a key, not for everybody.
        expires_at: From when on the token that carries it is refused for its age, so that the row can go.
    """
    # Lengths keep the parts apart: no owner and identifier can be read as another pair.
    digest = hashlib.sha256(f"{kind}:{len(owner)}:{owner}:{jti}".encode()).digest()
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    taken = insert(used_jtis).values(digest=digest, expires_at=expires_at).on_conflict_do_nothing()
    return db.execute(taken.returning(used_jtis.c.digest)).first() is not None
