"""Operator commands for the signing keys: `python -m keys`, and `idp keys`, where the server mounts `app`.

Data goes to stdout, messages to stderr. Exit status: 0 done or nothing to do, 1 refused, 2 wrong settings or usage.
What is heavy to import (the database, cryptography) is imported by the commands, so that help is quick.
"""

import typer

from keys.commands import present, removal, rotate
from keys.commands.console import described

app = typer.Typer(
    help="Signing keys: make the first one, rotate, revoke, prune.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

app.command(
    "init",
    help=described(
        "Make the first key. It signs at once when it is the first of all; running it again does nothing.",
        "idp keys init",
        "idp keys init --algorithm ES256",
    ),
)(present.init)
app.command(
    "list",
    help=described(
        "Show every key with its state and its dates.",
        "idp keys list",
        "idp keys list --json",
    ),
)(present.list_keys)
app.command(
    "rotate",
    help=described(
        "Publish the next key. It takes over by itself when every relying party can have seen it.",
        "idp keys rotate --dry-run",
        "idp keys rotate",
        "idp keys rotate --if-due          (for a daily schedule)",
        "idp keys rotate --emergency       (a private key has leaked)",
    ),
)(rotate.rotate)
app.command(
    "revoke",
    help=described(
        "Make one key gone at once, and erase its private half.",
        "idp keys revoke KID",
        "idp keys rotate --emergency       (instead, when the key that signs has leaked)",
    ),
)(removal.revoke)
app.command(
    "prune",
    help=described(
        "Erase the private halves of retired keys and delete keys that have left the JWKS. Breaks nothing.",
        "idp keys prune                    (for a daily schedule)",
    ),
)(removal.prune)
