"""What signs in whoever asks is never part of a server that runs for real."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["idp.app", "idp.commands.serve", "idp.__main__"])
def test_the_playground_is_not_imported_by_a_server(module: str) -> None:
    program = f"import sys, {module}; print([name for name in sys.modules if name.startswith('idp.dev')])"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
