"""Unsigned request objects, by value and served from a loopback address (Core section 6)."""

import json
import ssl
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_HOST = "127.0.0.1"
_PATH = "/request.jwt"


def unsigned(claims: Mapping[str, object]) -> str:
    """A JWT with `alg: none` and nothing after its last dot (RFC 7519 section 6)."""
    header, payload = (
        urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none"}, dict(claims))
    )
    return f"{header}.{payload}."


class HostedRequestObject:
    """An address under which one request object can be fetched; the content may be set after the address is known."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.content = ""


@contextmanager
def hosted(*, tls: bool) -> Iterator[HostedRequestObject]:
    """Serve a request object while the context lasts; with TLS, under a certificate that nobody has heard of."""
    server = ThreadingHTTPServer((_HOST, 0), BaseHTTPRequestHandler)
    place = HostedRequestObject(f"{'https' if tls else 'http'}://{_HOST}:{server.server_port}{_PATH}")
    server.RequestHandlerClass = _handler_of(place)
    if tls:
        server.socket = _throw_away_context().wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler_of(place: HostedRequestObject) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = place.content.encode()
            self.send_response(200 if self.path == _PATH else 404)
            self.send_header("Content-Type", "application/oauth-authz-req+jwt")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Keep the report free of access lines."""

    return Handler


def _throw_away_context() -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _HOST)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(_HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # The standard library loads a chain from a file only.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "chain.pem"
        plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(plain + certificate.public_bytes(pem))
        context.load_cert_chain(path)
    return context
