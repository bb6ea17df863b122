"""Outboxes on both databases, and a mail server on a socket."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from idp.delivery.mail import MailCarrier, MailTemplates
from idp.delivery.outbox import Outbox
from idp.delivery.smtp import SmtpTransport
from idp.store.database import Database
from keys.sealing import Sealer

TEMPLATES = Path(__file__).parents[2] / "templates" / "mail"
START = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
LINK = "https://id.example.com/signup/link?token=uNr3adAbl3-l1nk"


class HandClock:
    """A time that moves when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> None:
        self.now += by


class Postbox:
    """What the mail server has accepted. `refuse` is what it answers to recipients instead."""

    def __init__(self) -> None:
        self.mails: Queue[EmailMessage] = Queue()
        self.recipients: list[str] = []
        self.refuse: str | None = None

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.recipients += envelope.rcpt_tos
        self.mails.put(parsed)
        return "250 OK"

    def all(self) -> list[EmailMessage]:
        return [self.mails.get_nowait() for _ in range(self.mails.qsize())]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def smtp_server(postbox: Postbox, port: int, **options: Any) -> Iterator[None]:
    controller = Controller(postbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


def box_of(byte: int = 7) -> Any:
    return Sealer(bytes([byte]) * 32).for_purpose("outbox")


def templates() -> MailTemplates:
    return MailTemplates(TEMPLATES, product="Acme ID", issuer="https://id.example.com")


def carrier(port: int) -> MailCarrier:
    return MailCarrier(templates(), SmtpTransport("127.0.0.1", port, timeout=5))


def put_mail(database: Database, outbox: Outbox, *, to: str = "ada@example.com", now: datetime = START) -> str:
    with database.transaction() as db:
        return outbox.mail(
            db,
            to=to,
            template="verify_address",
            context={"code": "271828", "link": LINK},
            expires_at=now + timedelta(hours=24),
            now=now,
        )


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(box_of())


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()
