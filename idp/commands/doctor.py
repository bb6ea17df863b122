"""`idp doctor`: find out what is wrong, and what to do about it."""

from dataclasses import asdict

import typer

from idp.clock import utc_now
from idp.commands.checks import Finding, Level, examine
from idp.commands.console import FAILED, AsJson, coloured, say, show_json

_MARKS = {Level.OK: ("ok  ", 32), Level.WARNING: ("warn", 33), Level.BROKEN: ("FAIL", 31)}


def doctor(as_json: AsJson = False) -> None:
    """Look at settings, database, keys, clock, issuer, mail and hashing. Exit status 1 if something is broken.

    \b
    Examples:
      idp doctor
      idp doctor --json
    """  # noqa: D301 - \\b is the mark for lines that stay as they are
    from idp.settings import Settings, SettingsError

    findings: list[Finding] = []
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        findings = [Finding(Level.BROKEN, "settings", f"{one.name} {one.sentence}") for one in error.problems]
        for finding in findings:
            _show(finding, as_json=as_json)
    else:
        for finding in examine(settings, now=utc_now):
            findings.append(finding)
            _show(finding, as_json=as_json)
    broken = sum(finding.level is Level.BROKEN for finding in findings)
    if as_json:
        show_json({"healthy": not broken, "findings": [asdict(finding) for finding in findings]})
    say(f"{broken} broken." if broken else "Nothing is broken.")
    if broken:
        raise typer.Exit(FAILED)


def _show(finding: Finding, *, as_json: bool) -> None:
    """Print as it is found: the slow checks come last."""
    if as_json:
        return
    mark, colour = _MARKS[finding.level]
    print(f"{coloured(mark, colour)}  {finding.subject:<12}  {finding.sentence}", flush=True)
    if finding.fix:
        print(f"{'':<20}to do: {finding.fix}")
