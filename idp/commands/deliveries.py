"""`idp deliveries`: what has to be told to others, whether it arrived, and trying again."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from idp.clock import utc_now
from idp.commands.console import AsJson, commands, fail, say, show_json, show_record, show_table
from idp.commands.workplace import transaction

if TYPE_CHECKING:
    from datetime import datetime

    from idp.store.database import Connection
    from idp.store.delivery_attempts import DeliveryAttempt
    from idp.store.outbox import Parcel

app = commands(
    "What is told to others, and fetched there: apps about ended sessions, people by mail, pictures.",
    [
        "idp deliveries list --failed",
        "idp deliveries list --client client-1 --json",
        "idp deliveries show 3q2-7wAtTl5vS0mJ",
        "idp deliveries resend 3q2-7wAtTl5vS0mJ",
    ],
)

ParcelId = Annotated[str, typer.Argument(help="As `idp deliveries list` names it.")]


@app.command("list")
def list_deliveries(
    client: Annotated[str | None, typer.Option(help="Only to this client.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what was given up.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what has not arrived yet.")] = False,
    kind: Annotated[str | None, typer.Option(help="`logout`, `mail` or `picture`; all unless said.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List deliveries, the newest first."""
    from idp.store import outbox

    with transaction() as db:
        found = outbox.ledger(db, client_id=client, kind=kind, failed=failed, waiting=waiting, limit=limit)
    columns = ("id", "kind", "to", "state", "attempts", "created", "next_attempt", "outcome")
    show_table(columns, [_facts(parcel) for parcel in found], as_json=as_json)
    if not found:
        say("Nothing of the kind.")


@app.command()
def show(parcel_id: ParcelId, as_json: AsJson = False) -> None:
    """Show one delivery with every attempt. The reference of an attempt is the `jti` of its logout token."""
    from idp.store import delivery_attempts

    with transaction() as db:
        parcel = _named(db, parcel_id)
        made = [_line(attempt) for attempt in delivery_attempts.of_parcel(db, parcel.id)]
    if as_json:
        show_json(_facts(parcel) | {"attempts": made})
        return
    show_record(_facts(parcel), as_json=False)
    print()
    show_table(("number", "begun", "ended", "reference", "outcome"), made, as_json=False)


@app.command()
def resend(parcel_id: ParcelId) -> None:
    """Try again now, also what was given up. The servers make the attempt; what has arrived is never sent twice."""
    from idp.audit.events import Event, Occasion, note
    from idp.commands.accounts import BY_OPERATOR
    from idp.delivery.outbox import MAIL
    from idp.store import delivery_attempts, outbox
    from idp.store.session_endings import LOGOUT, TELL_FOR

    now = utc_now()
    with transaction() as db:
        parcel = _named(db, parcel_id)
        if parcel.delivered_at is not None:
            fail("it has arrived; nothing is sent twice")
        if parcel.failed_at is not None and parcel.kind != LOGOUT:
            so = "the person has to ask for a new mail" if parcel.kind == MAIL else "there is nothing to try again with"
            fail(f"its content was deleted when it was given up; {so}")
        if _under_way(delivery_attempts.of_parcel(db, parcel.id), parcel, now):
            fail("an attempt is under way; look again with: idp deliveries show " + parcel.id)
        outbox.put_back(db, parcel, expires_at=max(parcel.expires_at, now + TELL_FOR), now=now)
        if parcel.kind == LOGOUT:
            note(
                db,
                Event.LOGOUT_RESENT,
                Occasion(now),
                account_id=parcel.account_id,
                client_id=parcel.client_id,
                session_id=parcel.session_id,
                facts=BY_OPERATOR,
            )
    say(f"It is tried again at once by a running server. See: idp deliveries show {parcel.id}")


def _named(db: "Connection", parcel_id: str) -> "Parcel":
    from idp.store import outbox

    parcel = outbox.find(db, parcel_id)
    if parcel is None:
        fail("no such delivery; list them with: idp deliveries list")
    return parcel


def _under_way(attempts: "list[DeliveryAttempt]", parcel: "Parcel", now: "datetime") -> bool:
    """A lease that has not passed, without an outcome."""
    return bool(attempts) and attempts[-1].outcome is None and parcel.failed_at is None and parcel.next_attempt_at > now


def _facts(parcel: "Parcel") -> dict[str, Any]:
    state = "given up" if parcel.failed_at is not None else "waiting"
    if parcel.delivered_at is not None:
        state = "arrived"
    return {
        "id": parcel.id,
        "kind": parcel.kind,
        "to": parcel.recipient,
        "state": state,
        "attempts": parcel.attempts,
        "created": parcel.created_at,
        "next_attempt": parcel.next_attempt_at if state == "waiting" else None,
        "expires": parcel.expires_at,
        "arrived": parcel.delivered_at,
        "given_up": parcel.failed_at,
        "outcome": "accepted" if parcel.delivered_at is not None else parcel.last_error,
        "session": parcel.session_id,
        "account": parcel.account_id,
    }


def _line(attempt: "DeliveryAttempt") -> dict[str, Any]:
    return {
        "number": attempt.number,
        "begun": attempt.begun_at,
        "ended": attempt.ended_at,
        "reference": attempt.reference,
        "outcome": attempt.outcome or "not known: the server stopped meanwhile, or it is under way",
    }
