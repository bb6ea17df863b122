"""Keys that have to go: at once, or because their time is over."""

from typing import TYPE_CHECKING, Annotated

import typer

from keys import report
from keys.commands.console import Json, Yes, confirm, opened, refuse, say, show, time_now

if TYPE_CHECKING:
    from keys.revocation import RevocationPlan


def revoke(
    context: typer.Context,
    kid: Annotated[str, typer.Argument(help="The key's identifier, from: idp keys list")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Make one key gone at once, and erase its private half."""
    with opened(context) as here:
        vault, policy = here.vault, here.policy
        from keys.revocation import plan_revocation

        now = time_now()
        plan = plan_revocation(vault.all(), now, policy, kid=kid)
        replace = f"idp keys rotate --emergency --algorithm {plan.algorithm}"
        if plan.breaks:
            say(report.breaks_lines(_breaks(plan)))
        if plan.leaves_no_signing_key and not yes:
            refuse(f"Not revoked: nothing would sign. Run: {replace}; or add --yes to go without.")
        if plan.breaks:
            confirm(f"Revoke {kid}?", yes=yes)
            plan = vault.revoke(kid, policy, now=time_now(), leave_no_signing_key=yes)
        say([f"{kid} is gone." if plan.breaks else f"{kid} was gone already; nothing was done."])
        say([f"{kept} goes on signing; its successor was revoked." for kept in plan.reinstates])
        if plan.leaves_no_signing_key:
            say([f"Nothing signs with {plan.algorithm} now. Run: {replace}"])
        facts = {
            "revoked": kid if plan.breaks else None,
            "algorithm": plan.algorithm,
            "was": str(plan.state),
            "reinstated": list(plan.reinstates),
            "leaves_no_signing_key": plan.leaves_no_signing_key,
            "breaks": _breaks(plan),
        }
        show(facts, kid if plan.breaks else "", as_json=as_json)


def prune(context: typer.Context, as_json: Json = False) -> None:
    """Erase the private halves of retired keys and delete keys that have left the JWKS. Breaks nothing."""
    with opened(context) as here:
        vault, policy = here.vault, here.policy
        pruned = vault.prune(policy, now=time_now())
        say([f"Private halves erased: {len(pruned.erased)}. Keys deleted: {len(pruned.deleted)}."])
        facts = {"erased": list(pruned.erased), "deleted": list(pruned.deleted)}
        show(facts, "\n".join([*pruned.erased, *pruned.deleted]), as_json=as_json)


def _breaks(plan: "RevocationPlan") -> list[str]:
    breaks = list(plan.breaks)
    if plan.leaves_no_signing_key:
        until = f" until {report.minute(plan.unsigned_until)}" if plan.unsigned_until else ""
        breaks.append(f"Nothing signs with {plan.algorithm} afterwards{until}: sign-in fails for clients that use it.")
    return breaks
