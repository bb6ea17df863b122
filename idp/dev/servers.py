"""Several small servers in one process, each in a thread with a loop of its own."""

import socket
import threading
import time
from dataclasses import dataclass

import httpx2
import uvicorn
from starlette.applications import Starlette


class PortBusy(Exception):
    """Another program listens there."""

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(f"port {port} is in use")


class DidNotStart(Exception):
    """A server ended, or did not answer, before it was of use."""


def listen(host: str, ports: tuple[int, ...]) -> tuple[socket.socket, ...]:
    """Take the ports, all of them or none.

    Raises:
        PortBusy: Names the first that is taken.
    """
    taken: list[socket.socket] = []
    for port in ports:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            taken.append(socket.create_server((host, port), family=family))
        except OSError as error:
            for listening in taken:
                listening.close()
            raise PortBusy(port) from error
    return tuple(taken)


@dataclass(slots=True)
class Served:
    """An application that is being served."""

    server: uvicorn.Server
    thread: threading.Thread
    listening: socket.socket

    def wait_until_it_answers(self, url: str, *, seconds: float = 20) -> None:
        """Return once a request to the address succeeds.

        Raises:
            DidNotStart: The server has ended, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.thread.is_alive():
            if self.server.started:
                with httpx2.Client(trust_env=False, timeout=5) as client:
                    if client.get(url).is_success:
                        return
            self.thread.join(0.02)
        raise DidNotStart(url)

    def stop(self, *, seconds: float = 10) -> None:
        """Finish what is in progress and end."""
        self.server.should_exit = True
        self.thread.join(seconds)
        self.listening.close()


def serve(app: Starlette, listening: socket.socket, *, name: str) -> Served:
    """Serve an application on a socket that is bound already. Signals stay with the main thread."""
    config = uvicorn.Config(
        app,
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=_run, args=(server, listening), name=name, daemon=True)
    thread.start()
    return Served(server, thread, listening)


def _run(server: uvicorn.Server, listening: socket.socket) -> None:
    try:
        server.run(sockets=[listening])
    except SystemExit:
        # How uvicorn says that the application did not start; its log has the reason.
        server.should_exit = True
