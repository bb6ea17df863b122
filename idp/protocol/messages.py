"""Requests and replies as the protocol sees them, and the way into Authlib."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request

Body = Mapping[str, Any] | str

_NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to a client: JSON in almost every case. A refusal is a reply too."""

    status: int
    body: Body
    headers: tuple[tuple[str, str], ...] = _NO_STORE


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a request, each at most once; empty values count as left out (RFC 6749 section 3.1).

    `repeated` names those that came more than once: they are refused by whoever knows how to answer. The one
    parameter that may be repeated is `resource` (RFC 8707 section 2): its values, which are URIs, are kept as one
    value with spaces between them, so that a request is a mapping wherever it is kept. `pushed` is the digest of the
    reference of a pushed request, which is good for one answer (RFC 9126).
    """

    values: Mapping[str, str]
    repeated: frozenset[str] = frozenset()
    pushed: bytes | None = None

    @classmethod
    def parse(cls, fields: Mapping[str, Sequence[str]]) -> "Parameters":
        """Sort out a decoded query or form."""
        values = {name: given[0] for name, given in fields.items() if given and given[0]}
        if len(fields.get("resource", ())) > 1:
            values["resource"] = " ".join(fields["resource"])
        repeated = frozenset(name for name, given in fields.items() if len(given) > 1 and name != "resource")
        return cls(values, repeated)

    def get(self, name: str) -> str | None:
        """The value, or None when it was left out."""
        return self.values.get(name)

    @property
    def resources(self) -> tuple[str, ...]:
        """The values of `resource`, each once; not yet looked at."""
        return tuple(dict.fromkeys(self.values.get("resource", "").split()))


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """A request that a client makes by itself, at the token endpoint and its neighbours. Always a POST.

    Attributes:
        authorization: The Authorization header.
        address: Where it comes from.
        path: Of the endpoint; with the issuer before it, what a DPoP proof has to name.
        proofs: The values of the DPoP header (RFC 9449 section 4.1), which should be one or none.
        accept: The Accept header.
    """

    parameters: Parameters
    authorization: str | None = None
    address: str = ""
    path: str = "/token"
    proofs: tuple[str, ...] = ()
    accept: str = ""


@dataclass(frozen=True, slots=True)
class ResourceRequest:
    """A request to a protected resource of ours, with an access token.

    Attributes:
        path: Of the resource; with the issuer before it, what a DPoP proof has to name.
        authorization: The Authorization header.
        in_form: The `access_token` of a form body (RFC 6750 section 2.2). A query is never looked at.
        proofs: The values of the DPoP header, which should be one or none.
    """

    method: str
    path: str
    authorization: str | None
    in_form: str | None = None
    proofs: tuple[str, ...] = ()


class _Payload(OAuth2Payload):  # type: ignore[misc]  # Authlib is untyped
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    @property
    def data(self) -> Mapping[str, str]:
        return self._values

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        # Repeated parameters never come this far.
        return defaultdict(list, {name: [value] for name, value in self._values.items()})


class AuthlibRequest(OAuth2Request):  # type: ignore[misc]  # Authlib is untyped
    """What Authlib reads a request from. Its address is ours, never the Host header's."""

    def __init__(self, method: str, address: str, parameters: Parameters) -> None:
        # The transport is judged where it is known, at the edge: behind a proxy the request itself is plain.
        super().__init__(method, address, headers={})
        self.payload = _Payload(parameters.values)
        self.asked: Any = None
        self.client_request: ClientRequest | None = None
        self.next_nonce: str | None = None

    @property
    def args(self) -> Mapping[str, str]:
        """The parameters of an authorization request."""
        values: Mapping[str, str] = self.payload.data
        return values

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters of a token request."""
        values: Mapping[str, str] = self.payload.data
        return values
