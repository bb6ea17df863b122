"""Operator commands for the signing keys: `python -m keys`, and `idp keys`, where the server mounts `app`.

Data goes to stdout, messages to stderr. Exit status: 0 done or nothing to do, 1 refused, 2 wrong settings or usage.
What is heavy to import (the database, cryptography) is imported by the commands, so that help is quick.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from keys.commands import present, removal, rotate
from keys.commands.console import described

if TYPE_CHECKING:
    from keys.vault import Witness


def commands(witness: "Callable[[], Witness] | None" = None) -> typer.Typer:
    """The commands.

    Args:
        witness: Makes what is told of every change, when a command needs it.
    """

    def remember(context: typer.Context) -> None:
        context.obj = witness

    app = typer.Typer(
        callback=remember,
        help="Signing keys: make the first one, rotate, revoke, prune.",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    for name, run, help_text in _COMMANDS:
        app.command(name, help=help_text)(run)
    return app


_COMMANDS: tuple[tuple[str, Callable[..., None], str], ...] = (
    (
        "init",
        present.init,
        described(
            "Make the first key of an algorithm. The first key of all signs at once; that of a further algorithm is "
            "published first, and signs when every cached JWKS has it. Running it again does nothing.",
            "idp keys init",
            "idp keys init --algorithm ES256",
        ),
    ),
    (
        "list",
        present.list_keys,
        described(
            "Show every key with its state and its dates, and when the next one is due.",
            "idp keys list",
            "idp keys list --json",
        ),
    ),
    (
        "rotate",
        rotate.rotate,
        described(
            "Publish the next key. It takes over by itself when every relying party can have seen it. "
            "Servers do this themselves when it is due, unless IDP_KEYS_ROTATE_AUTOMATICALLY is false.",
            "idp keys rotate --dry-run",
            "idp keys rotate",
            "idp keys rotate --if-due          (for a daily schedule)",
            "idp keys rotate --emergency       (a private key has leaked)",
        ),
    ),
    (
        "revoke",
        removal.revoke,
        described(
            "Make one key gone at once, and erase its private half.",
            "idp keys revoke KID",
            "idp keys rotate --emergency       (instead, when the key that signs has leaked)",
        ),
    ),
    (
        "prune",
        removal.prune,
        described(
            "Erase the private halves of retired keys and delete keys that have left the JWKS. Breaks nothing.",
            "idp keys prune                    (for a daily schedule)",
        ),
    ),
)
