"""`python -m bench`: what a sign-in costs here, as a multiple of one RSA-2048 signature of the same run."""

import argparse
import json
import os
import platform
import statistics
import sys
from dataclasses import asdict, dataclass, field
from typing import Any

from bench import counted, profiled
from bench.cores import CpuMeter, driving_on, memory_mib, pin, split
from bench.http import BadAnswer
from bench.load import Measured, drive
from bench.signature import signature_ms
from bench.stage import Stage, analyse, serving, staged

CONNECTIONS = (1, 8, 32)
STARTS = 5
SERVER = ("-m", "idp", "serve")


@dataclass(slots=True)
class Result:
    """All that was found out with one database."""

    database: str
    about: str
    statements: dict[str, int]
    runs: list[Measured] = field(default_factory=list)
    signatures_ms: list[float] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    starts_cpu_s: list[float] = field(default_factory=list)
    idle_mib: tuple[float, float] = (0.0, 0.0)
    loaded_mib: tuple[float, float] = (0.0, 0.0)

    @property
    def signature(self) -> float:
        """One signature, in CPU milliseconds: the median of what was measured between the runs."""
        return statistics.median(self.signatures_ms)


def main() -> int:
    """Measure and print. Only a wrong answer makes it fail: times are for people to judge."""
    asked = _arguments()
    kinds = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    results = []
    try:
        for kind in kinds:
            with staged(kind) as stage:
                if asked.profile:
                    profiled.show(stage, seconds=asked.seconds)
                else:
                    results.append(_measure(stage, asked.seconds))
                    if not asked.json:
                        _show(results[-1])
    except BadAnswer as failure:
        print(f"the flow failed: {failure}", file=sys.stderr)
        return 1
    if asked.json and not asked.profile:
        print(json.dumps([_document(result) for result in results], indent=2))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seconds", type=float, default=8, help="length of each run (default: 8)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--profile", action="store_true", help="show where the time of the server goes instead")
    return parser.parse_args()


def _measure(stage: Stage, seconds: float) -> Result:
    result = Result(stage.kind, stage.about, counted.statements(stage))
    cores = split()
    if cores:
        for process in stage.processes:
            pin(process, cores[0])
    for _ in range(STARTS):
        with serving(stage, *SERVER) as (process, _, ready_after):
            result.starts_s.append(ready_after)
            result.starts_cpu_s.append(sum(process.cpu_times()[:2]))
    with serving(stage, *SERVER) as (process, port, _), driving_on(cores[1] if cores else None):
        if cores:
            pin(process, cores[0])
        server, database = CpuMeter([process]), CpuMeter(stage.processes)
        drive(port, stage.seeded, connections=8, seconds=2, server=None, database=None)
        analyse(stage)
        result.idle_mib = memory_mib(process)
        result.signatures_ms.append(_signature(cores))
        for connections in CONNECTIONS:
            measured = drive(
                port, stage.seeded, connections=connections, seconds=seconds, server=server, database=database
            )
            result.runs.append(measured)
            result.signatures_ms.append(_signature(cores))
        result.loaded_mib = memory_mib(process)
    return result


def _signature(cores: tuple[set[int], set[int]] | None) -> float:
    """Measured on the core of the server, which is idle between two runs."""
    if not cores:
        return signature_ms()
    os.sched_setaffinity(0, cores[0])
    try:
        return signature_ms()
    finally:
        os.sched_setaffinity(0, cores[1])


def _show(result: Result) -> None:
    print(f"\n{result.database} ({result.about}), Python {platform.python_version()}, {os.cpu_count()} cores")
    print(f"one RSA-2048 signature: {result.signature:.3f} ms CPU")
    steps = ", ".join(f"{name} {count}" for name, count in result.statements.items())
    print(f"statements per flow: {sum(result.statements.values())} ({steps})\n")
    print("connections  x signature  CPU ms  server  database  flows/s  p50 ms  p99 ms")
    for run in result.runs:
        print(
            f"{run.connections:>11}  {run.cpu_ms / result.signature:>11.1f}  {run.cpu_ms:>6.2f}  {run.server_ms:>6.2f}"
            f"  {run.database_ms:>8.2f}  {run.flows_per_second:>7.0f}  {run.p50:>6.1f}  {run.p99:>6.1f}"
        )
    for name, (rss, pss) in (("idle", result.idle_mib), ("after load", result.loaded_mib)):
        print(f"memory of the worker, {name}: {rss:.0f} MiB resident, {pss:.0f} MiB proportional")
    wall, cpu = statistics.median(result.starts_s), statistics.median(result.starts_cpu_s)
    print(f"cold start: {wall:.2f} s, of which {cpu:.2f} s are CPU, median of {len(result.starts_s)}")


def _document(result: Result) -> dict[str, Any]:
    return {**asdict(result), "signature_ms": result.signature} | {
        "runs": [
            {**asdict(run), "cpu_ms": run.cpu_ms, "multiple": run.cpu_ms / result.signature} for run in result.runs
        ]
    }


if __name__ == "__main__":
    sys.exit(main())
