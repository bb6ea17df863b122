"""A provider with simulated Google, Facebook and X behind it, all on real sockets, and a browser that travels."""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from html import unescape
from itertools import count
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from sqlalchemy import select

from idp.dev.servers import listen, serve
from idp.dev.upstreams.facebook import FacebookStage
from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import FACEBOOK, GOOGLE, Persona, X
from idp.dev.upstreams.stage import App, Stage
from idp.dev.upstreams.x import XStage
from idp.settings.connectors import ConnectorSettings
from idp.store import accounts, upstream_identities
from idp.store.accounts import Account
from idp.store.audit_events import audit_events
from tests.flows.people import FormBrowser, fields_of
from tests.running import Person, Running, running_provider

SECRET = "a secret with + and % and /"
_AMPLE = 100_000
_NUMBERS = count(1)


@dataclass
class World:
    """The provider and the three behind it."""

    provider: Running
    google: GoogleStage
    facebook: FacebookStage
    x: XStage

    def meet(self, connector: str, like: str, **changed: Any) -> Persona:
        """Somebody new at a provider, like one of its people but with a number and an address of their own."""
        stage: Stage = getattr(self, connector)
        model, number = next(one for one in stage.personas if one.key == like), next(_NUMBERS)
        given = {
            "key": f"{like}-{number}",
            "subject": str(int(model.subject) + 1000 * number),
            "email": model.email.replace("@", f"+{number}@") if model.email else None,
            "username": f"{model.username}{number}" if model.username else "",
            **changed,
        }
        persona = replace(model, **given)
        stage.personas = (*stage.personas, persona)
        return persona

    def calm(self) -> None:
        """Put every switch back."""
        self.google.legacy_issuer, self.google.forge, self.google.token_more = False, None, {}
        self.facebook.requires_proof, self.facebook.tokens_of_app, self.facebook.limited = True, None, False
        self.facebook.me_more, self.x.me_more, self.x.gives_email = {}, {}, True
        self.x.profiles.clear()
        for stage in (self.google, self.facebook, self.x):
            stage.ahead, stage.everything_slow = timedelta(), False
        self.provider.clock.ahead = timedelta()

    def account(self, email: str) -> Account | None:
        with self.provider.database.autocommit() as db:
            return accounts.find_by_email(db, email.lower())

    def identities(self, account_id: str) -> list[str]:
        with self.provider.database.autocommit() as db:
            return [f"{one.connector}:{one.subject}" for one in upstream_identities.of_account(db, account_id)]

    def events(self, **wanted: Any) -> list[dict[str, Any]]:
        """The audit events with these members, the newest first."""
        with self.provider.database.autocommit() as db:
            rows = db.execute(select(audit_events).order_by(audit_events.c.number.desc()).limit(200))
            found = [{"event": row.event, "account_id": row.account_id, **row.detail} for row in rows]
        return [event for event in found if wanted.items() <= event.items()]


