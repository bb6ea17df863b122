"""What an OpenID provider says about itself, and its keys: read when needed, kept for as long as it says."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from idp.federation.id_token import ASYMMETRIC
from idp.federation.problems import UpstreamProblem, untrusted
from idp.federation.wire import Answer, Wire

TEMPLATE = "{tenantid}"
"""What Microsoft writes into an issuer in the place of the tenant."""
_DISCOVERY = "/.well-known/openid-configuration"
_METADATA_LIFE = 3600.0
_SHORTEST_KEYS_LIFE, _USUAL_KEYS_LIFE, _LONGEST_KEYS_LIFE = 10.0, 600.0, 86400.0
_AWAY_FOR = 3.0
"""Seconds for which a provider that did not answer is not asked again: who waited behind hears the same at once."""
_BETWEEN_REFETCHES = 60.0
"""Seconds between two looks for a key that is not there: whoever invents key ids makes us ask no more than that."""

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=([0-9]{1,9})", re.ASCII)
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The members that matter here (OpenID Connect Discovery 1.0 section 3, RFC 9207 section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    algorithms: frozenset[str]
    token_methods: tuple[str, ...]
    sends_iss: bool

    @classmethod
    def read(cls, document: Mapping[str, Any], issuer: str) -> "ProviderMetadata":
        """Check the document against the issuer that the operator has configured.

        Raises:
            UpstreamProblem: It is somebody else's, or lacks what a sign-in needs.
        """
        named = document.get("issuer")
        if named != issuer and isinstance(named, str) and TEMPLATE in named:
            raise UpstreamProblem(
                "misconfigured",
                "the discovery document is that of every tenant: take the kind microsoft, and name the tenants whose "
                "people may come in; or one tenant's id in the place of common or organizations in the issuer",
            )
        if named != issuer:
            raise UpstreamProblem("misconfigured", "the discovery document names another issuer than the configured")
        listed = document.get("id_token_signing_alg_values_supported")
        signatures = {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else set()
        methods = document.get("token_endpoint_auth_methods_supported")
        return cls(
            issuer=issuer,
            authorization_endpoint=_endpoint(document, "authorization_endpoint", issuer),
            token_endpoint=_endpoint(document, "token_endpoint", issuer),
            jwks_uri=_endpoint(document, "jwks_uri", issuer),
            userinfo_endpoint=_endpoint(document, "userinfo_endpoint", issuer)
            if document.get("userinfo_endpoint") is not None
            else None,
            # RS256 is what every provider has to have; `none` and HS* are not among ours whatever it lists.
            algorithms=frozenset(signatures & ASYMMETRIC) or frozenset({"RS256"}),
            token_methods=tuple(name for name in methods if isinstance(name, str))
            if isinstance(methods, list)
            else ("client_secret_basic",),
            sends_iss=document.get("authorization_response_iss_parameter_supported") is True,
        )


class MetadataSource:
    """One provider's metadata and keys, shared by the threads of a process.

    Args:
        issuer: As configured, without trailing slash unless the provider itself has one.
        named: What the discovery document has to give as its issuer, where that is not where it is found.
        monotonic: Seconds that only grow.
    """

    def __init__(
        self, wire: Wire, issuer: str, *, named: str | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wire = wire
        self._issuer = issuer
        self._named = named or issuer
        self._now = monotonic
        # Held while asking: the others wait for the answer instead of asking the same.
        self._asking = threading.Lock()
        self._metadata: tuple[float, ProviderMetadata] | None = None
        self._keys: tuple[float, list[dict[str, Any]]] | None = None
        self._looked_at: float | None = None
        self._away: tuple[float, UpstreamProblem] | None = None

    def metadata(self) -> ProviderMetadata:
        """The provider's metadata.

        Raises:
            UpstreamProblem: It cannot be had. What was read before is used on for as long as it is good.
        """
        read = self._metadata
        if read is not None and (read[0] > self._now() or self._asking.locked()):
            return read[1]
        with self._asking:
            if self._metadata is None or self._metadata[0] <= self._now():
                document = self._ask(self._issuer.rstrip("/") + _DISCOVERY).document()
                self._metadata = (self._now() + _METADATA_LIFE, ProviderMetadata.read(document, self._named))
            return self._metadata[1]

    def keys(self, *, lacking: bool = False) -> list[dict[str, Any]]:
        """The provider's public keys, as JWKs.

        Args:
            lacking: The key that is needed was not among them: look again, unless that was tried a moment ago.
        """
        jwks_uri = self.metadata().jwks_uri
        known = self._keys
        if known is not None and not lacking and (known[0] > self._now() or self._asking.locked()):
            # Also those whose time is over, while somebody asks for new ones: nobody queues for what is most likely
            # the same, and nobody who has queued comes back in one crowd.
            return known[1]
        with self._asking:
            now = self._now()
            known = self._keys
            if known is not None and known[0] > now and not lacking:
                return known[1]
            if known is not None and lacking:
                if self._looked_at is not None and now - self._looked_at < _BETWEEN_REFETCHES:
                    return known[1]
                self._looked_at = now
            answer = self._ask(jwks_uri)
            found = answer.document().get("keys")
            if not isinstance(found, list):
                raise untrusted("the provider's key set has no keys")
            keys = [key for key in found if isinstance(key, dict)]
            self._keys = (self._now() + _life(answer), keys)
            return keys

    def _ask(self, url: str) -> Answer:
        if self._away is not None and self._away[0] > self._now():
            raise UpstreamProblem(self._away[1].because, self._away[1].sentence)
        try:
            return self._wire.get(url)
        except UpstreamProblem as problem:
            self._away = (self._now() + _AWAY_FOR, problem)
            raise


def _life(answer: Answer) -> float:
    control = answer.headers.get("cache-control", "")
    stated = _MAX_AGE.search(control.lower())
    life = float(stated[1]) if stated else _USUAL_KEYS_LIFE
    return min(max(life, _SHORTEST_KEYS_LIFE), _LONGEST_KEYS_LIFE)


def _endpoint(document: Mapping[str, Any], name: str, issuer: str) -> str:
    """An address of the provider: https, unless its issuer itself is a loopback one."""
    value = document.get(name)
    sentence = f"the discovery document has no usable {name}"
    if not isinstance(value, str) or len(value) > 1000 or not _URL.fullmatch(value) or "#" in value:
        raise UpstreamProblem("misconfigured", sentence)
    parts = urlsplit(value)
    if not parts.hostname or (parts.scheme != "https" and not issuer.startswith("http://")):
        raise UpstreamProblem("misconfigured", sentence)
    return value
