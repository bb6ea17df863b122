"""The guarded client against real servers on real sockets, most of them hostile."""

import gzip
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from idp.outgoing import Fetched, Outgoing, OutgoingFailed, OutgoingRefused
from idp.store.database import Database
from tests.outgoing.servers import Behaviour, answering, certificate_for, serving

JSON = "application/json"
QUICK = timedelta(milliseconds=300)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_for("rp.example", tmp_path_factory.mktemp("tls") / "server.pem")


def always(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda _host, _port: addresses


def outgoing(certificate: Path | None = None, *, timeout: timedelta = timedelta(seconds=5), **more: object) -> Outgoing:
    """A client for which rp.example, wherever it is, may be asked."""
    given = {"allowed_hosts": ("rp.example",), "resolve": always("127.0.0.1"), **more}
    return Outgoing(ca_file=certificate, timeout=timeout, **given)  # type: ignore[arg-type]


def get(client: Outgoing, port: int, path: str = "/jwks", *, max_bytes: int = 10_000, scheme: str = "http") -> Fetched:
    return client.fetch(f"{scheme}://rp.example:{port}{path}", accept=JSON, max_bytes=max_bytes)


def failure(client: Outgoing, behaviour: Behaviour, certificate: Path | None = None) -> str:
    with serving(behaviour, certificate) as server, pytest.raises(OutgoingFailed) as failed:
        get(client, server.port, scheme="https" if certificate else "http")
    return failed.value.sentence


def test_a_document_is_fetched_over_verified_tls(certificate: Path) -> None:
    with serving(answering(body=b'{"keys":[]}', Content_Type=JSON), certificate) as server:
        fetched = get(outgoing(certificate), server.port, "/jwks?v=1#part", scheme="https")

    assert (fetched.status, fetched.headers["content-type"], fetched.body) == (200, JSON, b'{"keys":[]}')
    head = server.requests[0].decode().lower()
    assert head.startswith("get /jwks?v=1 http/1.1\r\n")
    assert f"host: rp.example:{server.port}\r\n" in head
    assert "accept-encoding: identity\r\n" in head
    assert "cookie" not in head
    assert "authorization" not in head


def test_a_form_is_posted_and_the_status_is_the_answer(certificate: Path) -> None:
    with serving(answering("400 Bad Request", b"x" * 100_000), certificate) as server:
        answer = outgoing(certificate).post(f"https://rp.example:{server.port}/logout", {"logout_token": "a+b c"})

    assert (answer.status, answer.body) == (400, b"")
    assert server.requests[0].endswith(b"\r\n\r\nlogout_token=a%2Bb+c")


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: Path) -> None:
    assert failure(outgoing(), answering(), certificate) == "the certificate of the server is not trusted"


def test_a_certificate_for_another_name_is_not_trusted(tmp_path: Path) -> None:
    other = certificate_for("other.example", tmp_path / "other.pem")

    assert failure(outgoing(other), answering(), other) == "the certificate of the server is not trusted"


def test_a_server_without_tls_is_told_nothing() -> None:
    with serving(answering()) as server, pytest.raises(OutgoingFailed) as failed:
        get(outgoing(), server.port, scheme="https")

    assert failed.value.sentence == "no TLS connection could be made with the server"
    assert not any(b"GET" in request for request in server.requests)


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


def _dripping(head: bytes, over: threading.Event) -> Behaviour:
    def drip(connected: socket.socket, _request: bytes) -> None:
        connected.sendall(head)
        # Not for ever: a client that waits for all of it is to be found out.
        for _ in range(500):
            connected.sendall(b"x")
            threading.Event().wait(0.02)
        over.set()

    return drip


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["status", "headers", "body", "body without an end"],
)
def test_a_server_that_drips_is_cut_off_at_the_time_limit(head: bytes) -> None:
    over = threading.Event()

    assert failure(outgoing(timeout=QUICK), _dripping(head, over)) == "the server did not answer in time"

    assert not over.is_set()


def test_a_server_that_says_nothing_is_cut_off_at_the_time_limit() -> None:
    def hang(connected: socket.socket, _request: bytes) -> None:
        connected.recv(1)

    assert failure(outgoing(timeout=QUICK), hang) == "the server did not answer in time"


def test_a_tls_handshake_that_never_ends_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(OutgoingFailed) as failed:
        get(outgoing(timeout=QUICK), silent.getsockname()[1], scheme="https")

    assert failed.value.sentence == "the server did not answer in time"


