"""`idp serve`: the production server."""

import os
import ssl
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idp.commands.console import fail, say
from idp.commands.workplace import settings

if TYPE_CHECKING:
    from uvicorn import Config

    from idp.settings import Settings

# FAPI 2.0 Security Profile section 5.2.1 refuses every other suite of TLS 1.2.
TLS_1_2_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
)
_MOST_CONNECTIONS = 2000
"""Of one process, idle ones included; beyond it the answer is 503."""
_KEEP_ALIVE = timedelta(seconds=65)
"""Longer than the 60 s of common proxies, so that it is never the server who closes a connection about to be used."""


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (IDP_HOST).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (IDP_PORT).")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes (IDP_WORKERS).")] = None,
    tls_cert: Annotated[str | None, typer.Option(help="Certificate chain, PEM (IDP_TLS_CERT).")] = None,
    tls_key: Annotated[str | None, typer.Option(help="Its private key, PEM (IDP_TLS_KEY).")] = None,
) -> None:
    """Run the provider. SIGTERM lets requests in progress finish; SIGHUP replaces the processes one by one.

    \b
    Examples:
      idp serve --workers 2
      idp serve --host 0.0.0.0 --port 8443 --tls-cert chain.pem --tls-key key.pem

    Options prevail over IDP_* variables. Behind a proxy that terminates TLS, name it in IDP_TRUSTED_PROXIES.
    """  # noqa: D301 - \\b is the mark for lines that stay as they are
    options = {"HOST": host, "PORT": port, "WORKERS": workers, "TLS_CERT": tls_cert, "TLS_KEY": tls_key}
    # The server processes read the environment, so what was said here has to be there.
    os.environ.update({f"IDP_{name}": str(value) for name, value in options.items() if value is not None})
    chosen = settings()
    _ready_or_fail(chosen)
    _run(chosen)


def tls_context(_config: "Config", default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """TLS 1.3, and 1.2 with four suites. Called in each server process."""
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(TLS_1_2_SUITES)
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    return context


def server_options(chosen: "Settings") -> dict[str, Any]:
    """The settings as uvicorn takes them."""
    options: dict[str, Any] = {
        "factory": True,
        "host": chosen.host,
        "port": chosen.port,
        "workers": chosen.workers,
        # h11 reads a request with both Content-Length and Transfer-Encoding and goes on with the connection: smuggling.
        "http": "httptools",
        "loop": "uvloop",
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(chosen.trusted_proxies),
        "forwarded_allow_ips": list(chosen.trusted_proxies),
        "limit_concurrency": _MOST_CONNECTIONS,
        "timeout_keep_alive": int(_KEEP_ALIVE.total_seconds()),
        "timeout_graceful_shutdown": int(chosen.graceful_stop.total_seconds()),
        "timeout_worker_healthcheck": 30,
    }
    if chosen.tls_cert is not None and chosen.tls_key is not None:
        options |= {
            "ssl_certfile": str(chosen.tls_cert),
            "ssl_keyfile": str(chosen.tls_key),
            "ssl_context_factory": tls_context,
        }
    return options


def _run(chosen: "Settings") -> None:
    try:
        import httptools  # noqa: F401 - required, and checked here
        import uvicorn
        import uvloop  # noqa: F401 - as above
    except ImportError as error:
        fail(f"{error.name} is missing; install the provider with its own dependencies")
    from idp.observe import logs

    logs.configure(level=chosen.log_level, form=chosen.log_format)
    uvicorn.run("idp.app:create_app", **server_options(chosen))


def _ready_or_fail(chosen: "Settings") -> None:
    """Say in one sentence what every server process would fail with."""
    from idp.store.database import Database
    from idp.store.schema import check
    from keys.vault import VaultError, connect

    if chosen.environment == "development":
        fail("IDP_ENVIRONMENT is development; run: idp dev")
    database = Database(chosen.database_url, pool_size=1)
    try:
        if problems := check(database):
            fail(problems[0])
    finally:
        database.dispose()
    try:
        from keys.sealing import Sealer

        if not connect(chosen.database_url, Sealer(chosen.keys.kek()).for_purpose("signing-key")).all():
            fail("there is no signing key yet; run: idp keys init")
    except VaultError as error:
        fail(str(error))
    for connector in chosen.connectors:
        if connector.kind == "facebook" and (ending := _graph_version_ending(connector.graph_version)):
            say(f"idp: WARNING: connector {connector.name}: {ending}")
    if not chosen.throttle.enabled:
        say("idp: WARNING: IDP_THROTTLE_ENABLED is off: nothing limits guessing of passwords and secrets")


def _graph_version_ending(version: str) -> str | None:
    from idp.clock import utc_now
    from idp.federation.facebook import ending

    return ending(version, utc_now().date())
