"""npm's oidc-provider, which is certified and shares no line with this one, as the other provider.

Not collected with the other tests, because it needs Node.js and a package that is not among the dependencies:

    npm install oidc-provider                                     # in an empty directory
    IDP_TEST_OIDC_PROVIDER=that/directory python -m pytest tests/federation/peer_oidc_provider.py
"""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from pydantic import SecretStr

from idp.settings.connectors import ConnectorSettings
from tests.conftest import fresh_database
from tests.federation.world import query_of
from tests.flows.people import FormBrowser, code_in_mail, fields_of
from tests.running import Running, running_provider

_SCRIPT = Path(__file__).parents[2] / "conformance_tests" / "peers" / "oidc-provider.mjs"
_INSTALLED = os.environ.get("IDP_TEST_OIDC_PROVIDER", "")
EMAIL = "ada@people.example"


@dataclass
class Peer:
    """The provider of ours, and the issuer of the other one."""

    ours: Running
    issuer: str


class _Form(HTMLParser):
    """The one form of a page of theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given["action"]
        elif tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")


@pytest.fixture(scope="module")
def peer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    assert _INSTALLED, "IDP_TEST_OIDC_PROVIDER names the directory in which oidc-provider is installed"
    port = _free_port()
    issuer = f"http://127.0.0.1:{port}"
    with subprocess.Popen(
        ["node", str(_SCRIPT), "--port", str(port)], cwd=_INSTALLED, stdout=subprocess.DEVNULL
    ) as node:
        try:
            _wait_for(f"{issuer}/.well-known/openid-configuration")
            for url in fresh_database("sqlite", request, tmp_path_factory.mktemp("peer")):
                # The client is registered before our address is known, so the address is chosen first.
                ours = f"http://127.0.0.1:{_free_port()}"
                registered = requests.post(
                    f"{issuer}/reg",
                    json={
                        "redirect_uris": [f"{ours}/social/peer/callback"],
                        "token_endpoint_auth_method": "client_secret_basic",
                        "application_type": "native",
                    },
                    timeout=20,
                ).json()
                connector = ConnectorSettings(
                    name="peer",
                    kind="oidc",
                    client_id=registered["client_id"],
                    client_secret=SecretStr(registered["client_secret"]),
                    issuer=issuer,
                )
                port_of_ours = int(ours.rpartition(":")[2])
                with running_provider(url, port=port_of_ours, connectors=(connector,)) as running:
                    yield Peer(running, issuer)
        finally:
            node.terminate()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.ConnectionError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def travel(peer: Peer, here: FormBrowser, *, login: str, cancel: bool = False) -> requests.Response:
    """Press the button here, fill in what they ask there; gives the answer of the callback."""
    there = requests.Session()
    answer = here.send(here.get("/login"), "/social/peer")
    where = answer.headers["Location"]
    while not where.startswith(peer.ours.issuer):
        answer = there.get(where, allow_redirects=False, timeout=20)
        if answer.is_redirect:
            where = urljoin(where, answer.headers["Location"])
            continue
        assert answer.ok, answer.text
        if cancel:
            found = re.search(r'href="([^"]*abort[^"]*)"', answer.text)
            assert found, answer.text
            where = urljoin(where, found[1])
            continue
        form = _Form()
        form.feed(answer.text)
        typed = {"login": login, "password": "anything"} if "login" in form.fields else {}
        answer = there.post(
            urljoin(where, form.action), data={**form.fields, **typed}, allow_redirects=False, timeout=20
        )
        where = urljoin(where, answer.headers["Location"])
    return here.get(where)


def test_somebody_of_theirs_gets_an_account_and_comes_back(peer: Peer) -> None:
    here = FormBrowser(peer.ours)
    page = here.get(travel(peer, here, login="ada").headers["Location"])
    assert EMAIL in page.text  # from their userinfo endpoint: their ID tokens leave the address out
    sent = here.send(page, "/welcome")
    code_page = here.get(sent.headers["Location"])

    here.send(code_page, "/welcome/code", code=code_in_mail(peer.ours, EMAIL))

    assert EMAIL in here.get("/account").text
    assert travel(peer, FormBrowser(peer.ours), login="ada").headers["Location"] == "/account"


def test_who_cancels_there_is_back_with_every_other_way(peer: Peer) -> None:
    here = FormBrowser(peer.ours)

    back = travel(peer, here, login="bob", cancel=True)

    assert query_of(back.headers["Location"])["reason"] == "upstream_cancelled"
    assert "username" in fields_of(here.get(back.headers["Location"]), "/login")