def test_endless_informational_answers_are_cut_off() -> None:
    def continuing(connected: socket.socket, _request: bytes) -> None:
        while True:
            connected.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    assert failure(outgoing(timeout=QUICK), continuing) == "the server did not answer in time"


def test_a_resolver_that_hangs_is_left_alone() -> None:
    hanging = threading.Event()

    def resolve(_host: str, _port: int) -> Sequence[str]:
        hanging.wait()
        return []

    with pytest.raises(OutgoingFailed) as failed:
        get(outgoing(resolve=resolve, timeout=QUICK), 80)
    hanging.set()

    assert failed.value.sentence == "the name of the host could not be resolved in time"


def test_a_name_that_does_not_exist_is_a_failure_and_may_exist_later() -> None:
    def nobody(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(OutgoingFailed) as failed:
        get(outgoing(resolve=nobody), 80)

    assert failed.value.sentence == "the name of the host could not be resolved"


def test_a_body_that_says_it_is_too_long_is_not_read() -> None:
    assert failure(outgoing(), answering(body=b"x" * 10_001)) == "the answer of the server is too long"


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ids=["bare", "chunked"],
)
def test_an_endless_body_is_cut_off_at_the_size_limit(head: bytes) -> None:
    piece = b"400\r\n" + b"x" * 0x400 + b"\r\n"
    sent = [0]

    def endless(connected: socket.socket, _request: bytes) -> None:
        connected.sendall(head)
        while True:
            connected.sendall(piece)
            sent[0] += len(piece)

    assert failure(outgoing(), endless) == "the answer of the server is too long"
    assert sent[0] < 20_000_000


def test_headers_without_an_end_are_cut_off() -> None:
    def heads(connected: socket.socket, _request: bytes) -> None:
        connected.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connected.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")

    assert failure(outgoing(), heads) == "the server did not answer in HTTP"


def test_a_compressed_body_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(5_000_000))

    sentence = failure(outgoing(), answering(body=bomb, Content_Encoding="gzip"))

    assert sentence == "the server answered in a compressed form that was not asked for"


def test_a_body_that_breaks_off_is_no_document() -> None:
    def short(connected: socket.socket, _request: bytes) -> None:
        connected.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"keys":[')

    assert failure(outgoing(), short) == "the answer of the server broke off"


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 banana\r\n\r\n"], ids=["", "ssh", "odd"])
def test_what_is_not_http_is_a_failure_that_repeats_nothing(said: bytes) -> None:
    def speak(connected: socket.socket, _request: bytes) -> None:
        connected.sendall(said)

    sentence = failure(outgoing(), speak)

    assert sentence in {"the server did not answer in HTTP", "the server could not be reached"}


def test_a_closed_port_is_a_failure() -> None:
    with serving(answering()) as server:
        port = server.port

    with pytest.raises(OutgoingFailed) as failed:
        get(outgoing(), port)

    assert failed.value.sentence == "the server could not be reached"


def test_the_next_address_is_tried_when_the_first_is_dead() -> None:
    with serving(answering(body=b"{}")) as server:
        assert get(outgoing(resolve=always("127.0.0.9", "127.0.0.1")), server.port).status == 200


def test_one_slow_host_leaves_places_for_the_others() -> None:
    release, arrived = threading.Event(), threading.Semaphore(0)

    def slow(connected: socket.socket, _request: bytes) -> None:
        arrived.release()
        release.wait(10)
        answering()(connected, _request)

    client = outgoing(allowed_hosts=("slow.example", "rp.example"), at_once=(3, 2), timeout=timedelta(seconds=20))
    with serving(slow) as hanging, serving(answering(body=b"{}")) as quick:
        slow_url = f"http://slow.example:{hanging.port}/"
        waiting = [
            threading.Thread(target=client.fetch, args=(slow_url,), kwargs={"accept": JSON, "max_bytes": 10})
            for _ in range(4)
        ]
        for thread in waiting:
            thread.start()
        arrived.acquire()
        arrived.acquire()

        answered = get(client, quick.port)
        under_way = len(hanging.requests)
        release.set()
        for thread in waiting:
            thread.join(10)

    assert (answered.status, under_way, len(hanging.requests)) == (200, 2, 4)


def test_nobody_may_hold_a_connection_of_the_database_meanwhile(database_url: str) -> None:
    database = Database(database_url)
    client = outgoing(held=database.held_here)

    with serving(answering(body=b"{}")) as server:
        with database.transaction(), pytest.raises(RuntimeError):
            get(client, server.port)
        with database.autocommit(), pytest.raises(RuntimeError):
            get(client, server.port)
        assert get(client, server.port).status == 200

    database.dispose()
