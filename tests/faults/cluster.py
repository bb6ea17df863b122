"""Several server processes on one database, each on a port of its own, that can be killed and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from idp.settings import Settings
from idp.store.database import Database
from keys.lifecycle import KeyPolicy, plan_rotation
from keys.sealing import Sealer
from keys.vault import Vault
from tests.faults.shared_clock import SharedClock
from tests.races.wire import BACKLOG, Line, request
from tests.running import KEK, Running, TestClock, keypair

_ROOT = Path(__file__).parents[2]


class _Clock(TestClock):
    """The servers' clock, for the shortcuts."""

    def __init__(self, clock: SharedClock) -> None:
        super().__init__()
        self._clock = clock

    def __call__(self) -> datetime:
        return self._clock()


@dataclass
class Cluster:
    """The processes, and the shortcuts of `Running` into their database."""

    running: Running
    ports: list[int]
    vault: Vault
    policy: KeyPolicy
    clock: SharedClock
    nursery: "subprocess.Popen[str]"
    pids: dict[int, int] = field(default_factory=dict)

    def start(self, number: int) -> None:
        """Start a process; whoever connects waits until it serves."""
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(f"start {number}\n")
        self.nursery.stdin.flush()
        self.pids[number] = int(self.nursery.stdout.readline())

    def kill(self, number: int) -> None:
        """`kill -9`."""
        os.kill(self.pids.pop(number), signal.SIGKILL)

    def is_up(self, number: int) -> bool:
        """Wait until the process answers."""
        line = Line(self.ports[number])
        try:
            return line.ask(request("GET", "/livez")).status == 200
        finally:
            line.close()


@contextmanager
def cluster(
    database_url: str,
    *,
    processes: int = 2,
    policy: Mapping[str, float] | None = None,
    **changed: Any,
) -> Iterator[Cluster]:
    """Start the processes and end them afterwards.

    Args:
        policy: The key policy, in seconds of the servers' clock.
    """
    listening = [socket.create_server(("127.0.0.1", 0), backlog=BACKLOG) for _ in range(processes)]
    ports = [each.getsockname()[1] for each in listening]
    given = {
        "issuer": f"http://127.0.0.1:{ports[0]}",
        "database_url": database_url,
        "key_encryption_key": KEK,
        "environment": "development",
        "port": ports[0],
        **changed,
    }
    clock = SharedClock()
    database = Database(database_url)
    vault = Vault(database.engine, Sealer(urlsafe_b64decode(KEK)).for_purpose("signing-key"))
    lasting = KeyPolicy(**{name: timedelta(seconds=value) for name, value in (policy or {}).items()})
    vault.publish(keypair(), plan_rotation((), clock(), lasting, algorithm="RS256"), lasting, now=clock())
    told = {
        "sockets": [each.fileno() for each in listening],
        "settings": given,
        "policy": dict(policy or {}),
        "clock": clock.fd,
    }
    nursery = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.nursery", json.dumps(told)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[*(each.fileno() for each in listening), clock.fd],
        cwd=_ROOT,
    )
    made = Cluster(
        Running(given["issuer"], database, Settings(**given), _Clock(clock)), ports, vault, lasting, clock, nursery
    )
    try:
        for number in range(processes):
            made.start(number)
        for number in range(processes):
            assert made.is_up(number)
        yield made
    finally:
        assert nursery.stdin is not None
        nursery.stdin.close()
        nursery.wait(20)
        assert nursery.stdout is not None
        nursery.stdout.close()
        for each in listening:
            each.close()
        os.close(clock.fd)
        database.dispose()
