"""Show that each module can fail: put every fault before a provider and see the modules turn red.

The provider has to run at the upstream address with the proxy's address as its issuer.
"""

import argparse
import os
import re
import subprocess
import sys

from conformance_tests.peers.faults import FAULTS
from conformance_tests.peers.faulty_proxy import Fault, FaultyProxy, running
from conformance_tests.peers.gifts import GIFTS

_OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR) \S+::test_(\w+)(?: - (?:Failed: )?(.*))?$", re.MULTILINE)
_RED = re.compile(r"(FAILED|ERROR) (FAILURE|WARNING): ")
_GREEN = re.compile(r"PASSED")
_CONTROL = re.compile(r"PASSED|SKIPPED")
_SKIPPED = re.compile(r"::test_(\w+) SKIPPED")


def outcomes(issuer: str, modules: tuple[str, ...], more: list[str]) -> dict[str, str]:
    """Run some modules against the proxy and tell how each ended."""
    chosen = " or ".join(f"test_{module}" for module in modules)
    command = [sys.executable, "-m", "pytest", "conformance_tests", "--issuer", issuer, "--allow-http", "-v", "-rpfE"]
    run = subprocess.run(
        [*command, "--tb=no", "-k", chosen, *more],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "COLUMNS": "400"},
    )
    ended = {name: f"{outcome} {reason}".strip() for outcome, name, reason in _OUTCOME.findall(run.stdout)}
    ended |= dict.fromkeys(_SKIPPED.findall(run.stdout), "SKIPPED")
    return {name: outcome for name, outcome in ended.items() if name in modules}


def main() -> int:
    """Run the control, every gift and every fault; the exit code is how many did not end as they should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upstream", default="http://127.0.0.1:4001", help="where the provider listens")
    parser.add_argument("--port", type=int, default=4000, help="where the proxy listens, which is the issuer's port")
    parser.add_argument("--only", default="", help="only faults with this in their name")
    own, more = parser.parse_known_args()
    proxy, issuer, wrong = FaultyProxy(own.upstream), f"http://127.0.0.1:{own.port}", 0
    with running(proxy, own.port):
        everything = tuple(sorted({module for fault in FAULTS for module in fault.modules}))
        control = Fault("nothing is broken", everything)
        for fault in (control, *GIFTS, *FAULTS):
            if own.only not in fault.name:
                continue
            proxy.fault = fault
            proxy.remembered.clear()
            # Red counts only with a verdict: a module that merely broke has noticed nothing.
            good = _CONTROL if fault is control else _GREEN if fault in GIFTS else _RED
            ended = outcomes(issuer, fault.modules, more)
            said = {name: ended.get(name, "did not run") for name in fault.modules}
            missed = [f"{name} {text}" for name, text in said.items() if not good.match(text)]
            wrong += bool(missed)
            seen = "; ".join(sorted(set(said.values())))
            sys.stdout.write(f"{'NO ' if missed else 'yes'}  {fault.name}: {', '.join(missed) or seen}\n")
            sys.stdout.flush()
    return wrong


if __name__ == "__main__":
    sys.exit(main())
