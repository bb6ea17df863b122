"""The two demo relying parties beside a provider in containers: `docker compose --profile demo up`."""

import asyncio
import secrets

import uvicorn

from idp.clock import utc_now
from idp.dev.demo_clients import demo_apps, register
from idp.dev.relying_party import relying_party
from idp.settings import Settings
from idp.store.database import Database

FIRST_PORT = 8101


async def main() -> None:
    """Register both applications with fresh secrets, and serve them on neighbouring ports."""
    settings = Settings.from_environment()
    apps = demo_apps(
        host="localhost", first_port=FIRST_PORT, secrets=(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
    )
    database = Database(settings.database_url, pool_size=1)
    for app in apps:
        register(database, app, now=utc_now())
    database.dispose()
    servers = [
        uvicorn.Server(
            uvicorn.Config(
                relying_party(app, settings.issuer),
                # Inside the container only; compose publishes the ports on the loopback address of the host.
                host="0.0.0.0",  # noqa: S104
                port=FIRST_PORT + number,
                http="httptools",
                access_log=False,
            )
        )
        for number, app in enumerate(apps)
    ]
    await asyncio.gather(*(server.serve() for server in servers))


if __name__ == "__main__":
    asyncio.run(main())
