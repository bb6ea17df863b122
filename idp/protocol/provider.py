"""The provider: the protocol's parts put together, and the few verbs that endpoints use."""

import logging
from datetime import datetime

from idp.protocol.authorization import authorization_grant, authorization_request, interaction, return_address
from idp.protocol.authorization.authorization_request import AskedAuthorization
from idp.protocol.authorization.authorization_response import AuthorizationResponse, ResponseWriter
from idp.protocol.authorization.effective_parameters import EffectiveParameters
from idp.protocol.authorization.interaction import Step
from idp.protocol.authorization.return_address import ReturnAddress, is_web_address
from idp.protocol.authorization.second_look import CodeAndTokenRequest, HybridRequest, ImplicitRequest
from idp.protocol.clients.client import ClientRegistry
from idp.protocol.clients.client_keys import ClientKeys
from idp.protocol.foundation import Foundation
from idp.protocol.grants.authorization_code import CodeGrant, OpenIDCodeToken, S256CodeChallenge
from idp.protocol.grants.client_credentials import OwnAccessGrant
from idp.protocol.grants.device_grant import DeviceGrant
from idp.protocol.grants.refresh_token import RotatingRefreshGrant
from idp.protocol.logout import end_session
from idp.protocol.logout.end_session import AskedLogout
from idp.protocol.logout.session_state import session_state
from idp.protocol.messages import AuthlibRequest, Parameters
from idp.protocol.refusals import OAuth2Error, RefusedToClient
from idp.protocol.server import AuthorizationServer
from idp.store.database import Connection
from idp.store.sessions import BrowserSession, Visit
from keys.ring import NoSigningKey
from keys.vault import VaultError

_log = logging.getLogger(__name__)


class Provider:
    """One OpenID Provider with one issuer. Thread-safe; holds nothing of any request."""

    def __init__(self, foundation: Foundation) -> None:
        self.issuer = foundation.issuer
        self.features = foundation.features
        self.registry = ClientRegistry(foundation.database)
        self.ring = foundation.ring
        self.subjects = foundation.subjects
        self.clock = foundation.clock
        self.documents = foundation.documents
        self.client_keys = ClientKeys(self.documents)
        self.requests = EffectiveParameters(
            self.issuer,
            features=self.features,
            database=foundation.database,
            registry=self.registry,
            keys=self.client_keys,
            documents=foundation.documents,
        )
        self.server = AuthorizationServer(foundation, self.registry, self.client_keys)
        challenge = S256CodeChallenge(required=False)
        self.server.register_grant(CodeGrant, [challenge, OpenIDCodeToken()])
        self.server.register_grant(RotatingRefreshGrant)
        self.server.register_grant(OwnAccessGrant)
        self.server.register_grant(DeviceGrant, [OpenIDCodeToken()])
        self.server.register_grant(ImplicitRequest)
        self.server.register_grant(HybridRequest, [challenge])
        self.server.register_grant(CodeAndTokenRequest, [challenge])
        self._read_hint = self.server.id_tokens.read_hint
        self._responses = ResponseWriter(self.issuer, self.ring, self.clock)

    def parameters_of(self, raw: Parameters) -> Parameters:
        """The effective parameters of a request as it arrived, which is where everything else begins.

        A request is only once turned into them: what waits for a person has been through here.

        Raises:
            RefusedToPerson: It cannot be told what is asked, or by whom.
            RefusedToClient: It is told where the request itself, outside of everything else, has a return address.
            HasToWait: A server of the client has to be asked first.
        """
        return self.requests.of_request(raw, now=self.clock())

    def return_address(self, parameters: Parameters) -> ReturnAddress:
        """Prove client and redirect URI.

        Raises:
            RefusedToPerson: They do not belong together.
        """
        return return_address.return_address(parameters, self.registry)

    def accept(self, parameters: Parameters, to: ReturnAddress) -> AskedAuthorization:
        """Check everything else about an authorization request; Authlib looks last, as the second pair of eyes.

        Raises:
            RefusedToClient: With the reason.
        """
        asked = authorization_request.accept(parameters, to, self.features, self._read_hint, issuer=self.issuer)
        try:
            request = AuthlibRequest("GET", "https://authorize.invalid/", parameters)
            self.server.get_authorization_grant(request).validate_authorization_request()
        except OAuth2Error as error:
            raise RefusedToClient(error.error, "The request was refused by a further check.") from error
        self._require_keys(asked)
        return asked

    def next_step(
        self,
        asked: AskedAuthorization,
        visit: Visit | None,
        *,
        asked_at: datetime,
        selected_at: datetime | None,
        now: datetime,
    ) -> Step:
        """What the person must still do, who is known to the client under one subject and no other."""
        subject = self.subjects.of(asked.client, visit.session.account_id) if visit is not None else None
        return interaction.next_step(asked, visit, subject=subject, asked_at=asked_at, selected_at=selected_at, now=now)

    def issue(
        self,
        db: Connection,
        asked: AskedAuthorization,
        scopes: tuple[str, ...],
        session: BrowserSession,
        *,
        browser_state: str,
    ) -> AuthorizationResponse:
        """Grant these scopes of what was asked for, and answer with what the response type names.

        Args:
            browser_state: What our framed page will find in this browser (Session Management 1.0 section 2).
        """
        granted = authorization_grant.issue(db, asked, scopes, session, server=self.server, now=self.clock())
        fields = list(granted.fields)
        if self.features.session_management and is_web_address(asked.to.redirect_uri):
            state = session_state(asked.client.client_id, asked.to.redirect_uri, browser_state)
            fields.append(("session_state", state))
        return self._responses.success(asked.to, fields)

    def refuse(self, to: ReturnAddress, refusal: RefusedToClient) -> AuthorizationResponse:
        """Answer the client with an error."""
        return self._responses.error(to, refusal)

    def _require_keys(self, asked: AskedAuthorization) -> None:
        try:
            if asked.response_type != {"code"}:
                self.ring.signing_key(asked.client.id_token_signed_response_alg)
            self._responses.require_key(asked.to)
        except (NoSigningKey, VaultError) as error:
            _log.error("nothing can be signed for client %s: %s", asked.client.client_id, error)
            raise RefusedToClient(
                "temporarily_unavailable", "There is no key to sign the answer with; try again later."
            ) from error

    def accept_logout(self, parameters: Parameters, *, session_id: str | None) -> AskedLogout:
        """Judge a request of the end session endpoint."""
        return end_session.accept(parameters, self.registry, self._read_hint, self.subjects, session_id=session_id)
