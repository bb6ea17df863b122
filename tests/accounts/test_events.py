"""The audit vocabulary lets nothing through that must not be in a log."""

import pytest

from idp.audit.events import Event, Occasion, note
from idp.store import audit_events
from idp.store.database import Database
from tests.accounts.people import NOON

HERE = Occasion(NOON, "ref-1", "192.0.2.1")


def test_an_event_is_written_with_its_occasion(database: Database) -> None:
    with database.transaction() as db:
        note(db, Event.SIGN_IN_REFUSED, HERE, account_id="ann", facts={"because": "wrong_password"})

    with database.autocommit() as db:
        [found] = audit_events.of_account(db, "ann")
    assert (found.event, found.at, found.reference, found.address) == ("sign_in_refused", NOON, "ref-1", "192.0.2.1")
    assert found.detail == {"because": "wrong_password"}


@pytest.mark.parametrize(
    "facts", [{"password": "x"}, {"email": "x"}, {"because": "ann@example.com"}, {"known_device": "yes"}]
)
def test_undeclared_facts_and_addresses_are_refused(database: Database, facts: dict[str, str]) -> None:
    with database.transaction() as db, pytest.raises(ValueError, match="cannot tell"):
        note(db, Event.SIGN_IN_REFUSED, HERE, facts=facts)


def test_an_event_that_is_rolled_back_never_happened(database: Database) -> None:
    def fail_halfway() -> None:
        with database.transaction() as db:
            note(db, Event.SIGN_IN_REFUSED, HERE, account_id="ann")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()

    with database.autocommit() as db:
        assert audit_events.of_account(db, "ann") == []
