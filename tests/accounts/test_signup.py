"""Signing up: nothing exists before the proof, and nobody learns who has an account."""

from datetime import timedelta

from sqlalchemy import event

from idp.accounts import proofs
from idp.accounts.signup import Completed, NotCompleted
from idp.store import accounts, email_proofs
from tests.accounts.people import NOON, PASSWORD, Room, at_once, token_of, visitor

ANN = "Ann@example.com"


def test_nothing_is_created_before_the_address_is_proven(room: Room) -> None:
    room.begin(ANN, visitor())

    with room.database.autocommit() as db:
        assert accounts.all_accounts(db) == []


def test_the_code_of_the_mail_makes_the_account_and_signs_in(room: Room) -> None:
    who = visitor()
    proof = room.begin(ANN, who)
    code = room.mails(ANN, "verify_address")[0]["code"]

    with room.database.transaction() as db:
        done = room.sign_up.by_code(db, proof, f" {code[:3]}-{code[3:]} ", who, now=NOON)

    assert isinstance(done, Completed)
    account = done.signed_in.account
    assert (account.email, account.email_key, account.email_verified_at) == (ANN, "ann@example.com", NOON)
    assert account.profile == {"name": "Ann"}
    assert room.passwords.verify(account.password_hash, PASSWORD)
    with room.database.autocommit() as db:
        assert room.sessions.current(db, visitor(session_secret=done.signed_in.started.secret), now=NOON) is not None


def test_the_link_of_the_mail_finds_the_sign_up_and_looking_changes_nothing(room: Room) -> None:
    proof = room.begin(ANN, visitor())
    token = token_of(room.mails(ANN, "verify_address")[0]["link"])

    for _ in range(3):
        with room.database.autocommit() as db:
            found = room.sign_up.find_by_link(db, token, now=NOON)
        assert found is not None
        assert found.id == proof.id


def test_another_browser_does_not_count_as_the_one_in_which_it_began(room: Room) -> None:
    who = visitor()
    proof = room.begin(ANN, who)

    with room.database.autocommit() as db:
        assert room.sign_up.find(db, proof.id, who, now=NOON) is not None
        assert room.sign_up.find(db, proof.id, visitor(), now=NOON) is None
        assert room.sign_up.find(db, proof.id, visitor(browsers=()), now=NOON) is None
    assert proofs.belongs_to(proof, visitor(browsers=("another", who.browser)))


def test_five_wrong_codes_use_up_the_right_one(room: Room) -> None:
    who = visitor()
    proof = room.begin(ANN, who)
    code = room.mails(ANN, "verify_address")[0]["code"]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"

    with room.database.transaction() as db:
        outcomes = [room.sign_up.by_code(db, proof, wrong, who, now=NOON) for _ in range(5)]
        last = room.sign_up.by_code(db, proof, code, who, now=NOON)

    assert [*outcomes, last] == [NotCompleted("wrong_code")] * 6


def test_a_code_lasts_ten_minutes_and_the_link_a_day(room: Room) -> None:
    who = visitor()
    proof = room.begin(ANN, who)
    mail = room.mails(ANN, "verify_address")[0]

    with room.database.transaction() as db:
        late = room.sign_up.by_code(db, proof, mail["code"], who, now=NOON + timedelta(minutes=10))
        link = token_of(mail["link"])
        in_time = room.sign_up.find_by_link(db, link, now=NOON + timedelta(hours=23))
        too_late = room.sign_up.find_by_link(db, link, now=NOON + timedelta(hours=24))

    assert late == NotCompleted("wrong_code")
    assert in_time is not None
    assert too_late is None


def test_a_known_address_gets_another_mail_and_the_browser_sees_no_difference(room: Room) -> None:
    person, who = room.person(), visitor()

    proof = room.begin(person.email, who)

    assert room.mails(person.email, "address_already_known")
    with room.database.transaction() as db:
        assert room.sign_up.find(db, proof.id, who, now=NOON) is not None
        codes = {room.sign_up.by_code(db, proof, code, who, now=NOON) for code in ("000000", "", "1" * 500)}
    assert codes == {NotCompleted("wrong_code")}


