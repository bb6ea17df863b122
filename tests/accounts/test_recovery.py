"""A forgotten password: mail to the stored address only, one use, and everything else ends."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from idp.accounts.email_address import parse_address
from idp.accounts.login import Refused, SignedIn
from idp.accounts.recovery import Cleared, OpenReset
from idp.accounts.throttle import Wait
from idp.store import accounts, devices
from idp.store.base import digest_of
from tests.accounts.people import NOON, PASSWORD, Room, at_once, token_of, visitor

NEW = "seventeen green herons"


def ask(room: Room, email: str, **more: object) -> str | None:
    with room.database.transaction() as db:
        who = visitor()
        return room.recovery.ask(db, parse_address(email), request_id=None, visitor=who, now=more.get("now", NOON))  # type: ignore[arg-type]


def link_to(room: Room, email: str) -> str:
    return token_of(room.mails(email, "reset_password")[0]["link"])


def opened(room: Room, token: str, *, now: object = NOON) -> OpenReset | None:
    with room.database.autocommit() as db:
        return room.recovery.find(db, token, now=now)  # type: ignore[arg-type]


def reset(room: Room, found: OpenReset, password: str = NEW) -> Cleared | None:
    hashed = room.passwords.hash(password)
    with room.database.transaction() as db:
        return room.recovery.reset(db, found, password_hash=hashed, visitor=visitor(), now=NOON)


def test_a_reset_sets_the_password_and_ends_every_session(room: Room) -> None:
    person = room.person()
    before = room.log_in(person.email, PASSWORD, visitor())
    assert isinstance(before, SignedIn)
    ask(room, person.email)
    found = opened(room, link_to(room, person.email))
    assert found is not None

    cleared = reset(room, found)

    assert cleared is not None
    assert before.started.session_id in cleared.sessions
    with room.database.autocommit() as db:
        assert room.sessions.current(db, visitor(session_secret=before.started.secret), now=NOON) is None
        assert not devices.is_known(db, digest_of(before.device_mark), person.id, now=NOON)
    assert isinstance(room.log_in(person.email, PASSWORD, visitor()), Refused)
    assert isinstance(room.log_in(person.email, NEW, visitor()), SignedIn)
    assert room.mails(person.email, "password_changed")


def test_the_mail_goes_to_the_stored_address_however_it_was_typed(room: Room) -> None:
    person = room.person()

    ask(room, person.email.upper())

    assert len(room.mails(person.email, "reset_password")) == 1
    assert room.mails(person.email.upper()) == []


def test_nobody_gets_a_mail_where_there_is_no_account(room: Room) -> None:
    assert ask(room, "nobody@example.com") is None

    assert room.mails("nobody@example.com") == []
    with room.database.autocommit() as db:
        assert db.exec_driver_sql("SELECT count(*) FROM email_proofs").scalar() == 0


def test_known_and_unknown_addresses_cost_the_same_statements(room: Room) -> None:
    person, counted = room.person(), list[str]()
    event.listen(room.database.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    work = []

    for email in (person.email, "nobody@example.com"):
        counted.clear()
        ask(room, email)
        work.append([statement.split()[0] for statement in counted])

    # The last word of the savepoint is the one difference: kept for the one, taken back for the other.
    assert [word.replace("RELEASE", "ROLLBACK") for word in work[0]] == work[1]
    assert work[0].count("INSERT") == 4


def test_a_new_link_kills_the_older_one(room: Room) -> None:
    person = room.person()
    ask(room, person.email)
    older = link_to(room, person.email)

    ask(room, person.email, now=NOON + timedelta(seconds=1))

    assert opened(room, older) is None
    assert opened(room, link_to(room, person.email)) is not None


def test_a_link_lasts_half_an_hour(room: Room) -> None:
    person = room.person()
    ask(room, person.email)

    assert opened(room, link_to(room, person.email), now=NOON + timedelta(minutes=29)) is not None
    assert opened(room, link_to(room, person.email), now=NOON + timedelta(minutes=30)) is None


def test_sixteen_resets_at_once_are_one(room: Room) -> None:
    person = room.person()
    ask(room, person.email)
    found = opened(room, link_to(room, person.email))
    assert found is not None

    outcomes = at_once(16, lambda: reset(room, found))

    assert sum(outcome is not None for outcome in outcomes) == 1


def test_links_die_with_a_changed_password_a_changed_address_and_a_disabled_account(room: Room) -> None:
    by_password, by_address, by_operator = room.person(), room.person(), room.person()
    links = []
    for person in (by_password, by_address, by_operator):
        ask(room, person.email)
        links.append(link_to(room, person.email))
    session = room.log_in(by_password.email, PASSWORD, visitor())
    assert isinstance(session, SignedIn)

    with room.database.transaction() as db:
        visit = room.sessions.current(db, visitor(session_secret=session.started.secret), now=NOON)
        assert visit is not None
        hashed = room.passwords.hash(NEW)
        room.recovery.change(db, session.account, visit.session, password_hash=hashed, visitor=visitor(), now=NOON)
        accounts.set_email(db, by_address.id, email="new@example.com", email_key="new@example.com", now=NOON)
        accounts.set_disabled(db, by_operator.id, NOON, now=NOON)

    assert [opened(room, link) for link in links] == [None, None, None]


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "A" * 10_000])
def test_other_tokens_open_nothing(room: Room, token: str) -> None:
    assert opened(room, token) is None


def test_a_sign_up_link_is_no_reset_link(room: Room) -> None:
    who = visitor()
    room.begin("ann@example.com", who)
    token = token_of(room.mails("ann@example.com", "verify_address")[0]["link"])

    assert opened(room, token) is None


def test_a_reset_opens_an_account_at_its_ceiling(room: Room) -> None:
    person, now = room.person(), NOON
    for _ in range(6):
        room.log_in(person.email, "wrong", visitor(), now=now)
    assert isinstance(room.log_in(person.email, PASSWORD, visitor(), now=now), Wait)
    ask(room, person.email)
    found = opened(room, link_to(room, person.email))
    assert found is not None

    reset(room, found)

    assert isinstance(room.log_in(person.email, NEW, visitor(), now=now), SignedIn)


def test_a_change_keeps_this_session_under_another_cookie_and_ends_the_others(room: Room) -> None:
    person = room.person()
    here = room.log_in(person.email, PASSWORD, visitor())
    there = room.log_in(person.email, PASSWORD, visitor())
    assert isinstance(here, SignedIn)
    assert isinstance(there, SignedIn)

    with room.database.transaction() as db:
        visit = room.sessions.current(db, visitor(session_secret=here.started.secret), now=NOON)
        assert visit is not None
        assert room.recovery.proves_owner(here.account, visit.session, PASSWORD, now=NOON)
        assert not room.recovery.proves_owner(here.account, visit.session, "wrong", now=NOON)
        changed = room.recovery.change(
            db, here.account, visit.session, password_hash=room.passwords.hash(NEW), visitor=visitor(), now=NOON
        )

    assert changed is not None
    started, ended = changed
    assert there.started.session_id in ended
    assert started.session_id == here.started.session_id
    with room.database.autocommit() as db:
        assert room.sessions.current(db, visitor(session_secret=here.started.secret), now=NOON) is None
        assert room.sessions.current(db, visitor(session_secret=started.secret), now=NOON) is not None
    assert room.mails(person.email, "password_changed")


def test_guessing_the_old_password_in_a_stolen_session_is_limited(room: Room) -> None:
    person = room.person()
    here = room.log_in(person.email, PASSWORD, visitor())
    assert isinstance(here, SignedIn)

    with room.database.transaction() as db:
        visit = room.sessions.current(db, visitor(session_secret=here.started.secret), now=NOON)
        assert visit is not None
        outcomes = [room.recovery.allow_change(db, here.account, visit.session, visitor(), now=NOON) for _ in range(11)]

    assert isinstance(outcomes[-1], Wait)
    assert not any(isinstance(outcome, Wait) for outcome in outcomes[:-1])
