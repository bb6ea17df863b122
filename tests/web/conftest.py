"""The small provider of `tests.web.site`, running."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import requests

from idp.web.assets import assets_dir
from idp.web.pages import Pages
from idp.web.static_files import StaticFiles
from tests.web.site import Gate, Site, serve


@pytest.fixture(scope="session")
def static() -> StaticFiles:
    return StaticFiles(assets_dir("static"))


@pytest.fixture(scope="session")
def pages(static: StaticFiles) -> Pages:
    return Pages(assets_dir("templates"), product_name="Example ID", development=False, static_version=static.version)


@pytest.fixture(scope="session")
def site(pages: Pages, static: StaticFiles) -> Iterator[Site]:
    gate = Gate()
    server, build = serve(pages, https=True, gate=gate, static=static)
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    # The socket listens already, so a first request waits in its queue until the server accepts.
    yield Site(listener.getsockname()[1], gate, build.edge.tokens)
    gate.opened.set()
    server.should_exit = True
    thread.join(timeout=20)
    listener.close()


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        yield session
