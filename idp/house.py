"""The parts that outlive a request, built once from the settings, each handed exactly what it needs."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.accounts.sessions import Sessions
from idp.accounts.throttle import Throttle, Wait
from idp.accounts.visitor import Visitor
from idp.audit.events import Event, Occasion, note
from idp.audit.signing_keys import SCHEDULE, witness_of
from idp.clock import Clock, utc_now
from idp.delivery.outbox import Outbox
from idp.farewell import Farewell
from idp.federation.connectors import MOST_AT_ONCE, Connectors
from idp.observe.request_id import request_id
from idp.outgoing import Outgoing
from idp.protocol.clients.client_authentication import CountFailure
from idp.protocol.clients.client_documents import ClientDocuments, HasToWait
from idp.protocol.clients.subject import Subjects
from idp.protocol.foundation import Foundation
from idp.protocol.grants.device_authorization import CountDevice
from idp.protocol.provider import Provider
from idp.protocol.registration.registration_access import CountRegistration
from idp.protocol.tokens.dpop import ProofRules
from idp.protocol.tokens.dpop_nonce import Nonces
from idp.provision import connectors_of, features_of, lifetimes_of, throttle_of
from idp.reception import Reception
from idp.settings import Settings
from idp.store.database import UNAVAILABLE, Connection, Database, IntegrityError
from idp.store.grants import Grant
from idp.web.assets import assets_dir
from idp.web.cookies import Cookies
from idp.web.csrf import Csrf
from idp.web.door import Edge
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
    vault: Vault
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
    farewell: Farewell
    static: StaticFiles
    routes: RouteBuilder


def build_house(settings: Settings, policy: KeyPolicy, *, clock: Clock = utc_now) -> House:
    """Build every part that is shared."""
    database = Database(settings.database_url, pool_size=settings.worker_threads + settings.hashing_threads)
    sealer = Sealer(settings.keys.kek())
    vault = Vault(database.engine, sealer.for_purpose("signing-key"), witness_of(SCHEDULE))
    ring = KeyRing(vault, policy, clock)
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
    lanes = Lanes(
        work=settings.worker_threads,
        # Twice as many as may wait for one other provider: those who wait for another one find a thread.
        waiting=2 * MOST_AT_ONCE,
        hashing=settings.hashing_threads,
        hashing_queue=settings.hashing_queue,
    )
    tokens = Csrf(sealer.secret_for("form-token"), settings.issuer)
    throttle = throttle_of(settings)
    outgoing = Outgoing(
        allowed_hosts=settings.outgoing_allowed_hosts,
        ca_file=settings.outgoing_ca_file,
        timeout=settings.outgoing_timeout,
        held=database.held_here,
    )
    provider = Provider(
        Foundation(
            issuer=settings.issuer,
            features=features_of(settings),
            database=database,
            ring=ring,
            subjects=Subjects(sealer.secret_for("pairwise-subject")),
            lifetimes=lifetimes_of(settings),
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
    reception = Reception(sessions, cookies, settings.lifetimes.known_device, clock)
    edge = Edge(
        lanes,
        tokens,
        cookies,
        Failures(pages),
        outages=UNAVAILABLE,
        waits=(HasToWait,),
        # A client that another process has just deleted, most likely.
        outdated=(IntegrityError,),
        look_again=provider.registry.forget_all,
    )
    return House(
        settings=settings,
        clock=clock,
        database=database,
        sealer=sealer,
        vault=vault,
        ring=ring,
        provider=provider,
        throttle=throttle,
        outbox=Outbox(sealer.for_purpose("outbox")),
        outgoing=outgoing,
        connectors=connectors_of(settings, held=database.held_here),
        pages=pages,
        cookies=cookies,
        sessions=sessions,
        reception=reception,
        farewell=Farewell(database, provider, pages, reception, sealer.for_purpose("signed-out"), clock),
        static=static,
        routes=RouteBuilder(edge, HeaderSets.of(https=https)),
    )


def count_registration(database: Database, throttle: Throttle, clock: Clock) -> CountRegistration:
    """What counts the clients that come by themselves, by where they come from."""

    def count(address: str) -> timedelta | None:
        with database.autocommit() as db:
            counted = throttle.registration(db, source=Visitor(address).source, now=clock())
        return timedelta(seconds=counted.seconds) if isinstance(counted, Wait) else None

    return count


def count_device(database: Database, throttle: Throttle, clock: Clock) -> CountDevice:
    """What counts the devices of public clients that ask for codes, by client and where they come from."""

    def count(client_id: str, address: str) -> timedelta | None:
        with database.autocommit() as db:
            counted = throttle.device_begins(db, client_id=client_id, source=Visitor(address).source, now=clock())
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
