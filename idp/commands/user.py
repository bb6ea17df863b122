"""`idp user`: the people."""

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from idp.clock import utc_now
from idp.commands.accounts import BY_OPERATOR, account_named
from idp.commands.console import AsJson, Yes, commands, confirm, fail, say, show_record, show_table
from idp.commands.profile_claims import read_profile
from idp.commands.workplace import settings, transaction

if TYPE_CHECKING:
    from idp.audit.events import Event
    from idp.store.accounts import Account
    from idp.store.database import Connection

app = commands(
    "People who can sign in.",
    [
        "idp user create ada@example.com --name 'Ada Lovelace'",
        "idp user set-password ada@example.com",
        "idp user disable ada@example.com",
    ],
)

Who = Annotated[str, typer.Argument(help="E-mail address or account id.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command()
def create(
    email: Annotated[str, typer.Argument(help="E-mail address.")],
    name: Annotated[str | None, typer.Option(help="Full name, as people write it.")] = None,
    profile: Annotated[str | None, typer.Option(help="A JSON file with further standard claims.")] = None,
    unverified: Annotated[bool, typer.Option(help="The address still has to be proven.")] = False,
    no_password: Annotated[bool, typer.Option(help="Let the person choose one with a mailed link.")] = False,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Make an account. The password is asked for, or read from standard input; it is never an argument."""
    from idp.accounts.email_address import EmailProblem, parse_address
    from idp.audit.events import Event, Occasion, note
    from idp.store import accounts
    from idp.store.database import IntegrityError

    try:
        address = parse_address(email)
    except EmailProblem as problem:
        fail(str(problem), status=2)
    claims = read_profile(profile) if profile else {}
    hashed = None if no_password else _hashed(_password(from_stdin=password_stdin), email=address.text)
    account_id, now = uuid4().hex, utc_now()
    try:
        with transaction() as db:
            accounts.add(
                db,
                account_id,
                email=address.text,
                email_key=address.key,
                email_verified_at=None if unverified else now,
                password_hash=hashed,
                profile=claims | ({"name": name} if name else {}),
                now=now,
            )
            note(db, Event.ACCOUNT_CREATED, Occasion(now), account_id=account_id, facts=BY_OPERATOR)
            account = account_named(db, account_id)
    except IntegrityError:
        fail("there is an account with this address already; see: idp user show")
    show_record(_facts(account), as_json=as_json)
    say("Created." + (" Next: the person asks for a link at “Forgot your password?”." if no_password else ""))


@app.command("list")
def list_users(
    everyone: Annotated[bool, typer.Option("--all", help="Also those who were deleted.")] = False,
    as_json: AsJson = False,
) -> None:
    """List everybody, by address."""
    from idp.store import accounts

    with transaction() as db:
        people = [_facts(account) for account in accounts.all_accounts(db) if everyone or account.deleted_at is None]
    show_table(("email", "name", "state", "email_verified", "created", "id"), people, as_json=as_json)
    if not people:
        say("Nobody yet. Make the first account with: idp user create")


@app.command()
def show(who: Who, as_json: AsJson = False) -> None:
    """Show one person."""
    from idp.store import upstream_identities

    with transaction() as db:
        account = account_named(db, who)
        linked = upstream_identities.of_account(db, account.id)
    providers = [f"{one.connector}:{one.subject}" for one in linked]
    show_record(_facts(account) | {"providers": providers}, as_json=as_json)


@app.command("set-password")
def set_password(
    who: Who,
    keep_sessions: Annotated[bool, typer.Option(help="Leave the person signed in where they are.")] = False,
    password_stdin: FromStdin = False,
) -> None:
    """Set a new password. Sessions and tokens of the person end, unless told otherwise."""
    from idp.audit.events import Event, Occasion, note
    from idp.store import accounts

    with transaction() as db:
        account = account_named(db, who)
    hashed = _hashed(_password(from_stdin=password_stdin), email=account.email)
    now = utc_now()
    with transaction() as db:
        accounts.set_password(db, account.id, hashed, now=now)
        note(db, Event.PASSWORD_CHANGED, Occasion(now), account_id=account.id, facts=BY_OPERATOR)
        if not keep_sessions:
            _end_everything(db, account.id, now)
    say("The password is set." + ("" if keep_sessions else " The person is signed out everywhere."))


@app.command()
def disable(who: Who, yes: Yes = False) -> None:
    """Keep a person from signing in, and end their sessions and tokens at once. `enable` lets them in again."""
    from idp.audit.events import Event
    from idp.store import accounts

    confirm("Disable this account and end its sessions and tokens?", yes=yes)
    now = utc_now()
    with transaction() as db:
        account = account_named(db, who)
        accounts.set_disabled(db, account.id, now, now=now)
        _note(db, Event.ACCOUNT_DISABLED, account, now)
        _end_everything(db, account.id, now)
    say(f"Disabled. Undo with: idp user enable {account.id}")


@app.command()
def enable(who: Who) -> None:
    """Let a disabled person sign in again."""
    from idp.audit.events import Event
    from idp.store import accounts

    now = utc_now()
    with transaction() as db:
        account = account_named(db, who)
        accounts.set_disabled(db, account.id, None, now=now)
        _note(db, Event.ACCOUNT_ENABLED, account, now)
    say("Enabled.")


@app.command()
def delete(
    who: Who,
    erase: Annotated[bool, typer.Option(help="Erase the data now, without a time of grace.")] = False,
    yes: Yes = False,
) -> None:
    """Delete a person. Nothing works any more at once; the data is erased after a time of grace, or now."""
    from idp.audit.events import Event
    from idp.store import accounts

    confirm("Delete this account" + (" and erase its data for good?" if erase else "?"), yes=yes)
    now = utc_now()
    with transaction() as db:
        account = account_named(db, who)
        _note(db, Event.ACCOUNT_DELETED, account, now)
        _end_everything(db, account.id, now)
        if erase:
            accounts.erase(db, account.id)
        else:
            accounts.mark_deleted(db, account.id, now=now)
    say("Erased." if erase else "Deleted.")


def _note(db: "Connection", event: "Event", account: "Account", now: datetime) -> None:
    from idp.audit.events import Occasion, note

    note(db, event, Occasion(now), account_id=account.id, facts=BY_OPERATOR)


def _end_everything(db: "Connection", account_id: str, now: datetime) -> None:
    from idp.store import grants, session_endings

    session_endings.end_all(db, account_id, because="operator", now=now)
    grants.revoke_all(db, account_id=account_id, client_id=None, because="operator", now=now)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        fail("there is no terminal to ask for the password; use --password-stdin", status=2)
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def _hashed(password: str, *, email: str) -> str:
    """Hash a password that the policy accepts. Made outside any transaction: it takes its time."""
    from idp.accounts.password_policy import PasswordPolicy
    from idp.accounts.passwords import Passwords

    chosen = settings()
    policy = PasswordPolicy(minimum_length=chosen.password_minimum_length, product_name=chosen.product_name)
    if problem := policy.problem(password, email=email):
        fail(problem)
    cost = chosen.argon2
    return Passwords(memory_mib=cost.memory_mib, time=cost.time, parallelism=cost.parallelism).hash(password)


def _facts(account: "Account") -> dict[str, Any]:
    state = "deleted" if account.deleted_at else "disabled" if account.disabled_at else "enabled"
    return {
        "id": account.id,
        "email": account.email,
        "email_verified": account.email_verified_at is not None,
        "name": account.profile.get("name"),
        "state": state,
        "has_password": account.password_hash is not None,
        "created": account.created_at,
    }
