"""Where templates and static files are: beside the packages in a checkout, inside the package in a wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Kind = Literal["templates", "static"]

_PACKAGE = Path(__file__).resolve().parent.parent


def assets_dir(kind: Kind) -> Path:
    """The directory of the templates, or of the static files.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    for candidate in (_PACKAGE / "_assets" / kind, _PACKAGE.parent / kind):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"the {kind} of the pages are missing from this installation")
