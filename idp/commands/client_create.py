"""`idp client create`: a new client from options, or from a document of another provider."""

import re
import secrets
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idp.clock import utc_now
from idp.commands import client_options as options
from idp.commands.client_record import facts, named, note, validated
from idp.commands.console import MISUSED, AsJson, fail, say, show_record
from idp.commands.workplace import transaction

if TYPE_CHECKING:
    from idp.protocol.clients.client_metadata import ClientMetadata
    from idp.store.clients import StoredClient

# Ids and secrets of these characters read the same whether or not a library encodes them in a Basic header.
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_SHORTEST_SECRET = 32
# What the answer to a registration holds besides metadata (RFC 7591 section 3.2.1).
_INFORMATION = (
    "client_id",
    "client_secret",
    "client_id_issued_at",
    "client_secret_expires_at",
    "registration_access_token",
    "registration_client_uri",
)


@options.with_metadata
def create(
    given: Mapping[str, Any],
    client_id: Annotated[str | None, typer.Option("--id", help="The client_id; made up unless given.")] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Take an existing secret from standard input.")
    ] = False,
    metadata: options.Document = None,
    as_json: AsJson = False,
) -> None:
    """Register a client. Its secret is shown once, here.

    A document may be what another provider answered to a registration: its client_id and client_secret are kept,
    and members that only the other provider knows are passed over.
    """
    document = options.read_json("--metadata", metadata) if metadata else {}
    brought = {name: document.pop(name) for name in _INFORMATION if name in document}
    if brought:
        document = _known_here(document)
    registered = validated(_with_defaults(options.members(document, given)))
    chosen = client_id or brought.get("client_id") or secrets.token_urlsafe(12)
    if not isinstance(chosen, str) or not _PLAIN.fullmatch(chosen):
        fail("the client_id must consist of A-Z a-z 0-9 _ and -, at most 128", status=MISUSED)
    old = sys.stdin.readline().strip() if secret_stdin else brought.get("client_secret")
    secret = (_usable(old) if old is not None else secrets.token_urlsafe(32)) if registered.uses_secret else None
    stored = _added(chosen, registered, secret)
    show_record(facts(stored) | ({"client_secret": secret} if secret else {}), as_json=as_json)
    say("Created." + (" The secret is shown only now." if secret and old is None else ""))
    say(f"Next: give the application its client_id and the issuer; look at it with: idp client show {chosen}")


def _known_here(document: dict[str, Any]) -> dict[str, Any]:
    """What remains of another provider's answer. In what an operator has written, a misspelling is an error."""
    from idp.protocol.registration.registered_members import CHECKS

    for name in sorted(document.keys() - CHECKS.keys()):
        say(f"Passed over, since nothing here is called so: {name if name.isidentifier() else 'a member'}")
    return {name: value for name, value in document.items() if name in CHECKS}


def _with_defaults(asked: dict[str, object]) -> dict[str, object]:
    """Grants that fit. Libraries expect refresh tokens to be had for the asking; RFC 7591's default has none."""
    if asked.get("grant_types") is not None:
        return asked
    response_types = asked.get("response_types")
    types = [str(each).split() for each in response_types] if isinstance(response_types, list) else [["code"]]
    grants = ["authorization_code", "refresh_token"] if any("code" in each for each in types) else []
    if any(each != ["code"] for each in types):
        grants.append("implicit")
    return {**asked, "grant_types": grants}


def _usable(secret: object) -> str:
    if not isinstance(secret, str) or len(secret) < _SHORTEST_SECRET or not _PLAIN.fullmatch(secret):
        fail("the secret must be 32 to 128 characters of A-Z a-z 0-9 _ and -, chosen at random", status=MISUSED)
    return secret


def _added(client_id: str, registered: "ClientMetadata", secret: str | None) -> "StoredClient":
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
            note(db, Event.CLIENT_CREATED, client_id, now)
            return named(db, client_id)
    except IntegrityError:
        fail("this client_id, or this secret, is taken")
