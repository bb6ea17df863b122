"""What was told to whom, by command line."""

import json
from datetime import timedelta
from typing import Any

import pytest

from idp.clock import utc_now
from idp.store import delivery_attempts, outbox
from idp.store.outbox import Parcel
from idp.store.session_endings import LOGOUT
from tests.commands.conftest import Operator

LEASE = timedelta(minutes=1)


def left(operator: Operator, parcel_id: str, *, kind: str = LOGOUT, client_id: str | None = "client-1") -> None:
    """Something to deliver, as the server leaves it."""
    now = utc_now() - timedelta(hours=1)
    with operator.database.transaction() as db:
        outbox.put(
            db,
            parcel_id,
            kind=kind,
            recipient=client_id or "ada@example.com",
            sealed=b"",
            expires_at=now + timedelta(hours=12),
            now=now,
        )
        if client_id:
            db.execute(
                outbox.outbox.update()
                .where(outbox.outbox.c.id == parcel_id)
                .values(client_id=client_id, account_id="ada", session_id="session-1")
            )


def attempted(operator: Operator, parcel_id: str, outcome: str | None, *, given_up: bool = False) -> None:
    now = utc_now()
    with operator.database.transaction() as db:
        parcel = outbox.lease(db, kinds=[LOGOUT, "mail", "picture"], lease_for=LEASE, now=now)
        assert parcel is not None
        assert parcel.id == parcel_id
        delivery_attempts.begin(db, parcel_id, parcel.attempts, reference=f"jti-{parcel_id}", now=now)
        if outcome is None:
            return
        delivery_attempts.conclude(db, parcel_id, parcel.attempts, outcome=outcome, now=now)
        if outcome == "accepted":
            outbox.delivered(db, parcel, now=now)
        elif given_up:
            outbox.failed(db, parcel, error=outcome, now=now)
        else:
            outbox.postponed(db, parcel, error=outcome, next_attempt_at=now + timedelta(minutes=15))


def listed(operator: Operator, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(operator.runs("deliveries", "list", "--json", *options).stdout)
    return found


def found(operator: Operator, parcel_id: str) -> Parcel:
    with operator.database.autocommit() as db:
        parcel = outbox.find(db, parcel_id)
    assert parcel is not None
    return parcel


@pytest.fixture
def four(operator: Operator) -> Operator:
    """One that arrived, one given up, one that waits for its next attempt, one to another client."""
    left(operator, "arrived")
    attempted(operator, "arrived", "accepted")
    left(operator, "given-up")
    attempted(operator, "given-up", "the app answered 500", given_up=True)
    left(operator, "waiting")
    attempted(operator, "waiting", "the app refused it (400)")
    left(operator, "other", client_id="client-2")
    return operator


def test_the_list_says_what_became_of_each(four: Operator) -> None:
    states = {each["id"]: (each["state"], each["outcome"], each["attempts"]) for each in listed(four)}

    assert states == {
        "arrived": ("arrived", "accepted", 1),
        "given-up": ("given up", "the app answered 500", 1),
        "waiting": ("waiting", "the app refused it (400)", 1),
        "other": ("waiting", None, 0),
    }


def test_the_list_can_be_narrowed(four: Operator) -> None:
    assert [each["id"] for each in listed(four, "--failed")] == ["given-up"]
    assert {each["id"] for each in listed(four, "--waiting")} == {"waiting", "other"}
    assert [each["id"] for each in listed(four, "--client", "client-2")] == ["other"]
    assert listed(four, "--kind", "mail") == []
    assert len(listed(four, "--limit", "2")) == 2


def test_a_delivery_is_shown_with_its_attempts(four: Operator) -> None:
    shown = json.loads(four.runs("deliveries", "show", "given-up", "--json").stdout)
    page = four.runs("deliveries", "show", "given-up").stdout

    assert (shown["to"], shown["session"], shown["account"]) == ("client-1", "session-1", "ada")
    assert [(each["number"], each["reference"], each["outcome"]) for each in shown["attempts"]] == [
        (1, "jti-given-up", "the app answered 500")
    ]
    assert "jti-given-up" in page


@pytest.mark.parametrize("parcel_id", ["given-up", "waiting"])
def test_what_has_not_arrived_is_tried_again_at_once_and_for_long_enough(four: Operator, parcel_id: str) -> None:
    before = utc_now()

    four.runs("deliveries", "resend", parcel_id)

    parcel = found(four, parcel_id)
    assert parcel.failed_at is None
    assert before <= parcel.next_attempt_at <= utc_now()
    assert parcel.expires_at >= before + timedelta(hours=12)
    assert four.events() == ["logout_resent"]
    with four.database.autocommit() as db:
        again = outbox.lease(db, kinds=[LOGOUT], lease_for=LEASE, now=utc_now())
    assert again is not None


def test_what_has_arrived_is_not_sent_twice(four: Operator) -> None:
    result = four.runs("deliveries", "resend", "arrived", expect=1)

    assert "nothing is sent twice" in result.stderr
    assert four.events() == []


def test_what_is_under_way_is_left_alone(operator: Operator) -> None:
    left(operator, "leased")
    attempted(operator, "leased", None)
    before = found(operator, "leased")

    result = operator.runs("deliveries", "resend", "leased", expect=1)

    assert "under way" in result.stderr
    assert found(operator, "leased") == before


def test_a_mail_that_was_given_up_is_empty_and_cannot_be_sent(operator: Operator) -> None:
    left(operator, "mail", kind="mail", client_id=None)
    attempted(operator, "mail", "recipient refused (550)", given_up=True)

    assert "ask for a new mail" in operator.runs("deliveries", "resend", "mail", expect=1).stderr


def test_a_picture_that_was_given_up_is_shown_and_alarms_nobody(operator: Operator) -> None:
    left(operator, "picture", kind="picture", client_id=None)
    attempted(operator, "picture", "it is no PNG, JPEG or WebP, or a damaged one", given_up=True)

    (shown,) = listed(operator, "--kind", "picture")
    (finding,) = findings(operator)

    assert (shown["state"], shown["outcome"]) == ("given up", "it is no PNG, JPEG or WebP, or a damaged one")
    assert finding["level"] == "ok"
    assert "nothing to try again with" in operator.runs("deliveries", "resend", "picture", expect=1).stderr


def test_an_unknown_delivery_is_named_as_such(operator: Operator) -> None:
    for command in ("show", "resend"):
        assert "idp deliveries list" in operator.runs("deliveries", command, "nothing", expect=1).stderr


def findings(operator: Operator) -> list[dict[str, str]]:
    """What `idp doctor` says about deliveries. Other things are not well in such an installation."""
    document = json.loads(operator.runs("doctor", "--json", expect=1).stdout)
    return [finding for finding in document["findings"] if finding["subject"] == "deliveries"]


def test_the_doctor_says_what_was_given_up_and_what_waits_for_too_long(four: Operator) -> None:
    (finding,) = findings(four)

    assert finding["level"] == "warning"
    assert finding["sentence"] == "logout: 1 given up in the last day, 2 waiting for more than an hour"
    assert finding["fix"] == "idp deliveries list --kind logout"


def test_the_doctor_finds_nothing_wrong_with_what_has_just_been_put(operator: Operator) -> None:
    (finding,) = findings(operator)

    assert finding["level"] == "ok"
