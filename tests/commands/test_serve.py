"""`idp serve` on a real socket."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from idp.commands.serve import TLS_1_2_SUITES
from tests.commands.conftest import Operator
from tests.outgoing.servers import certificate_for

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
OTHER_SUITES = "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256:AES256-SHA"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(operator: Operator, *options: str) -> subprocess.Popen[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("IDP_", "MALLOC_"))}
    return subprocess.Popen(
        [sys.executable, "-m", "idp", "serve", *options],
        cwd=ROOT,
        env=inherited | operator.environ,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def serving(operator: Operator, *options: str, scheme: str = "http", workers: int = 1) -> Iterator[str]:
    """A server that answers; afterwards it has stopped because it was asked to."""
    origin = f"{scheme}://127.0.0.1:{free_port()}"
    operator.environ.update(IDP_ISSUER=origin, IDP_PORT=origin.rpartition(":")[2], IDP_INSECURE_HTTP="1")
    operator.environ["IDP_WORKERS"] = str(workers)
    process = start(operator, *options)
    try:
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), socket.create_connection(("127.0.0.1", int(operator.environ["IDP_PORT"])), 1):
                break
            time.sleep(0.05)  # between attempts to connect; the connection is what is waited for
        yield origin
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE)
    # One process dies of the signal once it has finished; a supervisor of several returns.
    assert process.returncode in {0, -signal.SIGTERM, 128 + signal.SIGTERM}, said


@pytest.fixture
def ready(operator: Operator) -> Operator:
    operator.runs("keys", "init", "--algorithm", "ES256")
    operator.runs("keys", "init")
    return operator


def test_a_server_without_a_signing_key_says_what_to_run(operator: Operator) -> None:
    process = start(operator)

    _, said = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert "idp keys init" in said
    assert "Traceback" not in said


def test_several_processes_answer_and_stop_when_asked(ready: Operator) -> None:
    with serving(ready, workers=2) as origin:
        answer = requests.get(f"{origin}/.well-known/openid-configuration", timeout=PATIENCE)
        examined = ready.runs("doctor")

    assert answer.json()["issuer"] == origin
    assert "Server" not in answer.headers
    assert "reachable, and names itself in discovery" in examined.stdout


def test_the_doctor_takes_a_certificate_of_the_houses_own_authority(ready: Operator, tmp_path: Path) -> None:
    certificate = certificate_for("127.0.0.1", tmp_path / "server.pem")
    certificate.chmod(0o600)
    with serving(ready, "--tls-cert", str(certificate), "--tls-key", str(certificate), scheme="https"):
        stranger = ready.runs("doctor", "--json")
        ready.environ["IDP_OUTGOING_CA_FILE"] = str(certificate)
        examined = ready.runs("doctor", "--json")

    def about_issuer(said: str) -> list[str]:
        return [
            found["level"] for found in json.loads(said)["findings"] if found["subject"] in {"issuer", "certificate"}
        ]

    assert about_issuer(stranger.stdout) == ["warning"]
    assert about_issuer(examined.stdout) == ["ok", "warning"]


def test_a_request_with_two_lengths_does_not_become_two_requests(ready: Operator) -> None:
    smuggled = (
        b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    with (
        serving(ready) as origin,
        # A server that goes on with the connection leaves it open, and that is a failure too.
        socket.create_connection(("127.0.0.1", int(origin.rpartition(":")[2])), timeout=5) as connection,
    ):
        connection.sendall(smuggled)
        answered = b""
        while part := connection.recv(65536):
            answered += part

    assert answered.count(b"HTTP/1.1 ") <= 1
    assert b"live" not in answered


def test_tls_is_1_3_or_1_2_with_four_suites(ready: Operator, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    key.chmod(0o600)

    def negotiated(port: int, version: ssl.TLSVersion, suites: str) -> tuple[str, str, int] | None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(suites)
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
            try:
                with context.wrap_socket(plain) as secured:
                    return secured.cipher()
            except (ssl.SSLError, ConnectionError):
                return None

    with serving(ready, "--tls-cert", str(certificate), "--tls-key", str(key), scheme="https") as origin:
        port = int(origin.rpartition(":")[2])
        newest = negotiated(port, ssl.TLSVersion.TLSv1_3, "DEFAULT")
        allowed = negotiated(port, ssl.TLSVersion.TLSv1_2, TLS_1_2_SUITES)
        others = negotiated(port, ssl.TLSVersion.TLSv1_2, OTHER_SUITES)

    assert newest is not None
    assert allowed is not None
    assert "GCM" in allowed[0]
    assert others is None
