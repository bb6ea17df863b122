"""The options of the command line, each also read from the environment as CONFORMANCE_<NAME>."""

import json
import os
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance_tests.browser import Credentials
from conformance_tests.plans import PROFILES

REDIRECT_URI = "https://rp.conformance.example/callback"
POST_LOGOUT_REDIRECT_URI = "https://rp.conformance.example/post_logout_redirect"

_VALUES = {
    "--issuer": "the issuer to test, exactly as its tokens name it",
    "--username": "the user name or e-mail address typed on the sign-in page",
    "--password": "the password typed on the sign-in page",
    "--client-id": "first static client, client_secret_basic; without one, clients are registered dynamically",
    "--client-secret": "its secret",
    "--second-client-id": "second static client, client_secret_basic (oidcc-refresh-token)",
    "--second-client-secret": "its secret",
    "--post-client-id": "static client for client_secret_post (oidcc-server-client-secret-post)",
    "--post-client-secret": "its secret",
    "--response-type": "response type of the plans that leave it to the tester (default code)",
    "--redirect-uri": f"the redirect URI of every client (default {REDIRECT_URI}); it is never fetched",
    "--post-logout-redirect-uri": f"the post-logout redirect URI of every client (default {POST_LOGOUT_REDIRECT_URI})",
    "--initial-access-token": "Bearer token for dynamic registration, where the provider wants one",
    "--ca-bundle": "PEM file with the certificates to trust",
    "--callback-host": "the host or address of this machine as the provider reaches it (default 127.0.0.1)",
    "--callback-certificate": "PEM chain of what the provider fetches here, which it trusts (default made for the run)",
    "--callback-key": "its private key",
    "--rotate-keys": "shell command that rotates the provider's signing keys (oidcc-server-rotate-keys)",
    "--fapi-metadata": "JSON object to register besides, with clients that FAPI 2.0 applies to",
    "--login-hint": "login_hint of oidcc-login-hint (default buffy@<issuer host>)",
    "--ui-locales": "ui_locales of oidcc-ui-locales (default se)",
    "--code-reuse-pause": "seconds before a code is sent again in oidcc-codereuse-30seconds (default 1; officially 30)",
    "--code-lifetime": "seconds after which a code has expired (default 60)",
    "--jwks-refresh-pause": "seconds between a client's new key and its first use (default 1; officially 60)",
    "--timeout": "seconds until a request is given up (default 30)",
}
_SWITCHES = {
    "--insecure": "accept any TLS certificate",
    "--allow-http": "test an http issuer on a loopback address; checks that demand https become notes",
    "--warnings-allowed": "let modules with warnings pass, as certification does",
}


@dataclass(frozen=True, slots=True)
class StaticClient:
    """A client that somebody has made at the provider beforehand."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was told, checked."""

    issuer: str
    credentials: Credentials
    first: StaticClient | None
    second: StaticClient | None
    post: StaticClient | None
    redirect_uri: str
    post_logout_redirect_uri: str
    initial_access_token: str | None = field(repr=False)
    verify: bool | str
    allow_http: bool
    login_hint: str
    ui_locales: str
    callback_host: str
    callback_certificate: str | None
    callback_key: str | None
    rotate_keys: str | None
    fapi_metadata: dict[str, Any]
    code_lifetime: float
    code_reuse_pause: float
    jwks_refresh_pause: float
    timeout: float


def declare(parser: pytest.Parser) -> None:
    """Add every option to pytest's own."""
    group = parser.getgroup("conformance", "OpenID conformance")
    group.addoption(
        "--profile", action="append", choices=PROFILES, help="certification profile; repeatable (default all)"
    )
    for name, words in _VALUES.items():
        group.addoption(name, default=os.environ.get(_variable(name)) or None, help=f"{words} [{_variable(name)}]")
    for name, words in _SWITCHES.items():
        chosen = os.environ.get(_variable(name), "").lower() in {"1", "true", "yes"}
        group.addoption(name, action="store_true", default=chosen, help=f"{words} [{_variable(name)}]")


