"""A proxy in front of a provider that breaks one thing in what goes through it."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
from joserfc import jws
from joserfc.jwk import RSAKey

from conformance_tests.tls_server import TlsServer

# What belongs to one connection, or is written anew here.
_NOT_PASSED_ON = frozenset(
    {"connection", "content-length", "content-encoding", "transfer-encoding", "keep-alive", "date"}
)


@dataclass(slots=True)
class Ask:
    """A request on its way to the provider."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode("latin-1"), keep_blank_values=True))

    @property
    def parameters(self) -> dict[str, str]:
        """Query and form together."""
        return {**dict(self.query), **(self.form if self.method == "POST" else {})}

    def drop(self, name: str) -> None:
        """Take a parameter out of the query."""
        self.query = [(key, value) for key, value in self.query if key != name]

    def put(self, **fields: str | None) -> None:
        """Change fields of the form; None takes one out."""
        changed = {name: value for name, value in {**self.form, **fields}.items() if value is not None}
        self.body = urlencode(changed).encode()

    def header(self, name: str) -> str:
        """A header, in whatever letter case it came."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), "")


@dataclass(slots=True)
class Answer:
    """An answer on its way back."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def document(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def set(self, name: str, value: str | None) -> None:
        """Replace a header, or remove it."""
        self.headers = [(key, old) for key, old in self.headers if key.lower() != name.lower()]
        if value is not None:
            self.headers.append((name, value))

    def get(self, name: str) -> str:
        """The first header of a name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


def json_answer(status: int, **document: Any) -> Answer:
    """An answer that the provider has not given."""
    return Answer(status, [("Content-Type", "application/json")], json.dumps(document).encode())


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken thing, and the modules that have to notice it.

    A module may be named with the pass through a plan that it is to be run in, `oidcc_server[basic]`; else it is run in
    its first. `before` may change the request or answer it; `after` may change the answer. `needs` is a member that the
    metadata has to have: without it the provider lacks what would be broken.
    """

    name: str
    modules: tuple[str, ...]
    needs: str = "issuer"
    before: Callable[["FaultyProxy", Ask], Answer | None] = lambda _proxy, _ask: None
    after: Callable[["FaultyProxy", Ask, Answer], Answer] = lambda _proxy, _ask, answer: answer


class FaultyProxy:
    """Forwards everything to one provider, and lets one fault at a time have its way with it."""

    def __init__(self, upstream: str, certificate: Path, key: Path) -> None:
        """Stand in front of a provider, under a certificate that the provider has as well."""
        self.upstream = upstream
        self.certificate, self.certificate_key = certificate, key
        self.fault = Fault("none", ())
        self.keys = {
            algorithm: RSAKey.generate_key(
                2048, parameters={"use": "sig", "alg": algorithm, "kid": f"proxy-{algorithm}"}
            )
            for algorithm in ("RS256", "PS256")
        }
        self.remembered: dict[str, Answer] = {}
        self._metadata: dict[str, Any] = {}

    @property
    def metadata(self) -> dict[str, Any]:
        """What the provider says of itself."""
        if not self._metadata:
            self._metadata = self.fetch("GET", f"{self.upstream}/.well-known/openid-configuration").json()
        return self._metadata

    def fetch(self, method: str, url: str, **how: Any) -> requests.Response:
        """Ask the provider or the relying party, who both have the certificate of the proxy."""
        return requests.request(method, url, allow_redirects=False, timeout=30, verify=str(self.certificate), **how)

    def is_at(self, ask: Ask, endpoint: str) -> bool:
        """Whether a request goes to an endpoint, which is known by its name in the metadata."""
        return ask.path == urlsplit(str(self.metadata.get(endpoint, ""))).path

    def signed_anew(self, token: str, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """A JWT with changed header and claims, under a key that the proxy adds to the published ones."""
        old_header, old_claims = (
            json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]
        )
        return self.signed({**old_claims, **claims}, {**old_header, **header}, renamed="kid" not in header)

    def signed(self, claims: dict[str, Any], header: dict[str, Any], *, renamed: bool = True) -> str:
        """A JWT under the proxy's key for an algorithm; None takes a member out."""
        key = self.keys[header["alg"]]
        members = {**header, "kid": key.kid} if renamed else header
        kept = {name: value for name, value in members.items() if value is not None}
        body = {name: value for name, value in claims.items() if value is not None}
        return jws.serialize_compact(kept, json.dumps(body), key, algorithms=[kept["alg"]])

    def pass_on(self, ask: Ask) -> Answer:
        """Forward a request and bring its answer back, with the fault at work on both."""
        answered = self.fault.before(self, ask)
        return answered if answered is not None else self.fault.after(self, ask, self._with_key(ask, self._fetch(ask)))

    def _fetch(self, ask: Ask) -> Answer:
        address = f"{self.upstream}{ask.path}{'?' + urlencode(ask.query) if ask.query else ''}"
        got = self.fetch(ask.method, address, headers=ask.headers, data=ask.body)
        headers = [(name, value) for name, value in got.raw.headers.items() if name.lower() not in _NOT_PASSED_ON]
        return Answer(got.status_code, headers, got.content)

    def _with_key(self, ask: Ask, answer: Answer) -> Answer:
        if self.is_at(ask, "jwks_uri"):
            answer.body = json.dumps(
                {"keys": [*answer.document.get("keys", []), *(k.as_dict(private=False) for k in self.keys.values())]}
            ).encode()
        return answer


@contextmanager
def running(proxy: FaultyProxy, port: int) -> Iterator[None]:
    """Serve the proxy on a loopback port while the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def do_DELETE(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
            query = parse_qsl(parts.query, keep_blank_values=True)
            answer = proxy.pass_on(Ask(self.command, parts.path, query, headers, body))
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Keep the table free of access lines."""

    server = TlsServer(("127.0.0.1", port), proxy.certificate, proxy.certificate_key)
    with server.answering(Handler):
        yield
