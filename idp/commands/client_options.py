"""The options of `idp client create` and `update`: one for each member of client metadata."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from idp.commands.console import MISUSED, fail

Name = Annotated[str | None, typer.Option("--name", help="What people are shown.")]
RedirectUris = Annotated[
    list[str] | None, typer.Option("--redirect-uri", help="Where answers go, compared exactly. May be repeated.")
]
PostLogoutRedirectUris = Annotated[
    list[str] | None, typer.Option("--post-logout-redirect-uri", help="Where a sign-out may end. May be repeated.")
]
Public = Annotated[
    bool | None, typer.Option("--public/--confidential", help="Without a secret: browser and native applications.")
]
Native = Annotated[bool | None, typer.Option("--native/--web", help="Loopback ports and private-use schemes allowed.")]
GrantTypes = Annotated[
    list[str] | None,
    typer.Option("--grant-type", help="authorization_code, refresh_token, client_credentials. May be repeated."),
]
Scope = Annotated[str | None, typer.Option(help="What may be asked for, with spaces between the values.")]
Algorithm = Annotated[str | None, typer.Option("--alg", help="Algorithm of ID tokens: RS256, PS256, ES256, EdDSA.")]
FirstParty = Annotated[bool | None, typer.Option(help="Our own application: people are not asked for consent.")]
ResourceServer = Annotated[bool | None, typer.Option(help="An API that may introspect tokens issued to others.")]
RequirePkce = Annotated[bool | None, typer.Option(help="Off only for confidential clients that cannot send it.")]
ClaimsInIdToken = Annotated[
    bool | None,
    typer.Option("--claims-in-id-token/--no-claims-in-id-token", help="For libraries that ask no userinfo."),
]
RequireAuthTime = Annotated[bool | None, typer.Option(help="auth_time in every ID token.")]
DefaultMaxAge = Annotated[int | None, typer.Option(help="Seconds after which a person has to sign in again.")]
ClientUri = Annotated[str | None, typer.Option(help="Home page.")]
LogoUri = Annotated[str | None, typer.Option(help="Logo.")]
PolicyUri = Annotated[str | None, typer.Option(help="Privacy policy.")]
TosUri = Annotated[str | None, typer.Option(help="Terms of service.")]
InitiateLoginUri = Annotated[str | None, typer.Option(help="Where a sign-in can be started from here.")]
Contacts = Annotated[list[str] | None, typer.Option("--contact", help="Who looks after it. May be repeated.")]
Document = Annotated[
    str | None, typer.Option("--metadata", help="A JSON file of client metadata (RFC 7591), - for standard input.")
]

_MEMBER_OF_OPTION = {
    "name": "client_name",
    "contact": "contacts",
    "alg": "id_token_signed_response_alg",
}


def members(document: str | None, options: Mapping[str, Any]) -> dict[str, object]:
    """Client metadata from the document and the options that were given, which prevail."""
    given = {_MEMBER_OF_OPTION.get(name, name): value for name, value in options.items() if value not in (None, [])}
    public, native = given.pop("public", None), given.pop("native", None)
    if public is not None:
        given["token_endpoint_auth_method"] = "none" if public else "client_secret_basic"
    if native is not None:
        given["application_type"] = "native" if native else "web"
    return (_read(document) if document else {}) | given


def _read(document: str) -> dict[str, object]:
    try:
        text = sys.stdin.read() if document == "-" else Path(document).read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError, RecursionError):
        fail("--metadata must name a readable JSON file", status=MISUSED)
    if not isinstance(found, dict):
        fail("--metadata must hold a JSON object", status=MISUSED)
    return found
