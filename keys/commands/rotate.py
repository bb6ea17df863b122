"""`keys rotate`: publish the next key, or, after a compromise, replace the ones there are."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keys import report
from keys.commands.console import Bits, Json, Yes, check_bits, confirm, opened, refuse, say, show, time_now
from keys.lifecycle import Algorithm, KeyPolicy, KeyRecord, RotationPlan, plan_rotation, rotation_due_at

if TYPE_CHECKING:
    from keys.vault import Vault


def rotate(
    context: typer.Context,
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
        refuse("--if-due and --emergency exclude each other.", status=2)
    with opened(context) as here:
        vault, policy = here.vault, here.policy
        check_bits(bits)
        keys, now = vault.all(), time_now()
        chosen = _chosen(keys, policy, now, algorithm=algorithm, if_due=if_due, emergency=emergency)
        plans = [plan_rotation(keys, now, policy, algorithm=name, emergency=emergency) for name in chosen]
        if dry_run:
            for plan in plans:
                say([*report.plan_lines(plan, now), *(report.breaks_lines(plan.breaks) if plan.breaks else [])])
            facts = {"rotations": [report.plan_facts(plan, outcome=_planned(plan)) for plan in plans]}
            show(facts, "", as_json=as_json)
            return
        if emergency:
            for plan in plans:
                say([*report.plan_lines(plan, now), *report.breaks_lines(plan.breaks)])
            confirm("Go on?", yes=yes)
        show(*_carry_out(vault, policy, plans, bits), as_json=as_json)


def _carry_out(
    vault: "Vault", policy: KeyPolicy, plans: Iterable[RotationPlan], bits: int | None
) -> tuple[dict[str, Any], str]:
    """Rotate as planned; the facts and the text for stdout."""
    from keys.rotation import rotate as rotate_now

    facts, kids = [], []
    for plan in plans:
        done = rotate_now(vault, policy, time_now, algorithm=plan.algorithm, bits=bits, emergency=plan.emergency)
        say(report.rotation_lines(done, time_now()))
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
        refuse("There are no keys yet. Run: idp keys init")
    names = [str(algorithm)] if algorithm else in_use(keys, now)
    if if_due:
        ripe = [name for name in names if name in due(keys, policy, now)]
        dates = {name: rotation_due_at(keys, policy, algorithm=name, now=now) for name in names if name not in ripe}
        say([f"{name}: not due before {report.minute(date)}." for name, date in dates.items() if date])
        return ripe
    if names:
        return names
    if emergency:
        return [str(Algorithm.RS256)]
    return refuse("Every key is gone. To sign again at once run: idp keys rotate --emergency")


def _planned(plan: RotationPlan) -> str:
    return "planned" if plan.publishes else "underway"
