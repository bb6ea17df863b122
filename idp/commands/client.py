"""`idp client`: the applications that may ask people to sign in."""

import re
import secrets
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idp.clock import utc_now
from idp.commands import client_options as options
from idp.commands.accounts import BY_OPERATOR
from idp.commands.console import MISUSED, AsJson, Yes, commands, confirm, fail, say, show_record, show_table
from idp.commands.workplace import transaction

if TYPE_CHECKING:
    from idp.audit.events import Event
    from idp.protocol.client_metadata import ClientMetadata
    from idp.store.clients import StoredClient
    from idp.store.database import Connection

app = commands(
    "Clients: applications that people sign in to.",
    [
        "idp client create --name Wiki --redirect-uri https://wiki.example/callback",
        "idp client create --name App --public --native --redirect-uri com.example.app:/callback",
        "idp client update CLIENT_ID --redirect-uri https://wiki.example/sso",
        "idp client rotate-secret CLIENT_ID --overlap 1h",
    ],
)

ClientId = Annotated[str, typer.Argument(help="The client_id, from: idp client list")]
# Ids and secrets of these characters read the same whether or not a library encodes them in a Basic header.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SHORTEST_SECRET = 32


@app.command()
def create(
    client_id: Annotated[str | None, typer.Option("--id", help="The client_id; made up unless given.")] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Take an existing secret from standard input.")
    ] = False,
    metadata: options.Document = None,
    name: options.Name = None,
    redirect_uris: options.RedirectUris = None,
    post_logout_redirect_uris: options.PostLogoutRedirectUris = None,
    public: options.Public = None,
    native: options.Native = None,
    grant_types: options.GrantTypes = None,
    scope: options.Scope = None,
    alg: options.Algorithm = None,
    first_party: options.FirstParty = None,
    resource_server: options.ResourceServer = None,
    require_pkce: options.RequirePkce = None,
    claims_in_id_token: options.ClaimsInIdToken = None,
    require_auth_time: options.RequireAuthTime = None,
    default_max_age: options.DefaultMaxAge = None,
    client_uri: options.ClientUri = None,
    logo_uri: options.LogoUri = None,
    policy_uri: options.PolicyUri = None,
    tos_uri: options.TosUri = None,
    initiate_login_uri: options.InitiateLoginUri = None,
    contact: options.Contacts = None,
    as_json: AsJson = False,
) -> None:
    """Register a client. Its secret is shown once, here."""
    given = {key: value for key, value in locals().items() if key not in _NOT_METADATA}
    # Libraries expect refresh tokens to be had for the asking; RFC 7591's default has none.
    defaults: dict[str, object] = {"grant_types": ["authorization_code", "refresh_token"]}
    registered = _validated(defaults | options.members(metadata, given))
    chosen = client_id or secrets.token_urlsafe(12)
    if not _PLAIN.fullmatch(chosen):
        fail("--id must consist of A-Z a-z 0-9 _ and -, at most 128", status=MISUSED)
    secret = None if registered.is_public else _secret(from_stdin=secret_stdin)
    stored = _add(chosen, registered, secret)
    show_record(_facts(stored) | ({"client_secret": secret} if secret else {}), as_json=as_json)
    say("Created." + (" The secret is shown only now." if secret and not secret_stdin else ""))
    say(f"Next: give the application its client_id and the issuer; look at it with: idp client show {chosen}")


@app.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """List every client."""
    from idp.store import clients

    with transaction() as db:
        found = [_facts(client) for client in clients.all_clients(db)]
    columns = ("client_id", "client_name", "state", "token_endpoint_auth_method", "redirect_uris")
    show_table(columns, found, as_json=as_json)
    if not found:
        say("No clients yet. Register one with: idp client create")


@app.command()
def show(client_id: ClientId, as_json: AsJson = False) -> None:
    """Show what a client is registered with. Secrets are not kept and cannot be shown."""
    with transaction() as db:
        client = _named(db, client_id)
    record = _facts(client) | {
        "secrets": [
            {"ends": secret.expires_at}
            if as_json
            else f"until {secret.expires_at:%Y-%m-%d %H:%M}Z"
            if secret.expires_at
            else "valid"
            for secret in client.secrets
        ]
    }
    show_record(record, as_json=as_json)


@app.command()
def update(
    client_id: ClientId,
    metadata: options.Document = None,
    name: options.Name = None,
    redirect_uris: options.RedirectUris = None,
    post_logout_redirect_uris: options.PostLogoutRedirectUris = None,
    public: options.Public = None,
    native: options.Native = None,
    grant_types: options.GrantTypes = None,
    scope: options.Scope = None,
    alg: options.Algorithm = None,
    first_party: options.FirstParty = None,
    resource_server: options.ResourceServer = None,
    require_pkce: options.RequirePkce = None,
    claims_in_id_token: options.ClaimsInIdToken = None,
    require_auth_time: options.RequireAuthTime = None,
    default_max_age: options.DefaultMaxAge = None,
    client_uri: options.ClientUri = None,
    logo_uri: options.LogoUri = None,
    policy_uri: options.PolicyUri = None,
    tos_uri: options.TosUri = None,
    initiate_login_uri: options.InitiateLoginUri = None,
    contact: options.Contacts = None,
    as_json: AsJson = False,
) -> None:
    """Change what a client is registered with. A list that is given replaces the old one."""
    given = {key: value for key, value in locals().items() if key not in _NOT_METADATA}
    from idp.audit.events import Event
    from idp.store import clients

    changes = options.members(metadata, given)
    if not changes:
        fail("nothing to change; see: idp client update --help", status=MISUSED)
    now = utc_now()
    with transaction() as db:
        before = _named(db, client_id)
        kept = dict(before.metadata)
        if "grant_types" in changes:
            kept.pop("response_types", None)  # follows from the grants
        registered = _validated(kept | changes)
        clients.replace_metadata(db, client_id, registered.document(), now=now)
        _note(db, Event.CLIENT_CHANGED, client_id, now)
        after = _named(db, client_id)
    show_record(_facts(after), as_json=as_json)
    for member in sorted(set(before.metadata) | set(after.metadata)):
        if before.metadata.get(member) != after.metadata.get(member):
            say(f"Changed: {member}")
    if not registered.is_public and not after.secrets:
        say(f"It has no secret yet. Next: idp client rotate-secret {client_id}")


