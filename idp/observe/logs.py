"""Structured logs on the standard library: one line for each event, as JSON or for people, with the request's id."""

import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Literal, TextIO

from idp.observe.redaction import redacted, scrubbed
from idp.observe.request_id import request_id

ACCESS = "idp.access"
"""The logger of the one line for each request; `access_line` writes to it."""

NEVER_BELOW: Mapping[str, int] = MappingProxyType(
    {
        # Authlib logs whole tokens at DEBUG.
        "authlib": logging.INFO,
        # SQLAlchemy logs the values of statements at INFO; HTTP clients log addresses, and codes stand in addresses.
        "sqlalchemy": logging.WARNING,
        "httpx2": logging.WARNING,
        "httpcore2": logging.WARNING,
        "httpx": logging.WARNING,
        "httpcore": logging.WARNING,
        "hpack": logging.WARNING,
        "asyncio": logging.INFO,
        "python_multipart": logging.INFO,
        "alembic": logging.WARNING,
        # The server program's own lines name whole paths with their queries; ours name the route.
        "uvicorn.access": logging.CRITICAL,
    }
)
"""Families of loggers that stay above a level, whatever the operator asks for."""

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_quoted = json.encoder.encode_basestring_ascii
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=str).encode

_access_log = logging.getLogger(ACCESS)


def configure(
    *, level: str = "INFO", form: Literal["json", "text"] = "json", access: bool = True, stream: TextIO | None = None
) -> None:
    """Set up logging for this process. Replaces what was set up before, the server program's handlers included.

    Args:
        level: The least severe level written.
        form: One JSON object for each line, or words for people.
        access: Whether there is a line for each request.
        stream: Standard error unless given.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else PlainLines())
    handler.addFilter(_quiet_enough)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for family, least in NEVER_BELOW.items():
        logging.getLogger(family).setLevel(max(least, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    _access_log.setLevel(logging.INFO if access else logging.CRITICAL)
    # Who called costs more to find out than the line to write, and the name of the logger says it well enough.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001  the switch that the standard library documents for this


def access_line(method: str, route: str, status: int, milliseconds: float) -> None:
    """Write the line of one request. `route` is the path as declared: real paths hold ids, and queries hold secrets."""
    if _access_log.isEnabledFor(logging.INFO):
        _access_log.info("%s %s %d %s ms", method, route, status, milliseconds)


class JsonLines(logging.Formatter):
    """One JSON object for each event."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end. A JSON string has no line breaks, so nothing can pose as a second event."""
        match record.args:
            case (method, route, status, spent) if record.name == ACCESS:
                # On the hot path: the same as below, in a third of the time.
                return (
                    f'{{"time":"{_time(record.created)}","level":"{record.levelname}","logger":"{ACCESS}",'
                    f'"request_id":"{request_id.get()}","method":{_quoted(str(method))},"route":{_quoted(str(route))},'
                    f'"status":{status:d},"ms":{spent}}}'
                )
        line: dict[str, object] = {
            "time": _time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "request_id": request_id.get() or None,
        }
        line["event"] = scrubbed(record.getMessage())
        line |= _fields(record)
        if record.exc_info:
            line["traceback"] = scrubbed(self.formatException(record.exc_info))
        return _encode(line)


class PlainLines(logging.Formatter):
    """One line for each event, for reading; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        is_access = record.name == ACCESS
        said = record.getMessage() if is_access else scrubbed(record.getMessage())
        fields = {} if is_access else _fields(record)
        words = [said, *(f"{name}={_encode(value)}" for name, value in fields.items())]
        reference = request_id.get()
        words += [f"request_id={reference}"] if reference else []
        line = f"{_time(record.created)} {record.levelname:<7} {record.name}: {_CONTROLS.sub('?', ' '.join(words))}"
        if record.exc_info:
            line += "\n" + scrubbed(self.formatException(record.exc_info))
        return line


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """What the caller passed as `extra`."""
    return {name: redacted(name, value) for name, value in vars(record).items() if name not in _OWN}


def _quiet_enough(record: logging.LogRecord) -> bool:
    """Hold the pins also where somebody has set the level of a logger further down its family."""
    family = record.name.partition(".")[0]
    return record.levelno >= NEVER_BELOW.get(record.name, NEVER_BELOW.get(family, 0))


def _time(created: float) -> str:
    seconds = int(created)
    return f"{_second(seconds)}.{int((created - seconds) * 1000):03d}Z"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
