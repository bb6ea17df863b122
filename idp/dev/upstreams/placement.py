"""The simulated providers of the playground: where they are, and what our provider is registered as over there."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr
from starlette.applications import Starlette

from idp.dev.servers import Served, serve
from idp.dev.upstreams.facebook import FacebookStage
from idp.dev.upstreams.github import GithubStage
from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import FACEBOOK, GITHUB, GOOGLE, X
from idp.dev.upstreams.stage import App
from idp.dev.upstreams.x import XStage
from idp.settings.connectors import ConnectorSettings

_NAMES = {"google": "Google", "facebook": "Facebook", "x": "X", "github": "GitHub"}


@dataclass(frozen=True, slots=True)
class Upstream:
    """One simulated provider. The secret opens nothing but the simulator of this playground."""

    kind: str
    origin: str
    secret: str = field(repr=False)

    @property
    def client_id(self) -> str:
        """What our provider is registered as."""
        return f"playground-{self.kind}"

    def connector(self) -> ConnectorSettings:
        """The connector that leads there."""
        return ConnectorSettings(
            name=self.kind,
            kind=self.kind,  # type: ignore[arg-type]  # One of the four, as the model checks.
            client_id=self.client_id,
            client_secret=SecretStr(self.secret),
            label=f"{_NAMES[self.kind]} (simulated)",
            origin=self.origin,
        )

    def application(self, issuer: str) -> Starlette:
        """The simulator, for a provider with this issuer."""
        app, name = App(self.client_id, self.secret, f"{issuer}/social/{self.kind}/callback"), _NAMES[self.kind]
        match self.kind:
            case "google":
                return GoogleStage(name, self.origin, app, GOOGLE).application()
            case "facebook":
                return FacebookStage(name, self.origin, app, FACEBOOK).application()
            case "x":
                return XStage(name, self.origin, app, X).application()
            case _:
                return GithubStage(name, self.origin, app, GITHUB).application()


def upstreams(*, host: str, first_port: int, secret: str) -> tuple[Upstream, ...]:
    """The four of them, on neighbouring ports."""
    return tuple(Upstream(kind, f"http://{host}:{first_port + place}", secret) for place, kind in enumerate(_NAMES))


def serve_all(placed: Sequence[Upstream], sockets: Sequence[socket.socket], *, issuer: str) -> list[Served]:
    """Serve each on its socket, which is bound already."""
    return [
        serve(upstream.application(issuer), listening, name=upstream.kind)
        for upstream, listening in zip(placed, sockets, strict=True)
    ]
