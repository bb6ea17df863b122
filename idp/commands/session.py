"""`idp session`: who is signed in, and ending it."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from idp.clock import utc_now
from idp.commands.accounts import BY_OPERATOR, account_named
from idp.commands.console import AsJson, Yes, commands, confirm, fail, say, show_table
from idp.commands.workplace import settings, transaction

app = commands(
    "Browser sessions of a person.",
    ["idp session list ada@example.com", "idp session end ada@example.com --all"],
)


@app.command("list")
def list_sessions(
    who: Annotated[str, typer.Argument(help="E-mail address or account id.")], as_json: AsJson = False
) -> None:
    """List the browsers in which a person is signed in, the latest first."""
    from idp.store import sessions

    now = utc_now()
    idle: timedelta = settings().lifetimes.session_idle
    with transaction() as db:
        account = account_named(db, who)
        live = sessions.live(db, account.id, idle_since=now - idle, now=now)
    records: list[dict[str, Any]] = [
        {
            "id": session.id,
            "signed_in": session.auth_time,
            "seen": session.seen_at,
            "expires": session.expires_at,
            "address": session.device.get("address"),
            "browser": session.device.get("name") or session.device.get("user_agent"),
        }
        for session in live
    ]
    show_table(("id", "signed_in", "seen", "expires", "address", "browser"), records, as_json=as_json)


@app.command("end")
def end_session(
    who: Annotated[str, typer.Argument(help="E-mail address or account id.")],
    session_id: Annotated[str | None, typer.Argument(help="The session, as `idp session list` names it.")] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="Every session of this person.")] = False,
    yes: Yes = False,
) -> None:
    """End one session of a person, or all. What was granted through it ends too."""
    from idp.audit.events import Event, Occasion, note
    from idp.store import session_endings, sessions

    if (session_id is None) == (not everywhere):
        fail("name a session, or say --all", status=2)
    confirm("End this person's sessions and the tokens that came of them?", yes=yes)
    now = utc_now()
    with transaction() as db:
        account = account_named(db, who)
        if session_id is None:
            ended = session_endings.end_all(db, account.id, because="operator", now=now)
        else:
            live = sessions.live(db, account.id, idle_since=now - settings().lifetimes.session_idle, now=now)
            ended = [one.id for one in live if one.id == session_id]
            for one in ended:
                session_endings.end(db, one, because="operator", now=now)
        for one in ended:
            note(db, Event.SESSION_ENDED, Occasion(now), account_id=account.id, session_id=one, facts=BY_OPERATOR)
    if session_id is not None and not ended:
        fail("no such session of this person; list them with: idp session list")
    say(f"Ended: {len(ended)}.")
