"""Deleting what has expired and can no longer be asked for."""

from datetime import datetime, timedelta

from sqlalchemy import Delete, and_, delete, exists, or_, select

from idp.store.attempts import attempts
from idp.store.authorization_requests import authorization_requests
from idp.store.clients import ANYONE, clients
from idp.store.consents import consents
from idp.store.database import Database
from idp.store.device_authorizations import device_authorizations
from idp.store.devices import known_devices
from idp.store.email_proofs import email_proofs
from idp.store.grants import grants
from idp.store.handshakes import handshakes
from idp.store.initial_access_tokens import initial_access_tokens
from idp.store.outbox import outbox
from idp.store.pushed_requests import pushed_requests
from idp.store.refusals import too_old_or_too_many
from idp.store.sessions import sessions
from idp.store.tokens import access_tokens, refresh_tokens
from idp.store.used_jtis import used_jtis

KEEP_UNUSED_CLIENTS = timedelta(days=90)
"""How long a client that came unasked stays though nobody has ever used it."""


KEEP_REFUSALS = timedelta(days=7)
"""How long the owner of a client has to ask why it was refused."""


def sweep(database: Database, *, now: datetime, keep: timedelta = timedelta(days=1)) -> dict[str, int]:
    """Delete expired rows, each table in a statement of its own. Returns how many went, by table.

    `keep` leaves rows for a while after their end, so that a late replay is still recognised and an old tab is still
    sent back to its relying party. A grant stays while any of its tokens does, and a session while any of its grants.
    The latest grant of each client stays as long as the session behind it: it is how we know whom to tell of its end.
    """
    before = now - keep
    live_access = exists(select(1).where(access_tokens.c.grant_id == grants.c.id))
    live_refresh = exists(select(1).where(refresh_tokens.c.grant_id == grants.c.id))
    is_open = exists(
        select(1).where(
            sessions.c.id == grants.c.session_id, sessions.c.ended_at.is_(None), sessions.c.expires_at >= before
        )
    )
    later = grants.alias("later")
    superseded = exists(
        select(1).where(
            later.c.session_id == grants.c.session_id,
            later.c.client_id == grants.c.client_id,
            later.c.issued_at > grants.c.issued_at,
        )
    )
    granted = exists(select(1).where(grants.c.session_id == sessions.c.id))
    # Consent is asked for every client that came by itself, and stays when grants and tokens have been swept.
    unused = and_(
        *(
            ~exists(select(1).where(table.c.client_id == clients.c.client_id))
            for table in (consents, grants, access_tokens)
        )
    )
    expired: dict[str, Delete] = {
        "access_tokens": delete(access_tokens).where(access_tokens.c.expires_at < before),
        "refresh_tokens": delete(refresh_tokens).where(refresh_tokens.c.expires_at < before),
        "grants": delete(grants).where(
            grants.c.code_expires_at < before, ~live_access, ~live_refresh, or_(~is_open, superseded)
        ),
        "sessions": delete(sessions).where(sessions.c.expires_at < before, ~granted),
        "authorization_requests": delete(authorization_requests).where(authorization_requests.c.expires_at < before),
        "pushed_requests": delete(pushed_requests).where(pushed_requests.c.expires_at < before),
        "handshakes": delete(handshakes).where(handshakes.c.expires_at < before),
        "device_authorizations": delete(device_authorizations).where(device_authorizations.c.expires_at < before),
        "email_proofs": delete(email_proofs).where(email_proofs.c.expires_at < before),
        "attempts": delete(attempts).where(attempts.c.window_ends_at < before),
        "known_devices": delete(known_devices).where(known_devices.c.expires_at < now),
        "initial_access_tokens": delete(initial_access_tokens).where(
            initial_access_tokens.c.expires_at < now - timedelta(days=30)
        ),
        "clients": delete(clients).where(
            clients.c.registered_by == ANYONE, clients.c.updated_at < now - KEEP_UNUSED_CLIENTS, unused
        ),
        "used_jtis": delete(used_jtis).where(used_jtis.c.expires_at < now),
        "refusals": too_old_or_too_many(now - KEEP_REFUSALS),
        "outbox": delete(outbox).where(outbox.c.expires_at < now - timedelta(days=30)),
    }
    swept: dict[str, int] = {}
    for table, statement in expired.items():
        with database.autocommit() as db:
            swept[table] = db.execute(statement).rowcount
    return swept
