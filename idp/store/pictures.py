"""Pictures of people: one for each account, or the fact that its owner wants none.

Which picture an account has stands in its profile as well, where the claims come from: who is asked for those reads
nothing more.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from idp.store.accounts import accounts
from idp.store.base import UtcDateTime, metadata
from idp.store.database import Connection

pictures = Table(
    "pictures",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Text, unique=True),
    Column("image", LargeBinary),
    Column("changed_at", UtcDateTime, nullable=False),
)


def is_settled(db: Connection, account_id: str) -> bool:
    """Whether the account has a picture of ours, or its owner has removed one."""
    return db.execute(select(pictures.c.account_id).where(pictures.c.account_id == account_id)).first() is not None


def add_first(db: Connection, account_id: str, picture_id: str, image: bytes, *, now: datetime) -> bool:
    """Store the first picture of an account. False: there is none such any more, it has one, or has had one."""
    insert_or_nothing = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    enabled = (accounts.c.id == account_id, accounts.c.disabled_at.is_(None), accounts.c.deleted_at.is_(None))
    given = select(accounts.c.id, literal(picture_id), literal(image, LargeBinary), literal(now, UtcDateTime))
    added = (
        insert_or_nothing(pictures)
        .from_select(["account_id", "id", "image", "changed_at"], given.where(*enabled))
        .on_conflict_do_nothing()
    )
    return db.execute(added.returning(pictures.c.id)).first() is not None


def remove(db: Connection, account_id: str, *, now: datetime) -> None:
    """Delete the picture of an account, and remember that its owner wants none."""
    insert_or_update = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    gone: dict[str, Any] = {"id": None, "image": None, "changed_at": now}
    emptied = insert_or_update(pictures).values(account_id=account_id, **gone)
    db.execute(emptied.on_conflict_do_update(index_elements=[pictures.c.account_id], set_=gone))


def find(db: Connection, picture_id: str) -> bytes | None:
    """A picture, as long as the account that it shows somebody of can be used."""
    query = (
        select(pictures.c.image)
        .join_from(pictures, accounts)
        .where(pictures.c.id == picture_id, accounts.c.disabled_at.is_(None), accounts.c.deleted_at.is_(None))
    )
    image = db.execute(query).scalar()
    return bytes(image) if image is not None else None
