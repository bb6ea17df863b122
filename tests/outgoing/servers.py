"""Servers that behave as badly as a test wants: each gets the connection and does with it what it likes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[socket.socket, bytes], None]
"""What a server does with a connection, given the request it has read."""


def certificate_for(name: str, file: Path) -> Path:
    """A certificate for a host name or an address that nobody has signed, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    lasting = (subject, subject, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    made = (
        x509.CertificateBuilder(*lasting)
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


class Server:
    """A server on loopback. `requests` is what it has read, one for each connection."""

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None) -> None:
        self.requests: list[bytes] = []
        self.stopping = threading.Event()
        self._behaviour = behaviour
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connected, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connected,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        with suppress(OSError), plain:
            connected = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with connected:
                self.requests.append(_request(connected))
                self._behaviour(connected, self.requests[-1])


def _request(connected: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read and not read.startswith(b"\x16"):
        piece = connected.recv(65536)
        if not piece:
            return read
        read += piece
    head, _, body = read.partition(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            while len(body) < int(line.split(b":")[1]):
                body += connected.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(behaviour: Behaviour, certificate: Path | None = None) -> Iterator[Server]:
    """Run a server, over TLS if it has a certificate."""
    tls = None
    if certificate is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    server = Server(behaviour, tls)
    try:
        yield server
    finally:
        server.close()


def answering(status: str = "200 OK", body: bytes = b"", **headers: str) -> Behaviour:
    """A server that gives one answer."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{named}\r\n".encode()

    def answer(connected: socket.socket, _request: bytes) -> None:
        connected.sendall(head + body)

    return answer
