"""Ending browser sessions. Whoever does it, for whatever reason, does it here.

The relying parties that hang on a session have to be told (OpenID Connect Back-Channel Logout 1.0), so ending one
leaves a parcel for each of them in the outbox, in the same transaction: there is no way to end a session and forget
them, and none to tell them of what was rolled back. A parcel says who has to be told about which session, and no more;
the logout token is made for each attempt.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from idp.store.clients import clients
from idp.store.database import Connection
from idp.store.grants import grants
from idp.store.outbox import outbox
from idp.store.sessions import sessions

LOGOUT = "logout"
"""The kind of parcel that tells a relying party about the end of a session."""

TELL_FOR = timedelta(hours=12)
"""How long it is tried. A relying party that has been away for longer has most likely lost its sessions as well."""


def end(db: Connection, session_id: str, *, because: str, now: datetime) -> bool:
    """End a session, once. False: it had ended before, or never was."""
    ended = (
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None))
        .values(ended_at=now, ended_because=because)
    )
    if db.execute(ended).rowcount != 1:
        return False
    _leave_word(db, [session_id], now=now)
    return True


def end_all(db: Connection, account_id: str, *, because: str, now: datetime, except_id: str | None = None) -> list[str]:
    """End every session of a person, but for one if wanted. Returns the ids of those that ended now."""
    ended = (
        update(sessions)
        .where(sessions.c.account_id == account_id, sessions.c.ended_at.is_(None), sessions.c.id != (except_id or ""))
        .values(ended_at=now, ended_because=because)
        .returning(sessions.c.id)
    )
    session_ids = list(db.execute(ended).scalars())
    if session_ids:
        _leave_word(db, session_ids, now=now)
    return session_ids


def _leave_word(db: Connection, session_ids: Collection[str], *, now: datetime) -> None:
    granted = (
        select(grants.c.session_id, grants.c.account_id, grants.c.client_id)
        .where(grants.c.session_id.in_(session_ids))
        .distinct()
        .subquery()
    )
    reached = select(granted, clients.c.metadata).join_from(granted, clients).where(clients.c.disabled_at.is_(None))
    parcels = [
        {
            "id": secrets.token_urlsafe(16),
            "kind": LOGOUT,
            "recipient": row.client_id,
            "sealed": b"",
            "created_at": now,
            "expires_at": now + TELL_FOR,
            "attempts": 0,
            "next_attempt_at": now,
            "account_id": row.account_id,
            "client_id": row.client_id,
            "session_id": row.session_id,
        }
        for row in db.execute(reached)
        if row.metadata.get("backchannel_logout_uri")
    ]
    if parcels:
        db.execute(insert(outbox), parcels)
