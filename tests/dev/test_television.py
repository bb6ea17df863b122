"""The demo device shows its code, waits, and greets the person who let it in."""

import io
import re

import pytest

from idp.dev.television import CLIENT_ID, register_television, watch
from idp.protocol.registration.client_registration import validate_client_metadata
from idp.store import clients
from tests.dev.conftest import Playground
from tests.flows.device import decide
from tests.flows.people import FormBrowser


def test_it_greets_the_person_who_let_it_in(playground: Playground) -> None:
    running, out = playground.provider, io.StringIO()
    register_television(running.database, now=running.clock())
    browser = FormBrowser(running, playground.browser(playground.person()))

    def meanwhile(_seconds: float) -> None:
        shown = re.search(r"Type +([A-Z]{4}-[A-Z]{4})", out.getvalue())
        assert shown is not None
        decide(browser, shown[1], scope="offline_access")

    watch(running.issuer, out=out, wait=meanwhile)

    assert 'Hello, Eve <script>"x"</script>. Allowed: openid profile email offline_access' in out.getvalue()


def test_it_says_that_it_was_not_let_in(playground: Playground) -> None:
    running, out = playground.provider, io.StringIO()
    register_television(running.database, now=running.clock())
    browser = FormBrowser(running, playground.browser(playground.person()))

    def meanwhile(_seconds: float) -> None:
        decide(browser, out.getvalue().partition("Type    ")[2][:9], "deny")

    with pytest.raises(SystemExit, match="not let in: The person did not allow"):
        watch(running.issuer, out=out, wait=meanwhile)


def test_its_registration_is_one_that_could_be_made_by_hand(playground: Playground) -> None:
    running = playground.provider
    register_television(running.database, now=running.clock())
    register_television(running.database, now=running.clock())

    with running.database.autocommit() as db:
        stored = clients.find(db, CLIENT_ID)
    assert stored is not None
    validate_client_metadata(stored.metadata)
