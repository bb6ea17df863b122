"""Operator commands for the signing keys: `python -m keys`, and `idp keys`, where the server mounts `app`.

Data goes to stdout, messages to stderr. Exit status: 0 done or nothing to do, 1 refused, 2 wrong settings or usage.
What is heavy to import (the database, cryptography) is imported by the commands, so that help is quick.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from keys import report
from keys.lifecycle import Algorithm, KeyPolicy, KeyRecord, RotationPlan, plan_rotation, rotation_due_at, usable

if TYPE_CHECKING:
    from keys.revocation import RevocationPlan
    from keys.vault import Vault

app = typer.Typer(
    help="Signing keys: make the first one, rotate, revoke, prune.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _help(sentence: str, *examples: str) -> str:
    """What a command does, then examples on lines of their own (the backspace keeps them from being filled)."""
    return "\n".join([sentence, "", "\b", *examples])


Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Bits = Annotated[int | None, typer.Option("--bits", help="RSA size: 2048, 3072 or 4096.")]


@app.command(
    help=_help(
        "Make the first key. It signs at once when it is the first of all; running it again does nothing.",
        "idp keys init",
        "idp keys init --algorithm ES256",
    )
)
def init(
    algorithm: Annotated[Algorithm, typer.Option(help="What the key signs with.")] = Algorithm.RS256,
    bits: Bits = None,
    as_json: Json = False,
) -> None:
    """Make the first key. It signs at once when it is the first of all; running it again does nothing."""
    with _opened() as (vault, policy):
        from keys.rotation import Outcome, rotate

        _check_bits(bits)
        present = usable(vault.all(), now := _now(), algorithm=algorithm)
        if not present:
            rotation = rotate(vault, policy, _now, algorithm=algorithm, bits=bits)
            if rotation.outcome is Outcome.PUBLISHED and rotation.key:
                _say(report.rotation_lines(rotation, rotation.key.created_at))
                _data(as_json, {"created": report.key_facts(rotation.key, rotation.key.created_at)}, rotation.key.kid)
                return
            present = usable(vault.all(), now := _now(), algorithm=algorithm)
        _say([f"There are {algorithm} keys already; nothing was done. To replace one run: idp keys rotate"])
        _data(as_json, {"created": None, "keys": [report.key_facts(key, now) for key in present]}, "")


@app.command(
    "list",
    help=_help(
        "Show every key with its state and its dates.",
        "idp keys list",
        "idp keys list --json",
    ),
)
def list_keys(as_json: Json = False) -> None:
    """Show every key with its state and its dates."""
    with _opened() as (vault, _):
        keys, now = vault.all(), _now()
        if not keys:
            _say(["There are no keys yet. Run: idp keys init"])
        facts = {"keys": [report.key_facts(key, now) for key in keys]}
        _data(as_json, facts, report.key_table(keys, now) if keys else "")


@app.command(
    help=_help(
        "Publish the next key. It takes over by itself when every relying party can have seen it.",
        "idp keys rotate --dry-run",
        "idp keys rotate",
        "idp keys rotate --if-due          (for a daily schedule)",
        "idp keys rotate --emergency       (a private key has leaked)",
    )
)
def rotate(
    algorithm: Annotated[Algorithm | None, typer.Option(help="Only this algorithm; all in use unless given.")] = None,
    bits: Bits = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen and do nothing.")] = False,
    if_due: Annotated[bool, typer.Option("--if-due", help="Only keys that have signed for long enough.")] = False,
    emergency: Annotated[
        bool, typer.Option("--emergency", help="After a compromise: sign with a new key now, revoke the others.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Publish the next key. It takes over by itself when every relying party can have seen it."""
    if if_due and emergency:
        _refuse("--if-due and --emergency exclude each other.", status=2)
    with _opened() as (vault, policy):
        _check_bits(bits)
        keys, now = vault.all(), _now()
        chosen = _chosen(keys, policy, now, algorithm=algorithm, if_due=if_due, emergency=emergency)
        plans = [plan_rotation(keys, now, policy, algorithm=name, emergency=emergency) for name in chosen]
        if dry_run:
            for plan in plans:
                _say([*report.plan_lines(plan, now), *(report.breaks_lines(plan.breaks) if plan.breaks else [])])
            _data(as_json, {"rotations": [report.plan_facts(plan, outcome=_planned(plan)) for plan in plans]}, "")
            return
        if emergency:
            for plan in plans:
                _say([*report.plan_lines(plan, now), *report.breaks_lines(plan.breaks)])
            _confirm("Go on?", yes=yes)
        _data(as_json, *_carry_out(vault, policy, plans, bits))


