"""A connector and a simulator face to face, without the provider around them."""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests

from idp.dev.servers import listen, serve
from idp.dev.upstreams.stage import App, Stage
from idp.federation.connector import Connector, Opening, UpstreamIdentity
from idp.federation.connectors import ConnectorOptions, build
from idp.federation.problems import UpstreamProblem
from idp.federation.wire import Wire
from idp.outgoing import Outgoing
from tests.running import TestClock

CLIENT_ID, SECRET = "our-app", "a secret with + and % and /"
REDIRECT_URI = "https://id.example.com/social/there/callback"

AnyStage = TypeVar("AnyStage", bound=Stage)


@dataclass
class Direct(Generic[AnyStage]):
    """One simulator, and connectors to it that a test sets up as it likes."""

    stage: AnyStage
    kind: str
    clock: TestClock
    wire: Wire
    options: dict[str, Any] = field(default_factory=dict)

    def connector(self, **changed: Any) -> Connector:
        given: dict[str, Any] = {
            "name": "there",
            "kind": self.kind,
            "label": "There",
            "client_id": CLIENT_ID,
            "client_secret": SECRET,
            **self.options,
            **changed,
        }
        if given["kind"] == "oidc":
            given.setdefault("issuer", self.stage.origin)
        else:
            given.setdefault("origin", self.stage.origin)
        return build(ConnectorOptions(**given), self.wire)

    def opening(self, **changed: Any) -> Opening:
        return Opening(
            **{
                "state": secrets.token_urlsafe(32),
                "nonce": secrets.token_urlsafe(32),
                "code_verifier": secrets.token_urlsafe(32),
                "redirect_uri": REDIRECT_URI,
                "opened_at": self.clock(),
                **changed,
            }
        )

    def answer(self, address: str, persona: str, fault: str = "") -> dict[str, str]:
        """Go there, pick somebody; gives the parameters of the authorization response."""
        page = requests.get(address, timeout=20)
        asked = re.search(r'name="asked" value="([^"]+)"', page.text)
        assert page.status_code == 200, page.text
        assert asked, page.text
        form = {"asked": asked[1], "persona": persona, "fault": fault}
        back = requests.post(f"{self.stage.origin}/choose", data=form, allow_redirects=False, timeout=20)
        return {name: values[0] for name, values in parse_qs(urlsplit(back.headers["Location"]).query).items()}

    def travel(
        self, connector: Connector | None = None, persona: str = "", fault: str = "", **changed: Any
    ) -> UpstreamIdentity:
        """All the way there and back."""
        connector, opening = connector or self.connector(), self.opening(**changed)
        answer = self.answer(connector.authorization_url(opening), persona or self.stage.personas[0].key, fault)
        return connector.identity(answer, opening, now=self.clock())

    def fails(self, connector: Connector | None = None, persona: str = "", fault: str = "", **changed: Any) -> str:
        """All the way there and back to nobody; gives the reason."""
        try:
            identity = self.travel(connector, persona, fault, **changed)
        except UpstreamProblem as problem:
            return problem.because
        raise AssertionError(identity)

    def asked_for(self, connector: Connector | None = None, **changed: Any) -> dict[str, str]:
        """The parameters of the authorization request."""
        address = (connector or self.connector()).authorization_url(self.opening(**changed))
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    def post(self, path: str, form: Mapping[str, str], **more: Any) -> requests.Response:
        return requests.post(self.stage.origin + path, data=form, timeout=20, **more)

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(self.stage.origin + path, params=query, timeout=20, allow_redirects=False)


@contextmanager
def direct(kind: str, stage: type[AnyStage], personas: Any, **switches: Any) -> Iterator[Direct[AnyStage]]:
    """Serve a simulator, and stop it afterwards."""
    listening = listen("127.0.0.1", (0,))[0]
    host = f"127.0.0.1:{listening.getsockname()[1]}"
    clock = TestClock()
    made = stage(kind, f"http://{host}", App(CLIENT_ID, SECRET, REDIRECT_URI), personas, clock=clock, **switches)
    served = serve(made.application(), listening, name=kind)
    wire = Wire(Outgoing(allowed_hosts=(host,), timeout=timedelta(seconds=2)))
    try:
        yield Direct(made, kind, clock, wire)
    finally:
        served.stop()


def at(seconds: float) -> datetime:
    """A moment, by its number."""
    return datetime.fromtimestamp(seconds, UTC)
