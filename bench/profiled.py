"""Where the time of the server goes: the provider under cProfile in each of its threads, summed up by package."""

import atexit
import cProfile
import pstats
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from bench.load import drive
from bench.stage import Stage, analyse, serving

_PACKAGES = (
    *("sqlalchemy", "psycopg", "starlette", "uvicorn", "anyio", "authlib", "joserfc", "cryptography", "sqlite3"),
    *("asyncio", "logging", "json", "urllib", "concurrent", "threading"),
)
_IN_C = {"sign": "signature", "psycopg": "psycopg", "sqlite3": "sqlite3", "_hashlib": "hashing", "uvloop": "uvloop"}


def show(stage: Stage, *, seconds: float) -> None:
    """Run the flow under the profiler and print the shares, then the functions that cost most."""
    with tempfile.TemporaryDirectory() as directory:
        with serving(stage, "-m", "bench.profiled", directory) as (_, port, _):
            drive(port, stage.seeded, connections=8, seconds=1, server=None, database=None)
            analyse(stage)
            flows = drive(port, stage.seeded, connections=8, seconds=seconds, server=None, database=None).flows
        files = [str(file) for file in Path(directory).glob("*.prof")]
        stats = pstats.Stats(*files)
    shares: dict[str, float] = defaultdict(float)
    for function, (_, _, own, _, callers) in stats.stats.items():  # type: ignore[attr-defined]
        for place, spent in _places(function, own, callers):
            shares[place] += spent
    total = sum(shares.values())
    print(f"\n{stage.kind}: {total / flows * 1000:.2f} ms CPU per flow under the profiler, the start included")
    for place, spent in sorted(shares.items(), key=lambda share: -share[1])[:24]:
        print(f"{spent / total:>6.1%}  {place}")
    stats.sort_stats("tottime").print_stats(45)


def _places(function: Any, own: float, callers: dict[Any, Any]) -> list[tuple[str, float]]:
    """The packages to charge; what is written in C is charged to its caller, unless it has a name of its own here."""
    file, _, name = function
    if file != "~":
        return [(_package(file), own)]
    if "SimpleQueue" in name:
        # A thread waits here when it is stopped by another, whose clock is another one.
        return []
    for word, place in _IN_C.items():
        if word in name:
            return [(place, own)]
    return [(_package(caller[0]), spent[2]) for caller, spent in callers.items()]


def _package(file: str) -> str:
    parts = Path(file).parts
    for root in ("idp", "keys"):
        if root in parts and "site-packages" not in parts:
            return ".".join(parts[parts.index(root) :][:2]).removesuffix(".py")
    return next((package for package in _PACKAGES if package in parts), "python")


class _EveryThread:
    """A profiler in each thread, switched on by the first thing that the thread does."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._profiles: list[cProfile.Profile] = []

    def start(self) -> None:
        """Profile this thread and all that begin after it."""
        threading.setprofile(self._begin)
        self._begin()
        atexit.register(self._save)

    def _begin(self, *_: object) -> None:
        sys.setprofile(None)
        # The thread's own CPU time: a thread that waits, for the database or the interpreter lock, spends none.
        profile = cProfile.Profile(time.thread_time)
        self._profiles.append(profile)
        profile.enable()

    def _save(self) -> None:
        for number, profile in enumerate(self._profiles):
            profile.create_stats()
            profile.dump_stats(f"{self._directory}/{number}.prof")


def _main() -> None:
    from idp.__main__ import app

    # uvicorn ends by raising the signal that stopped it once more; what is saved at exit needs a real exit.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _EveryThread(sys.argv[1]).start()
    app(["serve"])


if __name__ == "__main__":
    _main()
