"""Runs the scripts of `openid-client/`, and sends a browser where they ask for one."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.clients.web_browser import WebBrowser
from tests.released import node_with

FOLDER = Path(__file__).parent / "openid-client"


def run(script: str, browser: WebBrowser | None, **given: Any) -> dict[str, Any]:
    """Run a script to its end; gives what it has to tell.

    Args:
        browser: Where the person is whom the script sends to the provider.
        given: What the script is told: `issuer`, `clientId` and so on.
    """
    with subprocess.Popen(
        [node_with("openid-client"), FOLDER / f"{script}.mjs"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            _say(process, given)
            for line in process.stdout:
                said = json.loads(line)
                if "facts" in said:
                    facts: dict[str, Any] = said["facts"]
                    return facts
                assert "failed" not in said, said["failed"]
                assert browser is not None, said
                _say(process, {"arrived": browser.visit(said["visit"])})
            raise AssertionError(process.stderr.read())
        finally:
            process.kill()


def _say(process: "subprocess.Popen[str]", message: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()
