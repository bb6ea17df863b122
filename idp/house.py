"""The parts that outlive a request, built once from the settings, each handed exactly what it needs."""

from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime

from idp.clock import Clock, utc_now
from idp.delivery.outbox import Outbox
from idp.observe.request_id import request_id
from idp.protocol.client_failures import ClientFailures
from idp.protocol.lifetimes import Lifetimes
from idp.protocol.provider import Provider
from idp.settings import Settings
from idp.store import audit_events
from idp.store.audit_events import AuditEvent
from idp.store.database import Connection, Database
from idp.store.grants import Grant
from idp.web.assets import assets_dir
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.exchange import Edge
from idp.web.failures import Failures
from idp.web.headers import HeaderSets
from idp.web.lanes import Lanes
from idp.web.pages import Pages
from idp.web.routes import RouteBuilder
from idp.web.static_files import StaticFiles
from keys.lifecycle import KeyPolicy
from keys.ring import KeyRing
from keys.sealing import Sealer
from keys.vault import Vault


@dataclass(frozen=True, slots=True)
class House:
    """The parts that outlive a request."""

    settings: Settings
    clock: Clock
    database: Database
    sealer: Sealer
    ring: KeyRing
    provider: Provider
    outbox: Outbox
    pages: Pages
    cookies: Cookies
    static: StaticFiles
    routes: RouteBuilder


def build_house(settings: Settings, policy: KeyPolicy, *, clock: Clock = utc_now) -> House:
    """Build every part that is shared."""
    if settings.key_encryption_key is None:
        raise ValueError("IDP_KEY_ENCRYPTION_KEY is missing")
    database = Database(settings.database_url, pool_size=settings.worker_threads + settings.hashing_threads)
    sealer = Sealer(_bytes_of(settings.key_encryption_key.get_secret_value()))
    ring = KeyRing(Vault(database.engine, sealer.for_purpose("signing-key")), policy, clock)
    https = settings.issuer.startswith("https://")
    static = StaticFiles(assets_dir("static"))
    pages = Pages(
        assets_dir("templates"),
        product_name=settings.product_name,
        development=settings.environment == "development",
        static_version=static.version,
    )
    cookies = Cookies(secure=https, session_same_site=settings.session_same_site)
    lanes = Lanes(work=settings.worker_threads, hashing=settings.hashing_threads, hashing_queue=settings.hashing_queue)
    edge = Edge(lanes, Csrf(sealer.secret_for("form-token"), settings.issuer), cookies, Failures(pages))
    provider = Provider(
        settings.issuer,
        database=database,
        ring=ring,
        lifetimes=_lifetimes(settings),
        failures=ClientFailures(at_most=settings.throttle.client_failures if settings.throttle.enabled else 1 << 31),
        audit=_audit,
        clock=clock,
    )
    return House(
        settings=settings,
        clock=clock,
        database=database,
        sealer=sealer,
        ring=ring,
        provider=provider,
        outbox=Outbox(sealer.for_purpose("outbox")),
        pages=pages,
        cookies=cookies,
        static=static,
        routes=RouteBuilder(edge, HeaderSets.of(https=https)),
    )


def _lifetimes(settings: Settings) -> Lifetimes:
    lives = settings.lifetimes
    return Lifetimes(
        code=lives.code,
        access_token=lives.access_token,
        id_token=lives.id_token,
        refresh_idle=lives.refresh_token_idle,
        refresh_absolute=lives.refresh_token,
        refresh_repeat_window=settings.refresh_repeat_window,
    )


def _audit(event: str, *, grant: Grant, db: Connection, now: datetime) -> None:
    audit_events.record(
        db,
        AuditEvent(
            now,
            event,
            account_id=grant.account_id,
            client_id=grant.client_id,
            session_id=grant.session_id,
            reference=request_id.get(),
        ),
    )


def _bytes_of(base64url: str) -> bytes:
    return urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4))
