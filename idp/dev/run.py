"""`idp dev`: the provider, two demo applications, four simulated providers and a mailbox, in one process."""

import shutil
import signal
import sys
import threading
from pathlib import Path

from idp.app import build_app
from idp.clock import utc_now
from idp.dev.directory import NotOurs
from idp.dev.mailbox import mailbox_routes
from idp.dev.people import PEOPLE
from idp.dev.preparation import Prepared, prepare
from idp.dev.relying_party import relying_party
from idp.dev.servers import DidNotStart, PortBusy, Served, listen, serve
from idp.dev.upstreams.placement import serve_all
from idp.observe.logs import configure
from idp.settings.ranges import is_loopback


def main(port: int = 8000, host: str = "127.0.0.1", directory: Path = Path(".idp"), *, reset: bool = False) -> None:
    """Run until Ctrl-C. The demo applications take the two ports after the provider's, the simulators the next four.

    Raises:
        SystemExit: With a sentence, when it cannot start.
    """
    if not is_loopback(host):
        raise SystemExit("idp: idp dev listens on this machine only, its passwords are printed; use idp serve instead")
    if not 1 <= port <= 65529:
        raise SystemExit("idp: the port must be between 1 and 65529")
    configure(level="WARNING", form="text", access=False)
    try:
        listening = listen(host, tuple(range(port, port + 7)))
    except PortBusy as busy:
        another = "9000" if not 8993 < port < 9007 else "7000"
        raise SystemExit(f"idp: {busy}; stop what uses it, or choose others: idp dev --port {another}") from None
    try:
        prepared = prepare(directory, host=host, port=port, reset=reset, clock=utc_now)
    except NotOurs:
        raise SystemExit(f"idp: {directory} was not made by idp dev, so it is not thrown away") from None
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    app = build_app(prepared.settings, prepared.policy, development=mailbox_routes)
    served = [serve(app, listening[0], name="provider")]
    served += [
        serve(relying_party(demo, prepared.settings.issuer), socket, name=demo.client_id)
        for demo, socket in zip(prepared.apps, listening[1:3], strict=True)
    ]
    served += serve_all(prepared.upstreams, listening[3:], issuer=prepared.settings.issuer)
    try:
        _wait(served, prepared)
        sys.stdout.write(block(prepared, directory))
        sys.stdout.flush()
        while not stop.wait(1):
            if not all(one.thread.is_alive() for one in served):
                raise SystemExit("idp: a server has ended; the log above says why")
    except DidNotStart as failed:
        raise SystemExit(f"idp: {failed} does not answer; the log above says why") from None
    finally:
        # The applications first: they are the provider's guests.
        for one in reversed(served):
            one.stop()
    sys.stdout.write("Stopped.\n")


def block(prepared: Prepared, directory: Path) -> str:
    """What a person needs to know to begin, in one block."""
    issuer = prepared.settings.issuer
    photos, bookings = prepared.apps
    places = {
        "Issuer": issuer,
        "Discovery": f"{issuer}/.well-known/openid-configuration",
        "Account": f"{issuer}/account",
        "Mailbox": f"{issuer}/dev/mailbox",
        photos.name: f"{photos.origin}/   asks for consent",
        bookings.name: f"{bookings.origin}/   belongs to the house, asks nothing",
        "Simulated": "Google, Facebook, X and GitHub, behind the buttons of the sign-in page",
    }
    people = {person.email: person.password for person in PEOPLE}
    shown = directory if not directory.is_absolute() else prepared.config.parent
    return "\n".join(
        [
            "",
            "  DEVELOPMENT MODE: reachable from this machine only, passwords are public",
            "",
            *_aligned(places),
            "",
            "  People and their passwords",
            *_aligned(people),
            "",
            f"  Try    sign in at {photos.name} as Alice, then open {bookings.name}: nobody asks again",
            f"  Device {_program()} device --issuer {issuer}   lets a television in, say",
            f"  Next   IDP_CONFIG={shown / prepared.config.name} {_program()} client list",
            f"  Data   {shown} is kept; idp dev --reset starts afresh",
            "  Stop   Ctrl-C",
            "",
            "",
        ]
    )


def _wait(served: list[Served], prepared: Prepared) -> None:
    served[0].wait_until_it_answers(f"{prepared.settings.issuer}/readyz")
    for one, demo in zip(served[1:3], prepared.apps, strict=True):
        one.wait_until_it_answers(f"{demo.origin}/")
    for one, upstream in zip(served[3:], prepared.upstreams, strict=True):
        one.wait_until_it_answers(f"{upstream.origin}/simulator.css")


def _program() -> str:
    """How to call the commands from here: a checkout has no `idp` on the path."""
    if shutil.which("idp"):
        return "idp"
    # Not resolved: the interpreter of a virtual environment is a link, and the link is what has the packages.
    program = Path(sys.executable)
    here = Path.cwd()
    return f"{program.relative_to(here) if program.is_relative_to(here) else program} -m idp"


def _aligned(lines: dict[str, str]) -> list[str]:
    width = max(map(len, lines))
    return [f"  {name:<{width}}   {value}" for name, value in lines.items()]
