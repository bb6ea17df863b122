"""Software that npm ships, for tests with it: `package.json` beside this file names it, with exact versions."""

import shutil
from pathlib import Path

import pytest

_INSTALLED = Path(__file__).parent / "node_modules"


def node_with(package: str) -> str:
    """The program that runs JavaScript, on a machine that has this package too.

    Without them what asks does not run; the end of the run names it, and with `CI` set it has failed.
    """
    node = shutil.which("node")
    if node is None or not (_INSTALLED / package).is_dir():
        pytest.skip(f"Node.js with {package} is not installed: npm ci --prefix {_INSTALLED.parent.name}")
    return node
