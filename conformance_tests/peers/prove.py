"""Show that each module can fail: put every fault before a provider and see the modules turn red.

The provider has to run at the upstream address with the proxy's address as its issuer.
"""

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from conformance_tests.peers.faults import FAULTS
from conformance_tests.peers.faulty_proxy import Fault, FaultyProxy, running
from conformance_tests.peers.gifts import GIFTS
from conformance_tests.plans import PROFILES, variants_of

_FOLDER = Path(__file__).parent.parent
_OUTCOME = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED) \S+::test_(\S+\])(?: - (?:Failed: )?(.*))?$", re.MULTILINE)
_WORTH_SHARING = 6
_RED = re.compile(r"(FAILED|ERROR) (FAILURE|WARNING): ")
_GREEN = re.compile(r"PASSED")
_CONTROL = re.compile(r"PASSED|SKIPPED")


def places() -> dict[str, Path]:
    """The file of every module."""
    found = {path: re.findall(r"^def test_(\w+)", path.read_text(), re.MULTILINE) for path in _FOLDER.glob("test_*.py")}
    return {module: path for path, modules in found.items() for module in modules}


def in_a_pass(module: str) -> str:
    """A module with the pass that it is to be run in."""
    return module if "[" in module else f"{module}[{variants_of(module, 'code', PROFILES)[0].name}]"


def outcomes(modules: tuple[str, ...], options: list[str]) -> dict[str, str]:
    """Run some modules against the proxy and tell how each ended."""
    where = places()
    chosen = [f"{where[module.partition('[')[0]]}::test_{module}" for module in modules]
    several = ["-n", "4"] if len(chosen) > _WORTH_SHARING else []
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rpfEs", "--no-fold-skipped", "--tb=no", *several, *options, *chosen],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "COLUMNS": "400"},
    )
    return {name: f"{outcome} {reason}".strip() for outcome, name, reason in _OUTCOME.findall(run.stdout)}


def judged(fault: Fault, options: list[str], good: re.Pattern[str]) -> bool:
    """Run the modules of a fault, say how they ended, and tell whether each ended as it should."""
    modules = tuple(in_a_pass(module) for module in fault.modules)
    ended = outcomes(modules, options)
    said = {name: ended.get(name, "did not run") for name in modules}
    missed = [f"{name} {text}" for name, text in said.items() if not good.match(text)]
    seen = "; ".join(sorted(set(said.values())))
    sys.stdout.write(f"{'NO ' if missed else 'yes'}  {fault.name}: {', '.join(missed) or seen}\n")
    sys.stdout.flush()
    return not missed


def main() -> int:
    """Run the control, every gift and every fault; the exit code is how many did not end as they should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upstream", default="https://127.0.0.1:4001", help="where the provider listens")
    parser.add_argument("--port", type=int, default=4000, help="where the proxy listens, which is the issuer's port")
    parser.add_argument("--certificates", type=Path, required=True, help="where certificate.pem and key.pem are")
    parser.add_argument("--only", default="", help="only faults with this in their name")
    own, more = parser.parse_known_args()
    certificate, key = own.certificates / "certificate.pem", own.certificates / "key.pem"
    proxy, wrong = FaultyProxy(own.upstream, certificate, key), 0
    options = ["--issuer", f"https://127.0.0.1:{own.port}", "--ca-bundle", str(certificate), *more]
    options += ["--callback-certificate", str(certificate), "--callback-key", str(key)]
    with running(proxy, own.port):
        possible = [fault for fault in FAULTS if fault.needs in proxy.metadata]
        given = {module for gift in GIFTS for module in gift.modules}
        everything = {module for fault in possible for module in fault.modules} - given
        control = Fault("nothing is broken", tuple(sorted(everything)))
        for fault in (control, *GIFTS, *FAULTS):
            if own.only not in fault.name:
                continue
            if fault.needs not in proxy.metadata:
                sys.stdout.write(f"-    {fault.name}: the provider has no {fault.needs}\n")
                continue
            proxy.fault = fault
            proxy.remembered.clear()
            # Red counts only with a verdict: a module that merely broke has noticed nothing.
            good = _CONTROL if fault is control else _GREEN if fault in GIFTS else _RED
            wrong += not judged(fault, options, good)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
