"""The options of `idp client create` and `update`: one for each member of client metadata."""

import functools
import inspect
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from idp.commands.console import MISUSED, fail

Document = Annotated[
    str | None,
    typer.Option(
        "--metadata", "--from", help="A JSON file of client metadata (RFC 7591), - for standard input; options prevail."
    ),
]


def _text(flag: str, about: str) -> Any:
    return Annotated[str | None, typer.Option(flag, help=about)]


def _texts(flag: str, about: str) -> Any:
    return Annotated[list[str] | None, typer.Option(flag, help=f"{about} May be repeated.")]


def _number(flag: str, about: str) -> Any:
    return Annotated[int | None, typer.Option(flag, help=about)]


def _choice(flags: str, about: str) -> Any:
    return Annotated[bool | None, typer.Option(flags, help=about)]


_ALGORITHMS = "RS256, PS256, ES256 or EdDSA"

OPTIONS: Mapping[str, Any] = {
    "client_name": _text("--name", "What people are shown."),
    "redirect_uris": _texts("--redirect-uri", "Where answers go, compared exactly."),
    "post_logout_redirect_uris": _texts("--post-logout-redirect-uri", "Where a sign-out may end."),
    "public": _choice("--public/--confidential", "Without a secret: browser and native applications."),
    "native": _choice("--native/--web", "Loopback ports and private-use schemes allowed."),
    "grant_types": _texts("--grant-type", "authorization_code, implicit, refresh_token, client_credentials, ..."),
    "response_types": _texts("--response-type", 'code, "code id_token", ...; the grants follow.'),
    "scope": _text("--scope", "What may be asked for, with spaces between the values."),
    "resources": _texts("--resource", "Address of an API that it may have tokens for (RFC 8707)."),
    "token_endpoint_auth_method": _text(
        "--auth-method", "client_secret_basic, client_secret_post, private_key_jwt or none."
    ),
    "token_endpoint_auth_signing_alg": _text("--auth-alg", "Algorithm of its assertions, for private_key_jwt."),
    "jwks": _text("--jwks", "A file with its public keys (RFC 7517)."),
    "jwks_uri": _text("--jwks-uri", "Where it publishes its keys."),
    "id_token_signed_response_alg": _text("--alg", f"Algorithm of ID tokens: {_ALGORITHMS}."),
    "userinfo_signed_response_alg": _text("--userinfo-alg", f"Signs userinfo: {_ALGORITHMS}."),
    "authorization_signed_response_alg": _text("--authorization-alg", f"Signs answers in JWTs: {_ALGORITHMS}."),
    "introspection_signed_response_alg": _text("--introspection-alg", f"Signs introspection: {_ALGORITHMS}."),
    "access_token_format": _text("--access-token-format", "opaque, or jwt (RFC 9068)."),
    "dpop_bound_access_tokens": _choice("--dpop/--no-dpop", "Its tokens are bound to a key (RFC 9449)."),
    "security_profile": _text("--security-profile", "fapi_2_0, for clients that are held to it."),
    "first_party": _choice("--first-party/--no-first-party", "Our own application: people are not asked for consent."),
    "resource_server": _choice(
        "--resource-server/--no-resource-server", "An API that may introspect tokens issued to others."
    ),
    "require_pkce": _choice(
        "--require-pkce/--no-require-pkce", "Off only for confidential clients that cannot send it."
    ),
    "require_pushed_authorization_requests": _choice("--require-par/--no-require-par", "Requests are pushed first."),
    "require_signed_request_object": _choice(
        "--require-signed-request/--no-require-signed-request", "Requests are signed (RFC 9101)."
    ),
    "request_object_signing_alg": _text("--request-alg", f"Algorithm of its request objects: {_ALGORITHMS}, or none."),
    "request_uris": _texts("--request-uri", "Where it keeps request objects."),
    "claims_in_id_token": _choice(
        "--claims-in-id-token/--no-claims-in-id-token", "For libraries that ask no userinfo."
    ),
    "require_auth_time": _choice("--require-auth-time/--no-require-auth-time", "auth_time in every ID token."),
    "default_max_age": _number("--default-max-age", "Seconds after which a person has to sign in again."),
    "default_acr_values": _texts("--default-acr", "How people have to sign in unless it asks otherwise."),
    "pairwise": _choice("--pairwise/--no-pairwise", "It knows people by identifiers that no other sector has."),
    "sector_identifier_uri": _text("--sector-identifier-uri", "The list of addresses that stands for its sector."),
    "frontchannel_logout_uri": _text("--frontchannel-logout-uri", "Opened in a frame when a session ends."),
    "frontchannel_logout_session_required": _choice(
        "--frontchannel-session/--no-frontchannel-session", "It is told there which session."
    ),
    "backchannel_logout_uri": _text("--backchannel-logout-uri", "Told by us when a session ends."),
    "backchannel_logout_session_required": _choice(
        "--backchannel-session/--no-backchannel-session", "It is told there which session."
    ),
    "connectors": _texts("--connector", "Another provider that people see on its sign-in page; all unless named."),
    "client_uri": _text("--client-uri", "Home page."),
    "logo_uri": _text("--logo-uri", "Logo."),
    "policy_uri": _text("--policy-uri", "Privacy policy."),
    "tos_uri": _text("--tos-uri", "Terms of service."),
    "initiate_login_uri": _text("--initiate-login-uri", "Where a sign-in can be started from here."),
    "contacts": _texts("--contact", "Who looks after it."),
}
"""By member; `public`, `native` and `pairwise` are shorter ways to say one. An empty value takes a member away."""


def with_metadata(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command all of these options; what was given with them arrives in one mapping, as its first argument."""
    own = list(inspect.signature(command).parameters.values())[1:]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in OPTIONS.items()
    ]

    @functools.wraps(command)
    def run(**arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in OPTIONS}
        command({name: value for name, value in given.items() if value not in (None, [])}, **arguments)

    parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own] + added
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # What typer reads.
    return run


def members(document: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, object]:
    """Client metadata from a document and from options, which prevail. A member that is taken away is None."""
    chosen = {name: None if value in ("", [""]) else value for name, value in given.items()}
    if "public" in chosen:
        chosen.setdefault("token_endpoint_auth_method", "none" if chosen["public"] else "client_secret_basic")
    if "native" in chosen:
        chosen["application_type"] = "native" if chosen["native"] else "web"
    if "pairwise" in chosen:
        chosen["subject_type"] = "pairwise" if chosen["pairwise"] else "public"
    if chosen.get("jwks") is not None:
        chosen["jwks"] = read_json("--jwks", str(chosen["jwks"]))
    return {
        **document,
        **{name: value for name, value in chosen.items() if name not in {"public", "native", "pairwise"}},
    }


def read_json(option: str, file: str) -> dict[str, Any]:
    """The JSON object in a file, or on standard input."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError, RecursionError):
        fail(f"{option} must name a readable JSON file", status=MISUSED)
    if not isinstance(found, dict):
        fail(f"{option} must hold a JSON object", status=MISUSED)
    return found
