"""`idp client`: the applications that may ask people to sign in."""

from datetime import datetime

from idp.clock import utc_now
from idp.commands import initial_token
from idp.commands.client_create import create
from idp.commands.client_record import ClientId, facts, named, note
from idp.commands.client_secret import rotate_registration_token, rotate_secret
from idp.commands.client_update import update
from idp.commands.console import AsJson, Yes, commands, confirm, fail, say, show_record, show_table
from idp.commands.workplace import transaction

app = commands(
    "Clients: applications that people sign in to.",
    [
        "idp client create --name Wiki --redirect-uri https://wiki.example/callback",
        "idp client create --name App --public --native --redirect-uri com.example.app:/callback",
        "idp client create --from registration.json",
        "idp client update CLIENT_ID --redirect-uri https://wiki.example/sso",
        "idp client rotate-secret CLIENT_ID --overlap 1h",
        "idp client initial-token create --note 'partner portal'",
    ],
)
app.command("create")(create)
app.command("update")(update)
app.command("rotate-secret")(rotate_secret)
app.command("rotate-registration-token")(rotate_registration_token)
app.add_typer(initial_token.app, name="initial-token")


@app.command("list")
def list_clients(as_json: AsJson = False) -> None:
    """List every client."""
    from idp.store import clients

    with transaction() as db:
        found = [facts(client) for client in clients.all_clients(db)]
    columns = ("client_id", "client_name", "state", "registered_by", "token_endpoint_auth_method", "redirect_uris")
    show_table(columns, found, as_json=as_json)
    if not found:
        say("No clients yet. Register one with: idp client create")


@app.command()
def show(client_id: ClientId, as_json: AsJson = False) -> None:
    """Show what a client is registered with. Secrets are not kept and cannot be shown."""
    with transaction() as db:
        client = named(db, client_id)
    secrets = [_ends(secret.expires_at, as_json=as_json) for secret in client.secrets]
    record = facts(client) | {"manages_itself": client.manages_itself, "secrets": secrets}
    show_record(record, as_json=as_json)


@app.command()
def adopt(client_id: ClientId, yes: Yes = False) -> None:
    """Make a client that registered itself yours: it is not shown as unverified any more, and cannot change itself."""
    from idp.audit.events import Event
    from idp.store import clients

    confirm("Vouch for this client? From now on only operators change it.", yes=yes)
    now = utc_now()
    with transaction() as db:
        named(db, client_id)
        if not clients.adopt(db, client_id):
            fail("this client is an operator's already")
        note(db, Event.CLIENT_ADOPTED, client_id, now)
    say(f"Adopted. Its registration access token has ended. Change it with: idp client update {client_id}")


@app.command()
def disable(client_id: ClientId, yes: Yes = False) -> None:
    """Turn a client off: no sign-in, and its tokens stop working. `enable` turns it on again."""
    from idp.audit.events import Event
    from idp.store import clients

    confirm("Disable this client? Its users are kept out at once.", yes=yes)
    now = utc_now()
    with transaction() as db:
        named(db, client_id)
        clients.set_disabled(db, client_id, now, now=now)
        note(db, Event.CLIENT_DISABLED, client_id, now)
    say(f"Disabled. Undo with: idp client enable {client_id}")


@app.command()
def enable(client_id: ClientId) -> None:
    """Turn a disabled client on again."""
    from idp.audit.events import Event
    from idp.store import clients

    now = utc_now()
    with transaction() as db:
        named(db, client_id)
        clients.set_disabled(db, client_id, None, now=now)
        note(db, Event.CLIENT_CHANGED, client_id, now)
    say("Enabled.")


@app.command()
def delete(client_id: ClientId, yes: Yes = False) -> None:
    """Delete a client with its secrets, its tokens and the consents given to it."""
    from idp.audit.events import Event
    from idp.store import clients

    confirm("Delete this client and everything that was granted to it, for good?", yes=yes)
    now = utc_now()
    with transaction() as db:
        named(db, client_id)
        note(db, Event.CLIENT_DELETED, client_id, now)
        clients.remove(db, client_id)
    say("Deleted.")


def _ends(expires_at: datetime | None, *, as_json: bool) -> object:
    if as_json:
        return {"ends": expires_at}
    return f"until {expires_at:%Y-%m-%d %H:%M}Z" if expires_at else "valid"