def test_known_and_unknown_addresses_cost_the_same_statements(room: Room) -> None:
    person, counted = room.person(), list[str]()
    event.listen(room.database.engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    work = []

    for email in (person.email, "nobody@example.com"):
        counted.clear()
        room.begin(email, visitor())
        work.append([statement.split()[0] for statement in counted])

    assert work[0] == work[1]


def test_sending_again_kills_the_earlier_mail(room: Room) -> None:
    who = visitor()
    proof = room.begin(ANN, who)
    first = room.mails(ANN, "verify_address")[0]

    with room.database.transaction() as db:
        again = room.sign_up.send_again(db, proof, who, now=NOON + timedelta(minutes=1))

    assert again is not None
    second = room.mails(ANN, "verify_address")[0]
    with room.database.transaction() as db:
        assert room.sign_up.find_by_link(db, token_of(first["link"]), now=NOON) is None
        done = room.sign_up.by_code(db, again, second["code"], who, now=NOON + timedelta(minutes=2))
    assert isinstance(done, Completed)


def test_sixteen_proofs_at_once_make_one_account(room: Room) -> None:
    who = visitor()
    proof = room.begin(ANN, who)

    def complete() -> Completed | NotCompleted:
        with room.database.transaction() as db:
            return room.sign_up.complete(db, proof, who, now=NOON)

    outcomes = at_once(16, complete)

    assert sum(isinstance(outcome, Completed) for outcome in outcomes) == 1
    assert outcomes.count(NotCompleted("used")) == 15


def test_sixteen_guesses_at_once_are_five(room: Room) -> None:
    proof = room.begin(ANN, visitor())

    def guess() -> bool:
        with room.database.transaction() as db:
            return email_proofs.count_attempt(db, proof.id, at_most=proofs.GUESSES)

    assert sum(at_once(16, guess)) == proofs.GUESSES


def test_two_sign_ups_with_one_address_make_one_account(room: Room) -> None:
    ann, mallory = visitor(), visitor(address="192.0.2.66")
    of_ann, of_mallory = room.begin(ANN, ann), room.begin(ANN, mallory, password="the password of mallory")

    with room.database.transaction() as db:
        first = room.sign_up.complete(db, of_ann, ann, now=NOON)
        second = room.sign_up.complete(db, of_mallory, mallory, now=NOON)

    assert isinstance(first, Completed)
    assert second == NotCompleted("taken")
    assert room.passwords.verify(first.signed_in.account.password_hash, PASSWORD)


def test_sixteen_sign_ups_with_one_address_proven_at_once_make_one_account(room: Room) -> None:
    begun = [(who, room.begin(ANN, who)) for who in (visitor() for _ in range(16))]

    def complete() -> Completed | NotCompleted:
        who, proof = begun.pop()
        with room.database.transaction() as db:
            return room.sign_up.complete(db, proof, who, now=NOON)

    outcomes = at_once(16, complete)

    assert sum(isinstance(outcome, Completed) for outcome in outcomes) == 1
    assert outcomes.count(NotCompleted("taken")) == 15


def test_an_address_that_was_taken_meanwhile_is_told_to_its_owner_only(room: Room) -> None:
    who = visitor()
    proof = room.begin(ANN, who)
    with room.database.transaction() as db:
        accounts.add(
            db,
            "by-an-operator",
            email=ANN,
            email_key="ann@example.com",
            email_verified_at=None,
            password_hash=None,
            profile={},
            now=NOON,
        )

    with room.database.transaction() as db:
        outcome = room.sign_up.complete(db, proof, who, now=NOON)

    assert outcome == NotCompleted("taken")


def test_mail_stops_silently_after_three_in_an_hour(room: Room) -> None:
    for _ in range(5):
        room.begin(ANN, visitor())

    assert len(room.mails(ANN)) == 3
