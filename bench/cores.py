"""Server and database on one core, the driver on another, where the platform lets us say so."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil


def split() -> tuple[set[int], set[int]] | None:
    """A core for what is measured and one for the driver; None where there is nothing to choose."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    allowed = sorted(os.sched_getaffinity(0))
    return ({allowed[0]}, {allowed[-1]}) if len(allowed) > 1 else None


def pin(process: psutil.Process, cores: Iterable[int]) -> None:
    """Keep a process, its threads and its children on these cores; new children inherit it."""
    for one in (process, *process.children(recursive=True)):
        # Whatever has ended in the meantime needs no core.
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            for thread in one.threads():
                os.sched_setaffinity(thread.id, set(cores))


@contextmanager
def driving_on(cores: set[int] | None) -> Iterator[None]:
    """Keep this process on these cores for a while; what it starts meanwhile inherits them."""
    before = os.sched_getaffinity(0) if cores else set()
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        if cores:
            os.sched_setaffinity(0, before)


class CpuMeter:
    """CPU time of processes and of all that they have started, ended children included."""

    def __init__(self, roots: Iterable[psutil.Process]) -> None:
        self._roots = list(roots)
        self._before = self._now()

    def spent(self) -> float:
        """Seconds since the meter was made."""
        return self._now() - self._before

    def _now(self) -> float:
        total = 0.0
        for root in self._roots:
            own = root.cpu_times()
            total += own.user + own.system + own.children_user + own.children_system
            for child in root.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    times = child.cpu_times()
                    total += times.user + times.system + times.children_user + times.children_system
        return total


def memory_mib(root: psutil.Process) -> tuple[float, float]:
    """Resident and proportional set size of a process and its children, in MiB."""
    infos = [process.memory_full_info() for process in (root, *root.children(recursive=True))]
    return sum(i.rss for i in infos) / 2**20, sum(getattr(i, "pss", i.rss) for i in infos) / 2**20
