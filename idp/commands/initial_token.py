"""`idp client initial-token`: what lets an application register itself (RFC 7591 section 1.2)."""

import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idp.clock import utc_now
from idp.commands.accounts import BY_OPERATOR
from idp.commands.console import MISUSED, AsJson, commands, fail, say, show_record, show_table
from idp.commands.workplace import settings, transaction

if TYPE_CHECKING:
    from idp.protocol.registration.dynamic_registration import Limits
    from idp.store.initial_access_tokens import InitialAccessToken

app = commands(
    "Initial access tokens: each lets applications register themselves, so many, until a time.",
    [
        "idp client initial-token create --note 'partner portal'",
        "idp client initial-token create --uses 20 --expires 30d --redirect-host app.example",
        "idp client initial-token revoke ID",
    ],
)

_MOST_USES = 10_000
_LONGEST = timedelta(days=365)
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


@app.command()
def create(
    uses: Annotated[int, typer.Option(min=1, max=_MOST_USES, help="How many clients may come with it.")] = 1,
    expires: Annotated[str, typer.Option(help="How long it is good for.")] = "7d",
    note: Annotated[str | None, typer.Option(help="For whom it is, for your own list.")] = None,
    scope: Annotated[str | None, typer.Option(help="What such a client may ask people for.")] = None,
    grant_types: Annotated[
        list[str] | None, typer.Option("--grant-type", help="What such a client may use. May be repeated.")
    ] = None,
    redirect_hosts: Annotated[
        list[str] | None, typer.Option("--redirect-host", help="Where its answers may go. May be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token, shown once."""
    from idp.audit.events import Event
    from idp.protocol.tokens import opaque
    from idp.store import initial_access_tokens
    from idp.store.base import digest_of
    from idp.store.initial_access_tokens import InitialAccessToken

    limits = _limits(scope, grant_types, redirect_hosts)
    token, now = opaque.new(opaque.INITIAL_ACCESS_TOKEN), utc_now()
    made = InitialAccessToken(
        secrets.token_hex(6), note, limits.document(), uses, now, now + _lasting(expires), revoked_at=None
    )
    with transaction() as db:
        initial_access_tokens.add(db, digest_of(token), made)
        _note(db, Event.INITIAL_TOKEN_CREATED, made.id)
    show_record(_facts(made) | {"token": token}, as_json=as_json)
    say("The token is shown only now. An application sends it to /register as: Authorization: Bearer ...")
    if settings().client_registration == "off":
        say("Nothing listens at /register yet. Next: set IDP_CLIENT_REGISTRATION=token and start anew")


@app.command("list")
def list_tokens(as_json: AsJson = False) -> None:
    """List tokens, the ones that have ended in the last weeks too."""
    from idp.store import initial_access_tokens

    with transaction() as db:
        found = [_facts(token) for token in initial_access_tokens.everything(db)]
    show_table(("id", "note", "state", "uses_left", "expires_at", "scope"), found, as_json=as_json)
    if not found:
        say("None yet. Make one with: idp client initial-token create")


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(help="The id, from: idp client initial-token list")]) -> None:
    """End a token. Clients that have come with it stay."""
    from idp.audit.events import Event
    from idp.store import initial_access_tokens

    with transaction() as db:
        if not initial_access_tokens.revoke(db, token_id, now=utc_now()):
            fail("no such token, or it has been revoked before; list them with: idp client initial-token list")
        _note(db, Event.INITIAL_TOKEN_REVOKED, token_id)
    say("Revoked.")


def _limits(scope: str | None, grant_types: list[str] | None, redirect_hosts: list[str] | None) -> "Limits":
    from idp.protocol.registration.client_registration import InvalidClientMetadata
    from idp.protocol.registration.dynamic_registration import Limits
    from idp.protocol.registration.registered_members import CHECKS

    given: dict[str, Any] = {"scope": scope, "grant_types": grant_types or None}
    try:
        limits = {name: CHECKS[name](name, value) for name, value in given.items() if value is not None}
    except InvalidClientMetadata as refusal:
        fail(str(refusal), status=MISUSED)
    if not all(_HOST.fullmatch(host) for host in redirect_hosts or []):
        fail("--redirect-host must be a host name in lower case, without scheme and port", status=MISUSED)
    return Limits.of(limits | {"redirect_hosts": redirect_hosts or None})


def _lasting(expires: str) -> timedelta:
    from keys.duration import parse_duration

    try:
        life: timedelta = parse_duration(expires)
    except ValueError as problem:
        fail(f"--expires {problem}", status=MISUSED)
    if not timedelta() < life <= _LONGEST:
        fail("--expires must be more than nothing and at most 365d", status=MISUSED)
    return life


def _note(db: Any, event: Any, token_id: str) -> None:
    from idp.audit.events import Occasion, note

    note(db, event, Occasion(utc_now()), facts={**BY_OPERATOR, "initial_token": token_id})


def _facts(token: "InitialAccessToken") -> dict[str, Any]:
    return {
        "id": token.id,
        "note": token.note,
        "state": token.state(utc_now()),
        "uses_left": token.uses_left,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        **token.limits,
    }
