"""People who come with a picture, and what the provider makes of it after a while."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from PIL import Image

from idp.dev.upstreams.personas import Persona
from idp.dev.upstreams.portraits import portrait
from idp.store import accounts, outbox
from idp.store.accounts import Account
from idp.store.outbox import Parcel
from tests.federation.lies import claiming
from tests.federation.world import Traveller, World
from tests.flows.people import code_in_mail
from tests.outgoing.servers import Behaviour, Server, serving

_PATIENCE = 30


def eventually(condition: Callable[[], bool], what: Callable[[], object] = lambda: "") -> None:
    """Wait for the worker, which looks by itself."""
    until = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < until, what()
        threading.Event().wait(0.02)


def orders(world: World, account: Account) -> list[Parcel]:
    """What was ordered for an account."""
    with world.provider.database.autocommit() as db:
        return [each for each in outbox.latest(db, kind="picture", limit=1000) if each.recipient == account.id]


def now_of(world: World, account: Account) -> Account:
    with world.provider.database.autocommit() as db:
        found = accounts.find(db, account.id)
    assert found is not None
    return found


def picture_of(world: World, account: Account) -> str | None:
    return now_of(world, account).profile.get("picture")


def settled(world: World, account: Account) -> None:
    """Wait until nothing is under way for an account."""

    def is_settled() -> bool:
        return all(each.delivered_at or each.failed_at for each in orders(world, account))

    eventually(is_settled, lambda: orders(world, account))


def shown(world: World, account: Account) -> Image.Image:
    """The picture that the provider serves of a person, once it is there."""
    eventually(lambda: picture_of(world, account) is not None, lambda: orders(world, account))
    answer = world.provider.get(str(picture_of(world, account)))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    return Image.open(BytesIO(answer.content)).convert("RGB")


def looks_like(key: str, made: Image.Image) -> bool:
    corner = Image.open(BytesIO(portrait(key))).convert("RGB").getpixel((3, 3))
    here = made.getpixel((3, 3))
    assert isinstance(corner, tuple)
    assert isinstance(here, tuple)
    return all(abs(is_now - was) < 12 for is_now, was in zip(here, corner, strict=True))


def come(world: World, connector: str, like: str, **changed: Any) -> tuple[Traveller, Account, str]:
    """Somebody comes for the first time, and has an account made; gives the key of who they are over there too."""
    persona = world.meet(connector, like, **changed)
    return *arrive(world, connector, persona), persona.key


def arrive(world: World, connector: str, persona: Persona) -> tuple[Traveller, Account]:
    """Have an account made of somebody, with a code from a mail where the address has to be proven."""
    traveller, email = Traveller(world), persona.email or ""
    page = traveller.browser.get(traveller.go(connector, persona.key).headers["Location"])
    sent = traveller.browser.send(page, "/welcome")
    if sent.headers["Location"].startswith("/welcome/code"):
        page = traveller.browser.get(sent.headers["Location"])
        sent = traveller.browser.send(page, "/welcome/code", code=code_in_mail(world.provider, email))
    account = world.account(email)
    assert account is not None, sent.text
    return traveller, account


@contextmanager
def pictures_at(world: World, behaviour: Behaviour, path: str = "/picture.png") -> Iterator[Server]:
    """Let Google name a picture at a server that behaves like this."""
    with serving(behaviour) as server:
        world.google.forge = claiming(picture=f"http://127.0.0.1:{server.port}{path}")
        yield server


def silence() -> Behaviour:
    """A server that takes the request and says nothing until the other side hangs up."""

    def behaviour(connected: socket.socket, _request: bytes) -> None:
        connected.recv(1)

    return behaviour
