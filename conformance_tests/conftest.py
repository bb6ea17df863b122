"""Options, the parts each module is given, and the report."""

from collections.abc import Generator
from typing import Any

import pytest

from conformance_tests import options as command_line
from conformance_tests.browser import ScriptedBrowser
from conformance_tests.clients import Registrar
from conformance_tests.issuer import Issuer
from conformance_tests.options import Options
from conformance_tests.relying_party import RelyingParty
from conformance_tests.verdict import ModuleStoppedError, Verdict

_OPTIONS = pytest.StashKey[Options]()
_VERDICT = pytest.StashKey[Verdict]()
_NOTES = pytest.StashKey[dict[str, list[str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    command_line.declare(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(name): the requirement of a specification that a module covers")
    config.addinivalue_line("markers", "profile(name): the certification profile a module belongs to")
    config.addinivalue_line("markers", "dynamic_client: the module is not in the plan of static clients")
    config.stash[_NOTES] = {}
    if config.getoption("--insecure"):
        # pytest sets its own filters before each test, so a filter of the warnings module would not last.
        config.addinivalue_line("filterwarnings", "ignore::urllib3.exceptions.InsecureRequestWarning")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.get_closest_marker("profile") is not None]
    if not ours:
        return
    config.stash[_OPTIONS] = command_line.read(config)
    profiles = command_line.profiles_of(config)
    left_out = {item for item in ours if not _is_in_plan(item, profiles, config.stash[_OPTIONS])}
    if left_out:
        config.hook.pytest_deselected(items=list(left_out))
        items[:] = [item for item in items if item not in left_out]


def _is_in_plan(item: pytest.Item, profiles: frozenset[str], options: Options) -> bool:
    marker = item.get_closest_marker("profile")
    static = options.first is not None
    return (
        marker is not None and marker.args[0] in profiles and not (static and item.get_closest_marker("dynamic_client"))
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, object, object]:
    try:
        return (yield)
    except ModuleStoppedError as stopped:
        pytest.fail(f"FAILURE: {stopped}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Turn what a module has recorded into its outcome, once it has ended."""
    verdict = item.stash.get(_VERDICT, None)
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
        if verdict.notes:
            item.config.stash[_NOTES][item.name] = verdict.notes
    summary = verdict.summary(warnings_allowed=bool(item.config.getoption("--warnings-allowed")))
    if summary:
        pytest.fail(summary, pytrace=False)
    if skipped is not None:
        raise skipped
    if verdict.warnings:
        item.config.stash[_NOTES].setdefault(item.name, []).extend(f"WARNING: {text}" for text in verdict.warnings)
    return outcome


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was noted; the same remark about many modules is said once."""
    modules: dict[str, list[str]] = {}
    for name, notes in config.stash[_NOTES].items():
        for note in notes:
            modules.setdefault(note, []).append(name)
    if modules:
        terminalreporter.section("notes on the provider")
    for note, names in modules.items():
        terminalreporter.write_line(f"{note} ({names[0] if len(names) == 1 else f'{len(names)} modules'})")


@pytest.fixture
def options(pytestconfig: pytest.Config) -> Options:
    return pytestconfig.stash[_OPTIONS]


@pytest.fixture
def verdict(request: pytest.FixtureRequest) -> Verdict:
    found = Verdict()
    request.node.stash[_VERDICT] = found
    return found


@pytest.fixture
def issuer(options: Options, verdict: Verdict) -> Issuer:
    return Issuer(options, verdict)


@pytest.fixture
def browser(options: Options) -> ScriptedBrowser:
    """A fresh browser for each module; its cookies are shared by all that happens inside the module."""
    watched = (options.redirect_uri, options.post_logout_redirect_uri)
    return ScriptedBrowser(options.credentials, watched, verify=options.verify, timeout=options.timeout)


@pytest.fixture
def registrar(issuer: Issuer, options: Options, verdict: Verdict) -> Registrar:
    return Registrar(issuer, options, verdict)


@pytest.fixture
def response_mode() -> str | None:
    """The mode every request asks for; a form_post profile overrides this fixture in its own file."""
    return None


@pytest.fixture
def rp(
    issuer: Issuer, registrar: Registrar, browser: ScriptedBrowser, verdict: Verdict, response_mode: str | None
) -> RelyingParty:
    """The relying party of most modules: code flow, client_secret_basic."""
    return RelyingParty(issuer, registrar.client(), browser, verdict, response_mode)
