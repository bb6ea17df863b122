"""A small web server over https on this machine."""

import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any


class TlsServer(ThreadingHTTPServer):
    """Answers over TLS as state of the art has it, in a thread for each connection."""

    def __init__(self, address: tuple[str, int], certificate: Path, key: Path) -> None:
        """Take the address; who answers is set afterwards, when the port is known."""
        super().__init__(address, BaseHTTPRequestHandler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # What BCP 195 recommends for TLS 1.2; the modules look at the TLS of a proxy in place of the provider's.
        context.set_ciphers("ECDHE+AESGCM")
        context.load_cert_chain(certificate, key)
        # The handshake is left to the thread of its connection, so that one who never speaks holds up nobody.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep the report free of those who hang up, as a browser does before it accepts a certificate."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    @contextmanager
    def answering(self, handler: type[BaseHTTPRequestHandler]) -> Iterator[None]:
        """Answer by a handler while the context lasts."""
        self.RequestHandlerClass = handler
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            self.server_close()
            thread.join()
