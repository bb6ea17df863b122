"""Keys, plans and outcomes as the commands show them: text for people, JSON for programs. Public facts only."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from keys.duration import format_duration
from keys.lifecycle import KeyPolicy, KeyRecord, RotationPlan, State, state_of

if TYPE_CHECKING:
    from keys.rotation import Rotation

_HEADINGS = ("KID", "ALGORITHM", "STATE", "SIGNS FROM", "UNTIL", "LEAVES", "PRIVATE HALF")


def key_facts(key: KeyRecord, now: datetime) -> dict[str, Any]:
    """A key as JSON."""
    return {
        "kid": key.kid,
        "algorithm": key.algorithm,
        "state": str(state_of(key, now)),
        "created_at": _iso(key.created_at),
        "activate_at": _iso(key.activate_at),
        "retire_at": _iso(key.retire_at),
        "remove_at": _iso(key.remove_at),
        "revoked_at": _iso(key.revoked_at),
        "private_half": "sealed" if key.sealed is not None else "erased",
    }


def key_table(keys: Sequence[KeyRecord], now: datetime) -> str:
    """Keys as a table, one line each, with the times in UTC."""
    rows = [_HEADINGS, *(_cells(key, now) for key in keys)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "\n".join("  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows)


def plan_facts(plan: RotationPlan, *, outcome: str, published: str | None = None) -> dict[str, Any]:
    """A plan as JSON, with what came of it. `published` is the kid of the new key, if one was made."""
    return {
        "algorithm": plan.algorithm,
        "outcome": outcome,
        "published": published,
        "underway": plan.underway,
        "emergency": plan.emergency,
        "activate_at": _iso(plan.activate_at),
        "retires": [
            {"kid": r.kid, "retire_at": _iso(r.retire_at), "remove_at": _iso(r.remove_at)} for r in plan.retires
        ],
        "revokes": list(plan.revokes),
        "breaks": list(plan.breaks),
    }


def plan_lines(plan: RotationPlan, now: datetime) -> list[str]:
    """What a plan would do, in sentences."""
    if plan.underway:
        return [f"{plan.algorithm}: a rotation is under way; {plan.underway} signs from {minute(plan.activate_at)}."]
    start = "at once" if plan.activate_at <= now else f"from {minute(plan.activate_at)}"
    lines = [f"{plan.algorithm}: a new key would be published now and sign {start}."]
    lines += [f"{r.kid} would sign until then and verify until {minute(r.remove_at)}." for r in plan.retires]
    return lines + [f"{kid} would be revoked." for kid in plan.revokes]


def rotation_lines(rotation: "Rotation", now: datetime) -> list[str]:
    """What a rotation did, in sentences, and what to do next if anything."""
    plan, key = rotation.plan, rotation.key
    if key is None:
        if plan.underway:
            return plan_lines(plan, now)
        return [
            f"{plan.algorithm}: the keys were changed by somebody else just now; nothing was done. See: idp keys list"
        ]
    if key.activate_at <= now:
        lines = [f"{plan.algorithm}: {key.kid} signs from now on."]
    else:
        lines = [f"{plan.algorithm}: {key.kid} is published and signs from {minute(key.activate_at)} by itself."]
        if not plan.retires:
            at_once = f"idp keys rotate --emergency --algorithm {plan.algorithm}"
            lines.append(f"Until then nothing signs with {plan.algorithm}. To sign at once run: {at_once}")
    lines += [f"{r.kid} signs until then and verifies until {minute(r.remove_at)}." for r in plan.retires]
    return lines + [f"{kid} is revoked." for kid in plan.revokes]


def schedule_facts(due: Mapping[str, datetime], policy: KeyPolicy, *, automatic: bool) -> dict[str, Any]:
    """When rotations are due, and who sees to them, as JSON."""
    return {
        "automatic": automatic,
        "rotate_every": format_duration(policy.rotate_every),
        "next": {algorithm: _iso(date) for algorithm, date in due.items()},
    }


def schedule_lines(due: Mapping[str, datetime], now: datetime, *, automatic: bool) -> list[str]:
    """When rotations are due, and who sees to them, in sentences."""
    who = "by the servers themselves" if automatic else "with: idp keys rotate --if-due"
    return [
        f"{algorithm}: the next key is due now; it is published {who}."
        if date <= now
        else f"{algorithm}: the next key is published from {minute(date)}, {who}."
        for algorithm, date in due.items()
    ]


def breaks_lines(breaks: Iterable[str]) -> list[str]:
    """What will break, indented under a heading."""
    return ["This breaks:", *(f"  {sentence}" for sentence in breaks)]


def minute(moment: datetime | None) -> str:
    """A time for people, in UTC."""
    return "-" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _cells(key: KeyRecord, now: datetime) -> tuple[str, ...]:
    state = state_of(key, now)
    shown = "gone, revoked" if state is State.GONE and key.revoked_at else str(state)
    half = "sealed" if key.sealed is not None else "erased"
    times = (minute(key.activate_at), minute(key.retire_at), minute(key.remove_at))
    return (key.kid, key.algorithm, shown, *times, half)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
