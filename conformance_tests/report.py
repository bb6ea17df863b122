"""How a run is told: outcomes of modules, notes on the provider, and a table of the profiles."""

from collections import Counter
from collections.abc import Generator
from typing import Any

import pytest

from conformance_tests.plans import Variant
from conformance_tests.verdict import ModuleStoppedError, Verdict

PROFILE = "profile"
VERDICT = pytest.StashKey[Verdict]()
_NOTE = "note"
_TOLD = {"passed": "passed", "failed": "failed", "error": "failed", "skipped": "not applicable"}


def variant_of(item: pytest.Item) -> Variant | None:
    """The pass through a plan that a module is run in; nothing for a test that is no module."""
    variant = item.callspec.params.get("variant") if hasattr(item, "callspec") else None
    return variant if isinstance(variant, Variant) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    try:
        return (yield)
    except ModuleStoppedError as stopped:
        pytest.fail(f"FAILURE: {stopped}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Turn what a module has recorded into its outcome, once it has ended."""
    verdict = item.stash.get(VERDICT, None)
    if verdict is None:
        return (yield)
    outcome: object = None
    skipped: BaseException | None = None
    try:
        outcome = yield
    except ModuleStoppedError as stopped:
        verdict.failures.append(str(stopped))
    except pytest.skip.Exception as reason:
        skipped = reason
    finally:
        verdict.finish()
        # Properties travel with the report, from the processes of a parallel run as well.
        item.user_properties.extend((_NOTE, note) for note in verdict.notes)
    summary = verdict.summary(warnings_allowed=bool(item.config.getoption("--warnings-allowed")))
    if summary:
        pytest.fail(summary, pytrace=False)
    if skipped is not None:
        raise skipped
    item.user_properties.extend((_NOTE, f"WARNING: {text}") for text in verdict.warnings)
    return outcome


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was noted, once for all modules, and how the modules of each profile ended."""
    modules: dict[str, list[str]] = {}
    profiles: dict[str, Counter[str]] = {}
    for kind, told in _TOLD.items():
        for report in terminalreporter.stats.get(kind, []):
            for name, value in getattr(report, "user_properties", ()):
                if name == _NOTE:
                    modules.setdefault(value, []).append(report.nodeid.rpartition("::")[2])
                else:
                    profiles.setdefault(value, Counter())[told] += 1
    if modules:
        terminalreporter.section("notes on the provider")
    for note, names in modules.items():
        terminalreporter.write_line(f"{note} ({names[0] if len(names) == 1 else f'{len(names)} modules'})")
    if profiles:
        terminalreporter.section("profiles")
    for profile, counted in sorted(profiles.items()):
        words = ", ".join(f"{times} {told}" for told, times in sorted(counted.items(), reverse=True))
        terminalreporter.write_line(f"{profile}: {words}")
