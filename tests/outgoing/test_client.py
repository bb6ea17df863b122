"""The guarded client against real servers on real sockets."""

import gzip
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest

from idp.outgoing import OutgoingFailed
from tests.outgoing.asking import JSON, always, failure, get, outgoing
from tests.outgoing.servers import answering, certificate_for, serving


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_for("rp.example", tmp_path_factory.mktemp("tls") / "server.pem")


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


def test_a_name_that_does_not_exist_is_a_failure_and_may_exist_later() -> None:
    def nobody(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(OutgoingFailed) as failed:
        get(outgoing(resolve=nobody), 80)

    assert failed.value.sentence == "the name of the host could not be resolved"


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
