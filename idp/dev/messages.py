"""The protocol messages of a demo application, kept for show: parameters shortened where they are secrets."""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import httpx2

_SECRETS = frozenset(
    {"access_token", "client_secret", "code", "code_verifier", "id_token", "id_token_hint", "refresh_token"}
)
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Message:
    """One message: a line that says what it is, and its members."""

    title: str
    members: Mapping[str, str]


collected: ContextVar[list[Message] | None] = ContextVar("collected", default=None)
"""The messages of the request being served."""


def front_channel(title: str, url: str) -> Message:
    """A message that the browser carried in an address."""
    parts = urlsplit(url)
    return Message(f"{title}: {parts.scheme}://{parts.netloc}{parts.path}", shown(dict(parse_qsl(parts.query))))


def shown(members: Mapping[str, object]) -> dict[str, str]:
    """Members as text, with the beginning of secrets only."""
    return {name: _shown(name, value) for name, value in members.items()}


async def collect_request(request: httpx2.Request) -> None:
    """Keep a request to the provider."""
    sent = dict(parse_qsl((await request.aread()).decode("utf-8", "replace")))
    scheme = request.headers.get("authorization", "").partition(" ")[0]
    members = shown(sent) | ({"(Authorization header)": f"{scheme} ..."} if scheme else {})
    _collect(Message(f"The application asks: {request.method} {request.url.copy_with(query=None)}", members))


async def collect_response(response: httpx2.Response) -> None:
    """Keep the provider's answer, if it is a JSON object."""
    try:
        document = json.loads(await response.aread())
    except ValueError:
        document = None
    members = shown(document) if isinstance(document, dict) else {}
    _collect(Message(f"The provider answers: {response.status_code}", members))


def _collect(message: Message) -> None:
    messages = collected.get()
    if messages is not None:
        messages.append(message)


def _shown(name: str, value: object) -> str:
    if name == "keys" and isinstance(value, list):
        # Of a JWK set, what tells one key from the other; the numbers fill pages.
        value = [{part: key[part] for part in ("kty", "alg", "kid") if part in key} for key in value]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text[:_SHOWN]}... ({len(text)} characters)" if name in _SECRETS else text
