"""What is put into the outbox is sealed, and belongs to the transaction that put it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from idp.delivery.outbox import Outbox
from idp.store import outbox as parcels
from idp.store.database import Database
from keys.sealing import UnsealError
from tests.delivery.conftest import LINK, START, box_of, put_mail


def test_a_mail_of_a_transaction_that_is_rolled_back_is_never_sent(database: Database, outbox: Outbox) -> None:
    def put_and_fail() -> None:
        with database.transaction() as db:
            soon = START + timedelta(hours=1)
            outbox.mail(db, to="a@example.com", template="new_sign_in", context={}, expires_at=soon, now=START)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        put_and_fail()

    with database.autocommit() as db:
        assert parcels.latest(db, kind="mail") == []


def test_no_link_and_no_code_can_be_read_in_the_database(database: Database, outbox: Outbox) -> None:
    parcel_id = put_mail(database, outbox)

    with database.autocommit() as db:
        parcel = parcels.find(db, parcel_id)
    assert parcel is not None
    stored = b"".join(part if isinstance(part, bytes) else str(part).encode() for part in _columns(parcel))
    if database.is_sqlite:
        file = Path(str(database.url.database))
        stored += file.read_bytes() + file.with_name(file.name + "-wal").read_bytes()
        assert b"ada@example.com" in stored  # the mail was written to what is searched

    for secret in (LINK, "uNr3adAbl3", "271828"):
        assert secret.encode() not in stored


def test_a_parcel_opens_with_its_key_and_in_its_own_row_only(database: Database, outbox: Outbox) -> None:
    first, second = put_mail(database, outbox), put_mail(database, outbox)
    with database.autocommit() as db:
        one, other = parcels.find(db, first), parcels.find(db, second)
    assert one is not None
    assert other is not None

    delivery = outbox.open(one)

    assert delivery is not None
    assert delivery.payload["context"]["link"] == LINK
    with pytest.raises(UnsealError):
        Outbox(box_of(8)).open(one)
    with pytest.raises(UnsealError):
        outbox.open(replace(one, sealed=other.sealed))


@pytest.mark.parametrize(
    ("template", "context", "complaint"),
    [
        ("verify_address", {"code": "1"}, "needs link"),
        ("reset_password", {"link": "x", "lnik": "y"}, "does not know lnik"),
        ("newsletter", {}, "no mail called newsletter"),
        ("reset_password", {"link": object()}, "texts, numbers and times"),
    ],
)
def test_a_mail_that_cannot_be_written_is_refused_when_it_is_put(
    database: Database, outbox: Outbox, template: str, context: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint), database.transaction() as db:
        outbox.mail(db, to="a@example.com", template=template, context=context, expires_at=START, now=START)


def _columns(parcel: parcels.Parcel) -> list[object]:
    return [getattr(parcel, name) for name in parcels.Parcel.__dataclass_fields__]
