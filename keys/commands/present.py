"""The keys that there are: making the first one, and showing them all."""

from typing import Annotated

import typer

from keys import report
from keys.commands.console import Bits, Json, check_bits, opened, say, show, time_now
from keys.lifecycle import Algorithm, usable


def init(
    context: typer.Context,
    algorithm: Annotated[Algorithm, typer.Option(help="What the key signs with.")] = Algorithm.RS256,
    bits: Bits = None,
    as_json: Json = False,
) -> None:
    """Make the first key of an algorithm. The first of all signs at once; running it again does nothing."""
    with opened(context) as here:
        from keys.rotation import Outcome, rotate

        check_bits(bits)
        present = usable(here.vault.all(), now := time_now(), algorithm=algorithm)
        if not present:
            rotation = rotate(here.vault, here.policy, time_now, algorithm=algorithm, bits=bits)
            if rotation.outcome is Outcome.PUBLISHED and rotation.key:
                say(report.rotation_lines(rotation, rotation.key.created_at))
                facts = {"created": report.key_facts(rotation.key, rotation.key.created_at)}
                show(facts, rotation.key.kid, as_json=as_json)
                return
            present = usable(here.vault.all(), now := time_now(), algorithm=algorithm)
        say([f"There are {algorithm} keys already; nothing was done. To replace one run: idp keys rotate"])
        show({"created": None, "keys": [report.key_facts(key, now) for key in present]}, "", as_json=as_json)


def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """Show every key with its state and its dates, and when the next one is due."""
    with opened(context) as here:
        from keys.rotation import next_due

        keys, now = here.vault.all(), time_now()
        if not keys:
            say(["There are no keys yet. Run: idp keys init"])
        due = next_due(keys, here.policy, now)
        facts = {
            "keys": [report.key_facts(key, now) for key in keys],
            "schedule": report.schedule_facts(due, here.policy, automatic=here.rotates_automatically),
        }
        show(facts, report.key_table(keys, now) if keys else "", as_json=as_json)
        say(report.schedule_lines(due, now, automatic=here.rotates_automatically))
