"""Signing in, and the sessions that come of it."""

from datetime import timedelta

from sqlalchemy import event

from idp.accounts.email_address import parse_address
from idp.accounts.login import Refused, SignedIn
from idp.accounts.passwords import Passwords
from idp.accounts.throttle import Wait
from idp.accounts.visitor import describe
from idp.store import accounts
from tests.accounts.people import NOON, PASSWORD, Room, at_once, token_of, visitor


def test_the_right_password_signs_in(room: Room) -> None:
    person, who = room.person(), visitor()

    outcome = room.log_in(person.email, PASSWORD, who)

    assert isinstance(outcome, SignedIn)
    with room.database.autocommit() as db:
        visit = room.sessions.current(db, visitor(session_secret=outcome.started.secret), now=NOON)
    assert visit is not None
    assert visit.session.account_id == person.id
    assert (visit.session.auth_time, visit.session.amr) == (NOON, ("pwd",))


def test_wrong_passwords_and_unknown_names_are_refused_alike(room: Room) -> None:
    person = room.person()

    wrong = room.log_in(person.email, "not the password", visitor())
    unknown = room.log_in("nobody@example.com", PASSWORD, visitor())

    assert isinstance(wrong, Refused)
    assert isinstance(unknown, Refused)
    assert wrong.because == unknown.because


