"""Whatever a provider names in the place of a picture ends as a note, and the worker goes on."""

import logging
import socket
import threading
import zlib

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.dev.upstreams.portraits import portrait
from tests.federation.direct import direct
from tests.federation.having_pictures import (
    come,
    eventually,
    looks_like,
    orders,
    picture_of,
    pictures_at,
    settled,
    shown,
    silence,
)
from tests.federation.lies import claiming
from tests.federation.world import World
from tests.outgoing.servers import Behaviour, answering

SECRET = "s3cret-of-the-picture"


def dripping() -> Behaviour:
    """A server that sends a byte now and then, for ever."""

    def behaviour(connected: socket.socket, _request: bytes) -> None:
        connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            connected.sendall(b"\x89")
            threading.Event().wait(0.2)

    return behaviour


def png_that_claims(side: int) -> bytes:
    made = bytearray(portrait("bomb"))
    made[16:24] = side.to_bytes(4, "big") * 2
    made[29:33] = zlib.crc32(made[12:29]).to_bytes(4, "big")
    return bytes(made)


def image(body: bytes, media_type: str = "image/png", status: str = "200 OK", **headers: str) -> Behaviour:
    return answering(status, body, Content_Type=media_type, **headers)


GIVEN_UP = {
    "a bomb": (image(png_that_claims(50_000)), "4096"),
    "a script in SVG": (image(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"), "no PNG"),
    "a page that is called a picture": (image(b"<!doctype html><script>1</script>"), "no PNG"),
    "a page": (image(b"<!doctype html>", "text/html"), "no picture"),
    "nothing": (image(b""), "no PNG"),
    "a picture that was cut off": (image(portrait("cut")[:100]), "no PNG"),
    "a GIF": (image(b"GIF89a" + bytes(100), "image/gif"), "no PNG"),
    "no such picture": (image(b"", status="404 Not Found"), "404"),
    "no right to see it": (image(b"URL signature expired", "text/plain", status="403 Forbidden"), "403"),
    "a redirect that is none": (answering("204 No Content"), "204"),
}
TRIED_AGAIN = {
    "too much": (image(bytes(3 * 1024 * 1024)), "too long"),
    "a compressed answer": (image(portrait("x"), Content_Encoding="gzip"), "compressed"),
    "a redirect to itself": (answering("302 Found", Location="/picture.png"), "redirect"),
    "a redirect inside": (answering("301 Moved", Location="http://169.254.169.254/latest/meta-data/"), "redirect"),
    "silence": (silence(), "in time"),
    "a drip": (dripping(), "in time"),
    "no HTTP": (lambda connected, _: connected.sendall(b"\x89PNG\r\n\r\n"), "HTTP"),
    "an empty line": (lambda connected, _: connected.close(), "reached|HTTP"),
}


@pytest.mark.parametrize("what", [*GIVEN_UP, *TRIED_AGAIN])
def test_what_is_no_picture_ends_as_a_note_and_the_next_one_comes(
    world: World, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    behaviour, sentence = (GIVEN_UP | TRIED_AGAIN)[what]
    with pictures_at(world, behaviour, f"/{SECRET}.png?oh={SECRET}"):
        _, account, _ = come(world, "google", "alice")
        eventually(lambda: orders(world, account)[0].last_error is not None)

    (noted,) = orders(world, account)
    assert any(part in str(noted.last_error) for part in sentence.split("|")), noted.last_error
    assert (noted.failed_at is not None) == (what in GIVEN_UP)
    assert picture_of(world, account) is None
    assert SECRET not in caplog.text + str(noted)
    assert SECRET.encode() not in noted.sealed

    world.google.forge = None
    _, next_one, key = come(world, "google", "alice")
    assert looks_like(key, shown(world, next_one))


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]:80/",
        "http://10.0.0.1/x.png",
        "https://192.168.0.1/x.png",
        "http://pictures.example/x.png",
        "https://user@127.0.0.1:1/x.png",
        "https://127.0.0.1:1\\@pictures.example/x.png",
    ],
)
def test_nothing_inside_is_asked_at_a_providers_word(world: World, address: str) -> None:
    world.google.forge = claiming(picture=address)
    _, account, _ = come(world, "google", "alice")

    settled(world, account)

    (noted,) = orders(world, account)
    assert noted.failed_at is not None
    assert "address" in str(noted.last_error) or "https" in str(noted.last_error)


@pytest.mark.parametrize(
    "address",
    [
        None,
        7,
        True,
        [],
        {"url": "https://x.example"},
        "",
        "x.png",
        "//x.example/x.png",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ftp://x.example/x",
        "https://x.example/\u202e",
        "a\nb",
        "https://x.example/" + "a" * 2048,
    ],
)
def test_what_is_no_web_address_is_no_picture(address: object) -> None:
    with direct("google", GoogleStage, GOOGLE) as google:
        google.stage.forge = claiming(picture=address)

        assert google.travel().picture is None
