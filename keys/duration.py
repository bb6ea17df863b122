"""Durations as operators write them: "10s", "15min", "1h", "90d", "1h30min", or ISO 8601 such as "PT15M"."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = r"(\d{1,6})\s*(ms|s|min|h|d|w)"
_HUMAN = re.compile(rf"(?:{_PART}\s*)+")
# Years and months are left out: neither has a fixed length.
_ISO = re.compile(r"P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?")


def parse_duration(text: str) -> timedelta:
    """Read a duration written by a person.

    A number without a unit is refused: "60" meant seconds to one operator and minutes to the next.

    Raises:
        ValueError: Not a duration in one of the two forms. The sentence does not repeat the input.
    """
    written = text.strip()
    if _HUMAN.fullmatch(written):
        return sum((int(count) * _UNITS[unit] for count, unit in re.findall(_PART, written)), timedelta())
    iso = _ISO.fullmatch(written)
    if iso and any(iso.groups()):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    raise ValueError('must be a duration such as "10s", "15min", "1h", "90d" or "PT15M"')


def format_duration(duration: timedelta) -> str:
    """Write a duration the way `parse_duration` reads it, in the largest units that fit: "1h30min"."""
    rest, written = duration, ""
    for unit in ("d", "h", "min", "s", "ms"):
        count, rest = divmod(rest, _UNITS[unit])
        written += f"{count}{unit}" if count else ""
    return written or "0s"


def _read(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_read), PlainSerializer(format_duration, return_type=str)]
"""A `timedelta` field of a settings model that accepts the written forms."""