@app.command(
    help=_help(
        "Make one key gone at once, and erase its private half.",
        "idp keys revoke KID",
        "idp keys rotate --emergency       (instead, when the key that signs has leaked)",
    )
)
def revoke(
    kid: Annotated[str, typer.Argument(help="The key's identifier, from: idp keys list")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make one key gone at once, and erase its private half."""
    with _opened() as (vault, policy):
        from keys.revocation import plan_revocation

        now = _now()
        plan = plan_revocation(vault.all(), now, policy, kid=kid)
        replace = f"idp keys rotate --emergency --algorithm {plan.algorithm}"
        if plan.breaks:
            _say(report.breaks_lines(_revocation_breaks(plan)))
        if plan.leaves_no_signing_key and not yes:
            _refuse(f"Not revoked: nothing would sign. Run: {replace}; or add --yes to go without.")
        if plan.breaks:
            _confirm(f"Revoke {kid}?", yes=yes)
            plan = vault.revoke(kid, policy, now=_now(), leave_no_signing_key=yes)
        _say([f"{kid} is gone." if plan.breaks else f"{kid} was gone already; nothing was done."])
        _say([f"{kept} goes on signing; its successor was revoked." for kept in plan.reinstates])
        if plan.leaves_no_signing_key:
            _say([f"Nothing signs with {plan.algorithm} now. Run: {replace}"])
        facts = {
            "revoked": kid if plan.breaks else None,
            "algorithm": plan.algorithm,
            "was": str(plan.state),
            "reinstated": list(plan.reinstates),
            "leaves_no_signing_key": plan.leaves_no_signing_key,
            "breaks": _revocation_breaks(plan),
        }
        _data(as_json, facts, kid if plan.breaks else "")


@app.command(
    help=_help(
        "Erase the private halves of retired keys and delete keys that have left the JWKS. Breaks nothing.",
        "idp keys prune                    (for a daily schedule)",
    )
)
def prune(as_json: Json = False) -> None:
    """Erase the private halves of retired keys and delete keys that have left the JWKS. Breaks nothing."""
    with _opened() as (vault, policy):
        pruned = vault.prune(policy, now=_now())
        _say([f"Private halves erased: {len(pruned.erased)}. Keys deleted: {len(pruned.deleted)}."])
        facts = {"erased": list(pruned.erased), "deleted": list(pruned.deleted)}
        _data(as_json, facts, "\n".join([*pruned.erased, *pruned.deleted]))


def _carry_out(
    vault: "Vault", policy: KeyPolicy, plans: Iterable[RotationPlan], bits: int | None
) -> tuple[dict[str, Any], str]:
    """Rotate as planned; the facts and the text for stdout."""
    from keys.rotation import rotate as rotate_now

    facts, kids = [], []
    for plan in plans:
        done = rotate_now(vault, policy, _now, algorithm=plan.algorithm, bits=bits, emergency=plan.emergency)
        _say(report.rotation_lines(done, _now()))
        published = done.key.kid if done.key else None
        facts.append(report.plan_facts(done.plan, outcome=str(done.outcome), published=published))
        kids += [published] if published else []
    return {"rotations": facts}, "\n".join(kids)


def _chosen(
    keys: tuple[KeyRecord, ...],
    policy: KeyPolicy,
    now: datetime,
    *,
    algorithm: Algorithm | None,
    if_due: bool,
    emergency: bool,
) -> list[str]:
    """The algorithms to rotate."""
    from keys.rotation import due, in_use

    if not keys:
        _refuse("There are no keys yet. Run: idp keys init")
    names = [str(algorithm)] if algorithm else in_use(keys, now)
    if if_due:
        ripe = [name for name in names if name in due(keys, policy, now)]
        dates = {name: rotation_due_at(keys, policy, algorithm=name, now=now) for name in names if name not in ripe}
        _say([f"{name}: not due before {report.minute(date)}." for name, date in dates.items() if date])
        return ripe
    if names:
        return names
    if emergency:
        return [str(Algorithm.RS256)]
    return _refuse("Every key is gone. To sign again at once run: idp keys rotate --emergency")


def _planned(plan: RotationPlan) -> str:
    return "planned" if plan.publishes else "underway"


def _revocation_breaks(plan: "RevocationPlan") -> list[str]:
    breaks = list(plan.breaks)
    if plan.leaves_no_signing_key:
        until = f" until {report.minute(plan.unsigned_until)}" if plan.unsigned_until else ""
        breaks.append(f"Nothing signs with {plan.algorithm} afterwards{until}: sign-in fails for clients that use it.")
    return breaks


@contextmanager
def _opened() -> Iterator[tuple["Vault", KeyPolicy]]:
    """The vault and the policy of this installation; refusals become a sentence and an exit status."""
    from keys.settings import KeySettings, KeySettingsError

    try:
        settings = KeySettings.from_environment()
    except KeySettingsError as error:
        _refuse(str(error), status=2)
    from keys.revocation import UnknownKey
    from keys.sealing import Sealer
    from keys.vault import SIGNING_KEY_PURPOSE, VaultError, connect

    try:
        box = Sealer(settings.kek()).for_purpose(SIGNING_KEY_PURPOSE)
        yield connect(settings.database_url.get_secret_value(), box), settings.policy()
    except (VaultError, UnknownKey) as error:
        _refuse(f"keys: {error}")


def _check_bits(bits: int | None) -> None:
    from keys.keypair import RSA_BITS

    if bits is not None and bits not in RSA_BITS:
        _refuse(f"--bits must be one of {', '.join(map(str, RSA_BITS))}.", status=2)


def _confirm(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        _refuse("Nothing was done. Confirm with --yes.")
    if not typer.confirm(question, err=True):
        _refuse("Nothing was done.")


def _data(as_json: bool, facts: dict[str, Any], text: str) -> None:
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
    elif text:
        typer.echo(text)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line, err=True)


def _refuse(sentence: str, *, status: int = 1) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(status)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a command is where the time comes in


if __name__ == "__main__":
    app(prog_name="keys")
