"""The keys that clients prove to hold by DPoP, wherever they send a proof (RFC 9449)."""

import logging
from dataclasses import dataclass
from datetime import datetime

from idp.protocol.clients.client import ClientRegistry, RegisteredClient
from idp.protocol.clients.security_profile import OPENID, rules_of
from idp.protocol.messages import ClientRequest, ResourceRequest
from idp.protocol.refusals import OAuth2Error
from idp.protocol.tokens.dpop import Proof, ProofRefused, ProofRules
from idp.store import used_jtis
from idp.store.database import Database
from idp.store.tokens import AccessToken

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ProvenKey:
    """A key whose holder made the request.

    Attributes:
        jkt: Its thumbprint.
        next_nonce: A newer nonce than the proof had, for the DPoP-Nonce header of the answer (section 8.2).
    """

    jkt: str
    next_nonce: str | None


class DpopRefused(OAuth2Error):  # type: ignore[misc]  # Authlib is untyped
    """A refusal of a proof at the token endpoint and its neighbours (sections 5 and 8)."""

    def __init__(self, refused: ProofRefused) -> None:
        super().__init__(refused.sentence, status_code=400, error=refused.error)
        self._nonce = refused.nonce

    def get_headers(self) -> list[tuple[str, str]]:
        """With the nonce to try again with."""
        headers: list[tuple[str, str]] = super().get_headers()
        return headers if self._nonce is None else [*headers, ("DPoP-Nonce", self._nonce)]


class KeyProofs:
    """Checks proofs by the rules of the client that sends them, and lets each be used once."""

    def __init__(self, rules: ProofRules, database: Database, registry: ClientRegistry) -> None:
        self._rules = rules
        self._database = database
        self._registry = registry

    @property
    def algorithms(self) -> tuple[str, ...]:
        """What proofs can be signed with here."""
        return self._rules.algorithms

    def of_client(
        self, request: ClientRequest, client: RegisteredClient, *, required: bool = True, now: datetime
    ) -> ProvenKey | None:
        """The key that a client proves to hold; None when it sends no proof.

        Call it last before something is claimed: from then on the proof is used up.

        Args:
            required: Whether a client that is to get bound tokens only has to send one here.

        Raises:
            DpopRefused: A proof is needed and missing, or is not good.
        """
        if not request.proofs:
            if required and is_bound(client):
                raise DpopRefused(ProofRefused("This client gets tokens bound to its key only; send a DPoP header."))
            return None
        try:
            proof = self._rules.check(
                request.proofs,
                method="POST",
                path=request.path,
                algorithms=self._algorithms_of(client),
                nonce_required=self._rules.needs_nonce(is_public=client.is_public),
                now=now,
            )
            return self._taken(proof, client.client_id, now=now)
        except ProofRefused as refused:
            raise DpopRefused(refused) from refused

    def at_resource(self, request: ResourceRequest, token: str, found: AccessToken, *, now: datetime) -> ProvenKey:
        """The key that a bound access token was presented with; it is the one that the token is bound to.

        Raises:
            ProofRefused: There is no proof, it is not good, or of another key.
        """
        client = self._registry.get(found.client_id)
        proof = self._rules.check(
            request.proofs,
            method=request.method,
            path=request.path,
            algorithms=self._rules.algorithms if client is None else self._algorithms_of(client),
            nonce_required=self._rules.needs_nonce(is_public=client is None or client.is_public),
            now=now,
            access_token=token,
        )
        if proof.jkt != found.jkt:
            raise ProofRefused("The access token is bound to another key.", error="invalid_token")
        return self._taken(proof, found.client_id, now=now)

    def _algorithms_of(self, client: RegisteredClient) -> tuple[str, ...]:
        allowed = rules_of(client)
        if allowed is OPENID:
            return self._rules.algorithms
        return tuple(algorithm for algorithm in self._rules.algorithms if algorithm in allowed.client_algorithms)

    def _taken(self, proof: Proof, client_id: str, *, now: datetime) -> ProvenKey:
        with self._database.autocommit() as db:
            is_first = used_jtis.use(db, "dpop", proof.jkt, proof.jti, expires_at=proof.good_until)
        if not is_first:
            # A client that repeats itself, or somebody who has seen its requests: its owner should know.
            _log.warning("a DPoP proof of client %s was sent a second time", client_id)
            raise ProofRefused("The proof was used before; make a new one for each request.")
        current = None if proof.nonce is None else self._rules.nonces.current(proof.jkt, now=now)
        return ProvenKey(proof.jkt, None if current == proof.nonce else current)


def is_bound(client: RegisteredClient) -> bool:
    """Whether the client gets tokens bound to its key only: it is registered so, or its profile has it so."""
    return client.dpop_bound_access_tokens or rules_of(client).sender_constrained
