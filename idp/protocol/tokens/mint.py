"""Which kind of access token a client gets, and whose key signs it."""

import logging
from datetime import datetime

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.foundation import Foundation
from idp.protocol.refusals import oauth_error
from idp.protocol.tokens.access_token import MintedAccess, jwt_token, opaque_token
from idp.protocol.tokens.resources import ResourceServers
from idp.store.database import Connection
from idp.store.grants import Grant
from keys.ring import NoSigningKey, SigningKey
from keys.vault import VaultError

_log = logging.getLogger(__name__)


class Mint:
    """Makes access tokens. Nothing is stored here: that is done where the grant is claimed."""

    def __init__(self, foundation: Foundation) -> None:
        self._issuer = foundation.issuer
        self._ring = foundation.ring
        self._subjects = foundation.subjects
        self._lifetimes = foundation.lifetimes
        self._resource_servers = ResourceServers(foundation.database)

    def access(
        self,
        client: RegisteredClient,
        scopes: tuple[str, ...],
        *,
        grant: Grant | None,
        resources: tuple[str, ...] | None,
        jkt: str | None,
        now: datetime,
        held: Connection | None = None,
    ) -> MintedAccess:
        """An access token: a JWT for clients that are registered so and for resources that want one, or opaque.

        Args:
            grant: What a person granted; None for a token of the client itself.
            resources: What this token is asked for; None: everything that was granted.
            jkt: The key to bind it to.
            held: The caller's connection, where it has one.

        Raises:
            OAuth2Error: With status 503; a JWT is wanted, and there is no key to sign it with.
        """
        meant_for = resources or (None if grant is None else grant.resources)
        if client.access_token_format != "jwt" and not self._resource_servers.want_jwt(meant_for, held=held):
            return opaque_token(now=now, life=self._lifetimes.access_token, resources=meant_for, jkt=jkt)
        return jwt_token(
            issuer=self._issuer,
            key=self.signing_key(client),
            client_id=client.client_id,
            subject=client.client_id if grant is None else self._subjects.of(client, grant.account_id),
            scopes=scopes,
            resources=meant_for,
            grant=grant,
            jkt=jkt,
            now=now,
            life=self._lifetimes.jwt_access_token,
        )

    def signing_key(self, client: RegisteredClient, algorithm: str | None = None) -> SigningKey:
        """The key that signs what this client gets, found before anything is claimed that could not be answered then.

        Args:
            algorithm: That of the client's ID tokens, unless it is given.

        Raises:
            OAuth2Error: With status 503; the log says what the operator has to run.
        """
        try:
            return self._ring.signing_key(algorithm or client.id_token_signed_response_alg)
        except (NoSigningKey, VaultError) as error:
            _log.error("no token can be signed for client %s: %s", client.client_id, error)
            raise oauth_error(
                "temporarily_unavailable", "There is no key to sign tokens with; try again later.", status=503
            ) from error
