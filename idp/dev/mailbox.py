"""The mailbox of the playground: what waits in the outbox, opened and shown as the mails it will be."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from idp.delivery.mail import MailTemplates
from idp.delivery.outbox import MAIL, NotDelivered, Outbox
from idp.house import House
from idp.store import outbox as parcels
from idp.store.database import Database
from idp.store.outbox import Parcel
from idp.web.assets import assets_dir
from idp.web.exchange import Exchange
from idp.web.failures import not_found
from idp.web.pages import Pages
from idp.web.pages.parts import Mail
from keys.sealing import UnsealError

_LINK = re.compile(r"https?://[^\s<>\"]+")
_HTML_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-top-navigation; base-uri 'none'"
)


def mailbox_routes(house: House) -> Sequence[Route]:
    """The pages of the mailbox, for `build_app(development=...)`."""
    settings = house.settings
    templates = MailTemplates(
        assets_dir("templates") / "mail",
        product=settings.product_name,
        issuer=settings.issuer,
        sender=settings.mail_from,
    )
    mailbox = Mailbox(house.database, house.outbox, templates, house.pages)
    page = house.routes.page
    return [
        page("/dev/mailbox", mailbox.show, account=True),
        page("/dev/mailbox/{id}", mailbox.show_message, account=True),
        page("/dev/mailbox/{id}/html", mailbox.show_html, account=True),
    ]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Shows mails. Never mounted by a production server: it shows everybody's links to everybody."""

    database: Database
    outbox: Outbox
    templates: MailTemplates
    pages: Pages

    def show(self, exchange: Exchange) -> Response:
        """The list, newest first."""
        with self.database.autocommit() as db:
            found = parcels.latest(db, kind=MAIL)
        mails = [mail for parcel in found if (mail := self._mail(parcel)) is not None]
        return self.pages.mailbox(exchange.context(), messages=mails)

    def show_message(self, exchange: Exchange) -> Response:
        """One mail as plain text, with its links."""
        mail = self._mail(self._parcel(exchange))
        if mail is None:
            raise not_found()
        return self.pages.mailbox_message(exchange.context(), message=mail)

    def show_html(self, exchange: Exchange) -> Response:
        """One mail as HTML, as a mail program would show it: with its own styles and without any script."""
        parts = self._written(self._parcel(exchange))
        if parts is None:
            raise not_found()
        return HTMLResponse(parts[2], headers={"Content-Security-Policy": _HTML_POLICY})

    def _parcel(self, exchange: Exchange) -> Parcel:
        with self.database.autocommit() as db:
            parcel = parcels.find(db, exchange.path_params["id"])
        if parcel is None or parcel.kind != MAIL:
            raise not_found()
        return parcel

    def _mail(self, parcel: Parcel) -> Mail | None:
        parts = self._written(parcel)
        if parts is None:
            return None
        subject, text, _ = parts
        links = tuple(dict.fromkeys(link.rstrip(".,)") for link in _LINK.findall(text.partition("\n-- \n")[0])))
        return Mail(parcel.id, parcel.recipient, subject, parcel.created_at, text, links)

    def _written(self, parcel: Parcel) -> tuple[str, str, str] | None:
        """Subject, plain text and HTML; None if the parcel is empty or sealed with another key."""
        try:
            delivery = self.outbox.open(parcel)
            if delivery is None:
                return None
            message = self.templates.write(delivery)
        except (UnsealError, NotDelivered):
            return None
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        return str(message["Subject"]), text.get_content() if text else "", html.get_content() if html else ""
