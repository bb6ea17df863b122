"""One Chromium and one playground for each database; a fresh browser profile for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.browsing import Browsing
from tests.browser.playground import Playground, playground
from tests.conftest import DATABASES, fresh_database

CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000
"""Milliseconds for whatever a test waits for. It comes at once on an idle machine, and late on a busy one."""

_ON_ONE_DATABASE = {"test_asking", "test_devices", "test_form_post", "test_other_providers", "test_page_basics"}
"""What these show happens in the browser and is the same on every database; one is enough."""

_TWICE_SHOWN = ("sqlite-no-script", "postgresql-script")
"""The others run on both databases, and with scripts and without; only the story in each combination of the two."""

Opening = Callable[..., Browsing]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the repetition of what does not depend on the database."""
    repeated = [item for item in items if item.path.parent == Path(__file__).parent and _is_repeated(item)]
    if repeated:
        config.hook.pytest_deselected(items=repeated)
        items[:] = [item for item in items if item not in repeated]


def _is_repeated(item: pytest.Item) -> bool:
    if item.path.stem == "test_story":
        return False
    if item.path.stem in _ON_ONE_DATABASE:
        return "postgresql" in item.name
    return any(combination in item.name for combination in _TWICE_SHOWN)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. Ends with this package, because Playwright keeps an event loop in the main thread."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS, timeout=2 * PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(scope="package", params=DATABASES)
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """A provider and its applications, shared by the tests of one database: each makes its own people."""
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        with playground(url) as started:
            yield started


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def script(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts."""
    enabled: bool = request.param
    return enabled


@pytest.fixture
def open_browser(chromium: Browser, ground: Playground, script: bool) -> Iterator[Opening]:
    """Opens browser profiles, and finds fault at the end with whatever their consoles and their traffic showed."""
    opened: list[Browsing] = []

    def another(**options: Any) -> Browsing:
        context = chromium.new_context(java_script_enabled=script, **{"locale": "en-GB", **options})
        context.set_default_timeout(PATIENCE)
        opened.append(Browsing(context, ground))
        return opened[-1]

    yield another
    for browsing in opened:
        browsing.context.close()
    assert [complaint for browsing in opened for complaint in browsing.complaints] == []


@pytest.fixture
def browser(open_browser: Opening) -> Browsing:
    """A browser that nobody has used before."""
    return open_browser()
