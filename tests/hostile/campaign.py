"""Sends attacks over a real socket and judges every answer."""

import random
import re
import socket
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from html import unescape
from itertools import zip_longest
from urllib.parse import urlsplit

from hypothesis import HealthCheck, given, settings

from tests.hostile.attack import Attack
from tests.hostile.bending import attacks
from tests.hostile.ground import Ground
from tests.hostile.mangled import mangled
from tests.hostile.table import Cell

_ACTION = re.compile(rb'<form[^>]* action="([^"]*)"')
_BODILESS = {204, 304}
_RENEWED_EVERY = 60
_PATIENCE, _FOR_ANOTHER = 0.2, 0.02
"""How long to wait, in seconds, for an answer to what may have none, and then for one more."""


class Broken(AssertionError):
    """An answer that must not be."""


class _NoAnswer(Broken):
    """None at all, or half of one."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of a name."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass
class Campaign:
    """Sends, judges and counts."""

    ground: Ground
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    redirects: int = 0
    away: Counter[str] = field(default_factory=Counter)
    _line: socket.socket | None = None

    @property
    def sent(self) -> int:
        """How many requests have been answered."""
        return self.statuses.total()

    def sweep(self, rows: list[list[Cell]], count: int, seed: int) -> None:
        """Try that many cells of the table, as many in each row as in every other, as far as it has them."""
        chance = random.Random(seed)  # noqa: S311  decides about nothing but the order
        shuffled = [chance.sample(row, len(row)) for row in rows]
        chosen = [cell for column in zip_longest(*shuffled) for cell in column if cell is not None]
        for cell in chosen[:count]:
            self.strike(cell.attack(self.ground))

    def strike(self, attack: Attack) -> Answer:
        """Send one request.

        Raises:
            Broken: The answer is one that no input may cause.
        """
        answer = self._ask(attack)
        if self.sent % _RENEWED_EVERY == 0:
            self.ground.renew()
        self.statuses[attack.route, answer.status] += 1
        self.judge(attack, answer)
        return answer

    def mangle(self, count: int, seed: int) -> None:
        """Send that many requests that are hardly HTTP, each on a connection of its own."""
        everything = list(mangled(self.ground))
        for attack, octets in random.Random(seed).sample(everything, min(count, len(everything))):  # noqa: S311
            answers = self._answers_to(octets)
            self.statuses[attack.route, answers[0].status if answers else 0] += 1
            for answer in answers:
                self.judge(attack, answer, octets)

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._reader.close()
            self._line.close()
            self._line = None

    def judge(self, attack: Attack, answer: Answer, octets: bytes = b"") -> None:
        """Look at everything that no input may cause."""
        sent = octets or attack.encoded()
        self._no(answer.status >= 500, "a status above 499", sent, answer)
        self._no(not 200 <= answer.status < 500, "a status that is none", sent, answer)
        self._no(bool(answer.header("x-injected")), "a header of the sender's", sent, answer)
        is_page = answer.header("content-type").startswith("text/html")
        self._no(is_page and b"<script>alert" in answer.body, "a script of the sender's", sent, answer)
        location = answer.header("location")
        if location:
            self.redirects += 1
            self._no(not self._may_go(location), "a redirect to nobody registered", sent, answer)
        for action in _ACTION.findall(answer.body):
            self._no(not self._may_go(unescape(action.decode())), "a form for nobody registered", sent, answer)

    def _may_go(self, where: str) -> bool:
        if where.startswith("/") and not where.startswith(("//", "/\\")):
            return True
        parts = urlsplit(where)
        self.away[f"{parts.scheme}://{parts.netloc}{parts.path}"] += 1
        if f"{parts.scheme}://{parts.netloc}" in self.ground.upstreams:
            return True
        return where.partition("#")[0].partition("?")[0] in self.ground.destinations

    @staticmethod
    def _no(wrong: bool, what: str, sent: bytes, answer: Answer) -> None:
        if wrong:
            raise Broken(f"{what}: {answer.status} {answer.headers} {answer.body[:300]!r}\nfor {sent[:3000]!r}")

    def _ask(self, attack: Attack) -> Answer:
        was_idle = self._line is not None
        try:
            answer = self._answered(attack)
        except _NoAnswer:
            if not was_idle:
                raise
            # An idle connection is hung up on after a while, perhaps at this moment: a new one decides.
            answer = self._answered(attack)
        if answer.header("connection") == "close":
            self.close()
        return answer

    def _answered(self, attack: Attack) -> Answer:
        if self._line is None:
            parts = urlsplit(self.ground.provider.issuer)
            self._line = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=30)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._reader = self._line.makefile("rb")
        # Refused before it was complete; the answer is there all the same.
        with suppress(ConnectionError):
            self._line.sendall(attack.encoded())
        return self._answer(attack)

    def _answers_to(self, octets: bytes) -> list[Answer]:
        """Everything that comes back before the provider hangs up, or waits for more itself."""
        parts, came = urlsplit(self.ground.provider.issuer), b""
        answers: list[Answer] = []
        address = (parts.hostname or "", parts.port or 80)
        with suppress(ConnectionError, TimeoutError), socket.create_connection(address, timeout=_PATIENCE) as line:
            line.sendall(octets)
            while more := line.recv(65536):
                came += more
                line.settimeout(_FOR_ANOTHER)
        # One answer after another: what looks like one within a body is none, since no page of ours quotes any.
        for one in came.split(b"HTTP/1.1 ")[1:]:
            if one.startswith(b"100 "):
                continue
            head, _, body = one.partition(b"\r\n\r\n")
            status, *lines = head.decode("latin-1").split("\r\n")
            pairs = [line.partition(":") for line in lines]
            headers = tuple((name.strip().lower(), value.strip()) for name, _, value in pairs)
            answers.append(Answer(int(status[:3]), headers, body))
        return answers

    def _answer(self, attack: Attack) -> Answer:
        try:
            status = self._reader.readline().split(b" ", 2)
            headers: list[tuple[str, str]] = []
            while (line := self._reader.readline()) not in {b"\r\n", b""}:
                name, _, value = line.decode("latin-1").partition(":")
                headers.append((name.strip().lower(), value.strip()))
            found = Answer(int(status[1]), tuple(headers), b"")
            has_body = attack.method != "HEAD" and found.status not in _BODILESS
            body = self._reader.read(int(found.header("content-length") or 0)) if has_body else b""
        except (OSError, IndexError, ValueError) as error:
            self.close()
            raise _NoAnswer(f"no answer to {attack.encoded()[:3000]!r}") from error
        return Answer(found.status, found.headers, body)


def search(campaign: Campaign, count: int) -> None:
    """Let Hypothesis look for a request that is answered wrongly, and make it small.

    Raises:
        Broken: It has found one.
    """

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(attack=attacks(campaign.ground))
    def strike(attack: Attack) -> None:
        campaign.strike(attack)

    strike()
