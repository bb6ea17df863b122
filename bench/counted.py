"""How many statements and commits each step of the flow takes, counted where the driver runs them."""

from collections import Counter

import uvloop
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine

from bench.flow import Flow
from bench.http import Connection as Keepalive
from bench.stage import Stage
from tests.running import running_provider

STEPS = ("authorize", "token", "userinfo")


def statements(stage: Stage) -> dict[str, int]:
    """Statements of each step once client and keys are known to the process, BEGIN and COMMIT included."""
    counts: Counter[str] = Counter()
    step = [""]

    def executed(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        # The workers of the outbox and the ring of keys look now and then, whatever is being counted.
        if "outbox" not in statement and "signing_keys" not in statement:
            counts[step[0]] += 1

    def committed(connection: Connection) -> None:
        if connection.get_isolation_level() != "AUTOCOMMIT" or stage.kind == "sqlite":
            counts[step[0]] += 1

    async def one_flow(port: int) -> None:
        connection = await Keepalive.open(port)
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
        event.listen(Engine, "before_cursor_execute", executed)
        event.listen(Engine, "commit", committed)
        try:
            uvloop.run(one_flow(int(provider.issuer.rpartition(":")[2])))
        finally:
            event.remove(Engine, "before_cursor_execute", executed)
            event.remove(Engine, "commit", committed)
    return {name: counts[name] for name in STEPS}
