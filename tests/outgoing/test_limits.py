"""What the guarded client puts up with, on real sockets: servers that drip, hang, never end or hold the others up."""

import socket
import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest

from idp.outgoing import OutgoingFailed
from idp.store.database import Database
from tests.outgoing.asking import JSON, QUICK, failure, get, outgoing
from tests.outgoing.servers import Behaviour, answering, serving


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
