"""The keys that there are: making the first one, and showing them all."""

from typing import Annotated

import typer

from keys import report
from keys.commands.console import Bits, Json, check_bits, opened, say, show, time_now
from keys.lifecycle import Algorithm, usable


def init(
    algorithm: Annotated[Algorithm, typer.Option(help="What the key signs with.")] = Algorithm.RS256,
    bits: Bits = None,
    as_json: Json = False,
) -> None:
    """Make the first key. It signs at once when it is the first of all; running it again does nothing."""
    with opened() as (vault, policy):
        from keys.rotation import Outcome, rotate

        check_bits(bits)
        present = usable(vault.all(), now := time_now(), algorithm=algorithm)
        if not present:
            rotation = rotate(vault, policy, time_now, algorithm=algorithm, bits=bits)
            if rotation.outcome is Outcome.PUBLISHED and rotation.key:
                say(report.rotation_lines(rotation, rotation.key.created_at))
                facts = {"created": report.key_facts(rotation.key, rotation.key.created_at)}
                show(facts, rotation.key.kid, as_json=as_json)
                return
            present = usable(vault.all(), now := time_now(), algorithm=algorithm)
        say([f"There are {algorithm} keys already; nothing was done. To replace one run: idp keys rotate"])
        show({"created": None, "keys": [report.key_facts(key, now) for key in present]}, "", as_json=as_json)


def list_keys(as_json: Json = False) -> None:
    """Show every key with its state and its dates."""
    with opened() as (vault, _):
        keys, now = vault.all(), time_now()
        if not keys:
            say(["There are no keys yet. Run: idp keys init"])
        facts = {"keys": [report.key_facts(key, now) for key in keys]}
        show(facts, report.key_table(keys, now) if keys else "", as_json=as_json)