def test_known_and_unknown_names_cost_the_same_hashes_and_statements(room: Room) -> None:
    person, counted = room.person(), list[str]()
    event.listen(room.database.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    work = []

    for name in (person.email, "nobody@example.com", "not even an address", "\ud800"):
        room.passwords.computed.clear()
        counted.clear()
        room.log_in(name, "not the password", visitor(address="198.51.100.9"))
        with_settle = [statement.split()[0] for statement in counted]
        work.append((len(room.passwords.computed), [word for word in with_settle if word != "BEGIN"]))

    assert work[0][0] == 1
    assert work[1:] == [work[0]] * 3


def test_a_disabled_person_is_refused_only_after_the_right_password(room: Room) -> None:
    person = room.person()
    with room.database.transaction() as db:
        accounts.set_disabled(db, person.id, NOON, now=NOON)

    right = room.log_in(person.email, PASSWORD, visitor())
    wrong = room.log_in(person.email, "not the password", visitor())

    assert right == Refused("disabled", person.id)
    assert wrong == Refused("wrong_password", person.id)


def test_a_password_changed_during_the_check_does_not_sign_in(room: Room) -> None:
    person, who = room.person(), visitor()
    with room.database.transaction() as db:
        asked = room.sign_in.prepare(db, person.email, who, now=NOON)
    verified = room.sign_in.verify(asked, PASSWORD)  # type: ignore[arg-type]
    with room.database.transaction() as db:
        accounts.set_password(db, person.id, room.passwords.hash("another passphrase"), now=NOON)

    with room.database.transaction() as db:
        outcome = room.sign_in.settle(db, verified, who, now=NOON)

    assert isinstance(outcome, Refused)


def test_sixteen_sign_ins_of_one_person_from_one_source_do_not_block_each_other(room: Room) -> None:
    person = room.person()
    first = room.log_in(person.email, PASSWORD, visitor())
    assert isinstance(first, SignedIn)

    outcomes = at_once(16, lambda: [room.log_in(person.email, PASSWORD, visitor()) for _ in range(3)])

    # Some may have to wait for a second, since attempts are counted before they succeed; none may fail.
    kinds = {type(outcome) for turn in outcomes for outcome in turn}
    assert SignedIn in kinds
    assert kinds <= {SignedIn, Wait}


def test_no_session_begins_with_a_password_that_is_being_reset(room: Room) -> None:
    person = room.person()
    with room.database.transaction() as db:
        who = visitor()
        room.recovery.ask(db, parse_address(person.email), request_id=None, visitor=who, now=NOON)
    token = token_of(room.mails(person.email, "reset_password")[0]["link"])
    with room.database.autocommit() as db:
        found = room.recovery.find(db, token, now=NOON)
    assert found is not None
    hashed, turns = room.passwords.hash("seventeen green herons"), [True, *[False] * 4]

    def both() -> object:
        if not turns.pop():
            return room.log_in(person.email, PASSWORD, visitor())
        with room.database.transaction() as db:
            return room.recovery.reset(db, found, password_hash=hashed, visitor=visitor(), now=NOON)

    at_once(5, both)

    with room.database.autocommit() as db:
        assert room.sessions.open_of(db, person.id, now=NOON) == []


def test_an_old_hash_is_renewed_by_signing_in(room: Room) -> None:
    person = room.person()
    old = Passwords(memory_mib=2, time=1, parallelism=1).hash(PASSWORD)
    with room.database.transaction() as db:
        accounts.set_password(db, person.id, old, now=NOON)

    assert isinstance(room.log_in(person.email, PASSWORD, visitor()), SignedIn)

    with room.database.autocommit() as db:
        renewed = accounts.find(db, person.id)
    assert renewed is not None
    assert renewed.password_hash != old
    assert not room.passwords.needs_rehash(renewed.password_hash or "")


def test_signing_in_again_changes_the_cookie_and_keeps_the_session(room: Room) -> None:
    person = room.person()
    first = room.log_in(person.email, PASSWORD, visitor())
    assert isinstance(first, SignedIn)

    later = NOON + timedelta(hours=1)
    second = room.log_in(person.email, PASSWORD, visitor(session_secret=first.started.secret), now=later)

    assert isinstance(second, SignedIn)
    assert second.started.session_id == first.started.session_id
    with room.database.autocommit() as db:
        assert room.sessions.current(db, visitor(session_secret=first.started.secret), now=later) is None
        visit = room.sessions.current(db, visitor(session_secret=second.started.secret), now=later)
    assert visit is not None
    assert visit.session.auth_time == later


def test_signing_in_as_somebody_else_ends_the_session_of_the_one_before(room: Room) -> None:
    ann, bob = room.person(), room.person()
    first = room.log_in(ann.email, PASSWORD, visitor())
    assert isinstance(first, SignedIn)

    second = room.log_in(bob.email, PASSWORD, visitor(session_secret=first.started.secret))

    assert isinstance(second, SignedIn)
    assert second.started.ended == first.started.session_id
    with room.database.autocommit() as db:
        assert room.sessions.current(db, visitor(session_secret=first.started.secret), now=NOON) is None
        assert room.sessions.open_of(db, ann.id, now=NOON) == []


def test_a_cookie_chosen_by_somebody_else_never_becomes_a_session(room: Room) -> None:
    person = room.person()

    outcome = room.log_in(person.email, PASSWORD, visitor(session_secret="A" * 43))

    assert isinstance(outcome, SignedIn)
    assert outcome.started.secret != "A" * 43


def test_a_session_ends_by_idleness_and_by_age(room: Room) -> None:
    person = room.person()
    outcome = room.log_in(person.email, PASSWORD, visitor())
    assert isinstance(outcome, SignedIn)
    who = visitor(session_secret=outcome.started.secret)

    with room.database.autocommit() as db:
        assert room.sessions.current(db, who, now=NOON + timedelta(hours=23)) is not None
        for hours in range(46, 14 * 24, 23):
            assert room.sessions.current(db, who, now=NOON + timedelta(hours=hours)) is not None
        assert room.sessions.current(db, who, now=NOON + timedelta(days=14)) is None

    other = room.log_in(person.email, PASSWORD, visitor(), now=NOON)
    assert isinstance(other, SignedIn)
    with room.database.autocommit() as db:
        assert (
            room.sessions.current(db, visitor(session_secret=other.started.secret), now=NOON + timedelta(days=1))
            is None
        )


def test_nobody_ends_the_session_of_somebody_else(room: Room) -> None:
    ann, bob = room.person(), room.person()
    outcome = room.log_in(bob.email, PASSWORD, visitor())
    assert isinstance(outcome, SignedIn)

    with room.database.transaction() as db:
        ended = room.sessions.end(db, ann.id, outcome.started.session_id, because="ended_by_owner", now=NOON)

    assert not ended


def test_the_owner_is_told_of_a_new_device_once(room: Room) -> None:
    person = room.person()

    first = room.log_in(person.email, PASSWORD, visitor(user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"))
    assert isinstance(first, SignedIn)
    room.log_in(person.email, PASSWORD, visitor(device_mark=first.device_mark))

    told = room.mails(person.email, "new_sign_in")
    assert [mail["device"] for mail in told] == ["Firefox on Linux"]


def test_browsers_are_named_in_words_of_ours() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"

    assert describe(chrome) == "Chrome on Windows"
    assert describe(chrome + " Edg/140.0") == "Edge on Windows"
    assert describe(iphone) == "Safari on iPhone"
    assert describe("<script>alert(1)</script>") == "Unknown browser"
