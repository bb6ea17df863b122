"""A provider on a real socket, for tests that speak HTTP."""

import base64
import hashlib
import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import requests
import uvicorn
from pydantic import SecretStr
from starlette.routing import Route

from idp.accounts.passwords import Passwords
from idp.app import build_app
from idp.house import House
from idp.settings import Settings
from idp.store import accounts, clients, sessions
from idp.store.base import digest_of
from idp.store.database import Database
from keys.keypair import KeyPair, generate
from keys.lifecycle import KeyPolicy, plan_rotation
from keys.sealing import Sealer
from keys.vault import Vault

KEK = base64.urlsafe_b64encode(bytes(range(32))).decode()
PASSWORD = "a perfectly fine passphrase"
PASSWORD_HASH = Passwords(memory_mib=1, time=1, parallelism=1).hash(PASSWORD)
REDIRECT_URI = "https://rp.example/callback"


class TestClock:
    """The time of day, and how far a test has moved it."""

    __test__ = False

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class Registered:
    """A client made for a test."""

    client_id: str
    secret: str
    redirect_uri: str

    @property
    def basic(self) -> tuple[str, str]:
        return self.client_id, self.secret


@dataclass(frozen=True)
class Person:
    """A person made for a test."""

    id: str
    email: str
    password: str = PASSWORD


@dataclass
class Running:
    """A running provider and shortcuts into its database."""

    issuer: str
    database: Database
    settings: Settings
    clock: TestClock
    server: uvicorn.Server | None = field(default=None, repr=False)

    @property
    def requests_in_progress(self) -> int:
        """How many requests have arrived and wait for their answer."""
        assert self.server is not None, "this provider runs in a process of its own"
        return len(self.server.server_state.tasks)

    def client(self, **registered: Any) -> Registered:
        """Register a confidential first-party client, changed as asked."""
        client_id, secret = f"client-{uuid4().hex[:12]}", secrets.token_urlsafe(32)
        metadata: dict[str, Any] = {
            "client_name": "Test App",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "first_party": True,
            **registered,
        }
        with self.database.transaction() as db:
            clients.add(db, client_id, metadata, now=self.clock())
            if metadata["token_endpoint_auth_method"] != "none":
                clients.add_secret(db, client_id, digest_of(secret), now=self.clock())
        return Registered(client_id, secret, (metadata["redirect_uris"] or [""])[0])

    def person(self, *, password_hash: str | None = None, **profile: Any) -> Person:
        """Create a person with a proven address."""
        email, account_id = f"p{uuid4().hex[:12]}@example.com", uuid4().hex
        with self.database.transaction() as db:
            accounts.add(
                db,
                account_id,
                email=email,
                email_key=email,
                email_verified_at=self.clock(),
                password_hash=password_hash,
                profile=profile,
                now=self.clock(),
            )
        return Person(account_id, email)

    def person_called(self, email: str, *, proven: bool = True) -> Person:
        """Create a person with this address and the usual password."""
        account_id = uuid4().hex
        with self.database.transaction() as db:
            accounts.add(
                db,
                account_id,
                email=email,
                email_key=email.lower(),
                email_verified_at=self.clock() if proven else None,
                password_hash=PASSWORD_HASH,
                profile={},
                now=self.clock(),
            )
        return Person(account_id, email)

    def session(self, person: Person) -> requests.Session:
        """A browser in which the person is signed in already."""
        browser, secret = requests.Session(), secrets.token_urlsafe(32)
        now = self.clock()
        with self.database.transaction() as db:
            sessions.start(
                db,
                uuid4().hex,
                digest_of(secret),
                account_id=person.id,
                amr=("pwd",),
                expires_at=now + timedelta(days=1),
                device={},
                now=now,
            )
        browser.cookies.set("op_sid", secret, domain="127.0.0.1", path="/")
        return browser

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.issuer + path, timeout=20, **{"allow_redirects": False, **more})

    def post(
        self, path: str, data: Mapping[str, str] | list[tuple[str, str]] | bytes, **more: Any
    ) -> requests.Response:
        return requests.post(self.issuer + path, data=data, timeout=20, **{"allow_redirects": False, **more})


def s256(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


_KEYPAIRS: dict[str, KeyPair] = {}


def keypair(algorithm: str = "RS256") -> KeyPair:
    """One key pair of an algorithm for the whole run; making an RSA key is slow."""
    if algorithm not in _KEYPAIRS:
        _KEYPAIRS[algorithm] = generate(algorithm)
    return _KEYPAIRS[algorithm]


def settings_for(database_url: str, port: int, **changed: Any) -> Settings:
    """Settings of a provider on loopback."""
    return Settings(
        issuer=f"http://127.0.0.1:{port}",
        database_url=database_url,
        key_encryption_key=SecretStr(KEK),
        environment="development",
        port=port,
        # Relying parties of tests stand on this machine.
        **{"outgoing_allowed_hosts": ("127.0.0.1", "localhost"), **changed},
    )


@contextmanager
def running_provider(
    database_url: str,
    *,
    policy: KeyPolicy | None = None,
    algorithms: Iterable[str] = ("RS256",),
    development: Callable[[House], list[Route]] | None = None,
    port: int = 0,
    **changed: Any,
) -> Iterator[Running]:
    """Start a provider in this process, on a port of its own, and stop it afterwards."""
    listening = socket.create_server(("127.0.0.1", port))
    port = listening.getsockname()[1]
    settings = settings_for(database_url, port, **changed)
    clock, policy = TestClock(), policy or KeyPolicy()
    database = Database(database_url)
    _publish_keys(database, policy, algorithms, clock())
    app = build_app(settings, policy, clock=clock, development=development)
    config = uvicorn.Config(app, http="httptools", log_level="warning", lifespan="on", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the provider did not start")
        thread.join(0.01)
    try:
        yield Running(settings.issuer, database, settings, clock, server)
    finally:
        server.should_exit = True
        thread.join(20)
        # A server that was stopped while it began has not done so itself.
        listening.close()
        database.dispose()


def _publish_keys(database: Database, policy: KeyPolicy, algorithms: Iterable[str], now: datetime) -> None:
    vault = Vault(database.engine, Sealer(base64.urlsafe_b64decode(KEK)).for_purpose("signing-key"))
    for algorithm in set(algorithms) - {key.algorithm for key in vault.all()}:
        # Every key but the very first would wait for the caches of relying parties.
        at_once = plan_rotation((), now, policy, algorithm=algorithm, emergency=True)
        vault.publish(keypair(algorithm), at_once, policy, now=now)
