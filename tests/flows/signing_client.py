"""What a relying party signs with keys of its own: assertions and request objects, right ones and almost right ones."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from socket import socket
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from tests.flows.forging import encoded
from tests.outgoing.servers import Server, serving
from tests.running import Registered, Running

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Key = RSAKey | ECKey | OKPKey

_MADE: dict[str, Key] = {}


def new_key(algorithm: str) -> Key:
    """A key that fits an algorithm."""
    match algorithm:
        case "RS256" | "PS256":
            return RSAKey.generate_key(2048)
        case "ES256":
            return ECKey.generate_key("P-256")
        case _:
            return OKPKey.generate_key("Ed25519")


def key_for(algorithm: str, name: str = "") -> Key:
    """One key of an algorithm for the whole run, or one for each name; making an RSA key is slow."""
    return _MADE.setdefault(f"{algorithm} {name}", new_key(algorithm))


def public(key: Key, **more: str) -> dict[str, Any]:
    """What a client publishes of a key."""
    return {**key.as_dict(private=False), **more}


def jwks(*keys: dict[str, Any]) -> dict[str, Any]:
    """A JWK set."""
    return {"keys": list(keys)}


def signed_with(key: Key | None, claims: Mapping[str, Any] | bytes, *, alg: str, **header: Any) -> str:
    """A JWT over the claims. Without a key the signature is empty. Made by hand: libraries refuse odd headers."""
    full = {name: value for name, value in {"alg": alg, **header}.items() if value is not None}
    payload = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
    signing_input = f"{encoded(full)}.{encoded(payload)}"
    if key is None:
        return f"{signing_input}."
    signer = JWSRegistry.algorithms["Ed25519" if alg == "EdDSA" else alg]
    return f"{signing_input}.{encoded(signer.sign(signing_input.encode(), key))}"


@dataclass
class SigningClient:
    """A registered client and its key. `named` puts the key's id into headers."""

    provider: Running
    client: Registered
    alg: str = "ES256"
    key: Key = field(default_factory=lambda: key_for("ES256"))
    kid: str | None = None

    @property
    def now(self) -> float:
        return self.provider.clock().timestamp()

    def assertion(self, *, header: Mapping[str, Any] | None = None, **changed: Any) -> str:
        """A client assertion that passes; changes replace claims, None removes."""
        given: dict[str, Any] = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": self.provider.issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": int(self.now),
            "exp": int(self.now) + 60,
            **changed,
        }
        claims = {name: value for name, value in given.items() if value is not None}
        return signed_with(self.key, claims, **{"alg": self.alg, "kid": self.kid, **(header or {})})

    def shown(self, assertion: str | None = None, **claims: Any) -> dict[str, str]:
        """The fields that authenticate a request."""
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion or self.assertion(**claims)}

    def request_object(
        self, parameters: Mapping[str, Any], *, header: Mapping[str, Any] | None = None, **changed: Any
    ) -> str:
        """A request object that passes under every profile; changes replace claims, None removes."""
        given: dict[str, Any] = {
            "iss": self.client.client_id,
            "aud": self.provider.issuer,
            "nbf": int(self.now),
            "exp": int(self.now) + 300,
            **parameters,
            **changed,
        }
        claims = {name: value for name, value in given.items() if value is not None}
        return signed_with(self.key, claims, **{"alg": self.alg, "kid": self.kid, **(header or {})})


@dataclass
class Site:
    """Where a client keeps documents. `documents` may change while it is open; what is missing is 404."""

    server: Server
    documents: dict[str, bytes]

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    def visits(self, path: str) -> int:
        """How often a document was asked for."""
        return sum(asked.startswith(f"GET {path} ".encode()) for asked in self.server.requests)

    def publish(self, path: str, document: Any) -> str:
        """Put a document there; gives its address."""
        self.documents[path] = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.url(path)


@contextmanager
def open_site() -> Iterator[Site]:
    """Run a site on loopback."""
    documents: dict[str, bytes] = {}

    def answer(connected: socket, request: bytes) -> None:
        found = documents.get(request.split(b" ", 2)[1].decode())
        status, body = ("200 OK", found) if found is not None else ("404 Not Found", b"")
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nContent-Type: application/octet-stream\r\n\r\n"
        connected.sendall(head.encode() + body)

    with serving(answer) as server:
        yield Site(server, documents)


def seconds(moment: datetime) -> int:
    """A time as claims have it."""
    return int(moment.timestamp())
