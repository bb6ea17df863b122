"""The parts that outlive a request, built once from the settings, each handed exactly what it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from idp.accounts.sessions import Sessions
from idp.accounts.throttle import Limits, Throttle, Wait
from idp.accounts.visitor import Visitor
from idp.audit.events import Event, Occasion, note
from idp.clock import Clock, utc_now
from idp.delivery.outbox import Outbox
from idp.federation.connectors import ConnectorOptions, Connectors
from idp.federation.wire import Wire
from idp.observe.request_id import request_id
from idp.outgoing import Outgoing
from idp.protocol.client_authentication import CountFailure
from idp.protocol.client_documents import ClientDocuments, HasToWait
from idp.protocol.dpop import ProofRules
from idp.protocol.dpop_nonce import Nonces
from idp.protocol.features import Features
from idp.protocol.foundation import Foundation
from idp.protocol.lifetimes import Lifetimes
from idp.protocol.provider import Provider
from idp.protocol.registration_access import CountRegistration
from idp.protocol.subject import Subjects
from idp.reception import Reception
from idp.settings import Settings
from idp.store.database import UNAVAILABLE, Connection, Database
from idp.store.grants import Grant
from idp.web.assets import assets_dir
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.exchange import Edge
from idp.web.failures import Failures
from idp.web.headers import HeaderSets
from idp.web.lanes import Lanes, may_wait
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
    throttle: Throttle
    outbox: Outbox
    outgoing: Outgoing
    connectors: Connectors
    pages: Pages
    cookies: Cookies
    sessions: Sessions
    reception: Reception
    static: StaticFiles
    routes: RouteBuilder


def build_house(settings: Settings, policy: KeyPolicy, *, clock: Clock = utc_now) -> House:
    """Build every part that is shared."""
    database = Database(settings.database_url, pool_size=settings.worker_threads + settings.hashing_threads)
    sealer = Sealer(settings.keys.kek())
    ring = KeyRing(Vault(database.engine, sealer.for_purpose("signing-key")), policy, clock)
    https = settings.issuer.startswith("https://")
    static = StaticFiles(assets_dir("static"))
    pages = Pages(
        assets_dir("templates"),
        product_name=settings.product_name,
        development=settings.environment == "development",
        static_version=static.version,
    )
    cookies = Cookies(
        secure=https,
        session_same_site=settings.session_same_site,
        session_management=settings.session_management,
    )
    sessions = Sessions(settings.lifetimes.session_idle, settings.lifetimes.session)
    lanes = Lanes(work=settings.worker_threads, hashing=settings.hashing_threads, hashing_queue=settings.hashing_queue)
    tokens = Csrf(sealer.secret_for("form-token"), settings.issuer)
    edge = Edge(lanes, tokens, cookies, Failures(pages), outages=UNAVAILABLE, waits=(HasToWait,))
    throttle = _throttle(settings)
    outgoing = Outgoing(
        allowed_hosts=settings.outgoing_allowed_hosts,
        ca_file=settings.outgoing_ca_file,
        timeout=settings.outgoing_timeout,
        held=database.held_here,
    )
    provider = Provider(
        Foundation(
            issuer=settings.issuer,
            features=_features(settings),
            database=database,
            ring=ring,
            subjects=Subjects(sealer.secret_for("pairwise-subject")),
            lifetimes=_lifetimes(settings),
            documents=ClientDocuments(outgoing, may_wait=may_wait),
            proof_rules=ProofRules(
                settings.issuer,
                Nonces(sealer.secret_for("dpop-nonce")),
                settings.dpop_algorithms,
                settings.dpop_nonces_for,
            ),
            count_failure=_count_client_failure(database, throttle, clock),
            audit=_audit,
            clock=clock,
        )
    )
    return House(
        settings=settings,
        clock=clock,
        database=database,
        sealer=sealer,
        ring=ring,
        provider=provider,
        throttle=throttle,
        outbox=Outbox(sealer.for_purpose("outbox")),
        outgoing=outgoing,
        connectors=connectors_of(settings, held=database.held_here),
        pages=pages,
        cookies=cookies,
        sessions=sessions,
        reception=Reception(sessions, cookies, settings.lifetimes.known_device, clock),
        static=static,
        routes=RouteBuilder(edge, HeaderSets.of(https=https)),
    )


def connectors_of(settings: Settings, *, held: Callable[[], bool] = lambda: False) -> Connectors:
    """The configured ways to other providers.

    The operator has named their hosts, so unlike those that strangers register they may be private ones.
    """
    named = (urlsplit(one.origin or one.issuer or "") for one in settings.connectors)
    hosts = {f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname for parts in named if parts.hostname}
    outgoing = Outgoing(
        allowed_hosts=(*settings.outgoing_allowed_hosts, *(host for host in hosts if host)),
        ca_file=settings.outgoing_ca_file,
        timeout=settings.upstream_timeout,
        at_once=(64, 48),
        held=held,
    )
    options = [
        ConnectorOptions(
            name=one.name,
            kind=one.kind,
            label=one.button,
            client_id=one.client_id,
            client_secret=one.client_secret.get_secret_value() if one.client_secret else None,
            issuer=one.issuer,
            scope=one.scope,
            domains=one.domains,
            authoritative_for=one.authoritative_for,
            hosted_domains=one.hosted_domains,
            graph_version=one.graph_version,
            response_mode=one.response_mode,
            token_method=one.token_method,
            origin=one.origin,
        )
        for one in settings.connectors
    ]
    return Connectors(options, Wire(outgoing))


def _features(settings: Settings) -> Features:
    return Features(
        implicit_and_hybrid=settings.implicit_and_hybrid,
        dpop_algorithms=settings.dpop_algorithms,
        require_pushed_authorization_requests=settings.require_pushed_authorization_requests,
        session_management=settings.session_management,
        registration=settings.client_registration != "off",
    )


def _lifetimes(settings: Settings) -> Lifetimes:
    lives = settings.lifetimes
    return Lifetimes(
        code=lives.code,
        device_code=lives.device_code,
        access_token=lives.access_token,
        jwt_access_token=lives.jwt_access_token,
        id_token=lives.id_token,
        refresh_idle=lives.refresh_token_idle,
        refresh_absolute=lives.refresh_token,
        refresh_repeat_window=settings.refresh_repeat_window,
    )


def _throttle(settings: Settings) -> Throttle:
    given = settings.throttle
    limits = Limits(
        source_failures=given.source_failures,
        source_window=given.source_window,
        account_free_failures=given.account_free_failures,
        account_longest_wait=given.account_longest_wait,
        known_device_failures=given.known_device_failures,
        known_device_window=given.known_device_window,
        account_ceiling=given.account_ceiling,
        account_mails=given.account_mails,
        source_mails=given.source_mails,
        source_sign_ups=given.source_sign_ups,
        source_registrations=given.source_registrations,
        client_failures=given.client_failures,
        source_device_codes=given.source_device_codes,
    )
    return Throttle(limits, given.enabled)


def count_registration(database: Database, throttle: Throttle, clock: Clock) -> CountRegistration:
    """What counts the clients that come by themselves, by where they come from."""

    def count(address: str) -> timedelta | None:
        with database.autocommit() as db:
            counted = throttle.registration(db, source=Visitor(address).source, now=clock())
        return timedelta(seconds=counted.seconds) if isinstance(counted, Wait) else None

    return count


def _count_client_failure(database: Database, throttle: Throttle, clock: Clock) -> CountFailure:
    def count(client_id: str, address: str) -> timedelta | None:
        with database.autocommit() as db:
            counted = throttle.client_failed(db, client_id=client_id, source=Visitor(address).source, now=clock())
        return timedelta(seconds=counted.seconds) if isinstance(counted, Wait) else None

    return count


def _audit(event: Event, *, grant: Grant, db: Connection, now: datetime) -> None:
    note(
        db,
        event,
        Occasion(now, request_id.get()),
        account_id=grant.account_id,
        client_id=grant.client_id,
        session_id=grant.session_id,
    )
