"""Making the playground ready: schema, signing key, applications and people. What is there already stays."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from idp.accounts.passwords import Passwords
from idp.clock import Clock
from idp.dev.demo_clients import DemoApp, demo_apps, register
from idp.dev.directory import Playground, open_playground
from idp.dev.people import seed_people
from idp.dev.television import register_television
from idp.dev.upstreams.placement import Upstream, upstreams
from idp.settings import Settings
from idp.store import schema
from idp.store.database import Database
from keys.lifecycle import KeyPolicy
from keys.rotation import rotate
from keys.sealing import Sealer
from keys.vault import Vault

_CONFIG = "idp.toml"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A playground that can be started."""

    settings: Settings
    policy: KeyPolicy
    apps: tuple[DemoApp, DemoApp]
    upstreams: tuple[Upstream, ...]
    config: Path


def prepare(directory: Path, *, host: str, port: int, reset: bool, clock: Clock) -> Prepared:
    """Make everything that is missing in the directory.

    Raises:
        NotOurs: The directory is to be reset, but holds something else.
    """
    name = f"[{host}]" if ":" in host else host
    playground = open_playground(directory, reset=reset)
    placed = upstreams(host=name, first_port=port + 3, secret=secrets.token_urlsafe(32))
    settings = Settings(
        issuer=f"http://{name}:{port}",
        database_url=playground.database_url,
        key_encryption_key=SecretStr(playground.key_encryption_key),
        environment="development",
        host=host,
        port=port,
        product_name="Playground ID",
        # The applications are told of the end of sessions.
        outgoing_allowed_hosts=(name,),
        connectors=tuple(upstream.connector() for upstream in placed),
        log_format="text",
        log_level="WARNING",
    )
    apps = demo_apps(host=name, first_port=port + 1, secrets=playground.client_secrets)
    policy = KeyPolicy()
    schema.upgrade(settings.database_url)
    database = Database(settings.database_url, pool_size=1)
    try:
        vault = Vault(database.engine, Sealer(playground.kek).for_purpose("signing-key"))
        if not vault.all():
            rotate(vault, policy, clock)
        for app in apps:
            register(database, app, now=clock())
        register_television(database, now=clock())
        cost = settings.argon2
        passwords = Passwords(memory_mib=cost.memory_mib, time=cost.time, parallelism=cost.parallelism)
        seed_people(database, passwords.hash, now=clock())
    finally:
        database.dispose()
    return Prepared(settings, policy, apps, placed, _write_config(playground, settings))


def _write_config(playground: Playground, settings: Settings) -> Path:
    """What `IDP_CONFIG` can name, so that every other command works on the playground too."""
    file = playground.path / _CONFIG
    values = {
        "issuer": settings.issuer,
        "database_url": settings.database_url,
        "key_encryption_key": playground.key_encryption_key,
        "environment": settings.environment,
    }
    text = "".join(f'{name} = "{value}"\n' for name, value in values.items())
    for one in settings.connectors:
        members = {
            "kind": one.kind,
            "label": one.button,
            "client_id": one.client_id,
            "client_secret": one.client_secret.get_secret_value() if one.client_secret else "",
            "origin": one.origin or "",
        }
        text += f"\n[connectors.{one.name}]\n" + "".join(f'{name} = "{value}"\n' for name, value in members.items())
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as written:
        written.write(text)
    return file
