"""`python -m tests.hostile --requests 100000`: the long run, with its figures at the end."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests import databases
from tests.hostile.campaign import Campaign, search
from tests.hostile.ground import hostile_ground
from tests.hostile.table import table


def say(line: str) -> None:
    """Write a line, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Send them, and say what was answered. Ends with an error at the first answer that must not be."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument(
        "--requests",
        type=int,
        default=100_000,
        help="how many in all; three of five are the table's, one of thirty is hardly HTTP",
    )
    given.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    given.add_argument("--seed", type=int, default=0, help="of the choice among the table's cells")
    asked = given.parse_args()
    with ExitStack() as held:
        if asked.database == "sqlite":
            folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
            url = f"sqlite:///{databases.sqlite_template(folder)}"
        else:
            server = held.enter_context(databases.postgresql_server())
            url = held.enter_context(databases.postgresql_database(server))
        campaign = Campaign(held.enter_context(hostile_ground(url)))
        held.callback(campaign.close)
        rows, began = table(campaign.ground), time.monotonic()
        campaign.sweep(rows, asked.requests * 3 // 5, seed=asked.seed)
        swept = campaign.sent
        campaign.mangle(asked.requests // 30, seed=asked.seed)
        mangled = campaign.sent - swept
        search(campaign, asked.requests - campaign.sent)
        seconds = time.monotonic() - began
    by_status: Counter[int] = Counter()
    for (_, status), count in campaign.statuses.items():
        by_status[status] += count
    say(f"{asked.database}: {campaign.sent} requests in {seconds:.0f} s to {len(rows)} methods of routes")
    say(f"  of a table of {sum(map(len, rows))} cells {swept}, hardly HTTP {mangled}, the rest found by search")
    say(
        "  answers (0: none, where hanging up or waiting is one): "
        + ", ".join(f"{status}: {count}" for status, count in sorted(by_status.items()))
    )
    say(f"  redirects: {campaign.redirects}; to or by forms for addresses elsewhere: {dict(campaign.away)}")
    say("  no answer above 499, none to an address that is not registered")


if __name__ == "__main__":
    main()
