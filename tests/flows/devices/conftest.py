"""A television and the person in front of it."""

import pytest

from tests.flows.device import Device, television
from tests.flows.people import FormBrowser, somebody
from tests.running import Person, Running


@pytest.fixture
def device(provider: Running) -> Device:
    return television(provider)


@pytest.fixture
def person(provider: Running) -> Person:
    return somebody(provider)


@pytest.fixture
def browser(provider: Running, person: Person) -> FormBrowser:
    """Where the person is signed in already."""
    browser = FormBrowser(provider)
    browser.log_in(person)
    return browser
