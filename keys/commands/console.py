"""How the commands speak and what they work on: data on stdout, words on stderr, and the vault of this installation."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from keys.lifecycle import KeyPolicy
    from keys.vault import Vault

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
Bits = Annotated[int | None, typer.Option("--bits", help="RSA size: 2048, 3072 or 4096.")]


def described(sentence: str, *examples: str) -> str:
    """What a command does, then examples on lines of their own (the backspace keeps them from being filled)."""
    return "\n".join([sentence, "", "\b", *examples])


@dataclass(frozen=True, slots=True)
class Installation:
    """What the commands work on: the keys, how long each of their states lasts, and whether servers rotate them."""

    vault: "Vault"
    policy: "KeyPolicy"
    rotates_automatically: bool


@contextmanager
def opened(context: typer.Context) -> Iterator[Installation]:
    """This installation; refusals become a sentence and an exit status.

    Who mounts the commands may have left something that makes the witness of changes (`keys.commands.commands`).
    """
    from keys.settings import KeySettings, KeySettingsError

    try:
        settings = KeySettings.from_environment()
    except KeySettingsError as error:
        refuse(str(error), status=2)
    from keys.revocation import UnknownKey
    from keys.sealing import Sealer
    from keys.vault import SIGNING_KEY_PURPOSE, VaultError, connect

    try:
        box = Sealer(settings.kek()).for_purpose(SIGNING_KEY_PURPOSE)
        vault = connect(settings.database_url.get_secret_value(), box, context.obj() if context.obj else None)
        yield Installation(vault, settings.policy(), settings.keys_rotate_automatically)
    except (VaultError, UnknownKey) as error:
        refuse(f"keys: {error}")


def check_bits(bits: int | None) -> None:
    """End the command if no RSA keys of this size are made."""
    from keys.keypair import RSA_BITS

    if bits is not None and bits not in RSA_BITS:
        refuse(f"--bits must be one of {', '.join(map(str, RSA_BITS))}.", status=2)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone. Without a terminal nobody can answer, so `--yes` is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        refuse("Nothing was done. Confirm with --yes.")
    if not typer.confirm(question, err=True):
        refuse("Nothing was done.")


def show(facts: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print what a program may read on: the facts as JSON, or the text, if there is any."""
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
    elif text:
        typer.echo(text)


def say(lines: Iterable[str]) -> None:
    """Tell the person at the terminal."""
    for line in lines:
        typer.echo(line, err=True)


def refuse(sentence: str, *, status: int = 1) -> NoReturn:
    """Say what is wrong and what to do, and end the command."""
    typer.echo(sentence, err=True)
    raise typer.Exit(status)


def time_now() -> datetime:
    """The time of day: a command is where it comes in."""
    return datetime.now(UTC)  # noqa: TID251 - as the first line says
