"""The provider: the protocol's parts put together, and the few verbs that endpoints use."""

from functools import partial

from idp.protocol import authorization_code, authorization_request, end_session, id_token
from idp.protocol.authorization_code import CodeGrant, OpenIDCodeToken, S256CodeChallenge
from idp.protocol.authorization_request import AskedAuthorization, ReturnAddress
from idp.protocol.authorization_response import AuthorizationResponse, code_response, error_response
from idp.protocol.client import ClientRegistry
from idp.protocol.client_credentials import OwnAccessGrant
from idp.protocol.client_keys import ClientKeys
from idp.protocol.device_grant import DeviceGrant
from idp.protocol.end_session import AskedLogout
from idp.protocol.foundation import Foundation
from idp.protocol.messages import AuthlibRequest, Parameters
from idp.protocol.refresh_token import RotatingRefreshGrant
from idp.protocol.refusals import OAuth2Error, RefusedToClient
from idp.protocol.server import AuthorizationServer
from idp.store.database import Connection
from idp.store.sessions import BrowserSession


class Provider:
    """One OpenID Provider with one issuer. Thread-safe; holds nothing of any request."""

    def __init__(self, foundation: Foundation) -> None:
        self.issuer = foundation.issuer
        self.features = foundation.features
        self.registry = ClientRegistry(foundation.database)
        self.ring = foundation.ring
        self.subjects = foundation.subjects
        self.clock = foundation.clock
        self.client_keys = ClientKeys(foundation.documents)
        self.server = AuthorizationServer(foundation, self.registry, self.client_keys)
        self.server.register_grant(CodeGrant, [S256CodeChallenge(required=False), OpenIDCodeToken()])
        self.server.register_grant(RotatingRefreshGrant)
        self.server.register_grant(OwnAccessGrant)
        self.server.register_grant(DeviceGrant, [OpenIDCodeToken()])
        self._read_hint = partial(id_token.read_hint, issuer=self.issuer, ring=self.ring)

    def parameters_of(self, raw: Parameters) -> Parameters:
        """The effective parameters of a request as it arrived, which is where everything else begins.

        A request is only once turned into them: what waits for a person has been through here.

        Raises:
            RefusedToPerson: It cannot be told what is asked, or by whom.
            RefusedToClient: It is told where the request itself, outside of everything else, has a return address.
        """
        return raw

    def return_address(self, parameters: Parameters) -> ReturnAddress:
        """Prove client and redirect URI.

        Raises:
            RefusedToPerson: They do not belong together.
        """
        return authorization_request.return_address(parameters, self.registry)

    def accept(self, parameters: Parameters, to: ReturnAddress) -> AskedAuthorization:
        """Check everything else about an authorization request; Authlib looks last, as the second pair of eyes.

        Raises:
            RefusedToClient: With the reason.
        """
        asked = authorization_request.accept(parameters, to, self._read_hint)
        try:
            request = AuthlibRequest("GET", "https://authorize.invalid/", parameters)
            self.server.get_authorization_grant(request).validate_authorization_request()
        except OAuth2Error as error:
            raise RefusedToClient(error.error, "The request was refused by a further check.") from error
        return asked

    def issue(
        self, db: Connection, asked: AskedAuthorization, scopes: tuple[str, ...], session: BrowserSession
    ) -> AuthorizationResponse:
        """Grant these scopes of what was asked for, and answer with the code."""
        code = authorization_code.issue(db, asked, scopes, session, server=self.server, now=self.clock())
        return code_response(asked.to, code, issuer=self.issuer)

    def refuse(self, to: ReturnAddress, refusal: RefusedToClient) -> AuthorizationResponse:
        """Answer the client with an error."""
        return error_response(to, refusal, issuer=self.issuer)

    def accept_logout(self, parameters: Parameters, *, session_id: str | None) -> AskedLogout:
        """Judge a request of the end session endpoint."""
        return end_session.accept(parameters, self.registry, self._read_hint, session_id=session_id)
