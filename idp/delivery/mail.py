"""Mails: written from templates, plain text and HTML side by side (RFC 2046 section 5.1.4)."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from idp.delivery.letters import LETTERS
from idp.delivery.outbox import Delivery, NotDelivered

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_GAPS = re.compile(r"\n{3,}")


class Transport(Protocol):
    """Hands a finished mail to whoever takes it further."""

    def send(self, message: EmailMessage) -> None:
        """Return once the other side has taken responsibility for the mail.

        Raises:
            NotDelivered: It has not.
        """


class MailTemplates:
    """Turns a parcel into a mail. `sender` is what stands in From, with or without a name before the address.

    The first line of `NAME.txt` is the subject; `NAME.html` says the same for those who see HTML. Neither loads
    anything from elsewhere, so opening a mail tells nobody.
    """

    def __init__(self, folder: Path, *, product: str, issuer: str, sender: str | None = None) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(folder),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._known = {"product": product, "issuer": issuer}
        self._host = _mail_host(issuer)
        name, address = parseaddr(sender or f"no-reply@{self._host}")
        self._sender = Address(name or product, addr_spec=address)

    def write(self, delivery: Delivery) -> EmailMessage:
        """The mail, ready to be sent.

        Raises:
            NotDelivered: This release has no such template, or the address cannot stand in a header.
        """
        template = str(delivery.payload.get("template"))
        if template not in LETTERS:
            # Another release put it; during an upgrade one of its workers may come by.
            raise NotDelivered("this release has no such mail")
        context = self._context(template, delivery.payload.get("context", {}))
        subject, _, text = self._render(f"{template}.txt", context).partition("\n")
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = _recipient(delivery.recipient)
        message["Subject"] = subject.strip()
        message["Date"] = format_datetime(delivery.created_at)
        # The same for every attempt: a mail sent twice is recognised by the mailbox.
        message["Message-ID"] = f"<{delivery.id}@{self._host}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834 section 5
        message["X-Auto-Response-Suppress"] = "All"
        message["Content-Language"] = "en"
        message.set_content(_GAPS.sub("\n\n", text).strip() + "\n")
        message.add_alternative(self._render(f"{template}.html", context), subtype="html")
        return message

    def _render(self, name: str, context: Mapping[str, object]) -> str:
        return self._environment.get_template(name).render(context)

    def _context(self, template: str, given: Mapping[str, object]) -> dict[str, object]:
        """What the template sees: on one line each, so that nothing can open a header or pose as our own paragraph."""
        absent = dict.fromkeys(LETTERS[template].may_have)
        told = {
            name: _CONTROLS.sub(" ", value).strip() if isinstance(value, str) else value
            for name, value in given.items()
        }
        return absent | self._known | told


@dataclass(frozen=True, slots=True)
class MailCarrier:
    """Carries parcels of the kind `mail`."""

    templates: MailTemplates
    transport: Transport

    def __call__(self, delivery: Delivery) -> None:
        """Write the mail and hand it over."""
        self.transport.send(self.templates.write(delivery))


def _recipient(address: str) -> Address:
    try:
        return Address(addr_spec=address)
    except (ValueError, IndexError, MessageError):
        raise NotDelivered("the address cannot stand in a header", for_good=True) from None


def _mail_host(issuer: str) -> str:
    """The issuer's host, for Message-ID and the default sender; a number is no domain, so `localhost` instead."""
    host = urlsplit(issuer).hostname or "localhost"
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return "localhost"
