"""The claims of codes and refresh tokens compare the key in the statement that takes them, whatever was seen before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.store import accounts, clients, grants, sessions
from idp.store.database import Database
from idp.store.redemption import NewTokens, redeem_code, use_refresh
from idp.store.tokens import find_access, find_refresh
from tests.protocol.samples import NOW, grant

CODE, RESOURCES = bytes(32), ("https://one.example", "https://two.example")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool_size=2)
    with opened.transaction() as db:
        clients.add(db, "rp", {}, now=NOW)
        accounts.add(
            db,
            "alice",
            email="alice@example.com",
            email_key="alice@example.com",
            email_verified_at=None,
            password_hash=None,
            profile={},
            now=NOW,
        )
        sessions.start(
            db, "s", bytes(32), account_id="alice", amr=("pwd",), expires_at=NOW + timedelta(days=1), device={}, now=NOW
        )
        issued = grant(dpop_jkt="the-key", resources=RESOURCES, scopes=("openid", "offline_access"))
        grants.issue(db, CODE, issued)
    yield opened
    opened.dispose()


def tokens(number: int, **bound: str | tuple[str, ...] | None) -> NewTokens:
    end = NOW + timedelta(hours=1)
    new = NewTokens(bytes([number] * 32), end, bytes([100 + number] * 32), end)
    return replace(new, **bound)  # type: ignore[arg-type]


def redeem(database: Database, new: NewTokens) -> bool:
    redeemed = redeem_code(
        database,
        CODE,
        client_id="rp",
        redirect_uri="https://rp.example/cb",
        code_challenge=None,
        tokens=new,
        now=NOW,
    )
    return redeemed is not None


def refresh(database: Database, digest: bytes, new: NewTokens, *, rotate: bool = True) -> bool:
    return use_refresh(database, digest, scopes=("openid",), tokens=new, now=NOW, rotate=rotate) is not None


def test_a_code_is_claimed_by_its_key_alone(database: Database) -> None:
    assert not redeem(database, tokens(1))
    assert not redeem(database, tokens(2, jkt="another-key"))
    assert redeem(database, tokens(3, jkt="the-key"))


def test_a_refresh_token_is_claimed_by_its_key_alone(database: Database) -> None:
    first = tokens(1, jkt="the-key", refresh_jkt="the-key")
    assert redeem(database, first)

    for rotate in (True, False):
        assert not refresh(database, first.refresh_digest, tokens(2), rotate=rotate)
        assert not refresh(database, first.refresh_digest, tokens(3, jkt="another-key"), rotate=rotate)
    assert refresh(database, first.refresh_digest, tokens(4, jkt="the-key", refresh_jkt="the-key"))


def test_an_access_token_is_for_what_was_granted_unless_it_is_for_less(database: Database) -> None:
    first = tokens(1, jkt="the-key")
    second = tokens(2, resources=RESOURCES[:1])
    assert redeem(database, first)
    assert refresh(database, first.refresh_digest, second)

    with database.autocommit() as db:
        found = [find_access(db, each.access_digest, now=NOW) for each in (first, second)]
    assert [each and each.resources for each in found] == [RESOURCES, RESOURCES[:1]]
    assert [each and each.token_type for each in found] == ["DPoP", "Bearer"]


def test_a_refresh_token_that_is_not_rotated_lives_on_and_has_no_successor(database: Database) -> None:
    first = tokens(1, jkt="the-key")
    later = replace(tokens(2), refresh_expires_at=NOW + timedelta(hours=2))
    assert redeem(database, first)

    assert refresh(database, first.refresh_digest, later, rotate=False)

    with database.autocommit() as db:
        assert find_refresh(db, later.refresh_digest) is None
        kept = find_refresh(db, first.refresh_digest)
    assert kept is not None
    assert (kept.used_at, kept.expires_at) == (None, later.refresh_expires_at)
    # Where rotation begins again, it is used up like any other.
    assert refresh(database, first.refresh_digest, tokens(3))
    assert not refresh(database, first.refresh_digest, tokens(4), rotate=False)
