"""Rotating the signing key refuses not one valid token, in two processes and under load (Core 10.1.1).

The servers' clock is moved on by a little whenever each relying party has signed in once more, so that a full rotation
with its minutes of publication and verification passes as fast as the machine allows and no faster. The relying parties
keep a JWKS for exactly its max-age and never ask before, whatever kid they meet.
"""

import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from keys.lifecycle import State, state_of
from keys.rotation import rotate
from tests.faults.cluster import Cluster, cluster
from tests.races.wire import Line, basic, request
from tests.running import Registered, s256

STEP = timedelta(seconds=2)
"""By how much the clock is moved on. The margin for slow commits and other clocks is fifteen times as much."""
MAX_AGE, TOKEN_LIFE, SKEW = 120, 60, 30
PUBLICATION = MAX_AGE + 10 + 30
"""The least that settings allow: the cache, the refresh of a ring, and the margin between clocks."""


@dataclass
class RelyingParty:
    """Signs in at one process and reads the JWKS of another, keeping it for exactly its max-age."""

    servers: Cluster
    client: Registered
    cookie: str
    signs_in_at: int
    reads_jwks_at: int
    stopped: threading.Event
    signed_in: int = 0
    verified: int = 0
    refused: list[str] = field(default_factory=list)
    kids: list[str] = field(default_factory=list)
    reads: int = 0
    told: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._line = Line(self.servers.ports[self.signs_in_at])
        self._keys: KeySet | None = None
        self._good_until: datetime | None = None
        self._held: list[tuple[datetime, str]] = []

    def run(self) -> None:
        """Sign in again and again; verify each token when it comes and once more at the end of its life."""
        try:
            while not self.stopped.is_set():
                token = self._sign_in()
                self._verify(token)
                self.signed_in += 1
                life = timedelta(seconds=TOKEN_LIFE - 5)
                self._held.append((self.servers.clock() + life, token))
                while self._held and self._held[0][0] <= self.servers.clock():
                    self._verify_late(self._held.pop(0)[1])
        finally:
            self._line.close()

    def _sign_in(self) -> str:
        verifier = secrets.token_urlsafe(48)
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.client.client_id,
                "redirect_uri": self.client.redirect_uri,
                "scope": "openid",
                "code_challenge": s256(verifier),
                "code_challenge_method": "S256",
            }
        )
        headers = {"Cookie": f"op_sid={self.cookie}"}
        answer = self._line.ask(request("GET", f"/authorize?{query}", headers=headers))
        form = {
            "grant_type": "authorization_code",
            "code": parse_qs(urlsplit(answer.headers["location"]).query)["code"][0],
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": verifier,
        }
        tokens = self._line.ask(request("POST", "/token", form=form, headers=basic(*self.client.basic)))
        assert tokens.status == 200, tokens.body
        return str(tokens.json()["id_token"])

    def _verify(self, token: str) -> None:
        """As a relying party does that trusts its cache: an unknown kid is a refusal, not a reason to ask again."""
        keys = self._jwks()
        try:
            decoded = jwt.decode(token, keys, algorithms=["RS256"])
        except (JoseError, ValueError) as error:
            self.refused.append(f"{type(error).__name__} at {self.servers.clock():%H:%M:%S}")
            return
        self.verified += 1
        kid = str(decoded.header["kid"])
        if kid not in self.kids:
            self.kids.append(kid)

    def _verify_late(self, token: str) -> None:
        claims = json.loads(_decoded(token.split(".")[1]))
        # A token whose end came while others were verified is not valid any more, and nobody's loss.
        if claims["exp"] > self.servers.clock().timestamp():
            self._verify(token)

    def _jwks(self) -> KeySet:
        now = self.servers.clock()
        if self._keys is None or self._good_until is None or now >= self._good_until:
            line = Line(self.servers.ports[self.reads_jwks_at])
            answer = line.ask(request("GET", "/jwks"))
            line.close()
            max_age = re.search(r"max-age=(\d+)", answer.headers["cache-control"])
            assert max_age is not None
            self.told.add(int(max_age[1]))
            self._keys = KeySet.import_key_set(answer.json())
            self._good_until = self.servers.clock() + timedelta(seconds=MAX_AGE)
            self.reads += 1
        return self._keys


def _decoded(part: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def rotated_under_load(database_url: str, *, publication: float) -> list[RelyingParty]:
    """Two relying parties under load through one rotation, until the first key has left the JWKS."""
    policy = {
        "jwks_max_age": MAX_AGE,
        "publication": publication,
        "longest_token_life": TOKEN_LIFE,
        "skew": SKEW,
    }
    lifetimes = {"code": 600, "id_token": TOKEN_LIFE}
    with cluster(database_url, policy=policy, lifetimes=lifetimes) as servers:
        stopped = threading.Event()
        client = servers.running.client()
        cookie = str(servers.running.session(servers.running.person()).cookies["op_sid"])
        parties = [
            RelyingParty(servers, client, cookie, signs_in_at=here, reads_jwks_at=1 - here, stopped=stopped)
            for here in (0, 1)
        ]
        threads = [threading.Thread(target=party.run) for party in parties]
        for thread in threads:
            thread.start()
        time_passes = _Passing(servers, parties, threads)
        try:
            time_passes.until(lambda: all(party.verified > 5 for party in parties))
            first = servers.vault.all()[0]
            rotate(servers.vault, servers.policy, servers.clock)
            time_passes.until(lambda: _is_gone(servers, first.kid))
            left = servers.clock() + timedelta(seconds=MAX_AGE)
            time_passes.until(lambda: servers.clock() >= left)
        finally:
            stopped.set()
            for thread in threads:
                thread.join(30)
        return parties


@dataclass
class _Passing:
    """Moves the clock on at the pace of the slowest."""

    servers: Cluster
    parties: list[RelyingParty]
    threads: list[threading.Thread]

    def until(self, happened: Callable[[], bool]) -> None:
        """Let time pass until it has happened."""
        while not happened():
            before = [party.signed_in for party in self.parties]
            # Two more: the first of them may have begun before the clock was moved.
            while any(party.signed_in < count + 2 for party, count in zip(self.parties, before, strict=True)):
                assert all(thread.is_alive() for thread in self.threads), "a relying party has stopped"
                self.threads[0].join(0.002)
            self.servers.clock.forward(STEP)


def _is_gone(servers: Cluster, kid: str) -> bool:
    return {state_of(key, servers.clock()) for key in servers.vault.all() if key.kid == kid} == {State.GONE}


def test_not_one_valid_token_is_refused_through_a_whole_rotation(database_url: str) -> None:
    parties = rotated_under_load(database_url, publication=PUBLICATION)

    for party in parties:
        assert party.refused == []
        # A little less is told where the keys were read so long ago that it is time to read them again.
        assert party.told <= set(range(MAX_AGE - 4, MAX_AGE + 1))
        assert len(party.kids) == 2, "the new key never signed"
        assert party.reads >= 2
        assert party.verified > 50


def test_without_publication_relying_parties_meet_keys_they_do_not_know(database_url: str) -> None:
    # The ring sees this coming and tells them not to cache at all; these keep what an earlier policy promised.
    parties = rotated_under_load(database_url, publication=0)

    assert sum(len(party.refused) for party in parties) > 0
