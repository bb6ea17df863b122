"""`idp client rotate-secret` and `rotate-registration-token`: what a client shows, replaced."""

import secrets
from datetime import timedelta
from typing import Annotated

import typer

from idp.clock import utc_now
from idp.commands.client_record import ClientId, named, note
from idp.commands.console import MISUSED, AsJson, fail, say, show_record
from idp.commands.workplace import settings, transaction


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
        method = named(db, client_id).metadata.get("token_endpoint_auth_method", "client_secret_basic")
        if method == "none":
            fail("a public client has no secret")
        if method == "private_key_jwt":
            fail("this client shows a key, not a secret; change the key at its jwks_uri, or with: idp client update")
        clients.add_secret(db, client_id, digest_of(secret), now=now)
        clients.expire_secrets(db, client_id, at=now + ends_after, except_digest=digest_of(secret))
        note(db, Event.CLIENT_SECRET_ADDED, client_id, now)
    show_record({"client_id": client_id, "client_secret": secret, "old_secret_ends": now + ends_after}, as_json=as_json)
    say("The new secret is shown only now, and works within seconds.")


def rotate_registration_token(client_id: ClientId, as_json: AsJson = False) -> None:
    """Give a client that registered itself a new registration access token, shown once. The old one ends."""
    from idp.audit.events import Event
    from idp.protocol.tokens import opaque
    from idp.store import clients
    from idp.store.base import digest_of

    token, now = opaque.new(opaque.REGISTRATION_TOKEN), utc_now()
    with transaction() as db:
        named(db, client_id)
        if not clients.renew_registration(db, client_id, digest_of(token)):
            fail("this client did not register itself; change it with: idp client update")
        note(db, Event.CLIENT_CHANGED, client_id, now)
    uri = f"{settings().issuer}/register/{client_id}"
    record = {"client_id": client_id, "registration_access_token": token, "registration_client_uri": uri}
    show_record(record, as_json=as_json)
    say("The token is shown only now.")
