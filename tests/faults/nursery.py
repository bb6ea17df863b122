"""A process that has everything imported and forks server processes, so that one starts in a tenth of a second.

It reads `start N` lines and answers with the process id of a new server on the N-th inherited socket. The servers go by
the clock of the test.
"""

import json
import os
import signal
import socket
import sys
from datetime import timedelta
from typing import Any

import psycopg  # noqa: F401  imported before the fork, as everything else
import uvicorn
import uvloop  # noqa: F401

from idp.app import build_app
from idp.settings import Settings
from keys.lifecycle import KeyPolicy
from tests.faults.shared_clock import SharedClock


def serve(listening: socket.socket, told: dict[str, Any]) -> None:
    """Be a server until killed."""
    policy = KeyPolicy(**{name: timedelta(seconds=value) for name, value in told["policy"].items()})
    settings = Settings(**told["settings"])
    app = build_app(settings, policy, clock=SharedClock(told["clock"]))
    config = uvicorn.Config(app, http="httptools", loop="uvloop", log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


def main() -> None:
    """Fork servers as told, until the test hangs up."""
    told = json.loads(sys.argv[1])
    listening = [socket.socket(fileno=fd) for fd in told["sockets"]]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    children: list[int] = []
    for line in sys.stdin:
        number = int(line.split()[1])
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(0)
            try:
                serve(listening[number], told)
            finally:
                os._exit(1)
        children.append(child)
        print(child, flush=True)  # noqa: T201  the answer
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
