"""Which servers the guarded client talks to, and which never, whatever their names lead to."""

from collections.abc import Sequence

import pytest

from idp.outgoing import Outgoing, OutgoingFailed, OutgoingRefused
from tests.outgoing.asking import JSON, QUICK, always, failure, get, outgoing
from tests.outgoing.servers import answering, serving


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.1"])
def test_a_hostile_name_that_leads_inside_is_refused(address: str) -> None:
    with serving(answering()) as server, pytest.raises(OutgoingRefused) as refused:
        Outgoing(resolve=always(address)).fetch(f"https://hostile.example:{server.port}/", accept=JSON, max_bytes=100)

    assert refused.value.sentence == "the name of the host does not lead to a public address"
    assert server.requests == []


def test_a_name_with_one_public_and_one_private_address_is_refused() -> None:
    with pytest.raises(OutgoingRefused):
        Outgoing(resolve=always("93.184.216.34", "127.0.0.1")).fetch(
            "https://hostile.example/", accept=JSON, max_bytes=100
        )


def test_a_name_is_resolved_once_and_the_connection_goes_where_it_was_judged() -> None:
    asked: list[str] = []

    def changing(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    with serving(answering()) as server, pytest.raises(OutgoingFailed):
        Outgoing(resolve=changing, timeout=QUICK).fetch(
            f"https://rebinding.example:{server.port}/", accept=JSON, max_bytes=100
        )

    assert (asked, server.requests) == (["rebinding.example"], [])


@pytest.mark.parametrize(
    "url",
    [
        "http://hostile.example/",
        "ftp://hostile.example/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:11211/_stats",
        "https://user:password@hostile.example/",
        "https://user@hostile.example/",
        "https://hostile.example:22/",
        "https://hostile.example:0/",
        "https://hostile.example:99999/",
        "https://hostile.example\\@inside/",
        "https://hostile.example/ HTTP/1.1\r\nX: y",
        "https://hostile.example/\x00",
        "https://[::1",
        "https://[fe80::1%25eth0]/",
        "https:///path",
        "https://",
        "//hostile.example/",
        "https://höstile.example/",
        "https://hostile.example/" + "a" * 3000,
        "",
    ],
)
def test_an_address_we_do_not_talk_to_is_refused_before_its_name_is_resolved(url: str) -> None:
    def never(host: str, _port: int) -> Sequence[str]:
        raise AssertionError(host)

    with pytest.raises(OutgoingRefused):
        Outgoing(resolve=never).fetch(url, accept=JSON, max_bytes=100)


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::1]", "[::ffff:7f00:1]", "0"])
def test_no_spelling_of_loopback_gets_through(host: str) -> None:
    with serving(answering()) as server, pytest.raises((OutgoingRefused, OutgoingFailed)):
        Outgoing(timeout=QUICK).fetch(f"https://{host}:{server.port}/", accept=JSON, max_bytes=100)

    assert server.requests == []


def test_http_is_for_this_machine_only_even_where_the_host_is_named() -> None:
    with pytest.raises(OutgoingRefused) as refused:
        get(outgoing(resolve=always("10.0.0.7")), 8080)

    assert refused.value.sentence.startswith("http is for named hosts on this machine")


def test_a_host_can_be_named_with_its_port() -> None:
    with serving(answering(body=b"{}")) as server, serving(answering()) as other:
        client = outgoing(allowed_hosts=(f"rp.example:{server.port}",))

        assert get(client, server.port).status == 200
        with pytest.raises(OutgoingRefused):
            get(client, other.port)


def test_redirects_are_not_followed() -> None:
    with serving(answering()) as inside:
        redirecting = answering("302 Found", Location=f"http://127.0.0.1:{inside.port}/admin")

        assert failure(outgoing(), redirecting) == "the server answered with a redirect, which is not followed"

    assert inside.requests == []


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering()) as proxy, serving(answering(body=b"{}")) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")

        assert get(outgoing(), server.port).status == 200

    assert proxy.requests == []