def profiles_of(config: pytest.Config) -> frozenset[str]:
    """The profiles asked for; all that are built, when none is."""
    asked = config.getoption("--profile") or os.environ.get("CONFORMANCE_PROFILE", "").replace(",", " ").split()
    unknown = set(asked) - set(PROFILES)
    if unknown:
        raise pytest.UsageError(f"no such profile: {', '.join(sorted(unknown))}; there are {', '.join(PROFILES)}")
    return frozenset(asked or PROFILES)


def response_type_of(config: pytest.Config) -> str:
    """The response type that the tester has chosen, its words in alphabetical order."""
    return " ".join(sorted((_text(config, "--response-type") or "code").split()))


def read(config: pytest.Config) -> Options:
    """Read the options, or say what is wrong with them."""
    issuer = _text(config, "--issuer")
    if issuer is None:
        raise pytest.UsageError("name the provider to test: --issuer URL, or CONFORMANCE_ISSUER")
    allow_http = bool(config.getoption("--allow-http"))
    if urlsplit(issuer).scheme != "https" and not (allow_http and is_loopback(issuer)):
        raise pytest.UsageError("the issuer must be https; --allow-http admits http on a loopback address")
    host = urlsplit(issuer).hostname or ""
    return Options(
        issuer=issuer,
        credentials=Credentials(
            _text(config, "--username") or "conformance", _text(config, "--password") or "conformance"
        ),
        first=_client(config, "client"),
        second=_client(config, "second-client"),
        post=_client(config, "post-client"),
        redirect_uri=_text(config, "--redirect-uri") or REDIRECT_URI,
        post_logout_redirect_uri=_text(config, "--post-logout-redirect-uri") or POST_LOGOUT_REDIRECT_URI,
        initial_access_token=_text(config, "--initial-access-token"),
        verify=False if config.getoption("--insecure") else _text(config, "--ca-bundle") or True,
        allow_http=allow_http,
        login_hint=_text(config, "--login-hint") or f"buffy@{host}",
        ui_locales=_text(config, "--ui-locales") or "se",
        callback_host=_text(config, "--callback-host") or "127.0.0.1",
        callback_certificate=_text(config, "--callback-certificate"),
        callback_key=_text(config, "--callback-key"),
        rotate_keys=_text(config, "--rotate-keys"),
        fapi_metadata=_object(config, "--fapi-metadata"),
        code_lifetime=_seconds(config, "--code-lifetime", 60.0),
        code_reuse_pause=_seconds(config, "--code-reuse-pause", 1.0),
        jwks_refresh_pause=_seconds(config, "--jwks-refresh-pause", 1.0),
        timeout=_seconds(config, "--timeout", 30.0),
    )


def is_loopback(url: str) -> bool:
    """Whether an address leads back to this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _client(config: pytest.Config, name: str) -> StaticClient | None:
    client_id, secret = _text(config, f"--{name}-id"), _text(config, f"--{name}-secret")
    if (client_id is None) != (secret is None):
        raise pytest.UsageError(f"--{name}-id and --{name}-secret go together")
    return StaticClient(client_id, secret) if client_id is not None and secret is not None else None


def _seconds(config: pytest.Config, name: str, default: float) -> float:
    text = _text(config, name)
    try:
        return default if text is None else float(text)
    except ValueError as error:
        raise pytest.UsageError(f"{name} is a number of seconds") from error


def _object(config: pytest.Config, name: str) -> dict[str, Any]:
    try:
        value = json.loads(_text(config, name) or "{}")
    except ValueError as error:
        raise pytest.UsageError(f"{name} is a JSON object") from error
    if not isinstance(value, dict):
        raise pytest.UsageError(f"{name} is a JSON object")
    return value


def _text(config: pytest.Config, name: str) -> str | None:
    value = config.getoption(name)
    return str(value) if value is not None else None


def _variable(name: str) -> str:
    return "CONFORMANCE_" + name.removeprefix("--").replace("-", "_").upper()