@dataclass
class Traveller:
    """A browser that goes to a provider, picks somebody, and comes back."""

    world: World
    browser: FormBrowser = field(init=False)

    def __post_init__(self) -> None:
        self.browser = FormBrowser(self.world.provider)

    def leave(self, connector: str, page: requests.Response | None = None) -> str:
        """Press the button of a provider; gives the address it leads to."""
        page = page if page is not None else self.browser.get("/login")
        answer = self.browser.send(page, f"/social/{connector}")
        assert answer.status_code == 303, (answer.status_code, answer.text[-500:])
        return answer.headers["Location"]

    def pick(self, address: str, persona: str, fault: str = "") -> str:
        """Pick somebody on the simulator's page; gives the address of the callback."""
        page = self.browser.http.get(address, timeout=20)
        assert page.status_code == 200, page.text
        asked = re.search(r'name="asked" value="([^"]+)"', page.text)
        assert asked, page.text
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
        form = {"asked": unescape(asked[1]), "persona": persona, "fault": fault}
        answer = self.browser.http.post(f"{origin}/choose", data=form, allow_redirects=False, timeout=20)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def go(
        self, connector: str, persona: str, fault: str = "", page: requests.Response | None = None
    ) -> requests.Response:
        """All the way there and back; gives the answer of the callback."""
        return self.browser.get(self.pick(self.leave(connector, page), persona, fault))

    def become(self, connector: str, persona: str) -> Account:
        """Go there for the first time, and have an account made of it; the address has to be proven by the provider."""
        page = self.browser.get(self.go(connector, persona).headers["Location"])
        assert self.browser.send(page, "/welcome").status_code == 303, page.text
        who = self.who()
        assert who is not None
        account = self.world.account(who)
        assert account is not None
        return account

    def who(self) -> str | None:
        """The address that is signed in with this browser."""
        page = self.browser.get("/account")
        if page.status_code != 200:
            return None
        found = re.search(r'<p class="quiet breakable">([^ ]+) ·', page.text)
        assert found, page.text
        return unescape(found[1])

    def sign_in(self, person: Person) -> None:
        page = self.browser.get("/login?reason=other_person")
        answer = self.browser.send(page, "/login", username=person.email, password=person.password)
        assert answer.status_code == 303, answer.text

    def link(self, connector: str, persona: str) -> requests.Response:
        """Link one more provider on the page for it; gives the answer of the callback."""
        page = self.browser.get("/account/sign-in-methods")
        assert page.status_code == 200, page.headers
        answer = self.browser.send(page, f"/social/{connector}/link")
        return self.browser.get(self.pick(answer.headers["Location"], persona))

    def unlink(self) -> requests.Response:
        """Press the first button that removes a way to sign in."""
        page = self.browser.get("/account/sign-in-methods")
        return self.browser.post("/account/sign-in-methods/unlink", fields_of(page, "/account/sign-in-methods/unlink"))


def query_of(address: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def reason_of(answer: requests.Response) -> str | None:
    """Why somebody is back on the sign-in page."""
    assert answer.status_code == 303, (answer.status_code, answer.text[-800:])
    return query_of(answer.headers["Location"]).get("reason")


@contextmanager
def world(
    database_url: str,
    *,
    more: tuple[ConnectorSettings, ...] = (),
    domains: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    **changed: Any,
) -> Iterator[World]:
    """Start the provider and the simulators, and stop them afterwards."""
    with ExitStack() as running:
        sockets = [listen("127.0.0.1", (0,))[0] for _ in range(3)]
        for one in sockets:
            running.callback(one.close)
        origins = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in sockets]
        connectors = tuple(
            ConnectorSettings(
                name=kind,
                kind=kind,
                client_id=f"{kind}-app",
                client_secret=SECRET,
                origin=origin,
                domains=domains.get(kind, ()),
            )
            for kind, origin in zip(("google", "facebook", "x"), origins, strict=True)
        )
        throttle = {
            "source_sign_ups": _AMPLE,
            "source_mails": _AMPLE,
            "source_failures": _AMPLE,
            "account_mails": 1000,
        }
        provider = running.enter_context(
            running_provider(database_url, connectors=(*connectors, *more), **{"throttle": throttle, **changed})
        )

        def app(kind: str) -> App:
            return App(f"{kind}-app", SECRET, f"{provider.issuer}/social/{kind}/callback")

        google = GoogleStage("Google", origins[0], app("google"), GOOGLE, clock=provider.clock, slow_for=1)
        facebook = FacebookStage("Facebook", origins[1], app("facebook"), FACEBOOK, clock=provider.clock, slow_for=1)
        x = XStage("X", origins[2], app("x"), X, clock=provider.clock, slow_for=1)
        stages: list[Stage] = [google, facebook, x]
        for stage, listening in zip(stages, sockets, strict=True):
            served = serve(stage.application(), listening, name=stage.name)
            running.callback(served.stop)
        yield World(provider, google, facebook, x)
