"""The roof: settings in, ASGI application out. Every part is built here and handed exactly what it needs."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import Lifespan

from idp.accounts.passwords import keep_hashing_memory
from idp.accounts.picture import LARGEST_FILE
from idp.accounts.profile import FirstPicture
from idp.clock import Clock, utc_now
from idp.delivery.backchannel_logout import LogoutCarrier
from idp.delivery.carrying import Line
from idp.delivery.mail import MailCarrier, MailTemplates
from idp.delivery.outbox import MAIL
from idp.delivery.pictures import PICTURE, PictureCarrier
from idp.delivery.smtp import SmtpTransport
from idp.delivery.worker import Worker
from idp.house import House, build_house
from idp.observe import logs
from idp.protocol.logout.logout_token import LogoutTokens
from idp.provision import way_to_pictures
from idp.routes.table import all_routes
from idp.settings import Settings
from idp.store import schema
from idp.store.database_time import clocks_agree
from idp.store.session_endings import LOGOUT
from idp.web.assets import assets_dir
from keys.lifecycle import KeyPolicy
from keys.schedule import Schedule

_MARGIN = timedelta(seconds=30)

Development = Callable[[House], Sequence[Route]]
"""Adds the playground's routes. Only `idp dev` passes one."""


def create_app() -> Starlette:
    """The application of this process's environment; what the server processes of `idp serve` call."""
    settings = Settings.from_environment()
    logs.configure(level=settings.log_level, form=settings.log_format)
    keep_hashing_memory(settings.argon2.memory_mib, threads=settings.hashing_threads)
    return build_app(settings, settings.keys.policy())


def build_app(
    settings: Settings, policy: KeyPolicy, *, clock: Clock = utc_now, development: Development | None = None
) -> Starlette:
    """Build the provider from its settings. Opens nothing before the first request or the start of its lifespan."""
    house = build_house(settings, policy, clock=clock)
    routes = [*all_routes(house), *(development(house) if development else ())]
    return house.routes.application(routes, lifespan=_lifespan(house, policy))


def _lifespan(house: House, policy: KeyPolicy) -> Lifespan[Starlette]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        problems = schema.check(house.database)
        if problems:
            raise RuntimeError("; ".join(problems))
        house.ring.refresh()
        worker = Worker(house.database, house.outbox, _carriers(house), clock=house.clock)
        schedule = Schedule(
            house.vault, policy, house.clock, trusts_clock=lambda: clocks_agree(house.database, utc_now())
        )
        worker.start()
        if house.settings.keys.keys_rotate_automatically:
            schedule.start()
        try:
            yield
        finally:
            schedule.stop()
            worker.stop()
            house.database.dispose()

    return lifespan


def _carriers(house: House) -> dict[str, Line]:
    """Who delivers what. Without an SMTP server mails wait in the outbox."""
    settings, provider = house.settings, house.provider
    tokens = LogoutTokens(provider.issuer, provider.ring, provider.registry, provider.subjects, house.clock)
    # Many at once, since they do nothing but wait: relying parties that hang must not delay the others.
    logout = Line(
        LogoutCarrier(house.outgoing, tokens.notice), at_once=16, lease_for=settings.outgoing_timeout + _MARGIN
    )
    lines = {LOGOUT: logout, PICTURE: _pictures(house)}
    if settings.smtp_url is None:
        return lines
    templates = MailTemplates(
        assets_dir("templates") / "mail",
        product=settings.product_name,
        issuer=settings.issuer,
        sender=settings.mail_from,
    )
    mail = Line(MailCarrier(templates, SmtpTransport.from_url(settings.smtp_url.get_secret_value())))
    return {**lines, MAIL: mail}


def _pictures(house: House) -> Line:
    """Who fetches pictures. Two at once leave processors to those who wait; what people have elsewhere is no loss."""
    way = way_to_pictures(house.settings, held=house.database.held_here)
    carrier = PictureCarrier(way, LARGEST_FILE, FirstPicture(house.database, house.clock))
    lease_for = house.settings.outgoing_timeout + _MARGIN
    return Line(carrier, at_once=2, lease_for=lease_for, loss=logging.WARNING)