@app.command("rotate-secret")
def rotate_secret(
    client_id: ClientId,
    overlap: Annotated[str, typer.Option(help="How long the old secret still works; 0s ends it now.")] = "24h",
    as_json: AsJson = False,
) -> None:
    """Give a client a new secret, shown once. The old one works for a while, so that nothing has to stop."""
    from idp.audit.events import Event
    from idp.store import clients
    from idp.store.base import digest_of
    from keys.duration import parse_duration

    try:
        ends_after: timedelta = parse_duration(overlap)
    except ValueError as problem:
        fail(f"--overlap {problem}", status=MISUSED)
    secret, now = secrets.token_urlsafe(32), utc_now()
    with transaction() as db:
        client = _named(db, client_id)
        if client.metadata.get("token_endpoint_auth_method") == "none":
            fail("a public client has no secret")
        clients.add_secret(db, client_id, digest_of(secret), now=now)
        clients.expire_secrets(db, client_id, at=now + ends_after, except_digest=digest_of(secret))
        _note(db, Event.CLIENT_SECRET_ADDED, client_id, now)
    show_record({"client_id": client_id, "client_secret": secret, "old_secret_ends": now + ends_after}, as_json=as_json)
    say("The new secret is shown only now, and works within seconds.")


@app.command()
def disable(client_id: ClientId, yes: Yes = False) -> None:
    """Turn a client off: no sign-in, and its tokens stop working. `enable` turns it on again."""
    from idp.audit.events import Event
    from idp.store import clients

    confirm("Disable this client? Its users are kept out at once.", yes=yes)
    now = utc_now()
    with transaction() as db:
        _named(db, client_id)
        clients.set_disabled(db, client_id, now, now=now)
        _note(db, Event.CLIENT_DISABLED, client_id, now)
    say(f"Disabled. Undo with: idp client enable {client_id}")


@app.command()
def enable(client_id: ClientId) -> None:
    """Turn a disabled client on again."""
    from idp.audit.events import Event
    from idp.store import clients

    now = utc_now()
    with transaction() as db:
        _named(db, client_id)
        clients.set_disabled(db, client_id, None, now=now)
        _note(db, Event.CLIENT_CHANGED, client_id, now)
    say("Enabled.")


@app.command()
def delete(client_id: ClientId, yes: Yes = False) -> None:
    """Delete a client with its secrets, its tokens and the consents given to it."""
    from idp.audit.events import Event
    from idp.store import clients

    confirm("Delete this client and everything that was granted to it, for good?", yes=yes)
    now = utc_now()
    with transaction() as db:
        _named(db, client_id)
        _note(db, Event.CLIENT_DELETED, client_id, now)
        clients.remove(db, client_id)
    say("Deleted.")


_NOT_METADATA = frozenset({"client_id", "secret_stdin", "metadata", "as_json"})


def _validated(document: dict[str, object]) -> "ClientMetadata":
    from idp.protocol.registration import InvalidClientMetadata, validate_client_metadata

    try:
        return validate_client_metadata(document)
    except InvalidClientMetadata as refusal:
        fail(str(refusal), status=MISUSED)


def _secret(*, from_stdin: bool) -> str:
    if not from_stdin:
        return secrets.token_urlsafe(32)
    secret = sys.stdin.readline().strip()
    if len(secret) < _SHORTEST_SECRET or not _PLAIN.fullmatch(secret):
        fail("the secret must be 32 to 128 characters of A-Z a-z 0-9 _ and -, chosen at random", status=MISUSED)
    return secret


def _add(client_id: str, registered: "ClientMetadata", secret: str | None) -> "StoredClient":
    from idp.audit.events import Event
    from idp.store import clients
    from idp.store.base import digest_of
    from idp.store.database import IntegrityError

    now = utc_now()
    try:
        with transaction() as db:
            clients.add(db, client_id, registered.document(), now=now)
            if secret is not None:
                clients.add_secret(db, client_id, digest_of(secret), now=now)
            _note(db, Event.CLIENT_CREATED, client_id, now)
            return _named(db, client_id)
    except IntegrityError:
        fail("this client_id, or this secret, is taken")


def _named(db: "Connection", client_id: str) -> "StoredClient":
    from idp.store import clients

    client = clients.find(db, client_id)
    if client is None:
        fail("no such client; list them with: idp client list")
    return client


def _note(db: "Connection", event: "Event", client_id: str, now: datetime) -> None:
    from idp.audit.events import Occasion, note

    note(db, event, Occasion(now), client_id=client_id, facts=BY_OPERATOR)


def _facts(client: "StoredClient") -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "state": "disabled" if client.disabled_at else "enabled",
        **client.metadata,
        "created_at": client.created_at,
        "changed_at": client.updated_at,
    }
