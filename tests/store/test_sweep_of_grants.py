"""Grants go when nothing can come of them any more; one for each client stays while its session is open."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from idp.store import accounts, clients, grants, session_endings, sessions, tokens
from idp.store.base import digest_of
from idp.store.database import Database
from idp.store.grants import Grant
from idp.store.sweep import sweep

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SESSION_LIFE = 14 * DAY


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool_size=1)
    with opened.transaction() as db:
        for client_id in ("wiki", "shop"):
            clients.add(db, client_id, {}, now=NOON)
        accounts.add(
            db,
            "ann",
            email="a@b.c",
            email_key="a@b.c",
            email_verified_at=NOON,
            password_hash=None,
            profile={},
            now=NOON,
        )
        sessions.start(
            db,
            "s",
            digest_of("s"),
            account_id="ann",
            amr=("pwd",),
            expires_at=NOON + SESSION_LIFE,
            device={},
            now=NOON,
        )
    yield opened
    opened.dispose()


def issue(database: Database, name: str, client_id: str, at: datetime) -> None:
    grant = Grant(
        id=name,
        client_id=client_id,
        account_id="ann",
        session_id="s",
        redirect_uri="https://rp.example/cb",
        scopes=("openid",),
        nonce=None,
        claims=None,
        code_challenge=None,
        resources=None,
        dpop_jkt=None,
        auth_time=NOON,
        acr="1",
        amr=("pwd",),
        issued_at=at,
        code_expires_at=at + timedelta(minutes=1),
        redeemed_at=None,
        revoked_at=None,
    )
    with database.transaction() as db:
        grants.issue(db, digest_of(name), grant)


def left(database: Database, now: datetime) -> set[str]:
    sweep(database, now=now)
    with database.autocommit() as db:
        found = [grants.find_by_code(db, digest_of(name)) for name in ("first", "second", "third")]
    return {grant.id for grant, _ in filter(None, found)}


def test_the_latest_grant_of_each_client_stays_as_long_as_the_session(database: Database) -> None:
    issue(database, "first", "wiki", NOON)
    issue(database, "second", "wiki", NOON + HOUR)
    issue(database, "third", "shop", NOON)

    assert left(database, NOON + DAY) == {"first", "second", "third"}
    assert left(database, NOON + 3 * DAY) == {"second", "third"}
    with database.autocommit() as db:
        assert grants.clients_of_session(db, "s") == ["shop", "wiki"]
    assert left(database, NOON + SESSION_LIFE + 2 * DAY) == set()


def test_they_go_when_the_session_has_ended(database: Database) -> None:
    issue(database, "first", "wiki", NOON)
    with database.transaction() as db:
        assert session_endings.end(db, "s", because="signed_out", now=NOON + HOUR)

    assert left(database, NOON + DAY) == {"first"}
    assert left(database, NOON + 3 * DAY) == set()


def test_a_grant_with_a_token_stays_whatever_came_later(database: Database) -> None:
    issue(database, "first", "wiki", NOON)
    issue(database, "second", "wiki", NOON + HOUR)
    with database.transaction() as db:
        tokens.add_access(
            db,
            digest_of("t"),
            client_id="wiki",
            scopes=("openid",),
            expires_at=NOON + 5 * DAY,
            now=NOON,
            grant_id="first",
        )

    assert left(database, NOON + 3 * DAY) == {"first", "second"}
    assert left(database, NOON + 7 * DAY) == {"second"}
