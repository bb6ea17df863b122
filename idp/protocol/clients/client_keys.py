"""The public keys of clients: registered with them, or fetched from where they keep them (`jwks_uri`)."""

import json
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.client_documents import ClientDocuments, DocumentUnavailable

_log = logging.getLogger(__name__)

PublicKey = RSAKey | ECKey | OKPKey

LIFE = 300.0
"""Seconds after which fetched keys are fetched again."""
PAUSE = 10.0
"""Seconds between two fetches for one client: strangers can make up any number of key ids."""
LIFE_IN_AN_OUTAGE = 3600.0
"""Seconds that fetched keys are believed while the server they came from does not answer."""

_ACCEPTED = "application/jwk-set+json, application/json"
_LONGEST = 64 * 1024
_MOST_KEYS = 20
_MOST_TRIED = 8
_RSA_BITS = range(2048, 8192 + 1)

# Only these members are looked at: a private half that somebody has published is not even imported.
_KINDS: Mapping[tuple[str, str | None], tuple[type[RSAKey] | type[ECKey] | type[OKPKey], str, frozenset[str]]] = {
    ("RSA", None): (RSAKey, "n e", frozenset({"RS256", "PS256"})),
    ("EC", "P-256"): (ECKey, "crv x y", frozenset({"ES256"})),
    ("OKP", "Ed25519"): (OKPKey, "crv x", frozenset({"EdDSA", "Ed25519"})),
}


@dataclass(frozen=True, slots=True)
class _Key:
    kid: str | None
    fits: frozenset[str]
    public: PublicKey


@dataclass(slots=True)
class _Known:
    """What is known of one client's keys. `source` is the document or the address they come from."""

    source: Mapping[str, Any] | str
    keys: tuple[_Key, ...] = ()
    fetched_at: float | None = None
    tried_at: float | None = None
    failed: bool = False
    lock: Lock = field(default_factory=Lock)


class ClientKeys:
    """Keys of clients, imported once and kept for a while in each process. Thread-safe."""

    def __init__(
        self, documents: ClientDocuments, *, size: int = 2_000, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._documents = documents
        self._size = size
        self._seconds = seconds
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = Lock()

    def candidates(
        self, client: RegisteredClient, *, kid: str | None, algorithm: str, anew: bool = False
    ) -> tuple[PublicKey, ...]:
        """The keys that may have made a signature.

        A key without `kid` may stand for any, and a signature without one may be any key's: many clients register one
        key and name it nowhere (OpenID Connect Core 1.0 section 10.1).

        Args:
            anew: Those at hand did not fit. Fetch them again, unless that was done a moment ago: then there are none.

        Raises:
            HasToWait: They have to be fetched, which this thread may not wait for.
        """
        if client.jwks is not None:
            keys = () if anew else self._registered(client, client.jwks)
        elif client.jwks_uri is not None:
            keys = self._fetched(client, client.jwks_uri, anew=anew)
        else:
            keys = ()
        fitting = [key for key in keys if algorithm in key.fits and (kid is None or key.kid in {None, kid})]
        # The one that is named first, where another has no name.
        fitting.sort(key=lambda key: key.kid is None)
        return tuple(key.public for key in fitting[:_MOST_TRIED])

    def _registered(self, client: RegisteredClient, document: Mapping[str, Any]) -> tuple[_Key, ...]:
        known = self._entry(client.client_id, document)
        if known.fetched_at is None:
            known.keys, known.fetched_at = _imported(document), self._seconds()
        return known.keys

    def _fetched(self, client: RegisteredClient, address: str, *, anew: bool) -> tuple[_Key, ...]:
        known = self._entry(client.client_id, address)
        if not anew and self._is_younger(known.fetched_at, LIFE):
            return known.keys
        if not self._is_younger(known.tried_at, PAUSE):
            self._documents.have_time()
            # Where the last attempt was in vain nobody waits for another's: anybody can make us ask, and a server that
            # hangs would hold every thread that may wait.
            if known.lock.acquire(blocking=not known.failed):
                try:
                    # Somebody else may have done it while this thread waited for the lock.
                    if not self._is_younger(known.tried_at, PAUSE):
                        self._fetch(client, address, known)
                finally:
                    known.lock.release()
        return known.keys if self._is_younger(known.fetched_at, LIFE_IN_AN_OUTAGE) else ()

    def _fetch(self, client: RegisteredClient, address: str, known: _Known) -> None:
        try:
            document = json.loads(self._documents.fetch(address, accept=_ACCEPTED, max_bytes=_LONGEST))
        except (DocumentUnavailable, ValueError, RecursionError) as error:
            known.tried_at, known.failed = self._seconds(), True
            reason = str(error) if isinstance(error, DocumentUnavailable) else "it is not JSON"
            _log.warning("cannot use the jwks_uri of client %s: %s", client.client_id, reason)
            return
        known.keys, known.failed = _imported(document), False
        known.fetched_at = known.tried_at = self._seconds()

    def _is_younger(self, than: float | None, seconds: float) -> bool:
        return than is not None and self._seconds() - than < seconds

    def _entry(self, client_id: str, source: Mapping[str, Any] | str) -> _Known:
        with self._lock:
            known = self._known.get(client_id)
            if known is None or known.source != source:
                known = self._known[client_id] = _Known(source)
                while len(self._known) > self._size:
                    self._known.popitem(last=False)
            self._known.move_to_end(client_id)
            return known


def _imported(document: object) -> tuple[_Key, ...]:
    """The keys of a JWK set that can verify signatures. What cannot be used is passed over (RFC 7517 section 5)."""
    given = document.get("keys") if isinstance(document, Mapping) else None
    found = [_key(each) for each in given[:_MOST_KEYS]] if isinstance(given, list) else []
    return tuple(key for key in found if key is not None)


def _key(jwk: object) -> _Key | None:
    if not isinstance(jwk, Mapping) or jwk.get("use", "sig") != "sig":
        return None
    operations = jwk.get("key_ops")
    if operations is not None and not (isinstance(operations, list) and "verify" in operations):
        return None
    kid, kty, curve, meant = jwk.get("kid"), jwk.get("kty"), jwk.get("crv"), jwk.get("alg")
    if not isinstance(kty, str) or not all(isinstance(each, str | None) for each in (kid, curve, meant)):
        return None
    kind = _KINDS.get((kty, curve))
    if kind is None:
        return None
    family, members, fits = kind
    try:
        public = family.import_key({"kty": kty} | {name: jwk[name] for name in members.split()})
        public.get_op_key("verify")
    except (JoseError, KeyError, ValueError, TypeError):
        return None
    if isinstance(public, RSAKey) and public.raw_value.key_size not in _RSA_BITS:
        return None
    if meant is not None:
        fits = fits if meant in {"EdDSA", "Ed25519"} & fits else fits & {meant}
    return _Key(kid or None, fits, public)
