"""What the browsers of these tests talk to: a provider with a mailbox, two demo applications, one that takes POST."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from idp.accounts.passwords import Passwords
from idp.dev.demo_clients import DemoApp, demo_apps, register
from idp.dev.mailbox import mailbox_routes
from idp.dev.relying_party import relying_party
from idp.dev.servers import listen, serve
from idp.dev.upstreams.facebook import FacebookStage
from idp.dev.upstreams.github import GithubStage
from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import FACEBOOK, GITHUB, GOOGLE, Persona, X
from idp.dev.upstreams.stage import App, Stage
from idp.dev.upstreams.x import XStage
from idp.settings.connectors import ConnectorSettings
from tests.browser.standstill import Standstill
from tests.flows.logout_receiver import until
from tests.running import PASSWORD, Person, Registered, Running, running_provider, s256

VERIFIER = "v" * 43
_AMPLE = 10_000
_KINDS: dict[str, tuple[str, type[Stage], Any]] = {
    "google": ("Google", GoogleStage, GOOGLE),
    "facebook": ("Facebook", FacebookStage, FACEBOOK),
    "x": ("X", XStage, X),
    "github": ("GitHub", GithubStage, GITHUB),
}


@dataclass(frozen=True)
class Playground:
    """The provider and the applications. `photos` asks for consent, `bookings` belongs to the house."""

    provider: Running
    photos: DemoApp
    bookings: DemoApp
    collector: str
    password_hash: str
    stages: Mapping[str, Stage]
    standstill: Standstill

    @property
    def issuer(self) -> str:
        return self.provider.issuer

    @property
    def origins(self) -> frozenset[str]:
        """Where a browser may go; every other address is a third party."""
        return frozenset(
            {self.issuer, self.photos.origin, self.bookings.origin, self.collector}
            | {stage.origin for stage in self.stages.values()}
        )

    def person(self, name: str = "Ada Lovelace") -> Person:
        """Somebody with an account and the usual password."""
        return self.provider.person(password_hash=self.password_hash, name=name)

    def meets(self, connector: str, like: Persona, mark: str) -> str:
        """Somebody new at a simulated provider; gives the name on their button."""
        stage, name = self.stages[connector], f"{like.name} {mark}"
        persona = replace(
            like,
            key=f"{like.key}-{mark}",
            name=name,
            subject=str(int(like.subject) + int(mark, 16)),
            email=like.email.replace("@", f"+{mark}@") if like.email else None,
        )
        stage.personas = (*stage.personas, persona)
        return name

    def forgets(self, mark: str) -> None:
        """Take those away again, so that the pages stay short."""
        for stage in self.stages.values():
            stage.personas = tuple(one for one in stage.personas if not one.key.endswith(mark))

    @contextmanager
    def ago(self, time: timedelta) -> Iterator[None]:
        """So long ago for the provider. What is asked in here has to be answered in here."""
        self.provider.clock.ahead = -time
        try:
            yield
        finally:
            self.provider.clock.ahead = timedelta()

    @contextmanager
    def standing_still(self, *, until_there_wait: int) -> Iterator[None]:
        """Answer nothing before the end of this, and not before so many requests have arrived."""
        with self.standstill.of(self.issuer):
            yield
            until(lambda: self.provider.requests_in_progress >= self.standstill.threads + until_there_wait)

    def posting_app(self) -> Registered:
        """A client that receives its answers by POST."""
        return self.provider.client(client_name="Posting App", redirect_uris=[f"{self.collector}/callback"])

    def form_post_request(self, client: Registered) -> str:
        """The address of an authorization request that asks for `response_mode=form_post`."""
        return f"{self.issuer}/authorize?" + urlencode(
            {
                "client_id": client.client_id,
                "redirect_uri": client.redirect_uri,
                "response_type": "code",
                "response_mode": "form_post",
                "scope": "openid email",
                "state": "a state with spaces & signs",
                "code_challenge": s256(VERIFIER),
                "code_challenge_method": "S256",
            }
        )


@contextmanager
def playground(database_url: str) -> Iterator[Playground]:
    """Start everything on ports of its own, and stop it afterwards."""
    with ExitStack() as running:
        simulators = running.enter_context(_listening(len(_KINDS)))
        ports = [listening.getsockname()[1] for listening in simulators]
        elsewhere = {kind: f"http://127.0.0.1:{port}" for kind, port in zip(_KINDS, ports, strict=True)}
        standstill = Standstill()
        provider = running.enter_context(
            running_provider(
                database_url,
                development=lambda house: [*mailbox_routes(house), *standstill.routes(house)],
                product_name="Acme ID",
                # Every browser of this suite has the same address.
                throttle={
                    "source_sign_ups": _AMPLE,
                    "source_mails": _AMPLE,
                    "source_failures": _AMPLE,
                    "source_handshakes": _AMPLE,
                },
                # What a slow machine needs longer for is no fault of a simulator.
                upstream_timeout=timedelta(seconds=30),
                connectors=tuple(_connector(kind, origin) for kind, origin in elsewhere.items()),
            )
        )
        stages = _stages(elsewhere, provider)
        for stage, listening in zip(stages.values(), simulators, strict=True):
            running.callback(serve(stage.application(), listening, name=stage.name).stop)
        sockets = running.enter_context(_listening(3))
        ports = [listening.getsockname()[1] for listening in sockets]
        photos, bookings = demo_apps(host="127.0.0.1", first_port=ports[0], secrets=("a secret of photos", "another"))
        # By another name than the provider: to a browser that is another site, as it will be for most applications.
        bookings = replace(bookings, origin=f"http://localhost:{ports[1]}")
        for app in (photos, bookings):
            register(provider.database, app, now=provider.clock())
        applications = [relying_party(photos, provider.issuer), relying_party(bookings, provider.issuer), _collector()]
        for application, listening in zip(applications, sockets, strict=True):
            served = serve(application, listening, name="application")
            running.callback(served.stop)
        cost = provider.settings.argon2
        passwords = Passwords(memory_mib=cost.memory_mib, time=cost.time, parallelism=cost.parallelism)
        collector = f"http://localhost:{ports[2]}"
        yield Playground(provider, photos, bookings, collector, passwords.hash(PASSWORD), stages, standstill)


def _connector(kind: str, origin: str) -> ConnectorSettings:
    return ConnectorSettings(name=kind, kind=kind, client_id="the-app", client_secret="a secret", origin=origin)


def _stages(elsewhere: Mapping[str, str], provider: Running) -> dict[str, Stage]:
    stages: dict[str, Stage] = {}
    for kind, (name, stage, personas) in _KINDS.items():
        app = App("the-app", "a secret", f"{provider.issuer}/social/{kind}/callback")
        stages[kind] = stage(name, elsewhere[kind], app, personas, clock=provider.clock, slow_for=1)
    return stages


@contextmanager
def _listening(count: int) -> Iterator[list[socket.socket]]:
    sockets = [listen("127.0.0.1", (0,))[0] for _ in range(count)]
    try:
        yield sockets
    finally:
        for listening in sockets:
            listening.close()


def _collector() -> Starlette:
    """An application that shows what was posted to it."""

    async def callback(request: Request) -> Response:
        posted = parse_qsl((await request.body()).decode())
        rows = "".join(f'<dt>{escape(name)}</dt><dd id="{escape(name)}">{escape(value)}</dd>' for name, value in posted)
        return HTMLResponse(
            f'<!doctype html><html lang="en"><title>Posted</title><h1>Posted</h1><dl>{rows}</dl></html>'
        )

    return Starlette(routes=[Route("/callback", callback, methods=["POST"])])
