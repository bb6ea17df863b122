"""How commands speak: tables or JSON on standard output, words on standard error, and what to run next."""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NoReturn

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

FAILED = 1
MISUSED = 2
UNCONFIGURED = 78
"""Exit statuses; the last is EX_CONFIG of sysexits.h, which process managers do not retry."""


def commands(sentence: str, examples: Iterable[str]) -> typer.Typer:
    """A group of commands whose help starts with examples."""
    shown = "\n".join(f"  {example}" for example in examples)
    return typer.Typer(
        help=f"{sentence}\n\n\b\nExamples:\n{shown}",
        short_help=sentence,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


def say(sentence: str) -> None:
    """Tell the person at the terminal."""
    print(sentence, file=sys.stderr)


def fail(sentence: str, *, status: int = FAILED) -> NoReturn:
    """Say what is wrong and what to do, and end the command."""
    say(f"idp: {sentence}")
    raise typer.Exit(status)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that cannot be undone. Without a terminal nobody can answer, so `--yes` is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{question} Say so with --yes.", status=MISUSED)
    if not typer.confirm(question, err=True):
        fail("nothing was changed")


def show_json(document: object) -> None:
    """Print a document; times in RFC 3339."""
    print(json.dumps(document, indent=2, ensure_ascii=False, default=_plain))


def show_record(record: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing, a line for each member."""
    if as_json:
        show_json(record)
        return
    width = max((len(name) for name in record), default=0)
    for name, value in record.items():
        print(f"{name:<{width}}  {_cell(value)}".rstrip())


def show_table(columns: Sequence[str], records: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print many things, a line for each. In JSON a record keeps members that the table has no column for."""
    if as_json:
        show_json(records)
        return
    rows = [[column.upper().replace("_", " ") for column in columns]]
    rows += [[_cell(record.get(column)) for column in columns] for record in records]
    widths = [max(len(row[place]) for row in rows) for place in range(len(columns))]
    for row in rows:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def coloured(text: str, colour: int) -> str:
    """Text in an ANSI colour, if standard output is a terminal that wants it (https://no-color.org)."""
    wanted = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return f"\x1b[{colour}m{text}\x1b[0m" if wanted else text


def _cell(value: object) -> str:
    """A value on one line. What people registered may hold terminal control sequences, so only printables pass."""
    match value:
        case None:
            text = "-"
        case bool():
            text = "yes" if value else "no"
        case datetime():
            text = value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        case list() | tuple():
            text = " ".join(str(part) for part in value) or "-"
        case _:
            text = str(value)
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(type(value).__name__)
