"""The flow that is measured: authorize with a session, exchange with Basic and PKCE, userinfo."""

import base64
import json
import secrets
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.http import BadAnswer, Connection
from tests.running import Person, Registered, s256

SCOPE = "openid profile email"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was written into the database before: a client, a person who has allowed it everything, and sessions."""

    client: Registered
    person: Person
    sessions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    """A relying party with one browser. Everything that stays the same is encoded once."""

    host: str
    seeded: Seeded
    session: str

    async def run(self, connection: Connection) -> None:
        """Sign on once.

        Raises:
            BadAnswer: An answer is not what a relying party needs.
        """
        verifier, state, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        code = await self.authorize(connection, verifier, state, nonce)
        access_token = await self.exchange(connection, code, verifier)
        await self.userinfo(connection, access_token)

    async def authorize(self, connection: Connection, verifier: str, state: str, nonce: str) -> str:
        """Ask for a code."""
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self.seeded.client.client_id,
                "redirect_uri": self.seeded.client.redirect_uri,
                "scope": SCOPE,
                "state": state,
                "nonce": nonce,
                "code_challenge": s256(verifier),
                "code_challenge_method": "S256",
            }
        )
        cookies = f"op_sid={self.session}; op_tx={'t' * 43}"
        answer = await connection.send(
            f"GET /authorize?{query} HTTP/1.1\r\nHost: {self.host}\r\nCookie: {cookies}\r\n"
            "Accept: text/html\r\nAccept-Language: en\r\n\r\n".encode()
        )
        returned = parse_qs(urlsplit(answer.location).query)
        if answer.status != 303 or returned.get("state") != [state] or "code" not in returned:
            raise BadAnswer(f"authorize: {answer.status}")
        return returned["code"][0]

    async def exchange(self, connection: Connection, code: str, verifier: str) -> str:
        """Redeem the code."""
        client = self.seeded.client
        form = urlencode(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": client.redirect_uri,
                "code_verifier": verifier,
            }
        )
        basic = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
        answer = await connection.send(
            f"POST /token HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Basic {basic}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nAccept: application/json\r\n"
            f"Content-Length: {len(form)}\r\n\r\n{form}".encode()
        )
        if answer.status != 200:
            raise BadAnswer(f"token: {answer.status}")
        tokens = json.loads(answer.body)
        if tokens["id_token"].count(".") != 2:
            raise BadAnswer("token: no ID token")
        return str(tokens["access_token"])

    async def userinfo(self, connection: Connection, access_token: str) -> None:
        """Ask who it is."""
        answer = await connection.send(
            f"GET /userinfo HTTP/1.1\r\nHost: {self.host}\r\nAuthorization: Bearer {access_token}\r\n"
            "Accept: application/json\r\n\r\n".encode()
        )
        if answer.status != 200 or json.loads(answer.body)["sub"] != self.seeded.person.id:
            raise BadAnswer(f"userinfo: {answer.status}")
