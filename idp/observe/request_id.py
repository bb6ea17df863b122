"""The id of the request being served: in the response, in the log, and on the page as the reference."""

from __future__ import annotations

import secrets
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")


def new_request_id() -> str:
    """Name a request. Never taken from the caller, who could otherwise write into the log of somebody else."""
    return secrets.token_hex(8)
