"""What is measured: a database, seeded, and the provider on it as a process of its own."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from uuid import uuid4

import psutil
import psycopg

from bench.flow import SCOPE, Seeded
from idp.store import accounts, clients, consents, sessions
from idp.store.base import digest_of
from idp.store.database import Database
from keys.lifecycle import KeyPolicy, plan_rotation
from keys.sealing import Sealer
from keys.vault import Vault
from tests import databases
from tests.running import KEK, Person, Registered, keypair

SESSIONS = 32
PROFILE = {"name": "Ada Lovelace", "given_name": "Ada", "family_name": "Lovelace", "locale": "en-GB"}


@dataclass(frozen=True, slots=True)
class Stage:
    """A migrated and seeded database. `processes` are those of a database server; none for SQLite."""

    kind: str
    url: str
    seeded: Seeded
    processes: tuple[psutil.Process, ...]
    about: str


@contextmanager
def staged(kind: str) -> Iterator[Stage]:
    """Set up a fresh database of a kind and throw it away afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="idp-bench-"))
    try:
        if kind == "sqlite":
            url = f"sqlite:///{databases.sqlite_template(directory)}"
            yield Stage(kind, url, _seed(url), (), "WAL, synchronous=FULL")
        else:
            with databases.postgresql_server() as server, databases.postgresql_database(server) as url:
                yield Stage(kind, url, _seed(url), *_postmaster(server))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def serving(stage: Stage, *command: str, port: int = 0, **more: str) -> Iterator[tuple[psutil.Process, int, float]]:
    """Run the provider, with more settings if wanted. Gives its process, its port, and the seconds until it was up."""
    port = port or free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("IDP_")} | {
        "IDP_ISSUER": f"http://127.0.0.1:{port}",
        "IDP_INSECURE_HTTP": "true",
        "IDP_DATABASE_URL": stage.url,
        "IDP_KEY_ENCRYPTION_KEY": KEK,
        "IDP_PORT": str(port),
        "IDP_THROTTLE_ENABLED": "false",
        **more,
    }
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen([sys.executable, *command], env=environ, stdin=subprocess.DEVNULL, stderr=log) as process,
    ):
        try:
            if not _is_ready(process, port):
                log.seek(0)
                raise RuntimeError(f"the provider did not get ready:\n{log.read().decode()}")
            yield psutil.Process(process.pid), port, time.perf_counter() - began
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _is_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.perf_counter() + 30
    while process.poll() is None and time.perf_counter() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except URLError:
            time.sleep(0.005)
    return False


def _seed(url: str) -> Seeded:
    """One client, one person who has allowed it everything, and the sessions of as many browsers."""
    now, database = datetime.now(UTC), Database(url, pool_size=1)
    client = Registered(f"client-{uuid4().hex[:12]}", secrets.token_urlsafe(32), "https://rp.example/callback")
    person, cookies = Person(uuid4().hex, "ada@example.com"), tuple(secrets.token_urlsafe(32) for _ in range(SESSIONS))
    metadata = {
        "client_name": "Wiki",
        "redirect_uris": [client.redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    policy, vault = KeyPolicy(), Vault(database.engine, Sealer(urlsafe_b64decode(KEK)).for_purpose("signing-key"))
    vault.publish(keypair(), plan_rotation((), now, policy, algorithm="RS256"), policy, now=now)
    with database.transaction() as db:
        clients.add(db, client.client_id, metadata, now=now)
        clients.add_secret(db, client.client_id, digest_of(client.secret), now=now)
        accounts.add(
            db,
            person.id,
            email=person.email,
            email_key=person.email,
            email_verified_at=now,
            password_hash=None,
            profile=PROFILE,
            now=now,
        )
        consents.grant(db, person.id, client.client_id, SCOPE.split(), now=now)
        for cookie in cookies:
            sessions.start(
                db,
                uuid4().hex,
                digest_of(cookie),
                account_id=person.id,
                amr=("pwd",),
                expires_at=now + timedelta(days=1),
                device={},
                now=now,
            )
    database.dispose()
    return Seeded(client, person, cookies)


def analyse(stage: Stage) -> None:
    """Let the planner see the tables with rows in them, as it does a minute after any real start."""
    if stage.kind == "postgresql":
        with psycopg.connect(stage.url, autocommit=True) as connection:
            connection.execute("ANALYZE")


def _postmaster(url: str) -> tuple[tuple[psutil.Process, ...], str]:
    """The processes of a PostgreSQL server on this machine, and how durable its commits are."""
    with psycopg.connect(url) as connection:
        names = ("server_version", "fsync", "synchronous_commit", "full_page_writes")
        shown = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in names]
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        about = ", ".join(f"{name}={value[0]}" for name, value in zip(names, shown, strict=True) if value)
        try:
            backend = psutil.Process(row[0]) if row else None
            postmaster = backend.parent() if backend and "postgres" in backend.name() else None
        except psutil.NoSuchProcess:
            postmaster = None
    return ((postmaster,) if postmaster else ()), about
