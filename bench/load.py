"""Driving flows over a number of connections, and timing each."""

import asyncio
import statistics
from dataclasses import dataclass
from time import perf_counter

import uvloop

from bench.cores import CpuMeter
from bench.flow import Flow, Seeded
from bench.http import Connection


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Times are milliseconds."""

    connections: int
    flows: int
    seconds: float
    server_ms: float
    database_ms: float
    p50: float
    p99: float

    @property
    def cpu_ms(self) -> float:
        """CPU of server and database together, for one flow."""
        return self.server_ms + self.database_ms

    @property
    def flows_per_second(self) -> float:
        """How many flows ended in a second."""
        return self.flows / self.seconds


def drive(
    port: int, seeded: Seeded, *, connections: int, seconds: float, server: CpuMeter | None, database: CpuMeter | None
) -> Measured:
    """Run flows on that many connections for some seconds.

    Raises:
        BadAnswer: Any answer was wrong. A run with one failure says nothing.
    """
    began = perf_counter()
    server_before = server.spent() if server else 0.0
    database_before = database.spent() if database else 0.0
    times = uvloop.run(_drive(port, seeded, connections, seconds))
    took = perf_counter() - began
    server_spent = (server.spent() if server else 0.0) - server_before
    database_spent = (database.spent() if database else 0.0) - database_before
    percentiles = statistics.quantiles(times, n=100)
    return Measured(
        connections,
        len(times),
        took,
        server_spent / len(times) * 1000,
        database_spent / len(times) * 1000,
        statistics.median(times),
        percentiles[98],
    )


async def _drive(port: int, seeded: Seeded, connections: int, seconds: float) -> list[float]:
    until = perf_counter() + seconds
    times: list[float] = []

    async def one(session: str) -> None:
        connection = await Connection.open(port)
        flow = Flow(f"127.0.0.1:{port}", seeded, session)
        try:
            while (started := perf_counter()) < until:
                await flow.run(connection)
                times.append((perf_counter() - started) * 1000)
        finally:
            connection.close()

    await asyncio.gather(*(one(seeded.sessions[place % len(seeded.sessions)]) for place in range(connections)))
    return times
