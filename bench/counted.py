"""How many statements and commits each step of the flow takes, counted where the driver runs them."""

from collections import Counter

import uvloop
from sqlalchemy import event
from sqlalchemy.engine import Engine

from bench.flow import Flow
from bench.http import Connection
from bench.stage import Stage
from tests.running import running_provider

STEPS = ("authorize", "token", "userinfo")


def statements(stage: Stage) -> dict[str, int]:
    """Statements of each step once client and keys are known to the process, BEGIN and COMMIT included."""
    counts: Counter[str] = Counter()
    step = [""]

    def counted(*_: object) -> None:
        counts[step[0]] += 1

    async def one_flow(port: int) -> None:
        connection = await Connection.open(port)
        flow = Flow(f"127.0.0.1:{port}", stage.seeded, stage.seeded.sessions[0])
        for name in ("", "counted"):
            named = dict(zip(STEPS, STEPS, strict=True)) if name else dict.fromkeys(STEPS, "")
            step[0] = named["authorize"]
            code = await flow.authorize(connection, "v" * 43, "state", "nonce")
            step[0] = named["token"]
            token = await flow.exchange(connection, code, "v" * 43)
            step[0] = named["userinfo"]
            await flow.userinfo(connection, token)
        step[0] = ""
        connection.close()

    with running_provider(stage.url) as provider:
        event.listen(Engine, "before_cursor_execute", counted)
        event.listen(Engine, "commit", counted)
        try:
            uvloop.run(one_flow(int(provider.issuer.rpartition(":")[2])))
        finally:
            event.remove(Engine, "before_cursor_execute", counted)
            event.remove(Engine, "commit", counted)
    return {name: counts[name] for name in STEPS}
